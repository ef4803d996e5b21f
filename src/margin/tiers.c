#include "riptide/margin/tiers.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A given deduction may differ from the derived one by this share of the tier's floor:
   the rounding of a published number, no jump. */
#define DEDUCTION_ROUNDING 1e-13

static bool
tier_is_valid(size_t k, const double *floor_usd, const double *rate,
              const double *max_leverage)
{
    const bool begins = k == 0 ? floor_usd[0] == 0.0 : floor_usd[k] > floor_usd[k - 1];

    /* Written so that a NaN fails. */
    return begins && isfinite(floor_usd[k]) && rate[k] >= 0.0 && rate[k] <= 1.0 &&
           max_leverage[k] >= 1.0;
}

/* Deduction that makes M continuous where tier k > 0 begins (MAR-1). */
static double
derived_deduction(const rip_margin_tiers *self, size_t k)
{
    return self->deduction_usd[k - 1] +
           self->floor_usd[k] * (self->rate[k] - self->rate[k - 1]);
}

static rip_status
fill_deductions(rip_margin_tiers *self, const double *deduction_usd)
{
    for (size_t k = 0; k < self->n_tier; k++) {
        const bool given = deduction_usd != NULL && !isnan(deduction_usd[k]);
        if (given) {
            self->deduction_usd[k] = deduction_usd[k];
        } else if (k > 0) {
            self->deduction_usd[k] = derived_deduction(self, k);
        }
        if (!(self->deduction_usd[k] >= 0.0 && isfinite(self->deduction_usd[k]))) {
            return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
        }
    }
    return RIP_OK;
}

rip_status
rip_margin_tiers_init(rip_margin_tiers *self, size_t n_tier, const double *floor_usd,
                      const double *rate, const double *max_leverage,
                      const double *deduction_usd)
{
    *self = (rip_margin_tiers){0};
    for (size_t k = 0; k < n_tier; k++) {
        if (!tier_is_valid(k, floor_usd, rate, max_leverage)) {
            return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
        }
    }
    if (n_tier == 0) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    self->n_tier = n_tier;
    self->floor_usd = calloc(n_tier, sizeof(*self->floor_usd));
    self->rate = calloc(n_tier, sizeof(*self->rate));
    self->max_leverage = calloc(n_tier, sizeof(*self->max_leverage));
    self->deduction_usd = calloc(n_tier, sizeof(*self->deduction_usd));
    if (self->floor_usd == NULL || self->rate == NULL || self->max_leverage == NULL ||
        self->deduction_usd == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memcpy(self->floor_usd, floor_usd, n_tier * sizeof(*floor_usd));
    memcpy(self->rate, rate, n_tier * sizeof(*rate));
    memcpy(self->max_leverage, max_leverage, n_tier * sizeof(*max_leverage));
    return fill_deductions(self, deduction_usd);
}

void
rip_margin_tiers_free(rip_margin_tiers *self)
{
    free(self->floor_usd);
    free(self->rate);
    free(self->max_leverage);
    free(self->deduction_usd);
    *self = (rip_margin_tiers){0};
}

double
rip_margin_tiers_initial(const rip_margin_tiers *self, double notional_usd,
                         double leverage)
{
    const size_t k = rip_margin_tiers_find(self, notional_usd);
    const double most = self->max_leverage[k];
    return notional_usd / (leverage < most ? leverage : most);
}

double
rip_margin_tiers_max_leverage(const rip_margin_tiers *self, double notional_usd)
{
    return self->max_leverage[rip_margin_tiers_find(self, notional_usd)];
}

double
rip_margin_tiers_largest_share(const rip_margin_tiers *self, double notional_usd)
{
    double largest = 0.0;
    assert(notional_usd > 0.0);
    for (size_t k = 0; k < self->n_tier && self->floor_usd[k] < notional_usd; k++) {
        /* rate - deduction / N grows with N, so it is largest where the tier ends. */
        const bool is_last = k + 1 == self->n_tier;
        const double end_usd = is_last ? notional_usd : self->floor_usd[k + 1];
        const double top_usd = end_usd < notional_usd ? end_usd : notional_usd;
        const double share = self->rate[k] - self->deduction_usd[k] / top_usd;
        largest = share > largest ? share : largest;
    }
    return largest;
}

bool
rip_margin_tiers_is_convex(const rip_margin_tiers *self)
{
    if (self->deduction_usd[0] > 0.0) {
        return self->n_tier == 1; /* max(0, rate N - deduction) */
    }
    for (size_t k = 1; k < self->n_tier; k++) {
        const double gap_usd = self->deduction_usd[k] - derived_deduction(self, k);
        if (self->rate[k] < self->rate[k - 1] ||
            fabs(gap_usd) > DEDUCTION_ROUNDING * self->floor_usd[k]) {
            return false;
        }
    }
    return true;
}

double
rip_margin_tiers_next_kink(const rip_margin_tiers *self, double notional_usd, int side)
{
    double nearest = side > 0 ? INFINITY : 0.0;
    for (size_t k = 0; k < self->n_tier; k++) {
        /* Where a tier begins, and where its margin leaves zero. */
        const double kink[2] = {
            self->floor_usd[k],
            self->rate[k] > 0.0 ? self->deduction_usd[k] / self->rate[k] : 0.0};
        for (size_t i = 0; i < 2; i++) {
            if (side > 0 ? kink[i] > notional_usd && kink[i] < nearest
                         : kink[i] < notional_usd && kink[i] > nearest) {
                nearest = kink[i];
            }
        }
    }
    return nearest;
}
