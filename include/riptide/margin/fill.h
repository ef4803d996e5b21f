/*
 * margin/fill.h -- fills of one closing, one fee for them, and who pays a deficit.
 *                                                                            floor 4.2
 * A share s of a position with quantity q at the mark S (LIQ-3):
 *
 *     slippage   s half_spread |q| S        linear ones; of an option's own mark
 *                s q S (1/fill - 1/S)       inverse, fill = S (1 - sign(q) half_spread)
 *
 * at most s times the position's share of the bucket's equity where the venue limits
 * fills at the bankruptcy price; what a fill beyond it costs is the fund's own. A share
 * that would leave dust, RIP_MARGIN_DUST of the first quantity, takes all. Results go
 * to the position's bucket or to the wallet, in the settlement currency.
 *
 *     fee        min(rate * closed notional, equity left)              (LIQ-4)
 */
#ifndef RIP_MARGIN_FILL_H
#define RIP_MARGIN_FILL_H

#include "riptide/margin/margin.h"
#include "riptide/margin/state.h"

#define RIP_MARGIN_DUST 1e-9

typedef struct rip_margin_closing {
    rip_account_state *state;
    const rip_market_point *point;
    const rip_event_sink *sink;
    const rip_margin_bucket *bucket; /* borrowed */
    rip_position_status as;
    bool at_mark; /* neither spread nor fee (MAR-3) */
    size_t payer; /* whose fee it is; SIZE_MAX: of all of a pool together */
    double fee_usd;
    /* when fills are limited at the bankruptcy price (MAR-8) */
    size_t n_sharing;
    double left_usd, maintenance_usd;
} rip_margin_closing;

/* Opens a closing of a bucket's positions. The bucket must hold what is open now. */
rip_margin_closing rip_margin_closing_begin(rip_account_state *state,
                                            const rip_market_point *point,
                                            const rip_event_sink *sink,
                                            const rip_margin_bucket *bucket,
                                            rip_position_status as);

/* Closes a share in (0, 1] of an open position. */
void rip_margin_closing_fill(rip_margin_closing *self, size_t position, double share);

/* Takes the fee of the fills so far. */
void rip_margin_closing_pay_fee(rip_margin_closing *self);

/* What is left of the bucket of a closed isolated position goes to the balance, or is
   confiscated (LIQ-5); what is missing is a deficit (LIQ-6). */
void rip_margin_closing_settle_isolated(const rip_margin_closing *self,
                                        size_t position);

/*
 * A pool with nothing open owes nothing beyond its wallet. Debts in one currency are
 * paid from the others at the mark where these are pooled.
 */
void rip_margin_closing_settle_pool(const rip_margin_closing *self);

/* All that a closed bucket of a pool still has, or lacks, goes to others (MAR-3). */
void rip_margin_closing_confiscate_pool(const rip_margin_closing *self);

/* Whole slippage [USD] of a fill of all that is held, before any limit. */
double rip_margin_fill_cost(const rip_account_state *state, size_t position,
                            const rip_market_point *point);

/* Net worth [USD] of a bucket: no haircut, options in full. */
double rip_margin_bucket_worth(const rip_account_state *state,
                               const rip_market_point *point,
                               const rip_margin_bucket *bucket);

/* Maintenance [USD] of a position alone by the rules of its mode (MAR-8). */
double rip_margin_own_maintenance(const rip_account_state *state,
                                  const rip_market_point *point, size_t position);

#endif /* RIP_MARGIN_FILL_H */
