#include "timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "table.h"

static const char *const stage_name[RIP_N_STAGE] = {
    [RIP_STAGE_NORMALS] = "normals",       [RIP_STAGE_SHOCKS] = "correlation and tails",
    [RIP_STAGE_PRICES] = "prices",         [RIP_STAGE_SHAPES] = "extremes",
    [RIP_STAGE_SCREEN] = "screening",      [RIP_STAGE_EVENTS] = "events",
    [RIP_STAGE_POPULATION] = "population", [RIP_STAGE_ACCOUNTS] = "accounts",
};

void
timing_begin(timing *self)
{
    const char *text = getenv("RIPTIDE_TIMING");

    *self = (timing){.wanted = text != NULL && strcmp(text, "1") == 0,
                     .since_s = progress_clock()};
}

void
timing_lap(timing *self, timing_part part)
{
    const double now_s = progress_clock();

    self->part_s[part] += now_s - self->since_s;
    self->since_s = now_s;
}

double (*timing_clock(const timing *self))(void)
{
    return self->wanted ? progress_clock : NULL;
}

static void
row(table *out, const char *name, double seconds, double all)
{
    table_cell(out, TABLE_PLAIN, "%s", name);
    table_cell(out, TABLE_PLAIN, "%.4f", seconds);
    table_cell(out, TABLE_PLAIN, "%.1f %%", 100.0 * seconds / all);
}

rip_status
timing_print(const timing *self, const rip_engine *engine)
{
    rip_status status = RIP_OK;
    table out;
    double all = self->part_s[TIMING_READ] + self->part_s[TIMING_PLAN] +
                 self->part_s[TIMING_OUTPUT];

    if (!self->wanted || engine == NULL) {
        return RIP_OK;
    }
    for (int s = 0; s < RIP_N_STAGE; s++) {
        all += rip_engine_spent_s(engine, (rip_stage)s);
    }
    table_init(&out, "lrr");
    table_cell(&out, TABLE_PLAIN, "stage");
    table_cell(&out, TABLE_PLAIN, "thread s");
    table_cell(&out, TABLE_PLAIN, "share");
    row(&out, "reading", self->part_s[TIMING_READ], all);
    row(&out, "planning", self->part_s[TIMING_PLAN], all);
    for (int s = 0; s < RIP_N_STAGE; s++) {
        row(&out, stage_name[s], rip_engine_spent_s(engine, (rip_stage)s), all);
    }
    row(&out, "output", self->part_s[TIMING_OUTPUT], all);
    row(&out, "all", all, all);
    status = table_print(&out, stderr, terminal_of(stderr));
    table_free(&out);
    return status;
}
