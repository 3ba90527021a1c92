// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user calls a parent, turned into its one name in sysfs. */
#include "host/parent.h"

#include "base/file.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/unlisted.h"

#include <errno.h>
#include <search.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOOKS_BEFORE_LISTING 4

struct resolved {
	char *text;
	const char *name; /* NULL when it was not found */
	int rc;
	/* Of what is no parent, once it was sought: of which it is a virtual function, or NULL. */
	bool is_function_sought;
	const char *function_parent;
	int vf;
};

static int compare_resolved(const void *a, const void *b)
{
	return strcmp(((const struct resolved *)a)->text, ((const struct resolved *)b)->text);
}

static const char *index_find(const struct parent_index *index, const char *name)
{
	return strlist_find(&index->names, name);
}

/* What of the path is below SYSFS_TOP; NULL for one that is not, or would leave it. */
static const char *below_sys(const char *path)
{
	if (!root_is_host() && str_starts(path, root_get()))
		path += strlen(root_get());
	if (!str_starts(path, "/sys/") || strstr(path, "/../") || str_ends(path, "/.."))
		return NULL;
	return path + strlen("/sys/");
}

/*
 * A path in which one component is a star, as a shell would read it: "PORT/STAR/virtfn2" is the
 * third virtual function of the card at that port, whatever its address. star: where "/STAR/" is.
 */
static int resolve_pattern(struct parent_index *index, const char *below, const char *star,
			   struct strlist *found)
{
	_cleanup_free_ char *folder = xasprintf("%.*s", (int)(star - below), below);
	struct strlist names = {0};
	int rc = sysfs_list(SYSFS_TOP, folder, &names);

	for (size_t i = 0; !rc && i < names.n; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s%s", folder, names.v[i], star + 2);

		rc = place_find(&index->places, &index->names, path, found);
	}
	strlist_free(&names);
	return unread_is_absence(rc) ? 0 : rc;
}

static int resolve_path(struct parent_index *index, const char *path, struct strlist *found)
{
	const char *below = below_sys(path), *star;

	if (!below)
		return -EINVAL;
	star = strstr(below, "/*/");
	return star ? resolve_pattern(index, below, star, found) :
		      place_find(&index->places, &index->names, below, found);
}

/* The node may be of the parent itself or of a device below it, as a graphics card's is. */
static int resolve_node(struct parent_index *index, const char *path, struct strlist *found)
{
	_cleanup_free_ char *node = root_path(path + 1), *sysfs = NULL;
	const char *name;
	struct stat st;

	if (unread_note(node, file_stat(node, &st)) < 0)
		return 0;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	sysfs = xasprintf(LAYOUT_DEVICE_NUMBERS "/%s/%u:%u", S_ISCHR(st.st_mode) ? "char" : "block",
			  major(st.st_rdev), minor(st.st_rdev));
	name = place_above(&index->places, &index->names, sysfs);
	if (name)
		strlist_add(found, name);
	return name ? 0 : index->places.rc;
}

/*
 * Among all PCI devices, parents or not: among the parents alone the Nth would be another one, and
 * one of several the only one, until the drivers of all have come. With -ENOTUNIQ found holds what
 * the text could mean, and how that would be written.
 */
static int resolve_pci_id(struct parent_index *index, const char *text, struct strlist *found)
{
	struct pci_device *const *devices;
	struct pci_id id;
	size_t count;

	if (pci_id_parse(text, &id) < 0)
		return -EINVAL;
	count = pci_find(&index->pci, &id, &devices);
	if (index->pci.rc)
		return index->pci.rc;
	if (id.nth ? id.nth <= count : count == 1) {
		const char *name = devices[id.nth ? id.nth - 1 : 0]->address;

		if (index_find(index, name))
			strlist_add(found, name);
	}
	if (id.nth || count <= 1)
		return 0;
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *candidate = xasprintf("%s (/%zu)", devices[i]->address, i + 1);

		strlist_add(found, candidate);
	}
	return -ENOTUNIQ;
}

static int resolve_properties(struct parent_index *index, const char *text, struct strlist *found)
{
	_cleanup_free_ char *copy = xstrdup(text);
	struct strlist wanted = {0};
	char *rest = copy, *pair;
	int rc = 0;

	while ((pair = strsep(&rest, ","))) {
		if (!strchr(pair, '=') || pair[0] == '=')
			rc = -EINVAL;
		else
			strlist_add(&wanted, pair);
	}
	if (!rc)
		property_find(&index->properties, &index->names, &wanted, found);
	strlist_free(&wanted);
	return rc || found->n ? rc : index->properties.rc;
}

static int resolve_name(struct parent_index *index, const char *text, struct strlist *found)
{
	_cleanup_free_ char *address = NULL;
	const char *name = index_find(index, text);

	if (!name && !name_is_safe(text))
		return -EINVAL;
	if (!name) {
		address = pci_address(text);
		name = address ? index_find(index, address) : NULL;
	}
	if (name)
		strlist_add(found, name);
	return 0;
}

static int resolve_any(struct parent_index *index, const char *text, struct strlist *found)
{
	if (!*text || !text_is_plain(text) || strlen(text) > 4095)
		return -EINVAL;
	if (str_starts(text, "/dev/"))
		return resolve_node(index, text, found);
	if (text[0] == '/')
		return resolve_path(index, text, found);
	if (str_starts(text, "pci:"))
		return resolve_pci_id(index, text + strlen("pci:"), found);
	if (str_starts(text, "udev:"))
		return resolve_properties(index, text + strlen("udev:"), found);
	return resolve_name(index, text, found);
}

bool parent_is_name(const char *text)
{
	return name_is_safe(text) && !str_starts(text, "pci:") && !str_starts(text, "udev:");
}

bool parent_is_as_in_sysfs(const char *text)
{
	_cleanup_free_ char *address = NULL;

	if (pci_is_full_address(text))
		return true;
	address = pci_address(text);
	return parent_is_name(text) && (!address || strcmp(address, text) == 0);
}

static void load(struct parent_index *index)
{
	if (index->is_loaded)
		return;
	index->rc = live_parents(&index->names);
	index->is_loaded = true;
}

/* What was looked up among the parents known before is looked up anew. */
static bool learn(struct parent_index *index, const char *text)
{
	struct strlist names = {0};
	size_t before = index->names.n;

	unlisted_find(&index->pci, text, &names);
	for (size_t i = 0; i < names.n; i++)
		if (!index_find(index, names.v[i])) {
			strlist_add(&index->names, names.v[i]);
			strlist_sort(&index->names);
		}
	strlist_free(&names);
	if (index->names.n == before)
		return false;
	place_table_free(&index->places);
	property_table_free(&index->properties);
	return true;
}

int parent_candidates(struct parent_index *index, const char *text, struct strlist *found)
{
	int rc;

	load(index);
	rc = resolve_any(index, text, found);
	if (!rc && !index->rc && !found->n && learn(index, text))
		rc = resolve_any(index, text, found);
	if (!rc && index->rc)
		return index->rc;
	if (!rc && found->n != 1)
		return found->n ? -ENOTUNIQ : -ENOENT;
	return rc;
}

/*
 * The first names are looked for by themselves: who asks for one does not list thousands. More than
 * a few cost less with a listing.
 */
static bool is_named_exactly(struct parent_index *index, const char *text)
{
	_cleanup_free_ char *path = NULL;

	if (index->is_loaded || index->looks == LOOKS_BEFORE_LISTING || !name_is_safe(text))
		return false;
	index->looks++;
	path = layout_parent(text, "");
	return sysfs_exists(SYSFS_TOP, path) || (pci_is_full_address(text) && kind_is_parent(text));
}

/* Looks for a name that was not asked for before, and remembers it. */
static struct resolved *resolve(struct parent_index *index, const char *text)
{
	struct resolved *entry = xcalloc(1, sizeof(*entry));
	struct strlist found = {0};

	entry->text = xstrdup(text);
	if (is_named_exactly(index, text)) {
		entry->name = entry->text;
	} else {
		entry->rc = parent_candidates(index, text, &found);
		if (!entry->rc)
			entry->name = index_find(index, found.v[0]);
	}
	strlist_free(&found);
	(void)tsearch(entry, &index->resolved, compare_resolved);
	return entry;
}

static struct resolved *look_up(struct parent_index *index, const char *text)
{
	const struct resolved key = {.text = (char *)text};
	struct resolved *const *slot = tfind(&key, &index->resolved, compare_resolved);

	return slot ? *slot : resolve(index, text);
}

int parent_resolve(struct parent_index *index, const char *text, const char **ret_name)
{
	const struct resolved *entry = look_up(index, text);

	if (!entry->rc)
		*ret_name = entry->name;
	return entry->rc;
}

static struct parent_index *load_functions(struct parent_index *index)
{
	if (!index->functions) {
		index->functions = xcalloc(1, sizeof(*index->functions));
		index->functions->is_loaded = true;
		live_functions(&index->functions->names);
	}
	return index->functions;
}

static void resolve_function(struct parent_index *index, struct resolved *entry)
{
	_cleanup_free_ char *address = NULL;
	struct strlist found = {0};
	const char *parent = NULL;

	entry->is_function_sought = true;
	if (parent_candidates(load_functions(index), entry->text, &found) == 0)
		address = xstrdup(found.v[0]);
	else
		address = pci_address(entry->text);
	strlist_free(&found);
	if (address)
		parent = live_function_parent(address, &entry->vf);
	if (parent)
		(void)parent_resolve(index, parent, &entry->function_parent);
}

int parent_resolve_function(struct parent_index *index, const char *text, const char **ret_name,
			    int *ret_vf)
{
	struct resolved *entry = look_up(index, text);

	*ret_vf = VF_ANY;
	if (entry->rc == -ENOENT && !entry->is_function_sought)
		resolve_function(index, entry);
	if (!entry->rc)
		*ret_name = entry->name;
	if (!entry->function_parent)
		return entry->rc;
	*ret_name = entry->function_parent;
	*ret_vf = entry->vf;
	return 0;
}

static void free_resolved(void *p)
{
	struct resolved *entry = p;

	free(entry->text);
	free(entry);
}

/* NOLINTNEXTLINE(misc-no-recursion): the index of functions has none of its own */
void parent_index_free(struct parent_index *index)
{
	tdestroy(index->resolved, free_resolved);
	strlist_free(&index->names);
	pci_table_free(&index->pci);
	place_table_free(&index->places);
	property_table_free(&index->properties);
	strlist_free(&index->listed_ids);
	free(index->no_parent);
	if (index->functions)
		parent_index_free(index->functions);
	free(index->functions);
	*index = (struct parent_index){0};
}
