/*
 * engine/trace.h -- one trial told event by event.                         floor 6.4
 *
 * A path of a run is drawn again and one account goes through it by the scalar rules
 * alone, in one mode. Between steps the loss by price moves is told asset by asset,
 * each moved after the one before it, and what passes with time (volatility, carry)
 * last; the rules tell the rest. The amounts of all events add to the account's loss,
 * the one that the run has recorded, but for rounding.
 */
#ifndef RIP_ENGINE_TRACE_H
#define RIP_ENGINE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"
#include "riptide/margin/state.h"

typedef enum rip_trace_kind {
    RIP_TRACE_PRICE = 0, /* loss by the move of one asset, or of none: by time */
    RIP_TRACE_FUNDING,   /* funding and interest */
    RIP_TRACE_RULE       /* what a rule did: `rule` says which */
} rip_trace_kind;

typedef struct rip_trace_event {
    rip_trace_kind kind;
    rip_event_kind rule; /* of RULE */
    uint32_t step;
    size_t asset;    /* SIZE_MAX: none */
    size_t position; /* index in the account; SIZE_MAX: none or all */
    /* NaN where it says nothing: */
    double quantity;   /* closed, signed as held */
    double price_usd;  /* mark, or of the fill */
    double amount_usd; /* loss of the account, positive; 0 if no money left it */
    double moved_usd;  /* of a top-up: money that went into the bucket */
    double equity_usd, maintenance_usd; /* of the bucket */
} rip_trace_event;

typedef struct rip_trace {
    uint64_t path; /* below the run's number of paths */
    size_t account;
    rip_mode mode; /* one of the run's */
    void (*on_event)(void *context, const rip_trace_event *event);
    void *context;
} rip_trace;

/* Tells a trial; *loss_usd is the account's loss at the horizon. Errors:
   RIP_ERR_NO_MEMORY, or what the shock model's plan returns. */
RIP_NODISCARD rip_status rip_trace_run(const rip_trace *self, const rip_run *run,
                                       double *loss_usd);

#endif /* RIP_ENGINE_TRACE_H */
