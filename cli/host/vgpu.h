/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVIDIA's vGPUs on virtual functions, as sysfs has them.
 *
 * A card that has its virtual functions enabled gives each of them a folder, "nvidia", with:
 *
 * current_vgpu_type, the number of the function's type, 0 for none. Writing a number makes a vGPU,
 * writing 0 ends it.
 *
 * creatable_vgpu_types, a header and a line "NUMBER : NAME" for each type that may be written now.
 * It has none while the function has a type.
 *
 * The folder comes when a driver takes the function, a moment after the function itself. NVIDIA's
 * own driver and the one that is to come with Linux have both files; what they refuse differs.
 */
#ifndef VGPU_H
#define VGPU_H

#include "host/pci.h"

/* A card. The functions' address is its own. */
struct vgpu_card {
	struct pci_functions functions;
	char *address;
};

/*
 * There is a device with a driver that gives types. This and the three below look for devices once:
 * on a host that has no driver for them, by the looks of vfio_driver_is_any() alone. What they
 * return is good until vgpu_forget().
 */
bool vgpu_is_any(void);
/* All cards whose functions can have vGPUs, sorted by address. */
const struct vgpu_card *const *vgpu_cards(size_t *ret_count);
/* The card of that address, or NULL. */
const struct vgpu_card *vgpu_card(const char *address);
/* The card that has this function, and in *ret_number which one it is; NULL when there is none. */
const struct vgpu_card *vgpu_card_of(const char *function, unsigned int *ret_number);
void vgpu_forget(void);

/* The address of a function of the card; the caller frees it. */
char *vgpu_function(const struct vgpu_card *card, unsigned int number);

/*
 * The type of a function, 0 for none. 0; -ENOENT, for a function that no driver gives a type; or a
 * negative errno, which is noted for base/unread.
 */
int vgpu_current(const char *function, uint32_t *ret_id);

/*
 * Calls each() for each type that may be written to the function now. What cannot be read is noted
 * for base/unread. Returns how many there are.
 */
size_t vgpu_creatable(const char *function, void (*each)(uint32_t id, const char *name, void *arg),
		      void *arg);

/* That type may be written to the function now. */
bool vgpu_offers(const char *function, uint32_t id);

/*
 * Writes a type, or 0, to the function whose folder is called so as seen from dirfd. 0, or the
 * negative errno of the driver; of a file that cannot be opened, with *ret_opened false.
 */
int vgpu_write(int dirfd, const char *folder, uint32_t id, bool *ret_opened);

/* The number of "nvidia-NUMBER" as such types are called; 0 for any other text. */
uint32_t vgpu_type_id(const char *type);
/* The reverse; the caller frees it. */
char *vgpu_type_name(uint32_t id);

/*
 * "nvidia-1148 on 3, nvidia-1150 on 1" of all functions of the card, "" for none; the caller frees
 * it.
 */
char *vgpu_types_in_use(const struct vgpu_card *card);

/* How a card is made to have types of several sizes at once. */
#define VGPU_MIX "vGPUs of another size go with 'nvidia-smi vgpu -shm 1', where the card can"

#endif
