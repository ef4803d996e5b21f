/*
 * engine/wave.h -- per-path figures of the paths of one call.              floor 6.1
 *
 * For outputs that keep them (losses, system, keep_paths); the caller of the engine
 * stores a wave before it asks for the next.
 */
#ifndef RIP_ENGINE_WAVE_H
#define RIP_ENGINE_WAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"

typedef struct rip_wave {
    uint64_t first_path;
    size_t n_path; /* valid paths; rows below have room for `stride` */
    size_t stride;
    float *loss; /* [n_mode][n_account][stride] or NULL (outputs.losses) */
    /* outputs.system, all NULL without it: */
    uint32_t *wiped_accounts;   /* [n_mode][stride] */
    double *total_loss;         /* [n_mode][stride] USD */
    double *fund_draw;          /* [n_mode][stride] USD */
    float *liquidated_notional; /* [n_mode][stride][n_asset] USD */
    double *market_return;      /* [stride] */
    double *market_drawdown;    /* [stride] */
    float *asset_return;        /* [stride][n_asset] */
    /* outputs.keep_paths: */
    double *price; /* [n_price][n_step + 1][n_asset] or NULL; paths from
                      first_path on that are below keep_paths */
    size_t n_price;
} rip_wave;

/* Whether a run keeps any per-path figures. */
bool rip_wave_is_kept(const rip_run *run);

/* Paths that fit in a wave of a run: a multiple of RIP_LANES. */
size_t rip_wave_capacity(const rip_run *run);

/*
 * Makes room for the paths of a wave. Errors: RIP_ERR_NO_MEMORY. Whatever it returns,
 * self may be freed.
 */
RIP_NODISCARD rip_status rip_wave_init(rip_wave *self, const rip_run *run);
void rip_wave_free(rip_wave *self);

/* Begins a wave of the paths first_path .. end - 1. */
void rip_wave_begin(rip_wave *self, const rip_run *run, uint64_t first_path,
                    uint64_t end);

#endif /* RIP_ENGINE_WAVE_H */
