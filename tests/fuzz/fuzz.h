/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: a promise that does not hold ends the program, as a finding. */
#ifndef FUZZ_H
#define FUZZ_H

#include "store/definition.h"

#include <stdint.h>

/* One input. libFuzzer calls it, or replay.c; 0 as libFuzzer wants it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void promise(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "this does not hold: %s\n", what);
	abort();
}

/* Choices that depend on the input alone, so that an input always does the same. */
struct choices {
	uint64_t state;
};

static inline struct choices choices_of(const uint8_t *data, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 0x100000001b3u;
	return (struct choices){hash};
}

/* A number below count. */
static inline size_t choose(struct choices *choices, size_t count)
{
	choices->state = choices->state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(choices->state >> 33) % count;
}

#endif
