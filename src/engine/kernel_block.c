/*
 * From the prices of a block to its other shapes (engine/block.h). Compiled once per
 * SIMD level (src/meson.build).
 */
#include "riptide/engine/block.h"

#include <string.h>

/* Lowest and highest of a path with its start, rounded outward to single precision.
   Returns the highest of all lanes. */
static double
fill_extremes(rip_block *self, size_t asset, double start)
{
    float *restrict to_low = self->extreme + asset * RIP_LANES;
    float *restrict to_high = to_low + self->n_asset * RIP_LANES;
    double low[RIP_LANES], high[RIP_LANES], highest = 0.0;
    for (size_t i = 0; i < RIP_LANES; i++) {
        low[i] = start;
        high[i] = start;
    }
    for (size_t t = 0; t < self->n_step; t++) {
        const double *restrict price = rip_block_price(self, t, asset);
        for (size_t i = 0; i < RIP_LANES; i++) {
            low[i] = price[i] < low[i] ? price[i] : low[i];
            high[i] = price[i] > high[i] ? price[i] : high[i];
        }
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        to_low[i] = (float)(low[i] * (1.0 - RIP_BLOCK_ROUNDING));
        to_high[i] = -(float)(high[i] * (1.0 + RIP_BLOCK_ROUNDING));
        highest = high[i] > highest ? high[i] : highest;
    }
    return highest;
}

/* Single-precision prices of a step. */
static void
round_prices(const rip_block *self, size_t asset, size_t step, float *restrict row)
{
    const double *restrict price = rip_block_price(self, step, asset);
    for (size_t i = 0; i < RIP_LANES; i++) {
        row[i] = (float)price[i];
    }
}

/* The rows of a chunk's extremes take in a row of prices; the first one begins them. */
static void
widen(bool begins, const float *restrict row, float *restrict low, float *restrict high)
{
    for (size_t i = 0; begins && i < RIP_LANES; i++) {
        low[i] = row[i];
        high[i] = -row[i];
    }
    for (size_t i = 0; !begins && i < RIP_LANES; i++) {
        low[i] = row[i] < low[i] ? row[i] : low[i];
        high[i] = -row[i] < high[i] ? -row[i] : high[i];
    }
}

/* Prices lane by lane, the last one filling the row, and their extremes by chunk. */
static void
fill_path(rip_block *self, size_t asset)
{
    const size_t stride = self->n_asset * self->n_pad;
    const size_t n_cell = self->n_asset * RIP_LANES;
    float *to = self->path + asset * self->n_pad;
    float row[RIP_LANES];
    for (size_t t = 0; t < self->n_pad; t++) {
        round_prices(self, asset, t < self->n_step ? t : self->n_step - 1, row);
        for (size_t i = 0; i < RIP_LANES; i++) {
            to[i * stride + t] = row[i];
        }
        if (t < self->n_step) {
            float *low =
                self->chunk + 2 * (t / RIP_BLOCK_CHUNK) * n_cell + asset * RIP_LANES;
            widen(t % RIP_BLOCK_CHUNK == 0, row, low, low + n_cell);
        }
    }
}

static void
fill_change(rip_block *self, size_t asset, double start)
{
    const double *restrict last = rip_block_price(self, self->n_step - 1, asset);
    double *restrict change = self->change + asset * RIP_LANES;
    for (size_t i = 0; i < RIP_LANES; i++) {
        change[i] = last[i] - start;
    }
}

/* Mean of S(t) / S(0) at a step. */
static void
index_level(const rip_block *self, size_t step, double *restrict level)
{
    const double share = 1.0 / (double)self->n_asset;
    for (size_t i = 0; i < RIP_LANES; i++) {
        level[i] = 0.0;
    }
    for (size_t a = 0; a < self->n_asset; a++) {
        const double weight = share / self->run->market.asset[a].price_usd;
        const double *restrict price = rip_block_price(self, step, a);
        for (size_t i = 0; i < RIP_LANES; i++) {
            level[i] += weight * price[i];
        }
    }
}

/* The equal-weighted index; its peak starts at 1. */
static void
fill_index(rip_block *self)
{
    double peak[RIP_LANES], level[RIP_LANES], fall[RIP_LANES];
    for (size_t i = 0; i < RIP_LANES; i++) {
        peak[i] = 1.0;
        fall[i] = 0.0;
    }
    for (size_t t = 0; t < self->n_step; t++) {
        index_level(self, t, level);
        for (size_t i = 0; i < RIP_LANES; i++) {
            const double down = 1.0 - level[i] / peak[i];
            fall[i] = down > fall[i] ? down : fall[i];
            peak[i] = level[i] > peak[i] ? level[i] : peak[i];
        }
    }
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->index_return[i] = level[i] - 1.0;
        self->index_drawdown[i] = fall[i];
    }
}

void
RIP_SIMD_NAME(rip_block_shape)(rip_block *self)
{
    self->peak = 0.0;
    for (size_t a = 0; a < self->n_asset; a++) {
        const double start = self->run->market.asset[a].price_usd;
        self->highest[a] = fill_extremes(self, a, start);
        self->peak = self->highest[a] / start > self->peak ? self->highest[a] / start
                                                           : self->peak;
        fill_path(self, a);
        fill_change(self, a, start);
    }
    fill_index(self);
}
