#include "riptide/margin/step.h"

#include "riptide/margin/close.h"
#include "riptide/margin/curved.h"
#include "riptide/margin/form.h"
#include "riptide/margin/liquidate.h"
#include "riptide/margin/pool.h"
#include "riptide/margin/position.h"

/* `to_maintenance` goes this share of the posted bucket beyond the trigger, which
   equity equal to maintenance would still pull (MAR-3, MAR-4). */
#define TOP_UP_BEYOND 1e-9

/* Interest on the coins a pool has borrowed during the step (INS-1). */
static void
charge_coin_interest(rip_account_state *state, const rip_market_point *point,
                     double step_years)
{
    for (size_t i = 0; i < state->account->n_coin; i++) {
        const uint32_t asset = state->wallet_coin[i].asset;
        const double rate = state->market->asset[asset].borrow_rate;
        const double owed =
            -(rip_account_state_coins(state, i) + state->coin[i].interest);
        if (rate > 0.0 && owed > 0.0) {
            const double interest = owed * rate * step_years;
            state->coin[i].amount -= interest;
            state->coin[i].interest += interest;
            state->coin_interest_usd += interest * point->price_usd[asset];
        }
    }
}

/* The same on cash. */
static void
charge_interest(rip_account_state *state, const rip_market_point *point,
                double step_years)
{
    const double rate = state->market->borrow_rate_usd;
    double interest_usd;
    if (state->n_open_pool == 0) {
        return;
    }
    charge_coin_interest(state, point, step_years);
    if (!(rate > 0.0)) {
        return;
    }
    interest_usd = rip_margin_pool_loan(state) * rate * step_years;
    state->free_usd -= interest_usd;
    state->interest_usd += interest_usd;
}

static void
settle_expired(rip_account_state *state, const rip_market_point *point,
               const rip_event_sink *sink)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        const uint64_t expiry_ms = state->position[k].expiry_ms;
        if (expiry_ms > 0 && expiry_ms <= point->time_ms &&
            rip_margin_position_is_open(state, k)) {
            rip_margin_close_at_expiry(state, point, sink, k); /* DEF-4 */
        }
    }
}

static bool
stop_is_hit(const rip_position *held, double price_usd)
{
    return held->quantity > 0.0 ? price_usd <= held->stop_usd
                                : price_usd >= held->stop_usd; /* NaN: no stop */
}

static void
fill_stops(rip_account_state *state, const rip_market_point *point,
           const rip_event_sink *sink)
{
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (rip_margin_position_is_open(state, k) &&
            stop_is_hit(held, point->price_usd[held->asset])) {
            rip_margin_close_by_stop(state, point, sink, k);
        }
    }
}

/* Money [USD] the policy of an isolated position asks for at a breach (MAR-4). */
static double
wanted_top_up(const rip_account_state *state, const rip_margin_bucket *bucket,
              double currency_usd)
{
    const size_t k = bucket->first_position;
    const rip_top_up *policy = &state->position[k].top_up;
    const double posted_usd = state->position[k].bucket * currency_usd;
    const double trigger_usd =
        state->isolated_venue->trigger.ratio * bucket->maintenance_usd;
    switch (policy->rule) {
    case RIP_TOP_UP_TO_MAINTENANCE:
        return trigger_usd - bucket->equity_usd + TOP_UP_BEYOND * posted_usd;
    case RIP_TOP_UP_TO_INITIAL:
        return bucket->initial_usd - bucket->equity_usd;
    case RIP_TOP_UP_FRACTION:
        return state->held[k].n_top_up < policy->times ? policy->fraction * posted_usd
                                                       : 0.0;
    case RIP_TOP_UP_NONE:
        break;
    }
    return 0.0;
}

/* Whether a bucket is a pool that holds the currency of a position. */
static bool
is_pool_of(const rip_margin_bucket *bucket, const rip_position *held)
{
    return bucket->mode != RIP_MODE_ISOLATED && bucket->n_position > 0 &&
           (bucket->currency == RIP_MARGIN_POOLED ||
            bucket->currency == (held->coin_settled ? held->coin : RIP_MARGIN_USD));
}

/*
 * The free balance in the currency of a position [USD]: cash, what spot in the pool
 * has cost left aside, and beside a pool no more than it has beyond its initial margin
 * (mixed): a top-up takes no margin from other positions.
 */
static double
balance_for(const rip_account_state *state, const rip_market_point *point,
            const rip_margin_bucket *bucket, const rip_position *held)
{
    const double currency_usd =
        rip_instrument_currency(held, point->price_usd[held->asset]);
    double balance_usd = held->coin_settled
                             ? rip_account_state_coins(state, held->coin) * currency_usd
                             : rip_margin_pool_cash(state) - state->interest_usd;
    for (size_t b = 0; b < state->model->n_bucket(state); b++) {
        if (is_pool_of(&bucket[b], held)) {
            const double free_usd =
                rip_margin_pool_equity(state, bucket[b].currency, point) -
                bucket[b].initial_usd;
            balance_usd = free_usd < balance_usd ? free_usd : balance_usd;
        }
    }
    return balance_usd;
}

/* Moves money into a breached bucket, if that cures it and it is there (MAR-4). */
static void
top_up(rip_account_state *state, const rip_market_point *point,
       const rip_event_sink *sink, rip_margin_bucket *buckets, size_t which)
{
    rip_margin_bucket *bucket = &buckets[which];
    const size_t k = bucket->first_position;
    const rip_position *held = &state->position[k];
    const double currency_usd =
        rip_instrument_currency(held, point->price_usd[held->asset]);
    const double wanted_usd = wanted_top_up(state, bucket, currency_usd);
    const double balance_usd = balance_for(state, point, buckets, held);
    const double moved_usd = wanted_usd < balance_usd ? wanted_usd : balance_usd;
    rip_margin_bucket cured = *bucket;
    cured.equity_usd += moved_usd;
    if (!(moved_usd > 0.0) || rip_margin_is_breached(state->isolated_venue, &cured)) {
        return;
    }
    *bucket = cured;
    *(held->coin_settled ? &state->coin[held->coin].amount : &state->free_usd) -=
        moved_usd / currency_usd;
    state->held[k].bucket += moved_usd / currency_usd;
    state->held[k].n_top_up++;
    rip_account_state_emit(state, sink,
                           &(rip_event){.kind = RIP_EVENT_TOP_UP,
                                        .step = point->step,
                                        .position = k,
                                        .notional_usd = moved_usd,
                                        .equity_usd = cured.equity_usd,
                                        .maintenance_usd = cured.maintenance_usd});
}

static void
tell_breach(const rip_account_state *state, const rip_market_point *point,
            const rip_event_sink *sink, const rip_margin_bucket *bucket)
{
    rip_account_state_emit(state, sink,
                           &(rip_event){.kind = RIP_EVENT_BREACH,
                                        .step = point->step,
                                        .position = bucket->mode == RIP_MODE_ISOLATED
                                                        ? bucket->first_position
                                                        : SIZE_MAX,
                                        .equity_usd = bucket->equity_usd,
                                        .maintenance_usd = bucket->maintenance_usd});
}

static bool
is_breached(const rip_account_state *state, const rip_margin_bucket *bucket)
{
    return rip_margin_is_breached(rip_margin_bucket_venue(bucket, state), bucket);
}

/* A bucket at the check: in breach, waiting (LIQ-1), or well, which ends what it
   remembers. */
static bool
check(rip_account_state *state, const rip_market_point *point,
      const rip_margin_bucket *bucket)
{
    rip_liquidation_memory *memory = rip_margin_liquidation_memory(state, bucket);
    const bool breached = is_breached(state, bucket);
    memory->is_due =
        breached && !(memory->is_paused && rip_margin_is_paused(state, point, bucket));
    if (!breached) {
        memory->is_paused = memory->has_window = false;
    }
    return memory->is_due;
}

/* All buckets are checked and topped up before any is liquidated. What one gives back
   may cure a pool beside it. */
static void
settle_breaches(rip_account_state *state, const rip_market_point *point,
                const rip_event_sink *sink, rip_margin_bucket *bucket)
{
    const size_t n_bucket = state->model->n_bucket(state);
    state->model->assess(state, point, bucket);
    for (size_t b = 0; b < n_bucket; b++) {
        if (check(state, point, &bucket[b])) {
            tell_breach(state, point, sink, &bucket[b]);
            if (bucket[b].mode == RIP_MODE_ISOLATED) {
                top_up(state, point, sink, bucket, b);
            }
        }
    }
    for (size_t b = 0; b < n_bucket; b++) {
        if (!rip_margin_liquidation_memory(state, &bucket[b])->is_due) {
            continue;
        }
        if (n_bucket > 1 && bucket[b].mode != RIP_MODE_ISOLATED) {
            state->model->assess(state, point, bucket);
        }
        if (is_breached(state, &bucket[b])) {
            rip_margin_liquidate(state, point, sink, bucket, b);
        }
    }
}

static void
test_wipeout(rip_account_state *state, const rip_market_point *point,
             const rip_step_rules *rules)
{
    const double floor_usd = rules->wipeout_threshold * state->initial_usd;
    if (state->wipeout_step == 0 &&
        !(rip_account_state_net_worth(state, point) > floor_usd)) {
        state->wipeout_step = point->step; /* DEF-3 */
        rip_account_state_emit(state, rules->sink,
                               &(rip_event){.kind = RIP_EVENT_WIPEOUT,
                                            .step = point->step,
                                            .position = SIZE_MAX});
    }
}

void
rip_margin_step(rip_account_state *state, const rip_market_point *point,
                const rip_step_rules *rules, rip_margin_bucket *bucket)
{
    charge_interest(state, point, rules->step_years);
    if (!state->is_linear) {
        settle_expired(state, point, rules->sink);
    }
    fill_stops(state, point, rules->sink);
    settle_breaches(state, point, rules->sink, bucket);
    test_wipeout(state, point, rules);
}

/* While positive the stop has not been reached. */
static void
write_stop_form(const rip_account_state *state, size_t position, rip_margin_form *form)
{
    const rip_position *held = &state->position[position];
    const double side = held->quantity > 0.0 ? 1.0 : -1.0;
    rip_margin_form_begin(form);
    form->position = position;
    rip_margin_form_add_money(form, -side * held->stop_usd);
    (void)rip_margin_form_add_price(form, held->asset, side);
}

/*
 * While positive, net worth is above the threshold. An isolated position that is closed
 * leaves nothing less than nothing, and before had no more than its maintenance: with
 * that taken off, the form holds whichever positions of distinct assets are closed
 * meanwhile. Returns the number of forms.
 */
static size_t
write_wipeout_forms(const rip_account_state *state, const rip_step_rules *rules,
                    rip_margin_form *form)
{
    rip_margin_form_begin(form);
    rip_margin_form_add_money(form, -rules->wipeout_threshold * state->initial_usd);
    if (!state->is_linear) {
        rip_margin_curved_add_worth(state, form);
        return 1;
    }
    rip_margin_form_add_money(form, rip_account_state_balance(state));
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k)) {
            rip_margin_form_add_money(
                form, state->held[k].is_isolated ? state->held[k].bucket : 0.0);
            rip_margin_form_add_position(form, state, k);
        }
    }
    if (state->pool_mode != RIP_N_MODE) {
        return 1;
    }
    rip_margin_form_begin(&form[1]);
    rip_margin_form_add_money(&form[1], 1.0);
    rip_margin_form_take_maintenance(form, state, 0, state->account->n_position,
                                     &form[1]);
    return form[1].n_term > 0 ? 2 : 1;
}

bool
rip_margin_step_bound(const rip_account_state *state, const rip_step_rules *rules,
                      rip_margin_form *form, size_t *n_written)
{
    *n_written = 0;
    if (rip_margin_remembers(state) ||
        (state->is_linear ? rip_margin_form_is_impossible(state)
                          : !rip_margin_curved_is_bounded(state))) {
        return false; /* what is well again must be seen to be */
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (rip_margin_position_is_open(state, k) &&
            state->position[k].stop_usd > 0.0) {
            write_stop_form(state, k, &form[(*n_written)++]);
        }
    }
    if (state->wipeout_step == 0) {
        *n_written += write_wipeout_forms(state, rules, &form[*n_written]);
    }
    return true;
}
