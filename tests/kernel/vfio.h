/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An instance of medu, opened through VFIO as a virtual machine monitor would
 *
 * The interface is that of <linux/vfio.h>; the registers are those of QEMU's
 * edu device (docs/specs/edu in QEMU's sources). A function that fails ends
 * the program with a message, unless its comment says otherwise.
 */

#ifndef TESTS_KERNEL_VFIO_H
#define TESTS_KERNEL_VFIO_H

#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDU_ID 0x00
#define EDU_LIVENESS 0x04
#define EDU_FACTORIAL 0x08
#define EDU_STATUS 0x20
#define EDU_STATUS_BUSY 0x01
#define EDU_STATUS_IRQ 0x80
#define EDU_IRQ_STATUS 0x24
#define EDU_IRQ_RAISE 0x60
#define EDU_IRQ_ACK 0x64
#define EDU_DMA_SRC 0x80
#define EDU_DMA_DST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_CMD 0x98
#define EDU_DMA_RUN 0x01
#define EDU_DMA_TO_RAM 0x02
#define EDU_DMA_IRQ 0x04
#define EDU_BUFFER 0x40000

#define MSI_FLAGS (0x40 + PCI_MSI_FLAGS)

#define DMA_IOVA 0x10000000ULL
#define DMA_SIZE 0x2000

/**
 * struct user - an open instance
 * @container: with a type 1 IOMMU, or -1
 * @group: file of the instance's group, or -1
 * @iommufd: used instead of container and group, or -1
 * @ioas: address space of @iommufd
 * @device: file of the instance
 * @bar0: offset of BAR 0 in @device
 * @config: offset of config space in @device
 */
struct user {
	int container;
	int group;
	int iommufd;
	uint32_t ioas;
	int device;
	uint64_t bar0;
	uint64_t config;
};

/* Opening: by the group with a container of its own, or by the device's file */
int vfio_group_open(const char *name);
int vfio_cdev_open(const char *name);
void vfio_open_any(struct user *u, const char *name);
void vfio_open(struct user *u, const char *name);
void vfio_open_iommufd(struct user *u, const char *name);
bool vfio_take_iommufd(int *argc, char ***argv);
void vfio_open_by(struct user *u, const char *name, bool iommufd);

/* Registers and config space */
uint64_t vfio_region_offset(int device, unsigned int index);
uint32_t reg_read(const struct user *u, uint32_t reg);
void reg_write(const struct user *u, uint32_t reg, uint32_t val);
uint16_t config_read16(const struct user *u, uint32_t offset);
void config_write16(const struct user *u, uint32_t offset, uint16_t val);

/* Memory that the instance reaches at DMA_IOVA, of DMA_SIZE bytes */
char *dma_memory(void);
void dma_map_memory(const struct user *u, char *mem);
char *dma_map(const struct user *u);
void dma_unmap(const struct user *u);
void dma_start(const struct user *u, uint32_t src, uint32_t dst, uint32_t count, uint32_t flags);
void dma_run(const struct user *u, int irq, uint32_t src, uint32_t dst, uint32_t count,
	     uint32_t flags);

/* Interrupts */
int set_irqs(const struct user *u, uint32_t flags, uint32_t index, const int *fd);
int irq_disable(const struct user *u, uint32_t index);
int irq_listen(const struct user *u, uint32_t index);
int msi_listen(const struct user *u);
uint64_t irq_wait(int fd);
bool irq_came(int fd);

uint32_t number(const char *s);

#endif /* TESTS_KERNEL_VFIO_H */
