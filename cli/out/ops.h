/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A format of the output: what output.c hands everything to. */
#ifndef OPS_H
#define OPS_H

#include "out/result.h"

/*
 * As the functions of output.h; the action of an outcome is never NULL here. Tables return 0, or a
 * negative errno and a reason in *reterr, with nothing printed.
 */
struct output_ops {
	void (*begin)(const struct output_request *request);
	void (*device)(const struct device *dev, const struct outcome *outcome);
	void (*word)(const char *word, const struct outcome *outcome);
	int (*devices)(const struct device_list *list, const struct output_style *style,
		       char **reterr);
	int (*types)(const struct type_list *list, const struct output_style *style, char **reterr);
	void (*details)(const struct device *dev, struct definition *const *others,
			size_t other_count);
	void (*finding)(const struct finding *finding);
	void (*parent_event)(const char *action, const char *parent);
	void (*device_event)(const char *action, const struct device *dev);
	void (*summary)(const char *text);
	void (*end)(void);
};

extern const struct output_ops text_ops, json_ops;

#endif
