/*
 * market/none.h -- no shocks.                                               floor 4
 *
 * Prices stay, except for a drift that the stress asks for by name
 * (market.stress.drift), spread evenly over the horizon: a scenario without noise.
 */
#ifndef RIP_MARKET_NONE_H
#define RIP_MARKET_NONE_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_none;

#endif /* RIP_MARKET_NONE_H */
