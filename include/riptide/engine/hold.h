/*
 * engine/hold.h -- accounts of other than linear positions, held to the horizon.
 *                                                                          floor 6.3
 * What rip_account_state_loss says of an account in which nothing has happened, for all
 * lanes at once and with the same bits: the positions' results in their order, options
 * by one row of Black-76 each. Where interest is paid or something expires the lane
 * ends otherwise; the scalar rules say how.
 */
#ifndef RIP_ENGINE_HOLD_H
#define RIP_ENGINE_HOLD_H

#include "riptide/base/simd.h"
#include "riptide/engine/block.h"
#include "riptide/engine/outcome.h"

/* Fills held; initial_usd is the account's net worth at time 0. */
RIP_SIMD_DECLARE(void, rip_hold_nonlinear,
                 (const rip_block *block, size_t account, double initial_usd,
                  rip_held *held));

#endif /* RIP_ENGINE_HOLD_H */
