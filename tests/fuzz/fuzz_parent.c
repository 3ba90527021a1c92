// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Takes the input as the name of a parent, in a made root. The result is a documented one and the
 * same for a second time, and only names in a documented form name a parent.
 */
#include "fuzz.h"
#include "host/absent.h"
#include "host/live.h"
#include "base/text.h"

#include <errno.h>
#include <regex.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* As the manual says it. */
static const struct {
	const char *prefix, *pattern;
} forms[] = {
	{"pci:", "^pci:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}(/[0-9]+)?$"},
	{"udev:", "^udev:[^=,]+=[^,]*(,[^=,]+=[^,]*)*$"},
	{"/", "^/(dev|sys)/"},
};

static regex_t compiled[ARRAY_SIZE(forms)];
static char top[] = "/tmp/mdev-fuzz-XXXXXX";
static struct strlist parents; /* as a listing has them */

/* Two PCI parents of one kind; one that is not PCI; nodes of a parent, below one, and of none. */
static void make_root(void)
{
	_cleanup_free_ char *command = xasprintf(
		"set -e; cd '%s'; mkdir -p sys/class/mdev_bus sys/bus/pci/devices sys/dev/char dev\n"
		"mkdir -p run/udev/data sys/devices/0000:03:00.0 sys/devices/soft sys/bus/soft\n"
		"for p in 0000:01:00.0 0000:02:00.0 0000:03:00.0; do\n"
		"	mkdir -p sys/devices/$p; ln -s ../../../devices/$p sys/bus/pci/devices/$p\n"
		"	ln -s ../../bus/pci sys/devices/$p/subsystem\n"
		"	echo 0x10de >sys/devices/$p/vendor; echo 0x1eb8 >sys/devices/$p/device\n"
		"	echo E:ID_PATH=pci-$p >run/udev/data/+pci:$p\n"
		"	echo DRIVER=acme >sys/devices/$p/uevent\n"
		"done\n"
		"ln -s ../../bus/soft sys/devices/soft/subsystem\n"
		"for p in 0000:01:00.0 0000:02:00.0 soft; do\n"
		"	ln -s ../../devices/$p sys/class/mdev_bus/$p\n"
		"done\n"
		"mkdir -p sys/devices/0000:01:00.0/drm/card0\n"
		"ln -s ../../devices/0000:01:00.0/drm/card0 sys/dev/char/226:0\n"
		"ln -s ../../devices/soft sys/dev/char/10:99; : >dev/file\n",
		top);
	struct {
		const char *name;
		dev_t number;
	} nodes[] = {
		{"card0", makedev(226, 0)}, {"soft", makedev(10, 99)}, {"null", makedev(1, 3)}};

	promise(system(command) == 0, "the made root");
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		_cleanup_free_ char *path = xasprintf("%s/dev/%s", top, nodes[i].name);

		/* Only root may; without nodes there is less to find. */
		(void)!mknod(path, S_IFCHR | 0600, nodes[i].number);
	}
}

static void remove_root(void)
{
	_cleanup_free_ char *command = xasprintf("rm -rf '%s'", top);

	(void)!system(command);
}

static void prepare(void)
{
	static bool is_ready;

	if (is_ready)
		return;
	is_ready = true;
	promise(mkdtemp(top) != NULL, "a folder for the made root");
	atexit(remove_root);
	make_root();
	root_set(top);
	promise(live_parents(&parents) == 0 && parents.n == 3, "the parents");
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		promise(regcomp(&compiled[i], forms[i].pattern, REG_EXTENDED | REG_NOSUB) == 0,
			"the pattern");
}

/* What begins like a documented form, but is not one, is malformed. */
static void check_form(const char *text, int rc)
{
	/* A path may be given with the root. */
	if (str_starts(text, top))
		text += strlen(top);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (str_starts(text, forms[i].prefix) && rc != -EINVAL)
			promise(regexec(&compiled[i], text, 0, NULL, 0) == 0,
				"only what is written as documented names a parent");
}

static void check_answer(struct parent_index *index, const char *text, int rc, const char *name)
{
	_cleanup_free_ char *reason = rc ? absent_explain(index, text) : NULL;

	promise(rc == 0 || rc == -EINVAL || rc == -ENOENT || rc == -ENOTUNIQ,
		"an error that is known");
	promise(rc || strlist_find(&parents, name), "the name of a parent");
	promise(!reason || *reason, "a reason");
	promise(!reason || text_is_utf8(reason, strlen(reason)) || rc == -EINVAL,
		"a reason that can be printed");
}

static void check(struct parent_index *index, const char *text)
{
	const char *name = NULL, *second = NULL;
	int rc = parent_resolve(index, text, &name);

	check_answer(index, text, rc, name);
	check_form(text, rc);
	promise(parent_resolve(index, text, &second) == rc && second == name,
		"the same answer again");
	if (!rc)
		promise(parent_resolve(index, name, &second) == 0 && second == name,
			"a name names itself");
	if (rc == -EINVAL)
		promise(strlist_find(&index->names, text) == NULL,
			"a name that is there is well formed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xcalloc(size + 1, 1);
	struct parent_index index = {0};

	prepare();
	memcpy(text, data, size);
	check(&index, text);
	parent_index_free(&index);
	return 0;
}
