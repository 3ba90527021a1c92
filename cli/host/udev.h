/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udev knows: properties of devices, what happens to them, waiting for it. The only user of
 * libudev. */
#ifndef UDEV_H
#define UDEV_H

#include "base/util.h"

/*
 * Calls each() for every property of the device at this path below sys/
 * ("class/mdev_bus/0000:01:00.0"), as `udevadm info` shows them. Of a key that comes twice the
 * first counts. 0; -ENOENT (no such device); -ELIBACC (there is no libudev) or what the system said
 * where not all can be read, which is noted in base/unread.
 */
int udev_properties(const char *path, void (*each)(const char *key, const char *value, void *arg),
		    void *arg);

/*
 * Where udev keeps what its rules found; the caller frees the path. 0, or what the system says of
 * it: -ENOENT where udev has not run, as in most containers.
 */
int udev_find_data(char **ret_path);

/* An event that is waited for. */
struct udev_awaited {
	const char *name; /* of the device on its bus */
	const char *uuid; /* of the instance, where the event is that of host/vf_event.h; or NULL:
			     the device is a new mediated device */
};

/*
 * Waiting for udev to be done with a new instance: begin before it is made, end after. Where udev
 * does not run (or with another root) there is nothing to wait for: *ret_wait is NULL, which end
 * accepts. begin returns 0, or what the system said with a reason in *reterr (-ELIBACC: there is no
 * libudev). end frees, and waits for that event (NULL: for nothing); 0 or -ETIMEDOUT.
 */
struct udev_wait;
int udev_wait_begin(struct udev_wait **ret_wait, char **reterr);
int udev_wait_end(struct udev_wait *wait, const struct udev_awaited *awaited, unsigned int seconds);

/* What happened to a device of any kind. The strings are good until the next call for the watch. */
struct udev_event {
	const char *action; /* "add", "remove", "change", "online", "offline", ... */
	const char *path; /* below sys: "/devices/.../NAME" */
	bool is_mdev; /* it is a mediated device */
	bool is_pci; /* it is a PCI function, which may be an instance of another kind */
	const char *mdev_state; /* of a parent, "registered" or "unregistered"; else NULL */
};

/*
 * Follows events from now on: those of udev, which come when its rules are through, or where it
 * does not run the kernel's own. tag: only udev's events of devices that a rule gave this tag, now
 * or at an earlier event; NULL: of all devices. Only of the running system. begin returns 0, or
 * what the system said with a reason in *reterr (-ELIBACC: there is no libudev). next takes one
 * that is there: 0, -EAGAIN (none, poll the descriptor), -ENOBUFS (some were lost), or what the
 * system said.
 */
struct udev_watch;
int udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr);
int udev_watch_fd(const struct udev_watch *watch);
int udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event);
/* False when udev is through with all that the kernel has sent: what the watch gets of it is there.
 */
bool udev_watch_is_behind(const struct udev_watch *watch);
void udev_watch_end(struct udev_watch *watch);

#endif
