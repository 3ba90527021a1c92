/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mediated device core in the kernel: whose it is, and the way out of the wrong one. */
#ifndef CORE_H
#define CORE_H

#include "base/util.h"

/* The core that is loaded is the project's, which can do more than the kernel's own. */
bool core_is_extended(void);

/*
 * " (no mdev core is loaded)" where that is why a live device was not found, which rc, -ENOENT or
 * -ENODEV, says; else "". To be put behind the message.
 */
const char *core_hint(int rc);

/*
 * Which core is loaded: "this project's, 1.0", or "the kernel's own, 0.1 (...)" with what to unload
 * in its place, or why that cannot be done. The caller frees it.
 */
char *core_describe(void);

/*
 * Why there may be no parent at all: no driver has registered one, no core is loaded, or the kernel
 * has none; and the way out. The caller frees it.
 */
char *core_explain_no_parent(void);

/*
 * Why something failed that only the project's core can do. With lack "cannot start machines":
 * "the loaded mdev core is the kernel's own, which cannot start machines (this project's is not
 * installed)". The caller frees it.
 */
char *core_explain(const char *lack);

#endif
