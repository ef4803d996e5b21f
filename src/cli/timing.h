/*
 * cli/timing.h -- where a run's time went, if RIPTIDE_TIMING=1 asks for it.   floor 9
 *
 * Reading, planning and output are on one thread; the stages of the engine
 * (base/stopwatch.h) are summed over threads. To stderr, after the run.
 */
#ifndef RIP_CLI_TIMING_H
#define RIP_CLI_TIMING_H

#include <stdbool.h>

#include "riptide/base/status.h"
#include "riptide/engine/engine.h"

typedef enum timing_part {
    TIMING_READ = 0, /* configuration, accounts, given paths */
    TIMING_PLAN,     /* what is known before the first path; the pilot */
    TIMING_SIMULATE,
    TIMING_OUTPUT,
    TIMING_N_PART
} timing_part;

typedef struct timing {
    bool wanted;
    double since_s;
    double part_s[TIMING_N_PART];
} timing;

void timing_begin(timing *self);

/* What has passed since the last call belongs to a part. */
void timing_lap(timing *self, timing_part part);

/* For rip_engine_options. */
double (*timing_clock(const timing *self))(void);

/* Prints the table, if it is wanted. Errors: RIP_ERR_NO_MEMORY. */
RIP_NODISCARD rip_status timing_print(const timing *self, const rip_engine *engine);

#endif /* RIP_CLI_TIMING_H */
