// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways to name a parent, most of all the wrong ones. */
#include "host/absent.h"
#include "tap.h"
#include "base/text.h"

#include <errno.h>
#include <sys/stat.h>

static char top[] = "/tmp/mdev-test-XXXXXX";

/* A device of the bus, and a parent where class is "class/mdev_bus" */
static void make_device(const char *bus, const char *class, const char *name, const char *vendor,
			const char *device)
{
	_cleanup_free_ char *command = xasprintf(
		"set -e; cd '%s'; mkdir -p sys/bus/%s/devices/%s sys/%s;"
		"ln -s ../../bus/%s/devices/%s sys/%s/%s; cd sys/bus/%s/devices/%s;"
		"echo '%s' > vendor; echo '%s' > device; echo KEY=%s > uevent; ln -s ../.. subsystem",
		top, bus, name, class, bus, name, class, name, bus, name, vendor, device, name);

	(void)!system(command);
}

static void resolve(struct parent_index *index, const char *text, int rc, const char *expected)
{
	_cleanup_free_ char *what = NULL;
	const char *name = "untouched";

	/* A line of TAP is text, so other bytes are not printed. */
	what = text_is_plain(text) ? xasprintf("'%s'", text) : xstrdup("what is no text");
	is_number(parent_resolve(index, text, &name), rc, what);
	is_text(name, rc ? "untouched" : expected, what);
	/* The second time the answer comes from the index. */
	is_number(parent_resolve(index, text, &name), rc, "and the same again");
	if (rc) {
		_cleanup_free_ char *error = absent_explain(index, text);

		ok(error && *error, "a reason when it fails");
	}
}

static void test_malformed(struct parent_index *index)
{
	static const char *const texts[] = {
		"",
		".",
		"..",
		"a/b",
		"../p",
		"/",
		"/etc",
		"/sys",
		"/sysx",
		"/sys/../etc",
		"/sys/a/..",
		"pci:",
		"pci:1234",
		"pci:1234:",
		"pci::1",
		"pci:1234:11e8:1",
		"pci:1234:11e8/",
		"pci:1234:11e8/0",
		"pci:1234:11e8/-1",
		"pci:1234:11e8/99999999999",
		"pci: 1:2",
		"pci:+1:2",
		"pci:1: 2",
		"pci:1:-2",
		"pci:1:0x2",
		"pci:0x1:2",
		"pci:12345:1",
		"pci:1:12345",
		"pci:1:2/ 3",
		"udev:",
		"udev:A",
		"udev:=",
		"udev:A=1,",
		"udev:A=1,=2",
		"\xff",
		"a\nb",
		"a\x7f",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		resolve(index, texts[i], -EINVAL, NULL);
}

static void test_addresses(struct parent_index *index)
{
	resolve(index, "0000:0a:00.0", 0, "0000:0a:00.0");
	resolve(index, "0a:00.0", 0, "0000:0a:00.0");
	resolve(index, "0A:00.0", 0, "0000:0a:00.0");
	resolve(index, "A:0.0", 0, "0000:0a:00.0");
	resolve(index, "0000:0A:00.0", 0, "0000:0a:00.0");
	resolve(index, "10000:e1:00.0", 0, "10000:e1:00.0");
	resolve(index, "e1:00.0", -ENOENT, NULL);
	resolve(index, "0a:00.00", -ENOENT, NULL);
	resolve(index, "0a:00", -ENOENT, NULL);
	resolve(index, "0a:00.", -ENOENT, NULL);
	resolve(index, "fffffffff:0a:00.0", -ENOENT, NULL);
	resolve(index, "matrix", 0, "matrix");
	resolve(index, "Matrix", -ENOENT, NULL);
}

static void test_ids(struct parent_index *index)
{
	resolve(index, "pci:10de:1eb8", -ENOTUNIQ, NULL);
	resolve(index, "pci:10DE:1eb8/1", 0, "0000:0a:00.0");
	/* The second of its kind has no driver yet, and still counts: the third stays the third. */
	resolve(index, "pci:10de:1eb8/2", -ENOENT, NULL);
	resolve(index, "pci:10de:1eb8/3", 0, "10000:e1:00.0");
	resolve(index, "pci:10de:1eb8/4", -ENOENT, NULL);
	resolve(index, "pci:8086:1eb8", -ENOENT, NULL);
	resolve(index, "udev:KEY=matrix", 0, "matrix");
	resolve(index, "udev:KEY=matri", -ENOENT, NULL);
	resolve(index, "udev:KE=matrix", -ENOENT, NULL);
	resolve(index, "udev:KEY=matrix,OTHER=1", -ENOENT, NULL);
}

/* A port above one parent, a bridge above two, and an asterisk for the name of a card. */
static void make_tree(void)
{
	_cleanup_free_ char *command = xasprintf(
		"set -e; cd '%s'; mkdir -p sys/class/mdev_bus sys/devices/bridge/port1/card1/function\n"
		"mkdir -p sys/devices/bridge/port2/card2 sys/devices/bridge/port3/card3\n"
		"ln -s ../../devices/bridge/port1/card1 sys/class/mdev_bus/card1\n"
		"ln -s ../../devices/bridge/port2/card2 sys/class/mdev_bus/card2\n",
		top);

	ok(system(command) == 0, "a tree of devices");
}

static void test_paths(struct parent_index *index)
{
	resolve(index, "/sys/devices/bridge/port1/card1", 0, "card1");
	resolve(index, "/sys/devices/bridge/port1", 0, "card1");
	resolve(index, "/sys/devices/bridge/port2/", 0, "card2");
	resolve(index, "/sys/devices/bridge", -ENOTUNIQ, NULL);
	resolve(index, "/sys/devices/bridge/port3", -ENOENT, NULL);
	resolve(index, "/sys/devices/bridge/port1/card1/function", -ENOENT, NULL);
	resolve(index, "/sys/devices", -ENOENT, NULL);
	resolve(index, "/sys/devices/bridge/*/card2", 0, "card2");
	resolve(index, "/sys/devices/*/port1", 0, "card1");
	resolve(index, "/sys/devices/bridge/*/card3", -ENOENT, NULL);
	resolve(index, "/sys/devices/nothing/*/card1", -ENOENT, NULL);
	resolve(index, "/sys/devices/bridge/*/../card1", -EINVAL, NULL);
}

int main(void)
{
	_cleanup_free_ char *command = xasprintf("rm -rf '%s'", top);
	struct parent_index index = {0};

	if (!mkdtemp(top))
		return 1;
	root_set(top);
	make_device("pci", "class/mdev_bus", "10000:e1:00.0", "0x10de", "0x1eb8");
	make_device("pci", "class/no_parent", "0000:0b:00.0", "0x10de", "0x1eb8");
	make_device("pci", "class/mdev_bus", "0000:0a:00.0", "0x10de", "0x1eb8");
	make_device("pci", "class/no_parent", "0000:09:00.0", "0x10de", "0x1eb9");
	make_device("soft", "class/mdev_bus", "matrix", "none", "");
	make_tree();
	test_malformed(&index);
	test_addresses(&index);
	test_ids(&index);
	test_paths(&index);
	parent_index_free(&index);
	set_text(&command, "rm -rf '%s'", top);
	ok(system(command) == 0, "cleared away");
	free((char *)root_get());
	return tap_end();
}
