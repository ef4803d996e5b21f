#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/words.h"

static const char *const states[] = {"down", "same", "up"};

/* -1 down, 0 same, 1 up. */
static int
take_state(const rip_node *node)
{
    return (int)rip_words_index(rip_node_text(node, "same"), 3, states) - 1;
}

/* "spot -0.15, vol up"; a weight is said unless it is 1. */
static void
write_label(rip_scenario *scenario)
{
    if (scenario->weight < 1.0 || scenario->weight > 1.0) {
        (void)snprintf(scenario->label, sizeof(scenario->label),
                       "spot %.10g, vol %s, weight %.10g", scenario->spot,
                       states[scenario->volatility + 1], scenario->weight);
    } else {
        (void)snprintf(scenario->label, sizeof(scenario->label), "spot %.10g, vol %s",
                       scenario->spot, states[scenario->volatility + 1]);
    }
}

static void
take_extra(rip_scenario *scenario, const rip_node *node)
{
    const rip_node *label = rip_node_find(node, "label");

    *scenario =
        (rip_scenario){.spot = rip_node_number(rip_node_find(node, "spot"), 0.0),
                       .weight = rip_node_number(rip_node_find(node, "weight"), 1.0),
                       .volatility = take_state(rip_node_find(node, "volatility")),
                       .extra = true};
    if (label == NULL) {
        write_label(scenario);
    } else {
        (void)snprintf(scenario->label, sizeof(scenario->label), "%s", label->text);
    }
}

/* Every move of the grid with every volatility state, then the extra scenarios. */
static rip_status
take_scenarios(rip_venue *venue, const rip_node *scenarios)
{
    const rip_node *moves = rip_node_at(scenarios, "grid.spot");
    const rip_node *volatilities = rip_node_at(scenarios, "grid.volatility");
    const rip_node *extra = rip_node_find(scenarios, "extra");
    const size_t n_state = volatilities != NULL ? volatilities->n_child : 0;
    const size_t n_grid = moves != NULL ? moves->n_child * n_state : 0;
    const size_t n_extra = extra != NULL ? extra->n_child : 0;

    venue->portfolio.scenario =
        calloc(n_grid + n_extra + 1, sizeof(*venue->portfolio.scenario));
    if (venue->portfolio.scenario == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    venue->portfolio.n_scenario = n_grid + n_extra;
    for (size_t k = 0; k < n_grid; k++) {
        rip_scenario *scenario = &venue->portfolio.scenario[k];
        *scenario =
            (rip_scenario){.spot = rip_node_number(moves->child[k / n_state], 0.0),
                           .weight = 1.0,
                           .volatility = take_state(volatilities->child[k % n_state])};
        write_label(scenario);
    }
    for (size_t k = 0; k < n_extra; k++) {
        take_extra(&venue->portfolio.scenario[n_grid + k], extra->child[k]);
    }
    return RIP_OK;
}

static rip_status
take_ranges(rip_assembly *self, const rip_node *ranges)
{
    rip_venue *venue = self->venue;

    venue->portfolio.spot_range =
        calloc(venue->n_asset, sizeof(*venue->portfolio.spot_range));
    if (venue->portfolio.spot_range == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < venue->n_asset; i++) {
        venue->portfolio.spot_range[i] =
            rip_node_number(rip_node_find(ranges, self->spec.asset[i].symbol), 1.0);
    }
    return RIP_OK;
}

/* A market of the venue's assumption alone tells whether it is a correlation matrix. */
static rip_status
check_assumed(rip_assembly *self, const rip_node *node, const char *key)
{
    const rip_market_spec spec = {
        .n_asset = self->spec.n_asset,
        .asset = self->spec.asset,
        .correlation = self->venue->portfolio.correlation,
        .stress = {.volatility = 1.0, .implied_volatility = 1.0}};
    rip_market market = {0};
    rip_status status = rip_market_init(&market, &spec);

    if (status == RIP_ERR_NOT_POSITIVE) {
        status =
            rip_assemble_refuse(self, node, key,
                                "no correlation matrix, its smallest eigenvalue is "
                                "%.6g (at least 0)",
                                market.smallest_eigenvalue);
    }
    rip_market_free(&market);
    return status;
}

static rip_status
take_assumed(rip_assembly *self, const rip_node *node)
{
    static const char key[] = "venue.portfolio.between_underlyings.correlation";
    const size_t n = self->spec.n_asset;
    rip_venue *venue = self->venue;
    rip_status status = RIP_OK;

    venue->portfolio.correlation = calloc(n * n, sizeof(double));
    if (venue->portfolio.correlation == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_assemble_matrix(self, node, key, venue->portfolio.correlation));
    status = check_assumed(self, node, key);
out:
    return status;
}

static rip_status
take_between(rip_assembly *self, const rip_node *between)
{
    static const char *const rule[] = {"add", "joint", "offset", "correlated"};
    const rip_node *word =
        between->kind == RIP_NODE_MAP ? rip_node_find(between, "rule") : between;
    rip_venue *venue = self->venue;

    venue->portfolio.between =
        (rip_between)rip_words_index(rip_node_text(word, rule[0]), 4, rule);
    if (venue->portfolio.between == RIP_BETWEEN_OFFSET) {
        venue->portfolio.offset_factor =
            rip_node_number(rip_node_find(between, "factor"), 0.0);
    }
    if (venue->portfolio.between == RIP_BETWEEN_CORRELATED) {
        return take_assumed(self, rip_node_find(between, "correlation"));
    }
    return RIP_OK;
}

static void
take_contingency(rip_venue *venue, const rip_node *map)
{
    rip_contingency *to = &venue->portfolio.contingency;

    to->perp = rip_node_number(rip_node_find(map, "perp"), 0.0);
    to->future = rip_node_number(rip_node_find(map, "future"), 0.0);
    to->short_option = rip_node_number(rip_node_find(map, "short_option"), 0.0);
    to->basis = rip_node_number(rip_node_find(map, "basis"), 0.0);
    to->roll = rip_node_number(rip_node_find(map, "roll"), 0.0);
}

static void
take_volatility_shock(rip_venue *venue, const rip_node *map)
{
    rip_volatility_shock *to = &venue->portfolio.volatility_shock;
    const double day_ms = 86400000.0;

    to->up = rip_node_number(rip_node_find(map, "up"), 0.0);
    to->down = rip_node_number(rip_node_find(map, "down"), 0.0);
    to->floor = rip_node_number(rip_node_find(map, "floor"), 0.0);
    to->power_short = rip_node_number(rip_node_find(map, "power_short"), 0.0);
    to->power_long = rip_node_number(rip_node_find(map, "power_long"), 0.0);
    to->pivot_days =
        (double)rip_node_duration(rip_node_find(map, "pivot"), 2592000000) / day_ms;
}

static rip_status
take_ladder(rip_venue *venue, const rip_node *ladder)
{
    const size_t n = ladder != NULL ? ladder->n_child : 0;

    if (n == 0) {
        return RIP_OK;
    }
    venue->portfolio.ladder = calloc(n, sizeof(*venue->portfolio.ladder));
    if (venue->portfolio.ladder == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    venue->portfolio.n_ladder = n;
    for (size_t k = 0; k < n; k++) {
        venue->portfolio.ladder[k] = (rip_ladder_step){
            .up_to_usd =
                rip_node_number(rip_node_find(ladder->child[k], "up_to"), INFINITY),
            .factor = rip_node_number(rip_node_find(ladder->child[k], "factor"), 0.0)};
    }
    return RIP_OK;
}

rip_status
rip_assemble_portfolio(rip_assembly *self, const rip_node *portfolio)
{
    rip_venue *venue = self->venue;
    rip_status status = RIP_OK;

    if (portfolio == NULL) {
        return RIP_OK; /* no scenarios: no portfolio mode */
    }
    venue->portfolio.gain_offset =
        rip_node_number(rip_node_find(portfolio, "gain_offset"), 1.0);
    take_contingency(venue, rip_node_find(portfolio, "contingency"));
    take_volatility_shock(venue, rip_node_find(portfolio, "volatility_shock"));
    RIP_TRY(take_ladder(venue, rip_node_find(portfolio, "minimum_ladder")));
    venue->portfolio.mm_factor =
        rip_node_number(rip_node_find(portfolio, "mm_factor"), 1.0);
    venue->portfolio.im_factor =
        rip_node_number(rip_node_find(portfolio, "im_factor"), 1.0);
    RIP_TRY(take_scenarios(venue, rip_node_find(portfolio, "scenarios")));
    RIP_TRY(take_ranges(self, rip_node_find(portfolio, "spot_range")));
    status = take_between(self, rip_node_find(portfolio, "between_underlyings"));
out:
    return status;
}
