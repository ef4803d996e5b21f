/*
 * engine/trial.h -- one account in one mode on one path, by the scalar rules.
 *                                                                          floor 6.5
 * The time driver of uncoupled runs: it walks the steps of a lane, skips those that the
 * screen proves quiet, and calls rip_margin_step for the rest. After anything has
 * happened the forms are compiled anew from the state.
 */
#ifndef RIP_ENGINE_TRIAL_H
#define RIP_ENGINE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/engine/ledger.h"
#include "riptide/engine/outcome.h"
#include "riptide/engine/run.h"
#include "riptide/engine/screen.h"
#include "riptide/engine/visit.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

/* Scratch of one thread, room for the largest account. */
typedef struct rip_trial {
    const rip_run *run;
    bool screen;   /* false: every step by the scalar rules */
    bool balances; /* no trial so far broke the conservation of money; looked at with
                      -Dchecks=true only (engine/ledger.h) */
    rip_account_state state;
    rip_position_state *held;       /* owned */
    rip_coin_state *coin;           /* owned */
    rip_margin_bucket *bucket;      /* owned */
    double *price, *funding;        /* [n_asset] owned: of the point being looked at */
    rip_screen_store store;         /* owned: forms after an event */
    rip_screen_workspace workspace; /* owned */
} rip_trial;

/* Most positions of one account of a run, at least 1; most coins; most buckets. */
size_t rip_trial_max_positions(const rip_run *run);
size_t rip_trial_max_coins(const rip_run *run);
size_t rip_trial_max_buckets(const rip_run *run);

RIP_NODISCARD rip_status rip_trial_init(rip_trial *self, const rip_run *run,
                                        bool screen);
void rip_trial_free(rip_trial *self);

/* Puts the state of an account in one of the run's modes at time 0. */
void rip_trial_reset(rip_trial *self, size_t account, size_t mode);

/*
 * The market as an account sees it on a lane at the end of a step, 0 is the start:
 * prices and funding of its own assets, in price_usd and funding [n_asset], which the
 * point borrows.
 */
rip_market_point rip_trial_point(const rip_account_state *state, const rip_block *block,
                                 size_t lane, size_t step, double *price_usd,
                                 double *funding);

/* Runs the visit's account on one lane. Returns whether there is an outcome; if not,
   nothing has happened and the account ends as if it was held (engine/hold.h). */
bool rip_trial_run(rip_trial *self, const rip_visit *visit, size_t lane,
                   rip_outcome *outcome);

#endif /* RIP_ENGINE_TRIAL_H */
