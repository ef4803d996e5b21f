/*
 * margin/tiers.h -- maintenance margin that grows with position size.        floor 1
 *
 * A schedule cuts notional into tiers k = 0 .. n_tier-1. Tier k begins at floor_usd[k],
 * exclusive, and charges rate[k] on all of N less a deduction (rule MAR-1):
 *
 *     M(N) = max(0, rate[k] * N - deduction_usd[k])   for floor[k] < N <= floor[k+1]
 *     deduction[0] = 0
 *     deduction[k] = deduction[k-1] + floor[k] * (rate[k] - rate[k-1])
 *
 * which makes the requirement continuous, unless the venue gives the deduction itself.
 * Initial margin: max(N / leverage, N / max_leverage[k]).
 *
 * Worked example: rates 0.4 %, 0.5 % from 50,000 on: M(60,137.5) = 0.005 * 60,137.5 -
 * 50 = 250.6875.
 *
 * A built schedule is read-only, so any number of threads may share it.
 */
#ifndef RIP_MARGIN_TIERS_H
#define RIP_MARGIN_TIERS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "riptide/base/status.h"

typedef struct rip_margin_tiers {
    size_t n_tier;
    double *floor_usd;     /* [n_tier] owned; floor_usd[0] == 0, strictly increasing */
    double *rate;          /* [n_tier] owned; in [0, 1] */
    double *max_leverage;  /* [n_tier] owned; >= 1 */
    double *deduction_usd; /* [n_tier] owned; >= 0 */
} rip_margin_tiers;

/*
 * Builds a schedule from copies. deduction_usd may be NULL, and a NaN in it means
 * "derive". Whatever it returns, self may be passed to rip_margin_tiers_free().
 * Errors: RIP_ERR_INVALID_ARGUMENT if a condition on the struct is broken;
 *         RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_margin_tiers_init(rip_margin_tiers *self, size_t n_tier,
                                               const double *floor_usd,
                                               const double *rate,
                                               const double *max_leverage,
                                               const double *deduction_usd);
void rip_margin_tiers_free(rip_margin_tiers *self);

/* Tier of notional_usd >= 0. */
static inline size_t
rip_margin_tiers_find(const rip_margin_tiers *self, double notional_usd)
{
    size_t k = 0;
    assert(!(notional_usd < 0.0));
    while (k + 1 < self->n_tier && self->floor_usd[k + 1] < notional_usd) {
        k++;
    }
    return k;
}

/* Maintenance margin [USD] of notional_usd >= 0 (MAR-1). */
static inline double
rip_margin_tiers_maintenance(const rip_margin_tiers *self, double notional_usd)
{
    const size_t k = rip_margin_tiers_find(self, notional_usd);
    const double margin_usd = self->rate[k] * notional_usd - self->deduction_usd[k];
    return margin_usd < 0.0 ? 0.0 : margin_usd; /* a NaN stays one */
}

/* Initial margin [USD] of notional_usd >= 0 held at leverage (MAR-1). */
double rip_margin_tiers_initial(const rip_margin_tiers *self, double notional_usd,
                                double leverage);

/* Largest leverage allowed at notional_usd >= 0. */
double rip_margin_tiers_max_leverage(const rip_margin_tiers *self, double notional_usd);

/*
 * The smallest r with M(N) <= r N for all N up to notional_usd > 0 (INFINITY allowed),
 * whatever the schedule. For a convex one it is M(notional_usd) / notional_usd.
 */
double rip_margin_tiers_largest_share(const rip_margin_tiers *self,
                                      double notional_usd);

/* Whether M is continuous and convex: rates never fall, deductions are the derived
 * ones. */
bool rip_margin_tiers_is_convex(const rip_margin_tiers *self);

/*
 * The nearest notional above (side +1) or below (side -1) notional_usd at which M
 * changes its rate or jumps; INFINITY or 0 if there is none.
 */
double rip_margin_tiers_next_kink(const rip_margin_tiers *self, double notional_usd,
                                  int side);

#endif /* RIP_MARGIN_TIERS_H */
