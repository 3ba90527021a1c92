// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the PCI driver of the physical device
 */

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "medu.h"

/*
 * A page that the engine reaches. Where its few bits of addresses lead to no
 * memory, and there is no IOMMU to make them, the device does without DMA.
 */
static int medu_probe_dma(struct medu *medu)
{
	struct device *dev = &medu->pdev->dev;

	if (dma_set_mask_and_coherent(dev, DMA_BIT_MASK(EDU_DMA_BITS))) {
		dev_notice(dev,
			   "the engine's %d bits of addresses reach no memory of this host, and no IOMMU is in between: without type medu-dma\n",
			   EDU_DMA_BITS);
		return 0;
	}
	medu->bounce = dmam_alloc_coherent(dev, PAGE_SIZE, &medu->bounce_dma,
					   GFP_KERNEL);
	return medu->bounce ? 0 : -ENOMEM;
}

static int medu_probe_engine(struct medu *medu)
{
	struct pci_dev *pdev = medu->pdev;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	rc = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (rc)
		return rc;
	medu->mmio = pcim_iomap_table(pdev)[0];
	if ((ioread32(medu->mmio + EDU_ID) & 0xff) != (EDU_ID_VALUE & 0xff))
		return -ENODEV;
	pci_set_master(pdev);
	return medu_probe_dma(medu);
}

static int medu_probe_irq(struct medu *medu)
{
	struct pci_dev *pdev = medu->pdev;
	int rc;

	rc = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (rc < 0)
		return rc;
	rc = request_irq(pci_irq_vector(pdev, 0), medu_interrupt, IRQF_SHARED,
			 pci_name(pdev), medu);
	if (rc)
		pci_free_irq_vectors(pdev);
	return rc;
}

static void medu_remove_irq(struct medu *medu)
{
	free_irq(pci_irq_vector(medu->pdev, 0), medu);
	pci_free_irq_vectors(medu->pdev);
}

static int medu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct medu *medu;
	int rc;

	medu = devm_kzalloc(&pdev->dev, sizeof(*medu), GFP_KERNEL);
	if (!medu)
		return -ENOMEM;
	medu->pdev = pdev;
	init_completion(&medu->done);
	mutex_init(&medu->open_lock);
	INIT_LIST_HEAD(&medu->open);
	pci_set_drvdata(pdev, medu);

	rc = medu_probe_engine(medu);
	if (rc)
		return rc;
	medu->jobs = alloc_ordered_workqueue("medu-%s", 0, pci_name(pdev));
	if (!medu->jobs)
		return -ENOMEM;
	rc = medu_probe_irq(medu);
	if (rc)
		goto out_jobs;
	/* Last: user space can make instances before this returns. */
	rc = medu_register(medu);
	if (rc)
		goto out_irq;
	return 0;

out_irq:
	medu_remove_irq(medu);
out_jobs:
	destroy_workqueue(medu->jobs);
	return rc;
}

/* The hardware has been pulled out: keep everything from accessing it. */
static void medu_surprise(struct medu *medu)
{
	struct medu_instance *inst;

	WRITE_ONCE(medu->gone, true);
	/* Pairs with medu_engine_prepare(): a job sees gone, or is woken. */
	smp_mb();
	complete_all(&medu->done);
	mutex_lock(&medu->open_lock);
	list_for_each_entry(inst, &medu->open, open_node)
		mdev_revoke(inst->mdev);
	mutex_unlock(&medu->open_lock);
}

static void medu_remove(struct pci_dev *pdev)
{
	struct medu *medu = pci_get_drvdata(pdev);

	if (!pci_device_is_present(pdev))
		medu_surprise(medu);
	/* First: when this returns there are no instances, and so no jobs. */
	mdev_unregister_device(&pdev->dev);
	medu_remove_irq(medu);
	destroy_workqueue(medu->jobs);
}

static const struct pci_device_id medu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, medu_ids);

static struct pci_driver medu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = medu_ids,
	.probe = medu_probe,
	.remove = medu_remove,
};

static int __init medu_init(void)
{
	medu_config_setup();
	return pci_register_driver(&medu_driver);
}

static void __exit medu_exit(void)
{
	pci_unregister_driver(&medu_driver);
}

module_init(medu_init);
module_exit(medu_exit);

MODULE_DESCRIPTION("Sample parent driver: shares QEMU's edu device");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
MODULE_VERSION(MDEV_VERSION);
/* Without a bus driver, no instance can be made. */
MODULE_SOFTDEP("pre: vfio_mdev");
