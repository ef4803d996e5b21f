#include "engine_totals.h"

#include "support.h"

#include <stdlib.h>

#include "engine_wild.h"

double *
totals_doubles(size_t n)
{
    double *x = calloc(n, sizeof(*x));
    assert_non_null(x);
    return x;
}

static void
add_totals(totals *self)
{
    const plain *t = &self->truth;
    for (size_t i = 0; i < t->n_account; i++) {
        self->weight += self->run.book.account[i].weight;
        self->equity +=
            self->run.book.account[i].weight *
            ((const double *)plain_dataset(&self->got, "initial_equity"))[i];
    }
    for (size_t m = 0; m < t->n_mode; m++) {
        for (size_t p = 0; p < t->n_path; p++) {
            for (size_t i = 0; i < t->n_account; i++) {
                self->total[m * t->n_path + p] +=
                    self->counted[m * t->n_account + i]
                        ? self->run.book.account[i].weight *
                              plain_at(t, m, i, p)->loss_usd
                        : 0.0;
            }
        }
    }
}

static void
add_drawdowns(totals *self)
{
    const plain *t = &self->truth;
    for (size_t p = 0; p < t->n_path; p++) {
        double peak = 1.0;
        for (size_t s = 1; s <= t->n_step; s++) {
            double index = 0.0;
            for (size_t a = 0; a < t->n_asset; a++) {
                index += t->price[(p * (t->n_step + 1) + s) * t->n_asset + a] /
                         self->run.market.asset[a].price_usd / (double)t->n_asset;
            }
            self->drawdown[p] = fmax(self->drawdown[p], 1.0 - index / peak);
            peak = fmax(peak, index);
        }
    }
}

void
totals_init(totals *self, uint64_t seed)
{
    *self = (totals){.equity = 0.0};
    fixture_wild_run(&self->run, seed);
    plain_run(&self->truth, &self->run);
    self->engine = plain_engine(&self->got, &self->run, 2);
    self->total = totals_doubles(self->truth.n_mode * self->truth.n_path);
    self->drawdown = totals_doubles(self->truth.n_path);
    self->counted =
        calloc(self->truth.n_mode * self->truth.n_account, sizeof(*self->counted));
    assert_non_null(self->counted);
    for (size_t at = 0; at < self->truth.n_mode * self->truth.n_account; at++) {
        self->counted[at] =
            self->run.spec.initial_breach != RIP_INITIAL_BREACH_EXCLUDE ||
            ((const uint32_t *)plain_dataset(&self->got, "initially_breached"))[at] ==
                0;
    }
    add_totals(self);
    add_drawdowns(self);
}

void
totals_free(totals *self)
{
    free(self->counted);
    free(self->total);
    free(self->drawdown);
    rip_estimates_free(&self->got);
    rip_engine_free(self->engine);
    plain_free(&self->truth);
    rip_run_free(&self->run);
}

static bool
happened(const plain_outcome *o, totals_event which, size_t by_step)
{
    switch (which) {
    case TOTALS_WIPED:
        return o->wipeout_step != 0 && o->wipeout_step <= by_step;
    case TOTALS_TERMINAL:
        return o->terminal_wipeout;
    case TOTALS_LIQUIDATED:
        return o->liquidation_step != 0 && o->liquidation_step <= by_step;
    case TOTALS_FULL:
        return o->fully_liquidated;
    case TOTALS_DEFICIT:
        break;
    }
    return o->deficit_usd > 0.0;
}

double
totals_share(const totals *self, size_t mode, size_t path, totals_event which,
             size_t by_step)
{
    const plain *t = &self->truth;
    double sum = 0.0, total = 0.0;
    for (size_t i = 0; i < t->n_account; i++) {
        const double weight = self->counted[mode * t->n_account + i]
                                  ? self->run.book.account[i].weight
                                  : 0.0;
        total += weight;
        sum += happened(plain_at(t, mode, i, path), which, by_step) ? weight : 0.0;
    }
    return sum / total;
}

double
totals_cause(const totals *self, size_t mode, size_t path, rip_cause cause)
{
    const plain *t = &self->truth;
    double sum = 0.0;
    for (size_t i = 0; i < t->n_account; i++) {
        sum += self->counted[mode * t->n_account + i]
                   ? plain_at(t, mode, i, path)->cause_usd[cause] *
                         self->run.book.account[i].weight
                   : 0.0;
    }
    return sum;
}
