#include "population_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

const double population_price_usd[POPULATION_N_ASSET] = {52137.5, 2500.25, 150.0,
                                                         0.07219};

static void
make_scenarios(rip_venue *venue)
{
    venue->portfolio.n_scenario = 2;
    venue->portfolio.scenario = calloc(2, sizeof(*venue->portfolio.scenario));
    assert_non_null(venue->portfolio.scenario);
    venue->portfolio.scenario[0] = (rip_scenario){.spot = -0.1, .weight = 1.0};
    venue->portfolio.scenario[1] = (rip_scenario){.spot = 0.1, .weight = 1.0};
    venue->portfolio.spot_range = calloc(POPULATION_N_ASSET, sizeof(double));
    assert_non_null(venue->portfolio.spot_range);
    for (size_t i = 0; i < POPULATION_N_ASSET; i++) {
        venue->portfolio.spot_range[i] = 1.0;
    }
    venue->portfolio.gain_offset = 1.0;
    venue->portfolio.between = RIP_BETWEEN_OFFSET;
    venue->portfolio.offset_factor = 0.5;
    venue->portfolio.mm_factor = 0.8;
    venue->portfolio.im_factor = 1.25;
}

void
population_law(rip_law *law, size_t n, const double *value, const double *weight)
{
    *law = (rip_law){.kind = RIP_LAW_DISCRETE, .n_value = n};
    law->value = calloc(n, sizeof(*law->value));
    law->weight = calloc(n, sizeof(*law->weight));
    assert_non_null(law->value);
    assert_non_null(law->weight);
    memcpy(law->value, value, n * sizeof(*value));
    memcpy(law->weight, weight, n * sizeof(*weight));
}

void
population_begin(population_world *self)
{
    static const double floor_usd[] = {0, 5000, 50000, 1e6};
    static const double rate[] = {0.004, 0.01, 0.05, 0.25};
    static const double most[] = {125, 50, 10, 2};
    static const double leverage[] = {2, 3, 5, 10, 20, 50};
    static const double leverage_weight[] = {10, 20, 30, 25, 10, 5};
    static const double count[] = {1, 2, 3, 5};
    static const double count_weight[] = {40, 25, 15, 20};
    static const double asset_weight[POPULATION_N_ASSET] = {0.45, 0.3, 0.25, 0};

    *self = (population_world){.market = {.n_asset = POPULATION_N_ASSET},
                               .venue = {.n_asset = POPULATION_N_ASSET}};
    self->market.asset = calloc(POPULATION_N_ASSET, sizeof(*self->market.asset));
    self->venue.tiers = calloc(POPULATION_N_ASSET, sizeof(*self->venue.tiers));
    assert_non_null(self->market.asset);
    assert_non_null(self->venue.tiers);
    for (size_t i = 0; i < POPULATION_N_ASSET; i++) {
        self->market.asset[i].price_usd = population_price_usd[i];
        assert_int_equal(rip_margin_tiers_init(&self->venue.tiers[i], 4, floor_usd,
                                               rate, most, NULL),
                         RIP_OK);
    }
    make_scenarios(&self->venue);
    self->spec = (rip_population_spec){
        .count = 4000,
        .seed = 7,
        .balance = {.kind = RIP_LAW_LOGNORMAL, .first = 10000.0, .second = 1.2},
        .leverage_scale = 1.0,
        .long_fraction = 0.7,
        .side_correlation = 0.5,
        .hedged_fraction = 0.15,
        .margin_low = 0.2,
        .margin_high = 0.9,
        .mode_weight = {0.5, 0.4, 0.1},
        .top_up_fraction = 0.2,
        .top_up = {.rule = RIP_TOP_UP_TO_INITIAL},
        .stop_fraction = 0.3,
        .stop_low = 0.03,
        .stop_high = 0.15,
        .weight = 2.5};
    population_law(&self->spec.leverage, 6, leverage, leverage_weight);
    population_law(&self->spec.positions, 4, count, count_weight);
    self->spec.asset_weight = calloc(POPULATION_N_ASSET, sizeof(double));
    assert_non_null(self->spec.asset_weight);
    memcpy(self->spec.asset_weight, asset_weight, sizeof(asset_weight));
}

void
population_end(population_world *self)
{
    free(self->market.asset);
    rip_venue_free(&self->venue);
    rip_population_spec_free(&self->spec);
}

void
population_draw(const population_world *self, rip_book *book)
{
    assert_int_equal(
        rip_population_draw(book, &self->spec, &self->market, &self->venues), RIP_OK);
}

double
population_notional(const rip_position *position)
{
    return fabs(position->quantity) * population_price_usd[position->asset];
}

void
population_share(size_t hits, size_t n, double probability)
{
    const double se = sqrt(probability * (1.0 - probability) / (double)n);
    const double share = (double)hits / (double)n;

    if (!(fabs(share - probability) <= 4.5 * se)) {
        fail_msg("share %.5f, want %.5f +- %.5f", share, probability, 4.5 * se);
    }
}
