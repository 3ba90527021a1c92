/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of instances: what an instance of each kind is made of.
 *
 * All that differs stands in a table of methods, one constant in a file for each kind
 * (kind_mdev.c). Everything above sees the same parents, types, devices and definitions. live.c and
 * lifecycle.c go through the table, and have what all kinds share: nodes under /dev/vfio,
 * attributes, undoing.
 *
 * A further kind needs a number in enum instance_kind, its constant here and in kind.c, and its
 * file. On a host that has none of its parents it costs a constant number of system calls for a
 * whole run, one that fails if possible; forget() lets it look anew, in programs that run for long.
 */
#ifndef KIND_H
#define KIND_H

#include "model/device.h"
#include "model/filter.h"
#include "model/type.h"

struct lifecycle_creator;

/* How look_up() is to look. */
enum look_up {
	LOOK_UP_ANY,
	LOOK_UP_USUAL, /* where a device can have two names on its bus, by the usual one alone */
};

/* What happened to an instance. */
enum kind_event { KIND_CREATED, KIND_DESTROYED };

enum kind_flags {
	KIND_KEEPS_NODES = 1 << 0, /* nodes under /dev/vfio stay when an instance ends */
	/* It reaches memory by itself, so that all of a machine's has to be locked while it runs.
	 */
	KIND_PINS_MEMORY = 1 << 1,
	KIND_STARTS = 1 << 2, /* its driver is told when a machine starts and stops */
};

struct kind {
	enum instance_kind number; /* its own */
	enum kind_flags flags;

	/* What there is. */

	/* Adds the names of its parents, sorted. None is no error. 0 or a negative errno. */
	int (*parents)(struct strlist *ret_names);

	/*
	 * The address is that of a parent: without listing them all, and also of those that
	 * parents() leaves out, where it would have to look at everything on the host. NULL for a
	 * kind that has a cheaper way, or whose parents have other names.
	 */
	bool (*is_parent)(const char *name);

	/*
	 * The path below SYSFS_TOP of a parent, or of what is below that; the caller frees it. NULL
	 * for what is none of its parents, nor a function of one; INSTANCE_MDEV takes any name.
	 */
	char *(*parent_path)(const char *parent, const char *below);

	/*
	 * Adds the addresses of the virtual functions that its parents have; and the parent of one,
	 * with its number, or NULL for a function of none. Both NULL for a kind without functions.
	 */
	void (*functions)(struct strlist *ret_addresses);
	const char *(*function_parent)(const char *address, int *ret_vf);

	/* The instance on a virtual function, added as by look_up(); NULL for a kind without them.
	 */
	struct device *(*look_at)(struct device_list *list, const char *address);

	/* Adds the types of one parent (NULL: of all), sorted by parent, then name. */
	void (*types)(struct type_list *list, const char *parent);

	/* The parent has a type of that id; NULL where types() is as quick to say so. */
	bool (*has_type)(const char *parent, const char *id);

	/*
	 * What may keep this parent from having a type now that it has at other times, for the end
	 * of a message; the caller frees it. NULL when nothing does, or for a kind without such.
	 */
	char *(*lack_of_type)(const char *parent);

	/*
	 * Adds the devices of one parent (NULL: of all) whose UUIDs the filter takes (NULL: any).
	 * Each has kind, id, name, parent and type, and if that is so vf and is_foreign; texts are
	 * in the list's arena.
	 */
	void (*devices)(struct device_list *list, const char *parent,
			const struct identity_filter *filter);

	/* Adds the device of that identity, and returns it; NULL, and nothing added, without one.
	 */
	struct device *(*look_up)(struct device_list *list, const struct identity *id,
				  enum look_up how);

	/* The path below SYSFS_TOP of a device's folder, or of what is below that. */
	char *(*path)(const struct device *dev, const char *below);

	/* The folder of a device's attributes; NULL when that is path(). */
	char *(*attributes)(const struct device *dev);

	/*
	 * Adds the paths below SYSFS_TOP of the files that are written to make and to end
	 * instances, on all functions that there are. NULL where the kernel makes an event of that.
	 */
	void (*watched)(struct strlist *ret_paths);

	/*
	 * How a machine of QEMU, and a domain of libvirt, is told to have a live device; see
	 * host/assign.h, also for more. The caller frees it; NULL where there is no way.
	 */
	char *(*qemu)(const struct device *dev, const char *more);
	char *(*libvirt)(const struct device *dev);

	/*
	 * What is called so in the folder of its attributes ("power/control") is the kernel's own,
	 * or in a folder of the kernel's own: neither shown nor written as an attribute.
	 */
	bool (*is_kernels)(const char *name);

	/*
	 * Its types are called so; and those on that parent are of this kind. The parent is looked
	 * at only if the name of the type says so. INSTANCE_MDEV has what no other kind claims, and
	 * no such methods.
	 */
	bool (*is_type)(const char *name);
	bool (*claims)(const char *parent);

	/* No more instances are made there, because the parent is going or gone. */
	bool (*is_closed)(const char *parent, const char *type);

	/*
	 * The kernel itself refuses to end what somebody has open: then nobody need be looked for
	 * before that is tried. NULL: it never does.
	 */
	bool (*guards_open)(void);

	/* How instances come and go; the reason of each negative errno goes to *reterr. */

	/* Whether kernel and driver take what there is beside the UUID: number and parameters. */
	bool (*understands)(const struct definition *def);

	/* What is wrong whatever the host is like, but for the attributes. */
	int (*check_form)(const struct definition *def, char **reterr);

	/*
	 * What can be said without trying, of an identity that is not live; calls check_form() and
	 * checks attributes by lifecycle_check_form() where the order of the reasons has them.
	 */
	int (*check)(struct lifecycle_creator *creator, const struct definition *def,
		     char **reterr);

	/*
	 * What is needed before the first write, and may wait: an open file, or a lock. Returns a
	 * descriptor for make() and close(), or a negative errno.
	 */
	int (*open)(struct lifecycle_creator *creator, const struct definition *def, char **reterr);

	/*
	 * Makes the instance, without its attributes, or finds that it is there as it shall be, and
	 * sets creator->was_there. ret_made has the definition's identity,
	 * parent and type; make() adds what the kernel calls it, in name (at most
	 * IDENTITY_TEXT_SIZE bytes), and vf. Called while signals wait, where there is something to
	 * undo after it.
	 */
	int (*make)(struct lifecycle_creator *creator, const struct definition *def, int fd,
		    struct device *ret_made, char *name, char **reterr);

	/* After the attributes were written, or all was undone; NULL when there is nothing to end.
	 */
	void (*close)(int fd);

	/* Takes the identity back that make() gave to an instance which was there; NULL where it
	 * finds none. */
	void (*disown)(const struct device *dev);

	/*
	 * Ends an instance that was just made. folder is its own, as seen from dirfd, so that what
	 * took its place meanwhile is left alone. -ENOENT and -ENODEV: it went away by itself.
	 */
	int (*undo)(const struct device *dev, int dirfd, const char *folder);

	/*
	 * Makes an event of an instance that was made whole or given its identity, or has ended;
	 * NULL where the kernel makes "add" and "remove". destroy() calls it on its own.
	 */
	void (*tell)(const struct device *dev, enum kind_event event);

	/*
	 * Keeps a live instance what it is while it is changed, and sees that it is still what the
	 * caller saw: see lifecycle_hold(). Returns a descriptor to be closed after that, or a
	 * negative errno. NULL for a kind whose instances have folders and nodes of their own, so
	 * that what is open of one is never another's.
	 */
	int (*hold)(const struct device *dev, char **reterr);

	/* Ends a live instance; see lifecycle_destroy(). */
	int (*destroy)(const struct device *dev, char **reterr);

	/* What was kept of the host is looked at anew; NULL when nothing is kept. */
	void (*forget)(void);
};

extern const struct kind kind_mdev;
extern const struct kind kind_nvidia;
extern const struct kind kind_vf;

/* By enum instance_kind. */
extern const struct kind *const kinds[INSTANCE_KINDS];

/*
 * The kind of the instances of that type on that parent. NULL for a parent that is not there: such
 * instances count as INSTANCE_MDEV's.
 */
const struct kind *kind_of_type(const char *parent, const char *type);

static inline const struct kind *kind_of(const struct device *dev)
{
	return kinds[dev->kind];
}

/* Types of instances that are virtual functions are called so; mediated devices may have such, too.
 */
bool kind_is_function_type(const char *name);

/* The address is that of a parent, of which is_parent() above is. */
bool kind_is_parent(const char *name);

/*
 * The path below SYSFS_TOP of a parent of any kind, or of a virtual function of one, or of what is
 * below that; the caller frees it.
 */
char *kind_parent_path(const char *parent, const char *below);

/* The kernel itself refuses to end the device while somebody has it open. */
static inline bool kind_guards_open(const struct device *dev)
{
	return kind_of(dev)->guards_open && kind_of(dev)->guards_open();
}

/* What keeps the parent from having more types, of any kind; the caller frees it. NULL: nothing. */
char *kind_lack_of_type(const char *parent);

/* For programs that run for long, before each look at the host. */
void kind_forget(void);

#endif
