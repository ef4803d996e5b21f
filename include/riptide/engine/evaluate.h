/*
 * engine/evaluate.h -- all modes of one account on one block.              floor 6.7
 *
 * First the account as if held to the horizon, for all lanes at once; it is the outcome
 * of every mode on the lanes that the screen proves quiet. On the other lanes accounts
 * of the plain kinds have their own search (engine/isolated.h, engine/pool.h), and all
 * others go to the scalar rules path by path. Adds to nothing but forced volume.
 */
#ifndef RIP_ENGINE_EVALUATE_H
#define RIP_ENGINE_EVALUATE_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/engine/isolated.h"
#include "riptide/engine/pool.h"
#include "riptide/engine/trial.h"
#include "riptide/engine/visit.h"

/* What is known of an account in a mode before any path. */
typedef struct rip_plan_mode {
    rip_screen_group group;
    bool plain;    /* has a search of its own */
    bool excluded; /* left out (DEF-5): nothing happens */
} rip_plan_mode;

/* Compiled once for all accounts; read-only, shared by threads. */
typedef struct rip_plan {
    size_t n_account, n_mode;
    rip_screen_store store; /* owned; the forms of an account are contiguous */
    rip_plan_mode *mode;    /* [n_account][n_mode] owned */
    double *initial_usd;    /* [n_account] owned: net worth at time 0 */
    bool *is_linear;        /* [n_account] owned: rip_book_is_linear */
    size_t most_forms;      /* of one account */
} rip_plan;

/* excluded: [n_account][n_mode]. Whatever it returns, self may be freed. */
RIP_NODISCARD rip_status rip_plan_init(rip_plan *self, const rip_run *run,
                                       const bool *excluded);
void rip_plan_free(rip_plan *self);

/* What became of one account on one block. */
typedef struct rip_evaluation {
    rip_held held;
    rip_outcomes mode[RIP_N_MODE]; /* by index of mode */
} rip_evaluation;

/* Losses [USD] of all lanes in a mode, [RIP_LANES]. */
static inline const double *
rip_evaluation_losses(const rip_evaluation *self, size_t mode)
{
    return self->mode[mode].event != 0 ? self->mode[mode].loss_usd
                                       : self->held.loss_usd;
}

/* Scratch of one thread. */
typedef struct rip_evaluator {
    const rip_run *run;
    const rip_plan *plan;
    bool screen; /* false: every trial by the scalar rules */
    rip_trial trial;
    rip_isolated isolated;
    uint64_t *fails;           /* [most forms] owned */
    rip_pool_failing *failing; /* [most forms] owned */
    rip_evaluation result;
} rip_evaluator;

RIP_NODISCARD rip_status rip_evaluator_init(rip_evaluator *self, const rip_run *run,
                                            const rip_plan *plan, bool screen);
void rip_evaluator_free(rip_evaluator *self);

/* Fills self->result for an account, and adds its forced volume; by SIMD level
   (kernel_evaluate.c). */
RIP_SIMD_DECLARE(void, rip_evaluator_run,
                 (rip_evaluator * self, const rip_block *block, size_t account,
                  rip_forced *forced));

#endif /* RIP_ENGINE_EVALUATE_H */
