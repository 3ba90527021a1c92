// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a device open in user space. */
#include "holder.h"

#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

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

static void note_holder(const char *pid, char **holder)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%s/comm", root_get(), pid);
	char program[64] = "?";
	FILE *stream;

	if (*holder)
		return;
	stream = fopen(path, "re");
	if (stream) {
		if (fgets(program, sizeof(program), stream))
			program[strcspn(program, "\n")] = '\0';
		fclose(stream);
	}
	*holder = xasprintf("PID %s '%s'", pid, program);
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

/* A process that ends meanwhile, or is not ours to look into, is passed over. */
static void look_at_process(const char *pid, const struct node_list *nodes, char **holders)
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
		if (!str_starts(target, "/dev/vfio/"))
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
	struct node_list nodes = {0};
	struct dirent *entry;

	for (size_t i = 0; i < count; i++) {
		ret_holders[i] = NULL;
		add_nodes_of(&nodes, devs[i], i);
	}
	if (nodes.n)
		qsort(nodes.v, nodes.n, sizeof(*nodes.v), compare_nodes);
	while (proc && nodes.n && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at_process(entry->d_name, &nodes, ret_holders);
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
