/*
 * margin/close.h -- closing whole: stops, forced closes, take-overs, expiries.
 * floor 4.3
 *
 * Fills are those of margin/fill.h. The fee of a stop is the taker fee, of a forced
 * close taker plus liquidation fee. It comes after all fills of the bucket and before
 * its leftover. What is then below zero is a deficit that others pay (LIQ-6): the
 * bucket ends at 0.
 *
 * Worked example: 0.25 long at 52,137.5 in a bucket of 1,303.4375, closed by force at
 * 50,041.5, half spread 0.001, fees 0.0005 + 0.0125: result -524, slippage 12.510375,
 * fee 162.634875, leftover 604.29225.
 */
#ifndef RIP_MARGIN_CLOSE_H
#define RIP_MARGIN_CLOSE_H

#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

/* Fills the stop order of an open position; its bucket returns to the balance. */
void rip_margin_close_by_stop(rip_account_state *state, const rip_market_point *point,
                              const rip_event_sink *sink, size_t position);

/* Settles an open position that has expired at its value: no spread, no fee (DEF-4). */
void rip_margin_close_at_expiry(rip_account_state *state, const rip_market_point *point,
                                const rip_event_sink *sink, size_t position);

/*
 * Force-closes a bucket in full. Of a pool every position that needs margin is closed,
 * and coins and options that are paid in full only while cash is missing (DEF-4).
 */
void rip_margin_close_by_force(rip_account_state *state, const rip_market_point *point,
                               const rip_event_sink *sink,
                               const rip_margin_bucket *bucket);

/* The backstop (MAR-3): all of a bucket goes at the mark, what is left is confiscated.
 */
void rip_margin_close_by_takeover(rip_account_state *state,
                                  const rip_market_point *point,
                                  const rip_event_sink *sink,
                                  const rip_margin_bucket *bucket);

#endif /* RIP_MARGIN_CLOSE_H */
