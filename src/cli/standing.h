/*
 * cli/standing.h -- how an account stands in a mode before any shock.         floor 9
 *
 * Its equity and requirements, its positions with their liquidation and bankruptcy
 * prices (MAR-7, MAR-8), and in portfolio margin what the requirement is made of
 * (MAR-6).
 */
#ifndef RIP_CLI_STANDING_H
#define RIP_CLI_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"
#include "riptide/engine/run.h"
#include "riptide/engine/start.h"
#include "terminal.h"

/* Money and prices in USD, NaN where there is none. */
typedef struct standing_position {
    const rip_position *held; /* borrowed from the book */
    const char *symbol;       /* borrowed from the market */
    double price_usd;         /* of the underlying */
    double mark;              /* of the instrument; of an inverse option in coins */
    double notional_usd, result_usd;
    double initial_usd, maintenance_usd; /* of the position alone, by the mode's rule */
    bool is_isolated;
    double bucket_usd;        /* isolated: posted; else NaN */
    double bucket_equity_usd; /* of the bucket it belongs to */
    double liquidation_usd, bankruptcy_usd;
    bool is_breached; /* its bucket is */
} standing_position;

typedef struct standing {
    const rip_account *account; /* borrowed from the book */
    const rip_venue *venue;     /* of its pool, else of its buckets; borrowed */
    rip_mode mode;
    bool has_pool;
    double
        equity_usd; /* no pool: net worth (DEF-1); else that of its buckets (DEF-2) */
    double wallet_usd, initial_usd, maintenance_usd;
    double free_usd;    /* no pool: outside the buckets; else equity - initial margin */
    double common_move; /* log-return of all underlyings, NaN if there is none */
    bool is_breached;   /* any bucket is */
    standing_position *position;                  /* [account->n_position] owned */
    double pool_equity_usd, pool_maintenance_usd; /* of the pool's buckets */
    bool pool_is_breached;
    double *scenario_usd; /* [n_scenario] owned losses; NULL: not portfolio */
    double worst_usd;     /* portfolio */
    rip_contingency contingency;
} standing;

/*
 * The standing of an account in a mode; from is put to use. Errors: RIP_ERR_NO_MEMORY.
 * *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status standing_of(standing *self, rip_start *from, size_t account,
                                     rip_mode mode);
void standing_free(standing *self);

/* The contract's object. */
void standing_write_json(const standing *self, json *out);

/* For people. Errors: RIP_ERR_NO_MEMORY. */
RIP_NODISCARD rip_status standing_print(const standing *self, FILE *out, terminal look);

#endif /* RIP_CLI_STANDING_H */
