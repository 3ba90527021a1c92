/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random numbers from a seed, for the programs that make random calls
 */

#ifndef TESTS_KERNEL_RNG_H
#define TESTS_KERNEL_RNG_H

#include <stdint.h>

/* xorshift64* (Vigna, 2014); the state is anything but 0 */
static inline uint64_t rng_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* A number from 0 to n - 1 */
static inline uint64_t rng_below(uint64_t *state, uint64_t n)
{
	return rng_next(state) % n;
}

#endif /* TESTS_KERNEL_RNG_H */
