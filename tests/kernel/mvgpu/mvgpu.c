// SPDX-License-Identifier: GPL-2.0-only
/*
 * mvgpu: a card whose virtual functions are GPUs of a type, as NVIDIA's are
 *
 * A virtual function is of no use until a type is written to its file
 * nvidia/current_vgpu_type. Then VFIO gives it to user space, until 0 is written.
 * Two drivers in the world have these files, and differ in nearly every errno:
 * flavour=vendor behaves as the one that NVIDIA ships, flavour=rfc as the one that
 * was posted for the kernel in 2025.
 *
 * The hardware is any with SR-IOV that QEMU emulates; nothing here touches it. A
 * card has memory for a number of units, of which a type takes one or more.
 *
 * Parameters, beside the flavour:
 *
 * refuse_raw	 sriov_numvfs cannot be written, as on cards whose virtual functions
 *		 only a tool of the vendor enables
 * slow_close	 milliseconds after the last close during which a virtual function
 *		 still counts as open
 * heterogeneous types of different sizes fit on one card at the same time
 */

#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <linux/vfio_pci_core.h>

/**
 * struct mvgpu_flavour - what the drivers do differently
 * @name: the parameter's value
 * @card_driver: name of the driver that the physical functions have
 * @driver: name of the driver that the virtual functions have
 * @unknown: errno of writing a type that the card does not have
 * @other_size: errno of writing a type of another size than those in use
 * @full: errno of writing a type for which no memory is left
 * @taken: errno of writing a type where there is one; 0: it counts twice
 * @none: errno of writing 0 where there is no type, or 0
 * @in_use: errno of writing anything while the function is open
 * @short_list: the types that can be created have no heading once one is in use
 */
struct mvgpu_flavour {
	const char *name;
	const char *card_driver;
	const char *driver;
	int unknown;
	int other_size;
	int full;
	int taken;
	int none;
	int in_use;
	bool short_list;
};

static const struct mvgpu_flavour mvgpu_flavours[] = {
	{
		.name = "vendor",
		.card_driver = "nvidia",
		.driver = "nvidia",
		.unknown = -EIO,
		.other_size = -EIO,
		.full = -EIO,
		.taken = -EPERM,
		.none = -EPERM,
		.in_use = -EPERM,
	}, {
		.name = "rfc",
		.card_driver = "nova-core",
		.driver = "nvidia-vgpu-vfio",
		.unknown = -ENODEV,
		.other_size = -EINVAL,
		.full = -ENOSPC,
		.in_use = -EBUSY,
		.short_list = true,
	},
};

static const struct mvgpu_flavour *mvgpu = &mvgpu_flavours[0];

static char *flavour = "vendor";
module_param(flavour, charp, 0444);
MODULE_PARM_DESC(flavour, "The driver to be like: vendor or rfc");

static bool refuse_raw;
module_param(refuse_raw, bool, 0644);
MODULE_PARM_DESC(refuse_raw, "Refuse to change sriov_numvfs");

static unsigned int slow_close;
module_param(slow_close, uint, 0644);
MODULE_PARM_DESC(slow_close, "Milliseconds that a closed function still counts as open");

static bool heterogeneous;
module_param(heterogeneous, bool, 0644);
MODULE_PARM_DESC(heterogeneous, "Types of different sizes fit on one card");

struct mvgpu_type {
	const char *name;
	unsigned int id;
	unsigned int size;
};

/*
 * Two models of cards. The id of a type says nothing about a card of another model:
 * 1148 is a type of both, with another name and another size.
 */
static const struct mvgpu_type mvgpu_large_types[] = {
	{ "NVIDIA TEST-1Q", 1147, 1 },
	{ "NVIDIA TEST-2Q", 1148, 2 },
	{ "NVIDIA TEST-4Q", 1149, 4 },
	{ "NVIDIA TEST-8Q", 1150, 8 },
	{}
};

static const struct mvgpu_type mvgpu_small_types[] = {
	{ "NVIDIA MINI-1B", 63, 1 },
	{ "NVIDIA MINI-4B", 1148, 4 },
	{}
};

/**
 * struct mvgpu_card - a physical function
 * @lock: guards the rest, and its virtual functions
 * @types: what it has, up to the one without a name
 * @memory: units that it has
 * @used: units that are in use
 * @size: units of a type of which instances exist, or 0
 */
struct mvgpu_card {
	struct mutex lock; /* guards what changes below, and the virtual functions */
	const struct mvgpu_type *types;
	unsigned int memory;
	unsigned int used;
	unsigned int size;
};

/**
 * struct mvgpu_vf - a virtual function
 * @core: VFIO's part of it
 * @card: its physical function, which is there as long as this is
 * @type: its type, or NULL
 * @params: what was written to vgpu_params for this type
 * @is_open: user space has it open
 * @was_open: it has been open since it got its type
 * @closed: when it was closed, in jiffies
 */
struct mvgpu_vf {
	struct vfio_pci_core_device core;
	struct mvgpu_card *card;
	const struct mvgpu_type *type;
	char params[256];
	bool is_open;
	bool was_open;
	unsigned long closed;
};

static struct mvgpu_vf *to_vf(struct device *dev)
{
	return container_of((struct vfio_pci_core_device *)dev_get_drvdata(dev), struct mvgpu_vf,
			    core);
}

/* Returns 0, or the errno that the flavour has for a type that does not fit */
static int mvgpu_card_fits(const struct mvgpu_card *card, const struct mvgpu_type *type)
{
	lockdep_assert_held(&card->lock);
	if (card->size && card->size != type->size && !heterogeneous)
		return mvgpu->other_size;
	return card->used + type->size > card->memory ? mvgpu->full : 0;
}

static const struct mvgpu_type *mvgpu_card_find(const struct mvgpu_card *card, long id)
{
	const struct mvgpu_type *type;

	for (type = card->types; type->name; type++)
		if (type->id == id)
			return type;
	return NULL;
}

/* Context: the card's lock held */
static void mvgpu_vf_clear(struct mvgpu_vf *vf)
{
	struct mvgpu_card *card = vf->card;

	if (!vf->type)
		return;
	card->used -= vf->type->size;
	if (!card->used)
		card->size = 0;
	vf->type = NULL;
	vf->params[0] = '\0';
	vf->was_open = false;
}

static bool mvgpu_vf_is_in_use(const struct mvgpu_vf *vf)
{
	return vf->is_open ||
	       (vf->was_open && time_before(jiffies, vf->closed + msecs_to_jiffies(slow_close)));
}

/*
 * A second type is memory that is never given back: what clears the function gives back
 * that of one.
 */
static int mvgpu_vf_set(struct mvgpu_vf *vf, const struct mvgpu_type *type)
{
	struct mvgpu_card *card = vf->card;
	int rc;

	if (!type)
		return mvgpu->unknown;
	rc = mvgpu_card_fits(card, type);
	if (rc)
		return rc;
	card->used += type->size;
	card->size = type->size;
	vf->type = type;
	return 0;
}

static int mvgpu_vf_write(struct mvgpu_vf *vf, long id)
{
	lockdep_assert_held(&vf->card->lock);
	if (mvgpu_vf_is_in_use(vf))
		return mvgpu->in_use;
	if (!id && !vf->type)
		return mvgpu->none;
	if (id && vf->type && mvgpu->taken)
		return mvgpu->taken;
	if (id)
		return mvgpu_vf_set(vf, mvgpu_card_find(vf->card, id));
	mvgpu_vf_clear(vf);
	return 0;
}

static ssize_t current_vgpu_type_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mvgpu_vf *vf = to_vf(dev);
	int len;

	mutex_lock(&vf->card->lock);
	len = sysfs_emit(buf, "%u\n", vf->type ? vf->type->id : 0);
	mutex_unlock(&vf->card->lock);
	return len;
}

static ssize_t current_vgpu_type_store(struct device *dev, struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct mvgpu_vf *vf = to_vf(dev);
	long id;
	int rc = kstrtol(buf, 10, &id);

	if (rc)
		return rc;
	mutex_lock(&vf->card->lock);
	rc = mvgpu_vf_write(vf, id);
	mutex_unlock(&vf->card->lock);
	return rc ? rc : count;
}
static DEVICE_ATTR_RW(current_vgpu_type);

static ssize_t creatable_vgpu_types_show(struct device *dev, struct device_attribute *attr,
					 char *buf)
{
	struct mvgpu_vf *vf = to_vf(dev);
	const struct mvgpu_type *type;
	int len = 0;

	mutex_lock(&vf->card->lock);
	if (!mvgpu->short_list || !vf->card->used)
		len = sysfs_emit(buf, "ID    : vGPU Name\n");
	for (type = vf->card->types; type->name && !vf->type; type++)
		if (!mvgpu_card_fits(vf->card, type))
			len += sysfs_emit_at(buf, len, "%-5u : %s\n", type->id, type->name);
	mutex_unlock(&vf->card->lock);
	return len;
}
static DEVICE_ATTR_RO(creatable_vgpu_types);

/* Where an instance was placed, which is known once there is one */
static ssize_t mvgpu_vf_show_place(struct device *dev, char *buf)
{
	struct mvgpu_vf *vf = to_vf(dev);
	int rc;

	mutex_lock(&vf->card->lock);
	rc = vf->type ? sysfs_emit(buf, "0\n") : -ENXIO;
	mutex_unlock(&vf->card->lock);
	return rc;
}

static ssize_t gpu_instance_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mvgpu_vf_show_place(dev, buf);
}
static DEVICE_ATTR_RO(gpu_instance_id);

static ssize_t placement_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return mvgpu_vf_show_place(dev, buf);
}
static DEVICE_ATTR_RO(placement_id);

static ssize_t vgpu_params_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mvgpu_vf *vf = to_vf(dev);
	int len;

	mutex_lock(&vf->card->lock);
	len = sysfs_emit(buf, "%s\n", vf->params);
	mutex_unlock(&vf->card->lock);
	return len;
}

static ssize_t vgpu_params_store(struct device *dev, struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct mvgpu_vf *vf = to_vf(dev);
	int rc = 0;

	if (!strchr(buf, '=') || count >= sizeof(vf->params))
		return -EINVAL;
	mutex_lock(&vf->card->lock);
	if (vf->type && !mvgpu_vf_is_in_use(vf)) {
		strscpy(vf->params, buf, sizeof(vf->params));
		strim(vf->params);
	} else {
		rc = -EPERM;
	}
	mutex_unlock(&vf->card->lock);
	return rc ? rc : count;
}
static DEVICE_ATTR_RW(vgpu_params);

static struct attribute *mvgpu_vf_attrs[] = {
	&dev_attr_creatable_vgpu_types.attr,
	&dev_attr_current_vgpu_type.attr,
	&dev_attr_gpu_instance_id.attr,
	&dev_attr_placement_id.attr,
	&dev_attr_vgpu_params.attr,
	NULL
};

static const struct attribute_group mvgpu_vf_group = {
	.name = "nvidia",
	.attrs = mvgpu_vf_attrs,
};

/* After this the type can be changed again, if not at once */
static void mvgpu_vf_closed(struct mvgpu_vf *vf)
{
	mutex_lock(&vf->card->lock);
	vf->is_open = false;
	vf->closed = jiffies;
	mutex_unlock(&vf->card->lock);
}

static int mvgpu_vf_open(struct vfio_device *vdev)
{
	struct mvgpu_vf *vf = container_of(vdev, struct mvgpu_vf, core.vdev);
	int rc;

	mutex_lock(&vf->card->lock);
	vf->is_open = vf->type;
	vf->was_open = vf->type;
	rc = vf->type ? 0 : -ENODEV;
	mutex_unlock(&vf->card->lock);
	if (rc)
		return rc;
	rc = vfio_pci_core_enable(&vf->core);
	if (rc) {
		mvgpu_vf_closed(vf);
		return rc;
	}
	vfio_pci_core_finish_enable(&vf->core);
	return 0;
}

static void mvgpu_vf_close(struct vfio_device *vdev)
{
	vfio_pci_core_close_device(vdev);
	mvgpu_vf_closed(container_of(vdev, struct mvgpu_vf, core.vdev));
}

static const struct vfio_device_ops mvgpu_vf_ops = {
	.name = "mvgpu",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = mvgpu_vf_open,
	.close_device = mvgpu_vf_close,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	.match_token_uuid = vfio_pci_core_match_token_uuid,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	.bind_iommufd = vfio_iommufd_physical_bind,
	.unbind_iommufd = vfio_iommufd_physical_unbind,
	.attach_ioas = vfio_iommufd_physical_attach_ioas,
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	.get_region_info_caps = vfio_pci_ioctl_get_region_info,
#endif
};

static int mvgpu_sriov_configure(struct pci_dev *pdev, int nr)
{
	return refuse_raw ? -EPERM : pci_sriov_configure_simple(pdev, nr);
}

static int mvgpu_card_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct mvgpu_card *card;

	if (pdev->is_virtfn)
		return -ENODEV;
	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	mutex_init(&card->lock);
	if (pci_sriov_get_totalvfs(pdev) > 8) {
		card->types = mvgpu_large_types;
		card->memory = 16;
	} else {
		card->types = mvgpu_small_types;
		card->memory = 8;
	}
	pci_set_drvdata(pdev, card);
	return 0;
}

static void mvgpu_card_remove(struct pci_dev *pdev)
{
	pci_disable_sriov(pdev);
}

static const struct pci_device_id mvgpu_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_REDHAT, 0x0010) }, /* QEMU's nvme */
	{}
};

/* Only flavours whose virtual functions have a driver of their own register this one. */
static struct pci_driver mvgpu_card_driver = {
	.id_table = mvgpu_ids,
	.probe = mvgpu_card_probe,
	.remove = mvgpu_card_remove,
	.sriov_configure = mvgpu_sriov_configure,
};

static struct pci_driver mvgpu_driver;

static bool mvgpu_has_two_drivers(void)
{
	return strcmp(mvgpu->card_driver, mvgpu->driver);
}

static int mvgpu_vf_register(struct mvgpu_vf *vf, struct pci_dev *pdev)
{
	int rc;

	dev_set_drvdata(&pdev->dev, &vf->core);
	rc = vfio_pci_core_register_device(&vf->core);
	if (rc)
		return rc;
	/* By then VFIO has announced the function already, as with either driver. */
	rc = sysfs_create_group(&pdev->dev.kobj, &mvgpu_vf_group);
	if (rc)
		vfio_pci_core_unregister_device(&vf->core);
	return rc;
}

static int mvgpu_vf_probe(struct pci_dev *pdev)
{
	struct mvgpu_card *card;
	struct mvgpu_vf *vf;
	int rc;

	card = pci_iov_get_pf_drvdata(pdev, mvgpu_has_two_drivers() ? &mvgpu_card_driver :
								      &mvgpu_driver);
	if (IS_ERR(card))
		return PTR_ERR(card);
	vf = vfio_alloc_device(mvgpu_vf, core.vdev, &pdev->dev, &mvgpu_vf_ops);
	if (IS_ERR(vf))
		return PTR_ERR(vf);
	vf->card = card;
	rc = mvgpu_vf_register(vf, pdev);
	if (rc)
		vfio_put_device(&vf->core.vdev);
	return rc;
}

static int mvgpu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	if (pdev->is_virtfn)
		return mvgpu_vf_probe(pdev);
	return mvgpu_has_two_drivers() ? -ENODEV : mvgpu_card_probe(pdev, id);
}

/* Whoever has the function open is asked to close it, and waited for. */
static void mvgpu_vf_remove(struct pci_dev *pdev)
{
	struct mvgpu_vf *vf = to_vf(&pdev->dev);

	sysfs_remove_group(&pdev->dev.kobj, &mvgpu_vf_group);
	vfio_pci_core_unregister_device(&vf->core);
	mutex_lock(&vf->card->lock);
	mvgpu_vf_clear(vf);
	mutex_unlock(&vf->card->lock);
	vfio_put_device(&vf->core.vdev);
}

static void mvgpu_remove(struct pci_dev *pdev)
{
	if (pdev->is_virtfn)
		mvgpu_vf_remove(pdev);
	else
		mvgpu_card_remove(pdev);
}

static struct pci_driver mvgpu_driver = {
	.id_table = mvgpu_ids,
	.probe = mvgpu_probe,
	.remove = mvgpu_remove,
	.sriov_configure = mvgpu_sriov_configure,
	.driver_managed_dma = true,
};

static const struct mvgpu_flavour *mvgpu_flavour_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mvgpu_flavours); i++)
		if (!strcmp(mvgpu_flavours[i].name, name))
			return &mvgpu_flavours[i];
	return NULL;
}

static int __init mvgpu_init(void)
{
	int rc;

	mvgpu = mvgpu_flavour_find(flavour);
	if (!mvgpu)
		return -EINVAL;
	mvgpu_card_driver.name = mvgpu->card_driver;
	mvgpu_driver.name = mvgpu->driver;
	if (mvgpu_has_two_drivers()) {
		rc = pci_register_driver(&mvgpu_card_driver);
		if (rc)
			return rc;
	}
	rc = pci_register_driver(&mvgpu_driver);
	if (rc && mvgpu_has_two_drivers())
		pci_unregister_driver(&mvgpu_card_driver);
	return rc;
}

static void __exit mvgpu_exit(void)
{
	pci_unregister_driver(&mvgpu_driver);
	if (mvgpu_has_two_drivers())
		pci_unregister_driver(&mvgpu_card_driver);
}

module_init(mvgpu_init);
module_exit(mvgpu_exit);
MODULE_DESCRIPTION("Cards whose virtual functions are GPUs of a type, for tests");
MODULE_LICENSE("GPL");
