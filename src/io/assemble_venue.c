#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/config_stages.h"
#include "riptide/io/words.h"

/* Tiers of one list, whose floors and ranges the check of the configuration has seen.
 */
static rip_status
build_tiers(rip_margin_tiers *tiers, const rip_node *list, bool whole_position)
{
    rip_status status = RIP_OK;
    const size_t n = list->n_child;
    double *row = calloc(4 * n, sizeof(*row));
    static const char *const key[] = {"floor", "mmr", "max_leverage", "deduction"};

    if (row == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t k = 0; k < 4 * n; k++) {
        /* An absent deduction is NaN: derived; with whole_position it is 0 (MAR-1). */
        const bool is_deduction = k >= 3 * n;
        row[k] =
            is_deduction && whole_position
                ? 0.0
                : rip_node_number(rip_node_find(list->child[k % n], key[k / n]), NAN);
    }
    status = rip_margin_tiers_init(tiers, n, row, row + n, row + 2 * n, row + 3 * n);
    free(row);
    return status;
}

static rip_status
take_tiers(rip_assembly *self, const rip_node *tiers, bool whole_position)
{
    rip_venue *venue = self->venue;
    const rip_node *fallback = rip_node_find(tiers, "default");
    rip_status status = RIP_OK;

    venue->tiers = calloc(self->spec.n_asset, sizeof(*venue->tiers));
    if (venue->tiers == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    venue->n_asset = self->spec.n_asset;
    for (size_t i = 0; i < venue->n_asset; i++) {
        const char *symbol = self->spec.asset[i].symbol;
        const rip_node *own = rip_node_find(tiers, symbol);
        const rip_node *list = own != NULL ? own : fallback;
        rip_status built;
        if (list == NULL) {
            built = rip_assemble_refuse(self, tiers, "venue.tiers",
                                        "none for %s (its own, or `default`)", symbol);
        } else {
            built = build_tiers(&venue->tiers[i], list, whole_position);
        }
        status = built != RIP_OK ? built : status;
    }
    return status;
}

/* By symbol, into an array by asset; NULL if no asset has an entry. */
static rip_status
take_numbers(const rip_assembly *self, const rip_node *table, double **to)
{
    double *number = NULL;

    if (table == NULL || table->n_child == 0) {
        return RIP_OK;
    }
    number = calloc(self->spec.n_asset, sizeof(*number));
    if (number == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->spec.n_asset; i++) {
        number[i] =
            rip_node_number(rip_node_find(table, self->spec.asset[i].symbol), 0.0);
    }
    *to = number;
    return RIP_OK;
}

/* MAR-2: how far each asset's open interest is on its way from lower to upper. */
static rip_status
take_open_interest(const rip_assembly *self, const rip_node *table, double **to)
{
    double *share = NULL;

    if (table == NULL || table->n_child == 0) {
        return RIP_OK;
    }
    share = calloc(self->spec.n_asset, sizeof(*share));
    if (share == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < self->spec.n_asset; i++) {
        const rip_node *window = rip_node_find(table, self->spec.asset[i].symbol);
        const double value = rip_node_number(rip_node_find(window, "value"), 0.0);
        const double lower = rip_node_number(rip_node_find(window, "lower"), 0.0);
        const double upper = rip_node_number(rip_node_find(window, "upper"), 1.0);
        share[i] = fmin(fmax((value - lower) / (upper - lower), 0.0), 1.0);
    }
    *to = share;
    return RIP_OK;
}

static rip_status
take_size_scaling(const rip_assembly *self, const rip_node *map)
{
    rip_status status = RIP_OK;
    rip_venue *venue = self->venue;

    venue->size_scaling.slope = rip_node_number(rip_node_find(map, "slope"), 0.0);
    venue->size_scaling.sqrt = rip_node_number(rip_node_find(map, "sqrt"), 0.0);
    RIP_TRY(take_open_interest(self, rip_node_find(map, "open_interest"),
                               &venue->size_scaling.open_interest));
    status = take_numbers(self, rip_node_find(map, "minimum"),
                          &venue->size_scaling.minimum_usd);
out:
    return status;
}

static rip_status
take_collateral(const rip_assembly *self, const rip_node *map)
{
    rip_venue *venue = self->venue;

    venue->collateral.per_currency = !rip_node_bool(rip_node_find(map, "pooled"), true);
    venue->collateral.long_option_value =
        rip_node_number(rip_node_find(map, "long_option_value"), 0.0);
    return take_numbers(self, rip_node_find(map, "haircut"),
                        &venue->collateral.haircut);
}

static void
take_rules(rip_venue *venue, const rip_node *map)
{
    static const char *const leftover[] = {"returned", "confiscated"};
    static const char *const option_rule[] = {"none", "deribit", "bybit"};
    const rip_node *trigger = rip_node_find(map, "trigger");
    const rip_node *isolated = rip_node_find(map, "isolated");
    const rip_node *fund = rip_node_find(map, "fund");

    (void)snprintf(venue->name, sizeof(venue->name), "%s",
                   rip_node_text(rip_node_find(map, "name"), "custom"));
    venue->tiers_by_quantity =
        rip_node_is_text(rip_node_find(map, "tier_unit"), "quantity");
    venue->maintenance_at_entry =
        rip_node_is_text(rip_node_find(map, "maintenance_basis"), "entry");
    venue->closing_fee_reserved =
        rip_node_number(rip_node_find(map, "closing_fee_reserved"), 0.0);
    venue->trigger.inclusive = rip_node_bool(rip_node_find(trigger, "inclusive"), true);
    venue->trigger.ratio = rip_node_number(rip_node_find(trigger, "ratio"), 1.0);
    if (!rip_node_is_text(rip_node_find(trigger, "backstop"), "null")) {
        venue->trigger.backstop =
            rip_node_number(rip_node_find(trigger, "backstop"), 0.0);
    }
    venue->option_margin = (rip_option_margin)rip_words_index(
        rip_node_text(rip_node_at(map, "option_margin.rule"), option_rule[0]), 3,
        option_rule);
    venue->isolated.top_up = rip_words_top_up(rip_node_find(isolated, "top_up"));
    venue->isolated.leftover = (rip_leftover)rip_words_index(
        rip_node_text(rip_node_find(isolated, "leftover"), leftover[0]), 2, leftover);
    venue->fund.size_usd = rip_node_number(rip_node_find(fund, "size"), 0.0);
    venue->fund.may_go_negative =
        rip_node_bool(rip_node_find(fund, "may_go_negative"), false);
}

static void
take_fees(rip_venue *venue, const rip_node *fees)
{
    static const char *const recipient[] = {"fund", "venue", "liquidator"};

    venue->fees.taker = rip_node_number(rip_node_find(fees, "taker"), 0.0);
    venue->fees.liquidation = rip_node_number(rip_node_find(fees, "liquidation"), 0.0);
    venue->fees.recipient = (rip_fee_recipient)rip_words_index(
        rip_node_text(rip_node_find(fees, "recipient"), recipient[0]), 3, recipient);
}

/* One of three words, or a map of one of three shapes (LIQ-1). */
static void
take_size(rip_liquidation_rules *to, const rip_node *size)
{
    const rip_node *window = rip_node_find(size, "window");

    if (rip_node_is_text(size, "minimal")) {
        to->size = RIP_LIQUIDATION_MINIMAL;
    } else if (rip_node_is_text(size, "pro_rata")) {
        to->size = RIP_LIQUIDATION_PRO_RATA;
    } else if (rip_node_find(size, "fraction") != NULL) {
        to->size = RIP_LIQUIDATION_FRACTION;
        to->fraction = rip_node_number(rip_node_find(size, "fraction"), 1.0);
        to->above_usd = rip_node_number(rip_node_find(size, "above"), 0.0);
        to->pause_ms = rip_node_duration(rip_node_find(size, "pause"), 0);
    } else if (rip_node_find(size, "tier_steps") != NULL) {
        to->size = RIP_LIQUIDATION_TIER_STEPS;
        to->tier_steps = (uint32_t)rip_node_count(rip_node_find(size, "tier_steps"), 1);
    } else if (window != NULL) {
        to->size = RIP_LIQUIDATION_WINDOW;
        to->share = rip_node_number(rip_node_find(window, "share"), 1.0);
        to->per_ms = rip_node_duration(rip_node_find(window, "per"), 1);
    }
}

static void
take_liquidation(rip_liquidation_rules *to, const rip_node *map)
{
    static const char *const order[] = {"largest_maintenance", "worst_pnl",
                                        "largest_notional", "pro_rata", "delta_first"};

    take_size(to, rip_node_find(map, "size"));
    to->order = (rip_liquidation_order)rip_words_index(
        rip_node_text(rip_node_find(map, "order"), order[0]), 5, order);
    to->buffer = rip_node_number(rip_node_find(map, "buffer"), 0.0);
    to->half_spread = rip_node_number(rip_node_at(map, "close.half_spread"), 0.0);
    to->limit_at_bankruptcy =
        rip_node_bool(rip_node_at(map, "close.limit_at_bankruptcy"), false);
}

static rip_status
take_venue(rip_assembly *self, const rip_node *map)
{
    rip_status status = RIP_OK;

    take_rules(self->venue, map);
    take_fees(self->venue, rip_node_find(map, "fees"));
    take_liquidation(&self->venue->liquidation, rip_node_find(map, "liquidation"));
    RIP_TRY(take_tiers(self, rip_node_find(map, "tiers"),
                       rip_node_bool(rip_node_find(map, "whole_position"), false)));
    RIP_TRY(take_size_scaling(self, rip_node_find(map, "size_scaling")));
    RIP_TRY(take_collateral(self, rip_node_find(map, "collateral")));
    status = rip_assemble_portfolio(self, rip_node_find(map, "portfolio"));
out:
    return status;
}

/* A mode with rules of its own gets a venue of its own. */
static rip_status
take_mode(rip_assembly *self, const rip_node *map, rip_mode mode, size_t n_distinct)
{
    rip_status status = RIP_OK;
    rip_venues *venues = &self->run->venues;
    rip_node *merged = NULL;

    venues->of_mode[mode] = n_distinct;
    self->venue = &venues->distinct[n_distinct];
    RIP_TRY(rip_config_venue_mode(map, rip_mode_name(mode), &merged));
    RIP_TRY(take_venue(self, merged));
out:
    rip_node_free(merged);
    return status;
}

rip_status
rip_assemble_venue(rip_assembly *self)
{
    const rip_node *map = rip_node_find(self->config->document.root, "venue");
    const rip_node *by_mode = rip_node_find(map, "by_mode");
    const rip_mode own[] = {RIP_MODE_ISOLATED, RIP_MODE_CROSS, RIP_MODE_PORTFOLIO};
    size_t n_distinct = 1;
    rip_status status = RIP_OK;

    self->venue = &self->run->venues.distinct[0];
    RIP_TRY(take_venue(self, map));
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (rip_node_find(by_mode, rip_mode_name(own[i])) != NULL) {
            RIP_TRY(take_mode(self, map, own[i], n_distinct++));
        }
    }
out:
    return status;
}
