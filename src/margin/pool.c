#include "riptide/margin/pool.h"

#include "riptide/margin/margin.h"
#include "riptide/margin/position.h"

double
rip_margin_pool_worth(const rip_account_state *state, const rip_market_point *point)
{
    double worth_usd = rip_account_state_balance(state);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k)) {
            worth_usd += rip_margin_position_result(state, k, point);
        }
    }
    for (size_t i = 0; i < state->account->n_coin; i++) {
        worth_usd += rip_account_state_coins(state, i) *
                     point->price_usd[state->wallet_coin[i].asset];
    }
    return worth_usd;
}

/* Balance, results settled in USD, and what the spot positions cost. */
static double
usd_total(const rip_account_state *state, const rip_market_point *point)
{
    double total_usd = rip_account_state_balance(state);
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (!rip_margin_position_is_pooled(state, k) || held->coin_settled) {
            continue;
        }
        total_usd += held->kind == RIP_KIND_SPOT
                         ? -state->held[k].quantity * held->entry_usd
                         : rip_margin_position_counted(state, k, point);
    }
    return total_usd;
}

/* What a position adds to the total of its asset's coin [USD]. */
static double
coin_part(const rip_account_state *state, size_t position,
          const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    if (held->coin_settled) {
        return rip_margin_position_counted(state, position, point);
    }
    if (held->kind != RIP_KIND_SPOT) {
        return 0.0;
    }
    return state->held[position].quantity * point->price_usd[held->asset] -
           rip_margin_position_paid(state, position, point);
}

/* Balance of an asset's coin [USD]; 0 if the account has none. */
static double
coin_balance(const rip_account_state *state, uint32_t asset,
             const rip_market_point *point)
{
    for (size_t i = 0; i < state->account->n_coin; i++) {
        if (state->wallet_coin[i].asset == asset) {
            return rip_account_state_coins(state, i) * point->price_usd[asset];
        }
    }
    return 0.0;
}

static double
after_haircut(const rip_account_state *state, uint32_t asset, double total_usd)
{
    const double *haircut = state->venue->collateral.haircut;
    return haircut != NULL && total_usd > 0.0 ? (1.0 - haircut[asset]) * total_usd
                                              : total_usd;
}

/* Coins that no position of the pool is on. */
static bool
is_lone_coin(const rip_account_state *state, uint32_t asset)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (!state->held[k].is_isolated && state->position[k].asset == asset) {
            return false;
        }
    }
    return true;
}

/* Total of the coin of an asset [USD]; first: the pool's first position on it. */
static double
asset_total(const rip_account_state *state, size_t first, const rip_market_point *point)
{
    double total_usd = coin_balance(state, state->position[first].asset, point);
    for (size_t i = first; i < state->account->n_position;
         i = state->held[i].next_of_asset) {
        if (rip_margin_position_is_open(state, i)) {
            total_usd += coin_part(state, i, point);
        }
    }
    return total_usd;
}

/* All currencies: USD, the assets that have positions, then other coins. */
static double
pooled_equity(const rip_account_state *state, const rip_market_point *point)
{
    double equity_usd = usd_total(state, point);
    for (size_t k = 0; k < state->account->n_position; k++) {
        const uint32_t asset = state->position[k].asset;
        if (state->held[k].first_of_asset) {
            equity_usd += after_haircut(state, asset, asset_total(state, k, point));
        }
    }
    for (size_t i = 0; i < state->account->n_coin; i++) {
        const uint32_t asset = state->wallet_coin[i].asset;
        if (is_lone_coin(state, asset)) {
            equity_usd +=
                after_haircut(state, asset, coin_balance(state, asset, point));
        }
    }
    return equity_usd;
}

/* One coin with what settles in it, and the spot positions on it. */
static double
coin_equity(const rip_account_state *state, size_t coin, const rip_market_point *point)
{
    const uint32_t asset = state->wallet_coin[coin].asset;
    double equity_usd = coin_balance(state, asset, point);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k) &&
            state->position[k].asset == asset) {
            equity_usd += coin_part(state, k, point);
        }
    }
    return equity_usd;
}

double
rip_margin_pool_equity(const rip_account_state *state, size_t currency,
                       const rip_market_point *point)
{
    if (currency == RIP_MARGIN_USD) {
        return usd_total(state, point);
    }
    if (currency != RIP_MARGIN_POOLED) {
        return coin_equity(state, currency, point);
    }
    return state->is_linear && state->venue->collateral.haircut == NULL
               ? rip_margin_pool_worth(state, point)
               : pooled_equity(state, point);
}

bool
rip_margin_pool_is_split(const rip_account_state *state)
{
    return state->venue->collateral.per_currency &&
           state->pool_mode != RIP_MODE_PORTFOLIO;
}

double
rip_margin_pool_uncounted(const rip_account_state *state, size_t position,
                          const rip_market_point *point)
{
    const uint32_t asset = state->position[position].asset;
    size_t first = 0;
    if (rip_margin_pool_is_split(state)) {
        return 1.0; /* coins are another bucket's */
    }
    while (!state->held[first].first_of_asset ||
           state->position[first].asset != asset) {
        first++;
    }
    return asset_total(state, first, point) > 0.0
               ? 1.0 - after_haircut(state, asset, 1.0)
               : 0.0;
}

double
rip_margin_pool_cash(const rip_account_state *state)
{
    double cash_usd = rip_account_state_balance(state) + state->interest_usd;
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (held->kind == RIP_KIND_SPOT && rip_margin_position_is_pooled(state, k)) {
            cash_usd -= state->held[k].quantity * held->entry_usd;
        }
    }
    return cash_usd;
}

double
rip_margin_pool_loan(const rip_account_state *state)
{
    const double cash_usd = rip_margin_pool_cash(state);
    return cash_usd < 0.0 ? -cash_usd : 0.0;
}
