/*
 * market/models.h -- the table of shock models.                              floor 5
 */
#ifndef RIP_MARKET_MODELS_H
#define RIP_MARKET_MODELS_H

#include "riptide/market/shock.h"

/* The model of a kind and the way its numbers are drawn: the one table that knows them
   all. Never NULL. */
const rip_shock_model *rip_market_models_find(rip_shock_kind kind, rip_draws draws);

#endif /* RIP_MARKET_MODELS_H */
