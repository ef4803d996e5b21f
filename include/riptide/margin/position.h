/*
 * margin/position.h -- one open position of an account: value, dues, margin. floor 3.1
 *
 * With quantity q, value v (account/instrument.h) and the funding index F of its asset
 * (INS-1, INS-3), in the settlement currency:
 *
 *     result = v - paid
 *     paid   = q F                      perpetual; of an inverse one in coins
 *              loan rate_usd t          isolated spot bought on a loan of q E - bucket
 *              |q| S rate_asset t       spot sold short, whose coin loan grows
 *
 * Cash borrowed by a cross or portfolio account is charged to the account (step.h), not
 * to its spot positions. All results are in USD at the point.
 *
 * Worked example: 0.4 coins bought at 2,500 with 600 posted borrow 400 USD; at 2,450
 * after half a year at 8 % the bucket holds 600 - 20 - 16 = 564.
 */
#ifndef RIP_MARGIN_POSITION_H
#define RIP_MARGIN_POSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "riptide/margin/requirement.h"
#include "riptide/margin/state.h"

/* True if the position is still held. */
static inline bool
rip_margin_position_is_open(const rip_account_state *state, size_t position)
{
    return state->held[position].status == RIP_POSITION_OPEN;
}

/* True if it is held and in no bucket of its own. */
static inline bool
rip_margin_position_is_pooled(const rip_account_state *state, size_t position)
{
    return rip_margin_position_is_open(state, position) &&
           !state->held[position].is_isolated;
}

/* The rules it has. */
static inline const rip_venue *
rip_margin_position_venue(const rip_account_state *state, size_t position)
{
    return state->held[position].is_isolated ? state->isolated_venue : state->venue;
}

/* The market as a position sees it; the venue's requirement of it (requirement.h). */
rip_instrument_view rip_margin_position_view(const rip_account_state *state,
                                             size_t position,
                                             const rip_market_point *point);
rip_requirement rip_margin_position_requirement(const rip_account_state *state,
                                                size_t position,
                                                const rip_market_point *point);

/* Mark of an option [settlement currency]; it is kept until another view asks. */
double rip_margin_position_mark(const rip_account_state *state, size_t position,
                                const rip_instrument_view *view);

/* Notional at the mark [USD]. */
double rip_margin_position_notional(const rip_account_state *state, size_t position,
                                    const rip_market_point *point);

/* Cash borrowed for an isolated spot position [USD]; 0 for any other. */
double rip_margin_position_loan(const rip_account_state *state, size_t position);

/* Funding and interest paid since time 0 for what is still held, coins at the price of
   the point; every payment at the price of its own time [USD]. */
double rip_margin_position_paid(const rip_account_state *state, size_t position,
                                const rip_market_point *point);
double rip_margin_position_cost(const rip_account_state *state, size_t position,
                                const rip_market_point *point);

/* Whether the position pays interest as time goes by. */
bool rip_margin_position_pays_interest(const rip_account_state *state, size_t position);

/* What the position adds to net worth: its value after funding and interest [USD]. */
double rip_margin_position_result(const rip_account_state *state, size_t position,
                                  const rip_market_point *point);

/* What it adds to margin equity (DEF-2, INS-2): an option's value with its weight. */
double rip_margin_position_counted(const rip_account_state *state, size_t position,
                                   const rip_market_point *point);

/* Profit since entry after funding and interest [USD]; of an option its value less the
   premium. */
double rip_margin_position_profit(const rip_account_state *state, size_t position,
                                  const rip_market_point *point);

/*
 * Whether the position needs margin: all but long spot that is paid in full (isolated:
 * it has no loan; cross and portfolio: the wallet covers all long spot) and, outside
 * portfolio mode, long options.
 */
bool rip_margin_position_is_margined(const rip_account_state *state, size_t position);

/* Whether scenarios ask for the position, not tiers (MAR-6). */
bool rip_margin_position_is_by_scenarios(const rip_account_state *state,
                                         size_t position);

/* Maintenance and initial margin of the position alone by tiers, or by the rule of a
   short option [USD] (MAR-1, MAR-2). */
double rip_margin_position_maintenance(const rip_account_state *state, size_t position,
                                       const rip_market_point *point);
double rip_margin_position_initial(const rip_account_state *state, size_t position,
                                   const rip_market_point *point);

/* All that a bucket adds up of a position. */
typedef struct rip_margin_figures {
    bool is_margined;
    double maintenance_usd, initial_usd;
} rip_margin_figures;

rip_margin_figures rip_margin_position_figures(const rip_account_state *state,
                                               size_t position,
                                               const rip_market_point *point);

#endif /* RIP_MARGIN_POSITION_H */
