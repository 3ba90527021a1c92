// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What mdev is compared with: the same done in as few system calls as can be, and nothing checked,
 * sorted or aligned.
 *
 *	loops folders ROOT	devices, from the types' devices/ folders
 *	loops types ROOT	types and four attributes of each
 *	loops files ROOT	reads the files of definitions; prints how many bytes that were
 *	loops singles ROOT	the same, of those in the folder of mdevctl
 *	loops create FILE	writes each line of its input to a type's "create"
 *	loops write FILE TEXT	writes the text
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
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
		{"files", "etc/mdev.d", read_definition},
		{"singles", "etc/mdevctl.d", read_definitions},
	};
	int root = argc == 3 ? open_or_die(AT_FDCWD, argv[2], O_PATH | O_CLOEXEC) : -1;

	if (argc == 3 && strcmp(argv[1], "create") == 0) {
		create(argv[2]);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "write") == 0) {
		write_text(argv[2], argv[3]);
		return 0;
	}
	for (size_t i = 0; argc == 3 && i < sizeof(loops) / sizeof(*loops); i++)
		if (strcmp(loops[i].name, argv[1]) == 0) {
			each(root, loops[i].folder, loops[i].show, NULL);
			if (bytes_read)
				printf("%zu\n", bytes_read);
			return 0;
		}
	errx(2, "usage: loops folders|types|files|create PATH, loops write PATH TEXT");
}
