// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests: what user space writes to the files that make, remove, start and
 * stop instances
 *
 * For example, this line in a type's create is a UUID, instance number 2, and
 * params, which the parent driver gets as they are:
 *
 *	83b8f4f2-509f-382f-3c1e-e6bfe0fa1001:2:seed=5,label=a:b
 */

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mdev_private.h"

/*
 * Returns a copy of the line without the newline at its end, if there is one.
 * The caller frees it with kfree(). Or an ERR_PTR().
 */
static char *mdev_line_dup(const char *buf, size_t count)
{
	char *line;

	/* sysfs passes on one page of a longer write: there may be more. */
	if (count >= PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	if (count && buf[count - 1] == '\n')
		count--;
	if (memchr(buf, '\n', count) || memchr(buf, '\0', count))
		return ERR_PTR(-EINVAL);

	line = kmemdup_nul(buf, count, GFP_KERNEL);
	return line ?: ERR_PTR(-ENOMEM);
}

/* Returns the end of a field that is all digits; NULL if it is not */
static char *mdev_number_end(char *field)
{
	char *end = field;

	while (isdigit(*end))
		end++;
	if (end == field || (*end && *end != ':'))
		return NULL;
	return end;
}

static int mdev_request_parse_fields(struct mdev_request *req, char *field)
{
	char *end = mdev_number_end(field);
	bool more;

	if (end) {
		more = *end;
		*end = '\0';
		if (kstrtou32(field, 10, &req->id.instance))
			return -EINVAL;
		req->numbered = true;
		if (!more)
			return 0;
		field = end + 1;
	}
	req->params = field;
	return *field ? 0 : -EINVAL;
}

/**
 * mdev_request_parse() - read ``UUID[:INSTANCE][:PARAMS]``
 * @req: filled; on success the caller passes it to mdev_request_done()
 * @buf: what was written; need not end with a NUL
 * @count: its length
 *
 * If the field after the UUID is all digits it is the instance number.
 * Otherwise PARAMS begins there. PARAMS goes to the end of the line, colons and
 * all.
 *
 * Return: 0, -EINVAL if the line is malformed, -ENOMEM.
 */
int mdev_request_parse(struct mdev_request *req, const char *buf, size_t count)
{
	char *line, *rest;
	int rc = -EINVAL;

	memset(req, 0, sizeof(*req));
	line = mdev_line_dup(buf, count);
	if (IS_ERR(line))
		return PTR_ERR(line);

	/* It stops at the first character that is none of a UUID. */
	if (guid_parse(line, &req->id.uuid))
		goto out_free;
	rest = line + UUID_STRING_LEN;
	if (*rest == ':')
		rc = mdev_request_parse_fields(req, rest + 1);
	else if (!*rest)
		rc = 0;
	if (rc)
		goto out_free;

	req->line = line;
	return 0;

out_free:
	kfree(line);
	return rc;
}

/**
 * mdev_request_done() - free what a request holds
 * @req: a request that mdev_request_parse() has filled
 */
void mdev_request_done(struct mdev_request *req)
{
	kfree(req->line);
}

static void mdev_request_cut_param(struct mdev_request *req, char *param,
				   size_t len)
{
	char *rest = param + len;

	if (*rest)
		/* and the comma after it */
		memmove(param, rest + 1, strlen(rest + 1) + 1);
	else if (param > req->params)
		/* and the comma before it */
		param[-1] = '\0';
	else
		req->params = NULL;
}

/* Returns the first of comma-separated params that begins with key, or NULL */
static char *mdev_param_find(char *param, const char *key)
{
	while (param && !strstarts(param, key)) {
		param = strchr(param, ',');
		if (param)
			param++;
	}
	return param;
}

/**
 * mdev_request_take_type() - look up the type of ``type=NAME`` in the params
 * @req: a parsed request
 * @parent: the parent that must have the type
 *
 * ``type=NAME`` is cut out of the params; the others stay as they were written.
 * For example "seed=5,type=medu-dma" becomes "seed=5".
 *
 * Return: the type. If none is named, the parent's only type. ERR_PTR(-EINVAL)
 * if the parent has no such type, if none is named and there are several, or if
 * one is named twice.
 */
struct mdev_core_type *mdev_request_take_type(struct mdev_request *req,
					      struct mdev_core_parent *parent)
{
	static const char key[] = "type=";
	char *param = mdev_param_find(req->params, key);
	struct mdev_core_type *type;
	const char *name;
	size_t len;

	if (!param) {
		if (!list_is_singular(&parent->types))
			return ERR_PTR(-EINVAL);
		return list_first_entry(&parent->types, struct mdev_core_type,
					node);
	}
	if (mdev_param_find(strchr(param, ',') ? strchr(param, ',') + 1 : NULL,
			    key))
		return ERR_PTR(-EINVAL);

	name = param + strlen(key);
	len = strcspn(name, ",");
	list_for_each_entry(type, &parent->types, node) {
		const char *known = kobject_name(&type->kobj);

		if (strlen(known) == len && !memcmp(known, name, len)) {
			mdev_request_cut_param(req, param, strlen(key) + len);
			return type;
		}
	}
	return ERR_PTR(-EINVAL);
}
