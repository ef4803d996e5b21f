/*
 * random/normal_kernel.h -- the kernels behind random/normal.h.            floor 1.2
 */
#ifndef RIP_RANDOM_NORMAL_KERNEL_H
#define RIP_RANDOM_NORMAL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"
#include "riptide/base/simd.h"

/* Key and counter words of lane 0. */
typedef struct rip_normal_address {
    uint32_t key[2];
    uint32_t step, first_path, purpose;
} rip_normal_address;

/* Uniforms, standard normals [n_factor][RIP_LANES]. */
RIP_SIMD_DECLARE(void, rip_normal_uniforms,
                 (const rip_normal_address *at, size_t n_factor, double *u));
RIP_SIMD_DECLARE(void, rip_normal_rows,
                 (const rip_normal_address *at, size_t n_factor, double *z));

#endif /* RIP_RANDOM_NORMAL_KERNEL_H */
