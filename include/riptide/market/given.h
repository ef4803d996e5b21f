/*
 * market/given.h -- paths from outside.                                     floor 4
 *
 * Path p is path p of the table, its prices as they stand. Lanes past the last path of
 * the table repeat it; they are never counted.
 */
#ifndef RIP_MARKET_GIVEN_H
#define RIP_MARKET_GIVEN_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_given;

#endif /* RIP_MARKET_GIVEN_H */
