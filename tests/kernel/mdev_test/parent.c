// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: platform devices, which a test registers with the core
 *
 * Words of the command "register":
 *
 * api=NAME	device_api of the instances; vfio-pci by default
 * types=N	number of types, which are called type0 and so on; 2 by default
 * name=NAME	name of the first type
 * max=N	number of instances; 4 by default
 * serialize	sets &parent_ops.serialize
 * twice	lists the attribute group of instances twice, so that making it
 *		fails
 * occupied	gives the parent a file with a name that the core needs
 * lack=OP	leaves out an entry of &parent_ops
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "mdev_test.h"

#define TEST_MAX_TYPES	300

static unsigned int test_nr_parents = 3;
module_param_named(parents, test_nr_parents, uint, 0444);
MODULE_PARM_DESC(parents, "number of parents that a test can register");

struct test_registration {
	struct parent_ops ops;
	struct mdev_build build;
	struct module *caller;
	char api[16];
	struct mdev_type_desc types[TEST_MAX_TYPES + 1];
	char type_names[TEST_MAX_TYPES][16];
};

static struct test_parent {
	struct platform_device *pdev;
	struct test_registration *reg; /* under test_parents_lock */
	atomic_t instances;
} *test_parents;

static DEFINE_MUTEX(test_parents_lock); /* not held over calls of the core */

u32 test_left;

static struct test_parent *test_parent_of(struct mdev_device *mdev)
{
	return &test_parents[to_platform_device(mdev->parent->dev)->id];
}

static int test_lifecycle(enum test_call call)
{
	int rc;

	test_call_enter(TEST_LIFECYCLE);
	rc = test_call(call);
	test_call_leave(TEST_LIFECYCLE);
	return rc;
}

static int test_create(struct mdev_device *mdev, const char *params)
{
	struct test_instance *inst = test_instance_new(params);
	int rc;

	if (!inst)
		return -ENOMEM;
	rc = test_lifecycle(TEST_CREATE);
	if (rc) {
		test_instance_free(inst);
		return rc;
	}
	mdev_set_drvdata(mdev, inst);
	atomic_inc(&test_parent_of(mdev)->instances);
	return 0;
}

static void test_destroy(struct mdev_device *mdev)
{
	test_lifecycle(TEST_DESTROY);
	test_instance_free(mdev_get_drvdata(mdev));
	atomic_dec(&test_parent_of(mdev)->instances);
}

static int test_start(struct mdev_device *mdev)
{
	return test_lifecycle(TEST_START);
}

static int test_stop(struct mdev_device *mdev)
{
	return test_lifecycle(TEST_STOP);
}

/* Fills what a file of sysfs can hold */
static ssize_t test_description(struct device *dev,
				const struct mdev_type_desc *type, char *buf)
{
	return sysfs_emit(buf, "%*s\n", (int)PAGE_SIZE - 2, "end");
}

static ssize_t params_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct test_instance *inst = mdev_get_drvdata(to_mdev_device(dev));

	return sysfs_emit(buf, "%s\n", inst->params);
}
static DEVICE_ATTR_RO(params);

static struct attribute *test_instance_attrs[] = {
	&dev_attr_params.attr,
	NULL
};

static const struct attribute_group test_instance_group = {
	.name = "mdev_test",
	.attrs = test_instance_attrs,
};

static const struct attribute_group *test_instance_groups[] = {
	&test_instance_group,
	NULL
};

static const struct attribute_group *test_instance_groups_twice[] = {
	&test_instance_group,
	&test_instance_group,
	NULL
};

static ssize_t instances_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	struct test_parent *parent = &test_parents[to_platform_device(dev)->id];

	return sysfs_emit(buf, "%d\n", atomic_read(&parent->instances));
}
static DEVICE_ATTR_RO(instances);

static struct attribute *test_parent_attrs[] = {
	&dev_attr_instances.attr,
	NULL
};

static umode_t test_parent_is_visible(struct kobject *kobj,
				      struct attribute *attr, int n)
{
	test_call(TEST_ATTRS);
	return attr->mode;
}

static const struct attribute_group test_parent_group = {
	.name = "mdev_test",
	.attrs = test_parent_attrs,
	.is_visible = test_parent_is_visible,
};

static const struct attribute_group *test_parent_groups[] = {
	&test_parent_group,
	NULL
};

static ssize_t mdev_destroy_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "occupied\n");
}
static DEVICE_ATTR_RO(mdev_destroy);

static struct attribute *test_occupied_attrs[] = {
	&dev_attr_mdev_destroy.attr,
	NULL
};

static const struct attribute_group test_occupied_group = {
	.attrs = test_occupied_attrs,
};

static const struct attribute_group *test_parent_groups_occupied[] = {
	&test_occupied_group,
	NULL
};

static const struct parent_ops test_ops = {
	.owner = THIS_MODULE,
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.num_regions = VFIO_PCI_NUM_REGIONS,
	.num_irqs = VFIO_PCI_NUM_IRQS,
	.max_instances = 4,
	.dev_attr_groups = test_parent_groups,
	.mdev_attr_groups = test_instance_groups,
	.description = test_description,
	.create = test_create,
	.destroy = test_destroy,
	.start = test_start,
	.stop = test_stop,
	.open = test_open,
	.close = test_close,
	.read = test_read,
	.write = test_write,
	.get_region_info = test_get_region_info,
	.get_irq_info = test_get_irq_info,
	.set_irqs = test_set_irqs,
	.reset = test_reset,
	.validate_map_request = test_validate_map_request,
	.dma_unmap = test_dma_unmap,
	.request = test_request,
};

static int test_leave_out(struct parent_ops *ops, const char *name)
{
	static const struct {
		const char *name;
		size_t offset;
	} pointers[] = {
		{ "owner", offsetof(struct parent_ops, owner) },
		{ "device_api", offsetof(struct parent_ops, device_api) },
		{ "types", offsetof(struct parent_ops, supported_types) },
		{ "create", offsetof(struct parent_ops, create) },
		{ "destroy", offsetof(struct parent_ops, destroy) },
		{ "start", offsetof(struct parent_ops, start) },
		{ "stop", offsetof(struct parent_ops, stop) },
		{ "read", offsetof(struct parent_ops, read) },
		{ "write", offsetof(struct parent_ops, write) },
		{ "region_info", offsetof(struct parent_ops, get_region_info) },
		{ "request", offsetof(struct parent_ops, request) },
		{ "reset", offsetof(struct parent_ops, reset) },
		{ "validate_map_request",
		  offsetof(struct parent_ops, validate_map_request) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		if (strcmp(name, pointers[i].name))
			continue;
		memset((char *)ops + pointers[i].offset, 0, sizeof(void *));
		return 0;
	}
	return -ENOENT;
}

static int test_set_types(struct test_registration *reg, const char *number)
{
	unsigned int nr, i;

	if (kstrtouint(number, 10, &nr) || nr > TEST_MAX_TYPES)
		return -ERANGE;
	memset(reg->types, 0, sizeof(reg->types));
	for (i = 0; i < nr; i++) {
		snprintf(reg->type_names[i], sizeof(reg->type_names[i]),
			 "type%u", i);
		reg->types[i].name = reg->type_names[i];
	}
	return 0;
}

/* Pretends that this module was built with another mdev.h */
static int test_set_build(struct mdev_build *build, const char *member)
{
	if (!strcmp(member, "api"))
		build->api++;
	else if (!strcmp(member, "ops"))
		build->ops_size -= sizeof(void *);
	else if (!strcmp(member, "driver"))
		build->driver_size += sizeof(void *);
	else if (!strcmp(member, "device"))
		build->device_size += sizeof(void *);
	else if (!strcmp(member, "parent"))
		build->parent_size += sizeof(void *);
	else
		return -ENOENT;
	return 0;
}

static int test_apply_flag(struct test_registration *reg, const char *word)
{
	if (!strcmp(word, "serialize"))
		reg->ops.serialize = true;
	else if (!strcmp(word, "built-in"))
		reg->caller = NULL;
	else if (!strcmp(word, "twice"))
		reg->ops.mdev_attr_groups = test_instance_groups_twice;
	else if (!strcmp(word, "occupied"))
		reg->ops.dev_attr_groups = test_parent_groups_occupied;
	else
		return -ENOENT;
	return 0;
}

static int test_apply_word(struct test_registration *reg, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return test_apply_flag(reg, word);
	*value++ = '\0';
	if (!strcmp(word, "lack"))
		return test_leave_out(&reg->ops, value);
	if (!strcmp(word, "build"))
		return test_set_build(&reg->build, value);
	if (!strcmp(word, "types"))
		return test_set_types(reg, value);
	if (!strcmp(word, "name")) {
		strscpy(reg->type_names[0], value, sizeof(reg->type_names[0]));
		return 0;
	}
	if (!strcmp(word, "max"))
		return kstrtouint(value, 10, &reg->ops.max_instances);
	if (!strcmp(word, "api")) {
		strscpy(reg->api, value, sizeof(reg->api));
		reg->ops.device_api = reg->api;
		return 0;
	}
	return -ENOENT;
}

static struct test_registration *test_registration_new(char *words)
{
	struct test_registration *reg;
	char *word;
	int rc;

	reg = kzalloc(sizeof(*reg), GFP_KERNEL);
	if (!reg)
		return ERR_PTR(-ENOMEM);
	reg->ops = test_ops;
	reg->build = MDEV_BUILD;
	reg->caller = THIS_MODULE;
	reg->ops.supported_types = reg->types;
	rc = test_set_types(reg, "2");
	while (!rc && (word = strsep(&words, " ")))
		rc = test_apply_word(reg, word);
	if (rc) {
		kfree(reg);
		return ERR_PTR(rc);
	}
	return reg;
}

/* Returns the result of mdev_register_device(), or -ENOENT for an unknown word */
int test_parent_register(unsigned int nr, char *words)
{
	struct test_registration *reg;
	struct test_parent *parent;
	int rc;

	if (nr >= test_nr_parents)
		return -ENOENT;
	parent = &test_parents[nr];
	reg = test_registration_new(words);
	if (IS_ERR(reg))
		return PTR_ERR(reg);
	rc = __mdev_register_device(&parent->pdev->dev, &reg->ops, reg->caller,
				    &reg->build);
	if (rc) {
		kfree(reg);
		return rc;
	}
	mutex_lock(&test_parents_lock);
	parent->reg = reg;
	mutex_unlock(&test_parents_lock);
	return 0;
}

int test_parent_unregister(unsigned int nr)
{
	struct test_registration *reg;
	struct test_parent *parent;

	if (nr >= test_nr_parents)
		return -ENOENT;
	parent = &test_parents[nr];
	mutex_lock(&test_parents_lock);
	reg = parent->reg;
	parent->reg = NULL;
	mutex_unlock(&test_parents_lock);
	if (!reg)
		return -ENODEV;
	mdev_unregister_device(&parent->pdev->dev);
	test_left = atomic_read(&parent->instances);
	kfree(reg);
	return 0;
}

/* Its name is part of the names of types in sysfs. */
static struct platform_driver test_platform_driver = {
	.driver.name = "mdev_test",
};

static void test_parents_remove(void)
{
	unsigned int nr;

	for (nr = 0; nr < test_nr_parents; nr++)
		if (!IS_ERR_OR_NULL(test_parents[nr].pdev))
			platform_device_unregister(test_parents[nr].pdev);
	platform_driver_unregister(&test_platform_driver);
	kvfree(test_parents);
}

int test_parents_init(void)
{
	struct platform_device *pdev;
	unsigned int nr;
	int rc;

	test_parents = kvcalloc(test_nr_parents, sizeof(*test_parents),
				GFP_KERNEL);
	if (!test_parents)
		return -ENOMEM;
	rc = platform_driver_register(&test_platform_driver);
	if (rc) {
		kvfree(test_parents);
		return rc;
	}
	for (nr = 0; nr < test_nr_parents; nr++) {
		pdev = platform_device_register_simple("mdev_test", nr, NULL,
						       0);
		if (IS_ERR(pdev)) {
			test_parents_remove();
			return PTR_ERR(pdev);
		}
		test_parents[nr].pdev = pdev;
	}
	return 0;
}

void test_parents_exit(void)
{
	unsigned int nr;

	for (nr = 0; nr < test_nr_parents; nr++)
		test_parent_unregister(nr);
	test_parents_remove();
}
