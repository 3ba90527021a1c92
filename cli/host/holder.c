// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open in user space. */
#include "host/holder.h"

#include "base/file.h"
#include "base/unread.h"
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
	size_t hidden; /* processes of other users, which only root may look into */
	const char *pid; /* whose files are looked at */
	int fd; /* the folder of its files */
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

/* False, for a file that cannot be looked at; unless it was closed meanwhile that is noted. */
static bool note_file(const struct search *search, const char *name, int rc)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/fd/%s", root_get(), search->pid, name);

	(void)unread_note(path, rc);
	return false;
}

/*
 * The number of the device that is open there; false for any other file. Nothing is asked of the
 * file's own file system, which might not answer (its server is gone) or refuse (FUSE): that is
 * what the empty mask is for. What a node in memory or on a disk is, the kernel says all the same.
 */
static bool read_number(const struct search *search, const char *name, dev_t *ret_number)
{
	struct statx st;

	if (statx(search->fd, name, AT_STATX_DONT_SYNC, 0, &st) < 0)
		return note_file(search, name, -errno);
	if (!S_ISCHR(st.stx_mode))
		return false;
	*ret_number = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	return true;
}

/*
 * The link of a file that is only pointed at (O_PATH) can be neither read nor written. udev looks
 * so at each new node, and keeps nobody from anything; see proc(5).
 */
static bool is_open(const struct search *search, const char *name)
{
	struct stat st;

	if (fstatat(search->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return note_file(search, name, -errno);
	return st.st_mode & 0600;
}

static void read_program(const char *pid, struct holder *holder)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/comm", root_get(), pid);
	struct buf text = {0};
	int rc = unread_note(path, file_read(path, sizeof(holder->program) - 1, &text));

	if (!rc && text.len)
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
static void note_number(struct search *search, dev_t number)
{
	for (size_t i = 0; i < search->target_count; i++)
		if (search->targets[i].number == number)
			note_holder(search->pid, &search->holders[search->targets[i].index]);
}

static int look_at_file(const char *name, void *arg)
{
	struct search *search = arg;
	struct target key = {.index = 0};

	if (read_number(search, name, &key.number) &&
	    bsearch(&key, search->targets, search->target_count, sizeof(key), compare_targets) &&
	    is_open(search, name))
		note_number(search, key.number);
	return 0;
}

/* One that ends meanwhile has nothing open. */
static int look_at_process(const char *pid, void *arg)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/fd", root_get(), pid);
	_cleanup_close_ int fd = -1;
	struct search *search = arg;
	int rc;

	if (pid[0] < '1' || pid[0] > '9')
		return 0;
	fd = file_open(path, O_RDONLY | O_DIRECTORY, 0);
	rc = fd < 0 ? fd : 0;
	search->pid = pid;
	search->fd = fd;
	if (!rc)
		rc = folder_each(fd, look_at_file, search);
	if (rc == -EACCES && geteuid() != 0)
		search->hidden++;
	else
		(void)unread_note(path, rc);
	return 0;
}

static void look_at_processes(struct search *search)
{
	_cleanup_free_ char *path = root_path("proc");
	_cleanup_close_ int fd = file_open(path, O_RDONLY | O_DIRECTORY, 0);

	(void)unread_note(path, fd < 0 ? fd : folder_each(fd, look_at_process, search));
}

size_t holder_find(struct device *const *devs, size_t count, struct holder_list *ret_holders)
{
	_cleanup_free_ struct target *targets = xcalloc(2 * count, sizeof(*targets));
	struct search search = {.targets = targets, .holders = ret_holders};

	for (size_t i = 0; i < count; i++) {
		ret_holders[i] = (struct holder_list){0};
		add_targets(&search, devs[i], i);
	}
	qsort(targets, search.target_count, sizeof(*targets), compare_targets);
	if (search.target_count)
		look_at_processes(&search);
	return search.hidden;
}

void holder_list_free(struct holder_list *list)
{
	free(list->v);
	*list = (struct holder_list){0};
}

/* 0, or a negative errno; as a group that cannot be looked at in another root. */
static int try_group(const struct vfio_nodes *nodes)
{
	int fd, rc;

	if (!nodes->group.path)
		return 0;
	if (!root_is_host())
		return -EXDEV;
	fd = open(nodes->group.path, O_RDWR | O_CLOEXEC);
	rc = fd < 0 ? -errno : 0;
	cleanup_close(&fd);
	return rc;
}

bool holder_has_group_open(const struct device *dev)
{
	struct vfio_nodes nodes;
	bool is_busy;

	live_device_nodes(dev, &nodes);
	is_busy = try_group(&nodes) == -EBUSY;
	vfio_nodes_free(&nodes);
	return is_busy;
}

bool holder_may_exist(const struct device *dev)
{
	struct vfio_nodes nodes;
	bool may;

	live_device_nodes(dev, &nodes);
	may = nodes.own.path || try_group(&nodes) < 0;
	vfio_nodes_free(&nodes);
	return may;
}

bool holder_is_any(struct device *dev)
{
	_cleanup_(holder_list_free) struct holder_list holders = {0};

	if (!holder_may_exist(dev))
		return false;
	holder_find(&dev, 1, &holders);
	return holders.n || holder_has_group_open(dev);
}
