/*
 * Closes of one isolated position on many lanes at once, for engine/kernel_isolated.c
 * (compiled once per SIMD level, src/meson.build). Its scalar twins are margin/fill.c
 * and margin/isolated.c, whose formulas (margin/formula.h) it shares.
 */
#ifndef RIP_SRC_ENGINE_ISOLATED_CLOSES_H
#define RIP_SRC_ENGINE_ISOLATED_CLOSES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/engine/isolated.h"
#include "riptide/margin/formula.h"
#include "rows.h"

enum { ENTRIES = VECTOR_DOUBLES }; /* closes are computed in multiples of this */

/* The account being run. */
typedef struct runner {
    rip_isolated *self;
    const rip_visit *visit;
    rip_outcomes *outcomes; /* with the rows of what closes may cost */
    bool costs, returns;    /* fees or slippage; what is left of a bucket */
} runner;

/* Closes of one position; entry j is the one at place j. */
typedef struct closes {
    rip_screen_places at;
    double due[RIP_LANES + ENTRIES]; /* valid if the position pays funding */
    double notional[RIP_LANES], equity[RIP_LANES];
    double change[RIP_LANES];
    double slippage[RIP_LANES], fee[RIP_LANES]; /* valid with costs */
    double left[RIP_LANES];                     /* of the bucket, >= 0 */
    double gap[RIP_LANES];                      /* what others pay, <= 0 */
    int64_t forced[RIP_LANES];                  /* quanta of forced volume */
} closes;

static inline runner
make_runner(rip_isolated *self, const rip_visit *visit, rip_outcomes *outcomes)
{
    const rip_venue *venue = visit->venue;
    const runner r = {.self = self,
                      .visit = visit,
                      .outcomes = outcomes,
                      .costs = venue->liquidation.half_spread > 0.0 ||
                               venue->fees.taker + venue->fees.liquidation > 0.0,
                      .returns = venue->isolated.leftover == RIP_LEFTOVER_RETURNED};
    rows_clear(rip_outcomes_raw(outcomes, RIP_CAUSE_GAP));
    if (r.costs) {
        rows_clear(rip_outcomes_raw(outcomes, RIP_CAUSE_SLIPPAGE));
        rows_clear(rip_outcomes_raw(outcomes, RIP_CAUSE_FEES));
    }
    if (!r.returns) {
        rows_clear(rip_outcomes_raw(outcomes, RIP_CAUSE_CONFISCATED));
    }
    return r;
}

static inline size_t
padded(size_t n)
{
    return (n + ENTRIES - 1) / ENTRIES * ENTRIES;
}

/* What position k has paid at the places, if it pays; that and the marks go on for
   another ENTRIES. */
static inline void
fill_up(const runner *self, size_t k, bool pays, closes *restrict c)
{
    const rip_block *block = self->visit->block;
    const rip_position *held = &self->visit->position[k];
    *(vector_stored_doubles *)(c->at.mark + c->at.n) =
        (vector_doubles){0} + c->at.mark[0];
    if (pays) {
        *(vector_stored_doubles *)(c->due + c->at.n) = (vector_doubles){0};
        for (size_t i = 0; i < c->at.n; i++) {
            c->due[i] = held->quantity * rip_block_funding(block, c->at.step[i],
                                                           held->asset, c->at.lane[i]);
        }
    }
}

/* MAR-1 by tiers, as rip_margin_tiers_maintenance: the last tier that begins below. */
static inline void
maintenance(const rip_margin_tiers *tiers, size_t n, const double *restrict notional,
            double *restrict margin)
{
    const double rate = tiers->rate[0], deduction = tiers->deduction_usd[0];
    for (size_t i = 0; i < n; i++) {
        margin[i] = rate * notional[i] - deduction;
    }
    for (size_t k = 1; k < tiers->n_tier; k++) {
        const double begin = tiers->floor_usd[k];
        const double here = tiers->rate[k], less = tiers->deduction_usd[k];
        for (size_t i = 0; i < n; i++) {
            const double tier = here * notional[i] - less;
            margin[i] = begin < notional[i] ? tier : margin[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        margin[i] = margin[i] < 0.0 ? 0.0 : margin[i];
    }
}

/* Entries of computed closes of position k that are in breach (MAR-3). */
static inline uint64_t
breaches(const runner *self, size_t k, const closes *c)
{
    const rip_venue *venue = self->visit->venue;
    double margin[RIP_LANES];
    uint64_t sound = 0;
    maintenance(&venue->tiers[self->visit->position[k].asset], padded(c->at.n),
                c->notional, margin);
    for (size_t i = 0; i < c->at.n; i += VECTOR_DOUBLES) {
        const vector_doubles a = vector_doubles_at(c->equity + i);
        const vector_doubles b = venue->trigger.ratio * vector_doubles_at(margin + i);
        sound |= (venue->trigger.inclusive ? vector_doubles_above(a, b)
                                           : vector_doubles_at_least(a, b))
                 << i;
    }
    return ~sound & vector_first_bits(c->at.n);
}

/* What all closes of a position have in common. */
typedef struct terms {
    double quantity, size, entry, bucket;
    double start;                 /* price at time 0 */
    double half_spread, fee_rate; /* of notional */
    double to_forced;             /* from notional to quanta of forced volume */
} terms;

/* Computes all closes of a position; returns whether forced volumes are in range.
   with_costs and pays are constants where this is expanded. */
static inline bool
compute_closes(const terms *self, closes *restrict c, bool with_costs, bool pays)
{
    /* Not a constant, or the compiler unrolls instead of using vectors. */
    const size_t n = padded(c->at.n);
    uint64_t spoiled = 0;
    for (size_t i = 0; i < n; i++) {
        const double due = pays ? c->due[i] : 0.0;
        const double result =
            rip_formula_result(self->quantity, self->entry, c->at.mark[i], due);
        const double worth = self->size * c->at.mark[i];
        double left = self->bucket + result;
        c->notional[i] = worth;
        c->equity[i] = left; /* MAR-4 */
        if (with_costs) {
            const double slippage = self->half_spread * worth; /* LIQ-3 */
            const double filled = self->bucket + (result - slippage);
            const double fee =
                rip_formula_fee(self->fee_rate * worth, filled); /* LIQ-4 */
            c->slippage[i] = slippage;
            c->fee[i] = fee;
            left = filled - fee;
        }
        c->change[i] = c->at.mark[i] - self->start;
        c->gap[i] = left < 0.0 ? left : 0.0; /* LIQ-6 */
        c->left[i] = left < 0.0 ? 0.0 : left;
        c->forced[i] = rip_exact_round_checked(worth * self->to_forced, &spoiled);
    }
    return rip_exact_is_sound(spoiled);
}

/* By themselves, or what the loops need is kept in memory. */
__attribute__((noinline)) static bool
compute_free(const terms *self, closes *c, bool pays)
{
    return pays ? compute_closes(self, c, false, true)
                : compute_closes(self, c, false, false);
}

__attribute__((noinline)) static bool
compute_paid(const terms *self, closes *c, bool pays)
{
    return pays ? compute_closes(self, c, true, true)
                : compute_closes(self, c, true, false);
}

/* Computes all closes of position k. */
static inline void
compute(const runner *self, size_t k, closes *c)
{
    const rip_visit *visit = self->visit;
    const rip_venue *venue = visit->venue;
    const rip_position *held = &visit->position[k];
    const terms common = {.quantity = held->quantity,
                          .size = fabs(held->quantity),
                          .entry = held->entry_usd,
                          .bucket = held->bucket,
                          .start = visit->run->market.asset[held->asset].price_usd,
                          .half_spread = venue->liquidation.half_spread,
                          .fee_rate = venue->fees.taker + venue->fees.liquidation,
                          .to_forced =
                              visit->account->weight * visit->forced->to_quantum};
    const bool pays = rip_visit_pays(visit, k);
    fill_up(self, k, pays, c);
    visit->forced->failed |= !(self->costs ? compute_paid(&common, c, pays)
                                           : compute_free(&common, c, pays));
}

/* Closes a position at all places: its rows, and those of all. with_costs and returns
   are constants where this is expanded. */
static inline void
settle_closes(const closes *restrict c, rip_isolated_close *restrict to,
              rip_outcomes *restrict out, rip_forced_rows rows, bool with_costs,
              bool returns)
{
    const size_t many = c->at.n; /* which nothing written below is */
    uint64_t times = 0;
    for (size_t n = 0; n < many; n++) {
        const uint32_t lane = c->at.lane[n], time = c->at.step[n] + 1;
        const uint32_t before = out->liquidation_step[lane];
        to->step[lane] = time;
        to->change[lane] = c->change[n];
        out->liquidation_step[lane] = time < before ? time : before;
        out->cause_usd[RIP_CAUSE_GAP][lane] += c->gap[n];
        if (with_costs) {
            out->cause_usd[RIP_CAUSE_SLIPPAGE][lane] += c->slippage[n];
            out->cause_usd[RIP_CAUSE_FEES][lane] += c->fee[n];
        }
        if (returns) {
            to->returned_usd[lane] = c->left[n]; /* LIQ-5 */
        } else {
            out->cause_usd[RIP_CAUSE_CONFISCATED][lane] += c->left[n];
        }
        times |= rip_forced_bit(time);
        rip_forced_rows_add(&rows, lane, time, c->forced[n]);
    }
    to->lanes |= c->at.lanes;
    *rows.any |= times;
}

/* By themselves, or what the loops need is kept in memory. */
__attribute__((noinline)) static void
settle_free(const closes *c, rip_isolated_close *to, rip_outcomes *out,
            rip_forced_rows rows, bool returns)
{
    if (returns) {
        settle_closes(c, to, out, rows, false, true);
    } else {
        settle_closes(c, to, out, rows, false, false);
    }
}

__attribute__((noinline)) static void
settle_paid(const closes *c, rip_isolated_close *to, rip_outcomes *out,
            rip_forced_rows rows, bool returns)
{
    if (returns) {
        settle_closes(c, to, out, rows, true, true);
    } else {
        settle_closes(c, to, out, rows, true, false);
    }
}

static inline void
settle(const runner *self, size_t k, const closes *c)
{
    const rip_visit *visit = self->visit;
    const rip_block *block = visit->block;
    const size_t asset = visit->position[k].asset;
    const rip_forced_rows rows = rip_forced_rows_of(visit->forced, visit->mode, asset);
    rip_isolated_close *to = &self->self->close[k];
    if (self->costs) {
        settle_paid(c, to, self->outcomes, rows, self->returns);
    } else {
        settle_free(c, to, self->outcomes, rows, self->returns);
    }
    for (size_t n = 0; block->funding != NULL && n < c->at.n; n++) {
        const size_t lane = c->at.lane[n];
        to->funding[lane] = rip_block_funding(block, c->at.step[n], asset, lane);
    }
}

#endif /* RIP_SRC_ENGINE_ISOLATED_CLOSES_H */
