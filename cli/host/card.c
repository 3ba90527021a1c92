// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards with virtual functions, enabled as a section [parent NAME] says. */
#include "host/card.h"

#include "base/file.h"
#include "base/process.h"
#include "base/run_state.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/attribute.h"
#include "host/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

/*
 * The vendor's program takes the driver off the card and gives it back. It may not get the driver's
 * lock at first, says so, and is to be called again.
 */
#define TOOL "usr/lib/nvidia/sriov-manage"
#define TOOL_DRIVER "nvidia"
#define TOOL_LATER "unbindLock"
#define TOOL_TRIES 5
#define TOOL_PAUSE_MS 1000
#define TOOL_SECONDS 120

#define COMMAND_SECONDS 300

/* What is kept of what a program says: its last words are shown. */
#define OUTPUT_MAX (64u << 10)

/* How long the driver may take to bring up the virtual functions that it has enabled. */
#define FUNCTIONS_SECONDS 30
#define FUNCTIONS_PAUSE_MS 100

/* A file of a card's address there: it is being prepared, or was not to the end. */
#define UNREADY_FOLDER "run/mdev/unready"

static void pause_ms(long ms)
{
	const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL);
}

static int add_card(const char *name, void *arg)
{
	struct pci_functions functions;

	if (pci_read_functions(name, &functions))
		strlist_add(arg, name);
	return 0;
}

void card_index_make(struct parent_index *index)
{
	*index = (struct parent_index){.is_loaded = true,
				       .places.path = layout_pci_device,
				       .properties.path = layout_pci_device};
	index->rc = sysfs_each(SYSFS_TOP, LAYOUT_PCI_DEVICES, add_card, &index->names);
	if (index->rc == -ENOENT)
		index->rc = 0;
	strlist_sort(&index->names);
	/* A virtual function may have the number of its card, and is none. */
	pci_keep(&index->pci, &index->names);
}

/* Files in the folder of a PCI device that end it, or do what the section has other words for. */
static bool is_no_attribute(const char *name)
{
	static const char *const others[] = {LAYOUT_REMOVE, "rescan",	     "reset",
					     "uevent",	    "config",	     "rom",
					     "enable",	    LAYOUT_OVERRIDE, LAYOUT_FUNCTIONS};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(name, others[i]) == 0)
			return true;
	return str_starts(name, "resource");
}

int card_check(const struct card *card, char **reterr)
{
	for (size_t i = 0; i < card->attr_count; i++)
		if (is_no_attribute(card->attrs[i].name)) {
			set_text(reterr,
				 "'%s' is the kernel's own file, not an attribute of a card",
				 card->attrs[i].name);
			return -EPERM;
		}
	return 0;
}

bool card_is_of(const char *address, const char *name)
{
	_cleanup_free_ char *card = strcmp(address, name) == 0 ? NULL : pci_physical(name);

	return strcmp(address, card ? card : name) == 0;
}

bool card_is_of_any(const struct strlist *addresses, const char *name)
{
	for (size_t i = 0; i < addresses->n; i++)
		if (card_is_of(addresses->v[i], name))
			return true;
	return false;
}

static char *unready_path(const char *address)
{
	_cleanup_free_ char *folder = root_path(UNREADY_FOLDER);

	return xasprintf("%s/%s", folder, address);
}

/*
 * The links come first, the number after the last one. The kernel keeps who reads the number
 * waiting while functions come or go, so the links are looked at first.
 */
static bool has_functions(const char *address)
{
	_cleanup_free_ char *first = layout_pci_device(address, LAYOUT_FIRST_FUNCTION);
	struct pci_functions functions;

	return sysfs_exists(SYSFS_TOP, first) ||
	       (pci_read_functions(address, &functions) && functions.enabled);
}

bool card_is_unready(const struct card *card, const char *address)
{
	_cleanup_free_ char *path = unready_path(address);

	return card->vfs != CARD_VFS_UNSET && (!has_functions(address) || file_look(path) == 0);
}

bool card_is_begun(const char *name)
{
	_cleanup_free_ char *folder = root_path(UNREADY_FOLDER), *card = NULL, *path = NULL;

	if (file_look(folder) < 0)
		return false;
	card = pci_physical(name);
	path = unready_path(card ? card : name);
	return file_look(path) == 0;
}

int card_lock(const char *address, unsigned int seconds, char **reterr)
{
	_cleanup_free_ char *name = xasprintf("card %s", address);

	return run_state_lock(name, seconds, reterr);
}

/* Before the first change, so that one who ends in between is not taken for one who is done. */
static int mark_unready(const char *address, char **reterr)
{
	_cleanup_free_ char *run = root_path("run"), *above = root_path("run/mdev");
	_cleanup_free_ char *folder = root_path(UNREADY_FOLDER), *path = unready_path(address);
	_cleanup_close_ int fd = -1;
	int rc = folder_make(run);

	if (!rc)
		rc = folder_make(above);
	if (!rc)
		rc = folder_make(folder);
	if (!rc)
		fd = file_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
	if (!rc && fd < 0)
		rc = fd;
	if (rc)
		set_text(reterr, "%s: cannot be made: %s%s", path, error_text(rc), root_hint(rc));
	return rc;
}

static int mark_ready(const char *address, char **reterr)
{
	_cleanup_free_ char *path = unready_path(address);
	int rc = file_unlink(path);

	if (rc)
		set_text(reterr, "%s: cannot be removed: %s", path, error_text(rc));
	return rc;
}

static int write_attrs(const struct card *card, const char *address, char **reterr)
{
	_cleanup_free_ char *path = layout_pci_device(address, "");
	_cleanup_close_ int fd = sysfs_try_open_dir(SYSFS_TOP, path);
	int rc = fd < 0 ? fd : 0;

	if (rc)
		set_text(reterr, "/sys/%s: %s", path, error_text(rc));
	for (size_t i = 0; !rc && i < card->attr_count; i++)
		rc = attribute_write(fd, &card->attrs[i], reterr);
	return rc;
}

/* The last line that a program wrote, behind ": "; or nothing. */
static char *last_words(const struct process_result *result)
{
	const struct buf *buf = result->err.len ? &result->err : &result->out;
	size_t end = buf->len, start;
	struct buf text = {0};
	char *line;

	while (end && strchr(" \t\r\n", buf->data[end - 1]))
		end--;
	for (start = end; start && buf->data[start - 1] != '\n'; start--)
		;
	line = xasprintf("%.*s", (int)(end - start), buf->data ? buf->data + start : "");
	if (*line) {
		buf_addf(&text, ": ");
		buf_add_visible(&text, line);
	}
	free(line);
	return text.data ? text.data : xstrdup("");
}

/* How it ended, unless well; the caller frees it. */
static char *describe_end(const struct process_result *result, unsigned int seconds)
{
	_cleanup_free_ char *words = last_words(result);

	if (result->end == PROCESS_TIMED_OUT)
		return xasprintf("it did not end within %u seconds%s", seconds, words);
	if (result->end == PROCESS_KILLED)
		return xasprintf("signal %d ended it%s", result->status, words);
	return xasprintf("exit status %d%s", result->status, words);
}

/* 0 for one that ran, however it ended; the caller frees the result. */
static int run_program(char *const *argv, unsigned int seconds, struct process_result *ret,
		       char **reterr)
{
	const struct process process = {
		.argv = argv,
		.out_max = OUTPUT_MAX,
		.err_max = OUTPUT_MAX,
		.seconds = seconds,
	};
	int rc = process_run(&process, ret);

	if (rc)
		set_text(reterr, "'%s' cannot be run: %s", argv[0], error_text(rc));
	return rc;
}

static bool says(const struct buf *buf, const char *what)
{
	return buf->data && memmem(buf->data, buf->len, what, strlen(what));
}

/* It is run as root. */
static int check_tool(const char *tool, char **reterr)
{
	_cleanup_free_ char *distrust = NULL;
	struct stat st;
	int rc = file_stat(tool, &st);

	if (rc)
		set_text(reterr, "'%s': %s", tool, error_text(rc));
	else
		distrust = file_distrust(&st, "it");
	if (!distrust)
		return rc;
	set_text(reterr, "'%s' is not run: %s", tool, distrust);
	return -EPERM;
}

/*
 * The exit status of the program tells nothing: it may be 0 where nothing was enabled, and another
 * one where all were enabled before. What counts is what the card has.
 */
static int enable_by_tool(const char *tool, const char *address, char **reterr)
{
	char *argv[] = {(char *)tool, "-e", (char *)address, NULL};
	bool is_later = true;

	for (int tries = 0; is_later && tries < TOOL_TRIES; tries++) {
		_cleanup_(process_result_free) struct process_result result = {0};
		_cleanup_free_ char *end = NULL;
		int rc;

		if (tries)
			pause_ms(TOOL_PAUSE_MS);
		if (has_functions(address))
			return 0;
		rc = run_program(argv, TOOL_SECONDS, &result, reterr);
		if (rc)
			return rc;
		end = describe_end(&result, TOOL_SECONDS);
		is_later = says(&result.out, TOOL_LATER) || says(&result.err, TOOL_LATER);
		set_text(reterr, "'%s -e %s' enabled no virtual function: %s", tool, address, end);
	}
	if (!has_functions(address))
		return -EIO;
	free(*reterr);
	*reterr = NULL;
	return 0;
}

static int enable_by_number(const struct card *card, const char *address, char **reterr)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_FUNCTIONS), *line = NULL;
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);
	struct pci_functions functions;
	uint32_t count = card->vfs;
	int rc = fd < 0 ? fd : 0;

	if (!pci_read_functions(address, &functions)) {
		set_text(reterr, "it went away");
		return -ENODEV;
	}
	if (count > functions.total && count != CARD_VFS_MAX) {
		set_text(reterr, "it can have %u virtual functions, not %u", functions.total,
			 count);
		return -ERANGE;
	}
	line = xasprintf("%u\n", count == CARD_VFS_MAX ? functions.total : count);
	if (!rc)
		rc = sysfs_write_fd(fd, line, strlen(line));
	/* Somebody else was first: -EBUSY. */
	if (rc && !has_functions(address)) {
		set_text(reterr, "its driver enabled no virtual function: %s%s%s", error_text(rc),
			 root_hint(rc), rc == -ENOENT ? " (it has no driver)" : "");
		return rc;
	}
	return 0;
}

/* That of the driver, where the vendor has one; NULL. */
static char *find_tool(const char *driver)
{
	_cleanup_free_ char *path = root_path(TOOL);

	return strcmp(driver, TOOL_DRIVER) == 0 && access(path, X_OK) == 0 ? TAKE_PTR(path) : NULL;
}

static char *read_driver(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_DRIVER);
	char *driver = NULL;

	return sysfs_link_name(SYSFS_TOP, path, &driver) < 0 ? xstrdup("") : driver;
}

static int enable(const struct card *card, const char *address, char **reterr)
{
	_cleanup_free_ char *driver = read_driver(address), *tool = find_tool(driver);
	_cleanup_free_ char *after = NULL;
	int rc;

	if (has_functions(address))
		return 0;
	if (!tool)
		return enable_by_number(card, address, reterr);
	rc = check_tool(tool, reterr);
	if (rc)
		return rc;
	rc = enable_by_tool(tool, address, reterr);
	if (!rc)
		return 0;
	after = read_driver(address);
	if (!*after)
		set_text(reterr, "%s (and the card was left without its driver)", *reterr);
	return rc;
}

/*
 * The driver of the vendor makes files for each function some time after that is there; these are
 * its types, or those of mediated devices. Any other function is whole once it is there.
 */
static bool function_is_ready(const char *address, const char *driver, unsigned int number)
{
	_cleanup_free_ char *below = xasprintf(LAYOUT_FUNCTION "%u", number);
	_cleanup_free_ char *function = layout_pci_device(address, below);
	_cleanup_free_ char *vendors = xasprintf("%s/" LAYOUT_VENDOR_VFIO, function);
	_cleanup_free_ char *types = xasprintf("%s/" LAYOUT_TYPES, function);

	if (strcmp(driver, TOOL_DRIVER) != 0)
		return sysfs_exists(SYSFS_TOP, function);
	return sysfs_exists(SYSFS_TOP, vendors) || sysfs_exists(SYSFS_TOP, types);
}

/* How many of the first ones are there, up to the first that is not. */
static unsigned int count_ready(const char *address, unsigned int count)
{
	_cleanup_free_ char *driver = read_driver(address);
	unsigned int i = 0;

	while (i < count && function_is_ready(address, driver, i))
		i++;
	return i;
}

bool card_is_whole(const char *address)
{
	struct pci_functions functions;

	return pci_read_functions(address, &functions) && functions.enabled &&
	       count_ready(address, functions.enabled) == functions.enabled;
}

static int wait_for_functions(const char *address, char **reterr)
{
	int64_t until = clock_ms() + INT64_C(1000) * FUNCTIONS_SECONDS;
	struct pci_functions functions;
	unsigned int ready;

	for (;;) {
		if (!pci_read_functions(address, &functions) || !functions.enabled) {
			set_text(reterr, "its virtual functions went away again");
			return -ENODEV;
		}
		ready = count_ready(address, functions.enabled);
		if (ready == functions.enabled)
			return 0;
		if (clock_ms() >= until)
			break;
		pause_ms(FUNCTIONS_PAUSE_MS);
	}
	set_text(reterr, "virtual function %u of %u has no files of its driver after %u seconds",
		 ready, functions.enabled, FUNCTIONS_SECONDS);
	return -ETIMEDOUT;
}

static int run_command(const struct card_command *command, char **reterr)
{
	_cleanup_(process_result_free) struct process_result result = {0};
	_cleanup_free_ char *end = NULL, *shown = quoted(command->text);
	int rc = run_program(command->argv, COMMAND_SECONDS, &result, reterr);

	if (rc || (result.end == PROCESS_EXITED && result.status == 0))
		return rc;
	end = describe_end(&result, COMMAND_SECONDS);
	set_text(reterr, "%s failed: %s", shown, end);
	return -EIO;
}

int card_prepare(const struct card *card, const char *address, char **reterr)
{
	int rc = card_check(card, reterr);

	if (!rc)
		rc = mark_unready(address, reterr);
	/* They are for a card without functions; one who was killed may have enabled them. */
	if (!rc && !has_functions(address))
		rc = write_attrs(card, address, reterr);
	if (!rc)
		rc = enable(card, address, reterr);
	if (!rc)
		rc = wait_for_functions(address, reterr);
	for (size_t i = 0; !rc && i < card->command_count; i++)
		rc = run_command(&card->commands[i], reterr);
	return rc ? rc : mark_ready(address, reterr);
}
