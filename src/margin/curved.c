#include "riptide/margin/curved.h"

#include <math.h>

#include "riptide/margin/form.h"
#include "riptide/margin/line.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"
#include "riptide/margin/scenario.h"
#include "riptide/numerics/math.h"

#define MOST_SCENARIOS    64  /* of a venue whose accounts are bounded */
#define WIDE_DEVIATIONS   4.2 /* half a box's width, in standard deviations */
#define NARROW_DEVIATIONS 2.2
#define BOX_NARROWEST     0.02
#define BOX_WIDEST        1.0
#define YEAR_MS           (365.0 * 86400000.0)

/* Weights of the requirement; scenario: the joint one, or NULL. */
typedef struct rule {
    const rip_scenario *scenario;
    double joint, own;
} rule;

/* Lines below what an underlying leaves, and what it is charged. */
typedef struct part {
    size_t first; /* position of the account */
    uint32_t asset;
    rip_margin_box box;
    rip_margin_line value;                 /* v */
    rip_margin_line owed;                  /* -v */
    rip_margin_line charged;               /* minus the contingencies */
    rip_margin_line worst;                 /* the least of v and v_s of the grid */
    bool is_boxed;                         /* prices must stay in the box */
    rip_margin_line after[MOST_SCENARIOS]; /* v_s */
} part;

static bool
is_bounded_position(const rip_account_state *state, size_t k)
{
    const rip_position *held = &state->position[k];
    const rip_contingency *rate = &state->venue->portfolio.contingency;
    if (!rip_margin_position_is_open(state, k)) {
        return true;
    }
    return !state->held[k].is_isolated &&
           (held->expiry_ms == 0 || held->expiry_ms > state->horizon_ms) &&
           !rip_margin_position_pays_interest(state, k) &&
           !(held->kind == RIP_KIND_INVERSE_PERP &&
             state->asset[held->asset].funding_rate != 0.0) &&
           !(held->kind == RIP_KIND_LINEAR_FUTURE && rate->basis > 0.0);
}

/* No coins are borrowed at a rate. */
static bool
is_bounded_coin(const rip_account_state *state, size_t coin)
{
    return state->asset[state->wallet_coin[coin].asset].borrow_rate == 0.0 ||
           rip_account_state_coins(state, coin) >= 0.0;
}

bool
rip_margin_curved_is_bounded(const rip_account_state *state)
{
    const rip_venue *venue = state->venue;
    bool bounded =
        state->pool_mode == RIP_MODE_PORTFOLIO && state->horizon_ms > 0 &&
        !state->volatility_moves && venue->portfolio.n_ladder == 0 &&
        venue->portfolio.n_scenario <= MOST_SCENARIOS &&
        venue->portfolio.between != RIP_BETWEEN_CORRELATED &&
        venue->collateral.haircut == NULL &&
        !(state->market->borrow_rate_usd != 0.0 && rip_margin_pool_loan(state) > 0.0);
    for (size_t k = 0; bounded && k < state->account->n_position; k++) {
        bounded = is_bounded_position(state, k);
    }
    for (size_t i = 0; bounded && i < state->account->n_coin; i++) {
        bounded = is_bounded_coin(state, i);
    }
    return bounded;
}

static rip_margin_box
box_of(const rip_account_state *state, uint32_t asset)
{
    const rip_asset *of = &state->asset[asset];
    const double years = (double)state->horizon_ms / YEAR_MS;
    const double deviations = (state->is_narrow ? NARROW_DEVIATIONS : WIDE_DEVIATIONS) *
                              of->volatility * sqrt(years);
    const double width = fmin(fmax(deviations, BOX_NARROWEST), BOX_WIDEST);
    return (rip_margin_box){.low_usd = of->price_usd / (1.0 + width),
                            .start_usd = of->price_usd,
                            .high_usd = of->price_usd * (1.0 + width)};
}

static rip_margin_shift
shift_of(const rip_account_state *state, uint32_t asset, const rip_scenario *scenario)
{
    const double range = state->venue->portfolio.spot_range[asset];
    return (rip_margin_shift){
        .factor = 1.0 + fmax(scenario->spot * range, RIP_MARGIN_HOLDING_LOWEST_MOVE),
        .volatility = scenario->volatility};
}

/* A line below sign times the value of what is open on an underlying, after a shift. */
static rip_margin_line
value_below(const rip_account_state *state, const part *self, double sign,
            const rip_margin_shift *shift)
{
    rip_margin_line sum = {0};
    for (size_t k = self->first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_open(state, k)) {
            const rip_margin_line own = rip_margin_line_below(
                state, k, sign * state->held[k].quantity, &self->box, shift);
            sum = rip_margin_line_sum(sum, 1.0, own);
        }
    }
    return sum;
}

/* The same of one instrument, of which `begin` is the first position; sign may be any
   weight. */
static rip_margin_line
instrument_below(const rip_account_state *state, const part *self, size_t begin,
                 double sign, const rip_margin_shift *shift)
{
    rip_margin_line sum = {0};
    for (size_t k = begin; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_open(state, k) &&
            rip_margin_scenario_is_same(&state->position[begin], &state->position[k])) {
            const rip_margin_line own = rip_margin_line_below(
                state, k, sign * state->held[k].quantity, &self->box, shift);
            sum = rip_margin_line_sum(sum, 1.0, own);
        }
    }
    return sum;
}

/* What an instrument leaves of itself if gains are offset in part. */
static rip_margin_line
offset_below(const rip_account_state *state, part *self, size_t begin,
             const rip_margin_shift *shift)
{
    const double offset = state->venue->portfolio.gain_offset;
    const rip_margin_shift none = RIP_MARGIN_SHIFT_NONE;
    const rip_margin_line after = instrument_below(state, self, begin, 1.0, shift);
    const rip_margin_line before =
        instrument_below(state, self, begin, 1.0 - offset, &none);
    const rip_margin_line either[] = {after,
                                      rip_margin_line_sum(before, offset, after)};
    bool everywhere;
    const rip_margin_line lowest =
        rip_margin_line_lowest(2, either, &self->box, &everywhere);
    self->is_boxed = self->is_boxed || !everywhere;
    return lowest;
}

/* v_s, with the gains of other instruments offset as the venue does. */
static rip_margin_line
after_below(const rip_margin_scene *scene, part *self, const rip_margin_shift *shift)
{
    const rip_account_state *state = scene->state;
    rip_margin_line sum = {0};
    size_t n_instrument = 0;
    for (size_t k = self->first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        n_instrument += rip_margin_scenario_begins(scene, self->first, k);
    }
    if (!(state->venue->portfolio.gain_offset < 1.0) || n_instrument < 2) {
        return value_below(state, self, 1.0, shift);
    }
    for (size_t k = self->first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_scenario_begins(scene, self->first, k)) {
            const rip_margin_line own = offset_below(state, self, k, shift);
            sum = rip_margin_line_sum(sum, 1.0, own);
        }
    }
    return sum;
}

/* Net quantity of an instrument, of which `begin` is the first position. */
static double
net_quantity(const rip_account_state *state, size_t begin)
{
    double net = 0.0;
    for (size_t k = begin; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_open(state, k) &&
            rip_margin_scenario_is_same(&state->position[begin], &state->position[k])) {
            net += state->held[k].quantity;
        }
    }
    return net;
}

/* What an instrument is charged, as a line below minus that. */
static rip_margin_line
instrument_charge(const rip_account_state *state, const part *self, size_t begin)
{
    const rip_contingency *rate = &state->venue->portfolio.contingency;
    const rip_margin_shift none = RIP_MARGIN_SHIFT_NONE;
    const bool is_future = state->position[begin].kind == RIP_KIND_LINEAR_FUTURE;
    const double charge = ((is_future ? rate->future : rate->perp) + rate->roll) *
                          fabs(net_quantity(state, begin));
    return state->position[begin].kind == RIP_KIND_INVERSE_PERP
               ? (rip_margin_line){.usd = -charge}
               : rip_margin_line_below(state, begin, -charge, &self->box, &none);
}

/* Minus the contingencies; the notional of an instrument is what its net quantity is
   worth, of an inverse perpetual its contracts. */
static rip_margin_line
charge_below(const rip_margin_scene *scene, const part *self)
{
    const rip_account_state *state = scene->state;
    double short_units[2] = {0.0, 0.0};
    rip_margin_line sum = {0};
    for (size_t k = self->first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        const rip_position *held = &state->position[k];
        if (!rip_margin_position_is_open(state, k)) {
            continue;
        }
        if (held->kind == RIP_KIND_OPTION) {
            short_units[held->is_put] -= state->held[k].quantity;
        } else if (held->kind != RIP_KIND_SPOT &&
                   rip_margin_scenario_begins(scene, self->first, k)) {
            sum = rip_margin_line_sum(sum, 1.0, instrument_charge(state, self, k));
        }
    }
    sum.per_usd -= state->venue->portfolio.contingency.short_option *
                   (fmax(short_units[0], 0.0) + fmax(short_units[1], 0.0));
    return sum;
}

static bool
has_option(const rip_account_state *state, const part *self)
{
    for (size_t k = self->first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_open(state, k) &&
            state->position[k].kind == RIP_KIND_OPTION) {
            return true;
        }
    }
    return false;
}

static void
fill_part(const rip_account_state *state, size_t first, part *self)
{
    const rip_margin_scene scene = {.state = state, .only = RIP_MARGIN_ALL};
    const rip_venue *venue = state->venue;
    const rip_margin_shift none = RIP_MARGIN_SHIFT_NONE;
    rip_margin_line grid[MOST_SCENARIOS + 1];
    size_t n_grid = 0;
    bool everywhere;
    self->first = first;
    self->asset = state->position[first].asset;
    self->box = box_of(state, self->asset);
    self->is_boxed = has_option(state, self);
    self->value = value_below(state, self, 1.0, &none);
    self->owed = value_below(state, self, -1.0, &none);
    self->charged = charge_below(&scene, self);
    grid[n_grid++] = self->value;
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        const rip_scenario *scenario = &venue->portfolio.scenario[s];
        const rip_margin_shift shift = shift_of(state, self->asset, scenario);
        self->after[s] = after_below(&scene, self, &shift);
        if (!scenario->extra) {
            grid[n_grid++] = self->after[s];
        }
    }
    self->worst = rip_margin_line_lowest(n_grid, grid, &self->box, &everywhere);
    self->is_boxed = self->is_boxed || !everywhere;
}

/* The rule with a scenario as the worst one; NULL: none is. */
static rule
rule_of(const rip_venue *venue, const rip_scenario *scenario)
{
    const double factor = venue->portfolio.offset_factor;
    const bool is_none = scenario == NULL;
    if (!is_none && scenario->extra) {
        return (rule){.scenario = scenario, .joint = scenario->weight};
    }
    switch (venue->portfolio.between) {
    case RIP_BETWEEN_JOINT:
        return (rule){.scenario = scenario, .joint = is_none ? 0.0 : 1.0};
    case RIP_BETWEEN_OFFSET:
        return (rule){
            .scenario = scenario, .joint = is_none ? 0.0 : factor, .own = 1.0 - factor};
    case RIP_BETWEEN_ADD:
    case RIP_BETWEEN_CORRELATED:
        break;
    }
    return (rule){.own = 1.0};
}

static void
add_line(rip_margin_form *form, uint32_t asset, double weight, rip_margin_line line)
{
    (void)rip_margin_form_add_price(form, asset, weight * line.per_usd);
    rip_margin_form_add_money(form, weight * line.usd);
}

/* Adds an underlying to the form of a rule. */
static void
add_part(const rip_account_state *state, const part *self, const rule *by,
         rip_margin_form *form)
{
    const rip_venue *venue = state->venue;
    const double cost = venue->trigger.ratio * venue->portfolio.mm_factor;
    const double rest = 1.0 - cost * (by->joint + by->own);
    add_line(form, self->asset, fabs(rest), rest < 0.0 ? self->owed : self->value);
    if (by->scenario != NULL) {
        const size_t s = (size_t)(by->scenario - venue->portfolio.scenario);
        add_line(form, self->asset, cost * by->joint, self->after[s]);
    }
    add_line(form, self->asset, cost * by->own, self->worst);
    add_line(form, self->asset, cost, self->charged);
}

/* Adds all that is not a position's value: balances, entries, funding. */
static void
add_money(const rip_account_state *state, rip_margin_form *form)
{
    rip_margin_form_add_money(form, rip_account_state_balance(state));
    for (size_t i = 0; i < state->account->n_coin; i++) {
        (void)rip_margin_form_add_price(form, state->wallet_coin[i].asset,
                                        rip_account_state_coins(state, i));
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        const double quantity = state->held[k].quantity;
        if (!rip_margin_position_is_open(state, k)) {
            continue;
        }
        switch (held->kind) {
        case RIP_KIND_LINEAR_PERP:
            form->funding_weight[rip_margin_form_add_price(form, held->asset, 0.0)] +=
                quantity;
            rip_margin_form_add_money(form, -quantity * held->entry_usd);
            break;
        case RIP_KIND_SPOT:
        case RIP_KIND_LINEAR_FUTURE:
            rip_margin_form_add_money(form, -quantity * held->entry_usd);
            break;
        case RIP_KIND_INVERSE_PERP: /* its value is its result */
        case RIP_KIND_OPTION:
        case RIP_N_KIND:
            break;
        }
    }
}

/* The rules whose forms cover the requirement; returns how many. */
static size_t
list_rules(const rip_venue *venue, rule *to)
{
    size_t n = 0;
    to[n++] = rule_of(venue, NULL);
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        const rip_scenario *scenario = &venue->portfolio.scenario[s];
        if (scenario->extra || venue->portfolio.between != RIP_BETWEEN_ADD) {
            to[n++] = rule_of(venue, scenario);
        }
    }
    return n;
}

/* A form that is positive while a price is above its box. */
static void
write_floor(const part *self, rip_margin_form *form)
{
    rip_margin_form_begin(form);
    rip_margin_form_add_money(form, -self->box.low_usd);
    (void)rip_margin_form_add_price(form, self->asset, 1.0);
}

bool
rip_margin_curved_bound(const rip_account_state *state, rip_margin_form *form,
                        size_t *n_written)
{
    rule rules[MOST_SCENARIOS + 1];
    rip_margin_form *guard;
    size_t n_rule, n;
    *n_written = 0;
    if (!rip_margin_curved_is_bounded(state)) {
        return false;
    }
    if (state->n_open_pool == 0) {
        return true;
    }
    n = n_rule = list_rules(state->venue, rules);
    guard = &form[n++];
    for (size_t i = 0; i < n; i++) {
        rip_margin_form_begin(&form[i]);
        if (i < n_rule) {
            add_money(state, &form[i]);
        }
    }
    rip_margin_form_add_money(guard, 1.0);
    for (size_t k = 0; k < state->account->n_position; k++) {
        part on;
        if (!state->held[k].first_of_asset) {
            continue;
        }
        fill_part(state, k, &on);
        for (size_t i = 0; i < n_rule; i++) {
            add_part(state, &on, &rules[i], &form[i]);
        }
        if (on.is_boxed) {
            rip_margin_form_add_guard(guard, on.asset, on.box.high_usd);
            write_floor(&on, &form[n++]);
        }
    }
    *n_written = n;
    return true;
}

void
rip_margin_curved_add_worth(const rip_account_state *state, rip_margin_form *form)
{
    const rip_margin_shift none = RIP_MARGIN_SHIFT_NONE;
    add_money(state, form);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k)) {
            const uint32_t asset = state->position[k].asset;
            const rip_margin_box box = box_of(state, asset);
            add_line(
                form, asset, 1.0,
                rip_margin_line_below(state, k, state->held[k].quantity, &box, &none));
        }
    }
}
