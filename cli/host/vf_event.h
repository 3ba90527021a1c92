/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event of a virtual function that became an instance, or is none any more, which the kernel
 * makes on demand: "change" of the function, with the instance's UUID as SYNTH_UUID and one of the
 * words below as SYNTH_ARG_MDEV. See Documentation/ABI/testing/sysfs-uevent of the kernel.
 */
#ifndef VF_EVENT_H
#define VF_EVENT_H

#include "host/kind.h"

#define VF_EVENT_CREATED "created"
#define VF_EVENT_DESTROYED "destroyed"

/* What cannot be told is no failure of what was done. */
void vf_event_tell(const struct device *dev, enum kind_event event);

#endif
