// SPDX-License-Identifier: GPL-2.0-or-later
/* Subchannels of s390, and the devices behind them, which are no parents. */
#include "host/subchannel.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/layout.h"

#include <string.h>

/* The driver whose subchannels are parents. */
#define PARENT_DRIVER "vfio_ccw"

/* As in "0.0.1a2b"; what leads to another folder is none. */
static bool is_bus_id(const char *text)
{
	return text[0] && text[strspn(text, "0123456789abcdef.")] == '\0' && text[0] != '.';
}

static void add_subchannel(struct buf *text, const char *name)
{
	_cleanup_free_ char *path = layout_subchannel(name, "driver"), *driver = NULL;

	buf_addf(text, "subchannel '%s' ", name);
	if (sysfs_link_name(SYSFS_TOP, path, &driver) < 0)
		buf_addf(text, "has no driver: ");
	else if (strcmp(driver, PARENT_DRIVER) == 0) {
		buf_addf(
			text,
			"is not registered as a parent by its driver '%s'; the kernel's log may say why",
			driver);
		return;
	} else
		buf_addf(text, "is bound to '%s', for this system's own use: ", driver);
	buf_addf(text, "bind it to '%s' (driverctl -b css set-override %s %s)", PARENT_DRIVER, name,
		 PARENT_DRIVER);
}

/* The subchannel of a device by its number; NULL for none. */
static char *subchannel_of_device(const char *number)
{
	_cleanup_free_ char *path = layout_channel_device(number);
	char *subchannel = NULL;

	return sysfs_link_folder(SYSFS_TOP, path, &subchannel) < 0 ? NULL : subchannel;
}

char *subchannel_explain(const char *text)
{
	_cleanup_free_ char *path = NULL, *behind = NULL;
	struct buf reason = {0};

	if (!is_bus_id(text))
		return NULL;
	path = layout_subchannel(text, "");
	if (!sysfs_exists(SYSFS_TOP, path)) {
		behind = subchannel_of_device(text);
		if (!behind)
			return NULL;
		buf_addf(&reason, "device '%s' is no parent, but its subchannel can be: ", text);
	}
	add_subchannel(&reason, behind ? behind : text);
	return reason.data;
}
