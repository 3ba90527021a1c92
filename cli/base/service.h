/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service tells the manager that started it, by the protocol of sd_notify(3). */
#ifndef SERVICE_H
#define SERVICE_H

#include "base/util.h"

/* A manager of services has started this program, and waits to be told that it is ready. */
bool service_is_expected(void);

/* "READY=1", "STOPPING=1". 0, or a negative errno: -ENOENT where nobody waits for it. */
int service_tell(const char *state);

#endif
