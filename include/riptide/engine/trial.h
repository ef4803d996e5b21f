/*
 * engine/trial.h -- one account in one mode on one path, by the scalar rules.
 *                                                                          floor 6.3
 * The time driver of uncoupled runs: it walks the steps of a laid-out lane, skips those
 * that the screen proves quiet, and calls rip_margin_step for the rest. After anything
 * has happened the forms are compiled anew from the state.
 */
#ifndef RIP_ENGINE_TRIAL_H
#define RIP_ENGINE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/engine/block.h"
#include "riptide/engine/ledger.h"
#include "riptide/engine/run.h"
#include "riptide/engine/screen.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

/* What became of an account on a path. */
typedef struct rip_outcome {
    double loss_usd;
    double cause_usd[RIP_N_CAUSE];
    double deficit_usd;
    uint32_t liquidation_step; /* first forced close, 0: none */
    uint32_t wipeout_step;     /* 0: none */
    bool terminal_wipeout;
    bool fully_liquidated;
} rip_outcome;

/* Hears of every forced close: notional at the mark [USD] of an asset in a step. */
typedef struct rip_forced_close {
    void (*add)(void *context, uint32_t step, uint32_t asset, double notional_usd);
    void *context;
} rip_forced_close;

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
    rip_screen_group group;         /* owned: forms after an event */
    rip_screen_workspace workspace; /* owned */
} rip_trial;

/* Most positions of one account of a run, at least 1; most coins; most buckets. */
size_t rip_trial_max_positions(const rip_run *run);
size_t rip_trial_max_coins(const rip_run *run);
size_t rip_trial_max_buckets(const rip_run *run);

RIP_NODISCARD rip_status rip_trial_init(rip_trial *self, const rip_run *run,
                                        bool screen);
void rip_trial_free(rip_trial *self);

/* The market of a lane that is laid out, at the end of a step; 0 is the start. */
rip_market_point rip_trial_point(const rip_block *block, size_t lane, size_t step);

/*
 * Runs account on one lane in one mode. group holds the forms of its initial state;
 * forced may be NULL. The lane must be laid out.
 */
void rip_trial_run(rip_trial *self, size_t account, rip_mode mode,
                   const rip_screen_group *group, const rip_block *block, size_t lane,
                   const rip_forced_close *forced, rip_outcome *outcome);

#endif /* RIP_ENGINE_TRIAL_H */
