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

enum { ENTRIES = 8 }; /* closes are computed in multiples of this */

/* The account being run, and where what its closes cost is added. */
typedef struct runner {
    rip_isolated *self;
    const rip_visit *visit;
    rip_outcomes *outcomes;
    bool costs, returns; /* fees or slippage; what is left of a bucket */
    double *slippage, *fees, *confiscated, *gap; /* rows; NULL: never any */
} runner;

/* Closes of one position; entry j is the one at place j. */
typedef struct closes {
    rip_screen_places at;
    double due[RIP_LANES];
    double change[RIP_LANES];
    double slippage[RIP_LANES], fee[RIP_LANES]; /* valid with costs */
    double left[RIP_LANES];                     /* of the bucket, >= 0 */
    double gap[RIP_LANES];                      /* what others pay, <= 0 */
    int64_t forced[RIP_LANES];                  /* quanta of forced volume */
} closes;

static inline double *
row(const runner *self, bool needed, rip_cause cause)
{
    return needed ? rip_outcomes_row(self->outcomes, self->visit->held, cause) : NULL;
}

static inline runner
make_runner(rip_isolated *self, const rip_visit *visit, rip_outcomes *outcomes)
{
    const rip_venue *venue = visit->venue;
    const bool costs = venue->liquidation.half_spread > 0.0 ||
                       venue->fees.taker + venue->fees.liquidation > 0.0;
    runner r = {.self = self,
                .visit = visit,
                .outcomes = outcomes,
                .costs = costs,
                .returns = venue->isolated.leftover == RIP_LEFTOVER_RETURNED};
    r.slippage = row(&r, costs, RIP_CAUSE_SLIPPAGE);
    r.fees = row(&r, costs, RIP_CAUSE_FEES);
    r.confiscated = row(&r, !r.returns, RIP_CAUSE_CONFISCATED);
    r.gap = row(&r, true, RIP_CAUSE_GAP);
    return r;
}

/* Dues of position k at the places; they and the marks are filled up to a multiple of
   ENTRIES. */
static inline void
fill_up(const runner *self, size_t k, closes *restrict c)
{
    const rip_block *block = self->visit->block;
    const rip_position *held = &self->visit->position[k];
    const size_t stride = block->n_asset * RIP_LANES;
    const bool pays = block->funding != NULL && held->kind == RIP_KIND_LINEAR_PERP;
    const double *restrict index =
        pays ? block->funding + held->asset * RIP_LANES : NULL;
    size_t n = c->at.n;
    for (; n % ENTRIES != 0; n++) {
        c->at.mark[n] = c->at.mark[0];
    }
    for (size_t i = 0; i < n; i++) {
        c->due[i] = 0.0;
    }
    for (size_t i = 0; pays && i < c->at.n; i++) {
        c->due[i] = held->quantity * index[c->at.step[i] * stride + c->at.lane[i]];
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

/* Entries of equity that are in breach at ratio times the margin (MAR-3). */
static inline uint64_t
breaches(const rip_venue *venue, size_t n, const double *equity, const double *margin)
{
    uint64_t sound = 0;
    for (size_t i = 0; i < n; i += VECTOR_DOUBLES) {
        const vector_doubles a = vector_doubles_at(equity + i);
        const vector_doubles b = venue->trigger.ratio * vector_doubles_at(margin + i);
        sound |= (venue->trigger.inclusive ? vector_doubles_above(a, b)
                                           : vector_doubles_at_least(a, b))
                 << i;
    }
    return ~sound;
}

/* Computes all closes of position k; returns the entries in breach. with_costs is a
   constant where this is expanded. */
static inline uint64_t
compute_closes(const runner *self, size_t k, closes *restrict c, bool with_costs)
{
    const rip_visit *visit = self->visit;
    const rip_venue *venue = visit->venue;
    const rip_position *held = &visit->position[k];
    const double fee_rate = venue->fees.taker + venue->fees.liquidation;
    const double half_spread = venue->liquidation.half_spread, entry = held->entry_usd;
    const double start = visit->run->market.asset[held->asset].price_usd;
    const double quantity = held->quantity, size = fabs(quantity);
    const double bucket = held->bucket;
    const double to_forced = visit->account->weight * visit->forced->to_quantum;
    /* Not a constant, or the compiler unrolls instead of using vectors. */
    const size_t n = (c->at.n + ENTRIES - 1) / ENTRIES * ENTRIES;
    double notional[RIP_LANES], equity[RIP_LANES], margin[RIP_LANES];
    uint64_t spoiled = 0;
    for (size_t i = 0; i < n; i++) {
        const double result =
            rip_formula_result(quantity, entry, c->at.mark[i], c->due[i]);
        const double worth = size * c->at.mark[i];
        double left = bucket + result;
        notional[i] = worth;
        equity[i] = left; /* MAR-4 */
        if (with_costs) {
            const double slippage = half_spread * worth; /* LIQ-3 */
            const double filled = bucket + (result - slippage);
            const double fee = rip_formula_fee(fee_rate * worth, filled); /* LIQ-4 */
            c->slippage[i] = slippage;
            c->fee[i] = fee;
            left = filled - fee;
        }
        c->change[i] = c->at.mark[i] - start;
        c->gap[i] = left < 0.0 ? left : 0.0; /* LIQ-6 */
        c->left[i] = left < 0.0 ? 0.0 : left;
        c->forced[i] = rip_exact_round_checked(worth * to_forced, &spoiled);
    }
    maintenance(&venue->tiers[held->asset], n, notional, margin);
    visit->forced->failed |= !rip_exact_is_sound(spoiled);
    return breaches(venue, n, equity, margin) & vector_first_bits(c->at.n);
}

static inline uint64_t
compute(const runner *self, size_t k, closes *restrict c)
{
    return self->costs ? compute_closes(self, k, c, true)
                       : compute_closes(self, k, c, false);
}

/* Closes position k at all places. with_costs and returns are constants where this is
   expanded. */
static inline void
settle_closes(const runner *self, size_t k, const closes *restrict c, bool with_costs,
              bool returns)
{
    const rip_visit *visit = self->visit;
    const rip_forced_rows rows =
        rip_forced_rows_of(visit->forced, visit->mode, visit->position[k].asset);
    rip_isolated_close *restrict to = &self->self->close[k];
    uint32_t *restrict first = self->outcomes->liquidation_step;
    double *restrict gap = self->gap;
    const size_t many = c->at.n; /* which nothing written below is */
    for (size_t n = 0; n < many; n++) {
        const uint32_t lane = c->at.lane[n], time = c->at.step[n] + 1;
        to->step[lane] = time;
        to->change[lane] = c->change[n];
        first[lane] = time < first[lane] ? time : first[lane];
        gap[lane] += c->gap[n];
        if (with_costs) {
            self->slippage[lane] += c->slippage[n];
            self->fees[lane] += c->fee[n];
        }
        if (returns) {
            to->returned_usd[lane] = c->left[n]; /* LIQ-5 */
        } else {
            self->confiscated[lane] += c->left[n];
        }
        rip_forced_rows_add(&rows, lane, time, c->forced[n]);
    }
}

static inline void
settle(const runner *self, size_t k, const closes *c)
{
    const rip_block *block = self->visit->block;
    const size_t asset = self->visit->position[k].asset;
    self->self->close[k].lanes |= c->at.lanes;
    switch (2 * self->costs + self->returns) {
    case 0:
        settle_closes(self, k, c, false, false);
        break;
    case 1:
        settle_closes(self, k, c, false, true);
        break;
    case 2:
        settle_closes(self, k, c, true, false);
        break;
    default:
        settle_closes(self, k, c, true, true);
        break;
    }
    for (size_t n = 0; block->funding != NULL && n < c->at.n; n++) {
        const size_t lane = c->at.lane[n];
        self->self->close[k].funding[lane] =
            rip_block_funding(block, c->at.step[n], asset, lane);
    }
}

#endif /* RIP_SRC_ENGINE_ISOLATED_CLOSES_H */
