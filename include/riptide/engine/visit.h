/*
 * engine/visit.h -- one account in one mode on one block, being evaluated. floor 6.4
 */
#ifndef RIP_ENGINE_VISIT_H
#define RIP_ENGINE_VISIT_H

#include "riptide/engine/block.h"
#include "riptide/engine/forced.h"
#include "riptide/engine/outcome.h"
#include "riptide/engine/run.h"
#include "riptide/engine/screen.h"

/* Positions of an account that is searched by kernels at most; others are not. */
#define RIP_VISIT_POSITIONS 64

/* Everything is borrowed and read-only, but for where forced volume goes. */
typedef struct rip_visit {
    const rip_run *run;
    const rip_block *block;
    const rip_account *account;
    const rip_position *position;  /* [account->n_position] */
    const rip_venue *venue;        /* the rules of the mode */
    size_t number;                 /* of the account */
    size_t mode;                   /* index among the run's modes */
    uint64_t lanes;                /* of the block, to be looked at */
    double initial_usd, floor_usd; /* net worth at time 0, and that of a wipeout */
    const rip_screen_store *store;
    const rip_screen_group *group;
    const uint64_t *fails; /* [group->n_form]: lanes of the block that a form does not
                              clear */
    const rip_held *held;
    rip_forced *forced;
} rip_visit;

/* Whether a bucket in breach is closed whole and at once, at what fills cost (LIQ-1).
 */
static inline bool
rip_visit_closes_whole(const rip_venue *venue)
{
    return venue->liquidation.size == RIP_LIQUIDATION_FULL &&
           !venue->liquidation.limit_at_bankruptcy && !(venue->trigger.backstop > 0.0);
}

/* Form i of the visit's group. */
static inline const rip_screen_form *
rip_visit_form(const rip_visit *self, size_t i)
{
    return &self->store->form[self->group->first + i];
}

/* Lanes that no proof of the group clears. */
static inline uint64_t
rip_visit_suspects(const rip_visit *self)
{
    uint64_t wide = 0, narrow = 0;
    for (size_t i = 0; i < self->group->n_wide; i++) {
        wide |= self->fails[i];
    }
    if (self->group->n_wide == self->group->n_form) {
        return wide;
    }
    for (size_t i = self->group->n_wide; i < self->group->n_form; i++) {
        narrow |= self->fails[i];
    }
    return wide & narrow;
}

/* Mark of a position at the end of a step (0-based) of a lane. */
static inline double
rip_visit_price(const rip_visit *self, size_t position, size_t step, size_t lane)
{
    return rip_block_price(self->block, step, self->position[position].asset)[lane];
}

/* Whether funding moves what the position is worth (INS-3). */
static inline bool
rip_visit_pays(const rip_visit *self, size_t position)
{
    return self->block->funding != NULL &&
           self->position[position].kind == RIP_KIND_LINEAR_PERP;
}

/* What the position has paid by then (INS-3); no interest. */
static inline double
rip_visit_due(const rip_visit *self, size_t position, size_t step, size_t lane)
{
    const rip_position *held = &self->position[position];
    return held->kind == RIP_KIND_LINEAR_PERP
               ? held->quantity *
                     rip_block_funding(self->block, step, held->asset, lane)
               : 0.0;
}

/* A forced close of a position, notional_usd at the mark; step is 0-based. */
static inline void
rip_visit_force(const rip_visit *self, size_t position, size_t step, size_t lane,
                double notional_usd)
{
    rip_forced_add(self->forced, self->mode, lane, step + 1,
                   self->position[position].asset,
                   self->account->weight * notional_usd);
}

#endif /* RIP_ENGINE_VISIT_H */
