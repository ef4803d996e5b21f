/*
 * engine/outcome.h -- what became of one account on the lanes of a block.  floor 6.2
 *
 * First the account as if it had no margin, held to the horizon, for all lanes at once;
 * then, for every mode, what is different: on event lanes something happened. Rows hold
 * every lane: where nothing happened, what the held account has.
 */
#ifndef RIP_ENGINE_OUTCOME_H
#define RIP_ENGINE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "riptide/base/lanes.h"
#include "riptide/base/mode.h"

/* What can be true of an account on a path (DEF-3), and is counted. */
typedef enum rip_share {
    RIP_SHARE_WIPED = 0,
    RIP_SHARE_TERMINAL,
    RIP_SHARE_LIQUIDATED,
    RIP_SHARE_FULL,
    RIP_SHARE_DEFICIT,
    RIP_N_SHARE
} rip_share;

typedef struct rip_held {
    double loss_usd[RIP_LANES];    /* by price moves and funding */
    double funding_usd[RIP_LANES]; /* the part by funding; not valid without funding */
    bool funded;
} rip_held;

typedef struct rip_outcomes {
    uint64_t event;             /* lanes with an outcome of their own */
    uint64_t flag[RIP_N_SHARE]; /* lanes of which it is true; among event */
    /* valid if event is not 0: */
    unsigned rows; /* bit c: row c of cause_usd is filled; else it is that of the held
                      account, which has funding only. The market's never is: it is what
                      the other causes leave of the loss. */
    double loss_usd[RIP_LANES];
    double cause_usd[RIP_N_CAUSE][RIP_LANES];
    uint32_t liquidation_step[RIP_LANES]; /* valid where flagged */
    uint32_t wipeout_step[RIP_LANES];
} rip_outcomes;

/* What became of the account on one lane, as the scalar rules tell it. */
typedef struct rip_outcome {
    double loss_usd;
    double cause_usd[RIP_N_CAUSE];
    uint32_t liquidation_step; /* first forced close, 0: none */
    uint32_t wipeout_step;     /* 0: none */
    bool terminal_wipeout;
    bool fully_liquidated;
} rip_outcome;

/* Nothing has happened anywhere. */
static inline void
rip_outcomes_clear(rip_outcomes *self)
{
    self->event = 0;
    memset(self->flag, 0, sizeof(self->flag));
    self->rows = 0;
}

/* The row of a cause, to be filled by the caller. */
static inline double *
rip_outcomes_raw(rip_outcomes *self, rip_cause cause)
{
    self->rows |= 1u << cause;
    return self->cause_usd[cause];
}

/* The row of a cause; the held account's when it is first asked for. */
static inline double *
rip_outcomes_row(rip_outcomes *self, const rip_held *held, rip_cause cause)
{
    double *row = self->cause_usd[cause];
    if ((self->rows >> cause & 1) == 0) {
        self->rows |= 1u << cause;
        if (cause == RIP_CAUSE_FUNDING && held->funded) {
            memcpy(row, held->funding_usd, sizeof(held->funding_usd));
        } else {
            memset(row, 0, RIP_LANES * sizeof(*row));
        }
    }
    return row;
}

/* Enters one lane; a deficit is a negative gap. Lanes that end like the held account
   without anything having happened are no events. */
void rip_outcomes_enter(rip_outcomes *self, const rip_held *held, size_t lane,
                        const rip_outcome *outcome);

/* Marks a lane as an event; the first one fills the row of losses. */
static inline void
rip_outcomes_mark(rip_outcomes *self, const rip_held *held, uint64_t lanes)
{
    if (self->event == 0 && lanes != 0) {
        memcpy(self->loss_usd, held->loss_usd, sizeof(self->loss_usd));
    }
    self->event |= lanes;
}

static inline void
rip_outcomes_flag(rip_outcomes *self, rip_share share, size_t lane)
{
    self->flag[share] |= (uint64_t)1 << lane;
}

/* DEF-3: a lane is wiped out at a step (0-based), and is or is not so at the end. */
static inline void
rip_outcomes_wipe(rip_outcomes *self, const rip_held *held, size_t lane, size_t step,
                  bool terminal)
{
    rip_outcomes_mark(self, held, (uint64_t)1 << lane);
    rip_outcomes_flag(self, RIP_SHARE_WIPED, lane);
    self->wipeout_step[lane] = (uint32_t)step + 1;
    if (terminal) {
        rip_outcomes_flag(self, RIP_SHARE_TERMINAL, lane);
    }
}

#endif /* RIP_ENGINE_OUTCOME_H */
