#include "riptide/margin/state.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/position.h"

/* Links the positions of each asset in their order. */
static void
link_assets(rip_account_state *self)
{
    const size_t n = self->account->n_position;
    for (size_t k = 0; k < n; k++) {
        size_t before = k;
        while (before > 0 &&
               self->position[before - 1].asset != self->position[k].asset) {
            before--;
        }
        self->held[k].first_of_asset = before == 0;
        self->held[k].next_of_asset = n;
        if (before > 0) {
            self->held[before - 1].next_of_asset = k;
        }
    }
}

/* INS-1: whether the wallet falls short of the price of the coins in it. */
static bool
wallet_borrows(const rip_account_state *self)
{
    double cash_usd = self->account->wallet_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        const rip_position *held = &self->position[k];
        if (held->kind == RIP_KIND_SPOT && held->quantity > 0.0) {
            cash_usd -= held->quantity * held->entry_usd;
        }
    }
    return cash_usd < 0.0;
}

void
rip_account_state_reset(rip_account_state *self, const rip_book *book, size_t account,
                        const rip_market *market, const rip_venue *venue,
                        const struct rip_margin_model *model)
{
    rip_position_state *held = self->held;
    *self = (rip_account_state){
        .account = &book->account[account],
        .position = &book->position[book->account[account].first_position],
        .asset = market->asset,
        .market = market,
        .venue = venue,
        .model = model,
        .initial_usd = rip_book_net_worth(book, account, market->asset),
        .free_usd = book->account[account].wallet_usd,
        .n_open = book->account[account].n_position,
        .held = held};
    for (size_t k = 0; k < self->n_open; k++) {
        held[k] = (rip_position_state){.bucket_usd = self->position[k].bucket_usd};
    }
    if (model->mode == RIP_MODE_ISOLATED) {
        self->free_usd -= rip_book_buckets(book, account);
    } else {
        self->borrows = wallet_borrows(self);
        link_assets(self);
    }
}

double
rip_account_state_balance(const rip_account_state *self)
{
    double balance_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        balance_usd += self->held[k].returned_usd;
    }
    return balance_usd;
}

double
rip_account_state_net_worth(const rip_account_state *self,
                            const rip_market_point *point)
{
    const bool has_buckets = self->model->mode == RIP_MODE_ISOLATED;
    double worth_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        if (rip_margin_position_is_open(self, k)) {
            worth_usd += (has_buckets ? self->held[k].bucket_usd : 0.0) +
                         rip_margin_position_result(self, k, point);
        } else {
            worth_usd += self->held[k].returned_usd;
        }
    }
    return worth_usd; /* DEF-1 */
}

/* Adds what one position cost: live, or as it was recorded at its close. */
static void
add_position(const rip_account_state *self, size_t position,
             const rip_market_point *point, double *cause_usd)
{
    const rip_position *held = &self->position[position];
    const rip_position_state *closed = &self->held[position];
    if (rip_margin_position_is_open(self, position)) {
        cause_usd[RIP_CAUSE_MARKET] +=
            rip_formula_market_loss(held->quantity, point->price_usd[held->asset],
                                    self->asset[held->asset].price_usd);
        cause_usd[RIP_CAUSE_FUNDING] += rip_margin_position_paid(self, position, point);
        return;
    }
    cause_usd[RIP_CAUSE_MARKET] += closed->market_usd;
    cause_usd[RIP_CAUSE_FUNDING] += closed->funding_usd;
    cause_usd[RIP_CAUSE_SLIPPAGE] += closed->slippage_usd;
    cause_usd[RIP_CAUSE_FEES] += closed->fee_usd;
    cause_usd[RIP_CAUSE_CONFISCATED] += closed->confiscated_usd;
    cause_usd[RIP_CAUSE_GAP] += closed->gap_usd;
}

double
rip_account_state_loss(const rip_account_state *self, const rip_market_point *point,
                       double *cause_usd)
{
    double loss_usd;
    for (size_t i = 0; i < RIP_N_CAUSE; i++) {
        cause_usd[i] = 0.0;
    }
    cause_usd[RIP_CAUSE_FEES] = self->fee_usd;
    cause_usd[RIP_CAUSE_GAP] = self->gap_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        add_position(self, k, point, cause_usd);
    }
    cause_usd[RIP_CAUSE_FUNDING] += self->interest_usd;
    loss_usd = cause_usd[0];
    for (size_t i = 1; i < RIP_N_CAUSE; i++) {
        loss_usd += cause_usd[i];
    }
    return loss_usd;
}

void
rip_account_state_emit(const rip_account_state *self, const rip_event_sink *sink,
                       const rip_event *event)
{
    if (sink != NULL && sink->on_event != NULL) {
        sink->on_event(sink->context, self, event);
    }
}
