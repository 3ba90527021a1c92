// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kinds on virtual functions do alike around the life of an instance. */
#include "host/vf_claim.h"

#include "base/unread.h"
#include "host/refusal.h"
#include "host/vf_record.h"

#include <errno.h>

/* The kernel does not mind two of one identity. What cannot be read may be one. */
static int refuse_taken(struct lifecycle_creator *creator, const struct definition *def,
			char **reterr)
{
	size_t unread = unread_count();
	const struct device *dev = refusal_find_device(&creator->facts, &def->id);

	if (!dev && unread == unread_count())
		return 0;
	if (!dev) {
		set_text(reterr, "not everything could be read");
		return -EBADMSG;
	}
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
	size_t unread = unread_count();
	bool is_unread;

	if (fd < 0 || is_still(dev))
		return fd;
	is_unread = unread != unread_count();
	set_text(reterr, is_unread ? "it could not be read again" : "it went away meanwhile");
	cleanup_close(&fd);
	return is_unread ? -EBADMSG : -ENODEV;
}
