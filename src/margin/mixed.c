#include "riptide/margin/mixed.h"

#include "riptide/margin/cross.h"
#include "riptide/margin/isolated.h"
#include "riptide/margin/portfolio.h"

static const rip_margin_model *
pool_of(const rip_account_state *state)
{
    return state->pool_mode == RIP_MODE_PORTFOLIO ? &rip_margin_portfolio
                                                  : &rip_margin_cross;
}

static size_t
n_bucket(const rip_account_state *state)
{
    return state->account->n_position +
           (state->pool_mode == RIP_N_MODE ? 0 : pool_of(state)->n_bucket(state));
}

static void
assess(const rip_account_state *state, const rip_market_point *point,
       rip_margin_bucket *bucket)
{
    rip_margin_isolated.assess(state, point, bucket);
    if (state->pool_mode != RIP_N_MODE) {
        pool_of(state)->assess(state, point, bucket + state->account->n_position);
    }
}

static size_t
n_form(const rip_account_state *state)
{
    return rip_margin_isolated.n_form(state) + pool_of(state)->n_form(state);
}

static bool
bound(const rip_account_state *state, rip_margin_form *form, size_t *n_written)
{
    size_t n_pool = 0;
    if (!rip_margin_isolated.bound(state, form, n_written)) {
        return false;
    }
    if (state->pool_mode != RIP_N_MODE &&
        !pool_of(state)->bound(state, form + *n_written, &n_pool)) {
        return false;
    }
    *n_written += n_pool;
    return true;
}

const rip_margin_model rip_margin_mixed = {
    .mode = RIP_MODE_MIXED,
    .doc = "every position in its own mode: isolated buckets beside a pool",
    .n_bucket = n_bucket,
    .assess = assess,
    .n_form = n_form,
    .bound = bound,
};
