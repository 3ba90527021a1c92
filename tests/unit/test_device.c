// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices found by what a user writes, attributes, lists. */
#include "model/device.h"
#include "model/find.h"
#include "tap.h"

#include <errno.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static void add(struct device_list *list, const char *identity, const char *parent)
{
	struct device *dev = device_list_add(list);

	identity_parse(identity, &dev->id);
	dev->name = arena_strdup(&list->arena, identity);
	dev->parent = parent;
}

static void find(const struct device_list *list, const char *text, int rc, const char *expected)
{
	_cleanup_free_ char *error = NULL, *what = xasprintf("find '%s'", text);
	char found[IDENTITY_TEXT_SIZE];
	struct identity id;
	int result, sorted;

	for (size_t look_ups = 1; look_ups <= 2; look_ups++) {
		struct device_index index;

		device_index_make(&index, list, NULL, look_ups);
		sorted = find_identity(&index, text, &id, &error);
		if (look_ups == 1)
			result = sorted;
		device_index_free(&index);
	}
	is_number(sorted, result, "one of several look-ups finds the same");

	if (is_number(result, rc, what) && rc == 0)
		is_text(identity_format(&id, found), expected, what);
	if (rc)
		ok(error && *error, "and the reason is said");
}

static void test_finding(void)
{
	struct device_list list = {0};

	add(&list, UUID, "b");
	add(&list, UUID ":2", "a");
	add(&list, "83b9f4f2-509f-382f-3c1e-e6bfe0fa1001", "a");
	add(&list, "99990000-509f-382f-3c1e-e6bfe0fa1001:7", "a");
	find(&list, "83b8", 0, UUID);
	find(&list, "83B8F4F2-50", 0, UUID);
	find(&list, "83b8:2", 0, UUID ":2");
	find(&list, UUID ":2", 0, UUID ":2");
	find(&list, "9999", 0, "99990000-509f-382f-3c1e-e6bfe0fa1001:7");
	find(&list, "99990000-509f-382f-3c1e-e6bfe0fa1001", -ENOENT, NULL);
	find(&list, "83b8:3", -ENOENT, NULL);
	find(&list, "1234", -ENOENT, NULL);
	find(&list, "83b", -EINVAL, NULL);
	find(&list, "83b8f4f2509f", -EINVAL, NULL);
	find(&list, "83b8:x", -EINVAL, NULL);
	find(&list, UUID "00", -EINVAL, NULL);
	add(&list, "83b8ffff-509f-382f-3c1e-e6bfe0fa1001", "a");
	find(&list, "83b8", -ENOTUNIQ, NULL);
	device_list_sort(&list);
	is_text(list.v[0].parent, "a", "sorted by parent");
	is_text(list.v[0].name, UUID ":2", "then by identity");
	device_list_free(&list);
}

static void test_attributes(void)
{
	static const char *const refused[] = {"",     "..",  "a/../b", "/a", "a/",
					      "a//b", "a b", "a\n",    ".",  "\xff"};
	char pair[] = "nvidia/params=a=b;#c", no_equals[] = "x", empty[] = "x=", line[] = "x=a\nb";
	_cleanup_free_ char *error = NULL;
	struct attr attr;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_free_ char *what = xasprintf("no attribute: case %zu", i);

		ok(!attr_name_is_valid(refused[i]), what);
	}
	ok(attr_name_is_valid("nvidia/vgpu_params"), "a file in a folder of the device");
	is_number(attr_split(pair, &attr, &error), 0, "NAME=VALUE");
	is_text(attr.name, "nvidia/params", "the name ends at the first '='");
	is_text(attr.value, "a=b;#c", "the value is all the rest");
	is_number(attr_split(no_equals, &attr, &error), -EINVAL, "no '='");
	is_number(attr_split(empty, &attr, &error), -EINVAL, "no value");
	is_number(attr_split(line, &attr, &error), -EINVAL, "a newline in the value");
}

static void test_definition_attrs(void)
{
	struct definition_list list = {0};
	struct definition *def = definition_list_add(&list);
	bool in_order = true;

	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *name = xasprintf("a%d", i);

		definition_add_attr(def, &list.arena, name, "v");
	}
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *name = xasprintf("a%d", i);

		in_order &= strcmp(def->attrs[i].name, name) == 0;
	}
	is_number((long long)def->attr_count, 100, "a hundred attributes");
	ok(in_order, "stay in order");
	definition_list_free(&list);
}

int main(void)
{
	test_finding();
	test_attributes();
	test_definition_attrs();
	return tap_end();
}
