/*
 * io/holdings.h -- accounts and positions as the user wrote them.            floor 7.3
 *
 * A list in the configuration and a pair of CSV files give the same rip_holdings:
 * checked one by one, symbols found, defaults that depend on market and venue still
 * open (NaN). io/assemble makes the book from it. It remembers where everything was
 * written, so that what is wrong with a sum is said at its place too.
 *
 * CSV columns of accounts: id, mode, weight, balance, leverage, top_up, and
 * `balances.CURRENCY` and `stop_loss.SYMBOL`; id is required, and balance unless there
 * are others. Of positions: account and the keys of a position; account, symbol and
 * quantity are required. An empty cell is an absent key. `balance` is short for
 * `balances.USD`.
 */
#ifndef RIP_IO_HOLDINGS_H
#define RIP_IO_HOLDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/book.h"
#include "riptide/base/error.h"
#include "riptide/io/csv.h"
#include "riptide/io/document.h"
#include "riptide/market/market.h"

typedef struct rip_holdings_stop {
    uint32_t asset;
    double price_usd;
    size_t column; /* CSV column, or child of the map stop_loss */
} rip_holdings_stop;

/* A balance other than USD. */
typedef struct rip_holdings_coin {
    uint32_t asset;
    double amount;
} rip_holdings_coin;

typedef struct rip_holdings_account {
    char id[RIP_NAME_MAX];
    rip_mode mode; /* isolated if absent */
    double weight;
    double balance_usd;
    double leverage; /* NaN: absent, as below */
    bool has_top_up;
    rip_top_up top_up;
    size_t first_stop, n_stop;
    size_t first_coin, n_coin;
    size_t first_position, n_position;
} rip_holdings_account;

typedef enum rip_option_type {
    RIP_OPTION_TYPE_ABSENT = 0,
    RIP_OPTION_TYPE_CALL,
    RIP_OPTION_TYPE_PUT
} rip_option_type;

typedef enum rip_settlement {
    RIP_SETTLEMENT_ABSENT = 0,
    RIP_SETTLEMENT_LINEAR,
    RIP_SETTLEMENT_INVERSE
} rip_settlement;

typedef struct rip_holdings_position {
    size_t account;
    size_t row; /* CSV row, or entry of the account's list */
    uint32_t asset;
    rip_kind kind;
    double quantity, entry_usd, leverage;
    double margin;        /* settlement currency */
    rip_mode margin_mode; /* RIP_N_MODE: absent */
    uint64_t expiry_ms;   /* 0: absent */
    rip_option_type type;
    double strike_usd;
    rip_settlement settlement;
    double implied_volatility;
    bool has_top_up;
    rip_top_up top_up;
} rip_holdings_position;

typedef struct rip_holdings {
    size_t n_account, n_position, n_stop, n_coin;
    rip_holdings_account *account;   /* [n_account] owned */
    rip_holdings_position *position; /* [n_position] owned; grouped by account */
    rip_holdings_stop *stop;         /* [n_stop] owned */
    rip_holdings_coin *coin;         /* [n_coin] owned; accounts' are contiguous */
    /* Where they stand: one list, or two files whose row 0 is the header. */
    const rip_node *list; /* borrowed; NULL: files */
    rip_csv accounts, positions;
} rip_holdings;

/*
 * Takes accounts.list of a resolved configuration: nothing can be wrong with it alone.
 * Whatever is returned, self may be freed; the list must outlive self.
 */
RIP_NODISCARD rip_status rip_holdings_from_list(rip_holdings *self,
                                                const rip_node *list,
                                                const rip_market_spec *market);
/*
 * Reads self->accounts and self->positions, already parsed; the rest of self is 0.
 * Every problem is added to error. Whatever is returned, self may be freed.
 */
RIP_NODISCARD rip_status rip_holdings_from_files(rip_holdings *self,
                                                 const rip_market_spec *market,
                                                 rip_error *error);
/* The second half of it: positions.csv, once the accounts are there. */
RIP_NODISCARD rip_status rip_holdings_read_positions(rip_holdings *self,
                                                     const rip_market_spec *market,
                                                     rip_error *error);
void rip_holdings_free(rip_holdings *self);

/* Adds a line about a key of an account or a position (index in self->position). */
rip_status rip_holdings_refuse_account(const rip_holdings *self, size_t account,
                                       const char *key, rip_error *error,
                                       const char *format, ...)
    __attribute__((format(printf, 5, 6)));
rip_status rip_holdings_refuse_position(const rip_holdings *self, size_t position,
                                        const char *key, rip_error *error,
                                        const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* About a stop order of an account (index in self->stop). */
rip_status rip_holdings_refuse_stop(const rip_holdings *self, size_t account,
                                    size_t stop, rip_error *error, const char *message);

#endif /* RIP_IO_HOLDINGS_H */
