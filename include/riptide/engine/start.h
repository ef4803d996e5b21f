/*
 * engine/start.h -- accounts before any shock.                            floor 6.6
 */
#ifndef RIP_ENGINE_START_H
#define RIP_ENGINE_START_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"
#include "riptide/engine/trial.h"

/* The market at time 0 and scratch for one account at a time. */
typedef struct rip_start {
    const rip_run *run; /* borrowed */
    rip_trial trial;
    double *price_usd; /* [2][n_asset] owned: prices, then funding, all 0 */
    rip_market_point point;
} rip_start;

/* Errors: RIP_ERR_NO_MEMORY. *self may be freed whatever it returns. */
RIP_NODISCARD rip_status rip_start_init(rip_start *self, const rip_run *run);
void rip_start_free(rip_start *self);

/*
 * Puts an account in a mode into self->trial.state and its buckets into
 * self->trial.bucket; returns whether one of them is in breach (DEF-5).
 */
bool rip_start_account(rip_start *self, size_t account, rip_mode mode);

#endif /* RIP_ENGINE_START_H */
