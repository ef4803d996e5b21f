/*
 * margin/liquidate.h -- how much of a bucket in breach is closed (LIQ-1, LIQ-2).
 * floor 4.5
 *
 * With N the notional at the mark, c what equity loses per unit of notional closed and
 * need = (1 + buffer) MM - EQ:
 *
 *     full        everything that needs margin
 *     pro_rata    the share need / ((1 + buffer) MM - sum c N) of every position
 *     minimal     position by position the notional need / ((1 + buffer) r - c), r the
 *                 maintenance per unit in its tier; whole if that is not positive or
 *                 more than there is; looked at again in a lower tier
 *     tier_steps  position by position to the top of the tier so many below; whole if
 *                 there is none; until the bucket is out of breach
 *     fraction    that share of positions above a notional, the others whole; a pause;
 *                 a bucket still in breach after it goes whole
 *     window      minimal, but of what each position held at the first breach at most
 *                 `share`, and `share` more for every `per` since
 *
 * A bucket below the backstop is taken over and one below zero goes whole, whatever its
 * size says. Every pass closes something or is the last; a position that takes
 * RIP_MARGIN_MOST_PASSES of them goes whole.
 *
 * Worked example: 20 BTC long at 30,000 with 30,000 posted, rates 1 % and 2 % from
 * 300,000 on (deduction 3,000), no costs. At 28,950 the equity is 9,000 and MM =
 * 0.02 * 579,000 - 3,000 = 8,580; at 28,900 they are 8,000 and 8,560, so `minimal`
 * closes 560 / 0.02 = 28,000 of notional.
 */
#ifndef RIP_MARGIN_LIQUIDATE_H
#define RIP_MARGIN_LIQUIDATE_H

#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

#define RIP_MARGIN_MOST_PASSES 100

/*
 * Liquidates bucket[index], which is in breach, of the buckets that the state's model
 * wrote at the point. They are assessed anew after every close in parts.
 */
void rip_margin_liquidate(rip_account_state *state, const rip_market_point *point,
                          const rip_event_sink *sink, rip_margin_bucket *bucket,
                          size_t index);

/* What a bucket remembers between steps. */
rip_liquidation_memory *rip_margin_liquidation_memory(rip_account_state *state,
                                                      const rip_margin_bucket *bucket);

/* Whether a bucket waits for the end of its pause. */
bool rip_margin_is_paused(rip_account_state *state, const rip_market_point *point,
                          const rip_margin_bucket *bucket);

/* Whether any bucket of the account has begun a liquidation in parts. */
bool rip_margin_remembers(const rip_account_state *state);

#endif /* RIP_MARGIN_LIQUIDATE_H */
