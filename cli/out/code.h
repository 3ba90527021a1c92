/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something failed, in one word that programs can tell apart. */
#ifndef CODE_H
#define CODE_H

enum code {
	CODE_NONE, /* it did not fail */
	CODE_ABSENT, /* a device, definition, parent, type or file is not there */
	CODE_AMBIGUOUS, /* what was named could be several */
	CODE_BUSY, /* it is in use */
	CODE_DIFFERS, /* it is live with another type or on another parent */
	CODE_EXISTS, /* the identity is live or defined already */
	CODE_FULL, /* no instance is left, or no room on the disk */
	CODE_INVALID, /* a value that cannot be right */
	CODE_LOST, /* done, but a power failure may undo it */
	CODE_PERMISSION, /* not allowed, or read-only */
	CODE_REFUSED, /* the kernel, a driver or the disk said no for another reason */
	CODE_SKIPPED, /* left alone, because another of those named failed */
	CODE_TIMEOUT, /* it took too long */
	CODE_UNREADABLE, /* a definition file, a part of one, or of the system cannot be read */
	CODE_UNSUPPORTED, /* the kernel part has no such thing, or a library is missing */
	CODE_USAGE, /* the command line is wrong */
};

/*
 * The code of what a function returned: CODE_NONE for 0, and what a negative errno means;
 * CODE_REFUSED for one that means nothing else.
 */
enum code code_of(int rc);
/* As JSON has it, "absent" and so on; NULL for CODE_NONE. */
const char *code_name(enum code code);

#endif
