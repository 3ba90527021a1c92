// SPDX-License-Identifier: GPL-2.0-or-later
/* The columns of tables: their names, what stands in them, and choosing some. */
#include "out/column.h"

#include "model/device.h"
#include "model/type.h"

#include <errno.h>

static const char *device_identity(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	/* A mediated device's name on the bus is the same text, unless there is a number in it. */
	if (dev->kind == INSTANCE_MDEV && dev->name && !dev->name[UUID_TEXT_LEN])
		return dev->name;
	return identity_format(&dev->id, scratch);
}

static const char *device_parent(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->parent;
}

static const char *device_type(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->type;
}

static const char *device_auto(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	if (!dev->def)
		return NULL;
	return dev->def->is_auto ? "yes" : "no";
}

static const char *device_where(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return device_presence(row);
}

static const char *device_machine(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->state;
}

static const char *device_group(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->iommu_group;
}

static const char *device_kind(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return device_is_live(dev) ? instance_kind_name(dev->kind) : NULL;
}

static const char *device_pci(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return device_address(row);
}

static const char *device_vf(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	if (device_address(dev))
		snprintf(scratch, CELL_SIZE, "%d", dev->vf);
	else if (!device_is_live(dev) && dev->def && dev->def->has_vf)
		snprintf(scratch, CELL_SIZE, "%u", dev->def->vf);
	else
		return NULL;
	return scratch;
}

static const char *device_params(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->def ? dev->def->params : NULL;
}

static const char *device_description(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->def ? dev->def->description : NULL;
}

/* As the kernel has it, or as it is defined for one that is not live or has no node. */
static const char *device_owner(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->owner || !dev->def ? dev->owner : dev->def->owner;
}

static const char *device_mode(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->mode || !dev->def ? dev->mode : dev->def->mode;
}

static const char *device_file(const void *row, char scratch[CELL_SIZE])
{
	const struct device *dev = row;

	if (!dev->def)
		return NULL;
	snprintf(scratch, CELL_SIZE, "%s:%u", dev->def->file, dev->def->line);
	return scratch;
}

static const char *type_parent(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->parent;
}

static const char *type_name(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->name;
}

static const char *type_available(const void *row, char scratch[CELL_SIZE])
{
	const struct type *type = row;

	if (type->available == TYPE_UNKNOWN)
		return NULL;
	snprintf(scratch, CELL_SIZE, "%s%lld", type->is_at_most && type->available ? "<=" : "",
		 (long long)type->available);
	return scratch;
}

static const char *type_api(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->device_api;
}

static const char *type_pretty_name(const void *row, char scratch[CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->pretty_name;
}

/* Drivers write several lines; a cell has one. */
static const char *type_description(const void *row, char scratch[CELL_SIZE])
{
	const char *text = ((const struct type *)row)->description;
	size_t len = 0;

	for (; text && *text && len + 3 < CELL_SIZE; text++) {
		if (*text != '\n') {
			scratch[len++] = *text;
		} else {
			scratch[len++] = ',';
			scratch[len++] = ' ';
		}
	}
	scratch[len] = '\0';
	return len ? scratch : NULL;
}

/*
 * Green for what is as it shall be, brown (many terminals show yellow) for what should be and is
 * not, red for what is another way.
 */
static const char *device_color(const void *row)
{
	static const struct {
		const char *state, *color;
	} colors[] = {{"live", "green"},
		      {"transient", "green"},
		      {"missing", "brown"},
		      {"differs", "red"}};
	const char *state = device_presence(row);

	for (size_t i = 0; i < ARRAY_SIZE(colors); i++)
		if (strcmp(colors[i].state, state) == 0)
			return colors[i].color;
	return NULL;
}

static const char *type_color(const void *row)
{
	return ((const struct type *)row)->available == 0 ? "red" : NULL;
}

static const struct column device_columns[] = {
	{"UUID", "identity: UUID, or UUID:INSTANCE", COLUMN_DEFAULT, 0, device_identity, NULL},
	{"PARENT", "parent as in sysfs, or as defined when it is not there", COLUMN_DEFAULT, 5,
	 device_parent, NULL},
	{"TYPE", "type", COLUMN_DEFAULT, 4, device_type, NULL},
	{"AUTO", "whether apply creates it by itself: yes, no", COLUMN_DEFAULT, 0, device_auto,
	 NULL},
	{"STATE", "live, missing, differs, transient, defined", COLUMN_DEFAULT, 0, device_where,
	 device_color},
	{"MACHINE", "whether its machine is started or stopped", COLUMN_DETAIL, 0, device_machine,
	 NULL},
	{"GROUP", "IOMMU group", COLUMN_DETAIL | COLUMN_RIGHT, 0, device_group, NULL},
	{"KIND", "kind of instance: mdev, nvidia, vf", 0, 0, device_kind, NULL},
	{"ADDRESS", "PCI address of its virtual function", 0, 0, device_pci, NULL},
	{"VF", "number of its virtual function", COLUMN_RIGHT, 0, device_vf, NULL},
	{"PARAMS", "parameters in the definition", 0, 2, device_params, NULL},
	{"DESCRIPTION", "description in the definition", 0, 1, device_description, NULL},
	{"OWNER", "who may open it through VFIO, live or else as defined", COLUMN_NODE, 0,
	 device_owner, NULL},
	{"MODE", "mode of its nodes, live or else as defined", COLUMN_NODE, 0, device_mode, NULL},
	{"FILE", "file and line of the definition", 0, 3, device_file, NULL},
	{0},
};

static const struct column type_columns[] = {
	{"PARENT", "parent as in sysfs", COLUMN_DEFAULT, 5, type_parent, NULL},
	{"TYPE", "type", COLUMN_DEFAULT, 4, type_name, NULL},
	{"AVAILABLE", "instances that can still be created", COLUMN_DEFAULT | COLUMN_RIGHT, 0,
	 type_available, type_color},
	{"API", "VFIO device API", COLUMN_DEFAULT, 2, type_api, NULL},
	{"NAME", "name given by the driver", COLUMN_DEFAULT, 3, type_pretty_name, NULL},
	{"DESCRIPTION", "description given by the driver", COLUMN_DEFAULT, 1, type_description,
	 NULL},
	{0},
};

const struct column *columns_of(enum column_set set)
{
	return set == COLUMNS_OF_DEVICES ? device_columns : type_columns;
}

static int add_defaults(const struct column *all, const struct column **chosen)
{
	int count = 0;

	for (const struct column *column = all; column->name; column++)
		if (column->flags & COLUMN_DEFAULT)
			chosen[count++] = column;
	return count;
}

int column_choose(enum column_set set, const char *names, const struct column *chosen[COLUMNS_MAX],
		  char **reterr)
{
	_cleanup_free_ char *copy = xstrdup(names ? names : "+");
	char *rest = copy, *name;
	int count = 0;

	if (*rest == '+') {
		count = add_defaults(columns_of(set), chosen);
		if (!*++rest)
			return count;
	}
	while ((name = strsep(&rest, ","))) {
		const struct column *column = columns_of(set);

		while (column->name && strcasecmp(column->name, name) != 0)
			column++;
		if (!column->name || count == COLUMNS_MAX) {
			set_text(reterr,
				 column->name ? "too many columns at '%s'" :
						"there is no column '%s'",
				 name);
			return -EINVAL;
		}
		chosen[count++] = column;
	}
	return count;
}

int column_check(enum column_set set, const char *names, char **reterr)
{
	const struct column *chosen[COLUMNS_MAX];
	int count = column_choose(set, names, chosen, reterr);

	return count < 0 ? count : 0;
}

unsigned int column_needs(const char *names)
{
	const struct column *chosen[COLUMNS_MAX];
	_cleanup_free_ char *error = NULL;
	int count = column_choose(COLUMNS_OF_DEVICES, names, chosen, &error);
	unsigned int flags = 0;

	for (int i = 0; i < count; i++)
		flags |= chosen[i]->flags;
	return flags & (COLUMN_DETAIL | COLUMN_NODE);
}

void column_print_help(enum column_set set)
{
	puts("\nColumns (* shown by default):");
	for (const struct column *column = columns_of(set); column->name; column++)
		printf("  %-12s %s%s\n", column->name, column->help,
		       column->flags & COLUMN_DEFAULT ? " *" : "");
}
