#include "riptide/margin/form.h"

#include <math.h>

#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

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

bool
rip_margin_form_is_impossible(const rip_account_state *state)
{
    if (!state->is_plain) {
        return true;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k) &&
            rip_margin_position_pays_interest(state, k)) {
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
    bool is_isolated;
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

/* Sum of quantity - ratio * rate * |quantity| of what needs margin. */
static double
net_weight(const holding *self, double rate)
{
    double weight = 0.0;
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k)) {
            const double quantity = self->state->held[k].quantity;
            weight += quantity;
            weight -= rip_margin_position_is_margined(self->state, k)
                          ? self->venue->trigger.ratio * rate * fabs(quantity)
                          : 0.0;
        }
    }
    return weight;
}

/* What the holding adds to equity - ratio * requirement at a price, entries aside. */
static double
net_value(const holding *self, double price_usd)
{
    double value_usd = 0.0;
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k)) {
            const double quantity = self->state->held[k].quantity;
            value_usd += quantity * price_usd;
            if (rip_margin_position_is_margined(self->state, k)) {
                value_usd -= self->venue->trigger.ratio *
                             rip_margin_tiers_maintenance(self->tiers,
                                                          fabs(quantity) * price_usd);
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

/* Takes off what a linear bound of the tiers says for prices up to cap_usd. */
static void
take_shares(const holding *self, rip_margin_form *form, double cap_usd)
{
    for (size_t k = self->first; k < self->first + self->n; k++) {
        if (belongs(self, k) && rip_margin_position_is_margined(self->state, k)) {
            const double size = fabs(self->state->held[k].quantity);
            const double share =
                rip_margin_tiers_largest_share(self->tiers, size * cap_usd);
            form->exact = form->exact && is_one_rate(self->tiers, size * cap_usd);
            (void)rip_margin_form_add_price(form, self->asset,
                                            -self->venue->trigger.ratio * share * size);
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
        if (!rip_margin_tiers_is_convex(self->tiers) ||
            !(net_value(self, 2.0 * guard_usd) >= floor_usd)) {
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
    const double rate = rip_margin_tiers_largest_share(self->tiers, INFINITY);
    const bool holds_above = net_weight(self, rate) >= 0.0;
    const double cap_usd =
        RIP_MARGIN_FORM_CAP * self->state->asset[self->asset].price_usd;

    form->cap_usd[term] = cap_usd;
    /* If the requirement can jump, only the largest rate is safe above the cap. */
    take_shares(self, form,
                holds_above && !rip_margin_tiers_is_convex(self->tiers) ? INFINITY
                                                                        : cap_usd);
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
                              .is_isolated = is_isolated,
                              .first = first,
                              .n = n,
                              .asset = asset,
                              .tiers = &venue->tiers[asset]};
        take_holding(&held, self, i, guard);
    }
}
