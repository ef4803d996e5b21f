#include "market_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#include "riptide/market/models.h"
#include "riptide/numerics/math.h"

rip_market_spec
market_fixture_spec(size_t n_asset, double correlation)
{
    rip_market_spec spec = {.n_asset = n_asset,
                            .stress = {.volatility = 1.0, .implied_volatility = 1.0}};
    spec.asset = calloc(n_asset, sizeof(*spec.asset));
    spec.correlation = calloc(n_asset * n_asset, sizeof(*spec.correlation));
    assert_non_null(spec.asset);
    assert_non_null(spec.correlation);
    for (size_t i = 0; i < n_asset; i++) {
        rip_asset *asset = &spec.asset[i];
        (void)snprintf(asset->symbol, sizeof(asset->symbol), "A%zu", i);
        asset->price_usd = 52137.5 / (1.0 + 7.0 * (double)i);
        asset->volatility = 0.577 + 0.0313 * (double)i;
        asset->drift = 0.127 - 0.21 * (double)(i % 3);
        asset->implied_volatility = NAN;
        asset->daily_volume_usd = NAN;
        for (size_t j = 0; j < n_asset; j++) {
            spec.correlation[i * n_asset + j] = i == j ? 1.0 : correlation;
        }
    }
    return spec;
}

void
market_fixture_begin(market_fixture *self, rip_market_spec *market,
                     const rip_shock_spec *shock, size_t n_step)
{
    *self = (market_fixture){.step_years = 1.0 / 8760.0};
    self->model = rip_market_models_find(shock->kind, shock->draws);
    assert_int_equal(rip_market_init(&self->market, market), RIP_OK);
    assert_int_equal(
        self->model->plan(&self->plan, shock, &self->market, n_step, self->step_years),
        RIP_OK);
    assert_int_equal(rip_panel_init(&self->panel, n_step, market->n_asset), RIP_OK);
    const size_t size = self->model->scratch_size(self->plan);
    self->scratch = aligned_alloc(64, (size + 127) / 64 * 64);
    assert_non_null(self->scratch);
    rip_market_spec_free(market);
}

void
market_fixture_end(market_fixture *self)
{
    self->model->free(self->plan);
    rip_panel_free(&self->panel);
    rip_market_free(&self->market);
    free(self->scratch);
}

void
market_fixture_starve(rip_market_spec *market, const rip_shock_spec *shock)
{
    rip_status status = RIP_ERR_NO_MEMORY;
    market_fixture f;
    market_fixture_begin(&f, market, shock, 1);
    for (long n = 0; status == RIP_ERR_NO_MEMORY; n++) {
        void *plan = NULL;
        support_fail_allocation(n);
        status = f.model->plan(&plan, shock, &f.market, 1, f.step_years);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_true(n < 20);
        if (plan != NULL) {
            f.model->free(plan);
        }
    }
    market_fixture_end(&f);
}

void
market_fixture_fill(market_fixture *self, uint64_t block)
{
    self->panel.first_path = block * RIP_LANES;
    self->model->fill(self->plan, &self->panel, self->scratch);
}

uint64_t
market_fixture_fingerprint(const market_fixture *self)
{
    const rip_panel *panel = &self->panel;
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t k = 0; k < panel->n_step * panel->n_factor * RIP_LANES; k++) {
        hash = (hash ^ rip_math_bits(panel->value[k])) * 0x100000001b3;
    }
    return hash;
}

double
market_fixture_innovation(const market_fixture *self, size_t step, size_t asset,
                          size_t lane)
{
    const rip_asset *a = &self->market.asset[asset];
    const double drift =
        (a->drift - 0.5 * a->volatility * a->volatility) * self->step_years +
        self->market.stress_drift[asset] / (double)self->panel.n_step;
    const double dx = rip_panel_row(&self->panel, step, asset)[lane];
    return (dx - drift) / (a->volatility * sqrt(self->step_years));
}

void
market_fixture_sample(market_fixture *self, size_t asset, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        if (i % RIP_LANES == 0) {
            market_fixture_fill(self, i / RIP_LANES);
        }
        x[i] = market_fixture_innovation(self, 0, asset, i % RIP_LANES);
    }
}

static int
compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
market_fixture_kolmogorov(size_t n, double *x, double (*cdf)(double, double),
                          double parameter)
{
    double worst = 0.0;
    qsort(x, n, sizeof(*x), compare);
    for (size_t i = 0; i < n; i++) {
        const double p = cdf(x[i], parameter);
        worst = fmax(worst,
                     fmax((double)(i + 1) / (double)n - p, p - (double)i / (double)n));
    }
    return worst * sqrt((double)n);
}

double
market_fixture_smirnov(size_t n, double *x, double *y)
{
    size_t i = 0, j = 0;
    double worst = 0.0;
    qsort(x, n, sizeof(*x), compare);
    qsort(y, n, sizeof(*y), compare);
    while (i < n && j < n) {
        if (x[i] <= y[j]) {
            i++;
        } else {
            j++;
        }
        worst = fmax(worst, fabs((double)i - (double)j) / (double)n);
    }
    return worst * sqrt(0.5 * (double)n);
}
