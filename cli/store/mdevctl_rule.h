/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rule of mdevctl's own for udev, which starts what is defined in mdevctl's folder. */
#ifndef MDEVCTL_RULE_H
#define MDEVCTL_RULE_H

#include "base/util.h"

/*
 * Whether udev starts what is defined there by such a rule: 1, or 0 without it, where it is masked
 * (see udev(7)), and where the program that it runs is not there. A negative errno where that
 * cannot be known, with the path that could not be read in *ret_path, which the caller frees.
 */
int mdevctl_rule_starts(char **ret_path);

#endif
