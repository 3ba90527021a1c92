/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes: the files below the folder of an instance that its driver gives it, read and written.
 * A name is a file, or folders and a file: "label", "nvidia/vgpu_params".
 */
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include "model/device.h"

/*
 * What can be said of an attribute before there is an instance. 0, or with the reason in *reterr:
 * -EINVAL   it cannot be the name of one: it leads out of the instance's folder
 * -EPERM    it is one of the kernel's own files
 * -E2BIG    the value is longer than an attribute can take
 */
int attribute_check(enum instance_kind kind, const struct attr *attr, char **reterr);

/* The same for all attributes of a definition; the first that is refused. */
int attribute_check_all(enum instance_kind kind, const struct attr *attrs, size_t count,
			char **reterr);

/* The same for a definition; of one whose parent is not there, as of a mediated device. */
int attribute_check_definition(const struct definition *def, char **reterr);

/*
 * The value of an attribute of the instance whose folder is open as device_fd; the caller frees it.
 * A negative errno when it cannot be read: many can only be written.
 */
int attribute_read(int device_fd, const char *name, char **ret_value);

/* The instance has the attribute; or a negative errno with the reason in *reterr. */
int attribute_find(int device_fd, const struct attr *attr, char **reterr);

/*
 * Writes as "echo VALUE > FILE" does: value and newline, in one write. A negative errno with the
 * reason in *reterr.
 */
int attribute_write(int device_fd, const struct attr *attr, char **reterr);

#endif
