/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which instances are on virtual functions, as far as this program made them.
 *
 * The kernel knows a virtual function by its address alone, so its instance's identity is kept in
 * run/mdev/vf/, which is empty after a boot, as the functions are then:
 *
 *	ADDRESS           "UUID[:INSTANCE] TYPE" and a newline
 *	UUID[-INSTANCE]   a link to that ADDRESS, by which the instance is found
 *
 * Both are written before the instance is made, and removed after it is gone. They count only while
 * the function has that type, which the kernel says. So a run that was killed leaves either what
 * does not count, or what is right.
 *
 * With one exception: what is left of a run that was killed before its write becomes true when
 * somebody else gives that function the same type, before the next instance there has a record. No
 * word in the record could tell the two writers apart: one that says "made", added after the write,
 * would be missing as well of a run that was killed in between, and then an instance would have
 * lost its name, and a definition be made twice. The times of the driver's file do not tell
 * either, for refused writes of others change them, too.
 *
 * An instance without a record was made by somebody else. Its identity is the UUID of version 5
 * for the name "pci:ADDRESS" among URLs: the same after every boot.
 */
#ifndef VF_RECORD_H
#define VF_RECORD_H

#include "model/identity.h"

/*
 * The identity of the instance on a function that has this type now. 0; -ENOENT where there is no
 * record of it; or another negative errno where that cannot be read, which is noted for
 * base/unread: such an instance may have a name, so it is nobody else's.
 */
int vf_record_read(const char *address, const char *type, struct identity *ret_id);
/* What is said then of a function that was asked for: its number, its address and the reason. */
#define VF_RECORD_UNREAD "whose virtual function %u (%s) is cannot be read: %s"

/*
 * The identity of what somebody else made there. 0; or -ELIBACC without libuuid, which is noted for
 * base/unread.
 */
int vf_record_foreign(const char *address, struct identity *ret_id);

/* Where the instance of that identity would be. The caller frees it. 0, or -ENOENT for none. */
int vf_record_find(const struct identity *id, char **ret_address);

/*
 * Records that the function is to be that instance, in place of what was recorded of either. 0, or
 * a negative errno with the reason in *reterr, and nothing is recorded.
 */
int vf_record_write(const char *address, const struct identity *id, const char *type,
		    char **reterr);

/* It is not that instance, or not any more. */
void vf_record_remove(const char *address, const struct identity *id);

/*
 * Locks out other runs that make or end instances on the virtual functions of this parent, and
 * waits for them, at most that many seconds. Closing the descriptor that is returned unlocks. A
 * negative errno with a reason in *reterr: -ETIMEDOUT when others keep it locked.
 */
int vf_record_lock(const char *parent, unsigned int seconds, char **reterr);

/*
 * Locks out other runs that give this identity to a virtual function of any parent, by the same
 * descriptor. 0, or as above.
 */
int vf_record_lock_identity(int fd, const struct identity *id, unsigned int seconds, char **reterr);

#endif
