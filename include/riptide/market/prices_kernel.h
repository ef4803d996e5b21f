/*
 * market/prices_kernel.h -- the kernel behind market/prices.h.               floor 3.1
 */
#ifndef RIP_MARKET_PRICES_KERNEL_H
#define RIP_MARKET_PRICES_KERNEL_H

#include "riptide/base/simd.h"

/* value[i] = before[i] exp(value[i]) for a row of RIP_LANES. */
RIP_SIMD_DECLARE(void, rip_prices_row, (const double *before, double *value));

#endif /* RIP_MARKET_PRICES_KERNEL_H */
