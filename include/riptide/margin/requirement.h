/*
 * margin/requirement.h -- what a venue asks for one position by itself.    floor 2.5
 *
 * Tiers and size (MAR-1, MAR-2), with the notional N in the settlement currency, the
 * size x in base units (of an inverse perpetual its notional in coins) and the tier's
 * rate r, deduction d and largest leverage L:
 *
 *     MM = max(minimum, max(0, (r' + closing fee) N - d))      N at the mark or the
 * entry IM = max(N / leverage, N i) r' = max(r, 0.8 r + sqrt_factor sqrt x) + slope x,
 * i likewise of 1/L, then raised by the open-interest share of what is missing to 1
 *
 * The tier is the one of N, or of |q| where tiers count quantities; d then is per unit
 * too: d N / |q|.
 *
 * A short option outside portfolio mode, per unit, with the mark m in USD and the
 * distance out of the money O (option_margin):
 *
 *     deribit  MM = 0.075 S + m (call), max(0.075 S, 0.075 m) + m (put)
 *              IM = max(0.15 - O / F, 0.1) S + m, of a put not below MM;  O from F
 *     bybit    MM = max(0.03 S, 0.03 m) + m + 0.002 S
 *              IM = max(max(0.15 S - O, 0.1 S) + max(premium, m), MM);    O from S
 *
 * Both hold the liability m in full, so margin equity leaves the option's value out
 * (INS-2). A long option asks for nothing.
 *
 * Worked example: 25 coins at rate 1 %, largest leverage 50 and slope 0.00005 ask for
 * 25 (0.01 + 0.00125) = 0.28125 coins, and 25 (0.02 + 0.00125) = 0.53125 to open.
 */
#ifndef RIP_MARGIN_REQUIREMENT_H
#define RIP_MARGIN_REQUIREMENT_H

#include "riptide/account/instrument.h"
#include "riptide/margin/venue.h"

/* A quantity of a position at a venue in a market. */
typedef struct rip_requirement {
    const rip_venue *venue;
    const rip_position *position;
    double quantity; /* signed, not 0 */
    rip_instrument_view view;
} rip_requirement;

/* Maintenance and initial margin [USD]. */
double rip_requirement_maintenance(const rip_requirement *self);
double rip_requirement_initial(const rip_requirement *self);

/* Maintenance that one USD of notional at the mark adds inside the tier; of an option
   its share. */
double rip_requirement_marginal(const rip_requirement *self);

/* Largest leverage the tier allows. */
double rip_requirement_max_leverage(const rip_requirement *self);

/* The number the floors of the tiers count: notional [settlement currency] at the mark,
   or |quantity|. */
double rip_requirement_measure(const rip_requirement *self);

/* The same for the maintenance, which a venue may count at entry (MAR-2). */
double rip_requirement_maintenance_measure(const rip_requirement *self);

#endif /* RIP_MARGIN_REQUIREMENT_H */
