// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What verbs do and print when the kernel, the disk, udev or another command makes them fail. This
 * program plays these:
 * link-flags: -Wl,--wrap=sysfs_write_fd -Wl,--wrap=store_add
 * link-flags: -Wl,--wrap=store_remove -Wl,--wrap=udev_wait_begin -Wl,--wrap=udev_wait_end
 * link-flags: -Wl,--wrap=lock_wait_range -Wl,--wrap=fork
 */
#include "verb/cmd.h"
#include "root.h"
#include "store/change.h"
#include "base/sysfs.h"
#include "tap.h"
#include "base/text.h"
#include "host/udev.h"

#include <errno.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define DEVICE "sys/class/mdev_bus/p/" UUID
#define LISTED "sys/class/mdev_bus/p/mdev_supported_types/t/devices/" UUID
#define ON_BUS "sys/bus/mdev/devices/" UUID

/* What goes wrong, 0 for nothing, and what was written to the kernel. */
static struct {
	int create, busy_removes, add, remove_definition, udev, lock, fork;
	bool appears; /* a device comes into being by a write to "create", whatever that returns */
} world;
static struct buf asked;

/* What the last verb printed. */
static char *out, *err;

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);
struct disk_change __wrap_store_add(const struct definition *def, const char *file, char **ret_path,
				    char **reterr);
void __wrap_store_remove(struct removal *removals, size_t count);
int __wrap_udev_wait_begin(struct udev_wait **ret_wait, char **reterr);
int __wrap_udev_wait_end(struct udev_wait *wait, const struct udev_awaited *awaited,
			 unsigned int seconds);
int __wrap_lock_wait_range(int fd, off_t start, off_t len, unsigned int seconds);
pid_t __wrap_fork(void);

/* The device that verbs are tried on comes, or goes. */
static void appear(void)
{
	make_folder(DEVICE);
	make_file(DEVICE "/remove", "");
	make_file(DEVICE "/rate", "");
	make_file(DEVICE "/label", "");
	make_device("p", "t", UUID);
}

static void disappear(void)
{
	static const char *const paths[] = {
		DEVICE "/remove", DEVICE "/rate", DEVICE "/label", DEVICE "/mdev_type",
		DEVICE,		  LISTED,	  ON_BUS};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *full = xasprintf("%s/%s", root_top, paths[i]);

		(void)remove(full);
	}
}

static int take_create(void)
{
	if (!world.create || world.appears)
		appear();
	return world.create;
}

static int take_remove(void)
{
	if (world.busy_removes && world.busy_removes--)
		return -EBUSY;
	disappear();
	return 0;
}

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[4096] = "", *name;

	if (readlink(link, path, sizeof(path) - 1) < 0)
		abort();
	name = strrchr(path, '/') + 1;
	buf_addf(&asked, "%s=%.*s;", name, (int)strcspn(data, "\n"), data);
	if (strcmp(name, "create") == 0)
		return take_create();
	if (strcmp(name, "remove") == 0)
		return take_remove();
	return pwrite(fd, data, len, 0) < 0 ? -errno : 0;
}

struct disk_change __wrap_store_add(const struct definition *def, const char *file, char **ret_path,
				    char **reterr)
{
	(void)def, (void)file, (void)ret_path;
	set_text(reterr, "the disk is full");
	return disk_change_of(world.add);
}

void __wrap_store_remove(struct removal *removals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		removals[i].result = disk_change_of(world.remove_definition);
		removals[i].error = xstrdup("the disk is broken");
	}
}

/* Stands for a struct that only udev.c knows, and that no other file looks into. */
int __wrap_udev_wait_begin(struct udev_wait **ret_wait, char **reterr)
{
	(void)reterr;
	*ret_wait = (struct udev_wait *)&world;
	return 0;
}

int __wrap_udev_wait_end(struct udev_wait *wait, const struct udev_awaited *awaited,
			 unsigned int seconds)
{
	(void)seconds;
	if (wait)
		buf_addf(&asked, "waited for %s;", awaited ? awaited->name : "nothing");
	return wait ? world.udev : 0;
}

int __wrap_lock_wait_range(int fd, off_t start, off_t len, unsigned int seconds)
{
	(void)fd, (void)start, (void)len, (void)seconds;
	return world.lock;
}

pid_t __wrap_fork(void)
{
	errno = world.fork;
	return -1;
}

static int run_words(const struct command *command, struct globals *globals, int argc, char **argv)
{
	_cleanup_free_ void *args = xcalloc(1, command->args_size);
	const struct option_row json[] = {
		{"json", 0, OPTION_FLAG, NULL, NULL, offsetof(struct globals, json)}, {0}};
	const struct option_set sets[] = {{command->options, args}, {json, globals}};
	_cleanup_free_ char *error = NULL;
	int words = options_parse(sets, ARRAY_SIZE(sets), argc, argv, 0, &error);

	int status;

	if (words < 0)
		return USAGE;
	output_begin(&(struct output_request){
		.format = globals->json ? OUTPUT_JSON : OUTPUT_TEXT,
		.kind = command->output,
		.verb = command->name,
		.word_count = words,
		.words = argv,
	});
	status = command->run(globals, args, words, argv);
	output_end(status != DONE);
	return status;
}

/* Runs the verb with these words as main() would, after forgetting what earlier runs did. */
static void verb(int expected, const struct command *command, const char *line)
{
	_cleanup_free_ char *copy = xasprintf("%s%s%s", command->name, *line ? " " : "", line);
	char *rest = copy;
	struct globals globals = {.root = root_top};
	FILE *real_out = stdout, *real_err = stderr;
	size_t out_len, err_len;
	char *argv[16], *word;
	int argc = 0, status;

	while ((word = strsep(&rest, " ")))
		argv[argc++] = word;
	free(out);
	free(err);
	buf_free(&asked);
	stdout = open_memstream(&out, &out_len);
	stderr = open_memstream(&err, &err_len);
	status = run_words(command, &globals, argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = real_out;
	stderr = real_err;
	is_number(status, expected, line);
}

static void begin(const char *definition)
{
	memset(&world, 0, sizeof(world));
	disappear();
	make_file("etc/mdev.d/a.conf", definition);
}

#define DEFINED "[" UUID "]\nparent = p\ntype = t\nauto = yes\n"

static void test_create(void)
{
	begin(DEFINED "attr = rate 5\nattr = label a b\n");
	verb(DONE, &cmd_create, UUID);
	is_text(asked.data, "create=" UUID ";rate=5;label=a b;",
		"the attributes of the definition");
	is_text(out, UUID "\n", "its identity");
	begin("");
	verb(DONE, &cmd_create, "--json -p p -t t " UUID);
	ok(strstr(out, "\"live\":{\"name\":\"" UUID "\"") != NULL, "what is live now");
	begin("");
	verb(DONE, &cmd_create, "--wait -p p -t t " UUID);
	is_text(asked.data, "create=" UUID ";waited for " UUID ";", "udev is waited for");
	begin("");
	world.udev = -ETIMEDOUT;
	verb(DONE, &cmd_create, "--wait -p p -t t " UUID);
	is_text(err,
		"mdev: warning: udev has not finished with " UUID " after 10 seconds, ignoring\n",
		"within a bound");
	begin("");
	world.create = -EUSERS;
	verb(FAILED, &cmd_create, "--wait -p p -t t " UUID);
	is_text(asked.data, "create=" UUID ";waited for nothing;", "but not for what was refused");
}

static void test_create_define(void)
{
	begin("");
	world.add = -ENOSPC;
	verb(FAILED, &cmd_create, "--define -p p -t t " UUID);
	is_text(asked.data, "create=" UUID ";remove=1;", "what cannot be kept is removed again");
	is_text(err, "mdev: cannot create " UUID ": the disk is full\n", "the reason");
	is_text(out, "", "no identity");
	begin("");
	world.add = -ENOSPC;
	world.busy_removes = 1;
	verb(FAILED, &cmd_create, "--define -p p -t t " UUID);
	is_text(err,
		"mdev: warning: the instance could not be removed again: it is in use\n"
		"mdev: cannot create " UUID ": the disk is full\n",
		"and if it cannot be, that is said, too");
}

static void test_apply(void)
{
	begin(DEFINED);
	verb(DONE, &cmd_apply, "");
	is_text(asked.data, "create=" UUID ";", "what is missing is made");
	begin(DEFINED);
	world.create = -EEXIST;
	world.appears = true;
	verb(DONE, &cmd_apply, "");
	is_text(err, "", "somebody else was first, and made the same");
	begin(DEFINED);
	world.create = -EEXIST;
	verb(FAILED, &cmd_apply, "");
	ok(strstr(err, "(or a device of that identity was going)") != NULL,
	   "the identity is taken, and not by that");
	begin(DEFINED);
	world.lock = -ETIMEDOUT;
	verb(FAILED, &cmd_apply, "");
	ok(strstr(err, "/run/mdev.lock: another run has kept it locked for ") != NULL,
	   "another apply is stuck");
	is_text(asked.data, NULL, "nothing is made then");
}

static void test_destroy(void)
{
	begin(DEFINED);
	appear();
	world.busy_removes = 1;
	verb(FAILED, &cmd_destroy, UUID);
	is_text(asked.data, "remove=1;", "one try");
	ok(str_starts(err, "mdev: cannot destroy " UUID
			   ": it is in use by a process that cannot be seen from here"),
	   "somebody opened it after the look at who has");
	world.busy_removes = 2;
	verb(DONE, &cmd_destroy, "--wait=20 " UUID);
	is_text(asked.data, "remove=1;remove=1;remove=1;", "until it is not in use any more");
	appear();
	world.remove_definition = -EIO;
	verb(FAILED, &cmd_destroy, "--undefine " UUID);
	is_text(asked.data, "remove=1;", "it is removed");
	is_text(err, "mdev: cannot undefine " UUID ": the disk is broken\n",
		"its definition is not");
}

static void test_edit(void)
{
	_cleanup_free_ char *expected = NULL;

	begin(DEFINED);
	world.fork = EAGAIN;
	verb(FAILED, &cmd_edit, "a.conf");
	expected = xasprintf(
		"mdev: the editor cannot be run: %s\nmdev: %s/etc/mdev.d/a.conf is left as it is\n",
		strerror(EAGAIN), root_top);
	is_text(err, expected, "no editor, and no text to be kept");
}

int main(void)
{
	root_begin();
	make_folder("etc/mdev.d");
	make_folder("run");
	make_folder("sys/class/mdev_bus/p/mdev_supported_types/t/devices");
	make_file("sys/class/mdev_bus/p/mdev_supported_types/t/create", "");
	test_create();
	test_create_define();
	test_apply();
	test_destroy();
	test_edit();
	free(out);
	free(err);
	buf_free(&asked);
	root_end();
	return tap_end();
}
