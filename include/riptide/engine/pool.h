/*
 * engine/pool.h -- events of a plain pooled account on a block.            floor 6.6
 *
 * Under cross or portfolio margin an account of perpetuals without stops lives until
 * the first step at which it is in breach, and then everything is closed at once. Long
 * paths are cut into chunks of steps, all lanes of which are cleared together by the
 * extremes in them. On the lanes that are not, all steps are searched together; the
 * first that an exact form finds in breach is the one: in single precision, in full if
 * that is not sure, and where a form is in doubt the rules themselves are asked. Then
 * all lanes are closed together, position by position.
 *
 * The results are those of rip_trial_run, bit for bit.
 */
#ifndef RIP_ENGINE_POOL_H
#define RIP_ENGINE_POOL_H

#include <stdbool.h>

#include "riptide/base/simd.h"
#include "riptide/engine/trial.h"
#include "riptide/engine/visit.h"

/* Whether a state just reset is that of a plain pooled account. */
bool rip_pool_is_plain(const rip_account_state *state);

/* By the rules: whether the account, with everything open, is in breach at a step
   (0-based) of a lane. trial lends its scratch. */
bool rip_pool_assess(rip_trial *trial, const rip_visit *visit, size_t lane,
                     size_t step);

/* A form that does not clear all lanes. */
typedef struct rip_pool_failing {
    rip_screen_probe probe;
    uint64_t ever, here; /* lanes on which it does not, on the whole path and on the
                            steps that are being looked at */
} rip_pool_failing;

/* Fills what happened, by SIMD level (kernel_pool.c); outcomes is clear. failing is
   room for [forms of the group]. */
RIP_SIMD_DECLARE(void, rip_pool_run,
                 (rip_trial * trial, const rip_visit *visit, rip_pool_failing *failing,
                  rip_outcomes *outcomes));

#endif /* RIP_ENGINE_POOL_H */
