// SPDX-License-Identifier: GPL-2.0-or-later
/* Which driver a PCI function has, and giving it another one. */
#include "host/binding.h"

#include "base/sysfs.h"
#include "base/unread.h"
#include "host/layout.h"
#include "host/refusal.h"

#include <errno.h>

/* What the kernel shows where no override is set. */
#define NO_OVERRIDE "(null)"

static int read_override(const char *address, char **ret)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_OVERRIDE), *text = NULL;
	int rc = sysfs_read(SYSFS_TOP, path, &text);

	if (!rc && *text && strcmp(text, NO_OVERRIDE) != 0)
		*ret = TAKE_PTR(text);
	return rc;
}

int binding_read(const char *address, struct binding *ret)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_DRIVER);
	int rc;

	*ret = (struct binding){0};
	rc = sysfs_link_name(SYSFS_TOP, path, &ret->driver);
	if (!rc || rc == -ENOENT)
		rc = read_override(address, &ret->override);
	if (rc)
		binding_free(ret);
	return rc && unread_is_absence(rc) ? -ENODEV : rc;
}

void binding_free(struct binding *binding)
{
	free(binding->driver);
	free(binding->override);
	*binding = (struct binding){0};
}

static bool has_driver(const struct binding *now, const char *driver)
{
	return now->driver && strcmp(now->driver, driver) == 0;
}

static bool is_kept_for(const struct binding *now, const char *driver)
{
	return now->override && strcmp(now->override, driver) == 0;
}

/*
 * One line in one write to a file of the object that is called so: "it", of a function, or a
 * driver.
 */
static int write_line(const char *path, const char *text, const char *what, char **reterr)
{
	_cleanup_free_ char *line = xasprintf("%s\n", text);
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);

	if (fd >= 0)
		return sysfs_write_fd(fd, line, strlen(line));
	if (fd != -ENOENT && fd != -ENODEV) {
		refusal_of_open(path, fd, reterr);
		return fd;
	}
	set_text(reterr, "%s went away", what);
	return -ENODEV;
}

static int write_override(const char *address, const char *driver, char **reterr)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_OVERRIDE);
	int rc = write_line(path, driver, "it", reterr);

	if (!rc || *reterr)
		return rc;
	if (*driver)
		set_text(reterr, "its " LAYOUT_OVERRIDE " refused '%s': %s", driver,
			 error_text(rc));
	else
		set_text(reterr, "its " LAYOUT_OVERRIDE " cannot be cleared: %s", error_text(rc));
	return rc;
}

/* One line for a driver: the address of a function. */
static int write_driver(const char *driver, const char *file, const char *address, char **reterr)
{
	_cleanup_free_ char *path = layout_pci_driver(driver, file);
	_cleanup_free_ char *what = xasprintf("driver '%s'", driver);

	return write_line(path, address, what, reterr);
}

/* Only one's own: somebody else may have set another one meanwhile. */
static int clear_override(const char *address, const char *driver, char **reterr)
{
	struct binding now;
	int rc = binding_read(address, &now);

	if (!rc && is_kept_for(&now, driver))
		rc = write_override(address, "", reterr);
	binding_free(&now);
	if (rc && rc != -ENODEV && !*reterr)
		set_text(reterr, "its " LAYOUT_OVERRIDE " cannot be read: %s", error_text(rc));
	return rc == -ENODEV ? 0 : rc;
}

/* For the reason in *reterr, to which it adds why that failed. */
static void undo_override(const char *address, const char *driver, char **reterr)
{
	_cleanup_free_ char *error = NULL;

	if (clear_override(address, driver, &error))
		set_text(reterr, "%s (and it is still kept for '%s': %s)", *reterr, driver, error);
}

static void explain_bind(const char *address, const char *driver, int rc, char **reterr)
{
	_cleanup_free_ char *group = layout_pci_device(address, LAYOUT_IOMMU_GROUP);

	if (rc == -EBUSY)
		set_text(reterr, "somebody else bound it to a driver at the same time");
	else if (rc == -ENODEV)
		set_text(reterr, "driver '%s' does not take it, or it went away", driver);
	else if (rc == -EINVAL && !sysfs_exists(SYSFS_TOP, group))
		set_text(
			reterr,
			"it has no IOMMU group, without which driver '%s' refuses it: the IOMMU is off (switch it on in the firmware, and on the kernel's command line)",
			driver);
	else
		set_text(reterr, "driver '%s' refused it: %s (the kernel's log may say why)",
			 driver, error_text(rc));
}

static int unbind_from(const char *address, const char *driver, char **reterr)
{
	int rc = write_driver(driver, LAYOUT_UNBIND, address, reterr);

	if (rc && !*reterr)
		set_text(reterr, "driver '%s' cannot be unbound: %s", driver, error_text(rc));
	return rc;
}

/*
 * What was bound is unbound again, for the reason in *reterr, to which it adds why that failed. A
 * driver refuses to unbind what another driver has.
 */
static void undo_bind(const char *address, const char *driver, char **reterr)
{
	_cleanup_free_ char *error = NULL;
	int rc = unbind_from(address, driver, &error);

	if (rc && rc != -ENODEV)
		set_text(reterr, "%s (and it could not be released again: %s)", *reterr, error);
}

/* The driver says that it took the function: is that so, and by whose override? */
static int check_taken(const char *address, const char *driver, char **reterr)
{
	struct binding now;
	int rc = binding_read(address, &now);

	if (rc) {
		set_text(reterr, "it cannot be read after it was bound: %s", error_text(rc));
		undo_bind(address, driver, reterr);
		return rc;
	}
	if (!has_driver(&now, driver))
		rc = now.driver ? -EBUSY : -EIO;
	if (rc == -EBUSY || rc == -EIO)
		set_text(reterr, "driver '%s' took it, but now it has %s%s%s", driver,
			 now.driver ? "driver '" : "none", now.driver ? now.driver : "",
			 now.driver ? "'" : "");
	binding_free(&now);
	return rc;
}

static int bind_to(const char *address, const char *driver, char **reterr)
{
	int rc = write_driver(driver, LAYOUT_BIND, address, reterr);

	if (rc && !*reterr)
		explain_bind(address, driver, rc, reterr);
	return rc ? rc : check_taken(address, driver, reterr);
}

int binding_take(const char *address, const char *driver, char **reterr)
{
	_cleanup_free_ char *error = NULL;
	int rc = write_override(address, driver, &error);

	if (!rc)
		rc = bind_to(address, driver, &error);
	if (rc) {
		undo_override(address, driver, &error);
		set_text(reterr, "%s", error);
	}
	return rc;
}

int binding_release(const char *address, const char *driver, char **reterr)
{
	_cleanup_free_ char *error = NULL;
	struct binding now;
	int rc = binding_read(address, &now);

	if (!rc && has_driver(&now, driver))
		rc = unbind_from(address, driver, &error);
	binding_free(&now);
	/* Unbound by somebody else, or gone, since it was read. */
	if (rc == -ENODEV)
		rc = 0;
	if (!rc) {
		free(TAKE_PTR(error));
		rc = clear_override(address, driver, &error);
	}
	if (rc)
		set_text(reterr, "%s", error ? error : error_text(rc));
	return rc;
}
