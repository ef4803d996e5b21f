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

/* n zeros; the caller frees them. */
double *totals_doubles(size_t n);

#endif /* RIP_TESTS_ENGINE_TOTALS_H */
