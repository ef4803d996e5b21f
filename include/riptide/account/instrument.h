/*
 * account/instrument.h -- what a position is worth at a price.              floor 2.2
 *
 * domain.md section 2, of a quantity q held at the mark S, in the settlement currency:
 *
 *     spot, linear perpetual   q (S - E)
 *     inverse perpetual        q (1/E - 1/S)          in coins, q in USD contracts
 *     linear future            q (F - E),  F = S exp(basis * time to expiry)
 *     option                   q * mark: Black-76 on F in USD; the inverse one that
 *                              divided by F, in coins
 *
 * An option's value counts, its entry only shows the profit (INS-2).
 *
 * Worked example: 31,000 USD contracts long at 50,000 are worth 0.62 - 31,000/48,000 =
 * -0.0258333 coins at 48,000, so -1,240 USD: 0.62 coins times the fall of 2,000.
 */
#ifndef RIP_ACCOUNT_INSTRUMENT_H
#define RIP_ACCOUNT_INSTRUMENT_H

#include <stdint.h>

#include "riptide/account/position.h"

/* The market as one position sees it. */
typedef struct rip_instrument_view {
    double price_usd;  /* of the underlying */
    double basis;      /* per 365 d */
    double volatility; /* implied, of an option */
    uint64_t time_ms;  /* since time 0 */
} rip_instrument_view;

/* Time to expiry [years of 365 d], 0 after it. */
double rip_instrument_years_left(const rip_position *self, uint64_t time_ms);

/* Forward price F [USD] of the underlying at the position's expiry; S if it has none.
 */
double rip_instrument_forward(const rip_position *self,
                              const rip_instrument_view *view);

/* Price the position is marked at: S, F, or an option's own in its settlement
 * currency. */
double rip_instrument_mark(const rip_position *self, const rip_instrument_view *view);

/* What quantity adds to equity [settlement currency]: an option's value, else the
 * profit since entry. */
double rip_instrument_value(const rip_position *self, double quantity,
                            const rip_instrument_view *view);

/* Profit since entry [settlement currency]; of an option its value less the premium. */
double rip_instrument_profit(const rip_position *self, double quantity,
                             const rip_instrument_view *view);

/* Notional of |quantity| [USD]: |q| S, |q| F of a dated future, |q| of an inverse
 * perpetual. */
double rip_instrument_notional(const rip_position *self, double quantity,
                               const rip_instrument_view *view);

/* Price [USD] of a unit of the settlement currency. */
static inline double
rip_instrument_currency(const rip_position *self, double price_usd)
{
    return self->coin_settled ? price_usd : 1.0;
}

#endif /* RIP_ACCOUNT_INSTRUMENT_H */
