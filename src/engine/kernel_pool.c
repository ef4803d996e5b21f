/*
 * engine/pool.h. Compiled once per SIMD level (src/meson.build).
 */
#include "riptide/engine/pool.h"

#include <math.h>

#include "riptide/margin/formula.h"
#include "vector.h"

/*
 * Closes of everything, one a lane at most; entry j is that of lane[j]. The sums over
 * positions are kept for whole registers of entries.
 */
typedef struct closes {
    size_t n, n_entry; /* places; in whole registers */
    uint64_t lanes;    /* bit i: one is on lane i */
    uint32_t lane[RIP_LANES];
    uint32_t step[RIP_LANES]; /* 0-based */
    size_t cell[RIP_LANES];   /* of the block's rows by step, from an asset's first */
    double mark[RIP_LANES], due[RIP_LANES]; /* of one position */
    int64_t forced[RIP_LANES];              /* its quanta of forced volume */
    double wallet[RIP_LANES];               /* before the fee */
    double market[RIP_LANES], slippage[RIP_LANES], fee[RIP_LANES], funding[RIP_LANES];
} closes;

/* The account being run. */
typedef struct runner {
    rip_trial *trial;
    const rip_visit *visit;
    rip_outcomes *outcomes;
    rip_pool_failing *failing; /* [n_failing] */
    size_t n_failing;
    closes *closes;
} runner;

/* Net worth with everything open at a step (0-based; DEF-1). */
static double
net_worth(const runner *self, size_t lane, size_t step)
{
    const rip_visit *visit = self->visit;
    double worth = visit->account->wallet_usd;
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_position *held = &visit->position[k];
        worth += rip_formula_result(held->quantity, held->entry_usd,
                                    rip_visit_price(visit, k, step, lane),
                                    rip_visit_due(visit, k, step, lane));
    }
    return worth;
}

/* Whether the account is in breach at a step that margin forms do not clear, none of
   which is sure in single precision. */
static bool
is_breached(const runner *self, size_t lane, size_t step)
{
    const rip_visit *visit = self->visit;
    bool uncertain = false;
    for (size_t i = 0; i < self->n_failing; i++) {
        const rip_pool_failing *failing = &self->failing[i];
        const rip_screen_form *form = failing->probe.form;
        if (form->wipeout || (failing->here >> lane & 1) == 0) {
            continue;
        }
        switch (RIP_SIMD_NAME(rip_screen_judge)(visit->store, form, visit->block, lane,
                                                step)) {
        case RIP_SCREEN_BREACH:
            return true;
        case RIP_SCREEN_UNCERTAIN:
            uncertain = true;
            break;
        case RIP_SCREEN_QUIET:
            break;
        }
    }
    return uncertain && rip_pool_assess(self->trial, visit, lane, step);
}

static bool
is_wiped(const runner *self, size_t lane)
{
    return (self->outcomes->flag[RIP_SHARE_WIPED] >> lane & 1) != 0;
}

/* Clears the sums, and fills up the places to a whole register, by the first one. */
static void
begin(const runner *self, closes *c)
{
    const size_t stride = self->visit->block->n_asset * RIP_LANES;
    c->n_entry = (c->n + VECTOR_DOUBLES - 1) / VECTOR_DOUBLES * VECTOR_DOUBLES;
    for (size_t j = 0; j < c->n_entry; j++) {
        const size_t from = j < c->n ? j : 0;
        c->cell[j] = c->step[from] * stride + c->lane[from];
        c->wallet[j] = self->visit->account->wallet_usd;
        c->market[j] = 0.0;
        c->slippage[j] = 0.0;
        c->fee[j] = 0.0;
        c->funding[j] = 0.0;
    }
}

/* Fills in the marks and dues of position k at the places. */
static void
gather(const runner *self, size_t k, closes *c)
{
    const rip_block *block = self->visit->block;
    const rip_position *held = &self->visit->position[k];
    const double *price = rip_block_price(block, 0, held->asset);
    const bool pays = rip_visit_pays(self->visit, k);
    const double *index =
        pays ? block->funding + (size_t)held->asset * RIP_LANES : NULL;
    for (size_t j = 0; j < c->n_entry; j += VECTOR_DOUBLES) {
        vector_doubles due = {0};
        if (pays) {
            due = held->quantity * vector_doubles_from(index, c->cell + j);
        }
        *(vector_stored_doubles *)(c->due + j) = due;
        *(vector_stored_doubles *)(c->mark + j) =
            vector_doubles_from(price, c->cell + j);
    }
}

/* Adds position k to what the closes cost; returns whether its volume is in range. */
static bool
fill_position(const runner *self, size_t k, closes *restrict c)
{
    const rip_visit *visit = self->visit;
    const rip_venue *venue = visit->venue;
    const rip_position *held = &visit->position[k];
    const double rate = venue->fees.taker + venue->fees.liquidation;
    const double half_spread = venue->liquidation.half_spread;
    const double start = visit->run->market.asset[held->asset].price_usd;
    const double quantity = held->quantity, entry = held->entry_usd;
    const double size = fabs(quantity), weight = visit->account->weight;
    const double to_quantum = visit->forced->to_quantum;
    const size_t n = c->n_entry;
    uint64_t spoiled = 0;
    for (size_t j = 0; j < n; j++) {
        const double mark = c->mark[j], due = c->due[j];
        const double notional = size * mark;
        const double slippage = half_spread * notional; /* LIQ-3 */
        c->fee[j] += rate * notional;
        c->wallet[j] += rip_formula_result(quantity, entry, mark, due) - slippage;
        c->slippage[j] += slippage;
        c->funding[j] += due;
        c->market[j] += rip_formula_market_loss(quantity, mark, start);
        c->forced[j] =
            rip_exact_round_checked(weight * notional * to_quantum, &spoiled);
    }
    return rip_exact_is_sound(spoiled);
}

/* Enters a cost of a lane, if it is one. */
static void
enter(const runner *self, size_t lane, rip_cause cause, double usd)
{
    if (usd != 0.0) {
        rip_outcomes_row(self->outcomes, self->visit->held, cause)[lane] = usd;
    }
}

/* Enters close j, of which all fills are summed. */
static void
enter_close(const runner *self, const closes *c, size_t j)
{
    const rip_visit *visit = self->visit;
    rip_outcomes *out = self->outcomes;
    const size_t lane = c->lane[j];
    const double fee = rip_formula_fee(c->fee[j], c->wallet[j]); /* LIQ-4 */
    const double wallet = c->wallet[j] - fee;
    const double gap = wallet < 0.0 ? wallet : 0.0; /* LIQ-6 */
    if (visit->held->funded) {
        rip_outcomes_row(out, visit->held, RIP_CAUSE_FUNDING)[lane] = c->funding[j];
    }
    enter(self, lane, RIP_CAUSE_SLIPPAGE, c->slippage[j]);
    enter(self, lane, RIP_CAUSE_FEES, fee);
    enter(self, lane, RIP_CAUSE_GAP, gap);
    out->loss_usd[lane] =
        (((c->market[j] + c->slippage[j]) + fee) + c->funding[j]) + gap;
    out->liquidation_step[lane] = c->step[j] + 1;
    if (gap < 0.0) {
        rip_outcomes_flag(out, RIP_SHARE_DEFICIT, lane);
    }
    if (!((gap < 0.0 ? 0.0 : wallet) > visit->floor_usd)) {
        /* Nothing moves the wallet any more. */
        if (is_wiped(self, lane)) {
            rip_outcomes_flag(out, RIP_SHARE_TERMINAL, lane);
        } else {
            rip_outcomes_wipe(out, visit->held, lane, c->step[j], true);
        }
    }
}

/* Closes everything at all places: all fills first, then one fee for them (engine's
   copy of close_pool, margin/close.c). */
static void
close_all(const runner *self)
{
    const rip_visit *visit = self->visit;
    rip_outcomes *out = self->outcomes;
    closes *c = self->closes;
    uint64_t times = 0;
    begin(self, c);
    for (size_t j = 0; j < c->n; j++) {
        times |= rip_forced_bit(c->step[j] + 1);
    }
    for (size_t k = 0; k < visit->account->n_position; k++) {
        const rip_forced_rows rows =
            rip_forced_rows_of(visit->forced, visit->mode, visit->position[k].asset);
        gather(self, k, c);
        visit->forced->failed |= !fill_position(self, k, c);
        *rows.any |= times;
        for (size_t j = 0; j < c->n; j++) {
            rip_forced_rows_add(&rows, c->lane[j], c->step[j] + 1, c->forced[j]);
        }
    }
    rip_outcomes_mark(out, visit->held, c->lanes);
    out->flag[RIP_SHARE_LIQUIDATED] |= c->lanes;
    out->flag[RIP_SHARE_FULL] |= c->lanes;
    for (size_t j = 0; j < c->n; j++) {
        enter_close(self, c, j);
    }
}

/* Looks at some steps of a lane, the first being bit 0; returns whether the account is
   still open. */
static bool
look(const runner *self, size_t lane, size_t first, const rip_screen_suspects *at)
{
    const rip_visit *visit = self->visit;
    for (uint64_t rest = at->margin | at->wipeout; rest != 0; rest &= rest - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(rest);
        const size_t step = first + bit;
        if ((at->breach >> bit & 1) != 0 ||
            ((at->margin >> bit & 1) != 0 && is_breached(self, lane, step))) {
            closes *c = self->closes;
            c->lanes |= UINT64_C(1) << lane;
            c->lane[c->n] = (uint32_t)lane;
            c->step[c->n++] = (uint32_t)step;
            return false;
        }
        if ((at->wipeout >> bit & 1) != 0 && !is_wiped(self, lane) &&
            !(net_worth(self, lane, step) > visit->floor_usd)) {
            rip_outcomes_wipe(self->outcomes, visit->held, lane, step, false);
        }
    }
    return true;
}

/* Looks at `many` steps from first on of the open lanes that some form does not clear
   there; returns those that are still open. */
static uint64_t
run_lanes(const runner *self, uint64_t open, size_t first, size_t many)
{
    const uint64_t *wiped = &self->outcomes->flag[RIP_SHARE_WIPED];
    rip_screen_suspects found[RIP_LANES];
    uint64_t lanes = 0;
    for (size_t i = 0; i < self->n_failing; i++) {
        rip_pool_failing *failing = &self->failing[i];
        failing->here &= failing->probe.form->wipeout ? open & ~*wiped : open;
        lanes |= failing->here;
    }
    for (uint64_t rest = lanes; rest != 0; rest &= rest - 1) {
        found[__builtin_ctzll(rest)] = (rip_screen_suspects){0};
    }
    for (size_t i = 0; i < self->n_failing; i++) {
        const rip_pool_failing *failing = &self->failing[i];
        RIP_SIMD_NAME(rip_screen_search)
        (&failing->probe, self->visit->block, first, many, failing->here, found);
    }
    for (; lanes != 0; lanes &= lanes - 1) {
        const size_t lane = (size_t)__builtin_ctzll(lanes);
        open &=
            look(self, lane, first, &found[lane]) ? UINT64_MAX : ~(UINT64_C(1) << lane);
    }
    return open;
}

/* Long paths chunk by chunk; returns the lanes that are still open. */
static uint64_t
run_chunks(const runner *self, uint64_t open)
{
    const rip_visit *visit = self->visit;
    for (size_t c = 0; c < visit->block->n_chunk && open != 0; c++) {
        for (size_t i = 0; i < self->n_failing; i++) {
            rip_pool_failing *failing = &self->failing[i];
            const rip_screen_probe *probe = &failing->probe;
            failing->here = failing->ever & RIP_SIMD_NAME(rip_screen_chunk)(
                                                visit->store, probe->cap, probe->form,
                                                probe->constant, visit->block, c);
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
            self->failing[self->n_failing++] = (rip_pool_failing){
                .probe = rip_screen_probe_of(visit->store, visit->group->cap,
                                             rip_visit_form(visit, i), visit->block),
                .ever = fails,
                .here = fails};
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
    closes c;
    runner self = {.trial = trial,
                   .visit = visit,
                   .outcomes = outcomes,
                   .failing = failing,
                   .closes = &c};
    uint64_t open = list_failing(&self);
    c.n = 0;
    c.lanes = 0;
    open = rip_screen_is_long(visit->block) ? run_chunks(&self, open)
                                            : run_lanes(&self, open, 0, n_step);
    if (c.n > 0) {
        close_all(&self);
    }
    for (open &= outcomes->flag[RIP_SHARE_WIPED]; open != 0; open &= open - 1) {
        const size_t lane = (size_t)__builtin_ctzll(open);
        if (!(net_worth(&self, lane, n_step - 1) > visit->floor_usd)) {
            rip_outcomes_flag(outcomes, RIP_SHARE_TERMINAL, lane);
        }
    }
}
