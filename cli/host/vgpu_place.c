// SPDX-License-Identifier: GPL-2.0-or-later
/* Which virtual function of a card gets a vGPU, and the write that makes it. */
#include "host/vgpu_place.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/holder.h"
#include "host/layout.h"
#include "host/vf_record.h"

#include <errno.h>

struct search {
	struct lifecycle_creator *creator;
	const struct vgpu_card *card;
	const struct definition *def;
	uint32_t id; /* of the type */
	bool *is_named; /* by other definitions; one for each function */
	size_t unsuited, held, gone; /* why functions without a type were passed over */
	char **reterr;
};

/* What became of a function: it is the instance, another one is to be tried, or none. */
enum attempt { ATTEMPT_DONE, ATTEMPT_NEXT, ATTEMPT_FAILED };

static void note_named(struct search *search)
{
	const struct definition_list *list = search->creator->definitions;
	uint32_t count = search->card->functions.enabled;

	search->is_named = xcalloc(count, sizeof(*search->is_named));
	for (size_t i = 0; list && i < list->n; i++) {
		const struct definition *def = list->v[i];

		if (def->has_vf && def->vf < count && def->parent_name &&
		    strcmp(def->parent_name, search->card->address) == 0 &&
		    identity_compare(&def->id, &search->def->id) != 0)
			search->is_named[def->vf] = true;
	}
}

/* Somebody has it open, or that cannot be read. */
static bool is_held(const char *function)
{
	const struct device dev = {.kind = INSTANCE_NVIDIA, .name = function};
	size_t unread = unread_count();

	return holder_has_group_open(&dev) || unread != unread_count();
}

/* The function that the definition names has a type already. */
static int take_typed(struct search *search, const char *function, uint32_t now)
{
	const struct definition *def = search->def;
	_cleanup_free_ char *type = vgpu_type_name(now);
	char text[IDENTITY_TEXT_SIZE];
	struct identity id;
	int rc = vf_record_read(function, type, &id);

	if (rc && rc != -ENOENT) {
		set_text(search->reterr, VF_RECORD_UNREAD, def->vf, function, error_text(rc));
		return rc;
	}
	if (!rc)
		set_text(search->reterr, "virtual function %u (%s) is %s, of type '%s'", def->vf,
			 function, identity_format(&id, text), type);
	else if (now != search->id)
		set_text(search->reterr,
			 "virtual function %u (%s) has type '%s', which mdev did not make", def->vf,
			 function, type);
	else
		return vf_record_write(function, &def->id, def->type, search->reterr);
	return -EBUSY;
}

/* What the driver said of the write, where the function is there and has no type. */
static int refuse(const struct search *search, int rc)
{
	switch (rc) {
	case 0:
		set_text(search->reterr, "the driver took the type away again");
		return -EIO;
	case -EIO:
	case -EINVAL:
	case -ENOSPC:
		set_text(search->reterr,
			 "the driver has no room for type '%s' beside what is on parent '%s': %s",
			 search->def->type, search->card->address, error_text(rc));
		return -EUSERS;
	case -ENODEV:
		set_text(search->reterr, "type '%s' is unknown to the driver", search->def->type);
		return -ENOENT;
	default:
		set_text(search->reterr, "the driver refused: %s (the kernel's log may say why)",
			 error_text(rc));
		return rc;
	}
}

/*
 * Whether the driver made it cannot be read. It is ended, if the driver took the write; while that
 * fails, it keeps its name.
 */
static int end_unread(struct search *search, const char *function, int written, int unread)
{
	_cleanup_free_ char *folder = layout_pci_device(function, "");
	bool is_opened;
	int rc = written ? 0 : vgpu_write(SYSFS_TOP, folder, 0, &is_opened);

	if (!rc)
		vf_record_remove(function, &search->def->id);
	set_text(search->reterr, "whether virtual function %s has its type cannot be read: %s%s",
		 function, error_text(unread), rc ? " (and it could not be removed again)" : "");
	return unread;
}

/*
 * The record comes first: of a run that is killed no instance is left that has no name. *ret_rc is
 * set where this is the end.
 */
static enum attempt write_type(struct search *search, const char *function, int *ret_rc)
{
	_cleanup_free_ char *folder = layout_pci_device(function, "");
	const struct definition *def = search->def;
	bool is_opened;
	uint32_t now = 0;
	int rc, back;

	*ret_rc = vf_record_write(function, &def->id, def->type, search->reterr);
	if (*ret_rc)
		return ATTEMPT_FAILED;
	rc = vgpu_write(SYSFS_TOP, folder, search->id, &is_opened);
	back = vgpu_current(function, &now);
	if (!rc && !back && now == search->id)
		return ATTEMPT_DONE;
	if (back && back != -ENOENT) {
		*ret_rc = end_unread(search, function, rc, back);
		return ATTEMPT_FAILED;
	}
	vf_record_remove(function, &def->id);
	/* Somebody else was first, or the function went away. */
	if ((!back && now) || back == -ENOENT)
		return ATTEMPT_NEXT;
	if (!is_opened)
		refusal_of_open(folder, rc, search->reterr);
	*ret_rc = is_opened ? refuse(search, rc) : rc;
	return ATTEMPT_FAILED;
}

static enum attempt try_function(struct search *search, const char *function, int *ret_rc)
{
	uint32_t now;

	if (vgpu_current(function, &now) < 0) {
		search->gone++;
	} else if (now && search->def->has_vf) {
		*ret_rc = take_typed(search, function, now);
		search->creator->was_there = !*ret_rc;
		return *ret_rc ? ATTEMPT_FAILED : ATTEMPT_DONE;
	} else if (!now && !vgpu_offers(function, search->id)) {
		search->unsuited++;
	} else if (!now && is_held(function)) {
		search->held++;
	} else if (!now) {
		return write_type(search, function, ret_rc);
	}
	return ATTEMPT_NEXT;
}

/* The function that the definition names cannot have it. */
static int explain_named(const struct search *search)
{
	const struct pci_functions *functions = &search->card->functions;
	const struct definition *def = search->def;
	_cleanup_free_ char *function = vgpu_function(search->card, def->vf);

	if (def->vf >= functions->enabled) {
		set_text(search->reterr,
			 "virtual function %u of parent '%s' is not there: %u of %u are enabled",
			 def->vf, search->card->address, functions->enabled, functions->total);
		return -ENODEV;
	}
	if (search->gone) {
		set_text(search->reterr,
			 "virtual function %u (%s) has no driver that gives it a type", def->vf,
			 function);
		return -ENODEV;
	}
	if (search->held)
		set_text(search->reterr, "virtual function %u (%s) is in use by somebody else",
			 def->vf, function);
	else
		set_text(search->reterr, "virtual function %u (%s) was taken by somebody else",
			 def->vf, function);
	return -EBUSY;
}

static int explain_none(const struct search *search)
{
	_cleanup_free_ char *types = NULL;
	size_t named = 0;

	if (search->def->has_vf && !search->unsuited)
		return explain_named(search);
	types = vgpu_types_in_use(search->card);
	for (uint32_t i = 0; i < search->card->functions.enabled; i++)
		named += search->is_named[i];
	if (search->unsuited && *types)
		set_text(
			search->reterr,
			"parent '%s' has no room for type '%s' beside what is on its virtual functions: %s (" VGPU_MIX
			")",
			search->card->address, search->def->type, types);
	else if (search->unsuited)
		set_text(search->reterr,
			 "no virtual function of parent '%s' can have type '%s' now",
			 search->card->address, search->def->type);
	else
		set_text(
			search->reterr,
			"no virtual function of parent '%s' is left: %s%s%zu named by other definitions, %zu open, %zu without a driver",
			search->card->address, types, *types ? ", " : "", named, search->held,
			search->gone);
	return -EUSERS;
}

static int search_all(struct search *search, struct device *ret_made, char *name)
{
	const struct definition *def = search->def;
	uint32_t first = def->has_vf ? def->vf : 0;
	uint32_t end = def->has_vf ? def->vf + 1 : search->card->functions.enabled;
	int rc = 0;

	for (uint32_t i = first; i < end && i < search->card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(search->card, i);
		enum attempt attempt = ATTEMPT_NEXT;

		if (def->has_vf || !search->is_named[i])
			attempt = try_function(search, function, &rc);
		if (attempt == ATTEMPT_NEXT)
			continue;
		snprintf(name, IDENTITY_TEXT_SIZE, "%s", function);
		ret_made->name = name;
		ret_made->vf = (int)i;
		return rc;
	}
	return explain_none(search);
}

int vgpu_place(struct lifecycle_creator *creator, const struct vgpu_card *card,
	       const struct definition *def, struct device *ret_made, char *name, char **reterr)
{
	struct search search = {
		.creator = creator,
		.card = card,
		.def = def,
		.id = vgpu_type_id(def->type),
		.reterr = reterr,
	};
	int rc;

	note_named(&search);
	rc = search_all(&search, ret_made, name);
	free(search.is_named);
	return rc;
}
