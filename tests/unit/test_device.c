// SPDX-License-Identifier: GPL-2.0-or-later
/* Identities, their short forms, attributes, lists. */
#include "model/device.h"
#include "model/find.h"
#include "tap.h"

#include <errno.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static void test_identities(void)
{
	static const char *const refused[] = {
		"",
		"83b8f4f2",
		UUID "0",
		UUID ":",
		UUID ":x",
		UUID ":-1",
		UUID ":01",
		UUID ": 1",
		UUID ":4294967296",
		UUID "-1",
		UUID "\n",
		" " UUID,
		"{" UUID "}",
		"83b8f4f2509f382f3c1ee6bfe0fa1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
		"83b8f4f2+509f-382f-3c1e-e6bfe0fa1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100\xc3",
	};
	char text[IDENTITY_TEXT_SIZE];
	struct identity id, other;

	is_number(identity_parse(UUID, &id), 0, "a UUID");
	is_number(id.instance, 0, "is instance 0");
	is_text(identity_format(&id, text), UUID, "and written without a number");
	is_number(identity_parse(UUID ":0", &other), 0, "instance 0 by number");
	is_number(identity_compare(&id, &other), 0, "is the same identity");
	is_number(identity_parse("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001:4294967295", &other), 0,
		  "upper case and the largest number");
	is_text(identity_format(&other, text), UUID ":4294967295", "are written in lower case");
	is_text(identity_format_name(&other, text), UUID "-4294967295", "and with '-' on the bus");
	ok(identity_same_uuid(&id, &other), "the UUID is the same");
	ok(identity_compare(&id, &other) < 0, "the identity is not");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_free_ char *what = xasprintf("refused: case %zu", i);

		is_number(identity_parse(refused[i], &id), -EINVAL, what);
	}
	is_number(identity_parse_name(UUID "-3", &id), 0, "a name on the bus");
	is_number(id.instance, 3, "has its number");
	is_number(identity_parse_name(UUID ":3", &id), -EINVAL, "a name has no ':'");
	identity_make(&id);
	identity_make(&other);
	ok(identity_compare(&id, &other) != 0, "two new ones differ");
}

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
	test_identities();
	test_finding();
	test_attributes();
	test_definition_attrs();
	return tap_end();
}
