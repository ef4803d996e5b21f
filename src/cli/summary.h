/*
 * cli/summary.h -- the figures of a result that people look at first.         floor 9
 *
 * `riptide run` and `riptide summary` read a finished result by summary_read and show
 * it by one of the writers, so both say the same. Figures are of the population, or of
 * one account.
 */
#ifndef RIP_CLI_SUMMARY_H
#define RIP_CLI_SUMMARY_H

#include <stdint.h>
#include <stdio.h>

#include "riptide/base/error.h"
#include "riptide/io/shard.h"
#include "terminal.h"

/* Events whose probability, or share of accounts, is shown (DEF-3). */
typedef enum summary_event {
    SUMMARY_WIPEOUT = 0,
    SUMMARY_TERMINAL,
    SUMMARY_LIQUIDATION,
    SUMMARY_FULL,
    SUMMARY_DEFICIT,
    SUMMARY_N_EVENT
} summary_event;

/* An estimate with its 99 % interval, NaN where there is none. */
typedef struct summary_interval {
    double estimate, lower, upper;
} summary_interval;

/* An estimate with its standard error, NaN where there is none. */
typedef struct summary_mean {
    double value, se;
} summary_mean;

typedef struct summary_mode {
    char *name; /* owned */
    summary_interval event[SUMMARY_N_EVENT];
    summary_mean mean_loss;           /* USD */
    summary_mean *value_at_risk;      /* [n_level] owned, USD */
    summary_mean *expected_shortfall; /* [n_level] owned, USD */
    double *histogram;                /* [n_bin] owned: share of losses, sums to 1 */
    uint64_t n_breached;              /* accounts in breach at the start (DEF-5) */
} summary_mode;

/* First mode minus second, on the same paths. */
typedef struct summary_pair {
    size_t first, second;
    summary_interval wipeout;
    summary_mean mean_loss; /* USD */
} summary_pair;

typedef struct summary {
    char *title, *status; /* owned */
    char *account;        /* owned; NULL: the population */
    char *initial_breach; /* owned; run.initial_breach */
    uint64_t seed, paths, paths_done;
    rip_shard shard;
    double horizon_h, wipeout_threshold;
    size_t n_account, n_step;
    double weight;     /* real accounts that they stand for, or 1 */
    double equity_usd; /* by weight of all accounts, or of the one */
    size_t n_level, n_mode, n_pair, n_bin, n_warning;
    double *level;      /* [n_level] owned */
    summary_mode *mode; /* [n_mode] owned */
    summary_pair *pair; /* [n_pair] owned */
    double *edge;       /* [n_bin - 1] owned: loss / initial equity between bins */
    char **warning;     /* [n_warning] owned, each owned */
} summary;

/*
 * Reads the figures of a result, of one account if account is not NULL. Errors:
 * RIP_ERR_CONFIG if there is no such file or account; RIP_ERR_OUTPUT if the file is not
 * a whole result. *self may be freed whatever it returns.
 */
RIP_NODISCARD rip_status summary_read(summary *self, const char *file,
                                      const char *account, rip_error *error);
void summary_free(summary *self);

/* The table for people. Errors: RIP_ERR_NO_MEMORY. */
RIP_NODISCARD rip_status summary_print(const summary *self, FILE *out, terminal look);

/* The JSON object of the contract; one row a figure with a header. */
void summary_write_json(const summary *self, FILE *out);
void summary_write_csv(const summary *self, FILE *out);

/* Names of events as keys: "wipeout", "terminal_wipeout", ...; static storage. */
const char *summary_event_name(summary_event event);

#endif /* RIP_CLI_SUMMARY_H */
