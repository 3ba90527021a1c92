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

/*
 * What is kept of the host. A run that is about one function or one card looks at that alone; all
 * are looked at when somebody wants them all, or a card that is none.
 */
static struct {
	bool is_listed, is_loaded;
	struct strlist devices; /* that such a driver has; cards and functions */
	struct vgpu_card **v; /* sorted by address once all are loaded */
	size_t n;
} cards;

static int compare_cards(const void *a, const void *b)
{
	return strcmp((*(struct vgpu_card *const *)a)->address,
		      (*(struct vgpu_card *const *)b)->address);
}

static void list_devices(void)
{
	if (cards.is_listed)
		return;
	cards.is_listed = true;
	if (!vfio_driver_is_any())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		_cleanup_free_ char *folder = layout_pci_driver(drivers[i], "");

		(void)sysfs_list(SYSFS_TOP, folder, &cards.devices);
	}
	strlist_sort(&cards.devices);
}

static const struct vgpu_card *find_card(const char *address)
{
	for (size_t i = 0; i < cards.n; i++)
		if (strcmp(cards.v[i]->address, address) == 0)
			return cards.v[i];
	return NULL;
}

static const struct vgpu_card *find_card_of(const char *function, unsigned int *ret_number)
{
	struct pci_place place;

	if (!pci_place_parse(function, &place))
		return NULL;
	/* Those of a card come one after the other, so that it is the last one mostly. */
	for (size_t i = cards.n; i > 0; i--) {
		const struct vgpu_card *card = cards.v[i - 1];
		int number = pci_function_at(&card->functions, &place);

		if (number >= 0 && (unsigned int)number < card->functions.enabled) {
			*ret_number = (unsigned int)number;
			return card;
		}
	}
	return NULL;
}

/* As sysfs writes it; other words would lead to other places. */
static bool is_address(const char *name)
{
	_cleanup_free_ char *address = pci_address(name);

	return address && strcmp(address, name) == 0;
}

static bool has_types(const char *function)
{
	_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VENDOR_VFIO);

	return sysfs_exists(SYSFS_TOP, path);
}

/* Takes the address. */
static const struct vgpu_card *add_card(char *address, const struct pci_functions *functions)
{
	struct vgpu_card *card = xcalloc(1, sizeof(*card));

	card->functions = *functions;
	card->functions.address = card->address = address;
	cards.v = xgrow(cards.v, cards.n, sizeof(struct vgpu_card *));
	return cards.v[cards.n++] = card;
}

/* The card of a device that has such a driver, if that is a function of a card not known yet. */
static void add_card_of(const char *device)
{
	_cleanup_free_ char *address = NULL;
	struct pci_functions functions;
	unsigned int number;

	/* There are other files than links to devices in the folder of a driver. */
	if (!is_address(device) || find_card_of(device, &number))
		return;
	address = pci_physical(device);
	if (address && has_types(device) && pci_read_all_functions(address, &functions))
		(void)add_card(TAKE_PTR(address), &functions);
}

/* The card of that address, by the first of its functions that can have a type. */
static const struct vgpu_card *look_for_card(const char *address)
{
	struct pci_functions functions;

	if (!cards.devices.n || !is_address(address) ||
	    !pci_read_all_functions(address, &functions))
		return NULL;
	for (uint32_t i = 0; i < functions.enabled; i++) {
		_cleanup_free_ char *function = pci_function_address(&functions, i);

		if (strlist_find(&cards.devices, function) && has_types(function))
			return add_card(xstrdup(address), &functions);
	}
	return NULL;
}

static void load(void)
{
	if (cards.is_loaded)
		return;
	cards.is_loaded = true;
	list_devices();
	for (size_t i = 0; i < cards.devices.n; i++)
		add_card_of(cards.devices.v[i]);
	if (cards.n)
		qsort(cards.v, cards.n, sizeof(*cards.v), compare_cards);
}

bool vgpu_is_any(void)
{
	list_devices();
	return cards.devices.n;
}

const struct vgpu_card *const *vgpu_cards(size_t *ret_count)
{
	load();
	*ret_count = cards.n;
	return (const struct vgpu_card *const *)cards.v;
}

const struct vgpu_card *vgpu_card(const char *address)
{
	const struct vgpu_card *card = find_card(address);

	list_devices();
	if (!card && !cards.is_loaded)
		card = look_for_card(address);
	/* Many that are none may be asked for: from now on all are known. */
	if (!card)
		load();
	return card;
}

const struct vgpu_card *vgpu_card_of(const char *function, unsigned int *ret_number)
{
	const struct vgpu_card *card;

	list_devices();
	if (!cards.is_loaded && strlist_find(&cards.devices, function))
		add_card_of(function);
	card = find_card_of(function, ret_number);
	if (card)
		return card;
	load();
	return find_card_of(function, ret_number);
}

void vgpu_forget(void)
{
	for (size_t i = 0; i < cards.n; i++) {
		free(cards.v[i]->address);
		free(cards.v[i]);
	}
	free(cards.v);
	strlist_free(&cards.devices);
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

struct offer {
	uint32_t id;
	bool is_made;
};

static void look_at_offer(uint32_t id, const char *name, void *arg)
{
	struct offer *offer = arg;

	(void)name;
	offer->is_made |= id == offer->id;
}

bool vgpu_offers(const char *function, uint32_t id)
{
	struct offer offer = {.id = id};

	(void)vgpu_creatable(function, look_at_offer, &offer);
	return offer.is_made;
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

char *vgpu_types_in_use(const struct vgpu_card *card)
{
	size_t count = card->functions.enabled;
	_cleanup_free_ uint32_t *ids = xcalloc(count, sizeof(*ids));
	struct buf text = {0};

	for (unsigned int i = 0; i < count; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);

		if (vgpu_current(function, &ids[i]) < 0)
			ids[i] = 0;
	}
	for (size_t i = 0; i < count; i++) {
		unsigned int same = 0;
		uint32_t id = ids[i];

		for (size_t j = i; id && j < count; j++) {
			same += ids[j] == id;
			ids[j] = ids[j] == id ? 0 : ids[j];
		}
		if (same)
			buf_addf(&text, "%snvidia-%u on %u", text.len ? ", " : "", id, same);
	}
	return text.data ? text.data : xstrdup("");
}
