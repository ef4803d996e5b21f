/*
 * engine/ledger.h -- whether the money of a trial adds up.                 floor 6.1
 *
 * A ledger hears every event of an account on a path. At the horizon (domain.md section
 * 6), to RIP_LEDGER_TOLERANCE of the gross notional that was at stake,
 *
 *     loss = initial - final net worth
 *          = sum of the events' amounts + market result, funding and interest of what
 *            is still held,
 *
 * and no net worth is negative: the deficit was taken by others. The second sum is for
 * accounts whose value is linear in the prices; in every step of any account the rules
 * take from its net worth at the step's prices what their causes name, and no more. A
 * build with -Dchecks=true holds every trial against it.
 */
#ifndef RIP_ENGINE_LEDGER_H
#define RIP_ENGINE_LEDGER_H

#include <stdbool.h>

#include "riptide/margin/state.h"

#define RIP_LEDGER_TOLERANCE 1e-9

typedef struct rip_ledger {
    double amount_usd; /* of all events so far */
    double closed_usd; /* notional closed so far */
    double worth_usd;  /* before the rules of a step, and what they had cost by then */
    double cost_usd;
    double leak_usd; /* what no cause names, >= 0 */
} rip_ledger;

/* Enters an event. */
void rip_ledger_add(rip_ledger *self, const rip_event *event);

/* Before and after the rules act at the end of a step. */
void rip_ledger_open_step(rip_ledger *self, const rip_account_state *state,
                          const rip_market_point *point);
void rip_ledger_close_step(rip_ledger *self, const rip_account_state *state,
                           const rip_market_point *point);

/* Whether the account's state at the horizon and its loss [USD] agree with the
   entries. */
bool rip_ledger_balances(const rip_ledger *self, const rip_account_state *state,
                         const rip_market_point *end, double loss_usd);

#endif /* RIP_ENGINE_LEDGER_H */
