/*
 * engine/isolated.h -- events of a plain isolated account on a block.      floor 6.5
 *
 * Isolated positions without stops and top-ups do not feel each other: each is closed
 * at the first step at which its own bucket is in breach, and from then on is worth
 * what it gave back. So every position is searched by itself, over all lanes that its
 * form does not clear; what a close costs is computed for many lanes at once by the
 * rules' own formulas (margin/formula.h); and the account's market result comes from
 * prices in which a closed position's stands still. Only the wipeout test (DEF-3) needs
 * all positions together, on the few lanes that its form does not clear.
 *
 * The results are those of rip_trial_run, bit for bit.
 */
#ifndef RIP_ENGINE_ISOLATED_H
#define RIP_ENGINE_ISOLATED_H

#include <stdbool.h>
#include <stdint.h>

#include "riptide/base/simd.h"
#include "riptide/base/status.h"
#include "riptide/engine/visit.h"
#include "riptide/margin/state.h"

/* A position on the lanes where it was closed; valid there, but for the last two rows.
 */
typedef struct rip_isolated_close {
    uint64_t lanes;
    uint32_t step[RIP_LANES]; /* 1 .. n_step; on other lanes of long paths later */
    double returned_usd[RIP_LANES];
    double change[RIP_LANES];  /* mark less starting price, at the close or the end */
    double funding[RIP_LANES]; /* index likewise */
} rip_isolated_close;

/* Scratch of one thread. */
typedef struct rip_isolated {
    rip_isolated_close *close; /* [positions of the largest account] owned */
} rip_isolated;

RIP_NODISCARD rip_status rip_isolated_init(rip_isolated *self, size_t n_position);
void rip_isolated_free(rip_isolated *self);

/* Whether a state just reset is that of a plain isolated account. */
bool rip_isolated_is_plain(const rip_account_state *state);

/* Fills what happened, by SIMD level (kernel_isolated.c); outcomes is clear. */
RIP_SIMD_DECLARE(void, rip_isolated_run,
                 (rip_isolated * self, const rip_visit *visit, rip_outcomes *outcomes));

#endif /* RIP_ENGINE_ISOLATED_H */
