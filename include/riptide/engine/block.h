/*
 * engine/block.h -- one block of paths as the engine sees it.              floor 6.1
 *
 * RIP_LANES paths drawn once and shared by all accounts and modes: prices and funding
 * indices of every step, running extremes over the whole horizon and over chunks of
 * RIP_BLOCK_CHUNK steps (both with the starting price included), and, for the lanes
 * that need the scalar rules, the same prices laid out path by path. What only these
 * rules look at, funding in coins and implied volatilities, is formed lane by lane.
 */
#ifndef RIP_ENGINE_BLOCK_H
#define RIP_ENGINE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"
#include "riptide/market/panel.h"
#include "riptide/market/shock.h"
#include "riptide/market/volatility.h"

#define RIP_BLOCK_CHUNK 8

typedef struct rip_block {
    const rip_run *run;
    const rip_shock_model *model;
    const void *plan; /* of the shock model; borrowed */
    size_t n_step, n_asset, n_chunk;
    uint64_t first_path;
    rip_panel panel; /* prices at the end of step t: row [t][asset] */
    double *funding; /* [n_step][n_asset][RIP_LANES] owned; NULL: no funding */
    double *extreme; /* [n_chunk + 1][2][n_asset][RIP_LANES] owned: lowest price by
                        chunk, then minus the highest; the last chunk is the whole
                        horizon */
    double *highest; /* [n_asset] owned: maximum over all lanes */
    double *funding_low, *funding_high; /* [n_asset] owned: range over lanes and steps,
                                           0 included */
    double *index_return;      /* [RIP_LANES] owned: of the equal-weighted index */
    double *index_drawdown;    /* [RIP_LANES] owned: largest fall from a running peak */
    double *path_price;        /* [RIP_LANES][n_step + 1][n_asset] owned, see _lane */
    double *path_funding;      /* the same shape, or NULL */
    double *path_funding_coin; /* the same shape, or NULL: nothing pays in coins */
    rip_volatility volatility; /* of the book's options; zeroed if they stay */
    double *path_volatility; /* [RIP_LANES][n_step + 1][n_volatility] owned, or NULL */
    double *move;            /* [n_asset] owned: scratch of the volatilities */
    double *no_funding;      /* [n_asset] owned: zeros */
    uint64_t lanes_ready;    /* bit i: lane i is laid out in path_price */
    void *scratch;           /* owned: for the shock model */
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

/* Draws block number `block` and forms all of the above but the path layout. Lanes past
   the last path of the run get weight 0. */
void rip_block_draw(rip_block *self, uint64_t block);

/* Lays lane out path by path if it is not yet. */
void rip_block_lane(rip_block *self, size_t lane);

/* Price row [RIP_LANES] at the end of step (0-based) of an asset. */
static inline const double *
rip_block_price(const rip_block *self, size_t step, size_t asset)
{
    return rip_panel_row(&self->panel, step, asset);
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

/* Extremes of a chunk, [2 * n_asset][RIP_LANES]; chunk n_chunk is the horizon. */
static inline const double *
rip_block_extreme(const rip_block *self, size_t chunk)
{
    return self->extreme + chunk * 2 * self->n_asset * RIP_LANES;
}

#endif /* RIP_ENGINE_BLOCK_H */
