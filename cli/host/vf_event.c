// SPDX-License-Identifier: GPL-2.0-or-later
/* The event of a virtual function that became an instance, or is none any more. */
#include "host/vf_event.h"

#include "base/sysfs.h"
#include "host/layout.h"

void vf_event_tell(const struct device *dev, enum kind_event event)
{
	const char *what = event == KIND_CREATED ? VF_EVENT_CREATED : VF_EVENT_DESTROYED;
	_cleanup_free_ char *path = layout_pci_device(dev->name, LAYOUT_UEVENT), *text = NULL;
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);
	char uuid[IDENTITY_TEXT_SIZE];

	text = xasprintf("change %s MDEV=%s", identity_format_uuid(&dev->id, uuid), what);
	if (fd >= 0)
		(void)sysfs_write_fd(fd, text, strlen(text));
}
