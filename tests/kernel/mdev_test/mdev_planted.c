// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_planted: a bug on request, of each kind that the kernels of
 * tests/vm/debug.config detect. So a test can show that the detectors work, and
 * that their reports in the log are recognized. Not to be loaded elsewhere.
 *
 * Usage: echo KIND >/sys/module/mdev_planted/parameters/plant; "rescue" ends the
 * hang that "hang" has caused.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/kobject.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static DEFINE_MUTEX(planted_a);
static DEFINE_MUTEX(planted_b);
static DEFINE_SPINLOCK(planted_lock);
static DECLARE_COMPLETION(planted_rescue);
static unsigned long planted_counter;
static int planted_shift = 40;

static void plant_warning(void)
{
	WARN(1, "planted\n");
}

static void plant_deadlock(void)
{
	mutex_lock(&planted_a);
	mutex_lock(&planted_b);
	mutex_unlock(&planted_b);
	mutex_unlock(&planted_a);
	/* In the other order */
	mutex_lock(&planted_b);
	mutex_lock(&planted_a);
	mutex_unlock(&planted_a);
	mutex_unlock(&planted_b);
}

static void plant_sleep(void)
{
	void *memory;

	spin_lock(&planted_lock);
	memory = kmalloc(16, GFP_KERNEL);
	spin_unlock(&planted_lock);
	kfree(memory);
}

static void plant_leak(void)
{
	void *memory;
	int i;

	for (i = 0; i < 10; i++) {
		memory = kzalloc(1000, GFP_KERNEL);
		/* Nothing else keeps the pointer: a leak. */
		OPTIMIZER_HIDE_VAR(memory);
	}
}

static void plant_shift(void)
{
	pr_info("planted: %d\n", 1 << READ_ONCE(planted_shift));
}

static void plant_list(void)
{
	struct list_head head, entry;

	INIT_LIST_HEAD(&head);
	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
}

static void plant_use_after_free(void)
{
	int *memory = kzalloc(sizeof(*memory), GFP_KERNEL);

	if (!memory)
		return;
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	pr_info("planted: %d\n", READ_ONCE(*memory));
}

static void planted_timer(struct timer_list *timer)
{
}

static void plant_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, planted_timer, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

/* It stays in sysfs until it is released. */
static void plant_release(void)
{
	struct kobject *kobj;

	kobj = kobject_create_and_add("released", &THIS_MODULE->mkobj.kobj);
	kobject_put(kobj);
}

static void plant_dma(void)
{
	struct platform_device *pdev;

	pdev = platform_device_register_simple("mdev_planted",
					       PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(pdev))
		return;
	/* Nobody has mapped it. */
	dma_unmap_single(&pdev->dev, 0x1000, 16, DMA_TO_DEVICE);
	platform_device_unregister(pdev);
}

static int planted_wait(void *unused)
{
	wait_for_completion(&planted_rescue);
	return 0;
}

/* Waits until plant_rescue() is called */
static void plant_hang(void)
{
	kthread_run(planted_wait, NULL, "planted");
}

static void plant_rescue(void)
{
	complete(&planted_rescue);
}

static int planted_count(void *data)
{
	struct completion *done = data;
	int i;

	for (i = 0; i < 1000000; i++) {
		planted_counter += i;
		barrier();
		if (!(i % 1000))
			cond_resched();
	}
	complete(done);
	return 0;
}

static void plant_race(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	int i, started = 0;

	for (i = 0; i < 2; i++)
		if (!IS_ERR(kthread_run(planted_count, &done, "planted")))
			started++;
	while (started--)
		wait_for_completion(&done);
}

static const struct {
	const char *name;
	void (*plant)(void);
} planted_bugs[] = {
	{ "warning", plant_warning },
	{ "deadlock", plant_deadlock },
	{ "sleep", plant_sleep },
	{ "leak", plant_leak },
	{ "shift", plant_shift },
	{ "list", plant_list },
	{ "timer", plant_timer },
	{ "release", plant_release },
	{ "dma", plant_dma },
	{ "hang", plant_hang },
	{ "rescue", plant_rescue },
	{ "race", plant_race },
	{ "use-after-free", plant_use_after_free },
};

static int planted_set(const char *val, const struct kernel_param *kp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(planted_bugs); i++)
		if (sysfs_streq(val, planted_bugs[i].name)) {
			planted_bugs[i].plant();
			return 0;
		}
	return -EINVAL;
}

static const struct kernel_param_ops planted_ops = {
	.set = planted_set,
};
module_param_cb(plant, &planted_ops, NULL, 0200);
MODULE_PARM_DESC(plant, "kind of bug");

static int __init planted_init(void)
{
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);

MODULE_DESCRIPTION("Bugs for the detectors of debug kernels");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
