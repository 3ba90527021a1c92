// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open in user space. */
#include "host/holder.h"

#include "base/file.h"
#include "base/text.h"
#include "host/layout.h"
#include "host/live.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* How many processes a message lists. */
#define HOLDERS_SHOWN 8

/* Longer than the name that the kernel has for a program. */
#define PROGRAM_MAX 256

/* A node under /dev/vfio and the device that is reached through it. */
struct node {
	char *path;
	size_t index;
};

struct node_list {
	struct node *v;
	size_t n;
};

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

static void add_node(struct node_list *nodes, char *path, size_t index)
{
	nodes->v = xrealloc(nodes->v, nodes->n + 1, sizeof(*nodes->v));
	nodes->v[nodes->n++] = (struct node){path, index};
}

static void add_nodes_of(struct node_list *nodes, const struct device *dev, size_t index)
{
	char *group = live_device_group_node(dev);
	struct strlist own = {0};

	if (group)
		add_node(nodes, group, index);
	live_device_cdev_nodes(dev, &own);
	for (size_t i = 0; i < own.n; i++)
		add_node(nodes, xstrdup(own.v[i]), index);
	strlist_free(&own);
}

static char *describe_process(const char *pid)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/comm", root_get(), pid), *text = NULL;
	struct buf program = {0};

	if (file_read(path, PROGRAM_MAX, &program) == 0 && program.len)
		program.data[strcspn(program.data, "\n")] = '\0';
	text = xasprintf("PID %s '%s'", pid, program.len ? program.data : "?");
	buf_free(&program);
	return TAKE_PTR(text);
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

/* Once for each device, though a process may have it open several times. */
static void note_holder(const char *pid, struct strlist *holders)
{
	_cleanup_free_ char *holder = describe_process(pid);

	if (!holders->n || strcmp(holders->v[holders->n - 1], holder) != 0)
		strlist_add(holders, holder);
}

/* A process that ends meanwhile, or is not ours to look into, is passed over. */
static void look_at_process(const char *pid, const struct node_list *nodes, struct strlist *holders)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/fd", root_get(), pid);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char target[256];
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		struct node key = {.path = target}, *found;

		if (len <= 0)
			continue;
		target[len] = '\0';
		if (!str_starts(target, LAYOUT_VFIO_NODES))
			continue;
		found = bsearch(&key, nodes->v, nodes->n, sizeof(*nodes->v), compare_nodes);
		if (found && is_open(dirfd(dir), entry->d_name))
			note_holder(pid, &holders[found->index]);
	}
}

void holder_find(struct device *const *devs, size_t count, char **ret_holders)
{
	_cleanup_free_ char *path = root_path("proc");
	_cleanup_closedir_ DIR *proc = opendir(path);
	_cleanup_free_ struct strlist *holders = xcalloc(count, sizeof(*holders));
	struct node_list nodes = {0};
	struct dirent *entry;

	for (size_t i = 0; i < count; i++)
		add_nodes_of(&nodes, devs[i], i);
	if (nodes.n)
		qsort(nodes.v, nodes.n, sizeof(*nodes.v), compare_nodes);
	while (proc && nodes.n && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(entry->d_name, &nodes, holders);
	for (size_t i = 0; i < count; i++) {
		ret_holders[i] = holders[i].n ? strlist_join(&holders[i], HOLDERS_SHOWN) : NULL;
		strlist_free(&holders[i]);
	}
	for (size_t i = 0; i < nodes.n; i++)
		free(nodes.v[i].path);
	free(nodes.v);
}

bool holder_has_group_open(const struct device *dev)
{
	_cleanup_free_ char *node = root_is_host() ? live_device_group_node(dev) : NULL;
	_cleanup_close_ int fd = node ? open(node, O_RDWR | O_CLOEXEC) : -1;

	return node && fd < 0 && errno == EBUSY;
}
