#include "riptide/margin/form.h"

#include <math.h>

#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"
#include "riptide/margin/requirement.h"

#define GUARD_WEIGHT    1e-300 /* vanishes beside any money */
#define GUARD_DOUBLINGS 20     /* of the cap, while looking for a higher one */

void
rip_margin_form_begin(rip_margin_form *self)
{
    self->constant_usd = 0.0;
    self->position = RIP_MARGIN_FORM_ACCOUNT;
    self->exact = false;
    self->n_term = 0;
}

void
rip_margin_form_add_money(rip_margin_form *self, double usd)
{
    self->constant_usd += usd - RIP_MARGIN_FORM_SLACK * fabs(usd);
}

size_t
rip_margin_form_add_price(rip_margin_form *self, uint32_t asset, double weight)
{
    size_t i = 0;
    while (i < self->n_term && self->asset[i] != asset) {
        i++;
    }
    if (i == self->n_term) {
        self->n_term++;
        self->asset[i] = asset;
        self->weight[i] = 0.0;
        self->cap_usd[i] = INFINITY;
        self->funding_weight[i] = 0.0;
    }
    self->weight[i] += weight - RIP_MARGIN_FORM_SLACK * fabs(weight);
    return i;
}

void
rip_margin_form_add_position(rip_margin_form *self, const rip_account_state *state,
                             size_t position)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    const size_t i = rip_margin_form_add_price(self, held->asset, quantity);
    rip_margin_form_add_money(self, -quantity * held->entry_usd);
    if (held->kind == RIP_KIND_LINEAR_PERP) {
        self->funding_weight[i] += quantity;
    }
}

void
rip_margin_form_add_guard(rip_margin_form *self, uint32_t asset, double price_usd)
{
    const size_t i = rip_margin_form_add_price(self, asset, -GUARD_WEIGHT);
    self->cap_usd[i] = fmin(self->cap_usd[i], price_usd);
}

/* Coins whose worth as collateral is not their price: MAR-5. */
static bool
is_cut(const rip_account_state *state, size_t position)
{
    return state->position[position].kind == RIP_KIND_SPOT &&
           !state->held[position].is_isolated &&
           (state->venue->collateral.haircut != NULL ||
            state->venue->collateral.per_currency);
}

bool
rip_margin_form_is_impossible(const rip_account_state *state)
{
    if (!state->is_linear || (state->pool_mode == RIP_MODE_PORTFOLIO &&
                              state->venue->portfolio.n_ladder > 0)) {
        return true;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k) &&
            (rip_margin_position_pays_interest(state, k) || is_cut(state, k))) {
            return true;
        }
    }
    return state->pool_mode != RIP_N_MODE && state->market->borrow_rate_usd != 0.0 &&
           rip_margin_pool_loan(state) > 0.0;
}

/* The positions of a bucket on one asset. */
typedef struct holding {
    const rip_account_state *state;
    const rip_venue *venue;
    size_t first, n;
    bool is_isolated, is_plain;
    uint32_t asset;
    const rip_margin_tiers *tiers;
} holding;

static bool
belongs(const holding *self, size_t position)
{
    return self->state->position[position].asset == self->asset &&
           rip_margin_position_is_open(self->state, position) &&
           self->state->held[position].is_isolated == self->is_isolated;
}

/* Whether maintenance is convex in the price. */
static bool
is_convex(const holding *self)
{
    return self->venue->maintenance_at_entry || self->venue->tiers_by_quantity ||
           rip_margin_tiers_is_convex(self->tiers);
}

/* The most that MAR-2 adds to any tier's rate. */
static double
added_rate(const rip_venue *venue, double size)
{
    return venue->closing_fee_reserved + venue->size_scaling.slope * size +
           venue->size_scaling.sqrt * sqrt(size);
}

/* The largest share of its notional that a position asks for, up to a notional; what it
   asks for whatever the price is is left to take_constant. */
static double
largest_share(const holding *self, size_t position, double notional_usd)
{
    const double size = fabs(self->state->held[position].quantity);
    size_t tier;
    if (self->is_plain) {
        return rip_margin_tiers_largest_share(self->tiers, notional_usd);
    }
    if (self->venue->maintenance_at_entry) {
        return 0.0;
    }
    if (!self->venue->tiers_by_quantity) {
        return rip_margin_tiers_largest_share(self->tiers, notional_usd) +
               added_rate(self->venue, size);
    }
    tier = rip_margin_tiers_find(self->tiers, size);
    return fmax(self->tiers->rate[tier] - self->tiers->deduction_usd[tier] / size,
                0.0) +
           added_rate(self->venue, size);
}

/* The most a position asks for at a price, constants aside. */
static double
most_at(const holding *self, size_t position, double price_usd)
{
    const double size = fabs(self->state->held[position].quantity);
    const double notional_usd = size * price_usd;
    if (self->is_plain) {
        return rip_margin_tiers_maintenance(self->tiers, notional_usd);
    }
    if (self->venue->maintenance_at_entry || self->venue->tiers_by_quantity) {
        return notional_usd * largest_share(self, position, notional_usd);
    }
    return rip_margin_tiers_maintenance(self->tiers, notional_usd) +
           notional_usd * added_rate(self->venue, size);
}

/* Takes off what a position asks for at any price: maintenance at the entry, or no more
   than the symbol's minimum beyond the rest (MAR-2). */
static void
take_constant(const holding *self, rip_margin_form *form, size_t position)
{
    const rip_requirement asked = {
        .venue = self->venue,
        .position = &self->state->position[position],
        .quantity = self->state->held[position].quantity,
        .view = {.price_usd = self->state->position[position].entry_usd}};
    const double *minimum_usd = self->venue->size_scaling.minimum_usd;
    double constant_usd = minimum_usd != NULL ? minimum_usd[self->asset] : 0.0;
    if (self->venue->maintenance_at_entry) {
        constant_usd = rip_requirement_maintenance(&asked);
    }
    rip_margin_form_add_money(form, -self->venue->trigger.ratio * constant_usd);
}

/* Sum of quantity - ratio * (largest rate of all) * |quantity| of what needs margin. */
static double
net_weight(const holding *self)
{
    double weight = 0.0;
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k)) {
            const double quantity = self->state->held[k].quantity;
            weight += quantity;
            weight -= rip_margin_position_is_margined(self->state, k)
                          ? self->venue->trigger.ratio *
                                largest_share(self, k, INFINITY) * fabs(quantity)
                          : 0.0;
        }
    }
    return weight;
}

/* What the holding adds to equity - ratio * requirement at a price, at least, entries
   and constants aside. */
static double
net_value(const holding *self, double price_usd)
{
    double value_usd = 0.0;
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k)) {
            value_usd += self->state->held[k].quantity * price_usd;
            if (rip_margin_position_is_margined(self->state, k)) {
                value_usd -= self->venue->trigger.ratio * most_at(self, k, price_usd);
            }
        }
    }
    return value_usd;
}

/* Whether M(N) is rate N up to notional_usd. */
static bool
is_one_rate(const rip_margin_tiers *tiers, double notional_usd)
{
    return tiers->deduction_usd[0] == 0.0 &&
           (tiers->n_tier == 1 || notional_usd <= tiers->floor_usd[1]);
}

/* The price up to which a position asks for the first tier's rate and nothing else, if
   it does at price_usd; price_usd otherwise. */
static double
one_rate_until(const holding *self, size_t position, double price_usd)
{
    const double size = fabs(self->state->held[position].quantity);
    if (!self->is_plain || !is_one_rate(self->tiers, size * price_usd)) {
        return price_usd;
    }
    return self->tiers->n_tier == 1
               ? INFINITY
               : self->tiers->floor_usd[1] / size * (1.0 - RIP_MARGIN_FORM_SLACK);
}

/* RIP_MARGIN_FORM_CAP times the starting price, or more if nothing changes there. */
static double
find_cap(const holding *self)
{
    const double least_usd =
        RIP_MARGIN_FORM_CAP * self->state->asset[self->asset].price_usd;
    double cap_usd = INFINITY;
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k) && rip_margin_position_is_margined(self->state, k)) {
            cap_usd = fmin(cap_usd, one_rate_until(self, k, least_usd));
        }
    }
    return fmax(cap_usd, least_usd);
}

/* Takes off what a linear bound of the tiers says for prices up to cap_usd. */
static void
take_shares(const holding *self, rip_margin_form *form, double cap_usd)
{
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k) && rip_margin_position_is_margined(self->state, k)) {
            const double size = fabs(self->state->held[k].quantity);
            const double share = largest_share(self, k, size * cap_usd);
            form->exact = form->exact && self->is_plain &&
                          is_one_rate(self->tiers, size * cap_usd);
            (void)rip_margin_form_add_price(form, self->asset,
                                            -self->venue->trigger.ratio * share * size);
            if (!self->is_plain) {
                take_constant(self, form, k);
            }
        }
    }
}

/* The price up to which a term of positive weight holds; see form.h. */
static double
guard_price(const holding *self, double weight, double cap_usd)
{
    const double floor_usd = weight * cap_usd;
    double guard_usd = cap_usd;
    for (int i = 0; i < GUARD_DOUBLINGS; i++) {
        if (!is_convex(self) || !(net_value(self, 2.0 * guard_usd) >= floor_usd)) {
            break;
        }
        guard_usd *= 2.0;
    }
    return guard_usd;
}

static void
take_holding(const holding *self, rip_margin_form *form, size_t term,
             rip_margin_form *guard)
{
    const bool holds_above = net_weight(self) >= 0.0;
    const double cap_usd = find_cap(self);
    form->cap_usd[term] = cap_usd;
    /* If the requirement can jump, only the largest rate is safe above the cap. */
    take_shares(self, form, holds_above && !is_convex(self) ? INFINITY : cap_usd);
    if (form->weight[term] > 0.0 && !holds_above) {
        rip_margin_form_add_guard(guard, self->asset,
                                  guard_price(self, form->weight[term], cap_usd));
    }
}

void
rip_margin_form_take_maintenance(rip_margin_form *self, const rip_account_state *state,
                                 size_t first, size_t n, rip_margin_form *guard)
{
    const bool is_isolated =
        state->pool_mode == RIP_N_MODE || (n == 1 && state->held[first].is_isolated);
    const rip_venue *venue = is_isolated ? state->isolated_venue : state->venue;
    self->exact = true;
    for (size_t i = 0; i < self->n_term; i++) {
        const uint32_t asset = self->asset[i];
        const holding held = {.state = state,
                              .venue = venue,
                              .is_plain = state->is_plain,
                              .is_isolated = is_isolated,
                              .first = first,
                              .n = n,
                              .asset = asset,
                              .tiers = &venue->tiers[asset]};
        take_holding(&held, self, i, guard);
    }
}
