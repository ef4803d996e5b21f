#include "riptide/market/none.h"

#include <stdlib.h>

/* The plan is the log increment of a step, [n_asset]. */
static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    double *increment = calloc(market->n_asset, sizeof(*increment));
    *plan = increment;
    (void)spec;
    (void)step_years;
    if (increment == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t a = 0; a < market->n_asset; a++) {
        increment[a] = market->stress_drift[a] / (double)n_step;
    }
    return RIP_OK;
}

static size_t
scratch_size(const void *plan)
{
    (void)plan;
    return 0;
}

static void
fill(const void *plan, rip_panel *panel, void *scratch)
{
    const double *increment = plan;
    (void)scratch;
    for (size_t t = 0; t < panel->n_step; t++) {
        for (size_t a = 0; a < panel->n_factor; a++) {
            double *row = rip_panel_row(panel, t, a);
            for (size_t i = 0; i < RIP_LANES; i++) {
                row[i] = increment[a];
            }
        }
    }
}

const rip_shock_model rip_market_none = {.name = "none",
                                         .doc = "Prices stay.",
                                         .plan = make_plan,
                                         .free = free,
                                         .scratch_size = scratch_size,
                                         .fill = fill};
