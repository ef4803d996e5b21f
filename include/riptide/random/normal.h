/*
 * random/normal.h -- rows of random numbers for the lanes of a block.      floor 1.3
 *
 * Lane i is path first_path + i; factor f of a path is uniform number f at the address
 * (seed, path, step, purpose) of random/stream.h, one uniform a normal, by inversion.
 * The purpose word is made by rip_stream_purpose. Rows have the same bits at every SIMD
 * level, and are those of rip_stream_uniform and rip_math_normal_inverse one by one.
 */
#ifndef RIP_RANDOM_NORMAL_H
#define RIP_RANDOM_NORMAL_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"

/* Uniforms in (0, 1) into u[n_factor][RIP_LANES]; first_path + RIP_LANES <= 2^32. */
void rip_uniform_fill(uint64_t seed, uint32_t step, uint64_t first_path,
                      uint32_t purpose, size_t n_factor, double *u);

/* Independent standard normals into z[n_factor][RIP_LANES]. */
void rip_normal_fill(uint64_t seed, uint32_t step, uint64_t first_path,
                     uint32_t purpose, size_t n_factor, double *z);

#endif /* RIP_RANDOM_NORMAL_H */
