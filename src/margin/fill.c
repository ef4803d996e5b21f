#include "riptide/margin/fill.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"

static double
currency_of(const rip_account_state *state, size_t position,
            const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    return rip_instrument_currency(held, point->price_usd[held->asset]);
}

static void
tell(const rip_margin_closing *self, rip_event_kind kind, size_t position,
     double amount_usd)
{
    const rip_event event = {.kind = kind,
                             .step = self->point->step,
                             .position = position,
                             .amount_usd = amount_usd};
    rip_account_state_emit(self->state, self->sink, &event);
}

double
rip_margin_own_maintenance(const rip_account_state *state,
                           const rip_market_point *point, size_t position)
{
    return rip_margin_position_is_by_scenarios(state, position)
               ? state->venue->portfolio.mm_factor *
                     rip_margin_portfolio_alone(state, point, position)
               : rip_margin_position_maintenance(state, position, point);
}

double
rip_margin_bucket_worth(const rip_account_state *state, const rip_market_point *point,
                        const rip_margin_bucket *bucket)
{
    double worth_usd;
    if (bucket->mode == RIP_MODE_ISOLATED) {
        const size_t k = bucket->first_position;
        worth_usd = state->held[k].bucket * currency_of(state, k, point);
        return rip_margin_position_is_open(state, k)
                   ? worth_usd + rip_margin_position_result(state, k, point)
                   : worth_usd;
    }
    if (bucket->currency == RIP_MARGIN_POOLED) {
        return rip_margin_pool_worth(state, point);
    }
    worth_usd = bucket->currency == RIP_MARGIN_USD
                    ? rip_account_state_balance(state)
                    : rip_account_state_coins(state, bucket->currency) *
                          point->price_usd[state->wallet_coin[bucket->currency].asset];
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_bucket_has(bucket, state, k)) {
            worth_usd += rip_margin_position_result(state, k, point);
        }
    }
    return worth_usd;
}

double
rip_margin_fill_cost(const rip_account_state *state, size_t position,
                     const rip_market_point *point)
{
    const rip_position *held = &state->position[position];
    const double quantity = state->held[position].quantity;
    const double half =
        rip_margin_position_venue(state, position)->liquidation.half_spread;
    if (held->kind == RIP_KIND_INVERSE_PERP) {
        const double mark_usd = point->price_usd[held->asset];
        const double fill_usd = mark_usd * (1.0 - copysign(half, quantity));
        return quantity * (1.0 / fill_usd - 1.0 / mark_usd) * mark_usd;
    }
    if (held->kind == RIP_KIND_OPTION) {
        const rip_instrument_view view =
            rip_margin_position_view(state, position, point);
        return fabs(quantity) * rip_instrument_mark(held, &view) * half *
               rip_instrument_currency(held, view.price_usd);
    }
    return half * rip_margin_position_notional(state, position, point); /* LIQ-3 */
}

rip_margin_closing
rip_margin_closing_begin(rip_account_state *state, const rip_market_point *point,
                         const rip_event_sink *sink, const rip_margin_bucket *bucket,
                         rip_position_status as)
{
    const bool is_isolated = bucket->mode == RIP_MODE_ISOLATED;
    rip_margin_closing self = {
        .state = state,
        .point = point,
        .sink = sink,
        .bucket = bucket,
        .as = as,
        .payer = is_isolated ? bucket->first_position : SIZE_MAX,
    };
    if (!rip_margin_bucket_venue(bucket, state)->liquidation.limit_at_bankruptcy) {
        return self;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_bucket_has(bucket, state, k)) {
            self.n_sharing++;
            self.maintenance_usd += rip_margin_own_maintenance(state, point, k);
        }
    }
    self.left_usd = fmax(rip_margin_bucket_worth(state, point, bucket), 0.0);
    return self;
}

/* The most that a fill of all of a position may cost: its share of the equity, which is
   gone at the bankruptcy price (LIQ-3, MAR-8). */
static double
limited(const rip_margin_closing *self, size_t position, double cost_usd)
{
    double room_usd = self->left_usd;
    if (self->n_sharing == 0 ||
        (self->n_sharing > 1 && !(self->maintenance_usd > 0.0))) {
        return cost_usd;
    }
    if (self->n_sharing > 1) {
        room_usd *= rip_margin_own_maintenance(self->state, self->point, position) /
                    self->maintenance_usd;
    }
    return fmin(cost_usd, room_usd);
}

/* The price that loses slippage_usd against the mark on a quantity [its unit]. */
static double
price_of(const rip_margin_closing *self, size_t position, double quantity,
         double slippage_usd)
{
    const rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    const rip_instrument_view view =
        rip_margin_position_view(state, position, self->point);
    const double mark = rip_instrument_mark(held, &view);
    return held->kind == RIP_KIND_INVERSE_PERP
               ? mark / (1.0 + slippage_usd / quantity)
               : mark - slippage_usd / rip_instrument_currency(held, view.price_usd) /
                            quantity;
}

/* The result of a fill belongs to the bucket or the wallet. */
static void
take(const rip_margin_closing *self, size_t position, double result_usd)
{
    rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    const double result = result_usd / currency_of(state, position, self->point);
    if (state->held[position].is_isolated) {
        state->held[position].bucket += result;
    } else if (held->coin_settled) {
        state->coin[held->coin].amount += result;
    } else {
        state->free_usd += result;
    }
}

static void
count_close(const rip_margin_closing *self, size_t position, double share,
            double notional_usd)
{
    rip_account_state *state = self->state;
    rip_position_state *now = &state->held[position];
    if (share < 1.0) {
        now->quantity *= 1.0 - share;
    } else {
        now->status = self->as;
        state->n_open--;
        state->n_open_pool -= !now->is_isolated;
    }
    if (self->as == RIP_POSITION_LIQUIDATED) {
        state->forced_notional_usd += notional_usd;
        if (state->liquidation_step == 0) {
            state->liquidation_step = self->point->step; /* DEF-3 */
        }
    }
}

static rip_event_kind
kind_of(rip_position_status as)
{
    switch (as) {
    case RIP_POSITION_STOPPED:
        return RIP_EVENT_STOP;
    case RIP_POSITION_EXPIRED:
        return RIP_EVENT_EXPIRY;
    case RIP_POSITION_LIQUIDATED:
    case RIP_POSITION_OPEN:
        break;
    }
    return RIP_EVENT_CLOSE;
}

static double
fee_rate(const rip_margin_closing *self, size_t position)
{
    const rip_venue *venue = rip_margin_position_venue(self->state, position);
    return venue->fees.taker +
           (self->as == RIP_POSITION_LIQUIDATED ? venue->fees.liquidation : 0.0);
}

/* All of it if the rest would be dust. */
static double
whole_if_dust(const rip_account_state *state, size_t position, double share)
{
    const double left = fabs(state->held[position].quantity) * (1.0 - share);
    return left > RIP_MARGIN_DUST * fabs(state->position[position].quantity) ? share
                                                                             : 1.0;
}

void
rip_margin_closing_fill(rip_margin_closing *self, size_t position, double share)
{
    rip_account_state *state = self->state;
    const rip_position *held = &state->position[position];
    rip_position_state *now = &state->held[position];
    const double part = whole_if_dust(state, position, share);
    const double quantity = part * now->quantity;
    const double notional_usd =
        part * rip_margin_position_notional(state, position, self->point);
    const double slippage_usd =
        self->at_mark
            ? 0.0
            : part * limited(self, position,
                             rip_margin_fill_cost(state, position, self->point));
    const double result_usd =
        part * rip_margin_position_result(state, position, self->point) - slippage_usd;
    /* An account in coins has its market result from the other causes (state.h). */
    const double market_usd =
        state->is_linear
            ? rip_formula_market_loss(quantity, self->point->price_usd[held->asset],
                                      state->asset[held->asset].price_usd)
            : 0.0;
    const double funding_usd =
        part * rip_margin_position_cost(state, position, self->point);
    const rip_event event = {.kind = kind_of(self->as),
                             .step = self->point->step,
                             .position = position,
                             .quantity = quantity,
                             .price_usd =
                                 price_of(self, position, quantity, slippage_usd),
                             .amount_usd = market_usd + funding_usd + slippage_usd,
                             .notional_usd = notional_usd};

    self->fee_usd +=
        self->at_mark ? 0.0 : fee_rate(self, position) * notional_usd; /* LIQ-4 */
    now->market_usd += market_usd;
    now->funding_usd += funding_usd;
    now->slippage_usd += slippage_usd;
    count_close(self, position, part, notional_usd);
    take(self, position, result_usd);
    rip_account_state_emit(state, self->sink, &event);
}

/* Takes money [USD] out of the bucket, in its currency; a common pool's in USD. */
static void
pay(const rip_margin_closing *self, double usd)
{
    rip_account_state *state = self->state;
    const rip_margin_bucket *bucket = self->bucket;
    if (bucket->mode == RIP_MODE_ISOLATED) {
        const size_t k = bucket->first_position;
        state->held[k].bucket -= usd / currency_of(state, k, self->point);
    } else if (bucket->currency == RIP_MARGIN_POOLED ||
               bucket->currency == RIP_MARGIN_USD) {
        state->free_usd -= usd;
    } else {
        state->coin[bucket->currency].amount -=
            usd / self->point->price_usd[state->wallet_coin[bucket->currency].asset];
    }
}

void
rip_margin_closing_pay_fee(rip_margin_closing *self)
{
    rip_account_state *state = self->state;
    const double charged_usd = rip_formula_fee(
        self->fee_usd, rip_margin_bucket_worth(state, self->point, self->bucket));
    self->fee_usd = 0.0;
    if (charged_usd > 0.0) {
        *(self->payer == SIZE_MAX ? &state->fee_usd
                                  : &state->held[self->payer].fee_usd) += charged_usd;
        pay(self, charged_usd);
        tell(self, RIP_EVENT_FEE, self->payer, charged_usd);
    }
}

/* LIQ-6: what is missing is others' loss. */
static void
leave_deficit(const rip_margin_closing *self, size_t position, double missing_usd)
{
    self->state->deficit_usd += missing_usd;
    *(position == SIZE_MAX ? &self->state->gap_usd
                           : &self->state->held[position].gap_usd) -= missing_usd;
    tell(self, RIP_EVENT_DEFICIT, position, -missing_usd);
}

static void
confiscate(const rip_margin_closing *self, size_t position, double left_usd)
{
    *(position == SIZE_MAX ? &self->state->confiscated_usd
                           : &self->state->held[position].confiscated_usd) += left_usd;
    tell(self, RIP_EVENT_CONFISCATE, position, left_usd);
}

void
rip_margin_closing_settle_isolated(const rip_margin_closing *self, size_t position)
{
    rip_account_state *state = self->state;
    const double left = state->held[position].bucket;
    const double left_usd = left * currency_of(state, position, self->point);
    const bool is_lost = self->at_mark || (self->as == RIP_POSITION_LIQUIDATED &&
                                           state->isolated_venue->isolated.leftover ==
                                               RIP_LEFTOVER_CONFISCATED);
    state->held[position].bucket = 0.0;
    if (left < 0.0) {
        leave_deficit(self, position, -left_usd);
    } else if (!is_lost) {
        state->held[position].returned = left; /* LIQ-5 */
    } else if (left > 0.0) {
        confiscate(self, position, left_usd);
    }
}

/* Balances of a pool by number: USD, then its coins [USD]. */
static double
balance_of(const rip_margin_closing *self, size_t currency)
{
    const rip_account_state *state = self->state;
    return currency == 0
               ? rip_account_state_balance(state)
               : rip_account_state_coins(state, currency - 1) *
                     self->point->price_usd[state->wallet_coin[currency - 1].asset];
}

static void
add_to_balance(const rip_margin_closing *self, size_t currency, double usd)
{
    rip_account_state *state = self->state;
    if (currency == 0) {
        state->free_usd += usd;
    } else {
        state->coin[currency - 1].amount +=
            usd / self->point->price_usd[state->wallet_coin[currency - 1].asset];
    }
}

static void
empty_balance(const rip_margin_closing *self, size_t currency)
{
    rip_account_state *state = self->state;
    if (currency == 0) {
        state->free_usd -= rip_account_state_balance(state);
    } else {
        state->coin[currency - 1].amount -=
            rip_account_state_coins(state, currency - 1);
    }
}

static void
pay_debts(const rip_margin_closing *self, size_t n_currency)
{
    for (size_t debtor = 0; debtor < n_currency; debtor++) {
        for (size_t payer = 0; payer < n_currency; payer++) {
            const double owed_usd = -balance_of(self, debtor);
            const double there_usd = balance_of(self, payer);
            if (!(owed_usd > 0.0) || !(there_usd > 0.0)) {
                continue;
            }
            if (owed_usd <= there_usd) {
                empty_balance(self, debtor);
                add_to_balance(self, payer, -owed_usd);
            } else {
                empty_balance(self, payer);
                add_to_balance(self, debtor, there_usd);
            }
        }
    }
}

/* Whether an open position of the pool settles in a currency, or is coins of it. */
static bool
is_in_use(const rip_account_state *state, size_t currency)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        const bool is_usd = !held->coin_settled;
        if (rip_margin_position_is_pooled(state, k) &&
            (currency == 0 ? is_usd
             : is_usd      ? held->kind == RIP_KIND_SPOT &&
                            state->wallet_coin[currency - 1].asset == held->asset
                      : held->coin == currency - 1)) {
            return true;
        }
    }
    return false;
}

/* Every currency answers for itself, as soon as its own bucket is closed. */
static void
settle_currencies(const rip_margin_closing *self, size_t n_currency)
{
    const rip_account_state *state = self->state;
    for (size_t c = 0; c < n_currency; c++) {
        const double balance_usd = balance_of(self, c);
        const bool is_closed =
            state->n_open_pool == 0 || c == (self->bucket->currency == RIP_MARGIN_USD
                                                 ? 0
                                                 : self->bucket->currency + 1);
        if (balance_usd < 0.0 && is_closed && !is_in_use(state, c)) {
            leave_deficit(self, SIZE_MAX, -balance_usd);
            empty_balance(self, c);
        }
    }
}

void
rip_margin_closing_settle_pool(const rip_margin_closing *self)
{
    rip_account_state *state = self->state;
    const size_t n_currency = 1 + state->account->n_coin;
    double total_usd = 0.0;
    if (state->pool_mode == RIP_N_MODE) {
        return;
    }
    /* Cash is missing: coins are collateral of a loan from now on (INS-1). */
    state->borrows = state->borrows || rip_margin_pool_loan(state) > 0.0;
    if (rip_margin_pool_is_split(state)) {
        settle_currencies(self, n_currency);
        return;
    }
    if (state->n_open_pool > 0) {
        return;
    }
    for (size_t c = 0; c < n_currency; c++) {
        total_usd += balance_of(self, c);
    }
    if (!(total_usd < 0.0)) {
        pay_debts(self, n_currency);
        return;
    }
    leave_deficit(self, SIZE_MAX, -total_usd);
    for (size_t c = 0; c < n_currency; c++) {
        empty_balance(self, c);
    }
}

void
rip_margin_closing_confiscate_pool(const rip_margin_closing *self)
{
    const rip_account_state *state = self->state;
    const size_t currency = self->bucket->currency;
    const double left_usd = rip_margin_bucket_worth(state, self->point, self->bucket);
    for (size_t c = 0; c < 1 + state->account->n_coin; c++) {
        if (currency == RIP_MARGIN_POOLED ||
            c == (currency == RIP_MARGIN_USD ? 0 : currency + 1)) {
            empty_balance(self, c);
        }
    }
    if (left_usd < 0.0) {
        leave_deficit(self, SIZE_MAX, -left_usd);
    } else if (left_usd > 0.0) {
        confiscate(self, SIZE_MAX, left_usd);
    }
}
