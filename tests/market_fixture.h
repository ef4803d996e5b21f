/* market_fixture.h -- small markets and drawn panels for the tests of shock models. */
#ifndef RIP_TESTS_MARKET_FIXTURE_H
#define RIP_TESTS_MARKET_FIXTURE_H

#include "riptide/market/market.h"
#include "riptide/market/panel.h"
#include "riptide/market/shock.h"

/* Awkward assets with one correlation for all pairs and no stress; owned by the caller.
 */
rip_market_spec market_fixture_spec(size_t n_asset, double correlation);

/* A model at work. */
typedef struct market_fixture {
    rip_market market;
    const rip_shock_model *model;
    void *plan, *scratch;
    rip_panel panel;
    double step_years;
} market_fixture;

/* Builds the market of a spec (freed) and plans shocks of n_step hours on it; asserts
   that all goes well. */
void market_fixture_begin(market_fixture *self, rip_market_spec *market,
                          const rip_shock_spec *shock, size_t n_step);
void market_fixture_end(market_fixture *self);

/* Plans one hour of shocks on the market of a spec (freed) again and again, the first
   allocation failing, then the second, until none does: each time the plan says so and
   is freed. */
void market_fixture_starve(rip_market_spec *market, const rip_shock_spec *shock);

/* Fills the panel with a block. */
void market_fixture_fill(market_fixture *self, uint64_t block);

/* FNV-1a of the bits of the panel's values. */
uint64_t market_fixture_fingerprint(const market_fixture *self);

/* Innovation of unit variance behind the log increment of a lane: what is left after
   the drift term, over volatility sqrt(dt). */
double market_fixture_innovation(const market_fixture *self, size_t step, size_t asset,
                                 size_t lane);

/* Innovations of an asset at the first step of the first n paths. */
void market_fixture_sample(market_fixture *self, size_t asset, size_t n, double *x);

/* Largest distance between the distribution function of x[n] (sorted here) and cdf(.,
   parameter), times sqrt(n): Kolmogorov's statistic. 2.2 is passed once in 8000. */
double market_fixture_kolmogorov(size_t n, double *x, double (*cdf)(double, double),
                                 double parameter);

/* The same between two samples of n each, times sqrt(n / 2). */
double market_fixture_smirnov(size_t n, double *x, double *y);

#endif /* RIP_TESTS_MARKET_FIXTURE_H */
