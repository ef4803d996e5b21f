#include "riptide/engine/ledger.h"

#include <math.h>

#include "riptide/margin/position.h"

void
rip_ledger_add(rip_ledger *self, const rip_event *event)
{
    self->amount_usd += event->amount_usd;
    if (event->kind == RIP_EVENT_CLOSE || event->kind == RIP_EVENT_STOP ||
        event->kind == RIP_EVENT_EXPIRY) {
        self->closed_usd += event->notional_usd;
    }
}

/* What the rules have cost: all causes but the market and funding, and interest. */
static double
cost_of(const rip_account_state *state, const rip_market_point *point)
{
    double cause_usd[RIP_N_CAUSE];
    double cost_usd = state->interest_usd + state->coin_interest_usd;
    (void)rip_account_state_loss(state, point, cause_usd);
    for (size_t i = 0; i < RIP_N_CAUSE; i++) {
        if (i != RIP_CAUSE_MARKET && i != RIP_CAUSE_FUNDING) {
            cost_usd += cause_usd[i];
        }
    }
    return cost_usd;
}

void
rip_ledger_open_step(rip_ledger *self, const rip_account_state *state,
                     const rip_market_point *point)
{
    self->worth_usd = rip_account_state_net_worth(state, point);
    self->cost_usd = cost_of(state, point);
}

void
rip_ledger_close_step(rip_ledger *self, const rip_account_state *state,
                      const rip_market_point *point)
{
    const double lost_usd = self->worth_usd - rip_account_state_net_worth(state, point);
    self->leak_usd += fabs(lost_usd - (cost_of(state, point) - self->cost_usd));
}

bool
rip_ledger_balances(const rip_ledger *self, const rip_account_state *state,
                    const rip_market_point *end, double loss_usd)
{
    const double worth_usd = rip_account_state_net_worth(state, end);
    double entries_usd = self->amount_usd + state->interest_usd;
    double gross_usd = self->closed_usd + state->initial_usd;
    double tolerance_usd;
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        const double start_usd = state->asset[held->asset].price_usd;
        gross_usd += fabs(held->quantity) *
                     (held->kind == RIP_KIND_INVERSE_PERP ? 1.0 : start_usd);
        if (rip_margin_position_is_open(state, k)) {
            entries_usd +=
                -state->held[k].quantity * (end->price_usd[held->asset] - start_usd) +
                rip_margin_position_paid(state, k, end);
            gross_usd += rip_margin_position_notional(state, k, end);
        }
    }
    tolerance_usd = RIP_LEDGER_TOLERANCE * gross_usd;
    if (state->is_linear && !(fabs(entries_usd - loss_usd) <= tolerance_usd)) {
        return false;
    }
    return self->leak_usd <= tolerance_usd &&
           fabs(state->initial_usd - worth_usd - loss_usd) <= tolerance_usd &&
           worth_usd >= -tolerance_usd;
}
