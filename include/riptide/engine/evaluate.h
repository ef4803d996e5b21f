/*
 * engine/evaluate.h -- all modes of one account on one block.              floor 6.4
 *
 * First the account as if held to the horizon, for all lanes at once; it is the outcome
 * of every mode on the lanes that the screen proves quiet. The other lanes go to the
 * scalar rules. Pure: adds to nothing.
 */
#ifndef RIP_ENGINE_EVALUATE_H
#define RIP_ENGINE_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/engine/block.h"
#include "riptide/engine/kernel.h"
#include "riptide/engine/run.h"
#include "riptide/engine/screen.h"
#include "riptide/engine/trial.h"

/* The compiled forms of one account: groups, and which of them a mode uses. */
typedef struct rip_screen_account {
    size_t n_group;
    rip_screen_group group[RIP_N_MODE]; /* distinct ones, owned */
    size_t of_mode[RIP_N_MODE]; /* index into group, by index of mode in the run */
} rip_screen_account;

/* Compiled once for all accounts; read-only, shared by threads. */
typedef struct rip_screen_plan {
    size_t n_account;
    rip_screen_account *account; /* [n_account] owned */
} rip_screen_plan;

RIP_NODISCARD rip_status rip_screen_plan_init(rip_screen_plan *self,
                                              const rip_run *run);
void rip_screen_plan_free(rip_screen_plan *self);

typedef struct rip_evaluation {
    double market_usd[RIP_LANES];  /* held to the horizon: loss by price moves */
    double funding_usd[RIP_LANES]; /* and by funding */
    double loss_usd[RIP_LANES];    /* their sum */
    uint64_t
        event[RIP_N_MODE]; /* by index of mode: lanes with an outcome of their own */
    rip_outcome outcome[RIP_N_MODE][RIP_LANES]; /* valid on event lanes */
} rip_evaluation;

/* Scratch of one thread. */
typedef struct rip_evaluator {
    const rip_run *run;
    const rip_screen_plan *plan;
    const bool *excluded; /* [n_account][n_mode] borrowed: nothing happens (DEF-5) */
    bool screen;
    rip_trial trial;
    rip_kernel_holding *holding; /* [max positions] owned */
    rip_evaluation result;
} rip_evaluator;

RIP_NODISCARD rip_status rip_evaluator_init(rip_evaluator *self, const rip_run *run,
                                            const rip_screen_plan *plan,
                                            const bool *excluded, bool screen);
void rip_evaluator_free(rip_evaluator *self);

/* Hears of forced closes of (index of mode, lane). */
typedef struct rip_forced_sink {
    void (*add)(void *context, size_t mode, size_t lane, uint32_t step, uint32_t asset,
                double notional_usd);
    void *context;
} rip_forced_sink;

/* Fills self->result for an account. sink may be NULL. */
void rip_evaluator_run(rip_evaluator *self, rip_block *block, size_t account,
                       const rip_forced_sink *sink);

#endif /* RIP_ENGINE_EVALUATE_H */
