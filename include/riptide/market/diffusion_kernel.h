/*
 * market/diffusion_kernel.h -- the kernel behind market/diffusion.h.         floor 3.1
 */
#ifndef RIP_MARKET_DIFFUSION_KERNEL_H
#define RIP_MARKET_DIFFUSION_KERNEL_H

#include <stddef.h>

#include "riptide/base/simd.h"

/* Rows of the factor that are multiplied together. */
#define RIP_DIFFUSION_BLOCK 4

/*
 * out[i][lane] = drift[i] + mixing[lane] sum over j <= i of factor_ij z[j][lane] for
 * n rows of RIP_LANES; mixing is NULL for 1. The factor lies in blocks of
 * RIP_DIFFUSION_BLOCK rows, a block by columns 0 .. n - 1, each RIP_DIFFUSION_BLOCK
 * entries; entries above the diagonal and rows past n are zero. Sums run over j upward.
 */
RIP_SIMD_DECLARE(void, rip_diffusion_rows,
                 (size_t n, const double *factor, const double *drift,
                  const double *mixing, const double *z, double *out));

#endif /* RIP_MARKET_DIFFUSION_KERNEL_H */
