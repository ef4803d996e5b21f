/*
 * account/book.h -- accounts and their positions: immutable once built.      floor 2.1
 *
 * A book is the list of all accounts of a run. What changes during a trial (quantities,
 * wallets, buckets) lives in rip_account_state (margin/state.h), never here.
 *
 * Wallet convention (DEF-1, INS-1): wallet_usd is the balance before any spot purchase,
 * so initial net worth = wallet + sum quantity * (price - entry) in every mode.
 */
#ifndef RIP_ACCOUNT_BOOK_H
#define RIP_ACCOUNT_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/mode.h"
#include "riptide/base/status.h"
#include "riptide/market/market.h"

typedef enum rip_kind { RIP_KIND_SPOT = 0, RIP_KIND_LINEAR_PERP, RIP_N_KIND } rip_kind;

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
    double quantity;   /* base units, signed, never 0 */
    double entry_usd;  /* > 0 */
    double leverage;   /* > 0 */
    double bucket_usd; /* posted isolated margin, > 0 */
    double stop_usd;   /* NaN: none; fills on the losing side */
    rip_top_up top_up; /* resolved: position, else account, else venue */
} rip_position;

typedef struct rip_account {
    char id[RIP_NAME_MAX];
    double wallet_usd;
    double weight;         /* real accounts it stands for, > 0 */
    size_t first_position; /* in the book's position array */
    size_t n_position;
    rip_mode mode; /* its own mode, for `mixed` and size_by: own */
} rip_account;

typedef struct rip_book {
    size_t n_account, n_position;
    rip_account *account;   /* [n_account] owned */
    rip_position *position; /* [n_position] owned; accounts' positions are contiguous */
} rip_book;

void rip_book_free(rip_book *self);

/* Initial net worth [USD] of an account at the market's prices (DEF-1). */
double rip_book_net_worth(const rip_book *self, size_t account, const rip_asset *asset);

/* Sum of the isolated buckets of an account [USD]. */
double rip_book_buckets(const rip_book *self, size_t account);

/* Name of a kind as in the configuration; static storage. */
const char *rip_book_kind_name(rip_kind kind);

#endif /* RIP_ACCOUNT_BOOK_H */
