// SPDX-License-Identifier: GPL-2.0-or-later
/* Why something failed, in one word that programs can tell apart. */
#include "out/code.h"

#include <errno.h>
#include <stddef.h>

static const struct {
	int error;
	enum code code;
} codes[] = {
	{ENOENT, CODE_ABSENT},
	{ENODEV, CODE_ABSENT},
	{ENXIO, CODE_ABSENT},
	{ENOTUNIQ, CODE_AMBIGUOUS},
	{EBUSY, CODE_BUSY},
	{ETXTBSY, CODE_BUSY},
	{EEXIST, CODE_EXISTS},
	{EUSERS, CODE_FULL},
	{ENOSPC, CODE_FULL},
	{EDQUOT, CODE_FULL},
	{EINVAL, CODE_INVALID},
	{ERANGE, CODE_INVALID},
	{E2BIG, CODE_INVALID},
	{EMSGSIZE, CODE_INVALID},
	{ENAMETOOLONG, CODE_INVALID},
	{EACCES, CODE_PERMISSION},
	{EPERM, CODE_PERMISSION},
	{EROFS, CODE_PERMISSION},
	{ETIMEDOUT, CODE_TIMEOUT},
	{EBADMSG, CODE_UNREADABLE},
	{EILSEQ, CODE_UNREADABLE},
	{ENOSYS, CODE_UNSUPPORTED},
	{EOPNOTSUPP, CODE_UNSUPPORTED},
	{ELIBACC, CODE_UNSUPPORTED},
};

enum code code_of(int rc)
{
	if (rc == 0)
		return CODE_NONE;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].error == -rc)
			return codes[i].code;
	return CODE_REFUSED;
}

const char *code_name(enum code code)
{
	static const char *const names[] = {
		[CODE_NONE] = NULL,
		[CODE_ABSENT] = "absent",
		[CODE_AMBIGUOUS] = "ambiguous",
		[CODE_BUSY] = "busy",
		[CODE_DIFFERS] = "differs",
		[CODE_EXISTS] = "exists",
		[CODE_FULL] = "full",
		[CODE_INVALID] = "invalid",
		[CODE_LOST] = "lost",
		[CODE_PERMISSION] = "permission",
		[CODE_REFUSED] = "refused",
		[CODE_SKIPPED] = "skipped",
		[CODE_TIMEOUT] = "timeout",
		[CODE_UNREADABLE] = "unreadable",
		[CODE_UNSUPPORTED] = "unsupported",
		[CODE_USAGE] = "usage",
	};

	return names[code];
}
