// SPDX-License-Identifier: GPL-2.0-or-later
/* Instances come and go: what is written to the kernel. */
#include "host/lifecycle.h"

#include "base/msg.h"
#include "base/signals.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/attribute.h"
#include "host/core.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/node.h"

#include <errno.h>

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

bool lifecycle_is_understood(const struct definition *def)
{
	return kind_of_type(def->parent_name, def->type)->understands(def);
}

int lifecycle_check_form(const struct definition *def, char **reterr)
{
	int rc = kind_of_type(def->parent_name, def->type)->check_form(def, reterr);

	struct node_wish wish;

	if (!rc)
		rc = attribute_check_definition(def, reterr);
	return rc ? rc : node_wish_of(def, &wish, reterr);
}

int lifecycle_check(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	const struct device *dev = refusal_find_device(&creator->facts, &def->id);

	if (dev) {
		refusal_live(dev, reterr);
		return -EEXIST;
	}
	return kind_of_type(def->parent_name, def->type)->check(creator, def, reterr);
}

/*
 * Of a device that is gone nothing is left in the folder that was opened, unless that is not its
 * own.
 */
static bool is_gone(const struct device *dev, int attributes_fd)
{
	_cleanup_free_ char *path = live_device_path(dev, LAYOUT_REMOVE);

	return kind_of(dev)->attributes ? !sysfs_exists(SYSFS_TOP, path) :
					  !sysfs_exists(attributes_fd, LAYOUT_REMOVE);
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

/*
 * Removes what was made again, for the reason rc, and adds to what is said why that failed. folder:
 * its own, as seen from dirfd.
 */
static int undo_create(struct lifecycle_creator *creator, int dirfd, const char *folder, int rc,
		       char **reterr)
{
	int undo = kind_of(&creator->made)->undo(&creator->made, dirfd, folder);

	if (undo == -ENOENT || undo == -ENODEV) {
		set_text(reterr, "it went away while its attributes were written");
		return -ENODEV;
	}
	creator->failure.undo = undo;
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

/*
 * In order; old gets the values from before, where attributes outlive the instance. How many were
 * written, or a refused one tried, goes to *ret_done.
 */
static int write_new_attrs(struct lifecycle_creator *creator, const struct definition *def, int fd,
			   char **old, size_t *ret_done, char **reterr)
{
	char identity[IDENTITY_TEXT_SIZE];
	size_t done = 0;
	int rc = 0;

	identity_format(&def->id, identity);
	for (; done < def->attr_count && !rc; done++) {
		const struct attr *attr = &def->attrs[done];

		if (kind_of(&creator->made)->attributes)
			(void)attribute_read(fd, attr->name, &old[done]);
		rc = attribute_write(fd, attr, reterr);
		if (rc)
			note_attribute(fd, attr, &creator->failure);
		else
			compare_attr(fd, identity, attr);
	}
	*ret_done = done;
	return rc;
}

/* Before anybody can wait for it: a device that its user cannot open is of no use to him. */
static int give_nodes(struct lifecycle_creator *creator, const struct definition *def,
		      char **reterr)
{
	struct node_change change = {0};
	char identity[IDENTITY_TEXT_SIZE];
	struct node_wish wish;
	int rc = node_wish_of(def, &wish, reterr);

	if (!rc)
		rc = node_change(&creator->made, &wish, &change, reterr);
	node_change_end(&change, rc);
	if (rc)
		creator->failure.step = LIFECYCLE_NODE;
	else if (wish.parts)
		node_warn_of_group(&creator->made, identity_format(&def->id, identity));
	return rc;
}

/* All that comes after an instance was made, or none of it and no instance. */
static int finish(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	_cleanup_free_ char *path = live_device_path(&creator->made, "");
	_cleanup_close_ int fd = live_try_open_attributes(&creator->made);
	_cleanup_free_ char **old = xcalloc(def->attr_count, sizeof(*old));
	size_t done;
	int rc;

	if (fd < 0) {
		set_text(reterr, "it is not to be found after it was made: %s", error_text(fd));
		return fd == -ENOENT ? fd : undo_create(creator, SYSFS_TOP, path, fd, reterr);
	}
	rc = write_new_attrs(creator, def, fd, old, &done, reterr);
	done -= rc != 0;
	if (!rc)
		rc = give_nodes(creator, def, reterr);
	if (rc && kind_of(&creator->made)->attributes)
		undo_attrs(fd, def->attrs, old, done, reterr);
	for (size_t i = 0; i < def->attr_count; i++)
		free(old[i]);
	return rc ? undo_create(creator, fd, ".", rc, reterr) : 0;
}

/* All that comes after an instance got its identity, or none of it and its former identity. */
static int finish_adopted(struct lifecycle_creator *creator, const struct definition *def,
			  char **reterr)
{
	int rc = give_nodes(creator, def, reterr);

	if (rc)
		kind_of(&creator->made)->disown(&creator->made);
	return rc;
}

/* Something is to be done once the instance was made. */
static bool is_more_wanted(const struct definition *def)
{
	return def->attr_count || def->owner || def->mode;
}

/* The instance with its attributes and owner, or none. */
static int make_instance(struct lifecycle_creator *creator, const struct kind *kind,
			 const struct definition *def, int fd, char **reterr)
{
	bool is_more = is_more_wanted(def);
	sigset_t before;
	int rc;

	creator->made = (struct device){.kind = kind->number,
					.id = def->id,
					.parent = def->parent_name,
					.type = def->type,
					.vf = VF_ANY};
	/* An instance without its attributes could not be told from one that is as defined. */
	if (is_more)
		signals_hold(&before);
	rc = kind->make(creator, def, fd, &creator->made, creator->made_name, reterr);
	if (!rc && is_more)
		rc = creator->was_there ? finish_adopted(creator, def, reterr) :
					  finish(creator, def, reterr);
	if (is_more)
		signals_release(&before);
	return rc;
}

int lifecycle_create(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	const struct kind *kind = kind_of_type(def->parent_name, def->type);
	int fd, rc = lifecycle_check_form(def, reterr);

	creator->failure = (struct lifecycle_failure){.step = LIFECYCLE_FORM};
	if (rc)
		return rc;
	creator->failure.step = LIFECYCLE_CREATE;
	creator->was_there = false;
	fd = kind->open(creator, def, reterr);
	if (fd < 0)
		return fd;
	rc = make_instance(creator, kind, def, fd, reterr);
	if (kind->close)
		kind->close(fd);
	if (!rc && kind->tell)
		kind->tell(&creator->made, KIND_CREATED);
	return rc;
}

int lifecycle_hold(const struct device *dev, int *ret_hold, char **reterr)
{
	const struct kind *kind = kind_of(dev);

	*ret_hold = kind->hold ? kind->hold(dev, reterr) : -1;
	return kind->hold && *ret_hold < 0 ? *ret_hold : 0;
}

/* Each in order; old gets the values from before, NULL where they cannot be read. */
static int write_live_attrs(const struct device *dev, int device_fd, const struct attr *attrs,
			    size_t count, char **old, char **reterr)
{
	char identity[IDENTITY_TEXT_SIZE];
	size_t done = 0;
	int rc = 0;

	identity_format(&dev->id, identity);
	for (; !rc && done < count; done++) {
		(void)attribute_read(device_fd, attrs[done].name, &old[done]);
		rc = attribute_write(device_fd, &attrs[done], reterr);
		if (!rc)
			compare_attr(device_fd, identity, &attrs[done]);
	}
	if (rc && is_gone(dev, device_fd)) {
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
	_cleanup_close_ int fd = live_open_attributes(dev);
	int rc;

	if (fd < 0) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	rc = attribute_check_all(dev->kind, attrs, count, reterr);
	for (size_t i = 0; !rc && i < count; i++)
		rc = attribute_find(fd, &attrs[i], reterr);
	return rc;
}

int lifecycle_write_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr)
{
	_cleanup_close_ int fd = live_try_open_attributes(dev);
	_cleanup_free_ char **old = xcalloc(count, sizeof(*old));
	sigset_t before;
	int rc;

	if (fd < 0) {
		set_text(reterr, "it went away meanwhile");
		return -ENODEV;
	}
	rc = attribute_check_all(dev->kind, attrs, count, reterr);
	if (rc)
		return rc;
	signals_hold(&before);
	rc = write_live_attrs(dev, fd, attrs, count, old, reterr);
	signals_release(&before);
	for (size_t i = 0; i < count; i++)
		free(old[i]);
	return rc;
}

/* Before its end, where they stay. */
static int take_nodes(const struct device *dev, struct node_change *ret_taken, char **reterr)
{
	_cleanup_close_ int hold = -1;
	int rc = lifecycle_hold(dev, &hold, reterr);

	return rc ? rc : node_take(dev, ret_taken, reterr);
}

/*
 * They get back what they had where the instance did not end. One that is not there any more was
 * ended by somebody else, who may have given the function, with its nodes, to another one.
 */
static void end_nodes(const struct device *dev, struct node_change *taken, int rc)
{
	_cleanup_free_ char *error = NULL;
	_cleanup_close_ int hold = -1;

	if (rc && taken->n && lifecycle_hold(dev, &hold, &error) == -ENODEV)
		rc = 0;
	node_take_end(taken, rc);
}

int lifecycle_destroy(const struct device *dev, char **reterr)
{
	const struct kind *kind = kind_of(dev);
	struct node_change taken = {0};
	int rc = kind->flags & KIND_KEEPS_NODES ? take_nodes(dev, &taken, reterr) : 0;

	if (!rc)
		rc = kind->destroy(dev, reterr);
	end_nodes(dev, &taken, rc);
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
