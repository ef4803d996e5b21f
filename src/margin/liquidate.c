#include "riptide/margin/liquidate.h"

#include <math.h>

#include "riptide/margin/close.h"
#include "riptide/margin/fill.h"
#include "riptide/margin/leg.h"
#include "riptide/margin/position.h"

/* What is missing below this share of the maintenance is rounding. */
#define CURED 1e-12

/* One bucket that is being closed in parts. */
typedef struct scene {
    rip_account_state *state;
    const rip_market_point *point;
    const rip_event_sink *sink;
    const rip_liquidation_rules *rules;
    rip_margin_bucket *all; /* as the model writes them */
    size_t index;
} scene;

static rip_margin_bucket *
bucket_of(const scene *self)
{
    return &self->all[self->index];
}

static void
assess(const scene *self)
{
    self->state->model->assess(self->state, self->point, self->all);
}

rip_liquidation_memory *
rip_margin_liquidation_memory(rip_account_state *state, const rip_margin_bucket *bucket)
{
    if (bucket->mode == RIP_MODE_ISOLATED) {
        return &state->held[bucket->first_position].memory;
    }
    return bucket->currency < state->account->n_coin
               ? &state->coin[bucket->currency].memory
               : &state->memory;
}

bool
rip_margin_is_paused(rip_account_state *state, const rip_market_point *point,
                     const rip_margin_bucket *bucket)
{
    const rip_liquidation_memory *memory = rip_margin_liquidation_memory(state, bucket);
    return memory->is_paused && point->time_ms < memory->paused_until_ms &&
           rip_margin_bucket_worth(state, point, bucket) >= 0.0;
}

static bool
is_under_way(const rip_liquidation_memory *memory)
{
    return memory->is_paused || memory->has_window;
}

bool
rip_margin_remembers(const rip_account_state *state)
{
    bool remembers = is_under_way(&state->memory);
    for (size_t k = 0; k < state->account->n_position; k++) {
        remembers |= rip_margin_position_is_open(state, k) &&
                     is_under_way(&state->held[k].memory);
    }
    for (size_t i = 0; i < state->account->n_coin; i++) {
        remembers |= is_under_way(&state->coin[i].memory);
    }
    return remembers;
}

static void
close_full(const scene *self)
{
    rip_margin_close_by_force(self->state, self->point, self->sink, bucket_of(self));
}

static rip_margin_closing
begin(const scene *self)
{
    return rip_margin_closing_begin(self->state, self->point, self->sink,
                                    bucket_of(self), RIP_POSITION_LIQUIDATED);
}

/* A bucket with nothing left is settled. */
static void
finish(const scene *self, const rip_margin_closing *closing)
{
    const rip_margin_bucket *bucket = bucket_of(self);
    if (bucket->mode != RIP_MODE_ISOLATED) {
        rip_margin_closing_settle_pool(closing);
    } else if (!rip_margin_position_is_open(self->state, bucket->first_position)) {
        rip_margin_closing_settle_isolated(closing, bucket->first_position);
    }
}

static void
close_leg(const scene *self, size_t position, double share)
{
    rip_margin_closing closing = begin(self);
    closing.payer = position;
    rip_margin_closing_fill(&closing, position, share);
    rip_margin_closing_pay_fee(&closing);
    finish(self, &closing);
    assess(self);
}

/* (1 + buffer) MM - EQ */
static double
missing(const scene *self)
{
    const rip_margin_bucket *bucket = bucket_of(self);
    return (1.0 + self->rules->buffer) * bucket->maintenance_usd - bucket->equity_usd;
}

static bool
is_cured(const scene *self)
{
    const rip_margin_bucket *bucket = bucket_of(self);
    return bucket->n_position == 0 || bucket->needs_none ||
           missing(self) <= CURED * bucket->maintenance_usd;
}

static bool
is_breached(const scene *self)
{
    const rip_margin_bucket *bucket = bucket_of(self);
    return rip_margin_is_breached(rip_margin_bucket_venue(bucket, self->state), bucket);
}

/* LIQ-1: the share of one position that cures the bucket. */
static double
minimal_share(const scene *self, size_t position)
{
    const double freed = (1.0 + self->rules->buffer) *
                             rip_margin_leg_rate(self->state, position, self->point) -
                         rip_margin_leg_cost(self->state, position, self->point);
    const double share =
        missing(self) / freed /
        rip_margin_position_notional(self->state, position, self->point);
    return freed > 0.0 && share < 1.0 ? share : 1.0;
}

/* What a window lets go of a position now, as a share of what is held. */
static double
window_share(const scene *self, size_t position)
{
    rip_account_state *state = self->state;
    const rip_position_state *now = &state->held[position];
    const rip_liquidation_memory *memory =
        rip_margin_liquidation_memory(state, bucket_of(self));
    const uint64_t passed_ms = self->point->time_ms - memory->window_from_ms;
    const uint64_t passed = passed_ms / self->rules->per_ms; /* whole periods */
    const double periods = 1.0 + (double)passed;
    const double held = fabs(now->window_quantity), left = fabs(now->quantity);
    const double most = fmin(periods * self->rules->share, 1.0) * held - (held - left);
    return most / left;
}

/* Closes of one position until the bucket is cured; progress is certain since the last
   pass takes all there may be. */
static void
cure_by(const scene *self, size_t position, bool by_window)
{
    for (size_t pass = 1; pass <= RIP_MARGIN_MOST_PASSES && !is_cured(self) &&
                          rip_margin_position_is_open(self->state, position);
         pass++) {
        double share =
            pass < RIP_MARGIN_MOST_PASSES ? minimal_share(self, position) : 1.0;
        if (by_window) {
            const double most = window_share(self, position);
            if (!(most > RIP_MARGIN_DUST)) {
                return;
            }
            share = fmin(share, most);
        }
        close_leg(self, position, share);
    }
}

/* Cures position by position; a window says how much of each may go. */
static void
close_minimal(const scene *self, bool by_window)
{
    rip_margin_turn turn = rip_margin_turn_none();
    while (!is_cured(self)) {
        turn = rip_margin_turn_next(self->state, self->point, bucket_of(self), &turn);
        if (turn.position == SIZE_MAX) {
            return;
        }
        cure_by(self, turn.position, by_window);
    }
}

static void
close_by_tiers(const scene *self)
{
    rip_margin_turn turn = rip_margin_turn_none();
    while (is_breached(self)) {
        turn = rip_margin_turn_next(self->state, self->point, bucket_of(self), &turn);
        if (turn.position == SIZE_MAX) {
            return;
        }
        while (rip_margin_position_is_open(self->state, turn.position) &&
               is_breached(self)) {
            close_leg(self, turn.position,
                      rip_margin_leg_step_share(self->state, turn.position, self->point,
                                                self->rules->tier_steps));
        }
    }
}

/* Whether a position is one that a liquidation closes. */
static bool
is_leg(const scene *self, size_t position)
{
    return rip_margin_bucket_has(bucket_of(self), self->state, position) &&
           rip_margin_position_is_margined(self->state, position);
}

static void
close_pro_rata(const scene *self)
{
    const rip_account_state *state = self->state;
    const double missing_usd = missing(self);
    double freed_usd = (1.0 + self->rules->buffer) * bucket_of(self)->maintenance_usd;
    rip_margin_closing closing;
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (is_leg(self, k)) {
            freed_usd -= rip_margin_leg_cost(state, k, self->point) *
                         rip_margin_position_notional(state, k, self->point);
        }
    }
    if (!(freed_usd > 0.0) || !(missing_usd < freed_usd * (1.0 - RIP_MARGIN_DUST))) {
        close_full(self);
        return;
    }
    if (!(missing_usd > 0.0)) {
        return;
    }
    closing = begin(self);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (is_leg(self, k)) {
            rip_margin_closing_fill(&closing, k, missing_usd / freed_usd);
        }
    }
    rip_margin_closing_pay_fee(&closing);
    finish(self, &closing);
}

static bool
is_large(const scene *self, size_t position)
{
    return rip_margin_position_notional(self->state, position, self->point) >
           self->rules->above_usd;
}

static void
close_fraction(const scene *self)
{
    const rip_account_state *state = self->state;
    rip_liquidation_memory *memory =
        rip_margin_liquidation_memory(self->state, bucket_of(self));
    rip_margin_closing closing;
    size_t n_large = 0;
    for (size_t k = 0; k < state->account->n_position; k++) {
        n_large += is_leg(self, k) && is_large(self, k);
    }
    if (memory->is_paused || n_large == 0) {
        memory->is_paused = false;
        close_full(self);
        return;
    }
    closing = begin(self);
    for (size_t k = 0; k < state->account->n_position; k++) {
        if (is_leg(self, k)) {
            rip_margin_closing_fill(&closing, k,
                                    is_large(self, k) ? self->rules->fraction : 1.0);
        }
    }
    rip_margin_closing_pay_fee(&closing);
    finish(self, &closing);
    memory->is_paused = true;
    memory->paused_until_ms = self->point->time_ms + self->rules->pause_ms;
}

static void
close_window(const scene *self)
{
    rip_account_state *state = self->state;
    rip_liquidation_memory *memory =
        rip_margin_liquidation_memory(state, bucket_of(self));
    if (!memory->has_window) {
        memory->has_window = true;
        memory->window_from_ms = self->point->time_ms;
        for (size_t k = 0; k < state->account->n_position; k++) {
            if (rip_margin_bucket_has(bucket_of(self), state, k)) {
                state->held[k].window_quantity = state->held[k].quantity;
            }
        }
    }
    close_minimal(self, true);
}

static void
close_in_parts(const scene *self)
{
    switch (self->rules->size) {
    case RIP_LIQUIDATION_MINIMAL:
        close_minimal(self, false);
        break;
    case RIP_LIQUIDATION_FRACTION:
        close_fraction(self);
        break;
    case RIP_LIQUIDATION_TIER_STEPS:
        close_by_tiers(self);
        break;
    case RIP_LIQUIDATION_WINDOW:
        close_window(self);
        break;
    case RIP_LIQUIDATION_PRO_RATA:
        close_pro_rata(self);
        break;
    case RIP_LIQUIDATION_FULL:
        break;
    }
    assess(self);
    /* Nobody carries a bucket that owes (DEF-1), nor one that has nothing but a loan.
     */
    if (bucket_of(self)->n_position > 0 &&
        (rip_margin_bucket_worth(self->state, self->point, bucket_of(self)) < 0.0 ||
         (bucket_of(self)->needs_none && is_breached(self)))) {
        close_full(self);
    }
}

void
rip_margin_liquidate(rip_account_state *state, const rip_market_point *point,
                     const rip_event_sink *sink, rip_margin_bucket *bucket,
                     size_t index)
{
    const rip_venue *venue = rip_margin_bucket_venue(&bucket[index], state);
    const double floor_usd = venue->trigger.backstop * bucket[index].maintenance_usd;
    const scene self = {.state = state,
                        .point = point,
                        .sink = sink,
                        .rules = &venue->liquidation,
                        .all = bucket,
                        .index = index};
    if (venue->trigger.backstop > 0.0 && bucket[index].equity_usd < floor_usd) {
        rip_margin_close_by_takeover(state, point, sink, &bucket[index]); /* MAR-3 */
    } else if (venue->liquidation.size == RIP_LIQUIDATION_FULL) {
        close_full(&self);
    } else {
        close_in_parts(&self);
    }
}
