#include "breach.h"

#include <stdbool.h>
#include <stdlib.h>

#include "riptide/engine/trial.h"
#include "riptide/margin/models.h"

/* The market at time 0 and scratch for one account. */
typedef struct start {
    const rip_run *run;
    rip_trial trial;
    double *price;
    rip_market_point point;
} start;

static rip_status
start_init(start *self, const rip_run *run)
{
    const size_t n = run->market.n_asset;

    *self = (start){.run = run};
    self->price = calloc(2 * n, sizeof(*self->price));
    if (self->price == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t a = 0; a < n; a++) {
        self->price[a] = run->market.asset[a].price_usd;
    }
    self->point =
        (rip_market_point){.price_usd = self->price, .funding = self->price + n};
    return rip_trial_init(&self->trial, run, false);
}

static void
start_free(start *self)
{
    rip_trial_free(&self->trial);
    free(self->price);
}

static bool
is_breached(start *self, size_t account, size_t mode)
{
    const rip_run *run = self->run;

    rip_account_state_reset(&self->trial.state, &run->book, account, &run->market,
                            &run->venue, rip_margin_models_find(run->spec.mode[mode]));
    return rip_margin_starts_in_breach(&self->trial.state, &self->point,
                                       self->trial.bucket);
}

rip_status
breach_count(const rip_run *run, size_t *n_breached)
{
    rip_status status = RIP_OK;
    start self = {0};

    RIP_TRY(start_init(&self, run));
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        n_breached[m] = 0;
        for (size_t i = 0; i < run->book.n_account; i++) {
            n_breached[m] += is_breached(&self, i, m) ? 1 : 0;
        }
    }
out:
    start_free(&self);
    return status;
}

rip_status
breach_refuse(const rip_run *run, rip_error *error)
{
    rip_status status = RIP_OK;
    start self = {0};

    if (run->spec.initial_breach != RIP_INITIAL_BREACH_ERROR) {
        return RIP_OK;
    }
    RIP_TRY(start_init(&self, run));
    for (size_t i = 0; i < run->book.n_account; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            if (is_breached(&self, i, m)) {
                status = rip_error_add(error, RIP_ERR_CONFIG,
                                       "run.initial_breach: error: account %s starts "
                                       "in breach under %s margin",
                                       run->book.account[i].id,
                                       rip_mode_name(run->spec.mode[m]));
            }
        }
    }
out:
    start_free(&self);
    return status;
}
