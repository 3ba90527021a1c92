// SPDX-License-Identifier: GPL-2.0-or-later
/* Which virtual function of a device is given to VFIO, and giving it. */
#include "host/vf_place.h"

#include "host/vf_binding.h"
#include "host/vf_record.h"

#include <errno.h>

/* How many functions a message lists. */
#define NAMES_SHOWN 4

struct search {
	struct lifecycle_creator *creator;
	const struct pci_functions *functions;
	const struct definition *def;
	bool *is_named; /* by other definitions; one for each function */
	struct strlist used; /* what is said of each function that was passed over */
	char **reterr;
};

static void search_begin(struct search *search)
{
	const struct definition_list *list = search->creator->definitions;
	uint32_t count = search->functions->enabled;

	search->is_named = xcalloc(count, sizeof(*search->is_named));
	for (size_t i = 0; list && i < list->n; i++) {
		const struct definition *def = list->v[i];

		if (def->has_vf && def->vf < count && def->parent_name &&
		    strcmp(def->parent_name, search->functions->address) == 0 &&
		    identity_compare(&def->id, &search->def->id) != 0)
			search->is_named[def->vf] = true;
	}
}

static void search_end(struct search *search)
{
	free(search->is_named);
	strlist_free(&search->used);
}

/*
 * A run that was killed leaves a record of the instance that it wanted, and perhaps the override by
 * which it would have got it: of a function that nobody uses, and that has a record for the same
 * driver, the override is not somebody else's.
 */
static bool is_left_over(const char *function, const struct binding *now)
{
	_cleanup_free_ char *type = NULL;
	struct identity id;

	if (now->driver || !now->override)
		return false;
	type = vfio_driver_type(now->override);
	return vf_record_read(function, type, &id) == 0;
}

static bool is_free(const char *function, const struct binding *now)
{
	return vf_binding_is_free(now) || is_left_over(function, now);
}

/* The function has a driver of VFIO already, and is the instance that is wanted, or another. */
static int take_bound(struct search *search, const char *function, const char *type)
{
	const struct definition *def = search->def;
	char text[IDENTITY_TEXT_SIZE];
	struct identity id;
	int rc = vf_record_read(function, type, &id);

	if (rc && rc != -ENOENT)
		set_text(search->reterr, VF_RECORD_UNREAD, def->vf, function, error_text(rc));
	else if (!rc)
		set_text(search->reterr, "virtual function %u (%s) is %s, of type '%s'", def->vf,
			 function, identity_format(&id, text), type);
	else if (strcmp(type, def->type) != 0)
		set_text(search->reterr,
			 "virtual function %u (%s) has type '%s', which mdev did not make", def->vf,
			 function, type);
	else
		return 0;
	return -EBUSY;
}

/* Says why the function is passed over, and that nobody can have it where def names it. */
static int pass_over(struct search *search, const char *function, const struct binding *now,
		     const char *type)
{
	_cleanup_free_ char *why = type ? xasprintf("has type '%s'", type) :
					  vf_binding_explain(function, now);
	_cleanup_free_ char *said = xasprintf("%s %s", function, why);

	if (search->def->has_vf)
		set_text(search->reterr, "virtual function %u (%s) %s", search->def->vf, function,
			 why);
	strlist_add(&search->used, said);
	return -EBUSY;
}

/*
 * 0 for a function that can be taken; 1 for one that is the instance already, but for its record;
 * -EBUSY for one that somebody uses; -ENODEV for one that is gone.
 */
static int look_at(struct search *search, const char *function)
{
	_cleanup_free_ char *type = vf_binding_type(function);
	struct binding now;
	int rc = binding_read(function, &now);

	if (!rc && type && search->def->has_vf)
		rc = take_bound(search, function, type) ? -EBUSY : 1;
	else if (!rc && !is_free(function, &now))
		rc = pass_over(search, function, &now, type);
	binding_free(&now);
	return rc;
}

static int explain_none(struct search *search)
{
	const struct pci_functions *functions = search->functions;
	_cleanup_free_ char *used = strlist_join(&search->used, NAMES_SHOWN);
	size_t named = 0;

	for (uint32_t i = 0; i < functions->enabled; i++)
		named += search->is_named[i];
	set_text(
		search->reterr,
		"no virtual function of parent '%s' is left: of %u, %zu are named by other definitions%s%s",
		functions->address, functions->enabled, named, *used ? "; " : "", used);
	return -EUSERS;
}

/* The function that def names. 0, 1 or a negative errno with a reason, as of look_at(). */
static int look_at_named(struct search *search, char **ret_function)
{
	const struct pci_functions *functions = search->functions;
	uint32_t number = search->def->vf;
	int rc;

	if (number >= functions->enabled) {
		set_text(search->reterr,
			 "virtual function %u of parent '%s' is not there: %u of %u are enabled",
			 number, functions->address, functions->enabled, functions->total);
		return -ENODEV;
	}
	*ret_function = pci_function_address(functions, number);
	rc = look_at(search, *ret_function);
	if (rc == -ENODEV)
		set_text(search->reterr, "virtual function %u (%s) went away", number,
			 *ret_function);
	return rc;
}

/* The next one from *number on that can be taken. 0, or -EUSERS with a reason. */
static int look_for_free(struct search *search, uint32_t *number, char **ret_function)
{
	for (; *number < search->functions->enabled; ++*number) {
		_cleanup_free_ char *function = pci_function_address(search->functions, *number);

		if (search->is_named[*number] || look_at(search, function) != 0)
			continue;
		*ret_function = TAKE_PTR(function);
		return 0;
	}
	return explain_none(search);
}

/* The record comes first: of a run that is killed no instance is left that has no name. */
static int take(struct search *search, const char *function, const char *driver)
{
	const struct definition *def = search->def;
	int rc = vf_record_write(function, &def->id, def->type, search->reterr);

	if (rc)
		return rc;
	rc = binding_take(function, driver, search->reterr);
	if (rc)
		vf_record_remove(function, &def->id);
	return rc;
}

/* One that somebody else was faster to take is passed over, unless def names it. */
static int place(struct search *search, const char *driver, uint32_t *number, char **ret_function)
{
	const struct definition *def = search->def;
	int rc;

	for (*number = 0;; ++*number) {
		free(TAKE_PTR(*ret_function));
		if (def->has_vf)
			*number = def->vf;
		rc = def->has_vf ? look_at_named(search, ret_function) :
				   look_for_free(search, number, ret_function);
		if (rc < 0)
			return rc;
		search->creator->was_there = rc == 1;
		if (rc == 1)
			return vf_record_write(*ret_function, &def->id, def->type, search->reterr);
		rc = take(search, *ret_function, driver);
		if (def->has_vf || rc != -EBUSY)
			return rc;
	}
}

int vf_place(struct lifecycle_creator *creator, const struct pci_functions *functions,
	     const struct definition *def, struct device *ret_made, char *name, char **reterr)
{
	struct search search = {creator, functions, def, NULL, {0}, reterr};
	_cleanup_free_ char *function = NULL, *driver = NULL;
	uint32_t number;
	int rc = vfio_driver_find(def->type, &driver, reterr);

	/* It may be loaded only now. */
	vf_binding_forget();
	if (rc)
		return rc;
	search_begin(&search);
	rc = place(&search, driver, &number, &function);
	search_end(&search);
	if (rc)
		return rc;
	snprintf(name, IDENTITY_TEXT_SIZE, "%s", function);
	ret_made->name = name;
	ret_made->vf = (int)number;
	return 0;
}

int vf_place_check(struct lifecycle_creator *creator, const struct pci_functions *functions,
		   const struct definition *def, char **reterr)
{
	struct search search = {creator, functions, def, NULL, {0}, reterr};
	_cleanup_free_ char *function = NULL;
	uint32_t number = 0;
	int rc;

	search_begin(&search);
	rc = def->has_vf ? look_at_named(&search, &function) :
			   look_for_free(&search, &number, &function);
	search_end(&search);
	return rc < 0 ? rc : 0;
}
