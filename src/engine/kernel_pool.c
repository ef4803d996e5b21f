/*
 * engine/pool.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/pool.h"

#include <math.h>

#include "riptide/margin/formula.h"

/* The account being run, on one lane at a time. */
typedef struct runner {
    rip_trial *trial;
    const rip_visit *visit;
    rip_outcomes *outcomes;
    rip_pool_failing *failing; /* [n_failing] */
    size_t n_failing;
    size_t lane;
} runner;

/* Net worth with everything open at a step (0-based; DEF-1). */
static double
net_worth(const runner *self, size_t step)
{
    const rip_visit *visit = self->visit;
    double worth = visit->account->wallet_usd;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_position *held = &visit->position[k];
        worth += rip_formula_result(held->quantity, held->entry_usd,
                                    rip_visit_price(visit, k, step, self->lane),
                                    rip_visit_due(visit, k, step, self->lane));
    }
    return worth;
}

static bool
is_breached(const runner *self, size_t step)
{
    const rip_visit *visit = self->visit;
    bool uncertain = false;
    for (size_t i = 0; i < self->n_failing; i++) {
        const rip_pool_failing *failing = &self->failing[i];
        if (failing->form->wipeout || (failing->here >> self->lane & 1) == 0) {
            continue;
        }
        switch (RIP_SIMD_NAME(rip_screen_judge)(visit->store, failing->form,
                                                visit->block, self->lane, step)) {
        case RIP_SCREEN_BREACH:
            return true;
        case RIP_SCREEN_UNCERTAIN:
            uncertain = true;
            break;
        case RIP_SCREEN_QUIET:
            break;
        }
    }
    return uncertain && rip_pool_assess(self->trial, visit, self->lane, step);
}

/* What closing everything costs. */
typedef struct settlement {
    double wallet; /* what is left */
    double market, slippage, fee, funding, gap;
} settlement;

/* All fills first, then one fee for them (engine's copy of close_pool, margin/close.c).
 */
static settlement
settle(const runner *self, size_t step)
{
    const rip_visit *visit = self->visit;
    const rip_venue *venue = visit->venue;
    const double rate = venue->fees.taker + venue->fees.liquidation;
    settlement s = {.wallet = visit->account->wallet_usd};
    double fee = 0.0;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_position *held = &visit->position[k];
        const double mark = rip_visit_price(visit, k, step, self->lane);
        const double due = rip_visit_due(visit, k, step, self->lane);
        const double start = visit->run->market.asset[held->asset].price_usd;
        const double notional = fabs(held->quantity) * mark;
        const double slippage = venue->liquidation.half_spread * notional; /* LIQ-3 */
        fee += rate * notional;
        s.wallet +=
            rip_formula_result(held->quantity, held->entry_usd, mark, due) - slippage;
        s.slippage += slippage;
        s.funding += due;
        s.market += rip_formula_market_loss(held->quantity, mark, start);
        rip_visit_force(visit, k, step, self->lane, notional);
    }
    s.fee = rip_formula_fee(fee, s.wallet); /* LIQ-4 */
    s.wallet -= s.fee;
    s.gap = s.wallet < 0.0 ? s.wallet : 0.0; /* LIQ-6 */
    s.wallet = s.wallet < 0.0 ? 0.0 : s.wallet;
    return s;
}

/* Enters a cost of the lane, if it is one. */
static void
enter(const runner *self, rip_cause cause, double usd)
{
    if (usd != 0.0) {
        rip_outcomes_row(self->outcomes, self->visit->held, cause)[self->lane] = usd;
    }
}

/* Closes everything at a step (0-based); returns what is left in the wallet. */
static double
close_all(const runner *self, size_t step)
{
    const rip_held *held = self->visit->held;
    rip_outcomes *out = self->outcomes;
    const size_t lane = self->lane;
    const settlement s = settle(self, step);
    rip_outcomes_mark(out, held, UINT64_C(1) << lane);
    if (held->funded) {
        rip_outcomes_row(out, held, RIP_CAUSE_FUNDING)[lane] = s.funding;
    }
    enter(self, RIP_CAUSE_SLIPPAGE, s.slippage);
    enter(self, RIP_CAUSE_FEES, s.fee);
    enter(self, RIP_CAUSE_GAP, s.gap);
    out->loss_usd[lane] = (((s.market + s.slippage) + s.fee) + s.funding) + s.gap;
    out->liquidation_step[lane] = (uint32_t)step + 1;
    rip_outcomes_flag(out, RIP_SHARE_LIQUIDATED, lane);
    rip_outcomes_flag(out, RIP_SHARE_FULL, lane);
    if (s.gap < 0.0) {
        rip_outcomes_flag(out, RIP_SHARE_DEFICIT, lane);
    }
    return s.wallet;
}

static bool
is_wiped(const runner *self)
{
    return (self->outcomes->flag[RIP_SHARE_WIPED] >> self->lane & 1) != 0;
}

/* Looks at one step; returns whether the account is still open. */
static bool
look(const runner *self, size_t step, bool margin, bool wipeout)
{
    const rip_visit *visit = self->visit;
    if (margin && is_breached(self, step)) {
        if (!(close_all(self, step) > visit->floor_usd)) {
            /* Nothing moves the wallet any more. */
            if (is_wiped(self)) {
                rip_outcomes_flag(self->outcomes, RIP_SHARE_TERMINAL, self->lane);
            } else {
                rip_outcomes_wipe(self->outcomes, visit->held, self->lane, step, true);
            }
        }
        return false;
    }
    if (wipeout && !is_wiped(self) && !(net_worth(self, step) > visit->floor_usd)) {
        rip_outcomes_wipe(self->outcomes, visit->held, self->lane, step, false);
    }
    return true;
}

/* Steps of a stretch (bit 0 is the first) that forms do not clear. */
typedef struct suspects {
    uint64_t margin, wipeout;
} suspects;

static suspects
find_suspects(const runner *self, rip_screen_stretch at)
{
    const rip_visit *visit = self->visit;
    suspects found = {0, 0};
    for (size_t i = 0; i < self->n_failing; i++) {
        const rip_pool_failing *failing = &self->failing[i];
        if ((failing->here >> self->lane & 1) != 0) {
            const uint64_t steps = RIP_SIMD_NAME(rip_screen_steps)(
                visit->store, visit->group->cap, failing->form, failing->constant,
                visit->block, at);
            found.margin |= failing->form->wipeout ? 0 : steps;
            found.wipeout |= failing->form->wipeout ? steps : 0;
        }
    }
    return found;
}

/* Looks at `many` steps of a lane from first on; returns whether the account is still
 * open. */
static bool
run_steps(const runner *self, size_t first, size_t many)
{
    const suspects found =
        find_suspects(self, (rip_screen_stretch){self->lane, first, many});
    for (uint64_t rest = found.margin | found.wipeout; rest != 0; rest &= rest - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(rest);
        if (!look(self, first + bit, (found.margin >> bit & 1) != 0,
                  (found.wipeout >> bit & 1) != 0)) {
            return false;
        }
    }
    return true;
}

/* Looks at `many` steps from first on of the open lanes that some form does not clear
   there; returns those that are still open. */
static uint64_t
run_lanes(runner *self, uint64_t open, size_t first, size_t many)
{
    const uint64_t *wiped = &self->outcomes->flag[RIP_SHARE_WIPED];
    uint64_t lanes = 0;
    for (size_t i = 0; i < self->n_failing; i++) {
        rip_pool_failing *failing = &self->failing[i];
        failing->here &= failing->form->wipeout ? open & ~*wiped : open;
        lanes |= failing->here;
    }
    for (; lanes != 0; lanes &= lanes - 1) {
        self->lane = (size_t)__builtin_ctzll(lanes);
        open &=
            run_steps(self, first, many) ? UINT64_MAX : ~(UINT64_C(1) << self->lane);
    }
    return open;
}

/* Long paths chunk by chunk; returns the lanes that are still open. */
static uint64_t
run_chunks(runner *self, uint64_t open)
{
    const rip_visit *visit = self->visit;
    for (size_t c = 0; c < visit->block->n_chunk && open != 0; c++) {
        for (size_t i = 0; i < self->n_failing; i++) {
            rip_pool_failing *failing = &self->failing[i];
            failing->here =
                failing->ever & RIP_SIMD_NAME(rip_screen_chunk)(
                                    visit->store, visit->group->cap, failing->form,
                                    failing->constant, visit->block, c);
        }
        open = run_lanes(self, open, c * RIP_BLOCK_CHUNK, RIP_BLOCK_CHUNK);
    }
    return open;
}

/* Forms that fail on some of the lanes to be looked at; returns these lanes. */
static uint64_t
list_failing(runner *self)
{
    const rip_visit *visit = self->visit;
    uint64_t lanes = 0;
    for (size_t i = 0; i < visit->group->n_form; i++) {
        const uint64_t fails = visit->fails[i] & visit->lanes;
        if (fails != 0) {
            const rip_screen_form *form = rip_visit_form(visit, i);
            self->failing[self->n_failing++] = (rip_pool_failing){
                .form = form,
                .ever = fails,
                .here = fails,
                .constant = rip_screen_constant(visit->store, form, visit->block)};
            lanes |= fails;
        }
    }
    return lanes;
}

void
RIP_SIMD_NAME(rip_pool_run)(rip_trial *trial, const rip_visit *visit,
                            rip_pool_failing *failing, rip_outcomes *outcomes)
{
    const size_t n_step = visit->block->n_step;
    runner self = {
        .trial = trial, .visit = visit, .outcomes = outcomes, .failing = failing};
    uint64_t open = list_failing(&self);
    open = rip_screen_is_long(visit->block) ? run_chunks(&self, open)
                                            : run_lanes(&self, open, 0, n_step);
    for (open &= outcomes->flag[RIP_SHARE_WIPED]; open != 0; open &= open - 1) {
        self.lane = (size_t)__builtin_ctzll(open);
        if (!(net_worth(&self, n_step - 1) > visit->floor_usd)) {
            rip_outcomes_flag(outcomes, RIP_SHARE_TERMINAL, self.lane);
        }
    }
}
