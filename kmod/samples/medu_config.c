// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the PCI config space of an instance, and the interrupts that it routes
 */

#include <linux/init.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "medu.h"

/* A field of config space, little-endian */
struct medu_config_field {
	u16 offset;
	u8 size;
	u32 value;
	u32 writable;
};

/* Everything else is 0 and stays so. Writing a BAR's mask tells its size. */
static const struct medu_config_field medu_config_fields[] = {
	{ PCI_VENDOR_ID, 2, 0x1234, 0 },
	{ PCI_DEVICE_ID, 2, 0x11e8, 0 },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			     PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0 },
	{ PCI_CLASS_REVISION, 4, 0x00ff0010, 0 },
	{ PCI_BASE_ADDRESS_0, 4, 0, ~(EDU_BAR0_SIZE - 1) },
	{ PCI_BASE_ADDRESS_2, 4, 0, ~(u32)(MEDU_BAR2_SIZE - 1) },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, 0x1af4, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0x1100, 0 },
	{ PCI_CAPABILITY_LIST, 1, MEDU_MSI, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ PCI_INTERRUPT_PIN, 1, 1, 0 },
	{ MEDU_MSI + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSI, 0 },
	{ MEDU_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT,
	  PCI_MSI_FLAGS_ENABLE },
	{ MEDU_MSI + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc },
	{ MEDU_MSI + PCI_MSI_ADDRESS_HI, 4, 0, 0xffffffff },
	{ MEDU_MSI + PCI_MSI_DATA_64, 2, 0, 0xffff },
};

/* Filled once from the table */
static u8 medu_config_init[MEDU_CONFIG_SIZE];
static u8 medu_config_writable[MEDU_CONFIG_SIZE];

/**
 * medu_config_setup() - make the tables; once, before there are instances
 */
void __init medu_config_setup(void)
{
	const struct medu_config_field *f;
	unsigned int i, b;

	for (i = 0; i < ARRAY_SIZE(medu_config_fields); i++) {
		f = &medu_config_fields[i];
		for (b = 0; b < f->size; b++) {
			medu_config_init[f->offset + b] = f->value >> 8 * b;
			medu_config_writable[f->offset + b] =
				f->writable >> 8 * b;
		}
	}
}

/**
 * medu_config_reset() - bring config space to its beginning
 * @inst: the instance, locked
 */
void medu_config_reset(struct medu_instance *inst)
{
	memcpy(inst->config, medu_config_init, sizeof(inst->config));
}

/**
 * medu_config_has_msi() - whether the user has enabled MSI
 * @inst: the instance, locked
 *
 * Return: true where interrupts are to come as messages.
 */
static bool medu_config_has_msi(struct medu_instance *inst)
{
	return inst->config[MEDU_MSI + PCI_MSI_FLAGS] & PCI_MSI_FLAGS_ENABLE;
}

/**
 * medu_config_has_intx() - whether interrupts come by INTx
 * @inst: the instance, locked
 *
 * Return: true where neither MSI nor the command register stands against it.
 */
static bool medu_config_has_intx(struct medu_instance *inst)
{
	return !medu_config_has_msi(inst) &&
	       !(inst->config[PCI_COMMAND + 1] & (PCI_COMMAND_INTX_DISABLE >> 8));
}

/**
 * medu_config_read() - read config space
 * @inst: the instance, locked
 * @offset: where
 * @buf: filled
 * @count: how many bytes; in range
 */
void medu_config_read(struct medu_instance *inst, u32 offset, u8 *buf,
		      size_t count)
{
	u8 *status = &inst->config[PCI_STATUS];

	/* The one bit that follows the device: its line, disabled or not */
	*status &= ~PCI_STATUS_INTERRUPT;
	if (inst->irq_status && !medu_config_has_msi(inst))
		*status |= PCI_STATUS_INTERRUPT;
	memcpy(buf, inst->config + offset, count);
}

/**
 * medu_config_write() - write to config space
 * @inst: the instance, locked
 * @offset: where
 * @buf: what
 * @count: how many bytes; in range
 */
void medu_config_write(struct medu_instance *inst, u32 offset,
		       const u8 *buf, size_t count)
{
	bool had_intx = medu_config_has_intx(inst);
	u8 mask;

	for (; count; count--, offset++, buf++) {
		mask = medu_config_writable[offset];
		inst->config[offset] &= ~mask;
		inst->config[offset] |= *buf & mask;
	}
	/* The level may have been high all the while. */
	if (!had_intx && medu_config_has_intx(inst))
		medu_notify(inst);
}

/**
 * medu_notify() - tell the user of the interrupt conditions, if there are any
 * @inst: the open instance, locked
 */
void medu_notify(struct medu_instance *inst)
{
	lockdep_assert_held(&inst->lock);

	if (!inst->irq_status)
		return;
	/* -ENOENT: nobody listens, which is the user's choice. */
	if (medu_config_has_msi(inst))
		(void)mdev_signal(inst->mdev, VFIO_PCI_MSI_IRQ_INDEX, 0);
	else if (medu_config_has_intx(inst))
		(void)mdev_signal(inst->mdev, VFIO_PCI_INTX_IRQ_INDEX, 0);
}

/**
 * medu_raise() - interrupt conditions have come up
 * @inst: the open instance, locked
 * @conditions: bits of EDU_IRQ_STATUS
 */
void medu_raise(struct medu_instance *inst, u32 conditions)
{
	inst->irq_status |= conditions;
	medu_notify(inst);
}
