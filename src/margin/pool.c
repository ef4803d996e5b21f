#include "riptide/margin/pool.h"

#include "riptide/margin/position.h"

double
rip_margin_pool_equity(const rip_account_state *state, const rip_market_point *point)
{
    double equity_usd = rip_account_state_balance(state);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_pooled(state, k)) {
            equity_usd += rip_margin_position_result(state, k, point);
        }
    }
    return equity_usd;
}

double
rip_margin_pool_cash(const rip_account_state *state)
{
    double cash_usd = rip_account_state_balance(state) + state->interest_usd;
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (held->kind == RIP_KIND_SPOT && rip_margin_position_is_pooled(state, k)) {
            cash_usd -= held->quantity * held->entry_usd;
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
