// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of tests, and the instance that they keep a reference to
 */

#include <linux/debugfs.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mdev_test.h"

static struct dentry *test_folder;
static struct mdev_device *test_kept; /* under test_kept_lock */
static DEFINE_MUTEX(test_kept_lock);

static void test_keep(struct mdev_device *mdev)
{
	mutex_lock(&test_kept_lock);
	swap(mdev, test_kept);
	mutex_unlock(&test_kept_lock);
	/* NULL the first time, which is allowed. */
	mdev_put_device(mdev);
}

static int test_keep_name(const char *name)
{
	struct device *dev;

	dev = bus_find_device_by_name(&mdev_bus_type, NULL, name);
	if (!dev)
		return -ENODEV;
	if (WARN_ON(!dev_is_mdev(dev)))
		return -EINVAL;
	test_keep(mdev_get_device(to_mdev_device(dev)));
	put_device(dev);
	return 0;
}

static int kept_show(struct seq_file *file, void *unused)
{
	struct mdev_device *found = NULL;

	mutex_lock(&test_kept_lock);
	if (!test_kept) {
		seq_puts(file, "nothing\n");
	} else if (!test_kept->group) {
		seq_puts(file, "no group\n");
	} else {
		found = mdev_get_device_by_group(test_kept->group);
		seq_printf(file, "its group has %s\n",
			   found ? dev_name(&found->dev) : "nothing");
	}
	mdev_put_device(found);
	mutex_unlock(&test_kept_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kept);

/* Opens it as a bus driver without services would */
static int services_show(struct seq_file *file, void *unused)
{
	struct page *page;
	u32 word = 0;
	int rc;

	mutex_lock(&test_kept_lock);
	rc = test_kept ? mdev_open_device(test_kept) : -ENODEV;
	seq_printf(file, "open %d\n", rc);
	if (!rc) {
		seq_printf(file, "pin %d read %d write %d signal %d\n",
			   mdev_pin_pages(test_kept, 0, 1, IOMMU_READ, &page),
			   mdev_read_memory(test_kept, 0, &word, sizeof(word)),
			   mdev_write_memory(test_kept, 0, &word, sizeof(word)),
			   mdev_signal(test_kept, 0, 0));
		seq_printf(file, "pin too many %d\n",
			   mdev_pin_pages(test_kept, 0,
					  VFIO_PIN_PAGES_MAX_ENTRIES + 1,
					  IOMMU_READ, &page));
		mdev_unpin_pages(test_kept, 0, 1);
		mdev_revoke(test_kept);
		mdev_close_device(test_kept);
	}
	mutex_unlock(&test_kept_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(services);

static int irqs_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "%#x %u %u %u\n", test_irqs.flags, test_irqs.index,
		   test_irqs.start, test_irqs.count);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(irqs);

static int test_signal(char *words)
{
	char *number = strsep(&words, " ");
	unsigned int index, vector;
	int rc = -ENODEV;

	if (!number || kstrtouint(number, 10, &index) || !words ||
	    kstrtouint(words, 10, &vector))
		return -EINVAL;
	mutex_lock(&test_kept_lock);
	if (test_kept)
		rc = mdev_signal(test_kept, index, vector);
	mutex_unlock(&test_kept_lock);
	return rc;
}

static int test_revoke(void)
{
	mutex_lock(&test_kept_lock);
	if (test_kept)
		mdev_revoke(test_kept);
	mutex_unlock(&test_kept_lock);
	return test_kept ? 0 : -ENODEV;
}

static int test_parent_command(int (*action)(unsigned int nr, char *words),
			       char *words)
{
	char *number = strsep(&words, " ");
	unsigned int nr;

	if (!number || kstrtouint(number, 10, &nr))
		return -ENOENT;
	return action(nr, words);
}

static int test_unregister(unsigned int nr, char *words)
{
	return words ? -ENOENT : test_parent_unregister(nr);
}

static int test_command(char *words)
{
	char *verb = strsep(&words, " ");

	if (!strcmp(verb, "register"))
		return test_parent_command(test_parent_register, words);
	if (!strcmp(verb, "unregister"))
		return test_parent_command(test_unregister, words);
	if (!strcmp(verb, "driver"))
		return test_driver_try(words);
	if (!strcmp(verb, "keep") && words)
		return test_keep_name(words);
	if (!strcmp(verb, "signal"))
		return test_signal(words);
	if (!strcmp(verb, "revoke"))
		return test_revoke();
	if (!strcmp(verb, "drop")) {
		test_keep(NULL);
		return 0;
	}
	return -ENOENT;
}

static ssize_t control_write(struct file *file, const char __user *ubuf,
			     size_t count, loff_t *pos)
{
	char *line;
	int rc;

	if (count >= PAGE_SIZE)
		return -EINVAL;
	line = memdup_user_nul(ubuf, count);
	if (IS_ERR(line))
		return PTR_ERR(line);
	rc = test_command(strim(line));
	kfree(line);
	return rc ?: count;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = control_write,
};

static int __init mdev_test_init(void)
{
	int rc;

	rc = test_driver_init();
	if (rc)
		return rc;
	rc = test_parents_init();
	if (rc) {
		test_driver_exit();
		return rc;
	}
	test_folder = debugfs_create_dir("mdev_test", NULL);
	debugfs_create_file("control", 0200, test_folder, NULL, &control_fops);
	debugfs_create_file("kept", 0400, test_folder, NULL, &kept_fops);
	debugfs_create_file("services", 0400, test_folder, NULL,
			    &services_fops);
	debugfs_create_file("irqs", 0400, test_folder, NULL, &irqs_fops);
	debugfs_create_u32("areas", 0600, test_folder, &test_areas);
	debugfs_create_u32("pin", 0600, test_folder, &test_pin);
	debugfs_create_u32("frame", 0600, test_folder, &test_frame);
	debugfs_create_u32("combine", 0600, test_folder, &test_combine);
	debugfs_create_u32("excess", 0600, test_folder, &test_excess);
	debugfs_create_atomic_t("pinned", 0400, test_folder, &test_pinned);
	debugfs_create_atomic_t("strays", 0600, test_folder, &test_strays);
	debugfs_create_u32("left", 0400, test_folder, &test_left);
	test_calls_add(test_folder);
	return 0;
}

static void __exit mdev_test_exit(void)
{
	debugfs_remove_recursive(test_folder);
	test_keep(NULL);
	test_parents_exit();
	test_driver_exit();
}

module_init(mdev_test_init);
module_exit(mdev_test_exit);

MODULE_DESCRIPTION("Parents and a bus driver for the tests of the mediated device core");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
