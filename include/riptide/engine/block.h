/*
 * engine/block.h -- one block of paths as the engine sees it.              floor 6.2
 *
 * RIP_LANES paths drawn once and shared by all accounts and modes, in four shapes:
 *
 *     prices and funding indices, exact, [step][asset][lane]
 *     change    S(T) - S(0), [asset][lane]: what accounts held to the horizon need
 *     extremes  of the whole path, in single precision and rounded outward
 *     path      prices in single precision [lane][asset][step], for searching one path
 *     chunk     the same extremes, of `path`, over every RIP_BLOCK_CHUNK steps
 *
 * Those in single precision only ever decide what is looked at (engine/screen.h).
 */
#ifndef RIP_ENGINE_BLOCK_H
#define RIP_ENGINE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/base/status.h"
#include "riptide/engine/nonlinear.h"
#include "riptide/engine/run.h"
#include "riptide/market/panel.h"
#include "riptide/market/shock.h"

#define RIP_BLOCK_PAD   8  /* steps of `path` are padded to a multiple of this */
#define RIP_BLOCK_SLACK 64 /* that may be read beyond a row */
#define RIP_BLOCK_CHUNK 16 /* steps whose extremes are kept */

/* Relative width by which the extremes are rounded outward. */
#define RIP_BLOCK_ROUNDING 0x1p-22

typedef struct rip_block {
    const rip_run *run;
    const rip_shock_model *model;
    const void *plan; /* of the shock model; borrowed */
    size_t n_step, n_asset;
    size_t n_pad;   /* steps of a row of `path`; the last price fills the rest */
    size_t n_chunk; /* whole or begun chunks of steps */
    uint64_t first_path;
    uint64_t lanes;  /* bit i: lane i is a path of the run */
    rip_panel panel; /* prices at the end of step t: row [t][asset] */
    double *funding; /* [n_step][n_asset][RIP_LANES] owned; NULL: no funding */
    double *change;  /* [n_asset][RIP_LANES] owned */
    float *extreme;  /* [2][n_asset][RIP_LANES] owned: lowest price, then minus the
                        highest, both of the path with its start */
    float *path;     /* [RIP_LANES][n_asset][n_pad] owned */
    float *chunk;    /* [n_chunk][2][n_asset][RIP_LANES] owned: likewise by chunk */
    double *highest; /* [n_asset] owned: maximum over all lanes */
    double peak;     /* largest of highest / starting price */
    double *funding_low, *funding_high; /* [n_asset] owned: range over lanes and steps,
                                           0 included */
    double *index_return;   /* [RIP_LANES] owned: of the equal-weighted index */
    double *index_drawdown; /* [RIP_LANES] owned: largest fall from a running peak */
    rip_nonlinear nonlinear;
    void *scratch; /* owned: for the shock model */
} rip_block;

/*
 * Makes room for blocks of a run (borrowed) whose shocks come from model and plan
 * (borrowed). Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_block_init(rip_block *self, const rip_run *run,
                                        const rip_shock_model *model, const void *plan);
void rip_block_free(rip_block *self);

/* Bytes one block takes, for estimates. */
size_t rip_block_size(const rip_run *run);

/* Draws block number `block` and forms all of the above. Lanes past the last path of
   the run get weight 0. */
void rip_block_draw(rip_block *self, uint64_t block);

/* Forms the other shapes from prices, by SIMD level (kernel_block.c). */
RIP_SIMD_DECLARE(void, rip_block_shape, (rip_block * self));

/* Price row [RIP_LANES] at the end of step (0-based) of an asset. */
static inline const double *
rip_block_price(const rip_block *self, size_t step, size_t asset)
{
    return rip_panel_row(&self->panel, step, asset);
}

/* Funding index of a lane, likewise; 0 without funding. */
static inline double
rip_block_funding(const rip_block *self, size_t step, size_t asset, size_t lane)
{
    return self->funding != NULL
               ? self->funding[(step * self->n_asset + asset) * RIP_LANES + lane]
               : 0.0;
}

/* Prices of one lane and asset by step, single precision, [n_pad]. */
static inline const float *
rip_block_path(const rip_block *self, size_t lane, size_t asset)
{
    return self->path + (lane * self->n_asset + asset) * self->n_pad;
}

/* Extremes of a chunk of steps, in the shape of `extreme`. */
static inline const float *
rip_block_chunk(const rip_block *self, size_t chunk)
{
    return self->chunk + chunk * 2 * self->n_asset * RIP_LANES;
}

/*
 * The integer a lane counts with: its weight in units of the plain run's, so 1, or 0
 * past the last path.
 */
static inline int64_t
rip_block_unit(const rip_block *self, size_t lane)
{
    return (int64_t)self->panel.weight[lane];
}

#endif /* RIP_ENGINE_BLOCK_H */
