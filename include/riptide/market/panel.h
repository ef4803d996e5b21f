/*
 * market/panel.h -- what a block of paths looks like: factors, steps, lanes. floor 2
 *
 * RIP_LANES paths advance together, one a lane; path p is lane p % RIP_LANES of block
 * p / RIP_LANES. A shock model fills log increments [step][factor][lane]; a factor is
 * an asset's price today, later also implied volatility, basis or depth. Lanes past the
 * last path of a run are drawn like any other and not counted.
 */
#ifndef RIP_MARKET_PANEL_H
#define RIP_MARKET_PANEL_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/lanes.h"
#include "riptide/base/status.h"
#include "riptide/base/stopwatch.h"

typedef struct rip_panel {
    size_t n_step, n_factor;
    uint64_t first_path; /* lane 0 */
    double *value;       /* [n_step][n_factor][RIP_LANES] owned, 64-byte aligned */
    double
        *weight; /* [RIP_LANES] owned; likelihood weight of a lane, 1 in plain runs */
    rip_stopwatch *watch; /* borrowed; NULL: nothing is timed */
} rip_panel;

RIP_NODISCARD rip_status rip_panel_init(rip_panel *self, size_t n_step,
                                        size_t n_factor);
void rip_panel_free(rip_panel *self);

/* Row of one factor at one step, [RIP_LANES]. */
static inline double *
rip_panel_row(const rip_panel *self, size_t step, size_t factor)
{
    return self->value + (step * self->n_factor + factor) * RIP_LANES;
}

#endif /* RIP_MARKET_PANEL_H */
