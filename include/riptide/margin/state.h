/*
 * margin/state.h -- what changes in a trial: market seen, account held.      floor 3
 *
 * rip_market_point is one lane at one step. rip_account_state is one account in one
 * mode on one lane; it is made from the immutable book by rip_account_state_reset and
 * changed only by the rules of floor 4 and 5. Funding is kept as an index: the amount a
 * long unit has paid since time 0, so that a position held from time 0 to t has paid
 * quantity * index(t) (INS-3), whatever happened to its price in between.
 */
#ifndef RIP_MARGIN_STATE_H
#define RIP_MARGIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/book.h"
#include "riptide/margin/venue.h"

struct rip_margin_model;

typedef struct rip_market_point {
    const double *price_usd; /* [n_asset] borrowed */
    const double *funding;   /* [n_asset] borrowed; paid by a long unit since 0 [USD] */
    /* [n_asset] borrowed; paid by a long USD contract since 0 [coins]; NULL: nothing */
    const double *funding_coin;
    /* [book n_volatility] borrowed; implied volatilities now; NULL: as at time 0 */
    const double *volatility;
    double years;       /* since time 0 */
    uint64_t time_ms;   /* the same, exactly */
    uint64_t n_payment; /* funding payments so far */
    uint32_t step;      /* 0 at the start */
} rip_market_point;

typedef enum rip_position_status {
    RIP_POSITION_OPEN = 0,
    RIP_POSITION_STOPPED,    /* closed by its own stop order */
    RIP_POSITION_LIQUIDATED, /* force-closed */
    RIP_POSITION_EXPIRED     /* settled at its expiry (DEF-4) */
} rip_position_status;

/* What a bucket remembers between steps of a liquidation in parts (LIQ-1). */
typedef struct rip_liquidation_memory {
    bool is_due; /* in breach at this step's check */
    bool is_paused, has_window;
    uint64_t paused_until_ms;
    uint64_t window_from_ms;
} rip_liquidation_memory;

/*
 * Per position: live while open; the recorded sums are of what was closed of it. What a
 * close costs is kept here and added in the order of positions, so that it does not
 * matter in which order positions were closed.
 */
typedef struct rip_position_state {
    rip_position_status status;
    bool is_isolated; /* has a bucket of its own in this mode */
    uint32_t n_top_up;
    double quantity;    /* still held, signed; the whole of it until a partial close */
    double bucket;      /* isolated collateral in the settlement currency: posted margin
                           and top-ups; funding is charged by index, not here */
    double market_usd;  /* recorded at the close: -quantity * (mark - price at 0) */
    double funding_usd; /* recorded at the close: funding and interest paid */
    double slippage_usd, fee_usd, confiscated_usd; /* of the close, >= 0 */
    double gap_usd;       /* of the close, <= 0: what others paid of a bucket's loss */
    double returned;      /* isolated: what closes gave back to the balance [settlement
                             currency] */
    bool first_of_asset;  /* no earlier position of the pool has this asset */
    size_t next_of_asset; /* the next of the pool that has, or n_position */
    double scratch_usd;   /* of the rule between underlyings of portfolio margin */
    /* of an option: the mark that was asked for last, and at what */
    double mark, mark_price_usd, mark_volatility;
    uint64_t mark_time_ms;
    rip_liquidation_memory memory; /* of an isolated bucket */
    double window_quantity;        /* held when the window began, signed */
} rip_position_state;

/* A coin balance of the account. */
typedef struct rip_coin_state {
    double amount;   /* free coins; interest on a negative balance deducted */
    double interest; /* paid on a negative balance so far [coins] */
    rip_liquidation_memory memory; /* of a pool by currency */
} rip_coin_state;

typedef struct rip_account_state {
    /* borrowed, fixed for a trial */
    const rip_account *account;
    const rip_position *position; /* [account->n_position] */
    const rip_asset *asset;       /* [n_asset], prices at time 0 */
    const rip_coin *wallet_coin;  /* [account->n_coin], at time 0 */
    bool is_linear;               /* rip_book_is_linear */
    bool is_plain; /* linear, on venues whose requirement is that of the tiers */
    const rip_market *market;
    const rip_venue *venue; /* of the pool; of the isolated mode if it has none */
    const rip_venue *isolated_venue; /* of the isolated positions */
    rip_mode pool_mode; /* cross or portfolio; RIP_N_MODE: all positions are isolated */
    const struct rip_margin_model *model; /* margin/margin.h */
    /* for bounds only, after the reset: how far they must reach, 0: not told; whether
       implied volatilities change meanwhile; whether boxes of prices are to be narrow
     */
    uint64_t horizon_ms;
    bool volatility_moves, is_narrow;
    double initial_usd; /* net worth at time 0 (DEF-1) */
    /* mutable */
    bool borrows;    /* the wallet does not cover the long spot positions (INS-1) */
    double free_usd; /* isolated: balance outside the buckets, before what closed ones
                        gave back; else the whole wallet, realised results of closed
                        positions included, interest on negative balances deducted */
    double interest_usd; /* paid on a negative USD balance so far (cross, portfolio) */
    double coin_interest_usd; /* on negative coin balances, at the prices of the time */
    double fee_usd;           /* paid for all positions of a pool together */
    double gap_usd;           /* <= 0: what others paid of a pool's loss */
    double confiscated_usd;   /* of a pool, by the backstop */
    double deficit_usd;       /* what others paid in all */
    double forced_notional_usd; /* closed by force so far, at the mark */
    uint32_t liquidation_step;  /* first forced close, 0: none */
    uint32_t wipeout_step;      /* first step at or below the threshold, 0: none */
    size_t n_open;
    size_t n_open_pool;            /* of them in the pool */
    rip_liquidation_memory memory; /* of the pool */
    rip_position_state *held; /* [n_position] owned by the workspace that made it */
    rip_coin_state *coin; /* [account->n_coin] likewise; may be NULL if it has none */
} rip_account_state;

/* What happened, for causes, traces and conservation checks. */
typedef enum rip_event_kind {
    RIP_EVENT_STOP = 0,
    RIP_EVENT_BREACH,
    RIP_EVENT_TOP_UP,
    RIP_EVENT_CLOSE,
    RIP_EVENT_FEE,
    RIP_EVENT_CONFISCATE,
    RIP_EVENT_DEFICIT,
    RIP_EVENT_WIPEOUT,
    RIP_EVENT_EXPIRY /* settled at its value (DEF-4) */
} rip_event_kind;

typedef struct rip_event {
    rip_event_kind kind;
    uint32_t step;
    size_t position;     /* index in the account; SIZE_MAX: the account */
    double quantity;     /* closed, signed as held */
    double price_usd;    /* of the fill */
    double amount_usd;   /* money of this event: positive is a loss of the account */
    double notional_usd; /* at the mark, for CLOSE, STOP and EXPIRY; moved into the
                            bucket, for TOP_UP */
    double equity_usd, maintenance_usd; /* of the bucket, at a breach */
} rip_event;

/* A nullable sink that the rules call; context is the caller's. */
typedef struct rip_event_sink {
    void (*on_event)(void *context, const rip_account_state *state,
                     const rip_event *event);
    void *context;
} rip_event_sink;

/*
 * Puts the account as it is in the book at time 0 into self, for the mode of a model.
 * self->held must have room for n_position, self->coin for n_coin.
 */
void rip_account_state_reset(rip_account_state *self, const rip_book *book,
                             size_t account, const rip_market *market,
                             const rip_venues *venues,
                             const struct rip_margin_model *model);

/* Net worth [USD] now (DEF-1), never negative once breaches are settled. */
double rip_account_state_net_worth(const rip_account_state *self,
                                   const rip_market_point *point);

/* Balance [USD] that no bucket holds: free_usd and what closed buckets gave back; the
   same of one of the account's coins [coins]. */
double rip_account_state_balance(const rip_account_state *self);
double rip_account_state_coins(const rip_account_state *self, size_t coin);

/*
 * Loss by cause [USD] at point, summed in position order, into cause_usd[RIP_N_CAUSE];
 * returns the loss, their sum in cause order. For a linear account without events it is
 * exactly -sum q (S - S0) + sum q F: the engine's vector kernel relies on that order.
 */
double rip_account_state_loss(const rip_account_state *self,
                              const rip_market_point *point, double *cause_usd);

/* Sends an event to a sink that may be NULL. */
void rip_account_state_emit(const rip_account_state *self, const rip_event_sink *sink,
                            const rip_event *event);

#endif /* RIP_MARGIN_STATE_H */
