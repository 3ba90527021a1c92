// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose the nodes of an instance are: what a definition means, and what has the name of a node and
 * is none. What opens the node may be told to let the function go to another group just then:
 * link-flags: -Wl,--wrap=file_open
 */
#include "base/file.h"
#include "base/text.h"
#include "host/node.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <sys/sysmacros.h>

#define FUNCTION "0000:41:00.4"
#define LINK "sys/bus/pci/devices/" FUNCTION "/iommu_group"

static const struct device dev = {.kind = INSTANCE_NVIDIA, .name = FUNCTION};
static const char *next_group; /* after the node was opened */

int __real_file_open(const char *path, int flags, mode_t mode);
int __wrap_file_open(const char *path, int flags, mode_t mode);

static void set_group(const char *group)
{
	_cleanup_free_ char *link = root_path(LINK), *target = NULL;

	target = xasprintf("../../../../kernel/iommu_groups/%s", group);
	(void)unlink(link);
	make_link(LINK, target);
}

int __wrap_file_open(const char *path, int flags, mode_t mode)
{
	int fd = __real_file_open(path, flags, mode);

	if (next_group && strstr(path, "/dev/vfio/"))
		set_group(next_group);
	return fd;
}

/* A group, and its node under /dev, which the kernel gave that number. */
static void make_group(const char *group, const char *number, mode_t mode, dev_t node)
{
	_cleanup_free_ char *folder = xasprintf("sys/class/vfio/%s", group);
	_cleanup_free_ char *file = xasprintf("%s/dev", folder);
	_cleanup_free_ char *below = xasprintf("dev/vfio/%s", group), *path = root_path(below);

	make_folder(folder);
	make_file(file, number);
	(void)unlink(path);
	if (mknod(path, mode, node) < 0)
		abort();
}

static void is_owned(const char *group, uid_t uid, mode_t mode, const char *what)
{
	_cleanup_free_ char *below = xasprintf("dev/vfio/%s", group), *path = root_path(below);
	struct stat st;

	ok(lstat(path, &st) == 0 && st.st_uid == uid && (st.st_mode & 07777) == mode, what);
}

static int wish_of(const char *owner, const char *mode, struct node_wish *ret)
{
	const struct definition def = {.owner = owner, .mode = mode};
	_cleanup_free_ char *error = NULL;

	return node_wish_of(&def, ret, &error);
}

static void test_wishes(void)
{
	struct node_wish wish;

	is_number(wish_of(NULL, NULL, &wish), 0, "neither owner nor mode");
	is_number(wish.parts, 0, "is no wish");
	is_number(wish_of("7", NULL, &wish), 0, "an owner alone");
	ok(wish.uid == 7 && wish.gid == 0 && wish.mode == 0660, "has root's group, and mode 0660");
	is_number(wish_of("7:8", "0600", &wish), 0, "all of it");
	ok(wish.uid == 7 && wish.gid == 8 && wish.mode == 0600, "is so");
	is_number(wish_of("7:bob", NULL, &wish), -EINVAL, "a group that there is not");
	is_number(wish_of(NULL, "0640", &wish), 0, "a mode alone");
	is_number(wish.parts, NODE_MODE, "leaves the owner");
	node_wish_remove(&wish, NODE_OWNER | NODE_MODE);
	ok(wish.parts == (NODE_OWNER | NODE_MODE) && wish.uid == 0 && wish.mode == 0640,
	   "what is no longer said goes to root, what is said stays");
}

/* Changes the node, for good or not at all. */
static int change(const char *reason)
{
	static const struct node_wish wish = {NODE_OWNER | NODE_MODE, 7, 8, 0660};
	_cleanup_free_ char *error = NULL;
	struct node_change changed;
	int rc = node_change(&dev, &wish, &changed, &error);

	node_change_end(&changed, rc);
	if (reason && !ok(error && strstr(error, reason), reason))
		printf("# is: %s\n", error ? error : "(null)");
	return rc;
}

static void test_impostors(void)
{
	const dev_t number = makedev(510, 7);

	set_group("7");
	make_group("7", "510:7\n", S_IFCHR | 0600, number);
	is_number(change(NULL), 0, "a node is given away");
	is_owned("7", 7, 0660, "it is");
	make_group("7", "510:7\n", S_IFCHR | 0600, makedev(510, 8));
	is_number(change("/dev/vfio/7 is not the node 510:7 that the kernel has for it"), -ESTALE,
		  "a node of another number");
	is_owned("7", 0, 0600, "stays as it is");
	make_group("7", "510:7\n", S_IFBLK | 0600, number);
	is_number(change("is not the node"), -ESTALE, "a block device of that number");
	is_owned("7", 0, 0600, "stays as it is");
	make_group("7", "510:7\n", S_IFIFO | 0600, 0);
	is_number(change("is not the node"), -ESTALE, "a pipe, which is not waited for");
	is_owned("7", 0, 0600, "stays as it is");
}

static void test_links(void)
{
	_cleanup_free_ char *path = root_path("dev/vfio/7");

	make_group("8", "510:8\n", S_IFCHR | 0600, makedev(510, 7));
	(void)unlink(path);
	make_link("dev/vfio/7", "8");
	is_number(change("is not the node"), -ESTALE, "a link to a node of the right number");
	is_owned("8", 0, 0600, "is not followed");
	make_group("7", "510\n", S_IFCHR | 0600, makedev(510, 7));
	is_number(change("it has no VFIO node"), -ENODEV, "a number that is none");
	make_group("7", "510:4294967296\n", S_IFCHR | 0600, makedev(510, 0));
	is_number(change("it has no VFIO node"), -ENODEV, "a number that is too high");
	is_owned("7", 0, 0600, "is not cut");
}

/* The function went to another group after its node was opened: the node is another device's now.
 */
static void test_race(void)
{
	set_group("7");
	make_group("7", "510:7\n", S_IFCHR | 0600, makedev(510, 7));
	make_group("8", "510:8\n", S_IFCHR | 0600, makedev(510, 8));
	next_group = "8";
	is_number(change("/dev/vfio/7 became another device's node meanwhile"), -ENODEV,
		  "a node that is another device's by now");
	next_group = NULL;
	is_owned("7", 0, 0600, "stays as it is");
	is_owned("8", 0, 0600, "and so does that of the device");
}

int main(void)
{
	root_begin();
	make_folder("etc");
	make_folder("dev/vfio");
	make_file("etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	make_file("etc/group", "root:x:0:\n");
	test_wishes();
	if (geteuid() == 0) {
		test_impostors();
		test_links();
		test_race();
	} else {
		ok(true, "nodes # SKIP needs root");
	}
	root_end();
	return tap_end();
}
