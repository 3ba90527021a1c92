/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics, in the text format of Prometheus: for the textfile collector of its node_exporter. */
#ifndef PROMETHEUS_H
#define PROMETHEUS_H

#include "model/type.h"

/* The live instances of a type of a parent. Each is in one of these states. */
struct type_use {
	size_t held; /* somebody has it open */
	size_t idle; /* nobody has it open, and it is defined */
	size_t orphan; /* nobody has it open, and it is not defined */
};

/*
 * The metrics of the types, with one use for each type of the list. The format is described in
 * "Exposition formats" of Prometheus' documentation, version 0.0.4. The caller frees the text.
 */
char *prometheus_types(const struct type_list *types, const struct type_use *uses);

#endif
