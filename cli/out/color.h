/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a terminal gets colours. */
#ifndef COLOR_H
#define COLOR_H

#include <stdbool.h>

/*
 * True for a terminal that can show colours and a user who did not turn them off: by NO_COLOR, or
 * by a file mdev.disable or disable (against mdev.enable) in a folder of terminal-colors.d(5).
 */
bool color_is_wanted(void);

#endif
