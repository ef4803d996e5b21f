/*
 * cli/start.h -- accounts before any shock.                                   floor 9
 */
#ifndef RIP_CLI_START_H
#define RIP_CLI_START_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/engine/run.h"
#include "riptide/engine/trial.h"

/* The market at time 0 and scratch for one account at a time. */
typedef struct start {
    const rip_run *run; /* borrowed */
    rip_trial trial;
    double *price_usd; /* [2][n_asset] owned: prices, then funding, all 0 */
    rip_market_point point;
} start;

/* *self may be freed whatever it returns. */
RIP_NODISCARD rip_status start_init(start *self, const rip_run *run);
void start_free(start *self);

/*
 * Puts an account in a mode into self->trial.state and its buckets into
 * self->trial.bucket; returns whether one of them is in breach (DEF-5).
 */
bool start_account(start *self, size_t account, rip_mode mode);

#endif /* RIP_CLI_START_H */
