#include "riptide/margin/state.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/margin.h"
#include "riptide/margin/position.h"

/* Links the pool's positions of each asset in their order. */
static void
link_assets(rip_account_state *self)
{
    const size_t n = self->account->n_position;
    for (size_t k = 0; k < n; k++) {
        size_t before = k;
        if (self->held[k].is_isolated) {
            continue;
        }
        while (before > 0 &&
               (self->held[before - 1].is_isolated ||
                self->position[before - 1].asset != self->position[k].asset)) {
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
    double cash_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        const rip_position *held = &self->position[k];
        if (held->kind == RIP_KIND_SPOT && held->quantity > 0.0 &&
            !self->held[k].is_isolated) {
            cash_usd -= held->quantity * held->entry_usd;
        }
    }
    return cash_usd < 0.0;
}

/* The mode of a position. */
static rip_mode
mode_of(const rip_position *position, rip_mode mode)
{
    return mode == RIP_MODE_MIXED ? position->margin_mode : mode;
}

/* Opens all positions; their buckets leave the wallet first. */
static void
open_positions(rip_account_state *self)
{
    double posted_usd = 0.0;
    for (size_t k = 0; k < self->n_open; k++) {
        const rip_position *position = &self->position[k];
        const rip_mode mode = mode_of(position, self->model->mode);
        const bool is_isolated = mode == RIP_MODE_ISOLATED;
        self->is_linear &= position->kind <= RIP_KIND_LINEAR_PERP;
        self->held[k] = (rip_position_state){.is_isolated = is_isolated,
                                             .quantity = position->quantity,
                                             .bucket = position->bucket};
        if (!is_isolated) {
            self->pool_mode = mode;
            self->n_open_pool++;
        } else if (position->coin_settled) {
            self->coin[position->coin].amount -= position->bucket;
        } else {
            posted_usd += position->bucket;
        }
    }
    self->free_usd -= posted_usd;
}

static void
open_coins(rip_account_state *self)
{
    for (size_t i = 0; i < self->account->n_coin; i++) {
        self->coin[i] = (rip_coin_state){.amount = self->wallet_coin[i].amount};
    }
}

void
rip_account_state_reset(rip_account_state *self, const rip_book *book, size_t account,
                        const rip_market *market, const rip_venues *venues,
                        const struct rip_margin_model *model)
{
    const rip_account *owner = &book->account[account];
    *self = (rip_account_state){
        .account = owner,
        .position = &book->position[owner->first_position],
        .asset = market->asset,
        .wallet_coin = owner->n_coin > 0 ? &book->coin[owner->first_coin] : NULL,
        .is_linear = owner->n_coin == 0,
        .market = market,
        .isolated_venue = rip_venue_of_mode(venues, RIP_MODE_ISOLATED),
        .pool_mode = RIP_N_MODE,
        .model = model,
        .initial_usd = rip_book_net_worth(book, account, market->asset),
        .free_usd = owner->wallet_usd,
        .n_open = owner->n_position,
        .held = self->held,
        .coin = self->coin};
    open_coins(self);
    open_positions(self);
    self->venue = self->pool_mode == RIP_N_MODE
                      ? self->isolated_venue
                      : rip_venue_of_mode(venues, self->pool_mode);
    self->is_plain = self->is_linear && rip_venue_is_plain(self->venue) &&
                     rip_venue_is_plain(self->isolated_venue);
    if (self->pool_mode != RIP_N_MODE) {
        self->borrows = wallet_borrows(self);
        link_assets(self);
    }
}

double
rip_account_state_balance(const rip_account_state *self)
{
    double balance_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        balance_usd += self->position[k].coin_settled ? 0.0 : self->held[k].returned;
    }
    return balance_usd;
}

double
rip_account_state_coins(const rip_account_state *self, size_t coin)
{
    double amount = self->coin[coin].amount;
    for (size_t k = 0; k < self->account->n_position; k++) {
        if (self->position[k].coin_settled && self->position[k].coin == coin) {
            amount += self->held[k].returned;
        }
    }
    return amount;
}

/* What a bucket, or what it gave back, is worth [USD]. */
static double
in_usd(const rip_account_state *self, size_t position, const rip_market_point *point,
       double amount)
{
    const rip_position *held = &self->position[position];
    return held->coin_settled ? amount * point->price_usd[held->asset] : amount;
}

double
rip_account_state_net_worth(const rip_account_state *self,
                            const rip_market_point *point)
{
    double worth_usd = self->free_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        const rip_position_state *held = &self->held[k];
        if (rip_margin_position_is_open(self, k)) {
            worth_usd +=
                (held->is_isolated ? in_usd(self, k, point, held->bucket) : 0.0) +
                rip_margin_position_result(self, k, point);
        } else {
            worth_usd += in_usd(self, k, point, held->returned);
        }
    }
    for (size_t i = 0; i < self->account->n_coin; i++) {
        worth_usd +=
            self->coin[i].amount * point->price_usd[self->wallet_coin[i].asset];
    }
    return worth_usd; /* DEF-1 */
}

/* Adds what one position cost: as it was recorded at its closes, and what is live. */
static void
add_position(const rip_account_state *self, size_t position,
             const rip_market_point *point, double *cause_usd)
{
    const rip_position *held = &self->position[position];
    const rip_position_state *now = &self->held[position];
    cause_usd[RIP_CAUSE_MARKET] += now->market_usd;
    cause_usd[RIP_CAUSE_FUNDING] += now->funding_usd;
    cause_usd[RIP_CAUSE_SLIPPAGE] += now->slippage_usd;
    cause_usd[RIP_CAUSE_FEES] += now->fee_usd;
    cause_usd[RIP_CAUSE_CONFISCATED] += now->confiscated_usd;
    cause_usd[RIP_CAUSE_GAP] += now->gap_usd;
    if (rip_margin_position_is_open(self, position)) {
        cause_usd[RIP_CAUSE_MARKET] +=
            rip_formula_market_loss(now->quantity, point->price_usd[held->asset],
                                    self->asset[held->asset].price_usd);
        cause_usd[RIP_CAUSE_FUNDING] += rip_margin_position_cost(self, position, point);
    }
}

/*
 * Money in coins floats after it was paid or lost, so only a linear account's market
 * result is the sum of its positions'; any other's is what the other causes leave of
 * the loss.
 */
static double
market_loss(const rip_account_state *self, const rip_market_point *point,
            const double *cause_usd)
{
    double market_usd = self->initial_usd - rip_account_state_net_worth(self, point);
    for (size_t i = 0; i < RIP_N_CAUSE; i++) {
        market_usd -= i != RIP_CAUSE_MARKET ? cause_usd[i] : 0.0;
    }
    return market_usd;
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
    cause_usd[RIP_CAUSE_CONFISCATED] = self->confiscated_usd;
    for (size_t k = 0; k < self->account->n_position; k++) {
        add_position(self, k, point, cause_usd);
    }
    cause_usd[RIP_CAUSE_FUNDING] += self->interest_usd + self->coin_interest_usd;
    if (!self->is_linear) {
        cause_usd[RIP_CAUSE_MARKET] = market_loss(self, point, cause_usd);
    }
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
