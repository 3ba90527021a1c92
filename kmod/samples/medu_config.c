// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the PCI config space of an instance, and its interrupts, which go by
 * what is set there
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

/*
 * All other bytes are 0, and read-only. The address bits of a BAR that cannot be
 * set give its size.
 */
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

/* Filled from the table when the module is loaded */
static u8 medu_config_init[MEDU_CONFIG_SIZE];
static u8 medu_config_writable[MEDU_CONFIG_SIZE];

/**
 * medu_config_setup() - fill the initial values and masks of config space
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
 * medu_config_reset() - set config space to its initial values
 * @inst: the instance, locked
 */
void medu_config_reset(struct medu_instance *inst)
{
	unsigned int i;

	/* Others look at the command without the lock. */
	for (i = 0; i < sizeof(inst->config); i++)
		WRITE_ONCE(inst->config[i], medu_config_init[i]);
}

/**
 * medu_config_allows() - whether the guest has enabled an access
 * @inst: the instance; need not be locked
 * @access: PCI_COMMAND_MEMORY for that to its BARs, or PCI_COMMAND_MASTER for
 *	that of its own to memory, be it DMA or MSI
 *
 * A guest that has just begun, or has shut a driver down, relies on it that a
 * function with both off leaves it alone.
 *
 * Return: whether it has.
 */
bool medu_config_allows(struct medu_instance *inst, u8 access)
{
	return READ_ONCE(inst->config[PCI_COMMAND]) & access;
}

static bool medu_config_has_msi(struct medu_instance *inst)
{
	return inst->config[MEDU_MSI + PCI_MSI_FLAGS] & PCI_MSI_FLAGS_ENABLE;
}

/* INTx is in use if MSI is not and the command register does not disable it. */
static bool medu_config_has_intx(struct medu_instance *inst)
{
	return !medu_config_has_msi(inst) &&
	       !(inst->config[PCI_COMMAND + 1] & (PCI_COMMAND_INTX_DISABLE >> 8));
}

/**
 * medu_config_read() - read config space
 * @inst: the instance, locked
 * @offset: offset of the first byte
 * @buf: filled
 * @count: number of bytes; all are within config space
 */
void medu_config_read(struct medu_instance *inst, u32 offset, u8 *buf,
		      size_t count)
{
	u8 *status = &inst->config[PCI_STATUS];

	/* Shows the state of the line also when the line is disabled */
	*status &= ~PCI_STATUS_INTERRUPT;
	if (inst->irq_status && !medu_config_has_msi(inst))
		*status |= PCI_STATUS_INTERRUPT;
	memcpy(buf, inst->config + offset, count);
}

/**
 * medu_config_write() - write to config space
 * @inst: the instance, locked
 * @offset: offset of the first byte
 * @buf: the bytes
 * @count: number of bytes; all are within config space
 */
void medu_config_write(struct medu_instance *inst, u32 offset,
		       const u8 *buf, size_t count)
{
	bool had_intx = medu_config_has_intx(inst);
	bool had_memory = medu_config_allows(inst, PCI_COMMAND_MEMORY);
	u8 mask;

	for (; count; count--, offset++, buf++) {
		mask = medu_config_writable[offset];
		/* At once: others look at the command without the lock. */
		WRITE_ONCE(inst->config[offset],
			   (inst->config[offset] & ~mask) | (*buf & mask));
	}
	/* Asks medu_validate_map_request() again, which takes no lock */
	if (had_memory && !medu_config_allows(inst, PCI_COMMAND_MEMORY))
		mdev_revoke(inst->mdev);
	/* A condition may have come up while INTx was not in use. */
	if (!had_intx && medu_config_has_intx(inst))
		medu_notify(inst);
}

/**
 * medu_notify() - signal the interrupt if one of its conditions holds
 * @inst: the open instance, locked
 */
void medu_notify(struct medu_instance *inst)
{
	lockdep_assert_held(&inst->lock);

	if (!inst->irq_status)
		return;
	/* -ENOENT is no error: the user has not set up an eventfd. */
	if (medu_config_has_msi(inst)) {
		/* A message is a write to memory. */
		if (medu_config_allows(inst, PCI_COMMAND_MASTER))
			(void)mdev_signal(inst->mdev, VFIO_PCI_MSI_IRQ_INDEX,
					  0);
	} else if (medu_config_has_intx(inst)) {
		(void)mdev_signal(inst->mdev, VFIO_PCI_INTX_IRQ_INDEX, 0);
	}
}

/**
 * medu_raise() - set interrupt conditions, and signal the interrupt
 * @inst: the open instance, locked
 * @conditions: bits of EDU_IRQ_STATUS
 */
void medu_raise(struct medu_instance *inst, u32 conditions)
{
	inst->irq_status |= conditions;
	medu_notify(inst);
}
