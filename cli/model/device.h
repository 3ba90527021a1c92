/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model: identities, definitions, devices and lists of them. No input or output.
 * What exists and what is defined meet here, side by side in one struct device.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "base/text_set.h"
#include "base/util.h"
#include "model/identity.h"

/* A value is text of any bytes but newline and NUL. */
struct attr {
	const char *name;
	const char *value;
};

/*
 * Kinds of instances: devices on the mdev bus, which have a UUID of their own, and virtual
 * functions: of a card, that NVIDIA's driver gave a type, or of any device, that a driver of VFIO
 * gives away as they are. What differs between them is known to host/kind.h.
 */
enum instance_kind { INSTANCE_MDEV, INSTANCE_NVIDIA, INSTANCE_VF, INSTANCE_KINDS };

/* As programs and people see it: "mdev", "nvidia", "vf". */
const char *instance_kind_name(enum instance_kind kind);

/* No virtual function in particular. */
#define VF_ANY (-1)

/*
 * How an instance shall be, read from a file or a command line. Strings belong to a list's arena.
 */
struct definition {
	struct identity id;
	const char *parent; /* as written */
	const char *parent_name; /* what that is in sysfs now, NULL when it is not there */
	const char *type;
	const char *params; /* NULL when none */
	const char *description; /* NULL when none */
	bool has_vf;
	uint32_t vf; /* the virtual function that it is to be on, as N of the card's virtfnN */
	const char *owner; /* of its nodes: USER or USER:GROUP; NULL when not said */
	const char *mode; /* of its nodes: "0NNN"; NULL when not said */
	struct attr *attrs;
	size_t attr_count;
	bool is_auto;
	const char *file; /* NULL when not from a file */
	unsigned int line;
	size_t place; /* in the list that it was added to */
	bool is_own; /* the file is named for its identity */
	bool is_mdevctls; /* it stands in mdevctl's folder, behind all others of its identity */
	bool is_overruled; /* another one of its identity counts, see inventory_counts() */
	const char *distrust; /* that others than root can write it, in words; NULL when not */
};

/* Adds at the end of n attributes; the strings are copied into the arena. */
void attr_add(struct attr **attrs, size_t *n, struct arena *arena, const char *name,
	      const char *value);
void definition_add_attr(struct definition *def, struct arena *arena, const char *name,
			 const char *value);
/* All that a file can say is the same; where they stand does not count. */
bool definition_same(const struct definition *a, const struct definition *b);
/*
 * The form of an attribute's name: folders and a file below the device's own. Which of those are
 * the kernel's own depends on the kind of instance, which is not known here.
 */
bool attr_name_is_valid(const char *name);
/* Splits NAME=VALUE in place. 0, or -EINVAL with a reason in *reterr. */
int attr_split(char *text, struct attr *ret_attr, char **reterr);

/* The same for "NAME VALUE", where all behind the first blank is the value. */
int attr_split_line(char *text, struct attr *ret_attr, char **reterr);

/* A process that has a device open; program: the kernel's name for what it runs. */
struct holder {
	unsigned int pid;
	char program[64];
};

/*
 * "PID 4242 'qemu-system-x86'", several joined by ", "; for nobody "a process that cannot be seen
 * from here". The caller frees it.
 */
char *holder_describe(const struct holder *holders, size_t count);

/* What costs a look into the folder of a live device. Strings belong to a list's arena. */
struct device_details {
	const char *path; /* "/sys/devices/..." */
	const char *vfio_group, *vfio_cdev; /* nodes under /dev/vfio, NULL when there is none */
	const char *qemu, *libvirt; /* options, and XML of a domain; NULL when there are none */
	struct attr *attrs; /* of the vendor; the value is NULL when it cannot be read */
	size_t attr_count;
	struct attr *script_attrs; /* that it has by what a script says */
	size_t script_attr_count;
};

/*
 * One instance: what it is in the kernel (live), what is defined for it, or both, though these may
 * differ. parent and type are the live ones, for one that is only defined what the definition says.
 */
struct device {
	enum instance_kind kind;
	struct identity id;
	const char *name; /* on the bus; NULL when not live */
	const char *word; /* what the user called it; NULL when no word stands for it */
	const char *parent;
	const char *type;
	bool is_foreign; /* live; somebody else made it, as far as is known */
	int vf; /* the number of its virtual function at the parent, or VF_ANY */
	struct definition *def; /* NULL when not defined */
	const char *state; /* live: stopped, started; NULL when not known or not looked at */
	const char *iommu_group; /* live; NULL when none or not looked at */
	/* Live, and looked at: of its nodes, "alice:kvm" and "0660"; NULL when not known. */
	const char *owner, *mode;
	const char *owner_defined; /* the owner that its definition means, in the same words */
	bool pins_memory; /* its owner, who is not root, needs to lock all memory of a machine */
	struct device_details *details; /* live; NULL when not looked at */
	struct holder *holders; /* who has it open, as far as is seen; NULL when not looked at */
	size_t holder_count;
	size_t hidden_processes; /* of other users: only root may see what they have open */
};

/* The PCI address of one that is live on a virtual function; else NULL. */
static inline const char *device_address(const struct device *dev)
{
	return dev->kind == INSTANCE_MDEV ? NULL : dev->name;
}

static inline bool device_is_live(const struct device *dev)
{
	return dev->name != NULL;
}

/*
 * The device is live with the parent and the type that the definition says, and on the virtual
 * function, if it says one.
 */
bool device_is_as_defined(const struct device *dev, const struct definition *def);

/*
 * It is live on that virtual function, or not live and defined for it. VF_ANY: on any, or none.
 */
bool device_is_on(const struct device *dev, int vf);

/*
 * What matters of it, in a word: "live" as it is defined, "differs" (live, but defined with another
 * parent or type), "transient" (live and not defined), "missing" (not live, though it is auto),
 * "defined" (not live, and not auto) or "absent" (neither live nor defined, as after destroy).
 */
const char *device_presence(const struct device *dev);

/* Owns everything that is reachable from it. Zeroed at the start. */
struct device_list {
	struct device *v;
	size_t n, cap;
	struct arena arena;
};

/* Drops those that are not on that virtual function, see device_is_on(). */
void device_list_keep_on(struct device_list *list, int vf);

/* Room for so many more, so that pointers stay good while they are added. */
void device_list_reserve(struct device_list *list, size_t more);
/* A device at the end, zeroed but for vf = VF_ANY; pointers are good until there is no room for the
 * next one. */
struct device *device_list_add(struct device_list *list);
/* The live device of this identity, or NULL. The list need not be sorted. */
struct device *device_list_find_live(const struct device_list *list, const struct identity *id);
/* By parent, then identity; live before defined. */
void device_list_sort(struct device_list *list);
void device_list_free(struct device_list *list);

/* Owns everything that is reachable from it. Zeroed at the start. */
struct definition_list {
	struct definition **v;
	size_t n;
	struct arena arena;
	struct text_set shared; /* the texts below */
	struct card **cards; /* in the order of their files; see model/card.h */
	size_t card_count;
	/* What stands in files that hold one definition each, and is not in v: */
	struct definition **broken; /* cannot be read; has an identity, a parent and a file */
	size_t broken_count;
	struct strlist strangers; /* paths of files whose names are no UUIDs */
};

/* A zeroed definition at the end; the pointer stays good. */
struct definition *definition_list_add(struct definition_list *list);
/* The same among those that cannot be read. */
struct definition *definition_list_add_broken(struct definition_list *list);
/* The list's own copy of a text that many definitions have in common. */
const char *definition_list_share(struct definition_list *list, const char *text);
void definition_list_free(struct definition_list *list);

#endif
