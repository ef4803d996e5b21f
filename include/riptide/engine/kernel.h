/*
 * engine/kernel.h -- the engine's loops over lanes, one object per SIMD level.
 *                                                                          floor 6.2
 * Fixed operations in fixed order on each lane, so every level gives the same bits.
 */
#ifndef RIP_ENGINE_KERNEL_H
#define RIP_ENGINE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/market/panel.h"

struct rip_screen_term;

/* What one position contributes when it is held to the horizon. */
typedef struct rip_kernel_holding {
    double quantity;       /* signed */
    double start_usd;      /* price at time 0 */
    const double *price;   /* [RIP_LANES] at the horizon */
    const double *funding; /* [RIP_LANES] index at the horizon; NULL: pays none */
} rip_kernel_holding;

typedef struct rip_kernel {
    /* market[i] = 0 + sum_k -(q (S - S0)), funding[i] = 0 + sum_k q F, in order of k.
     */
    void (*hold)(size_t n, const rip_kernel_holding *holding, double *market,
                 double *funding);
    /* Lanes on which constant + sum_k weight * row is not > 0. */
    uint64_t (*form_fails)(double constant, size_t n,
                           const struct rip_screen_term *term, const double *extreme);
    /* Lanes on which x[i] < limit. */
    uint64_t (*below)(const double *x, double limit);
    /*
     * integer[i] = round(x[i] * factor * weight[i]) (engine/exact.h). Returns whether
     * the size of all of them is below limit.
     */
    int (*quantise)(const double *x, double factor, const double *weight, double limit,
                    int64_t *integer);
    /* bin[i] = 0 below low, n_bin - 1 above, else 1 + floor((x factor - low) per_unit).
     */
    void (*bins)(const double *x, double factor, double low, double per_unit,
                 size_t n_bin, uint32_t *bin);
} rip_kernel;

/* The kernels by level; the ones in use (base/simd.h). */
RIP_SIMD_DECLARE_OBJECT(const rip_kernel, rip_kernel_lanes);

const rip_kernel *rip_kernel_best(void);

#endif /* RIP_ENGINE_KERNEL_H */
