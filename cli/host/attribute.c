// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes: the files below the folder of an instance that its driver gives it. */
#include "host/attribute.h"

#include "base/sysfs.h"
#include "host/kind.h"
#include "host/refusal.h"

#include <errno.h>

int attribute_check(enum instance_kind kind, const struct attr *attr, char **reterr)
{
	_cleanup_free_ char *name = NULL;

	if (!attr_name_is_valid(attr->name)) {
		name = quoted(attr->name);
		set_text(reterr, "%s cannot be the name of an attribute of a device", name);
		return -EINVAL;
	}
	if (kinds[kind]->is_kernels(attr->name)) {
		name = quoted(attr->name);
		set_text(reterr, "%s is the kernel's own file, not an attribute of the driver's",
			 name);
		return -EPERM;
	}
	if (strlen(attr->value) > sysfs_value_max()) {
		name = quoted(attr->name);
		set_text(reterr,
			 "the value of attribute %s is %zu bytes long, and %zu can be written",
			 name, strlen(attr->value), sysfs_value_max());
		return -E2BIG;
	}
	return 0;
}

int attribute_check_all(enum instance_kind kind, const struct attr *attrs, size_t count,
			char **reterr)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++)
		rc = attribute_check(kind, &attrs[i], reterr);
	return rc;
}

int attribute_check_definition(const struct definition *def, char **reterr)
{
	const struct kind *kind = kind_of_type(def->parent_name, def->type);

	return attribute_check_all(kind->number, def->attrs, def->attr_count, reterr);
}

/*
 * The folder that an attribute is in, opened without following a link, so that no name leads out of
 * the instance's own. *ret_file is the rest of the name.
 */
static int open_folder(int device_fd, const char *name, const char **ret_file)
{
	_cleanup_free_ char *folder = xstrdup(name);
	char *slash = strrchr(folder, '/');

	*ret_file = name;
	if (!slash)
		return sysfs_open_dir_nofollow(device_fd, ".");
	*slash = '\0';
	*ret_file = name + (slash - folder) + 1;
	return sysfs_open_dir_nofollow(device_fd, folder);
}

int attribute_read(int device_fd, const char *name, char **ret_value)
{
	const char *file;
	_cleanup_close_ int folder_fd = open_folder(device_fd, name, &file);

	return folder_fd < 0 ? folder_fd : sysfs_try_read(folder_fd, file, ret_value);
}

int attribute_find(int device_fd, const struct attr *attr, char **reterr)
{
	const char *file;
	_cleanup_close_ int folder_fd = open_folder(device_fd, attr->name, &file);
	int rc = folder_fd < 0 ? folder_fd : sysfs_exists(folder_fd, file) ? 0 : -ENOENT;

	if (rc)
		refusal_of_attribute_open(attr, rc, reterr);
	return rc;
}

int attribute_write(int device_fd, const struct attr *attr, char **reterr)
{
	const char *file;
	_cleanup_close_ int folder_fd = open_folder(device_fd, attr->name, &file);
	_cleanup_close_ int fd = folder_fd < 0 ? folder_fd : sysfs_open_write(folder_fd, file);
	_cleanup_free_ char *line = xasprintf("%s\n", attr->value);
	int rc;

	if (fd < 0) {
		refusal_of_attribute_open(attr, fd, reterr);
		return fd;
	}
	rc = sysfs_write_fd(fd, line, strlen(line));
	if (rc)
		refusal_of_attribute(attr, rc, reterr);
	return rc;
}
