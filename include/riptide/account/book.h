/*
 * account/book.h -- accounts and their positions: immutable once built.      floor 2.3
 *
 * A book is the list of all accounts of a run. What changes during a trial (quantities,
 * wallets, buckets) lives in rip_account_state (margin/state.h), never here.
 *
 * Wallet convention (DEF-1, INS-1): wallet_usd is the balance before any spot purchase,
 * so initial net worth = wallet + coins + sum of the positions' values in every mode;
 * an option's premium is already in or out of the wallet (INS-2).
 *
 * The coins of an account are its balances other than USD and, with balance 0, whatever
 * else its positions settle in; each asset at most once.
 */
#ifndef RIP_ACCOUNT_BOOK_H
#define RIP_ACCOUNT_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/account/position.h"
#include "riptide/base/mode.h"
#include "riptide/base/status.h"
#include "riptide/market/market.h"

typedef struct rip_coin {
    uint32_t asset;
    double amount; /* coins in the wallet at time 0 */
} rip_coin;

/* One implied volatility that moves by itself: of an underlying, an expiry, a start. */
typedef struct rip_volatility_row {
    uint32_t asset;
    uint64_t expiry_ms;
    double volatility; /* at time 0 */
} rip_volatility_row;

typedef struct rip_account {
    char id[RIP_NAME_MAX];
    double wallet_usd;
    double weight;         /* real accounts it stands for, > 0 */
    size_t first_position; /* in the book's position array */
    size_t n_position;
    size_t first_coin; /* in the book's coin array */
    size_t n_coin;
    rip_mode mode; /* its own mode, for `mixed` and size_by: own */
} rip_account;

typedef struct rip_book {
    size_t n_account, n_position, n_coin, n_volatility;
    rip_account *account;           /* [n_account] owned */
    rip_position *position;         /* [n_position] owned; accounts' are contiguous */
    rip_coin *coin;                 /* [n_coin] owned; accounts' are contiguous */
    rip_volatility_row *volatility; /* [n_volatility] owned; distinct ones */
} rip_book;

void rip_book_free(rip_book *self);

/*
 * Makes the list of distinct volatilities from the options' and points every option to
 * its own. Errors: RIP_ERR_NO_MEMORY.
 */
RIP_NODISCARD rip_status rip_book_list_volatilities(rip_book *self);

/* Initial net worth [USD] of an account at the market's prices (DEF-1). */
double rip_book_net_worth(const rip_book *self, size_t account, const rip_asset *asset);

/* Sum of the isolated buckets of an account that are in USD [USD]. */
double rip_book_buckets(const rip_book *self, size_t account);

/*
 * Whether an account has nothing but spot and linear perpetuals, and no coins: its
 * value is linear in the prices and all its money USD.
 */
bool rip_book_is_linear(const rip_book *self, size_t account);

/* Name of a kind as in the configuration; static storage. */
const char *rip_book_kind_name(rip_kind kind);

#endif /* RIP_ACCOUNT_BOOK_H */
