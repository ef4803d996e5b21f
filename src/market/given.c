#include "riptide/market/given.h"

#include <stdlib.h>

typedef struct given_plan {
    size_t n_asset, n_step;
    uint64_t n_path;
    const double *price; /* [n_path][n_step + 1][n_asset] borrowed */
} given_plan;

static rip_status
make_plan(void **plan, const rip_shock_spec *spec, const rip_market *market,
          size_t n_step, double step_years)
{
    given_plan *self = calloc(1, sizeof(*self));
    *plan = self;
    (void)step_years;
    if (self == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (spec->table == NULL || spec->n_given == 0) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    *self = (given_plan){.n_asset = market->n_asset,
                         .n_step = n_step,
                         .n_path = spec->n_given,
                         .price = spec->table};
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
    const given_plan *self = plan;
    const size_t n_value = self->n_step * self->n_asset;
    (void)scratch;
    for (size_t i = 0; i < RIP_LANES; i++) {
        const uint64_t wanted = panel->first_path + i;
        const uint64_t path = wanted < self->n_path ? wanted : self->n_path - 1;
        /* Time 0 is skipped: it is the market's price. */
        const double *price = self->price + path * (n_value + self->n_asset);
        for (size_t k = 0; k < n_value; k++) {
            panel->value[k * RIP_LANES + i] = price[self->n_asset + k];
        }
    }
}

const rip_shock_model rip_market_given = {.name = "given",
                                          .doc = "Paths from a file.",
                                          .gives_prices = true,
                                          .plan = make_plan,
                                          .free = free,
                                          .scratch_size = scratch_size,
                                          .fill = fill};
