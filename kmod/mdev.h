/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mediated devices: what parent drivers and bus drivers include
 */

#ifndef _VFIO_MDEV_H
#define _VFIO_MDEV_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vfio.h>

/**
 * DOC: What a mediated device is
 *
 * A mediated device (an *instance*) is a slice of a physical device (its
 * *parent*) that user space drives through VFIO. Three parties meet in the
 * core:
 *
 * - the *parent driver* owns the physical device. It registers it with
 *   mdev_register_device() and answers for what an instance does: its
 *   regions, its interrupts, its share of the hardware.
 * - a *bus driver* binds to instances and gives them to user space;
 *   ``vfio_mdev`` is the one in this tree. It registers with
 *   mdev_register_driver().
 * - the *administrator* makes and removes instances through sysfs. The files
 *   are described in ``ABI.rst``.
 *
 * An instance is identified by the UUID of the machine that it is meant for
 * and a number within that machine. No two instances of a host, on whatever
 * parents, share both.
 */

/**
 * DOC: What the core serializes
 *
 * For one instance, the parent driver's callbacks come in this order::
 *
 *	create
 *	  start, stop                   any number of times, in pairs
 *	  open, services, close         any number of times, in pairs
 *	stop                            if it was still started
 *	destroy
 *
 * @create has returned before anybody else can see the instance, and @destroy
 * is called when nobody can any longer. @start, @stop, @open and @close of
 * one instance never overlap each other; they may sleep, and may not wait for
 * user space, nor for a @dma_unmap of the instance's, which waits for @open and
 * @close. @read, @write, @set_irqs, @get_region_info, @get_irq_info,
 * @reset, @validate_map_request and @dma_unmap are called after @open has
 * returned and before @close is called, and can run at once, also with
 * themselves: the driver locks what they share. @dma_unmap is called with locks
 * of VFIO's held. It must not call a service that touches guest memory other
 * than mdev_unpin_pages(), and what it waits for must not wait for the user, or
 * for another @dma_unmap.
 *
 * Callbacks of different instances run at once, also on one parent. A driver
 * that can not have this for @create, @destroy, @start and @stop sets
 * &parent_ops.serialize, and the core runs these four one at a time for each
 * parent.
 *
 * mdev_start of a machine starts its instances one after another; two starts
 * or stops of one machine never overlap.
 */

struct mdev_device;
struct mdev_machine;
struct mdev_type;
struct parent_device;

/**
 * struct mdev_type_desc - a type of instance that a parent driver offers
 * @name: short name, unique within the driver. In sysfs the type's folder is
 *	called ``<driver>-<name>``. No slash.
 * @pretty_name: name for people, or NULL to show @name.
 */
struct mdev_type_desc {
	const char *name;
	const char *pretty_name;
};

/**
 * struct parent_ops - what a parent driver provides
 * @owner: module that holds the callbacks; pinned while an instance of the
 *	parent is open. Required.
 * @device_api: which VFIO API the instances speak, one of the
 *	VFIO_DEVICE_API_*_STRING. Required.
 * @num_regions: number of region indices, for VFIO_DEVICE_GET_INFO.
 * @num_irqs: number of interrupt indices, likewise.
 * @supported_types: the types, ended by an entry without a name. At least
 *	one. Must live as long as the parent is registered. Required.
 * @max_instances: how many instances a parent has, whatever their types. The
 *	core then counts. 0 where the driver counts by itself.
 * @serialize: run @create, @destroy, @start and @stop of one parent one at a
 *	time.
 * @dev_attr_groups: attributes of the parent while it is registered, or NULL.
 * @mdev_attr_groups: attributes of each instance, or NULL. They are there
 *	before the instance is announced.
 * @available_instances: how many more instances of the type the parent could
 *	take now; @create refuses one more with -EUSERS. Required where
 *	@max_instances is 0. Where both are given the lower number counts.
 * @description: print what sets the type apart into the page at buf with
 *	sysfs_emit(), return the length. Optional.
 * @create: take what an instance needs. @params is what user space wrote
 *	behind the identity, or NULL; it is gone when the callback returns.
 *	-EUSERS means that no instance of this type is left. Required.
 * @destroy: give it all back; cannot fail. Required.
 * @start: the machine is about to run. Optional, goes with @stop.
 * @stop: the machine has ended. An error is reported to user space, and the
 *	instance counts as started still. Goes with @start.
 * @open: the instance's file has been opened. Optional.
 * @close: the last user has closed it. When this returns the driver no longer
 *	uses a service of the core for the instance. Every page that was pinned
 *	is unpinned by then. Optional.
 * @read: read count bytes of the instance at the VFIO region offset pos into
 *	buf. The bus driver calls this with one access of the user's, which
 *	begins in a region below @num_regions; what is longer than
 *	MDEV_ACCESS_STEP is cut into whole steps, up to MDEV_ACCESS_MAX bytes at
 *	once, and the rest. A driver for which the width matters splits further.
 *	Returns the number of bytes read, which may be less than count, or an
 *	error. Required.
 * @write: likewise. Required.
 * @get_region_info: fill flags and size of the region info->index, and add
 *	capabilities to caps with vfio_info_add_capability(). index is below
 *	@num_regions and offset is mdev_region_offset() of it; size and flags
 *	are preset to 0, which means that there is no such region. Required.
 * @get_irq_info: fill flags and count of the interrupt info->index, which is
 *	below @num_irqs. The bus driver asks once after @open, and goes by that
 *	until @close. Optional; without it there are no interrupts.
 * @set_irqs: the user has changed the interrupt index; arguments as in struct
 *	vfio_irq_set. The bus driver has already done its part (it keeps the
 *	eventfds and the mask), so that mdev_signal() goes by the new state.
 *	A driver with a level interrupt looks here for an unmask, and signals
 *	again where its condition still holds. Must not fail. Optional.
 * @reset: bring the instance back to the state after @create. Optional.
 * @validate_map_request: the user touches the page at virtaddr of a mapping;
 *	pos is its VFIO region offset, in a region with
 *	VFIO_REGION_INFO_FLAG_MMAP, and flags for reading and writing that the
 *	mapping keeps to. Set *pfn, and *prot where caching differs;
 *	*size is a page. An error is a SIGBUS to the user. What was allowed
 *	stays until mdev_revoke() or close. Called with the user's mmap lock
 *	held. Optional; without it nothing can be mapped.
 * @dma_unmap: the user takes away the guest memory from iova on, length
 *	bytes, whether something is pinned there or not. Pages pinned there must
 *	be unpinned before this returns. Optional where no page is pinned.
 *
 * mdev_register_device() refuses a table in which a required entry is missing.
 * What may run at once is written in "What the core serializes".
 */
struct parent_ops {
	struct module *owner;
	const char *device_api;
	unsigned int num_regions;
	unsigned int num_irqs;
	const struct mdev_type_desc *supported_types;
	unsigned int max_instances;
	bool serialize;
	const struct attribute_group **dev_attr_groups;
	const struct attribute_group **mdev_attr_groups;

	unsigned int (*available_instances)(struct device *dev,
					    const struct mdev_type_desc *type);
	ssize_t (*description)(struct device *dev,
			       const struct mdev_type_desc *type, char *buf);
	int (*create)(struct mdev_device *mdev, const char *params);
	void (*destroy)(struct mdev_device *mdev);
	int (*start)(struct mdev_device *mdev);
	int (*stop)(struct mdev_device *mdev);
	int (*open)(struct mdev_device *mdev);
	void (*close)(struct mdev_device *mdev);
	ssize_t (*read)(struct mdev_device *mdev, char *buf, size_t count,
			loff_t pos);
	ssize_t (*write)(struct mdev_device *mdev, const char *buf,
			 size_t count, loff_t pos);
	int (*get_region_info)(struct mdev_device *mdev,
			       struct vfio_region_info *info,
			       struct vfio_info_cap *caps);
	int (*get_irq_info)(struct mdev_device *mdev,
			    struct vfio_irq_info *info);
	void (*set_irqs)(struct mdev_device *mdev, u32 flags,
			 unsigned int index, unsigned int start,
			 unsigned int count);
	int (*reset)(struct mdev_device *mdev);
	int (*validate_map_request)(struct mdev_device *mdev, loff_t pos,
				    unsigned long virtaddr, unsigned long *pfn,
				    unsigned long *size, pgprot_t *prot);
	void (*dma_unmap)(struct mdev_device *mdev, u64 iova, u64 length);
};

/*
 * Most bytes that one call of parent_ops.read or .write is asked for; and what it
 * is a multiple of where it is more than that.
 */
#define MDEV_ACCESS_MAX		256
#define MDEV_ACCESS_STEP	64

/* Regions stand this far apart in a device file. */
#define MDEV_REGION_SHIFT	40

/**
 * mdev_region_offset() - where the device file holds a region
 * @index: VFIO region index
 *
 * Return: the offset of its first byte.
 */
static inline u64 mdev_region_offset(unsigned int index)
{
	return (u64)index << MDEV_REGION_SHIFT;
}

/**
 * mdev_region_index() - which region an offset of the device file is in
 * @pos: offset, as &parent_ops.read and its like get it
 *
 * Return: the VFIO region index.
 */
static inline unsigned int mdev_region_index(loff_t pos)
{
	return (u64)pos >> MDEV_REGION_SHIFT;
}

/**
 * mdev_region_pos() - how far into its region an offset is
 * @pos: offset, as &parent_ops.read and its like get it
 *
 * Return: the distance from the region's first byte.
 */
static inline u64 mdev_region_pos(loff_t pos)
{
	return pos & ((1ULL << MDEV_REGION_SHIFT) - 1);
}

/**
 * struct mdev_id - what tells one instance from all others of the host
 * @uuid: the machine that it is meant for
 * @instance: number within the machine; 0 where none was given
 */
struct mdev_id {
	guid_t uuid;
	u32 instance;
};

/**
 * struct mdev_device - an instance
 * @dev: its device; a child of the parent's, on the mdev bus
 * @parent: its parent
 * @type: its type
 * @id: its identity
 * @group: IOMMU group while a bus driver is bound that has one, else NULL
 *
 * The other members are the core's.
 */
struct mdev_device {
	struct device dev;
	struct parent_device *parent;
	struct mdev_type *type;
	struct mdev_id id;
	struct iommu_group *group;

	/* private: locking rules stand at the head of mdev_core.c */
	void *drvdata;
	struct mdev_machine *machine;
	struct list_head parent_node;
	struct list_head machine_node;
	struct rhash_head id_node;
	struct mutex op_lock; /* start, stop, open, close, claim */
	const struct mdev_driver *drv;
	int probe_error;
	bool live;
	bool open;
	bool drv_changing;
	bool started;
};

/**
 * struct parent_device - a registered parent
 * @dev: the physical device
 * @ops: what its driver provides
 *
 * The other members are the core's.
 */
struct parent_device {
	struct device *dev;
	const struct parent_ops *ops;

	/* private: locking rules stand at the head of mdev_core.c */
	struct kref ref;
	struct list_head node;
	struct list_head devices;
	unsigned int nr_devices;
	wait_queue_head_t devices_gone;
	struct mutex ops_lock; /* where ops->serialize */
	struct kset *types_kset;
	struct list_head types;
	struct device_attribute create_attr;
	struct device_attribute destroy_attr;
};

/**
 * struct mdev_driver - a bus driver
 * @name: its name
 * @probe: take the instance. Required.
 * @remove: let go of it; waits until user space has closed it. Required.
 * @in_use: whether user space holds the instance, be it open or not, so that
 *	@remove would wait now. Does not wait itself. Optional.
 * @match: whether the driver can handle the instance. Optional; without it
 *	the driver handles every instance.
 * @pin_pages: see mdev_pin_pages(). Optional.
 * @unpin_pages: see mdev_unpin_pages(). Goes with @pin_pages.
 * @rw_memory: see mdev_read_memory(). Optional.
 * @signal: see mdev_signal(). Optional.
 * @revoke: see mdev_revoke(). Required of a driver that lets regions be mapped.
 * @driver: the core's
 *
 * The drvdata of &mdev_device.dev belongs to the bus driver; the parent
 * driver has mdev_set_drvdata().
 */
struct mdev_driver {
	const char *name;
	int (*probe)(struct mdev_device *mdev);
	void (*remove)(struct mdev_device *mdev);
	bool (*in_use)(struct mdev_device *mdev);
	bool (*match)(struct mdev_device *mdev);
	int (*pin_pages)(struct mdev_device *mdev, dma_addr_t iova, int npage,
			 int prot, struct page **pages);
	void (*unpin_pages)(struct mdev_device *mdev, dma_addr_t iova,
			    int npage);
	int (*rw_memory)(struct mdev_device *mdev, dma_addr_t iova, void *data,
			 size_t len, bool write);
	int (*signal)(struct mdev_device *mdev, unsigned int index,
		      unsigned int vector);
	void (*revoke)(struct mdev_device *mdev);
	struct device_driver driver;
};

#define to_mdev_device(_dev)	container_of(_dev, struct mdev_device, dev)
#define to_mdev_driver(_drv)	container_of(_drv, struct mdev_driver, driver)

extern struct bus_type mdev_bus_type;

/**
 * dev_is_mdev() - whether a device is an instance
 * @dev: any device
 *
 * Return: true where to_mdev_device() can be used on it.
 */
static inline bool dev_is_mdev(const struct device *dev)
{
	return dev->bus == &mdev_bus_type;
}

/**
 * mdev_set_drvdata() - keep the parent driver's own data with an instance
 * @mdev: the instance
 * @data: anything; usually set in &parent_ops.create
 */
static inline void mdev_set_drvdata(struct mdev_device *mdev, void *data)
{
	mdev->drvdata = data;
}

/**
 * mdev_get_drvdata() - the parent driver's own data
 * @mdev: the instance
 *
 * Return: what mdev_set_drvdata() was given last, or NULL.
 */
static inline void *mdev_get_drvdata(struct mdev_device *mdev)
{
	return mdev->drvdata;
}

/**
 * mdev_get_device() - take a reference
 * @mdev: an instance that the caller has some hold of, or NULL
 *
 * The reference keeps the structure, not the instance: it can be removed
 * meanwhile.
 *
 * Return: @mdev.
 */
static inline struct mdev_device *mdev_get_device(struct mdev_device *mdev)
{
	if (mdev)
		get_device(&mdev->dev);
	return mdev;
}

/**
 * mdev_put_device() - give a reference back
 * @mdev: an instance, or NULL
 *
 * Context: process context.
 */
static inline void mdev_put_device(struct mdev_device *mdev)
{
	if (mdev)
		put_device(&mdev->dev);
}

const struct mdev_type_desc *mdev_type_desc(struct mdev_device *mdev);

int mdev_register_device(struct device *dev, const struct parent_ops *ops);
void mdev_unregister_device(struct device *dev);

int mdev_register_driver(struct mdev_driver *drv, struct module *owner);
void mdev_unregister_driver(struct mdev_driver *drv);

struct mdev_device *mdev_get_device_by_group(struct iommu_group *group);

/* For bus drivers */
int mdev_open_device(struct mdev_device *mdev);
void mdev_close_device(struct mdev_device *mdev);

/* For parent drivers, while the instance is open */
int mdev_pin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage,
		   int prot, struct page **pages);
void mdev_unpin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage);
int mdev_read_memory(struct mdev_device *mdev, dma_addr_t iova, void *data,
		     size_t len);
int mdev_write_memory(struct mdev_device *mdev, dma_addr_t iova,
		      const void *data, size_t len);
int mdev_signal(struct mdev_device *mdev, unsigned int index,
		unsigned int vector);
void mdev_revoke(struct mdev_device *mdev);

#endif /* _VFIO_MDEV_H */
