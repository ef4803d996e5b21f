/*
 * engine_totals.h -- a wild run, its plain trials, and sums over accounts of the
 * latter.
 */
#ifndef RIP_TESTS_ENGINE_TOTALS_H
#define RIP_TESTS_ENGINE_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine_plain.h"

typedef struct totals {
    rip_run run;
    plain truth;
    rip_engine *engine;
    rip_estimates got;
    bool *counted;    /* [mode][account] */
    double *total;    /* [mode][path] loss of all accounts, USD */
    double equity;    /* of all accounts, USD */
    double weight;    /* of all accounts */
    double *drawdown; /* [path] of the equal-weighted index */
} totals;

void totals_init(totals *self, uint64_t seed);
void totals_free(totals *self);

typedef enum totals_event {
    TOTALS_WIPED = 0,
    TOTALS_TERMINAL,
    TOTALS_LIQUIDATED,
    TOTALS_FULL,
    TOTALS_DEFICIT
} totals_event;

/* Share of the counted accounts, by weight, to which it happened on a path. */
double totals_share(const totals *self, size_t mode, size_t path, totals_event which,
                    size_t by_step);

/* Their loss on a path by a cause, by weight [USD]. */
double totals_cause(const totals *self, size_t mode, size_t path, rip_cause cause);

/* n zeros; the caller frees them. */
double *totals_doubles(size_t n);

#endif /* RIP_TESTS_ENGINE_TOTALS_H */
