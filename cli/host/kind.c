// SPDX-License-Identifier: GPL-2.0-or-later
/* Kinds of instances: the table. */
#include "host/kind.h"

const struct kind *const kinds[INSTANCE_KINDS] = {
	[INSTANCE_MDEV] = &kind_mdev,
};

const struct kind *kind_of_type(const char *parent, const char *type)
{
	for (size_t i = INSTANCE_MDEV + 1; parent && i < INSTANCE_KINDS; i++)
		if (kinds[i]->claims(parent, type))
			return kinds[i];
	return kinds[INSTANCE_MDEV];
}

void kind_forget(void)
{
	for (size_t i = 0; i < INSTANCE_KINDS; i++)
		if (kinds[i]->forget)
			kinds[i]->forget();
}
