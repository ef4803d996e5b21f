/*
 * account/position.h -- one position as it was opened: instrument, size, terms.
 * floor 2.1
 *
 * Money of a position is in its settlement currency: USD, or the coin of its asset for
 * inverse perpetuals and inverse options (coin_settled). What an instrument is worth at
 * a price is in account/instrument.h.
 */
#ifndef RIP_ACCOUNT_POSITION_H
#define RIP_ACCOUNT_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/mode.h"
#include "riptide/market/market.h"

typedef enum rip_kind {
    RIP_KIND_SPOT = 0,
    RIP_KIND_LINEAR_PERP,
    RIP_KIND_INVERSE_PERP,
    RIP_KIND_LINEAR_FUTURE,
    RIP_KIND_OPTION,
    RIP_N_KIND
} rip_kind;

/* Isolated top-up policy (MAR-4). */
typedef enum rip_top_up_rule {
    RIP_TOP_UP_NONE = 0,
    RIP_TOP_UP_TO_MAINTENANCE,
    RIP_TOP_UP_TO_INITIAL,
    RIP_TOP_UP_FRACTION /* up to `times` per bucket, `fraction` of the initial bucket */
} rip_top_up_rule;

typedef struct rip_top_up {
    rip_top_up_rule rule;
    uint32_t times;
    double fraction;
} rip_top_up;

typedef struct rip_position {
    uint32_t asset; /* index in the market */
    rip_kind kind;
    double quantity; /* base units, of an inverse perpetual USD contracts; signed, never
                        0 */
    double entry_usd;  /* > 0; of an inverse option the premium in coins */
    double leverage;   /* > 0 */
    double bucket;     /* posted isolated margin in the settlement currency, > 0; of a
                          long option >= 0 */
    double stop_usd;   /* NaN: none; fills on the losing side */
    rip_top_up top_up; /* resolved: position, else account, else venue */
    rip_mode margin_mode; /* in `mixed`: position's, else account's, else isolated */
    bool coin_settled;    /* in the asset's coin: inverse */
    uint32_t coin;        /* coin_settled: index among the account's coins */
    /* dated ones */
    bool is_put;
    double strike_usd;
    uint64_t expiry_ms;        /* after time 0; 0: none */
    double implied_volatility; /* of an option at time 0: its own, else its asset's,
                                  stress applied */
    uint32_t volatility_row;   /* of an option: in the book's volatilities */
} rip_position;

#endif /* RIP_ACCOUNT_POSITION_H */
