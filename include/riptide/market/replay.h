/*
 * market/replay.h -- one history of returns, with noise if asked.             floor 4
 *
 * With the simple return r(t, a) of the table, the same on all paths,
 *
 *     S(t) = S(t-1) (1 + r(t)) exp(e(t) + stress_drift / n_step)
 *
 * where the residual e has mean -s^2 dt / 2, deviation s sqrt(dt) and one correlation
 * for all pairs (normals of RIP_PURPOSE_RESIDUAL), so that E S(t) is the replayed
 * price. Without residual and drift the price is the product as it stands: -20 % of
 * 50000 is 40000 to the last bit.
 */
#ifndef RIP_MARKET_REPLAY_H
#define RIP_MARKET_REPLAY_H

#include "riptide/market/shock.h"

extern const rip_shock_model rip_market_replay;

#endif /* RIP_MARKET_REPLAY_H */
