// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics, in the text format of Prometheus. */
#include "out/prometheus.h"

#include "base/text.h"

#include <inttypes.h>

/*
 * The value of a label: UTF-8 with a backslash before a backslash and a quote, and "\n" for a
 * newline. A name that is no UTF-8 has its bytes as "\\xNN", as everywhere in the output.
 */
static void add_value(struct buf *buf, const char *value)
{
	bool is_utf8 = text_is_utf8(value, strlen(value));

	for (; *value; value++)
		if (*value == '\n')
			buf_addf(buf, "\\n");
		else if (*value == '\\' || *value == '"')
			buf_addf(buf, "\\%c", *value);
		else if (!is_utf8 && (unsigned char)*value >= 0x80)
			buf_addf(buf, "\\\\x%02x", (unsigned char)*value);
		else
			buf_addf(buf, "%c", *value);
}

/* A metric's name and the labels that each has, without the end. */
static void begin_sample(struct buf *buf, const char *metric, const struct type *type)
{
	buf_addf(buf, "%s{parent=\"", metric);
	add_value(buf, type->parent);
	buf_addf(buf, "\",type=\"");
	add_value(buf, type->name);
	buf_addf(buf, "\"");
}

static void add_instances(struct buf *buf, const struct type *type, const char *state, size_t count)
{
	begin_sample(buf, "mdev_instances", type);
	buf_addf(buf, ",state=\"%s\"} %zu\n", state, count);
}

char *prometheus_types(const struct type_list *types, const struct type_use *uses)
{
	struct buf buf = {0};

	buf_addf(&buf,
		 "# HELP mdev_instances Live instances: held (somebody has it open), "
		 "idle (nobody has, and it is defined) or orphan (it is not defined either).\n"
		 "# TYPE mdev_instances gauge\n");
	for (size_t i = 0; i < types->n; i++) {
		add_instances(&buf, &types->v[i], "held", uses[i].held);
		add_instances(&buf, &types->v[i], "idle", uses[i].idle);
		add_instances(&buf, &types->v[i], "orphan", uses[i].orphan);
	}
	buf_addf(&buf,
		 "# HELP mdev_available_instances Instances that the parent can still have of "
		 "the type; those of virtual functions at most.\n"
		 "# TYPE mdev_available_instances gauge\n");
	for (size_t i = 0; i < types->n; i++) {
		if (types->v[i].available == TYPE_UNKNOWN)
			continue;
		begin_sample(&buf, "mdev_available_instances", &types->v[i]);
		buf_addf(&buf, "} %" PRId64 "\n", types->v[i].available);
	}
	return buf.data;
}
