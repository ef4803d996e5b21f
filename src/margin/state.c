#include "riptide/margin/state.h"

#include <math.h>

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
rip_account_state_net_worth(const rip_account_state *self,
                            const rip_market_point *point)
{
    const bool has_buckets = self->model->mode == RIP_MODE_ISOLATED;
    double worth_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        if (rip_margin_position_is_open(self, k)) {
            worth_usd += (has_buckets ? self->held[k].bucket_usd : 0.0) +
                         rip_margin_position_result(self, k, point);
        }
    }
    return worth_usd; /* DEF-1 */
}

double
rip_account_state_loss(const rip_account_state *self, const rip_market_point *point,
                       double *cause_usd)
{
    double market_usd = 0.0, funding_usd = 0.0, loss_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        const rip_position *held = &self->position[k];
        const bool is_open = rip_margin_position_is_open(self, k);
        /* The engine's kernel does these operations in this order. */
        market_usd += is_open ? -(held->quantity * (point->price_usd[held->asset] -
                                                    self->asset[held->asset].price_usd))
                              : self->held[k].market_usd;
        funding_usd += is_open ? rip_margin_position_paid(self, k, point)
                               : self->held[k].funding_usd;
    }
    for (size_t i = 0; i < RIP_N_CAUSE; i++) {
        cause_usd[i] = self->cause_usd[i];
    }
    cause_usd[RIP_CAUSE_MARKET] = market_usd;
    cause_usd[RIP_CAUSE_FUNDING] = funding_usd + self->interest_usd;
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
