/*
 * margin/holding.h -- what an account holds on one underlying (MAR-6).       floor 3.1
 *
 * The unit of portfolio margin of linear accounts (scenario.h has the others):
 * positions on one underlying net fully by instrument. A scenario moves the price by x
 * = max(spot * spot_range, -0.99). With the net quantity q_i of every instrument i, the
 * loss per USD of price is
 *
 *     losses - gains                 of the profits q_i x of one instrument
 *     losses - gain_offset * gains   of several
 *
 * so that, of linear instruments, a loss is the price times a number that no price
 * changes.
 */
#ifndef RIP_MARGIN_HOLDING_H
#define RIP_MARGIN_HOLDING_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/margin/state.h"

#define RIP_MARGIN_HOLDING_KINDS       2       /* linear ones: spot and perpetuals */
#define RIP_MARGIN_HOLDING_LOWEST_MOVE (-0.99) /* of any underlying (MAR-6) */

typedef struct rip_margin_holding {
    size_t asset;
    double quantity[RIP_MARGIN_HOLDING_KINDS]; /* net, of the open positions */
    size_t n_instrument; /* that are held, if only as a hedge of themselves */
} rip_margin_holding;

/* Holding on the asset of position `first`, the first of the account that has it. */
rip_margin_holding rip_margin_holding_of(const rip_account_state *state, size_t first);

/* Holding of one position alone. */
rip_margin_holding rip_margin_holding_alone(const rip_account_state *state,
                                            size_t position);

/* Loss per USD of price at a move before spot_range. */
double rip_margin_holding_loss(const rip_margin_holding *self, const rip_venue *venue,
                               double spot);

/* The worst of the grid per USD of price, >= 0: R_u / S_u. */
double rip_margin_holding_worst(const rip_margin_holding *self, const rip_venue *venue);

/* Contingencies per USD of price. */
double rip_margin_holding_contingency(const rip_margin_holding *self,
                                      const rip_venue *venue);

/*
 * Whether a scenario belongs to the grid and is not the one before it over again:
 * linear instruments do not feel the volatility states.
 */
bool rip_margin_holding_is_grid_move(const rip_venue *venue, size_t scenario);

#endif /* RIP_MARGIN_HOLDING_H */
