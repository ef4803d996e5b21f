#include "riptide/margin/cross.h"

#include "riptide/margin/form.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

/* One, or USD and every coin (MAR-5). */
static size_t
n_bucket(const rip_account_state *state)
{
    return state->venue->collateral.per_currency ? 1 + state->account->n_coin : 1;
}

/* Requirements of a bucket's positions; empty if it has none. */
static void
assess_currency(const rip_account_state *state, const rip_market_point *point,
                size_t currency, rip_margin_bucket *bucket)
{
    size_t n_held = 0;
    *bucket = (rip_margin_bucket){.mode = RIP_MODE_CROSS,
                                  .n_position = state->account->n_position,
                                  .currency = currency,
                                  .needs_none = true};
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k) &&
            (currency == RIP_MARGIN_POOLED ||
             rip_margin_bucket_has(bucket, state, k))) {
            const rip_margin_figures own = rip_margin_position_figures(state, k, point);
            n_held++;
            bucket->needs_none &= !own.is_margined;
            bucket->maintenance_usd += own.maintenance_usd;
            bucket->initial_usd += own.initial_usd;
        }
    }
    if (n_held == 0) {
        bucket->n_position = 0;
        return;
    }
    bucket->equity_usd = rip_margin_pool_equity(state, currency, point);
}

static void
assess(const rip_account_state *state, const rip_market_point *point,
       rip_margin_bucket *bucket)
{
    if (!state->venue->collateral.per_currency) {
        assess_currency(state, point, RIP_MARGIN_POOLED, bucket);
        return;
    }
    assess_currency(state, point, RIP_MARGIN_USD, bucket);
    for (size_t i = 0; i < state->account->n_coin; i++) {
        assess_currency(state, point, i, &bucket[1 + i]);
    }
}

/* The account's, and the guards. */
static size_t
n_form(const rip_account_state *state)
{
    (void)state;
    return 2;
}

static bool
bound(const rip_account_state *state, rip_margin_form *form, size_t *n_written)
{
    *n_written = 0;
    if (rip_margin_form_is_impossible(state)) {
        return false;
    }
    if (state->n_open_pool == 0) {
        return true;
    }
    rip_margin_form_begin(&form[0]);
    rip_margin_form_begin(&form[1]);
    rip_margin_form_add_money(&form[0], rip_account_state_balance(state));
    rip_margin_form_add_money(&form[1], 1.0);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k)) {
            rip_margin_form_add_position(&form[0], state, k);
        }
    }
    rip_margin_form_take_maintenance(&form[0], state, 0, state->account->n_position,
                                     &form[1]);
    *n_written = form[1].n_term > 0 ? 2 : 1;
    return true;
}

const rip_margin_model rip_margin_cross = {
    .mode = RIP_MODE_CROSS,
    .doc = "one bucket for the account, which every position may use up",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = n_form,
    .bound = bound,
};
