#include "riptide/margin/isolated.h"

#include "riptide/margin/form.h"
#include "riptide/margin/position.h"

static size_t
n_bucket(const rip_account_state *state)
{
    return state->account->n_position;
}

/* The bucket's collateral [USD]. */
static double
collateral_usd(const rip_account_state *state, size_t position,
               const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    return held->coin_settled
               ? state->held[position].bucket * point->price_usd[held->asset]
               : state->held[position].bucket;
}

static void
assess(const rip_account_state *state, const rip_market_point *point,
       rip_margin_bucket *bucket)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!rip_margin_position_is_open(state, k) || !state->held[k].is_isolated) {
            bucket[k] = (rip_margin_bucket){.first_position = k};
            continue;
        }
        const rip_margin_figures own = rip_margin_position_figures(state, k, point);
        bucket[k] = (rip_margin_bucket){
            .mode = RIP_MODE_ISOLATED,
            .first_position = k,
            .n_position = 1,
            .needs_none = !own.is_margined,
            .equity_usd = collateral_usd(state, k, point) +
                          rip_margin_position_counted(state, k, point),
            .maintenance_usd = own.maintenance_usd,
            .initial_usd = own.initial_usd};
    }
}

/* One form a position, and the guards. */
static size_t
n_form(const rip_account_state *state)
{
    return state->account->n_position + 1;
}

static bool
needs_form(const rip_account_state *state, size_t position)
{
    return rip_margin_position_is_open(state, position) &&
           state->held[position].is_isolated &&
           rip_margin_position_is_margined(state, position);
}

static bool
bound(const rip_account_state *state, rip_margin_form *form, size_t *n_written)
{
    size_t n = 0, m = 0;
    *n_written = 0;
    if (rip_margin_form_is_impossible(state)) {
        return false;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        n += needs_form(state, k);
    }
    rip_margin_form_begin(&form[n]);
    rip_margin_form_add_money(&form[n], 1.0);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!needs_form(state, k)) {
            continue;
        }
        rip_margin_form_begin(&form[m]);
        form[m].position = k;
        rip_margin_form_add_money(&form[m], state->held[k].bucket);
        rip_margin_form_add_position(&form[m], state, k);
        rip_margin_form_take_maintenance(&form[m], state, k, 1, &form[n]);
        m++;
    }
    *n_written = form[n].n_term > 0 ? n + 1 : n;
    return true;
}

const rip_margin_model rip_margin_isolated = {
    .mode = RIP_MODE_ISOLATED,
    .doc = "every position has its own bucket, and loses no more",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = n_form,
    .bound = bound,
};
