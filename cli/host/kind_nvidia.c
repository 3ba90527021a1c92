// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kind "nvidia": a virtual function of a card that was given a type. The card is the parent,
 * the function's address the name, and vf_record.c says who the instance is.
 */
#include "base/msg.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/assign.h"
#include "host/holder.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/lifecycle.h"
#include "host/type_name.h"
#include "host/vf_claim.h"
#include "host/vf_event.h"
#include "host/vf_record.h"
#include "host/vgpu.h"
#include "host/vgpu_place.h"

#include <errno.h>

/* How long a driver is waited for that still ends a vGPU. */
#define END_SECONDS 2
#define POLL_MS 50

/* Calls each() for one card (NULL: for all); none of that address is no error. */
static void each_card(const char *parent, void (*each)(const struct vgpu_card *card, void *arg),
		      void *arg)
{
	size_t count = 0;
	const struct vgpu_card *card = parent ? vgpu_card(parent) : NULL;
	const struct vgpu_card *const *cards = parent ? &card : vgpu_cards(&count);

	if (parent)
		count = card ? 1 : 0;
	for (size_t i = 0; i < count; i++)
		each(cards[i], arg);
}

static void add_name(const struct vgpu_card *card, void *names)
{
	strlist_add(names, card->address);
}

static int nvidia_parents(struct strlist *ret_names)
{
	each_card(NULL, add_name, ret_names);
	return 0;
}

static bool nvidia_is_parent(const char *name)
{
	return vgpu_card(name);
}

static char *nvidia_parent_path(const char *parent, const char *below)
{
	unsigned int number;

	if (!vgpu_card(parent) && !vgpu_card_of(parent, &number))
		return NULL;
	return layout_pci_device(parent, below);
}

static void add_functions(const struct vgpu_card *card, void *addresses)
{
	for (unsigned int i = 0; i < card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);

		strlist_add(addresses, function);
	}
}

static void nvidia_functions(struct strlist *ret_addresses)
{
	each_card(NULL, add_functions, ret_addresses);
}

static const char *nvidia_function_parent(const char *address, int *ret_vf)
{
	unsigned int number;
	const struct vgpu_card *card = vgpu_card_of(address, &number);

	if (!card)
		return NULL;
	*ret_vf = (int)number;
	return card->address;
}

/* The types of a card are gathered from its functions. */
struct gathering {
	struct type_list *list;
	size_t first; /* the card's own in the list */
	uint32_t *ids; /* of these, in their order */
	const char *parent;
};

/* That type of the card, which is added when it is new. */
static struct type *gather_type(struct gathering *gathering, uint32_t id)
{
	struct type_list *list = gathering->list;
	size_t count = list->n - gathering->first;
	_cleanup_free_ char *name = NULL;
	struct type *type;

	for (size_t i = 0; i < count; i++)
		if (gathering->ids[i] == id)
			return &list->v[gathering->first + i];
	gathering->ids = xgrow(gathering->ids, count, sizeof(*gathering->ids));
	gathering->ids[count] = id;
	name = vgpu_type_name(id);
	type = type_list_add(list);
	type->parent = gathering->parent;
	type->name = arena_strdup(&list->arena, name);
	type->device_api = "vfio-pci";
	type->is_at_most = true;
	return type;
}

static void gather_creatable(uint32_t id, const char *name, void *arg)
{
	struct gathering *gathering = arg;
	struct type *type = gather_type(gathering, id);

	type->available++;
	if (!type->pretty_name)
		type->pretty_name = arena_strdup(&gathering->list->arena, name);
}

/*
 * A function offers the types that it could have now, as if it were the only one: so the number of
 * functions that offer a type is the most that there is room for.
 */
static void add_types(const struct vgpu_card *card, void *arg)
{
	struct gathering gathering = {.list = arg, .first = ((struct type_list *)arg)->n};

	gathering.parent = arena_strdup(&gathering.list->arena, card->address);
	for (unsigned int i = 0; i < card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);
		uint32_t id;

		if (!vgpu_creatable(function, gather_creatable, &gathering) &&
		    vgpu_current(function, &id) == 0 && id)
			(void)gather_type(&gathering, id);
	}
	for (size_t i = gathering.first; i < gathering.list->n; i++) {
		struct type *type = &gathering.list->v[i];
		_cleanup_free_ char *text = xasprintf("%lld", (long long)type->available);

		type->available_text = arena_strdup(&gathering.list->arena, text);
	}
	free(gathering.ids);
}

/* A function of the card has that type, or could have it. */
static bool nvidia_has_type(const char *parent, const char *name)
{
	uint32_t id = vgpu_type_id(name), now;
	const struct vgpu_card *card = id ? vgpu_card(parent) : NULL;

	for (unsigned int i = 0; card && i < card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);

		if (vgpu_offers(function, id) || (vgpu_current(function, &now) == 0 && now == id))
			return true;
	}
	return false;
}

static void nvidia_types(struct type_list *list, const char *parent)
{
	each_card(parent, add_types, list);
}

/* Once a function has a type, a card offers no types of other sizes, unless it was told to. */
static char *nvidia_lack_of_type(const char *parent)
{
	const struct vgpu_card *card = vgpu_card(parent);
	_cleanup_free_ char *types = card ? vgpu_types_in_use(card) : NULL;

	if (!types || !*types)
		return NULL;
	return xasprintf("it may offer fewer beside what is on its virtual functions: %s (" VGPU_MIX
			 ")",
			 types);
}

/* A function with a type, as an instance; false for one without, or that cannot be named. */
static bool read_device(const struct vgpu_card *card, unsigned int number, const char *function,
			struct arena *arena, struct device *ret)
{
	_cleanup_free_ char *type = NULL;
	uint32_t id;
	int rc;

	*ret = (struct device){.kind = INSTANCE_NVIDIA, .vf = (int)number};
	if (vgpu_current(function, &id) < 0 || !id)
		return false;
	type = vgpu_type_name(id);
	rc = vf_record_read(function, type, &ret->id);
	if (rc && rc != -ENOENT)
		return false;
	ret->is_foreign = rc != 0;
	if (ret->is_foreign && vf_record_foreign(function, &ret->id) < 0)
		return false;
	ret->name = arena_strdup(arena, function);
	ret->parent = arena_strdup(arena, card->address);
	ret->type = arena_strdup(arena, type);
	return true;
}

struct reader {
	struct device_list *list;
	const struct identity_filter *filter; /* NULL: all */
};

static void add_devices(const struct vgpu_card *card, void *arg)
{
	struct reader *reader = arg;

	for (unsigned int i = 0; i < card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);
		struct device dev;

		if (read_device(card, i, function, &reader->list->arena, &dev) &&
		    (!reader->filter || identity_filter_takes(reader->filter, &dev.id)))
			*device_list_add(reader->list) = dev;
	}
}

static void nvidia_devices(struct device_list *list, const char *parent,
			   const struct identity_filter *filter)
{
	struct reader reader = {list, filter};

	each_card(parent, add_devices, &reader);
}

static struct device *nvidia_look_at(struct device_list *list, const char *address)
{
	const struct vgpu_card *card;
	unsigned int number;
	struct device dev, *added;

	card = vgpu_card_of(address, &number);
	if (!card || !read_device(card, number, address, &list->arena, &dev))
		return NULL;
	added = device_list_add(list);
	*added = dev;
	return added;
}

/* The instance on a function, if it has that identity. */
static struct device *look_at(struct device_list *list, const char *function,
			      const struct identity *id)
{
	struct device *dev = nvidia_look_at(list, function);

	if (!dev || identity_compare(&dev->id, id) == 0)
		return dev;
	list->n--;
	return NULL;
}

/* Among what others made, whose identity says nothing of where it is. */
static struct device *look_among_foreign(struct device_list *list, const struct identity *id)
{
	size_t count;
	const struct vgpu_card *const *cards = vgpu_cards(&count);
	struct device *dev = NULL;

	for (size_t i = 0; i < count; i++)
		for (unsigned int j = 0; !dev && j < cards[i]->functions.enabled; j++) {
			_cleanup_free_ char *function = vgpu_function(cards[i], j);

			dev = look_at(list, function, id);
		}
	return dev;
}

static struct device *nvidia_look_up(struct device_list *list, const struct identity *id,
				     enum look_up how)
{
	_cleanup_free_ char *function = NULL;
	struct device *dev = NULL;

	(void)how;
	if (!vgpu_is_any())
		return NULL;
	if (vf_record_find(id, &function) == 0)
		dev = look_at(list, function, id);
	return dev || !identity_may_be_of_url(id) ? dev : look_among_foreign(list, id);
}

static char *nvidia_path(const struct device *dev, const char *below)
{
	return layout_pci_device(dev->name, below);
}

static void add_type_files(const struct vgpu_card *card, void *paths)
{
	for (unsigned int i = 0; i < card->functions.enabled; i++) {
		_cleanup_free_ char *function = vgpu_function(card, i);
		_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VENDOR_VFIO);

		strlist_add(paths, path);
	}
}

static void nvidia_watched(struct strlist *ret_paths)
{
	each_card(NULL, add_type_files, ret_paths);
}

/* The driver in the guest wants the machine to have the UUID of the vGPU. */
static char *nvidia_qemu(const struct device *dev, const char *more)
{
	_cleanup_free_ char *device = assign_pci_qemu(dev->name, more);
	char uuid[IDENTITY_TEXT_SIZE];

	return xasprintf("%s -uuid %s", device, identity_format_uuid(&dev->id, uuid));
}

static char *nvidia_libvirt(const struct device *dev)
{
	return assign_pci_libvirt(dev->name);
}

/*
 * Files of the driver's alone: the kernel's own folder of a PCI device has "remove", "reset",
 * "driver_override" and more that would do anything but set an attribute.
 */
static bool nvidia_is_kernels(const char *name)
{
	if (strcmp(name, LAYOUT_VGPU) == 0)
		return false;
	return !str_starts(name, LAYOUT_VGPU "/") || strcmp(name, LAYOUT_VENDOR_VFIO) == 0 ||
	       strcmp(name, LAYOUT_VGPU_CREATABLE) == 0;
}

static bool nvidia_is_type(const char *name)
{
	return vgpu_type_id(name);
}

static bool nvidia_claims(const char *parent)
{
	return vgpu_card(parent);
}

/* Without functions a card is no parent. */
static bool nvidia_is_closed(const char *parent, const char *type)
{
	_cleanup_free_ char *path = layout_pci_device(parent, LAYOUT_FIRST_FUNCTION);

	(void)type;
	return !sysfs_exists(SYSFS_TOP, path);
}

static bool nvidia_understands(const struct definition *def)
{
	return !def->params;
}

static int nvidia_check_form(const struct definition *def, char **reterr)
{
	if (!def->params)
		return 0;
	set_text(reterr, "type '%s' takes no parameters: what there is to set are its attributes",
		 def->type);
	return -EOPNOTSUPP;
}

/* Whether there is room is known when it was tried: what the driver says of it is an upper bound.
 */
static int nvidia_check(struct lifecycle_creator *creator, const struct definition *def,
			char **reterr)
{
	(void)creator;
	if (nvidia_has_type(def->parent_name, def->type))
		return lifecycle_check_form(def, reterr);
	type_name_unknown(def->parent_name, def->type, reterr);
	return -ENOENT;
}

static int nvidia_make(struct lifecycle_creator *creator, const struct definition *def, int fd,
		       struct device *ret_made, char *name, char **reterr)
{
	const struct vgpu_card *card = vgpu_card(def->parent_name);

	(void)fd;
	return vgpu_place(creator, card, def, ret_made, name, reterr);
}

static void nvidia_close(int fd)
{
	close(fd);
}

static int nvidia_undo(const struct device *dev, int dirfd, const char *folder)
{
	bool is_opened;
	int rc = vgpu_write(dirfd, folder, 0, &is_opened);

	if (!rc)
		vf_record_remove(dev->name, &dev->id);
	return rc;
}

/* It is what the caller saw: the function may have been given to another instance meanwhile. */
static bool is_still(const struct device *dev)
{
	struct arena arena = {0};
	const struct vgpu_card *card;
	unsigned int number;
	struct device now;
	bool is_same;

	card = vgpu_card_of(dev->name, &number);
	is_same = card && read_device(card, number, dev->name, &arena, &now) &&
		  strcmp(now.type, dev->type) == 0 && identity_compare(&now.id, &dev->id) == 0;
	arena_free(&arena);
	return is_same;
}

static int nvidia_hold(const struct device *dev, char **reterr)
{
	return vf_hold(dev, is_still, reterr);
}

/* -ETIMEDOUT: the driver is not done with whoever had it open. */
static int try_to_end(const struct device *dev, char **reterr)
{
	_cleanup_free_ char *path = nvidia_path(dev, "");
	_cleanup_close_ int lock = nvidia_hold(dev, reterr);
	bool is_opened;
	uint32_t now;
	int rc, back;

	if (lock < 0)
		return lock;
	rc = vgpu_write(SYSFS_TOP, path, 0, &is_opened);
	if (rc && !is_opened) {
		refusal_of_open(path, rc, reterr);
		return rc;
	}
	back = vgpu_current(dev->name, &now);
	if (back && back != -ENOENT) {
		set_text(reterr, "whether it has ended cannot be read: %s", error_text(back));
		return back;
	}
	/* One that is gone all the same was ended by somebody else. */
	if (!back && now) {
		set_text(reterr, "the driver has not ended it yet: %s", error_text(rc));
		return !rc || rc == -EPERM || rc == -EBUSY || rc == -EIO ? -ETIMEDOUT : rc;
	}
	vf_record_remove(dev->name, &dev->id);
	return 0;
}

static int nvidia_destroy(const struct device *dev, char **reterr)
{
	int64_t until = clock_ms() + INT64_C(1000) * END_SECONDS;
	struct device asked = *dev;
	int rc;

	while ((rc = try_to_end(dev, reterr)) == -ETIMEDOUT) {
		if (holder_is_any(&asked)) {
			set_text(reterr, "it is in use");
			return -EBUSY;
		}
		if (clock_ms() >= until)
			return rc;
		usleep(POLL_MS * 1000);
	}
	if (!rc)
		vf_event_tell(dev, KIND_DESTROYED);
	return rc;
}

const struct kind kind_nvidia = {
	.number = INSTANCE_NVIDIA,
	.flags = KIND_KEEPS_NODES | KIND_PINS_MEMORY,
	.parents = nvidia_parents,
	.is_parent = nvidia_is_parent,
	.parent_path = nvidia_parent_path,
	.functions = nvidia_functions,
	.function_parent = nvidia_function_parent,
	.look_at = nvidia_look_at,
	.types = nvidia_types,
	.has_type = nvidia_has_type,
	.lack_of_type = nvidia_lack_of_type,
	.devices = nvidia_devices,
	.look_up = nvidia_look_up,
	.path = nvidia_path,
	.watched = nvidia_watched,
	.qemu = nvidia_qemu,
	.libvirt = nvidia_libvirt,
	.is_kernels = nvidia_is_kernels,
	.is_type = nvidia_is_type,
	.claims = nvidia_claims,
	.is_closed = nvidia_is_closed,
	.understands = nvidia_understands,
	.check_form = nvidia_check_form,
	.check = nvidia_check,
	.open = vf_claim,
	.make = nvidia_make,
	.close = nvidia_close,
	.disown = vf_disown,
	.tell = vf_event_tell,
	.undo = nvidia_undo,
	.hold = nvidia_hold,
	.destroy = nvidia_destroy,
	.forget = vgpu_forget,
};
