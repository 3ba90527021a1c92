// SPDX-License-Identifier: GPL-2.0-or-later
/* Instances come and go: what is written to the kernel. */
#include "host/lifecycle.h"

#include "base/msg.h"
#include "base/signals.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/attribute.h"
#include "host/core.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/type_name.h"

#include <errno.h>

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

void lifecycle_creator_close(struct lifecycle_creator *creator)
{
	create_files_close(&creator->files);
	refusal_facts_free(&creator->facts);
}

const struct device *lifecycle_find_live(struct lifecycle_creator *creator,
					 const struct identity *id)
{
	return refusal_find_device(&creator->facts, id);
}

/* What is known to fail whatever the host is like: no instance is made for it. */
static int check_form(const struct definition *def, char **reterr)
{
	_cleanup_free_ char *text = create_text(def), *type = NULL;

	if (!name_is_safe(def->type)) {
		type = quoted(def->type);
		set_text(reterr, "%s cannot be the name of a type", type);
		return -EINVAL;
	}
	if (strlen(text) > sysfs_value_max()) {
		set_text(reterr, "the parameters are %zu bytes long, too long to be written",
			 strlen(def->params));
		return -E2BIG;
	}
	return attribute_check_all(INSTANCE_MDEV, def->attrs, def->attr_count, reterr);
}

static bool has_type(const struct definition *def)
{
	_cleanup_free_ char *create = layout_type(def->parent_name, def->type, LAYOUT_CREATE);

	return name_is_safe(def->type) && sysfs_exists(SYSFS_TOP, create);
}

/* A parent that is going away loses its files: that is for the write to find out. */
bool lifecycle_is_understood(const struct definition *def)
{
	return (!def->params && !def->id.instance) || live_parent_takes_numbers(def->parent_name) ||
	       (core_is_extended() && !has_type(def));
}

/* The kernel's own core knows neither, nor do the drivers that were made for it. */
static int check_core(const struct definition *def, char **reterr)
{
	const char *lack = def->params ? "takes no parameters" : "takes no instance number";
	_cleanup_free_ char *reason = NULL;

	if (lifecycle_is_understood(def))
		return 0;
	if (core_is_extended())
		reason = xasprintf("the driver of parent '%s' %s", def->parent_name, lack);
	else
		reason = core_explain(lack);
	set_text(reterr, "%s", reason);
	return -EOPNOTSUPP;
}

int lifecycle_check(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	const struct device *dev = refusal_find_device(&creator->facts, &def->id);
	int rc = 0;

	if (dev) {
		refusal_live(dev, reterr);
		return -EEXIST;
	}
	if (!has_type(def)) {
		type_name_unknown(def->parent_name, def->type, reterr);
		return -ENOENT;
	}
	rc = check_core(def, reterr);
	if (!rc)
		rc = check_form(def, reterr);
	if (!rc && refusal_type_is_full(def)) {
		refusal_full(&creator->facts, def, reterr);
		rc = -EUSERS;
	}
	return rc;
}

/* Of a device that is gone nothing is left in the folder that was opened. */
static bool is_gone(int device_fd)
{
	return !sysfs_exists(device_fd, LAYOUT_REMOVE);
}

/* Drivers cut values, or take what they like of them, without a word. */
static void compare_attr(int device_fd, const char *identity, const struct attr *attr)
{
	_cleanup_free_ char *now = NULL, *name = NULL, *written = NULL, *read = NULL;

	if (attribute_read(device_fd, attr->name, &now) || strcmp(now, attr->value) == 0)
		return;
	name = quoted(attr->name);
	written = quoted(attr->value);
	read = quoted(now);
	msg_warning("%s: attribute %s was given the value %s, but now has %s", identity, name,
		    written, read);
}

/* Removes what was made again, for the reason rc, and adds to what is said why that failed. */
static int undo_create(int dirfd, const char *path, int rc, struct lifecycle_failure *failure,
		       char **reterr)
{
	_cleanup_close_ int fd = sysfs_open_write(dirfd, path);
	int undo = fd < 0 ? fd : sysfs_write_fd(fd, "1", 1);

	if (undo == -ENOENT || undo == -ENODEV) {
		set_text(reterr, "it went away while its attributes were written");
		return -ENODEV;
	}
	failure->undo = undo;
	if (undo)
		set_text(reterr, "%s (and it could not be removed again: %s)", *reterr,
			 error_text(undo));
	return rc;
}

static void note_attribute(int device_fd, const struct attr *attr,
			   struct lifecycle_failure *failure)
{
	_cleanup_free_ char *error = NULL;

	failure->step = attribute_find(device_fd, attr, &error) ? LIFECYCLE_NO_ATTRIBUTE :
								  LIFECYCLE_ATTRIBUTE;
	failure->attr = attr;
}

static int write_attrs(const struct definition *def, struct lifecycle_failure *failure,
		       char **reterr)
{
	char name[IDENTITY_TEXT_SIZE], identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *path = layout_device(def->parent_name, lifecycle_name(def, name), "");
	_cleanup_close_ int fd = sysfs_try_open_dir(SYSFS_TOP, path);
	int rc = 0;

	if (fd < 0) {
		set_text(reterr, "it is not to be found after it was made: %s", error_text(fd));
		set_text(&path, "%s/" LAYOUT_REMOVE, path);
		return fd == -ENOENT ? fd : undo_create(SYSFS_TOP, path, fd, failure, reterr);
	}
	identity_format(&def->id, identity);
	for (size_t i = 0; i < def->attr_count && !rc; i++) {
		rc = attribute_write(fd, &def->attrs[i], reterr);
		if (rc)
			note_attribute(fd, &def->attrs[i], failure);
		else
			compare_attr(fd, identity, &def->attrs[i]);
	}
	return rc ? undo_create(fd, LAYOUT_REMOVE, rc, failure, reterr) : 0;
}

/* The write to "create", and all attributes after it or none. */
static int make_instance(struct lifecycle_creator *creator, const struct definition *def, int fd,
			 const char *text, char **reterr)
{
	sigset_t before;
	int rc;

	/* An instance without its attributes could not be told from one that is as defined. */
	if (def->attr_count)
		signals_hold(&before);
	rc = sysfs_write_fd(fd, text, strlen(text));
	if (rc)
		refusal_of_create(&creator->facts, def, rc, reterr);
	else if (def->attr_count)
		rc = write_attrs(def, &creator->failure, reterr);
	if (def->attr_count)
		signals_release(&before);
	return rc;
}

int lifecycle_create(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	/* All that needs memory comes before the first write. */
	_cleanup_free_ char *text = create_text(def);
	int fd, rc = check_form(def, reterr);

	creator->failure = (struct lifecycle_failure){.step = LIFECYCLE_FORM};
	if (rc)
		return rc;
	creator->failure.step = LIFECYCLE_CREATE;
	fd = create_files_open(&creator->files, def->parent_name, def->type);
	if (fd < 0) {
		refusal_of_create_open(def, fd, reterr);
		return fd;
	}
	return make_instance(creator, def, fd, text, reterr);
}

/*
 * Back to the old values, the last one first. Those that cannot be set back are added to *reterr.
 */
static void undo_attrs(int device_fd, const struct attr *attrs, char **old, size_t count,
		       char **reterr)
{
	while (count--) {
		struct attr attr = {attrs[count].name, old[count]};
		_cleanup_free_ char *error = NULL;

		if (!old[count])
			set_text(&error, "the old value of attribute '%s' cannot be read",
				 attr.name);
		else if (attribute_write(device_fd, &attr, &error) == 0)
			continue;
		set_text(reterr, "%s (and not all was set back: %s)", *reterr, error);
	}
}

/* Each in order; old gets the values from before, NULL where they cannot be read. */
static int write_live_attrs(int device_fd, const char *identity, const struct attr *attrs,
			    size_t count, char **old, char **reterr)
{
	size_t done = 0;
	int rc = 0;

	for (; !rc && done < count; done++) {
		(void)attribute_read(device_fd, attrs[done].name, &old[done]);
		rc = attribute_write(device_fd, &attrs[done], reterr);
		if (!rc)
			compare_attr(device_fd, identity, &attrs[done]);
	}
	if (rc && is_gone(device_fd)) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	if (rc)
		undo_attrs(device_fd, attrs, old, done - 1, reterr);
	return rc;
}

int lifecycle_check_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, "");
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	int rc;

	if (fd < 0) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	rc = attribute_check_all(INSTANCE_MDEV, attrs, count, reterr);
	for (size_t i = 0; !rc && i < count; i++)
		rc = attribute_find(fd, &attrs[i], reterr);
	return rc;
}

int lifecycle_write_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, "");
	_cleanup_close_ int fd = sysfs_try_open_dir(SYSFS_TOP, path);
	_cleanup_free_ char **old = xcalloc(count, sizeof(*old));
	char identity[IDENTITY_TEXT_SIZE];
	sigset_t before;
	int rc;

	if (fd < 0) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	rc = attribute_check_all(INSTANCE_MDEV, attrs, count, reterr);
	if (rc)
		return rc;
	signals_hold(&before);
	rc = write_live_attrs(fd, identity_format(&dev->id, identity), attrs, count, old, reterr);
	signals_release(&before);
	for (size_t i = 0; i < count; i++)
		free(old[i]);
	return rc;
}

int lifecycle_destroy(const struct device *dev, char **reterr)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, LAYOUT_REMOVE);
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);
	int rc;

	if (fd < 0) {
		refusal_of_destroy_open(fd, reterr);
		return fd == -ENOENT ? -ENODEV : fd;
	}
	rc = sysfs_write_fd(fd, "1", 1);
	if (rc)
		refusal_of_destroy(rc, reterr);
	return rc;
}

int lifecycle_machine(bool start, const struct identity *id, char **reterr)
{
	_cleanup_free_ char *reason = NULL;
	_cleanup_close_ int fd = -1;
	char uuid[IDENTITY_TEXT_SIZE];
	int rc;

	if (!core_is_extended()) {
		reason = core_explain("cannot start or stop machines");
		set_text(reterr, "%s", reason);
		return -EOPNOTSUPP;
	}
	fd = sysfs_open_write(SYSFS_TOP, start ? LAYOUT_MACHINE_START : LAYOUT_MACHINE_STOP);
	if (fd < 0) {
		refusal_of_machine_open(fd, reterr);
		return fd;
	}
	identity_format_uuid(id, uuid);
	rc = sysfs_write_fd(fd, uuid, strlen(uuid));
	if (rc)
		refusal_of_machine(id, rc, reterr);
	return rc;
}
