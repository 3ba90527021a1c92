// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_odd: a driver of the kernel's own interface for mediated devices, right or
 * with a flaw on request
 *
 * It is built against the headers of the kernel alone, so that it meets a core as
 * the kernel's own drivers do. Its instances have no VFIO device.
 *
 * Usage: echo "WHAT [DEVICE]" >/sys/module/mdev_odd/parameters/register, where
 * WHAT is the name of a flaw (see odd_flaws), or "right". The parent is the
 * platform device DEVICE, or one of its own, mdev_odd. The write fails as the
 * registration does. If that succeeds, "none" takes it back. After that the module
 * has to be loaded again: a core may keep using the memory of a type.
 */

#include <linux/err.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio.h>

static struct mdev_type odd_one = { .sysfs_name = "one", .pretty_name = "One" };
static struct mdev_type odd_other = { .sysfs_name = "other" };
static struct mdev_type odd_same = { .sysfs_name = "one" };
static struct mdev_type odd_nameless;
static struct mdev_type odd_empty = { .sysfs_name = "" };
static struct mdev_type odd_slash = { .sysfs_name = "a/b" };

static struct mdev_type *odd_types_right[] = { &odd_one, &odd_other };
static struct mdev_type *odd_types_same[] = { &odd_one, &odd_same };
static struct mdev_type *odd_types_nameless[] = { &odd_one, &odd_nameless };
static struct mdev_type *odd_types_empty[] = { &odd_one, &odd_empty };
static struct mdev_type *odd_types_slash[] = { &odd_one, &odd_slash };
static struct mdev_type *odd_types_missing[] = { &odd_one, NULL };

static int odd_probe(struct mdev_device *mdev)
{
	return 0;
}

static int odd_probe_fails(struct mdev_device *mdev)
{
	return -EIO;
}

static void odd_remove(struct mdev_device *mdev)
{
}

static ssize_t odd_mark_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "odd\n");
}

static struct device_attribute dev_attr_mark =
	__ATTR(mark, 0444, odd_mark_show, NULL);

static struct attribute *odd_attrs[] = { &dev_attr_mark.attr, NULL };
static const struct attribute_group odd_group = {
	.name = "odd",
	.attrs = odd_attrs,
};

static const struct attribute_group *odd_groups[] = { &odd_group, NULL };

static struct mdev_driver odd_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 2,
	.probe = odd_probe,
	.remove = odd_remove,
	.driver = {
		.name = "mdev_odd",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = odd_groups,
	},
};

static struct mdev_driver odd_driver_no_api = {
	.probe = odd_probe,
	.remove = odd_remove,
	.driver = { .name = "mdev_odd_no_api", .owner = THIS_MODULE },
};

static struct mdev_driver odd_driver_failing = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 2,
	.probe = odd_probe_fails,
	.remove = odd_remove,
	.driver = { .name = "mdev_odd_failing", .owner = THIS_MODULE },
};

/**
 * struct odd_flaw - a way to register
 * @name: what is written to ask for it
 * @driver: the driver, or NULL for a parent without one
 * @types: its types, or NULL
 * @nr_types: their number
 */
struct odd_flaw {
	const char *name;
	struct mdev_driver *driver;
	struct mdev_type **types;
	unsigned int nr_types;
};

static const struct odd_flaw odd_flaws[] = {
	{ "right", &odd_driver, odd_types_right, 2 },
	{ "failing", &odd_driver_failing, odd_types_right, 2 },
	{ "no-api", &odd_driver_no_api, odd_types_right, 2 },
	{ "no-driver", NULL, odd_types_right, 2 },
	{ "no-types", &odd_driver, NULL, 0 },
	{ "null-types", &odd_driver, NULL, 2 },
	{ "missing-type", &odd_driver, odd_types_missing, 2 },
	{ "nameless-type", &odd_driver, odd_types_nameless, 2 },
	{ "empty-name", &odd_driver, odd_types_empty, 2 },
	{ "slash-in-name", &odd_driver, odd_types_slash, 2 },
	{ "same-names", &odd_driver, odd_types_same, 2 },
};

static DEFINE_MUTEX(odd_lock);
static struct platform_device *odd_device;
/* The registration that holds, all guarded by odd_lock */
static const struct odd_flaw *odd_now;
static struct mdev_parent odd_parent;
static struct device *odd_parent_device;
static bool odd_used;

static const struct odd_flaw *odd_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd_flaws); i++)
		if (!strcmp(odd_flaws[i].name, name))
			return &odd_flaws[i];
	return NULL;
}

static struct device *odd_find_device(const char *name)
{
	if (!name)
		return get_device(&odd_device->dev);
	return bus_find_device_by_name(&platform_bus_type, NULL, name);
}

static void odd_unregister(void)
{
	if (!odd_now)
		return;
	mdev_unregister_parent(&odd_parent);
	mdev_unregister_driver(odd_now->driver);
	put_device(odd_parent_device);
	odd_now = NULL;
}

static int odd_register(const struct odd_flaw *flaw, struct device *dev)
{
	int rc = flaw->driver ? mdev_register_driver(flaw->driver) : 0;

	if (rc)
		return rc;
	rc = mdev_register_parent(&odd_parent, dev, flaw->driver, flaw->types,
				  flaw->nr_types);
	if (rc) {
		if (flaw->driver)
			mdev_unregister_driver(flaw->driver);
		return rc;
	}
	odd_parent_device = get_device(dev);
	odd_now = flaw;
	odd_used = true;
	return 0;
}

/* Context: odd_lock held */
static int odd_register_named(const char *what, const char *device)
{
	const struct odd_flaw *flaw = odd_find(what);
	struct device *dev;
	int rc;

	if (!flaw)
		return -EINVAL;
	if (odd_used)
		return -EALREADY;
	dev = odd_find_device(device);
	if (!dev)
		return -ENODEV;
	rc = odd_register(flaw, dev);
	put_device(dev);
	return rc;
}

static int odd_register_set(const char *val, const struct kernel_param *kp)
{
	char *text = kstrdup(val, GFP_KERNEL), *device, *what;
	int rc = 0;

	if (!text)
		return -ENOMEM;
	device = strim(text);
	what = strsep(&device, " ");
	mutex_lock(&odd_lock);
	if (!strcmp(what, "none"))
		odd_unregister();
	else
		rc = odd_register_named(what, device);
	mutex_unlock(&odd_lock);
	kfree(text);
	return rc;
}

static const struct kernel_param_ops odd_register_ops = {
	.set = odd_register_set,
};
module_param_cb(register, &odd_register_ops, NULL, 0200);
MODULE_PARM_DESC(register, "Register right, or with a flaw");

static int __init odd_init(void)
{
	odd_device = platform_device_register_simple("mdev_odd", -1, NULL, 0);
	return PTR_ERR_OR_ZERO(odd_device);
}

static void __exit odd_exit(void)
{
	mutex_lock(&odd_lock);
	odd_unregister();
	mutex_unlock(&odd_lock);
	platform_device_unregister(odd_device);
}

module_init(odd_init);
module_exit(odd_exit);
MODULE_DESCRIPTION("Driver of the kernel's own mdev interface, with flaws");
MODULE_LICENSE("GPL");
