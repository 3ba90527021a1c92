// SPDX-License-Identifier: GPL-2.0-or-later
/* Instances come and go: what is written to the kernel, and why it refused. */
#include "host/lifecycle.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/core.h"
#include "host/layout.h"
#include "host/live.h"

#include <errno.h>
#include <signal.h>

/* How many devices a message lists. */
#define NAMES_SHOWN 8

static void close_type(struct lifecycle_creator *creator)
{
	cleanup_close(&creator->fd);
	free(creator->parent);
	free(creator->type);
	creator->fd = -1;
	creator->parent = creator->type = NULL;
}

void lifecycle_creator_close(struct lifecycle_creator *creator)
{
	close_type(creator);
	strlist_free(&creator->full);
	device_list_free(&creator->live);
	creator->is_listed = false;
}

static int compare_devices(const void *a, const void *b)
{
	return identity_compare(&((const struct device *)a)->id, &((const struct device *)b)->id);
}

static const struct device *find_known(const struct lifecycle_creator *creator,
				       const struct identity *id)
{
	struct device key = {.id = *id};

	if (!creator->live.n)
		return NULL;
	return bsearch(&key, creator->live.v, creator->live.n, sizeof(key), compare_devices);
}

static void list_devices(struct lifecycle_creator *creator)
{
	device_list_free(&creator->live);
	live_devices(&creator->live, NULL);
	if (creator->live.n)
		qsort(creator->live.v, creator->live.n, sizeof(*creator->live.v), compare_devices);
	creator->is_listed = true;
}

const struct device *lifecycle_find_live(struct lifecycle_creator *creator,
					 const struct identity *id)
{
	const struct device *dev = find_known(creator, id);

	if (!dev) {
		list_devices(creator);
		dev = find_known(creator, id);
	}
	return dev;
}

static char *type_path(const struct definition *def, const char *file)
{
	return layout_type(def->parent_name, def->type, file);
}

/* As far as the parent says how many there are. */
static bool has_no_instance(const struct definition *def)
{
	_cleanup_free_ char *available = type_path(def, LAYOUT_AVAILABLE);
	uint32_t left;

	return sysfs_read_u32(SYSFS_TOP, available, &left) == 0 && left == 0;
}

/* What begins so, or NULL. */
static const char *find_beginning(const struct strlist *texts, const char *beginning)
{
	for (size_t i = 0; i < texts->n; i++)
		if (str_starts(texts->v[i], beginning))
			return texts->v[i];
	return NULL;
}

/* Who takes them up, as far as that is to be seen. */
static char *explain_no_instance(struct lifecycle_creator *creator, const struct definition *def)
{
	_cleanup_free_ char *what = xasprintf("no instance of type '%s' is left on parent '%s'",
					      def->type, def->parent_name);
	const char *known = find_beginning(&creator->full, what);
	_cleanup_free_ char *taken = NULL;
	struct device_list devices = {0};
	struct strlist names = {0};
	char *reason;

	if (known)
		return xstrdup(known);
	live_devices(&devices, def->parent_name);
	device_list_sort(&devices);
	for (size_t i = 0; i < devices.n; i++) {
		char text[IDENTITY_TEXT_SIZE];

		strlist_add(&names, identity_format(&devices.v[i].id, text));
	}
	taken = strlist_join(&names, NAMES_SHOWN);
	reason = names.n ? xasprintf("%s: taken up by %s (destroy one, or take another parent)",
				     what, taken) :
			   xstrdup(what);
	strlist_add(&creator->full, reason);
	strlist_free(&names);
	device_list_free(&devices);
	return reason;
}

/* dev: who has the identity, NULL when nobody is to be seen. */
static char *explain_live(const struct device *dev)
{
	return !dev ? NULL :
		      xasprintf("it is live already, on parent '%s' with type '%s'", dev->parent,
				dev->type);
}

static char *explain_taken(struct lifecycle_creator *creator, const struct definition *def)
{
	char *reason = explain_live(lifecycle_find_live(creator, &def->id));

	return reason ? reason :
			xstrdup("the identity is taken by a device that is coming or going");
}

static char *explain_unknown_type(const struct definition *def)
{
	_cleanup_free_ char *path = layout_parent(def->parent_name, LAYOUT_TYPES);
	_cleanup_free_ char *names = NULL;
	struct strlist types = {0};
	char *reason;

	(void)sysfs_list(SYSFS_TOP, path, &types);
	names = strlist_join(&types, NAMES_SHOWN);
	reason = xasprintf("parent '%s' has no type '%s' (it has %s)", def->parent_name, def->type,
			   types.n ? names : "none");
	strlist_free(&types);
	return reason;
}

static char *explain_create(struct lifecycle_creator *creator, int rc, const struct definition *def)
{
	switch (-rc) {
	case EEXIST:
		return explain_taken(creator, def);
	case EUSERS:
		return explain_no_instance(creator, def);
	case ENOENT:
		return explain_unknown_type(def);
	case ENODEV:
		return xasprintf("parent '%s' is going away", def->parent_name);
	case ENXIO:
		return xstrdup("no bus driver took the device (load the module vfio_mdev)");
	case EACCES:
	case EPERM:
		return xasprintf("the kernel refused: %s%s", strerror(-rc), root_hint(rc));
	case EINVAL:
		if (def->params)
			return xasprintf("the driver refused the parameters '%s'", def->params);
		break;
	default:
		break;
	}
	/* A driver that counts by itself has errors of its own. */
	return has_no_instance(def) ?
		       explain_no_instance(creator, def) :
		       xasprintf("the driver refused: %s (the kernel's log may say why)",
				 strerror(-rc));
}

int lifecycle_check(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	_cleanup_free_ char *create = type_path(def, LAYOUT_CREATE);
	char *live;
	int rc = 0;

	if (!creator->is_listed)
		list_devices(creator);
	live = explain_live(find_known(creator, &def->id));
	if (live) {
		free(*reterr);
		*reterr = live;
		return -EEXIST;
	}
	if (!name_is_safe(def->type) || !sysfs_exists(SYSFS_TOP, create)) {
		rc = -ENOENT;
	} else if ((def->params || def->id.instance) && !core_is_extended()) {
		free(*reterr);
		*reterr = core_explain(def->params ? "takes no parameters" :
						     "takes no instance number");
		return -EOPNOTSUPP;
	} else if (has_no_instance(def)) {
		rc = -EUSERS;
	}
	if (rc) {
		free(*reterr);
		*reterr = explain_create(creator, rc, def);
	}
	return rc;
}

/* The open "create" file of the definition's type. */
static int creator_open(struct lifecycle_creator *creator, const struct definition *def)
{
	_cleanup_free_ char *path = NULL;

	if (creator->fd >= 0 && strcmp(creator->parent, def->parent_name) == 0 &&
	    strcmp(creator->type, def->type) == 0)
		return creator->fd;
	close_type(creator);
	path = type_path(def, LAYOUT_CREATE);
	creator->fd = sysfs_open_write(SYSFS_TOP, path);
	creator->parent = xstrdup(def->parent_name);
	creator->type = xstrdup(def->type);
	return creator->fd;
}

/* Parameters that the kernel would take for an instance number: digits, then the end or a colon. */
static bool looks_like_instance(const char *params)
{
	size_t digits = strspn(params, "0123456789");

	return digits && (!params[digits] || params[digits] == ':');
}

/* Instance 0 is written out where its parameters begin like a number. */
static bool needs_zero(const struct definition *def)
{
	return def->params && !def->id.instance && looks_like_instance(def->params);
}

/* What is written to "create". */
static char *create_text(const struct definition *def)
{
	char identity[IDENTITY_TEXT_SIZE];

	identity_format(&def->id, identity);
	if (!def->params)
		return xstrdup(identity);
	return xasprintf("%s%s:%s", identity, needs_zero(def) ? ":0" : "", def->params);
}

const char *lifecycle_name(const struct definition *def, char text[IDENTITY_TEXT_SIZE])
{
	identity_format_name(&def->id, text);
	if (needs_zero(def))
		memcpy(text + UUID_TEXT_LEN, "-0", sizeof("-0"));
	return text;
}

/* The name was checked: names of folders, then of a file, none of them "..". */
static int write_attr(int device_fd, const struct attr *attr)
{
	_cleanup_free_ char *folder = xstrdup(attr->name);
	_cleanup_close_ int folder_fd = -1;
	char *slash = strrchr(folder, '/');
	const char *file = slash ? slash + 1 : folder;

	if (slash)
		*slash = '\0';
	folder_fd = sysfs_open_dir_nofollow(device_fd, slash ? folder : ".");
	if (folder_fd < 0)
		return folder_fd;
	return sysfs_write(folder_fd, file, attr->value, strlen(attr->value));
}

static int read_attr(int device_fd, const char *name, char **ret_value)
{
	_cleanup_free_ char *folder = xstrdup(name);
	_cleanup_close_ int folder_fd = -1;
	char *slash = strrchr(folder, '/');

	if (slash)
		*slash = '\0';
	folder_fd = sysfs_open_dir_nofollow(device_fd, slash ? folder : ".");
	return folder_fd < 0 ? folder_fd :
			       sysfs_read(folder_fd, slash ? slash + 1 : folder, ret_value);
}

static void explain_attr(int rc, const struct attr *attr, char **reterr)
{
	if (rc == -ENOENT)
		set_text(reterr, "the device has no attribute '%s'", attr->name);
	else if (rc == -ELOOP || rc == -ENOTDIR)
		set_text(reterr,
			 "attribute '%s' is not the device's own: there is a link on the way",
			 attr->name);
	else
		set_text(reterr, "attribute '%s' refused '%s': %s%s", attr->name, attr->value,
			 strerror(-rc), root_hint(rc));
}

/* Of a device that is gone nothing is left in the folder that was opened. */
static bool is_gone(int device_fd)
{
	return !sysfs_exists(device_fd, LAYOUT_REMOVE);
}

/* Removes what was made again, for the reason rc, and adds to what is said why that failed. */
static int undo_create(int dirfd, const char *path, int rc, char **reterr)
{
	int undo = sysfs_write(dirfd, path, "1", 1);

	if (undo == -ENOENT || undo == -ENODEV) {
		set_text(reterr, "it went away while its attributes were written");
		return -ENODEV;
	}
	if (undo)
		set_text(reterr, "%s (and it could not be removed again: %s)", *reterr,
			 strerror(-undo));
	return rc;
}

static int write_attrs(const struct definition *def, char **reterr)
{
	char name[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *path = layout_device(def->parent_name, lifecycle_name(def, name), "");
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	int rc = 0;

	if (fd < 0) {
		set_text(reterr, "it is not to be found after it was made: %s", strerror(-fd));
		set_text(&path, "%s/" LAYOUT_REMOVE, path);
		return fd == -ENOENT ? fd : undo_create(SYSFS_TOP, path, fd, reterr);
	}
	for (size_t i = 0; i < def->attr_count && !rc; i++) {
		rc = write_attr(fd, &def->attrs[i]);
		if (rc)
			explain_attr(rc, &def->attrs[i], reterr);
	}
	return rc ? undo_create(fd, LAYOUT_REMOVE, rc, reterr) : 0;
}

/*
 * What ends the program waits until all attributes are written, or none: an instance without them
 * could not be told from one that is as defined.
 */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, ret_before);
}

int lifecycle_create(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	/* All that needs memory comes before the first write. */
	_cleanup_free_ char *text = create_text(def);
	int fd = creator_open(creator, def), rc = fd;
	sigset_t before;
	bool is_made;

	if (def->attr_count)
		hold_signals(&before);
	if (fd >= 0)
		rc = sysfs_write_fd(fd, text, strlen(text));
	is_made = !rc;
	if (is_made && def->attr_count)
		rc = write_attrs(def, reterr);
	if (def->attr_count)
		sigprocmask(SIG_SETMASK, &before, NULL);
	if (!is_made) {
		free(*reterr);
		*reterr = explain_create(creator, rc, def);
	}
	return rc;
}

/*
 * Back to the old values, the last one first. Those that cannot be set back are added to *reterr.
 */
static void undo_attrs(int device_fd, const struct attr *attrs, char **old, size_t count,
		       char **reterr)
{
	while (count--) {
		struct attr attr = {attrs[count].name, old[count]};
		int rc = old[count] ? write_attr(device_fd, &attr) : -EACCES;

		if (rc)
			set_text(reterr, "%s (and '%s' could not be set back: %s)", *reterr,
				 attrs[count].name,
				 old[count] ? strerror(-rc) : "its old value cannot be read");
	}
}

int lifecycle_write_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, "");
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	_cleanup_free_ char **old = xcalloc(count, sizeof(*old));
	sigset_t before;
	size_t done = 0;
	int rc = 0;

	if (fd < 0) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	hold_signals(&before);
	for (; !rc && done < count; done++) {
		(void)read_attr(fd, attrs[done].name, &old[done]);
		rc = write_attr(fd, &attrs[done]);
	}
	if (rc && is_gone(fd)) {
		set_text(reterr, "it went away meanwhile");
		rc = -ENODEV;
	} else if (rc) {
		explain_attr(rc, &attrs[done - 1], reterr);
		undo_attrs(fd, attrs, old, done - 1, reterr);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (size_t i = 0; i < done; i++)
		free(old[i]);
	return rc;
}

int lifecycle_destroy(const struct device *dev, char **reterr)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, LAYOUT_REMOVE);
	int rc = sysfs_write(SYSFS_TOP, path, "1", 1);

	if (rc == -ENOENT)
		rc = -ENODEV;
	if (rc == -ENODEV)
		set_text(reterr, "it went away meanwhile");
	else if (rc == -EAGAIN)
		set_text(reterr, "it is being removed, or made, by somebody else");
	else if (rc == -EBUSY)
		set_text(reterr, "it is in use");
	else if (rc)
		set_text(reterr, "the kernel refused: %s%s", strerror(-rc), root_hint(rc));
	return rc;
}

int lifecycle_machine(bool start, const struct identity *id, char **reterr)
{
	char uuid[IDENTITY_TEXT_SIZE];
	int rc;

	if (!core_is_extended()) {
		free(*reterr);
		*reterr = core_explain("cannot start or stop machines");
		return -EOPNOTSUPP;
	}
	identity_format_uuid(id, uuid);
	rc = sysfs_write(SYSFS_TOP, start ? LAYOUT_MACHINE_START : LAYOUT_MACHINE_STOP, uuid,
			 strlen(uuid));
	if (rc == -ENODEV)
		set_text(reterr, "no instance of it is live");
	else if (rc)
		set_text(reterr, "its driver refused: %s%s", strerror(-rc), root_hint(rc));
	return rc;
}
