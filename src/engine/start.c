#include "riptide/engine/start.h"

#include <stdlib.h>

#include "riptide/margin/models.h"

rip_status
rip_start_init(rip_start *self, const rip_run *run)
{
    const size_t n = run->market.n_asset;

    *self = (rip_start){.run = run};
    self->price_usd = calloc(2 * n, sizeof(*self->price_usd));
    if (self->price_usd == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t a = 0; a < n; a++) {
        self->price_usd[a] = run->market.asset[a].price_usd;
    }
    self->point = (rip_market_point){.price_usd = self->price_usd,
                                     .funding = self->price_usd + n};
    return rip_trial_init(&self->trial, run, false);
}

void
rip_start_free(rip_start *self)
{
    rip_trial_free(&self->trial);
    free(self->price_usd);
    *self = (rip_start){0};
}

bool
rip_start_account(rip_start *self, size_t account, rip_mode mode)
{
    const rip_run *run = self->run;

    rip_account_state_reset(&self->trial.state, &run->book, account, &run->market,
                            &run->venues, rip_margin_models_find(mode));
    return rip_margin_starts_in_breach(&self->trial.state, &self->point,
                                       self->trial.bucket);
}
