/*
 * margin/form.h -- writing the linear forms of margin/margin.h safely.      floor 3.2
 *
 * A form is a lower bound in exact arithmetic; every number entered is lowered by
 * RIP_MARGIN_FORM_SLACK of its size, which is more than all roundings of `assess` and
 * of whoever evaluates the form.
 *
 * Tiers make the requirement curved. Up to a cap of RIP_MARGIN_FORM_CAP times the
 * starting price, M(N) <= N * (largest share of N up to the cap): exact where the cap
 * lies in the first tier, and then the cap is where that tier ends. Above the cap a
 * form with a negative weight does not hold, as margin.h says. A form with a positive
 * weight w, cut at the cap, holds there too if equity - ratio * requirement never falls
 * again below w * cap:
 *
 *     always       if q - ratio * (largest rate of all) * |q|, summed over the
 *                  positions on the asset, is >= 0 and the schedules are convex;
 *     up to a price S* otherwise: a further term, in one form of guards, with a
 *                  vanishing negative weight and the cap S*, refuses prices above it.
 *
 * A cap is never below the starting price.
 *
 * What MAR-2 adds to a rate depends on the quantity alone and is added to every share;
 * a minimum, and maintenance at the entry price, are money whatever the price is.
 */
#ifndef RIP_MARGIN_FORM_H
#define RIP_MARGIN_FORM_H

#include <stdbool.h>

#include "riptide/margin/margin.h"

#define RIP_MARGIN_FORM_SLACK 1e-12
#define RIP_MARGIN_FORM_CAP   1.5

/* An empty form of value 0. */
void rip_margin_form_begin(rip_margin_form *self);

/* Adds money [USD]. */
void rip_margin_form_add_money(rip_margin_form *self, double usd);

/* Adds weight * price of an asset, with no cap. Returns the term's index. */
size_t rip_margin_form_add_price(rip_margin_form *self, uint32_t asset, double weight);

/* Adds the result of a position, q (S - entry) - q F. It must pay no interest. */
void rip_margin_form_add_position(rip_margin_form *self, const rip_account_state *state,
                                  size_t position);

/* Makes a form of guards refuse prices above price_usd. */
void rip_margin_form_add_guard(rip_margin_form *self, uint32_t asset, double price_usd);

/*
 * Takes ratio * maintenance of the open positions first .. first + n - 1 off a form
 * that has their results, by tiers. guard: a begun form that gets the guards.
 */
void rip_margin_form_take_maintenance(rip_margin_form *self,
                                      const rip_account_state *state, size_t first,
                                      size_t n, rip_margin_form *guard);

/* Whether the account has no linear form: it is not linear itself, pays interest, has
   coins that count less than their price, or a ladder's minimum. */
bool rip_margin_form_is_impossible(const rip_account_state *state);

#endif /* RIP_MARGIN_FORM_H */
