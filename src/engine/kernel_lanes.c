/*
 * Compiled once per SIMD level (src/meson.build); plain C that the compiler vectorises.
 * Each function is its own scalar twin: one lane at a time gives the same bits.
 */
#include "riptide/base/simd.h"
#include "riptide/engine/exact.h"
#include "riptide/engine/kernel.h"
#include "riptide/engine/screen.h"

static void
hold(size_t n, const rip_kernel_holding *holding, double *restrict market,
     double *restrict funding)
{
    for (size_t i = 0; i < RIP_LANES; i++) {
        market[i] = 0.0;
        funding[i] = 0.0;
    }
    for (size_t k = 0; k < n; k++) {
        const double quantity = holding[k].quantity, start = holding[k].start_usd;
        const double *restrict price = holding[k].price;
        for (size_t i = 0; i < RIP_LANES; i++) {
            market[i] += -(quantity * (price[i] - start));
        }
        if (holding[k].funding != NULL) {
            const double *restrict index = holding[k].funding;
            for (size_t i = 0; i < RIP_LANES; i++) {
                funding[i] += quantity * index[i];
            }
        }
    }
}

static uint64_t
pack(const uint64_t *flag)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        bits |= (flag[i] & 1) << i;
    }
    return bits;
}

static uint64_t
form_fails(double constant, size_t n, const rip_screen_term *term,
           const double *extreme)
{
    double slack[RIP_LANES];
    uint64_t flag[RIP_LANES], any = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        slack[i] = constant;
    }
    for (size_t k = 0; k < n; k++) {
        const double weight = term[k].weight;
        const double *restrict row = extreme + (size_t)term[k].row * RIP_LANES;
        for (size_t i = 0; i < RIP_LANES; i++) {
            slack[i] += weight * row[i];
        }
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        flag[i] = (uint64_t) !(slack[i] > 0.0);
        any |= flag[i];
    }
    return any != 0 ? pack(flag) : 0;
}

static uint64_t
below(const double *x, double limit)
{
    uint64_t flag[RIP_LANES];
    for (size_t i = 0; i < RIP_LANES; i++) {
        flag[i] = (uint64_t)(x[i] < limit);
    }
    return pack(flag);
}

static int
quantise(const double *restrict x, double factor, const double *restrict weight,
         double limit, int64_t *restrict integer)
{
    int beyond = 0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const double scaled = x[i] * factor * weight[i];
        beyond |= !(fabs(scaled) < limit);
        integer[i] = rip_exact_round(scaled);
    }
    return !beyond;
}

static void
bins(const double *restrict x, double factor, double low, double per_unit, size_t n_bin,
     uint32_t *restrict bin)
{
    const double last = (double)(n_bin - 1);
    for (size_t i = 0; i < RIP_LANES; i++) {
        double at = (x[i] * factor - low) * per_unit + 1.0;
        at = at > 0.0 ? at : 0.0;
        at = at < last ? at : last;
        bin[i] = (uint32_t)(int32_t)at;
    }
}

const rip_kernel RIP_SIMD_NAME(rip_kernel_lanes) = {
    .hold = hold,
    .form_fails = form_fails,
    .below = below,
    .quantise = quantise,
    .bins = bins,
};
