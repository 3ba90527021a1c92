// SPDX-License-Identifier: GPL-2.0-or-later
/* NVIDIA's vGPUs on virtual functions, as sysfs has them. */
#include "host/vgpu.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/layout.h"
#include "host/vfio_driver.h"

#include <ctype.h>
#include <errno.h>

#define TYPE_PREFIX "nvidia-"

/* The drivers that functions of such cards have: NVIDIA's own, and the kernel's. */
static const char *const drivers[] = {"nvidia", "nvidia-vgpu-vfio"};

static struct {
	bool is_loaded;
	struct vgpu_card *v;
	size_t n;
} cards;

static int compare_cards(const void *a, const void *b)
{
	return strcmp(((const struct vgpu_card *)a)->address,
		      ((const struct vgpu_card *)b)->address);
}

static const struct vgpu_card *find_card_of(const char *function, unsigned int *ret_number)
{
	for (size_t i = 0; i < cards.n; i++) {
		int number = pci_function_number(&cards.v[i].functions, function);

		if (number >= 0 && (unsigned int)number < cards.v[i].functions.enabled) {
			*ret_number = (unsigned int)number;
			return &cards.v[i];
		}
	}
	return NULL;
}

static bool has_types(const char *function)
{
	_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VENDOR_VFIO);

	return sysfs_exists(SYSFS_TOP, path);
}

/* The card of a device that has such a driver, if that is a function of a card not known yet. */
static void add_card_of(const char *device)
{
	_cleanup_free_ char *same = pci_address(device), *address = NULL;
	struct vgpu_card card;
	unsigned int number;

	/* There are other files than links to devices in the folder of a driver. */
	if (!same || strcmp(same, device) != 0 || find_card_of(device, &number))
		return;
	address = pci_physical(device);
	if (!address || !has_types(device) || !pci_read_all_functions(address, &card.functions))
		return;
	card.address = TAKE_PTR(address);
	cards.v = xgrow(cards.v, cards.n, sizeof(*cards.v));
	cards.v[cards.n++] = card;
}

static void load(void)
{
	if (cards.is_loaded)
		return;
	cards.is_loaded = true;
	if (!vfio_driver_is_any())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		_cleanup_free_ char *folder = layout_pci_driver(drivers[i], "");
		struct strlist names = {0};

		(void)sysfs_list(SYSFS_TOP, folder, &names);
		for (size_t j = 0; j < names.n; j++)
			add_card_of(names.v[j]);
		strlist_free(&names);
	}
	if (cards.n)
		qsort(cards.v, cards.n, sizeof(*cards.v), compare_cards);
}

const struct vgpu_card *vgpu_cards(size_t *ret_count)
{
	load();
	*ret_count = cards.n;
	return cards.v;
}

const struct vgpu_card *vgpu_card(const char *address)
{
	struct vgpu_card key = {.address = (char *)address};

	load();
	return cards.n ? bsearch(&key, cards.v, cards.n, sizeof(key), compare_cards) : NULL;
}

const struct vgpu_card *vgpu_card_of(const char *function, unsigned int *ret_number)
{
	load();
	return find_card_of(function, ret_number);
}

void vgpu_forget(void)
{
	for (size_t i = 0; i < cards.n; i++)
		free(cards.v[i].address);
	free(cards.v);
	memset(&cards, 0, sizeof(cards));
}

char *vgpu_function(const struct vgpu_card *card, unsigned int number)
{
	return pci_function_address(&card->functions, number);
}

int vgpu_current(const char *function, uint32_t *ret_id)
{
	_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VENDOR_VFIO), *text = NULL;
	int rc = sysfs_read(SYSFS_TOP, path, &text);

	if (!rc)
		rc = sysfs_note(SYSFS_TOP, path, parse_u32(text, ret_id));
	return unread_is_absence(rc) ? -ENOENT : rc;
}

/* "NUMBER : NAME" with any blanks around both. False for the header, or any other line. */
static bool parse_type(char *line, uint32_t *ret_id, const char **ret_name)
{
	char *colon = strchr(line, ':'), *end = line + strlen(line), *number = line;

	if (!colon)
		return false;
	while (end > colon + 1 && isspace((unsigned char)end[-1]))
		*--end = '\0';
	*ret_name = colon + 1;
	while (isspace((unsigned char)**ret_name))
		++*ret_name;
	while (colon > line && isspace((unsigned char)colon[-1]))
		colon--;
	*colon = '\0';
	while (isspace((unsigned char)*number))
		number++;
	return **ret_name && parse_u32(number, ret_id) == 0 && *ret_id;
}

size_t vgpu_creatable(const char *function, void (*each)(uint32_t id, const char *name, void *arg),
		      void *arg)
{
	_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VGPU_CREATABLE);
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	const char *name;
	size_t count = 0;
	uint32_t id;

	if (sysfs_read(SYSFS_TOP, path, &text) < 0)
		return 0;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		if (!parse_type(line, &id, &name))
			continue;
		each(id, name, arg);
		count++;
	}
	return count;
}

int vgpu_write(int dirfd, const char *folder, uint32_t id, bool *ret_opened)
{
	_cleanup_free_ char *path = xasprintf("%s/" LAYOUT_VENDOR_VFIO, folder);
	_cleanup_free_ char *text = xasprintf("%u", id);
	_cleanup_close_ int fd = sysfs_open_write(dirfd, path);

	*ret_opened = fd >= 0;
	return fd < 0 ? fd : sysfs_write_fd(fd, text, strlen(text));
}

uint32_t vgpu_type_id(const char *type)
{
	uint32_t id;

	if (!str_starts(type, TYPE_PREFIX) || parse_u32(type + strlen(TYPE_PREFIX), &id) < 0)
		return 0;
	return type[strlen(TYPE_PREFIX)] == '0' ? 0 : id;
}

char *vgpu_type_name(uint32_t id)
{
	return xasprintf(TYPE_PREFIX "%u", id);
}
