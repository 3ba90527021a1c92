// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What mdev is compared with: the same done in as few system calls as can be, and nothing checked,
 * sorted or aligned.
 *
 *	loops folders ROOT	devices, from the types' devices/ folders
 *	loops types ROOT	types and four attributes of each
 *	loops vgpus ROOT	NVIDIA's functions that have a type, and whose they are
 *	loops vgpu-types ROOT	the types that they could have
 *	loops vgpu-create ROOT CARD UUID	the first function without a type that can have nvidia-5
 *	loops vgpu-destroy ROOT UUID
 *	loops files ROOT	reads the files of definitions; prints how many bytes that were
 *	loops singles ROOT	the same, of those in the folder of mdevctl
 *	loops create FILE	writes each line of its input to a type's "create"
 *	loops write FILE TEXT	writes the text
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

typedef void (*entry_fn)(int fd, const char *name, const char *above);

static int open_or_die(int fd, const char *path, int flags)
{
	int opened = openat(fd, path, flags);

	if (opened < 0)
		err(1, "cannot open %s", path);
	return opened;
}

/* Calls show() for each entry of a folder but the hidden ones. Folders are three deep at most. */
static void each(int fd, const char *path, entry_fn show, const char *above)
{
	static char buffers[3][1 << 17];
	static int depth;
	char *buf = buffers[depth++];
	int folder = open_or_die(fd, path, FOLDER_FLAGS);
	long len;

	while ((len = syscall(SYS_getdents64, folder, buf, sizeof(buffers[0]))) > 0)
		for (long at = 0; at < len;) {
			struct entry *entry = (struct entry *)(buf + at);

			if (entry->name[0] != '.')
				show(folder, entry->name, above);
			at += entry->len;
		}
	close(folder);
	depth--;
}

static void put_words(const char *first, const char *second, const char *third)
{
	fputs_unlocked(first, stdout);
	putchar_unlocked(' ');
	fputs_unlocked(second, stdout);
	putchar_unlocked(' ');
	fputs_unlocked(third, stdout);
	putchar_unlocked('\n');
}

static const char *type_of_devices;

static void print_device(int fd, const char *name, const char *parent)
{
	(void)fd;
	put_words(name, parent, type_of_devices);
}

static void list_type(int fd, const char *name, const char *parent)
{
	char path[NAME_MAX + 10];

	type_of_devices = name;
	snprintf(path, sizeof(path), "%s/devices", name);
	each(fd, path, print_device, parent);
}

static void list_parent(int fd, const char *name, const char *above)
{
	char path[NAME_MAX + 30];

	(void)above;
	snprintf(path, sizeof(path), "%s/mdev_supported_types", name);
	each(fd, path, list_type, name);
}

static ssize_t read_file(int fd, const char *path, char *buf, size_t size)
{
	int file = open_or_die(fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(file, buf, size);

	if (len < 0)
		err(1, "cannot read %s", path);
	close(file);
	return len;
}

static void print_type(int fd, const char *name, const char *parent)
{
	static const char *const files[] = {"available_instances", "device_api", "name",
					    "description"};
	char path[NAME_MAX + 30], value[4096];

	printf("%s %s\n", parent, name);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		ssize_t len;

		snprintf(path, sizeof(path), "%s/%s", name, files[i]);
		len = read_file(fd, path, value, sizeof(value));
		fwrite(value, 1, (size_t)len, stdout);
	}
}

static void print_types(int fd, const char *name, const char *above)
{
	char path[NAME_MAX + 30];

	(void)above;
	snprintf(path, sizeof(path), "%s/mdev_supported_types", name);
	each(fd, path, print_type, name);
}

/* Reads a file that is not there for each entry; false then. */
static bool read_if_there(int fd, const char *path, char *buf, size_t size)
{
	int file = openat(fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (file < 0)
		return false;
	len = read(file, buf, size - 1);
	if (len < 0)
		err(1, "cannot read %s", path);
	buf[len] = '\0';
	close(file);
	return true;
}

static int root_fd;

static void print_vgpu(int fd, const char *name, const char *above)
{
	char path[NAME_MAX + 50], type[32], parent[NAME_MAX + 1], record[128];
	ssize_t len;

	(void)above;
	snprintf(path, sizeof(path), "%s/nvidia/current_vgpu_type", name);
	if (!read_if_there(fd, path, type, sizeof(type)) || type[0] == '0')
		return;
	snprintf(path, sizeof(path), "%s/physfn", name);
	len = readlinkat(fd, path, parent, sizeof(parent) - 1);
	if (len < 0)
		err(1, "cannot read %s", path);
	parent[len] = '\0';
	snprintf(path, sizeof(path), "run/mdev/vf/%s", name);
	if (read_if_there(root_fd, path, record, sizeof(record)))
		put_words(record, parent, name);
}

/* What a function with a type has is offered as well, and it is the one that it has. */
static void print_vgpu_types(int fd, const char *name, const char *above)
{
	char path[NAME_MAX + 50], types[4096];

	(void)above;
	snprintf(path, sizeof(path), "%s/nvidia/creatable_vgpu_types", name);
	if (!read_if_there(fd, path, types, sizeof(types)))
		return;
	snprintf(path, sizeof(path), "%s/nvidia/current_vgpu_type", name);
	if (strchr(types, '\n')[1] || read_if_there(fd, path, types, sizeof(types)))
		put_words(name, "", types);
}

static void write_at(const char *path, const char *text)
{
	int fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "cannot write %s", path);
	close(fd);
}

/* Gives it the type if it has none and can have it; false otherwise. */
static bool give_type(const char *function, const char *uuid)
{
	char path[NAME_MAX + 80], text[4096];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/nvidia/creatable_vgpu_types", function);
	if (!read_if_there(root_fd, path, text, sizeof(text)) || !strstr(text, "\n5 "))
		return false;
	snprintf(path, sizeof(path), "run/mdev/vf/%s", function);
	snprintf(text, sizeof(text), "%s nvidia-5\n", uuid);
	write_at(path, text);
	snprintf(path, sizeof(path), "run/mdev/vf/%s", uuid);
	if (symlinkat(function, root_fd, path) < 0)
		err(1, "cannot make %s", path);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/nvidia/current_vgpu_type", function);
	write_at(path, "5");
	return true;
}

static void create_vgpu(const char *card, const char *uuid)
{
	char path[NAME_MAX + 80], target[NAME_MAX + 1];
	ssize_t len;

	for (unsigned int i = 0;; i++) {
		snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/virtfn%u", card, i);
		len = readlinkat(root_fd, path, target, sizeof(target) - 1);
		if (len < 0)
			err(1, "no function is left: %s", path);
		target[len] = '\0';
		if (give_type(strrchr(target, '/') + 1, uuid))
			return;
	}
}

static void destroy_vgpu(const char *uuid)
{
	char path[NAME_MAX + 80], function[NAME_MAX + 1];
	ssize_t len;

	snprintf(path, sizeof(path), "run/mdev/vf/%s", uuid);
	len = readlinkat(root_fd, path, function, sizeof(function) - 1);
	if (len < 0 || unlinkat(root_fd, path, 0) < 0)
		err(1, "cannot find %s", path);
	function[len] = '\0';
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/nvidia/current_vgpu_type", function);
	write_at(path, "0");
	snprintf(path, sizeof(path), "run/mdev/vf/%s", function);
	if (unlinkat(root_fd, path, 0) < 0)
		err(1, "cannot remove %s", path);
}

static size_t bytes_read;

static void read_definition(int fd, const char *name, const char *above)
{
	static char text[1 << 22]; /* ten thousand sections */

	(void)above;
	bytes_read += (size_t)read_file(fd, name, text, sizeof(text));
}

static void read_definitions(int fd, const char *name, const char *above)
{
	(void)above;
	each(fd, name, read_definition, name);
}

static void create(const char *path)
{
	int fd = open_or_die(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
	char line[128];

	while (fgets(line, sizeof(line), stdin))
		if (write(fd, line, strlen(line)) < 0)
			err(1, "cannot create %s", line);
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "cannot write %s", path);
}

int main(int argc, char **argv)
{
	static const struct loop {
		const char *name, *folder;
		entry_fn show;
	} loops[] = {
		{"folders", "sys/class/mdev_bus", list_parent},
		{"types", "sys/class/mdev_bus", print_types},
		{"vgpus", "sys/bus/pci/drivers/nvidia", print_vgpu},
		{"vgpu-types", "sys/bus/pci/drivers/nvidia", print_vgpu_types},
		{"files", "etc/mdev.d", read_definition},
		{"singles", "etc/mdevctl.d", read_definitions},
	};

	if (argc == 3 && strcmp(argv[1], "create") == 0) {
		create(argv[2]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "write") == 0) {
		write_text(argv[2], argv[3]);
		return 0;
	}
	root_fd = argc >= 3 ? open_or_die(AT_FDCWD, argv[2], O_PATH | O_CLOEXEC) : -1;
	if (argc == 5 && strcmp(argv[1], "vgpu-create") == 0) {
		create_vgpu(argv[3], argv[4]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "vgpu-destroy") == 0) {
		destroy_vgpu(argv[3]);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < sizeof(loops) / sizeof(*loops); i++)
		if (strcmp(loops[i].name, argv[1]) == 0) {
			each(root_fd, loops[i].folder, loops[i].show, NULL);
			if (bytes_read)
				printf("%zu\n", bytes_read);
			return 0;
		}
	errx(2,
	     "usage: loops folders|types|vgpus|vgpu-types|files|create PATH, loops write PATH TEXT, loops vgpu-create ROOT CARD UUID, loops vgpu-destroy ROOT UUID");
}
