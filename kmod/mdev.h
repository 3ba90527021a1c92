/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mediated devices: the interface to parent drivers and bus drivers
 */

#ifndef _VFIO_MDEV_H
#define _VFIO_MDEV_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/refcount.h>
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
 * - the *parent driver* owns the physical device. It registers the device with
 *   mdev_register_device(), and implements what an instance does: its regions,
 *   its interrupts, its share of the hardware.
 * - a *bus driver* binds to instances and gives them to user space. There is
 * one
 *   in this tree, ``vfio_mdev``. It registers with mdev_register_driver().
 * - the *administrator* makes and removes instances through files in sysfs,
 * which
 *   are described in ``ABI.rst``.
 *
 * An instance is identified by the UUID of the virtual machine that it is meant
 * for, and a number within that machine. No two instances of a host have both
 * in common, even if their parents differ.
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
 * @create returns before anyone else can see the instance, and @destroy is
 * called when no one can see it any more.
 *
 * @start, @stop, @open, @close and @request of one instance never overlap. They
 * may sleep. They must not wait for user space, nor for @dma_unmap of the same
 * instance, which itself waits for @open and @close.
 *
 * @read, @write, @set_irqs, @get_region_info, @get_irq_info, @reset, @request,
 * @validate_map_request and @dma_unmap are called only after @open has returned
 * and before @close is called. In between any of them can run at the same time,
 * also several calls of the same one: the driver locks what they share.
 *
 * @dma_unmap is called with locks of VFIO held. Of the services that use guest
 * memory it may call mdev_unpin_pages() only. It must not wait for something
 * that waits for the user, or for another @dma_unmap.
 *
 * Callbacks of different instances run at the same time, also on one parent. A
 * driver that cannot cope with this in @create, @destroy, @start and @stop sets
 * &parent_ops.serialize. For each of its parents, the core then calls these
 * four one at a time.
 *
 * A write to mdev_start starts the instances of a machine one after another.
 * Two starts or stops of one machine never overlap.
 */

struct mdev_device;
struct parent_device;

/**
 * struct mdev_type_desc - a type of instance that a parent driver offers
 * @name: short name, unique within the driver, without a slash. The type's
 *	folder in sysfs is called ``<driver>-<name>``.
 * @pretty_name: a name for people; if it is NULL they see @name
 */
struct mdev_type_desc {
	const char *name;
	const char *pretty_name;
};

/**
 * struct parent_ops - what a parent driver provides
 * @owner: the module of the callbacks, which stays loaded while an instance of
 *	the parent is open. Required.
 * @device_api: the VFIO API of the instances, one of VFIO_DEVICE_API_*_STRING.
 *	Required.
 * @num_regions: number of region indices, for VFIO_DEVICE_GET_INFO.
 * @num_irqs: number of interrupt indices, likewise.
 * @supported_types: the types, at least one, and an entry without a name at the
 *	end. Must exist as long as the parent is registered. Required.
 * @max_instances: the number of instances that a parent can have, of all types
 *	together. The core counts them. 0 if the driver counts by itself.
 * @serialize: for each parent, call @create, @destroy, @start and @stop one at
 *	a time.
 * @dev_attr_groups: attributes of the parent while it is registered, or NULL.
 * @mdev_attr_groups: attributes of each instance, or NULL. They exist before
 *	the instance is announced.
 * @available_instances: how many more instances of the type the parent can have
 *	now. When there are none, @create returns -EUSERS. Required if
 *	@max_instances is 0. If both are given, the lower number counts.
 * @description: print what distinguishes the type with sysfs_emit() to buf,
 *	which is a page, and return the length. Optional.
 * @create: allocate what an instance needs. @params is what user space has
 *	written after the identity, or NULL; the memory is freed when the
 *	callback returns. -EUSERS means that no instance of this type is left.
 *	Required.
 * @destroy: undo @create; cannot fail. Required.
 * @start: the machine is about to run. Optional, goes with @stop.
 * @stop: the machine has ended. An error is reported to user space, and the
 *	instance is still started then. Goes with @start.
 * @open: the instance has been opened by a first user. Optional.
 * @close: the last user has closed it. When this returns, the driver no longer
 *	uses a service of the core for the instance, and has unpinned all pages.
 *	Optional.
 * @read: read up to count bytes of the instance, from the VFIO region offset
 *	pos on, into buf, which is zeroed. pos and all of the bytes are in one
 *	region. The bus driver calls this for one access of the user. It splits an access that is
 *	longer than MDEV_ACCESS_STEP into calls for a multiple of that,
 *	MDEV_ACCESS_MAX at most, and one for the rest. If registers have a
 *	width, the driver splits further. Returns the number of bytes read,
 *	which can be less than count, or an error. Required.
 * @write: likewise. Required.
 * @get_region_info: fill flags and size of the region info->index, and add
 *	capabilities to caps with vfio_info_add_capability(). index is below
 *	@num_regions, and offset is mdev_region_offset() of it. flags and size
 *	are 0 before the call; if they stay so, there is no such region. The bus
 *	driver calls this once for each region after @open, and relies on flags
 *	and size until @close, and on that a region without capabilities stays
 *	one. It calls it again when the user asks for one that has any. If it
 *	fails after @open, so does the open. Required.
 * @get_irq_info: fill flags and count of the interrupt info->index, which is
 *	below @num_irqs. The bus driver calls this once after @open, and relies
 *	on the answer until @close. Optional; without it there are no
 *	interrupts.
 * @set_irqs: the user has changed the interrupt index; the arguments are those
 *	of struct vfio_irq_set. The bus driver, which keeps the eventfds and
 *	masks, has changed them before the call, so mdev_signal() already uses
 *	the new ones. The driver of a level interrupt signals here again if the
 *	interrupt was unmasked and its condition still holds. Cannot fail.
 *	Optional.
 * @request: the user is asked to let go of the open instance, since its parent
 *	goes or the bus driver is unbound. Comes again every ten seconds while
 *	the user is waited for; count says how often it has come since @open.
 *	The bus driver asks by an interrupt where the API has one for that
 *	(VFIO_*_REQ_IRQ_INDEX), which the parent driver need not describe. For a
 *	driver that has another way to ask, or that can end what the user has
 *	the hardware do. Must not wait for the user. Optional.
 * @reset: bring the instance back to its state after @create. Optional.
 * @validate_map_request: the user touches the page at virtaddr of a mapping.
 *	pos is its VFIO region offset, in a region with
 *	VFIO_REGION_INFO_FLAG_MMAP whose flags allow the access. *size is the
 *	size of a page. Set *pfn. *prot is what memory needs; where *pfn is
 *	none (by pfn_valid()), it is mapped uncached and decrypted, as registers
 *	need, unless *prot is changed: to pgprot_writecombine(*prot), say.
 *	After an error the user gets SIGBUS. The page stays mapped until
 *	mdev_revoke() or @close. *size says that one page is asked for, and is
 *	not looked at after the call. Optional; without it nothing can be
 *	mapped.
 *
 *	It is called with the mmap lock of the user held, because the user's
 *	thread touches the page, or because the kernel does on behalf of the
 *	user. So it must not take a lock that the driver holds anywhere while
 *	the user's memory is accessed: over mdev_pin_pages(),
 *	mdev_read_memory() or mdev_write_memory(), which take the mmap lock;
 *	or over copy_to_user() and the like.
 * @dma_unmap: the user takes away length bytes of guest memory, from iova on.
 *	Pages pinned there must be unpinned before this returns. It is also
 *	called if there are none. Required of a driver that pins pages.
 *
 * @owner of code that is built into the kernel is NULL, as THIS_MODULE is there.
 *
 * mdev_register_device() refuses a table that lacks a required entry. "What the
 * core serializes" says which callbacks can run at the same time.
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
	void (*request)(struct mdev_device *mdev, unsigned int count);
};

/* The largest number of bytes that parent_ops.read or .write gets at once */
#define MDEV_ACCESS_MAX		256

/* A call that gets more bytes than this gets a multiple of it. */
#define MDEV_ACCESS_STEP	64

/* In a device file, region number i begins at i << MDEV_REGION_SHIFT. */
#define MDEV_REGION_SHIFT	40

/**
 * mdev_region_offset() - the offset of a region in the device file
 * @index: VFIO region index
 *
 * Return: the offset of its first byte.
 */
static inline u64 mdev_region_offset(unsigned int index)
{
	return (u64)index << MDEV_REGION_SHIFT;
}

/**
 * mdev_region_index() - the region that an offset of the device file is in
 * @pos: offset, as passed to &parent_ops.read
 *
 * Return: the VFIO region index.
 */
static inline unsigned int mdev_region_index(loff_t pos)
{
	return (u64)pos >> MDEV_REGION_SHIFT;
}

/**
 * mdev_region_pos() - the position of an offset within its region
 * @pos: offset, as passed to &parent_ops.read
 *
 * Return: the distance from the region's first byte.
 */
static inline u64 mdev_region_pos(loff_t pos)
{
	return pos & ((1ULL << MDEV_REGION_SHIFT) - 1);
}

/**
 * struct mdev_id - the identity of an instance, unique on the host
 * @uuid: the machine that it is meant for
 * @instance: number within the machine; 0 if user space gave none
 */
struct mdev_id {
	guid_t uuid;
	u32 instance;
};

/**
 * struct mdev_device - an instance
 * @dev: its device, on the mdev bus, below the parent's
 * @parent: its parent
 * @type: its type; only until &parent_ops.destroy has returned
 * @id: its identity
 * @group: its IOMMU group, if it has one, while a bus driver is bound; else
 *	NULL
 *
 * The other members belong to the core.
 */
struct mdev_device {
	struct device dev;
	struct parent_device *parent;
	const struct mdev_type_desc *type;
	struct mdev_id id;
	struct iommu_group *group;

	/* private: */
	void *drvdata;
	const struct mdev_driver *drv; /* while it is bound */
	bool open; /* under mdev_device_lock() */
	unsigned int requests; /* so is this */
	refcount_t service_users;
	struct completion services_unused;
};

/**
 * struct parent_device - a registered parent
 * @dev: the physical device
 * @ops: what its driver provides
 */
struct parent_device {
	struct device *dev;
	const struct parent_ops *ops;
};

/**
 * struct mdev_driver - a bus driver
 * @name: its name
 * @probe: begin to drive the instance. Required.
 * @remove: stop driving it; waits until user space has closed it. Required.
 * @in_use: whether @remove would have to wait for user space now. Does not wait
 *	itself. Optional.
 * @request: ask the users to let go of the instance, and return at once whether
 *	there was a way to. Called for all open instances of a parent that is
 *	going away, before @remove is called for one after the other, which has
 *	to ask again by mdev_request_device(). Optional.
 * @match: whether the driver can drive the instance. It returns at once, and
 *	opens nothing. Optional; without it the driver takes every instance.
 * @pin_pages: see mdev_pin_pages(). Optional.
 * @unpin_pages: see mdev_unpin_pages(). Goes with @pin_pages.
 * @rw_memory: see mdev_read_memory(). Optional.
 * @signal: see mdev_signal(). Optional.
 * @revoke: see mdev_revoke(). Required of a driver that lets regions be mapped.
 * @driver: belongs to the core
 *
 * The drvdata of &mdev_device.dev belongs to the bus driver. The parent driver
 * uses mdev_set_drvdata().
 */
struct mdev_driver {
	const char *name;
	int (*probe)(struct mdev_device *mdev);
	void (*remove)(struct mdev_device *mdev);
	bool (*in_use)(struct mdev_device *mdev);
	bool (*request)(struct mdev_device *mdev);
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

bool dev_is_mdev(const struct device *dev);

/**
 * mdev_set_drvdata() - attach the parent driver's data to an instance
 * @mdev: the instance
 * @data: any pointer; usually set in &parent_ops.create
 */
static inline void mdev_set_drvdata(struct mdev_device *mdev, void *data)
{
	mdev->drvdata = data;
}

/**
 * mdev_get_drvdata() - the parent driver's data
 * @mdev: the instance
 *
 * Return: the pointer that was set by mdev_set_drvdata() last, or NULL.
 */
static inline void *mdev_get_drvdata(struct mdev_device *mdev)
{
	return mdev->drvdata;
}

/**
 * mdev_get_device() - take a reference
 * @mdev: an instance that cannot be released during the call, or NULL
 *
 * The reference keeps the structure in memory. It does not keep the instance
 * from being removed.
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
 * mdev_put_device() - drop a reference
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

/*
 * The number of this interface. It is raised when a structure or function here
 * changes so that modules that were built before do not fit any more.
 */
#define MDEV_API	1

/**
 * struct mdev_build - what a module was built with
 * @api: MDEV_API; the first member of every version of this structure
 * @ops_size: size of &struct parent_ops
 * @driver_size: size of &struct mdev_driver
 * @device_size: size of &struct mdev_device
 * @parent_size: size of &struct parent_device
 *
 * A kernel with CONFIG_MODVERSIONS does not load a module that was built with
 * another mdev.h than mdev.ko. Others, such as that of Debian 14, would load it:
 * there the registration refuses it.
 */
struct mdev_build {
	u32 api;
	u32 ops_size;
	u32 driver_size;
	u32 device_size;
	u32 parent_size;
};

#define MDEV_BUILD \
	((const struct mdev_build){ \
		.api = MDEV_API, \
		.ops_size = sizeof(struct parent_ops), \
		.driver_size = sizeof(struct mdev_driver), \
		.device_size = sizeof(struct mdev_device), \
		.parent_size = sizeof(struct parent_device), \
	})

/* For the macros below */
int __mdev_register_device(struct device *dev, const struct parent_ops *ops,
			   struct module *module,
			   const struct mdev_build *build);
int mdev_register_bus_driver(struct mdev_driver *drv, struct module *owner,
			     const struct mdev_build *build);
void mdev_unregister_bus_driver(struct mdev_driver *drv);

/**
 * mdev_register_device() - make a device a parent of mediated devices
 * @_dev: the device. It is bound to its driver, and stays so until
 *	mdev_unregister_device() has returned.
 * @_ops: what its driver provides, a &struct parent_ops. Does not change until
 *	then.
 *
 * User space can make instances before this returns, so the driver has to be
 * ready for every callback when it calls this.
 *
 * Context: process context.
 * Return: 0; -EINVAL if the table lacks something required, or the module was
 * built with another mdev.h, which is logged; -EEXIST if the device is
 * registered already, has a file of a name that the core needs, or two types
 * have one name; -ENOMEM.
 */
#define mdev_register_device(_dev, _ops) \
	__mdev_register_device(_dev, _ops, THIS_MODULE, &MDEV_BUILD)

void mdev_unregister_device(struct device *dev);

/**
 * mdev_register_driver() - register a bus driver
 * @_drv: the driver, a &struct mdev_driver with name, probe and remove set
 * @_owner: its module
 *
 * It probes every instance of this interface that it matches and that has no
 * driver. The kernel's interface has a function of this name, with one argument.
 *
 * Context: process context.
 * Return: 0; -EINVAL if something required is missing, or the module was built
 * with another mdev.h, which is logged; -EBUSY if there is a driver of that
 * name; or another error of driver_register().
 */
#define mdev_register_driver(_drv, _owner) \
	mdev_register_bus_driver(_drv, _owner, &MDEV_BUILD)

/**
 * mdev_unregister_driver() - undo mdev_register_driver()
 * @_drv: a registered driver
 *
 * Waits until user space has closed its instances. They stay, without a driver.
 *
 * Context: process context.
 */
#define mdev_unregister_driver(_drv)	mdev_unregister_bus_driver(_drv)

struct mdev_device *mdev_get_device_by_group(struct iommu_group *group);

/* For bus drivers */
int mdev_open_device(struct mdev_device *mdev);
void mdev_close_device(struct mdev_device *mdev);
void mdev_request_device(struct mdev_device *mdev);

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
