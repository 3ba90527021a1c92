// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open in user space. */
#include "host/holder.h"

#include "base/file.h"
#include "base/text.h"
#include "host/live.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* The number of a node under /dev/vfio, and the device that is reached through it. */
struct target {
	dev_t number;
	size_t index;
};

/* What is looked for, sorted by number, and what was found: a list for each device. */
struct search {
	struct target *targets;
	size_t target_count;
	struct holder_list *holders;
};

static int compare_targets(const void *a, const void *b)
{
	dev_t first = ((const struct target *)a)->number;
	dev_t second = ((const struct target *)b)->number;

	return (first > second) - (first < second);
}

/* There is room for both nodes of each device. */
static void add_targets(struct search *search, const struct device *dev, size_t index)
{
	struct vfio_nodes nodes;

	live_device_nodes(dev, &nodes);
	if (nodes.group.path)
		search->targets[search->target_count++] =
			(struct target){nodes.group.number, index};
	if (nodes.own.path)
		search->targets[search->target_count++] = (struct target){nodes.own.number, index};
	vfio_nodes_free(&nodes);
}

/*
 * The number of the device that is open there; false for any other file. Nothing is asked of the
 * file's own file system, which might not answer (its server is gone) or refuse (FUSE): that is
 * what the empty mask is for. What a node in memory or on a disk is, the kernel says all the same.
 */
static bool read_number(int dirfd, const char *name, dev_t *ret_number)
{
	struct statx st;

	if (statx(dirfd, name, AT_STATX_DONT_SYNC, 0, &st) < 0 || !S_ISCHR(st.stx_mode))
		return false;
	*ret_number = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	return true;
}

/*
 * The link of a file that is only pointed at (O_PATH) can be neither read nor written. udev looks
 * so at each new node, and keeps nobody from anything; see proc(5).
 */
static bool is_open(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode & 0600;
}

static void read_program(const char *pid, struct holder *holder)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/comm", root_get(), pid);
	struct buf text = {0};
	bool is_known = file_read(path, sizeof(holder->program) - 1, &text) == 0 && text.len;

	if (is_known)
		memcpy(holder->program, text.data, strcspn(text.data, "\n"));
	else
		holder->program[0] = '?';
	buf_free(&text);
}

/* Once for each device, though a process may have it open several times. */
static void note_holder(const char *pid, struct holder_list *list)
{
	struct holder holder = {.pid = (unsigned int)strtoul(pid, NULL, 10)};

	if (list->n && list->v[list->n - 1].pid == holder.pid)
		return;
	read_program(pid, &holder);
	list->v = xrealloc(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = holder;
}

/* Several devices may share a group. */
static void note_number(struct search *search, const char *pid, dev_t number)
{
	for (size_t i = 0; i < search->target_count; i++)
		if (search->targets[i].number == number)
			note_holder(pid, &search->holders[search->targets[i].index]);
}

/* A process that ends meanwhile, or is not ours to look into, is passed over. */
static void look_at_process(struct search *search, const char *pid)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/fd", root_get(), pid);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct target key;

		if (entry->d_name[0] != '.' &&
		    read_number(dirfd(dir), entry->d_name, &key.number) &&
		    bsearch(&key, search->targets, search->target_count, sizeof(key),
			    compare_targets) &&
		    is_open(dirfd(dir), entry->d_name))
			note_number(search, pid, key.number);
	}
}

void holder_find(struct device *const *devs, size_t count, struct holder_list *ret_holders)
{
	_cleanup_free_ char *path = root_path("proc");
	_cleanup_closedir_ DIR *proc = opendir(path);
	_cleanup_free_ struct target *targets = xcalloc(2 * count, sizeof(*targets));
	struct search search = {.targets = targets, .holders = ret_holders};
	struct dirent *entry;

	for (size_t i = 0; i < count; i++) {
		ret_holders[i] = (struct holder_list){0};
		add_targets(&search, devs[i], i);
	}
	qsort(targets, search.target_count, sizeof(*targets), compare_targets);
	while (proc && search.target_count && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(&search, entry->d_name);
}

void holder_list_free(struct holder_list *list)
{
	free(list->v);
	*list = (struct holder_list){0};
}

bool holder_has_group_open(const struct device *dev)
{
	_cleanup_close_ int fd = -1;
	struct vfio_nodes nodes;
	bool is_busy = false;

	if (!root_is_host())
		return false;
	live_device_nodes(dev, &nodes);
	if (nodes.group.path) {
		fd = open(nodes.group.path, O_RDWR | O_CLOEXEC);
		is_busy = fd < 0 && errno == EBUSY;
	}
	vfio_nodes_free(&nodes);
	return is_busy;
}
