#include "riptide/margin/close.h"

#include "riptide/margin/fill.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

/* The bucket that an open position is in. */
static rip_margin_bucket
bucket_of(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    rip_margin_bucket self = {.mode = state->pool_mode,
                              .n_position = state->account->n_position,
                              .currency = RIP_MARGIN_POOLED};
    if (state->held[position].is_isolated) {
        return (rip_margin_bucket){
            .mode = RIP_MODE_ISOLATED, .first_position = position, .n_position = 1};
    }
    if (rip_margin_pool_is_split(state)) {
        self.currency = held->coin_settled ? held->coin : RIP_MARGIN_USD;
    }
    return self;
}

static void
close_alone(rip_margin_closing *self, size_t position)
{
    self->payer = position;
    rip_margin_closing_fill(self, position, 1.0);
    rip_margin_closing_pay_fee(self);
    if (self->state->held[position].is_isolated) {
        rip_margin_closing_settle_isolated(self, position); /* DEF-4 */
        return;
    }
    rip_margin_closing_settle_pool(self);
}

void
rip_margin_close_by_stop(rip_account_state *state, const rip_market_point *point,
                         const rip_event_sink *sink, size_t position)
{
    const rip_margin_bucket bucket = bucket_of(state, position);
    rip_margin_closing self =
        rip_margin_closing_begin(state, point, sink, &bucket, RIP_POSITION_STOPPED);
    close_alone(&self, position);
}

void
rip_margin_close_at_expiry(rip_account_state *state, const rip_market_point *point,
                           const rip_event_sink *sink, size_t position)
{
    const rip_margin_bucket bucket = bucket_of(state, position);
    rip_margin_closing self = {.state = state,
                               .point = point,
                               .sink = sink,
                               .bucket = &bucket,
                               .as = RIP_POSITION_EXPIRED,
                               .at_mark = true};
    rip_margin_closing_fill(&self, position, 1.0);
    self.at_mark = false; /* what is left is the trader's */
    if (state->held[position].is_isolated) {
        rip_margin_closing_settle_isolated(&self, position);
        return;
    }
    rip_margin_closing_settle_pool(&self);
}

/* Money of a pool, in all its currencies or in that of the bucket, interest left
   aside. */
static double
all_cash(const rip_margin_closing *self)
{
    const rip_account_state *state = self->state;
    const size_t only = self->bucket->currency;
    double cash_usd = only == RIP_MARGIN_POOLED || only == RIP_MARGIN_USD
                          ? rip_margin_pool_cash(state)
                          : 0.0;
    for (size_t i = 0; i < state->account->n_coin; i++) {
        if (only != RIP_MARGIN_POOLED && only != i) {
            continue;
        }
        cash_usd += (rip_account_state_coins(state, i) + state->coin[i].interest) *
                    self->point->price_usd[state->wallet_coin[i].asset];
    }
    return cash_usd;
}

/*
 * All fills first, then one fee for them, so that no fee becomes bad debt by a later
 * fill. Coins that are paid in full stay, unless cash is missing (DEF-4).
 */
static void
close_pool(rip_margin_closing *self)
{
    const rip_account_state *state = self->state;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < state->account->n_position; k++) {
            if (rip_margin_bucket_has(self->bucket, state, k) &&
                (pass == 0 ? rip_margin_position_is_margined(state, k)
                           : all_cash(self) < self->fee_usd)) {
                rip_margin_closing_fill(self, k, 1.0);
            }
        }
    }
    rip_margin_closing_pay_fee(self);
    rip_margin_closing_settle_pool(self);
}

void
rip_margin_close_by_force(rip_account_state *state, const rip_market_point *point,
                          const rip_event_sink *sink, const rip_margin_bucket *bucket)
{
    rip_margin_closing self =
        rip_margin_closing_begin(state, point, sink, bucket, RIP_POSITION_LIQUIDATED);
    if (bucket->mode == RIP_MODE_ISOLATED) {
        close_alone(&self, bucket->first_position);
        return;
    }
    close_pool(&self);
}

void
rip_margin_close_by_takeover(rip_account_state *state, const rip_market_point *point,
                             const rip_event_sink *sink,
                             const rip_margin_bucket *bucket)
{
    rip_margin_closing self = {.state = state,
                               .point = point,
                               .sink = sink,
                               .bucket = bucket,
                               .as = RIP_POSITION_LIQUIDATED,
                               .at_mark = true};
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_bucket_has(bucket, state, k)) {
            rip_margin_closing_fill(&self, k, 1.0);
        }
    }
    if (bucket->mode == RIP_MODE_ISOLATED) {
        rip_margin_closing_settle_isolated(&self, bucket->first_position);
        return;
    }
    rip_margin_closing_confiscate_pool(&self);
    rip_margin_closing_settle_pool(&self);
}
