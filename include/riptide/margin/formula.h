/*
 * margin/formula.h -- arithmetic of one position, for rules and kernels.      floor 1
 *
 * The scalar rules and the engine's loops over paths compute the same numbers; these
 * are the operations, in their order, so that they are the same to the last bit. With
 * quantity q, entry E, mark S, price at time 0 S0 and dues D:
 *
 *     result       q (S - E) - D                                    (INS-3)
 *     market loss  -(q (S - S0))
 *     fee          min(fee, what equity is left)                    (LIQ-4)
 *     breach       equity <= limit, or < where the venue says so    (MAR-3)
 */
#ifndef RIP_MARGIN_FORMULA_H
#define RIP_MARGIN_FORMULA_H

#include <stdbool.h>

static inline double
rip_formula_result(double quantity, double entry_usd, double mark_usd, double due_usd)
{
    return quantity * (mark_usd - entry_usd) - due_usd;
}

static inline double
rip_formula_market_loss(double quantity, double mark_usd, double start_usd)
{
    return -(quantity * (mark_usd - start_usd));
}

/* The part of fee_usd that equity_usd can pay: a fee never makes bad debt. */
static inline double
rip_formula_fee(double fee_usd, double equity_usd)
{
    const double room_usd = equity_usd > 0.0 ? equity_usd : 0.0;
    return fee_usd < room_usd ? fee_usd : room_usd;
}

/* A NaN is a breach. */
static inline bool
rip_formula_is_breached(bool inclusive, double equity_usd, double limit_usd)
{
    return inclusive ? !(equity_usd > limit_usd) : !(equity_usd >= limit_usd);
}

#endif /* RIP_MARGIN_FORMULA_H */
