#include "riptide/margin/close.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

/* A place where money moves: the account, the market and who listens. */
typedef struct scene {
    rip_account_state *state;
    const rip_market_point *point;
    const rip_event_sink *sink;
} scene;

static void
tell(const scene *self, rip_event_kind kind, size_t position, double amount_usd)
{
    const rip_event event = {.kind = kind,
                             .step = self->point->step,
                             .position = position,
                             .amount_usd = amount_usd};
    rip_account_state_emit(self->state, self->sink, &event);
}

/* Closes a position at its fill; returns its result [USD] after slippage. */
static double
fill(const scene *self, size_t position, rip_position_status as)
{
    rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    rip_position_state *closed = &state->held[position];
    const double mark_usd = self->point->price_usd[held->asset];
    const double notional_usd =
        rip_margin_position_notional(state, position, self->point);
    const double half_spread =
        rip_margin_position_venue(state, position)->liquidation.half_spread;
    const double slippage_usd = half_spread * notional_usd; /* LIQ-3 */
    const double result_usd =
        rip_margin_position_result(state, position, self->point) - slippage_usd;

    closed->market_usd = rip_formula_market_loss(held->quantity, mark_usd,
                                                 state->asset[held->asset].price_usd);
    closed->funding_usd = rip_margin_position_paid(state, position, self->point);
    closed->status = as;
    closed->slippage_usd = slippage_usd;
    state->n_open--;
    state->n_open_pool -= !closed->is_isolated;
    if (as == RIP_POSITION_LIQUIDATED) {
        state->forced_notional_usd += notional_usd;
        if (state->liquidation_step == 0) {
            state->liquidation_step = self->point->step; /* DEF-3 */
        }
    }
    rip_account_state_emit(
        state, self->sink,
        &(rip_event){
            .kind = as == RIP_POSITION_STOPPED ? RIP_EVENT_STOP : RIP_EVENT_CLOSE,
            .step = self->point->step,
            .position = position,
            .quantity = held->quantity,
            .price_usd = mark_usd - copysign(half_spread * mark_usd, held->quantity),
            .amount_usd = closed->market_usd + closed->funding_usd + slippage_usd,
            .notional_usd = notional_usd});
    return result_usd;
}

/* LIQ-4; position SIZE_MAX: of the whole pool. */
static double
charge_fee(const scene *self, size_t position, double fee_usd, double equity_usd)
{
    const double charged_usd = rip_formula_fee(fee_usd, equity_usd);
    if (charged_usd > 0.0) {
        *(position == SIZE_MAX ? &self->state->fee_usd
                               : &self->state->held[position].fee_usd) += charged_usd;
        tell(self, RIP_EVENT_FEE, position, charged_usd);
    }
    return charged_usd;
}

/* LIQ-6: what is missing is others' loss. Returns what is left, >= 0. */
static double
leave_deficit(const scene *self, size_t position, double equity_usd)
{
    if (!(equity_usd < 0.0)) {
        return equity_usd;
    }
    self->state->deficit_usd -= equity_usd;
    *(position == SIZE_MAX ? &self->state->gap_usd
                           : &self->state->held[position].gap_usd) += equity_usd;
    tell(self, RIP_EVENT_DEFICIT, position, equity_usd);
    return 0.0;
}

static double
fee_rate(const rip_venue *venue, rip_position_status as)
{
    return venue->fees.taker +
           (as == RIP_POSITION_LIQUIDATED ? venue->fees.liquidation : 0.0);
}

/* Closes an isolated position; what is left of its bucket is the caller's. */
static double
empty_bucket(const scene *self, size_t position, rip_position_status as)
{
    const rip_account_state *state = self->state;
    const double fee_usd = fee_rate(rip_margin_position_venue(state, position), as) *
                           rip_margin_position_notional(state, position, self->point);
    double left_usd = state->held[position].bucket;
    left_usd += fill(self, position, as);
    left_usd -= charge_fee(self, position, fee_usd, left_usd);
    return leave_deficit(self, position, left_usd);
}

/* A pool with nothing open owes nothing beyond its wallet. */
static void
settle_wallet(const scene *self)
{
    if (self->state->n_open_pool == 0) {
        self->state->free_usd = leave_deficit(self, SIZE_MAX, self->state->free_usd);
    }
}

/* Cash is missing: coins are collateral of a loan from now on (INS-1). */
static void
note_borrowing(rip_account_state *state)
{
    state->borrows = state->borrows || rip_margin_pool_loan(state) > 0.0;
}

void
rip_margin_close_by_stop(rip_account_state *state, const rip_market_point *point,
                         const rip_event_sink *sink, size_t position)
{
    const scene here = {.state = state, .point = point, .sink = sink};
    const double fee_usd =
        fee_rate(rip_margin_position_venue(state, position), RIP_POSITION_STOPPED) *
        rip_margin_position_notional(state, position, point);
    if (state->held[position].is_isolated) {
        state->held[position].returned =
            empty_bucket(&here, position, RIP_POSITION_STOPPED);
        return; /* DEF-4 */
    }
    state->free_usd += fill(&here, position, RIP_POSITION_STOPPED);
    state->free_usd -=
        charge_fee(&here, position, fee_usd, rip_margin_pool_worth(state, point));
    settle_wallet(&here);
    note_borrowing(state);
}

static void
close_isolated(const scene *self, size_t position)
{
    rip_account_state *state = self->state;
    const double left_usd = empty_bucket(self, position, RIP_POSITION_LIQUIDATED);
    if (state->isolated_venue->isolated.leftover == RIP_LEFTOVER_RETURNED) {
        state->held[position].returned = left_usd; /* LIQ-5 */
    } else if (left_usd > 0.0) {
        state->held[position].confiscated_usd = left_usd;
        tell(self, RIP_EVENT_CONFISCATE, position, left_usd);
    }
}

/*
 * All fills first, then one fee for them, so that no fee becomes bad debt by a later
 * fill. Coins that are paid in full stay, unless cash is missing (DEF-4).
 */
static void
close_pool(const scene *self)
{
    rip_account_state *state = self->state;
    const double rate = fee_rate(state->venue, RIP_POSITION_LIQUIDATED);
    double fee_usd = 0.0;
    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < state->account->n_position; k++) {
            const bool is_due = pass == 0 ? rip_margin_position_is_margined(state, k)
                                          : rip_margin_pool_cash(state) < fee_usd;
            if (is_due && rip_margin_position_is_pooled(state, k)) {
                fee_usd += rate * rip_margin_position_notional(state, k, self->point);
                state->free_usd += fill(self, k, RIP_POSITION_LIQUIDATED);
            }
        }
    }
    state->free_usd -=
        charge_fee(self, SIZE_MAX, fee_usd, rip_margin_pool_worth(state, self->point));
    settle_wallet(self);
}

void
rip_margin_close_by_force(rip_account_state *state, const rip_market_point *point,
                          const rip_event_sink *sink, const rip_margin_bucket *bucket)
{
    const scene here = {.state = state, .point = point, .sink = sink};
    if (bucket->mode == RIP_MODE_ISOLATED) {
        close_isolated(&here, bucket->first_position);
        return;
    }
    close_pool(&here);
}
