#include "riptide/market/gaussian.h"

#include <stdlib.h>

#include "riptide/market/diffusion.h"

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    rip_diffusion *self = calloc(1, sizeof(*self));
    *plan = self;
    if (self == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_diffusion_init(self, spec->seed, RIP_PURPOSE_SHOCK, market, n_step,
                              step_years);
}

static void
free_plan(void *plan)
{
    rip_diffusion_free(plan);
    free(plan);
}

static size_t
scratch_size(const void *plan)
{
    return rip_diffusion_scratch(plan);
}

static void
fill(const void *plan, rip_panel *panel, void *scratch)
{
    for (size_t t = 0; t < panel->n_step; t++) {
        rip_diffusion_step(plan, t, NULL, panel, scratch);
    }
}

const rip_shock_model rip_market_gaussian = {.name = "gaussian",
                                             .doc = "Normal log-returns.",
                                             .plan = make_plan,
                                             .free = free_plan,
                                             .scratch_size = scratch_size,
                                             .fill = fill};
