/*
 * margin/scenario.h -- losses on one underlying in scenarios (MAR-6).       floor 3.2
 *
 * A scenario moves the price S by x = max(spot * spot_range, -0.99) and the implied
 * volatility by its state. A position then loses, in USD at today's prices,
 *
 *     -q S x               spot, linear perpetual; F for S of a dated future
 *     -q x / (1 + x)       inverse perpetual of q USD contracts: its coins at today's S
 *     -q (mark' - mark)    option; of an inverse one (B(F') / F' - B(F) / F) S
 *
 * and an underlying what its instruments lose together: `losses - gain_offset * gains`
 * if there are several, positions of one instrument netted first. The volatility moves
 * to
 *
 *     up     max(iv (1 + up (30 / days)^power), floor)
 *     down   max(iv (1 - down (30 / days)^power), 0)
 *
 * with days = max(remaining, 1) and the power below the pivot, or from it on.
 *
 * Of a linear account all of this is the price times a number of margin/holding.h.
 *
 * Worked example: long 1 at 60,000 with a put of strike 50,000, 30 days, iv 0.6: at
 * -15 %, volatility down by 30 %, the perpetual loses 9,000 and the put gains 1,258.98:
 * 7,741.02 with full offset, the worst of worked example 3's grid.
 */
#ifndef RIP_MARGIN_SCENARIO_H
#define RIP_MARGIN_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/margin/holding.h"
#include "riptide/margin/state.h"

#define RIP_MARGIN_ALL SIZE_MAX

/* The positions that scenarios look at: a pool, or one position by itself. */
typedef struct rip_margin_scene {
    const rip_account_state *state;
    const rip_market_point *point;
    size_t only; /* RIP_MARGIN_ALL, or the number of a position */
} rip_margin_scene;

/* Whether a position is open and looked at; whether it is the first on its underlying.
 */
bool rip_margin_scenario_has(const rip_margin_scene *self, size_t position);
bool rip_margin_scenario_is_first(const rip_margin_scene *self, size_t position);

/* Whether two positions on one underlying are of one instrument; whether no earlier one
   than `position`, from `first` on, is of the same. */
bool rip_margin_scenario_is_same(const rip_position *a, const rip_position *b);
bool rip_margin_scenario_begins(const rip_margin_scene *self, size_t first,
                                size_t position);

/* Implied volatility in a state: -1 down, 0 same, +1 up. */
double rip_margin_scenario_volatility(const rip_venue *venue, double volatility,
                                      double days, int state);

/* Loss [USD] on the underlying of its first position, the moves before spot_range. */
double rip_margin_scenario_loss(const rip_margin_scene *self, size_t first, double spot,
                                int volatility);

/*
 * The same in n scenarios at once, at most RIP_MARGIN_SCENARIOS, into loss_usd[n], of
 * an account that is not linear: options by rows of Black-76.
 */
#define RIP_MARGIN_SCENARIOS 32
void rip_margin_scenario_losses(const rip_margin_scene *self, size_t first, size_t n,
                                const rip_scenario *scenario, double *loss_usd);

/* The worst of the grid on an underlying [USD], >= 0: R_u, of a linear account. */
double rip_margin_scenario_worst(const rip_margin_scene *self, size_t first);

/* Contingencies [USD], each by its name, and the gross notional [USD]. */
rip_contingency rip_margin_scenario_contingency(const rip_margin_scene *self);
double rip_margin_scenario_gross(const rip_margin_scene *self);

#endif /* RIP_MARGIN_SCENARIO_H */
