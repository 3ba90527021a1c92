// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kinds on virtual functions do alike around the life of an instance. */
#include "host/vf_claim.h"

#include "host/refusal.h"
#include "host/vf_record.h"

#include <errno.h>

/* The kernel does not mind two of one identity. */
static int refuse_taken(struct lifecycle_creator *creator, const struct definition *def,
			char **reterr)
{
	const struct device *dev = refusal_find_device(&creator->facts, &def->id);

	if (!dev)
		return 0;
	refusal_live(dev, reterr);
	return -EEXIST;
}

int vf_claim(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	int fd = vf_record_lock(def->parent_name, VF_CLAIM_SECONDS, reterr);
	int rc = fd < 0 ? fd : vf_record_lock_identity(fd, &def->id, VF_CLAIM_SECONDS, reterr);

	if (!rc)
		rc = refuse_taken(creator, def, reterr);
	if (!rc)
		return fd;
	cleanup_close(&fd);
	return rc;
}

void vf_disown(const struct device *dev)
{
	vf_record_remove(dev->name, &dev->id);
}

int vf_hold(const struct device *dev, bool (*is_still)(const struct device *dev), char **reterr)
{
	int fd = vf_record_lock(dev->parent, VF_CLAIM_SECONDS, reterr);

	if (fd < 0 || is_still(dev))
		return fd;
	set_text(reterr, "it went away meanwhile");
	cleanup_close(&fd);
	return -ENODEV;
}
