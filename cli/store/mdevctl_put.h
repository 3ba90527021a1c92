/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A definition that comes into mdevctl's folder. */
#ifndef MDEVCTL_PUT_H
#define MDEVCTL_PUT_H

#include "base/file.h"
#include "model/device.h"

enum mdevctl_put {
	MDEVCTL_PUT_NEW,
	MDEVCTL_PUT_OVER, /* in the place of what is there, readable or not */
};

/*
 * Keeps a definition in the file PARENT/UUID, whole or not at all; def->parent is what sysfs calls
 * the parent, which need not be there. *ret_path says which file unless it failed, the caller frees
 * it. Fails, with a reason in *reterr, with
 * -EEXIST    MDEVCTL_PUT_NEW, and it is defined for this parent, in whichever place
 * -EINVAL    the parent is no name of one, or mdevctl has no word for a part of the definition
 * -EBADMSG   MDEVCTL_PUT_NEW, and not all could be read that may define it
 * -EMLINK    the parent's folder or the file is a link, which is not written through
 * other      what the system said
 */
struct disk_change mdevctl_put(const struct definition *def, enum mdevctl_put over, char **ret_path,
			       char **reterr);

#endif
