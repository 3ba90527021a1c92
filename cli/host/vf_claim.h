/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds on virtual functions do alike around the life of an instance. */
#ifndef VF_CLAIM_H
#define VF_CLAIM_H

#include "host/lifecycle.h"

/* How long other runs on the same parent are waited for. */
#define VF_CLAIM_SECONDS 10

/*
 * Locks the parent and the identity of a definition against other runs, and sees that no instance
 * has that identity. Closing the descriptor that is returned unlocks. A negative errno with the
 * reason in *reterr: -EEXIST when there is one, -EBADMSG when that cannot be read, or as
 * vf_record_lock() fails.
 */
int vf_claim(struct lifecycle_creator *creator, const struct definition *def, char **reterr);

/* As of struct kind: the instance has no name of ours any more. */
void vf_disown(const struct device *dev);

/*
 * Locks the parent of a live instance likewise, and sees that it is still what the caller saw, for
 * its function may have been given to another instance meanwhile: then -ENODEV, or -EBADMSG when
 * that cannot be read. Closing the descriptor that is returned unlocks.
 */
int vf_hold(const struct device *dev, bool (*is_still)(const struct device *dev), char **reterr);

#endif
