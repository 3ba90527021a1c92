/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subchannels of s390, and the devices behind them, which are no parents. */
#ifndef SUBCHANNEL_H
#define SUBCHANNEL_H

/*
 * Why a subchannel, or the one behind which the device of that number is, is no parent, and the way
 * out; NULL when the text is neither's name here. Where one name is that of both, a subchannel is
 * meant, as by the kernel's mediated devices. The caller frees it.
 */
char *subchannel_explain(const char *text);

#endif
