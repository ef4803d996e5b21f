#include <math.h>
#include <stdlib.h>

#include "riptide/account/population.h"
#include "riptide/io/assemble_parts.h"
#include "riptide/io/words.h"

/* A number is a fixed law; a map says which. */
static rip_status
take_law(rip_law *law, const rip_node *node)
{
    const rip_node *values = rip_node_find(node, "values");
    const rip_node *weights = rip_node_find(node, "weights");
    const rip_node *minimum = rip_node_find(node, "minimum");

    *law = (rip_law){.kind = RIP_LAW_FIXED};
    if (node->kind == RIP_NODE_SCALAR) {
        law->first = rip_node_number(node, NAN);
        return RIP_OK;
    }
    if (values == NULL) {
        const bool is_pareto = minimum != NULL;
        law->kind = is_pareto ? RIP_LAW_PARETO : RIP_LAW_LOGNORMAL;
        law->first =
            rip_node_number(is_pareto ? minimum : rip_node_find(node, "median"), NAN);
        law->second =
            rip_node_number(rip_node_find(node, is_pareto ? "alpha" : "sigma"), NAN);
        return RIP_OK;
    }
    law->kind = RIP_LAW_DISCRETE;
    law->value = calloc(values->n_child, sizeof(*law->value));
    law->weight = calloc(values->n_child, sizeof(*law->weight));
    if (law->value == NULL || law->weight == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    law->n_value = values->n_child;
    for (size_t i = 0; i < values->n_child; i++) {
        law->value[i] = rip_node_number(values->child[i], NAN);
        law->weight[i] = rip_node_number(weights->child[i], NAN);
    }
    return RIP_OK;
}

/* By the table, in which an absent symbol has no weight, else by daily volume. */
static rip_status
take_assets(const rip_assembly *self, rip_population_spec *spec, const rip_node *assets)
{
    spec->asset_weight = calloc(self->spec.n_asset, sizeof(*spec->asset_weight));
    if (spec->asset_weight == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->spec.n_asset; i++) {
        const rip_asset *asset = &self->spec.asset[i];
        spec->asset_weight[i] =
            assets == NULL ? asset->daily_volume_usd
                           : rip_node_number(rip_node_find(assets, asset->symbol), 0.0);
    }
    return RIP_OK;
}

static void
take_habits(rip_population_spec *spec, const rip_node *generate)
{
    const rip_node *top_up = rip_node_find(generate, "top_up");
    const rip_node *stop_loss = rip_node_find(generate, "stop_loss");
    const rip_node *modes = rip_node_find(generate, "modes");

    for (size_t i = 0; i < RIP_N_MODE; i++) {
        spec->mode_weight[i] =
            rip_node_number(rip_node_find(modes, rip_mode_name((rip_mode)i)), 0.0);
    }
    spec->top_up_fraction = rip_node_number(rip_node_find(top_up, "fraction"), 0.0);
    spec->top_up = rip_words_top_up(rip_node_find(top_up, "rule"));
    spec->stop_fraction = rip_node_number(rip_node_find(stop_loss, "fraction"), 0.0);
    spec->stop_low = rip_node_number(rip_node_at(stop_loss, "distance.low"), 0.0);
    spec->stop_high = rip_node_number(rip_node_at(stop_loss, "distance.high"), 0.0);
}

static rip_status
take_spec(const rip_assembly *self, rip_population_spec *spec, const rip_node *generate)
{
    static const char *const size_by[] = {"isolated", "cross", "portfolio", "own"};
    const rip_node *leverage = rip_node_find(generate, "leverage");
    rip_status status = RIP_OK;

    *spec = (rip_population_spec){
        .count = rip_node_count(rip_node_find(generate, "count"), 0),
        .seed = rip_node_count(rip_node_find(generate, "seed"), 1),
        .leverage_scale = rip_node_number(rip_node_find(leverage, "scale"), 1.0),
        .scale_holds_notional =
            rip_node_is_text(rip_node_find(generate, "scale_holds"), "notional"),
        .long_fraction = rip_node_number(rip_node_find(generate, "long_fraction"), 0.7),
        .side_correlation =
            rip_node_number(rip_node_find(generate, "side_correlation"), 0.5),
        .hedged_fraction =
            rip_node_number(rip_node_find(generate, "hedged_fraction"), 0.0),
        .option_fraction =
            rip_node_number(rip_node_find(generate, "option_fraction"), 0.0),
        .margin_low = rip_node_number(rip_node_at(generate, "margin_used.low"), 0.2),
        .margin_high = rip_node_number(rip_node_at(generate, "margin_used.high"), 0.9),
        .size_by = (rip_size_by)rip_words_index(
            rip_node_text(rip_node_find(generate, "size_by"), size_by[0]), 4, size_by),
        .weight = rip_node_number(rip_node_find(generate, "weight"), 1.0)};
    take_habits(spec, generate);
    RIP_TRY(take_law(&spec->balance, rip_node_find(generate, "balance")));
    RIP_TRY(take_law(&spec->leverage, leverage));
    RIP_TRY(take_law(&spec->positions, rip_node_find(generate, "positions")));
    status = take_assets(self, spec, rip_node_find(generate, "assets"));
out:
    return status;
}

/* Books sized by a margin model that is not there. */
static rip_status
check_size_by(rip_assembly *self, const rip_population_spec *spec,
              const rip_node *generate)
{
    const rip_node *node = rip_node_find(generate, "size_by");
    static const char key[] = "accounts.generate.size_by";

    if (spec->size_by == RIP_SIZE_OWN) {
        return rip_assemble_refuse(self, node, key,
                                   "own is not in this version (isolated, cross, "
                                   "portfolio)");
    }
    if (spec->size_by == RIP_SIZE_PORTFOLIO &&
        self->run->venues.distinct[0].portfolio.n_scenario == 0) {
        return rip_assemble_refuse(self, node, key,
                                   "venue %s has no portfolio.scenarios (isolated, "
                                   "cross)",
                                   self->run->venues.distinct[0].name);
    }
    return RIP_OK;
}

/* Protective options need a volatility of every asset that may be drawn. */
static rip_status
check_options(rip_assembly *self, const rip_population_spec *spec,
              const rip_node *generate)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; spec->option_fraction > 0.0 && i < self->spec.n_asset; i++) {
        const rip_asset *asset = &self->spec.asset[i];
        if (spec->asset_weight[i] > 0.0 && isnan(asset->implied_volatility)) {
            status = rip_assemble_refuse(
                self, rip_node_find(generate, "option_fraction"),
                "accounts.generate.option_fraction",
                "asset %s has no implied_volatility for its options", asset->symbol);
        }
    }
    return status;
}

/* Draws the accounts as they were opened. */
static rip_status
draw(rip_assembly *self, const rip_population_spec *spec)
{
    rip_status status = RIP_OK;
    rip_market market = self->run->market; /* borrows all but the assets */

    market.asset = calloc(market.n_asset, sizeof(*market.asset));
    if (market.asset == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < market.n_asset; i++) {
        market.asset[i] = self->run->market.asset[i];
        market.asset[i].price_usd = self->opening_usd[i];
    }
    status = rip_population_draw(&self->run->book, spec, &market, &self->run->venues);
    free(market.asset);
    return status;
}

rip_status
rip_assemble_population(rip_assembly *self, const rip_node *generate)
{
    rip_population_spec spec = {0};
    rip_status status = RIP_OK;

    RIP_TRY(take_spec(self, &spec, generate));
    RIP_TRY(check_size_by(self, &spec, generate));
    RIP_TRY(check_options(self, &spec, generate));
    status = draw(self, &spec);
    if (status == RIP_ERR_INVALID_ARGUMENT) {
        status = rip_assemble_refuse(self, rip_node_find(generate, "balance"),
                                     "accounts.generate.balance",
                                     "the law gave a balance that is not above 0 and "
                                     "at most %g USD",
                                     RIP_POPULATION_MAX_USD);
    }
out:
    rip_population_spec_free(&spec);
    return status;
}
