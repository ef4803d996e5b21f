/*
 * base/stopwatch.h -- where the time of a run goes.                          floor 0
 *
 * The engine and the shock models have no clock of their own. Whoever wants to know
 * hands one in (engine/engine.h), and each thread gets a stopwatch. Without one, timing
 * costs a test of a pointer for every stage of an account on a block.
 */
#ifndef RIP_BASE_STOPWATCH_H
#define RIP_BASE_STOPWATCH_H

#include <stddef.h>

typedef enum rip_stage {
    RIP_STAGE_NORMALS = 0, /* random numbers */
    RIP_STAGE_SHOCKS,      /* correlation, tails, whatever else makes them returns */
    RIP_STAGE_PRICES,      /* exponentials, funding */
    RIP_STAGE_SHAPES,      /* extremes, prices by path */
    RIP_STAGE_SCREEN,      /* accounts held to the horizon, lanes that are quiet */
    RIP_STAGE_EVENTS,      /* the others */
    RIP_STAGE_POPULATION,  /* sums over accounts, path by path */
    RIP_STAGE_ACCOUNTS,    /* sums over paths, account by account */
    RIP_N_STAGE
} rip_stage;

typedef struct rip_stopwatch {
    double (*clock_s)(void);
    double since_s;
    double spent_s[RIP_N_STAGE];
} rip_stopwatch;

/* self may be NULL, here and below: nothing is timed. */
static inline void
rip_stopwatch_start(rip_stopwatch *self)
{
    if (self != NULL) {
        self->since_s = self->clock_s();
    }
}

/* What has passed since the last call belongs to a stage. */
static inline void
rip_stopwatch_lap(rip_stopwatch *self, rip_stage stage)
{
    if (self != NULL) {
        const double now_s = self->clock_s();
        self->spent_s[stage] += now_s - self->since_s;
        self->since_s = now_s;
    }
}

#endif /* RIP_BASE_STOPWATCH_H */
