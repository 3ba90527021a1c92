// SPDX-License-Identifier: GPL-2.0-or-later
/* Kinds of instances: the table. */
#include "host/kind.h"

const struct kind *const kinds[INSTANCE_KINDS] = {
	[INSTANCE_MDEV] = &kind_mdev,
	[INSTANCE_NVIDIA] = &kind_nvidia,
	[INSTANCE_VF] = &kind_vf,
};

const struct kind *kind_of_type(const char *parent, const char *type)
{
	for (size_t i = INSTANCE_MDEV + 1; parent && i < INSTANCE_KINDS; i++)
		if (kinds[i]->is_type(type) && kinds[i]->claims(parent))
			return kinds[i];
	return kinds[INSTANCE_MDEV];
}

bool kind_is_function_type(const char *name)
{
	bool is_type = false;

	for (size_t i = INSTANCE_MDEV + 1; !is_type && i < INSTANCE_KINDS; i++)
		is_type = kinds[i]->is_type(name);
	return is_type;
}

bool kind_is_parent(const char *name)
{
	bool is_parent = false;

	for (size_t i = 0; !is_parent && i < INSTANCE_KINDS; i++)
		is_parent = kinds[i]->is_parent && kinds[i]->is_parent(name);
	return is_parent;
}

char *kind_parent_path(const char *parent, const char *below)
{
	char *path = NULL;

	for (size_t i = INSTANCE_KINDS; !path && i > INSTANCE_MDEV; i--)
		path = kinds[i - 1]->parent_path(parent, below);
	return path;
}

char *kind_lack_of_type(const char *parent)
{
	char *lack = NULL;

	for (size_t i = 0; !lack && i < INSTANCE_KINDS; i++)
		if (kinds[i]->lack_of_type)
			lack = kinds[i]->lack_of_type(parent);
	return lack;
}

void kind_forget(void)
{
	for (size_t i = 0; i < INSTANCE_KINDS; i++)
		if (kinds[i]->forget)
			kinds[i]->forget();
}
