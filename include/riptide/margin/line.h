/*
 * margin/line.h -- straight lines below what a position is worth.           floor 3.2
 *
 * The value of an option is curved in the price S and falls as time goes by, so no
 * linear form (margin/margin.h) has it exactly. But Black-76 is convex in the forward
 * and grows with the standard deviation left, s = iv sqrt(t). Over a box of prices
 * [low, high] and all times from now to the horizon, with the deviation between s0 and
 * s1,
 *
 *     V(S, s) >= V(S, s0) >= its tangent at the start      what a long option has
 *     V(S, s) <= V(S, s1) <= its chord over the box        what a short one owes
 *
 * so that a signed quantity times the value lies above a line a + b S. The same holds
 * after a scenario (MAR-6), which multiplies the forward and changes the volatility.
 * Other instruments are straight already, but for a dated future's growth factor, which
 * is taken at its worse end. Tangents hold at all prices, chords in the box only.
 *
 * Worked example: a call of strike 100 on 100 with s from 0.1 down to 0.08: long 1 is
 * worth 3.19 + 0.516 (S - 100) at least; short 1 in the box 80 to 120 owes 0.04 + 0.503
 * (S - 80) at most, 10.09 at 100, where it owes 3.99.
 */
#ifndef RIP_MARGIN_LINE_H
#define RIP_MARGIN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/margin/state.h"

/* usd + per_usd * S */
typedef struct rip_margin_line {
    double usd, per_usd;
} rip_margin_line;

/* Prices of one underlying [USD], 0 < low < start < high. */
typedef struct rip_margin_box {
    double low_usd, start_usd, high_usd;
} rip_margin_box;

/* What a scenario does: the forward times factor, the volatility to a state. */
typedef struct rip_margin_shift {
    double factor; /* 1 + move, > 0 */
    int volatility;
} rip_margin_shift;

/* Nothing moves. */
#define RIP_MARGIN_SHIFT_NONE ((rip_margin_shift){.factor = 1.0})

static inline double
rip_margin_line_at(rip_margin_line self, double price_usd)
{
    return self.usd + self.per_usd * price_usd;
}

static inline rip_margin_line
rip_margin_line_sum(rip_margin_line a, double weight, rip_margin_line b)
{
    return (rip_margin_line){a.usd + weight * b.usd, a.per_usd + weight * b.per_usd};
}

/*
 * A line below quantity times the value of a unit of a position [USD at today's price],
 * after a shift, from time 0 to the state's horizon. The value of a unit is S, F, an
 * option's mark, or S/E - 1 of an inverse perpetual, 1/(1 + move) for 1 after a shift;
 * entries are left aside. Implied volatilities stay.
 */
rip_margin_line rip_margin_line_below(const rip_account_state *state, size_t position,
                                      double quantity, const rip_margin_box *box,
                                      const rip_margin_shift *shift);

/*
 * A line that is nowhere in the box above the lowest of n lines, which is concave:
 * one of them, or the chord. *everywhere: it is so at all prices.
 */
rip_margin_line rip_margin_line_lowest(size_t n, const rip_margin_line *line,
                                       const rip_margin_box *box, bool *everywhere);

#endif /* RIP_MARGIN_LINE_H */
