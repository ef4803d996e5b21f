/* assemble_fixture.h -- runs assembled from short texts, for tests of io/assemble. */
#ifndef RIP_TESTS_ASSEMBLE_FIXTURE_H
#define RIP_TESTS_ASSEMBLE_FIXTURE_H

#include <stdbool.h>

#include "riptide/io/assemble.h"

#define ASSEMBLE_MAX_FILES 4

/* What a test gives: keys that replace defaults (NULL: the default), and files. */
typedef struct assemble_setup {
    const char *run, *market, *shocks, *venue, *accounts;
    struct {
        const char *name, *text;
    } file[ASSEMBLE_MAX_FILES]; /* named a.csv, p.csv, m.csv, r.csv */
    bool already_held;
} assemble_setup;

typedef struct assemble_outcome {
    rip_status status;
    rip_run run;
    rip_inputs inputs;
    rip_config config;
    rip_error notes, error;
} assemble_outcome;

/* Makes and removes the directory of the files: set-up and tear-down of the group. */
int assemble_begin(void **state);
int assemble_end(void **state);

/* Assembles; release whatever came of it. The configuration itself has to be good. */
void assemble(const assemble_setup *given, assemble_outcome *got);
void assemble_release(assemble_outcome *got);

/* Fails the test unless the run was assembled. */
void assemble_well(const assemble_setup *given, assemble_outcome *got);

/* Fails the test unless it was refused with code and this one line, in which the
   directory of the files is written DIR. */
void assemble_expect(const assemble_setup *given, rip_status code, const char *message);

/* Parts of configurations; the default market has BTC at 60,000 and ETH at 2,500. */
#define FILES    "{files: {accounts: a.csv, positions: p.csv}}"
#define ACCOUNTS "id,balance\na,10000\n"
#define WITH(a, p)                                                                     \
    {                                                                                  \
        .accounts = FILES, .file = { {"a.csv", a}, {"p.csv", p} }                      \
    }
#define ONE_ACCOUNT(keys)                                                              \
    {                                                                                  \
        .accounts = "{list: [{id: a, " keys "}]}"                                      \
    }
#define ONE_POSITION(keys)                                                             \
    ONE_ACCOUNT("balance: 10000, positions: [{symbol: BTC, " keys "}]")

#define ASSETS                                                                         \
    "assets: [{symbol: BTC, price: 60000, volatility: 0.58}, {symbol: ETH, price: "    \
    "2500, volatility: 0.78}, {symbol: SOL, price: 150, volatility: 0.9}]"
#define MARKET(keys) "{" ASSETS ", " keys "}"

#endif /* RIP_TESTS_ASSEMBLE_FIXTURE_H */
