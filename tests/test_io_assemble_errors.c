#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_fixture.h"

/* Names of columns that are all but right. */
static void
test_columns_nearly_named(void **state)
{
    static const struct {
        assemble_setup given;
        const char *message;
    } broken[] = {
        {WITH("id,balance, leverage\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12:  leverage: unknown column (a blank stands before the name)"},
        {WITH("id,balance,leverage \na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: leverage : unknown column (a blank stands after the name)"},
        {WITH("id,balance,balances\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: balances: unknown column (balances.SYMBOL, a column a "
         "symbol)"},
        {WITH("id,balance,stop_loss\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: stop_loss: unknown column (stop_loss.SYMBOL, a column a "
         "symbol)"}};
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assemble_expect(&broken[i].given, RIP_ERR_DATA, broken[i].message);
    }
}

static void
test_broken_account_files(void **state)
{
    static const struct {
        assemble_setup given;
        const char *message;
    } broken[] = {
        {WITH("id,balance,levrage\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: levrage: unknown column (did you mean leverage?)"},
        {WITH("id,balance,colour\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: colour: unknown column (allowed: id, mode, weight, balance, "
         "leverage, top_up, balances.SYMBOL, stop_loss.SYMBOL)"},
        {WITH("id,balance,id\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: id: a second column of this name"},
        {WITH("id,leverage\na,1\n", "account\n"),
         "DIR/a.csv:1:1: balance: required column is absent (a number from -1e+18 to "
         "1e+18)"},
        {WITH("id,balances.DOGE\na,1\n", "account\n"),
         "DIR/a.csv:1:4: balances: no asset DOGE in market.assets"},
        {WITH("id,balance,balances.USD\na,1,2\n", "account\n"),
         "DIR/a.csv:2:5: balances.USD: excludes balance (one of them)"},
        {WITH("id,balance\n", "account\n"),
         "DIR/a.csv:1:1: no accounts below the header"},
        {WITH("id,balance\na,\n", "account\n"),
         "DIR/a.csv:2:3: balance: required value is absent (a number from -1e+18 to "
         "1e+18)"},
        {WITH("id,balance\na,1e4x\n", "account\n"),
         "DIR/a.csv:2:3: balance: 1e4x is not allowed (a number from -1e+18 to 1e+18)"},
        {WITH("id,balance\na,nan\n", "account\n"),
         "DIR/a.csv:2:3: balance: nan is not allowed (a number from -1e+18 to 1e+18)"},
        {WITH("id,balance\na b,1\n", "account\n"),
         "DIR/a.csv:2:1: id: a b is not allowed (a name of 1 to 63 bytes without "
         "spaces)"},
        {WITH("id,balance,weight\na,1,0\n", "account\n"),
         "DIR/a.csv:2:5: weight: 0 is out of range (a number above 0 and at most "
         "1e+12)"},
        {WITH("id,balance,weight\na,1,1e13\n", "account\n"),
         "DIR/a.csv:2:5: weight: 1e13 is out of range (a number above 0 and at most "
         "1e+12)"},
        {WITH("id,balance,mode\na,1,hedge\n", "account\n"),
         "DIR/a.csv:2:5: mode: hedge is not allowed (isolated, cross, portfolio)"},
        {WITH("id,balance,top_up\na,1,always\n", "account\n"),
         "DIR/a.csv:2:5: top_up: always is not allowed (none, to_maintenance, "
         "to_initial)"},
        {WITH("id,balance\na,1\nb,1\na,2\n", "account\n"),
         "DIR/a.csv:4:1: id: a is said twice (each id once; first in line 2)"},
        {WITH("id,balance,stop_loss.BTX\na,1,2\n", "account\n"),
         "DIR/a.csv:1:12: stop_loss: no asset BTX in market.assets (did you mean "
         "BTC?)"},
        {WITH("id,balance,stop_loss.BTC\na,1,-5\n", "account\n"),
         "DIR/a.csv:2:5: stop_loss.BTC: -5 is out of range (a number above 0 and at "
         "most 1e+15)"},
        {WITH("id,balance\na,1,2\n", "account\n"),
         "DIR/a.csv:2:5: too many fields (2, as in the first row)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assemble_expect(&broken[i].given, RIP_ERR_DATA, broken[i].message);
    }
}

static void
test_broken_position_files(void **state)
{
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"account,symbol,quantity,quantty\na,BTC,1,1\n",
         "DIR/p.csv:1:25: quantty: unknown column (did you mean quantity?)"},
        {"account,symbol,quantity\na,BTC,0\n",
         "DIR/p.csv:2:7: quantity: 0 is out of range (a number from -1e+18 to 1e+18, "
         "not 0)"},
        {"account,symbol,quantity\na,BTC,\n",
         "DIR/p.csv:2:7: quantity: required value is absent (a number from -1e+18 to "
         "1e+18, not 0)"},
        {"account,symbol,quantity\na,BTCC,1\n",
         "DIR/p.csv:2:3: symbol: no asset BTCC in market.assets (did you mean BTC?)"},
        {"account,symbol,quantity\na,DOGE,1\n",
         "DIR/p.csv:2:3: symbol: no asset DOGE in market.assets"},
        {"account,symbol,quantity\nalice,BTC,1\n",
         "DIR/p.csv:2:1: account: alice is not in DIR/a.csv"},
        {"account,symbol,quantity\nA,BTC,1\n",
         "DIR/p.csv:2:1: account: A is not in DIR/a.csv (did you mean a?)"},
        {"account,symbol,kind,quantity\na,BTC,swap,1\n",
         "DIR/p.csv:2:7: kind: swap is not allowed (spot, linear_perp, inverse_perp, "
         "linear_future, option)"},
        {"account,symbol,quantity,entry\na,BTC,0.01,0\n",
         "DIR/p.csv:2:12: entry: 0 is out of range (a number above 0 and at most "
         "1e+15)"},
        {"account,symbol,quantity,leverage\na,BTC,1,51\n",
         "DIR/p.csv:2:9: leverage: 51 is above 50, the most for 60000 USD of BTC"},
        {"account,symbol,quantity,margin\na,BTC,1,10000.0001\n",
         "DIR/a.csv:2:3: balance: the isolated buckets of account a add to 10000.0001 "
         "USD, more than its wallet of 10000"},
        {"account,symbol,quantity,entry\na,BTC,1,70000\n",
         "DIR/a.csv:2:3: balance: account a has a net worth of 0 USD at the market's "
         "prices (above 0)"},
        {"account,symbol,quantity\n", "DIR/a.csv:2:1: id: account a has no position"},
        {"account,symbol\na,BTC\n",
         "DIR/p.csv:1:1: quantity: required column is absent (a number from -1e+18 to "
         "1e+18, not 0)"},
        {"account,symbol,quantity,entry\na,BTC,1e-18,1e-310\n",
         "DIR/p.csv:2:7: quantity: 1e-18 is too small to need a margin"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const assemble_setup given = WITH(ACCOUNTS, broken[i].text);
        assemble_expect(&given, RIP_ERR_DATA, broken[i].message);
    }
}

/* What each kind must have and may not. */
static void
test_terms_of_kinds(void **state)
{
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"account,symbol,kind,quantity,type,expiry\na,BTC,option,1,put,30d\n",
         "DIR/p.csv:2:1: strike: absent, required by kind option"},
        {"account,symbol,kind,quantity,type,strike\na,BTC,option,1,put,5e4\n",
         "DIR/p.csv:2:1: expiry: absent, required by kind option"},
        {"account,symbol,kind,quantity,expiry,strike\na,BTC,option,1,30d,5e4\n",
         "DIR/p.csv:2:1: type: absent, required by kind option"},
        {"account,symbol,kind,quantity\na,BTC,linear_future,1\n",
         "DIR/p.csv:2:1: expiry: absent, required by kind linear_future"},
        {"account,symbol,quantity,expiry\na,BTC,0.01,30d\n",
         "DIR/p.csv:2:12: expiry: not a key of kind linear_perp"},
        {"account,symbol,quantity,strike,expiry\na,BTC,0.01,50000,\n",
         "DIR/p.csv:2:12: strike: not a key of kind linear_perp"},
        {"account,symbol,quantity,settlement\na,BTC,0.01,inverse\n",
         "DIR/p.csv:2:12: settlement: not a key of kind linear_perp"},
        {"account,symbol,quantity,implied_volatility\na,BTC,0.01,0.5\n",
         "DIR/p.csv:2:12: implied_volatility: not a key of kind linear_perp"},
        /* INS-2 */
        {"account,symbol,kind,quantity,expiry,strike,type\na,BTC,option,1,30d,5e4,"
         "put\n",
         "DIR/p.csv:2:1: implied_volatility: absent, and asset BTC has none"},
        {"account,symbol,kind,quantity,expiry,strike,type,implied_volatility\n"
         "a,BTC,option,-1,30d,5e4,put,0.5\n",
         "DIR/p.csv:2:14: quantity: a short option needs a rule of the venue's "
         "option_margin in the mode isolated (deribit, bybit)"},
        {"account,symbol,kind,quantity,margin\na,BTC,inverse_perp,-600,0.00127\n",
         "DIR/a.csv:2:3: balance: the isolated buckets of account a add to 0.00127 "
         "BTC, "
         "more than its wallet of 0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const assemble_setup given = WITH(ACCOUNTS, broken[i].text);
        assemble_expect(&given, RIP_ERR_DATA, broken[i].message);
    }
}

/* All rows are looked at: one line a problem, in the order of the file. */
static void
test_every_row_is_reported(void **state)
{
    const assemble_setup given = WITH(ACCOUNTS, "account,symbol,quantity,leverage\n"
                                                "b,BTC,0,x\na,BTC,1,2\nb,ETX,1,\n");
    assemble_outcome got;
    (void)state;
    assemble(&given, &got);
    assert_int_equal(got.error.n_total, 5);
    assert_non_null(strstr(got.error.line[0], "p.csv:2:1: account: b is not in"));
    assert_non_null(strstr(got.error.line[1], "p.csv:2:7: quantity: 0 is out of"));
    assert_non_null(strstr(got.error.line[2], "p.csv:2:9: leverage: x is not"));
    assert_non_null(strstr(got.error.line[3], "p.csv:4:1: account: b is not in"));
    assert_non_null(strstr(got.error.line[4], "p.csv:4:3: symbol: no asset ETX"));
    assemble_release(&got);
}

static void
test_broken_lists(void **state)
{
    static const struct {
        assemble_setup given;
        const char *message;
    } broken[] = {
        {ONE_POSITION("quantity: 1, leverage: 51"),
         "t.yaml:8:82: accounts.list[0].positions[0].leverage: 51 is above 50, the "
         "most "
         "for 60000 USD of BTC"},
        {ONE_ACCOUNT("balance: 10000, leverage: 101, positions: [{symbol: BTC, "
                     "quantity: 0.1}]"),
         "t.yaml:8:43: accounts.list[0].leverage: 101 is above 100, the most for 6000 "
         "USD of BTC"},
        {ONE_POSITION("quantity: 1, margin: 10001"),
         "t.yaml:8:27: accounts.list[0].balances: the isolated buckets of account a "
         "add "
         "to 10001 USD, more than its wallet of 10000"},
        {ONE_POSITION("quantity: -1, entry: 40000"),
         "t.yaml:8:27: accounts.list[0].balances: account a has a net worth of -10000 "
         "USD at the market's prices (above 0)"},
        {ONE_ACCOUNT("balance: 1"),
         "t.yaml:8:20: accounts.list[0].id: account a has no position"},
        {ONE_ACCOUNT("balance: 1e4, stop_loss: {ETH: 1}, positions: [{symbol: BTC, "
                     "quantity: 0.1}]"),
         "t.yaml:8:53: accounts.list[0].stop_loss.ETH: account a has no position in "
         "it"},
        {ONE_ACCOUNT("balance: 1e4, stop_loss: {BTC: 50000, ETH: 1}, positions: "
                     "[{symbol: BTC, quantity: 0.1}]"),
         "t.yaml:8:65: accounts.list[0].stop_loss.ETH: account a has no position in "
         "it"},
        {ONE_ACCOUNT("balance: 1e4, stop_loss: {BTC: 60000}, positions: [{symbol: BTC, "
                     "quantity: 0.1}]"),
         "t.yaml:8:53: accounts.list[0].stop_loss.BTC: 60000 is not on the losing side "
         "of the mark 60000 (below it for a long position, above for a short one)"},
        {ONE_ACCOUNT("balance: 1e4, stop_loss: {BTC: 59000}, positions: [{symbol: BTC, "
                     "quantity: -0.1}]"),
         "t.yaml:8:53: accounts.list[0].stop_loss.BTC: 59000 is not on the losing side "
         "of the mark 60000 (below it for a long position, above for a short one)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assemble_expect(&broken[i].given, RIP_ERR_CONFIG, broken[i].message);
    }
}

static void
test_broken_markets_and_venues(void **state)
{
    static const struct {
        assemble_setup given;
        const char *message;
    } broken[] = {
        /* Eigenvalues of the constant correlation r in n dimensions: 1 - r and
           1 + (n - 1) r, here 1 - 2 * 0.75. */
        {{.market = MARKET("correlation: -0.75")},
         "t.yaml:2:157: market.correlation: no correlation matrix, its smallest "
         "eigenvalue is -0.5 (at least 0; `repair: higham` takes the nearest "
         "correlation matrix)"},
        {{.venue = "{tiers: {BTC: [{floor: 0, mmr: 0.1, max_leverage: 5}]}}",
          .run = "{paths: 1, horizon: 1h, step: 1h, modes: [cross]}"},
         "t.yaml:5:9: venue.tiers: none for ETH (its own, or `default`)"},
        {{.venue = "{tiers: {default: [{floor: 0, mmr: 0.1, max_leverage: 5}]}, "
                   "portfolio: {scenarios: {grid: {spot: [-0.1]}}, "
                   "between_underlyings: {rule: correlated, correlation: -0.75}}}",
          .market = MARKET("correlation: 0")},
         "t.yaml:4:155: venue.portfolio.between_underlyings.correlation: no "
         "correlation "
         "matrix, its smallest eigenvalue is -0.5 (at least 0)"},
        {{.shocks = "{model: student_t, mixing: period, period: 30m}"},
         "t.yaml:4:44: shocks.period: 30m, shorter than the step, is not in this "
         "version with mixing: period (at least the step)"},
        {{.market = MARKET("correlation: 0"),
          .shocks = "{model: replay, file: r.csv, residual: {volatility: 1, "
                    "correlation: -0.75}}",
          .run = "{paths: 9, horizon: 1h, step: 1h}",
          .file = {{"r.csv", "time,BTC,ETH,SOL\n1,0,0,0\n"}}},
         "t.yaml:3:64: shocks.residual.correlation: -0.75 cannot hold between 3 assets "
         "(at least -0.5)"},
        {{.accounts = "{generate: {count: 2, size_by: own, assets: {BTC: 1}}}"},
         "t.yaml:8:33: accounts.generate.size_by: own is not in this version "
         "(isolated, cross, portfolio)"},
        {{.accounts = "{generate: {count: 2, size_by: portfolio, assets: {BTC: 1}}}",
          .venue = "{tiers: {default: [{floor: 0, mmr: 0.1, max_leverage: 5}]}}",
          .run = "{paths: 1, horizon: 1h, step: 1h, modes: [cross]}"},
         "t.yaml:6:33: accounts.generate.size_by: venue custom has no "
         "portfolio.scenarios (isolated, cross)"},
        {{.accounts = "{generate: {count: 99, assets: {BTC: 1}, "
                      "balance: {distribution: pareto, minimum: 1, alpha: 0.01}}}"},
         "t.yaml:8:52: accounts.generate.balance: the law gave a balance that is not "
         "above 0 and at most 1e+18 USD"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assemble_expect(&broken[i].given, RIP_ERR_CONFIG, broken[i].message);
    }
}

static void
test_broken_matrix_files(void **state)
{
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"1,0.5\n0.5,1\n", "DIR/m.csv:1:1: 2 columns for 3 assets (one column an "
                           "asset, or a header of symbols)"},
        {"1,0,0\n0,1,0\n", "DIR/m.csv:2:1: 2 rows for 3 columns (a square matrix)"},
        {"BTC,ETH,SOL\n1,0,0\n0,1,0\n",
         "DIR/m.csv:3:1: 2 rows for 3 columns (a square matrix)"},
        {"BTC,ETH,XRP\n1,0,0\n0,1,0\n0,0,1\n",
         "DIR/m.csv:1:1: no column of SOL (every symbol of market.assets)"},
        {"BTC,ETH,SOL,ETH\n1,0,0,0\n0,1,0,0\n0,0,1,0\n0,0,0,1\n",
         "DIR/m.csv:1:13: ETH is said twice (each symbol once)"},
        {"1,0,0\n0,1,x\n0,0,1\n",
         "DIR/m.csv:2:5: x is not allowed (a number from -1 to 1)"},
        {"1,0,0\n0,1,1.5\n0,0,1\n",
         "DIR/m.csv:2:5: 1.5 is not allowed (a number from -1 to 1)"},
        {"1,0,\n0,1,0\n0,0,1\n",
         "DIR/m.csv:1:5: an empty value is not allowed (a number from -1 to 1)"},
        {"1,0,0\n0,0.9,0\n0,0,1\n", "DIR/m.csv:2:3: 0.9 on the diagonal (1)"},
        {"1,0.5,0\n0.4,1,0\n0,0,1\n",
         "DIR/m.csv:2:1: 0.4 is not the 0.5 across the diagonal (a symmetric matrix)"},
        {"", "DIR/m.csv:1:1: the file is empty"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const assemble_setup given = {.market = MARKET("correlation: {file: m.csv}"),
                                      .file = {{"m.csv", broken[i].text}}};
        assemble_expect(&given, RIP_ERR_DATA, broken[i].message);
    }
}

static void
test_broken_replays(void **state)
{
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"BTC,ETH\n0,0\n", "DIR/r.csv:1:1: no header `time,SYMBOL...` (every symbol of "
                           "market.assets)"},
        {"time,BTC\n1,0\n",
         "DIR/r.csv:1:1: no column of ETH (every symbol of market.assets)"},
        {"time,BTC,ETH,BTC\n1,0,0,0\n",
         "DIR/r.csv:1:14: BTC is said twice (each symbol once)"},
        {"time,BTC,ETH\n1,0,0\n2,0,0\n3,0,0\n",
         "DIR/r.csv:4:1: 3 returns for 4 steps (at least one a step)"},
        {"time,BTC,ETH\n1,0,0\n2,0,0\n3,-1,0\n4,0,0\n",
         "DIR/r.csv:4:3: -1 is not allowed (a simple return above -1)"},
        {"time,BTC,ETH\n1,0,0\n2,0,0\n3,0,\n4,0,0\n",
         "DIR/r.csv:4:5: an empty value is not allowed (a simple return above -1)"},
        {"time,BTC,ETH\n1,0,0\n2,0,0\n3,0,0\n4,0,-0.5\n",
         "DIR/r.csv:5:5: -0.5 times the scale 2 is not above -1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const assemble_setup given = {.run = "{paths: 1, horizon: 4h, step: 1h}",
                                      .shocks =
                                          "{model: replay, file: r.csv, scale: 2}",
                                      .file = {{"r.csv", broken[i].text}}};
        assemble_expect(&given, RIP_ERR_DATA, broken[i].message);
    }
}

/* A named input that is missing is an error of the configuration. */
static void
test_missing_files(void **state)
{
    static const struct {
        assemble_setup given;
        const char *message;
    } broken[] = {
        {{.accounts = "{files: {accounts: none.csv, positions: p.csv}}",
          .file = {{"p.csv", "account,symbol,quantity\n"}}},
         "t.yaml:8:20: accounts.files.accounts: DIR/none.csv: No such file or "
         "directory"},
        {{.accounts = "{files: {accounts: a.csv, positions: .}}",
          .file = {{"a.csv", ACCOUNTS}}},
         "t.yaml:8:37: accounts.files.positions: DIR/.: Is a directory"},
        {{.accounts = "{files: {accounts: a.csv, positions: /dev/null}}",
          .file = {{"a.csv", ACCOUNTS}}},
         "t.yaml:8:37: accounts.files.positions: /dev/null: not a regular file"},
        {{.market = MARKET("correlation: {file: none.csv}")},
         "t.yaml:2:171: market.correlation: DIR/none.csv: No such file or directory"},
        {{.run = "{paths: 1, horizon: 4h, step: 1h}",
          .shocks = "{model: replay, file: none.csv}"},
         "t.yaml:4:25: shocks.file: DIR/none.csv: No such file or directory"},
        {{.shocks = "{model: given, file: none.h5}"},
         "t.yaml:4:24: shocks.file: DIR/none.h5: No such file or directory"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assemble_expect(&broken[i].given, RIP_ERR_CONFIG, broken[i].message);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_nearly_named),
        cmocka_unit_test(test_broken_account_files),
        cmocka_unit_test(test_broken_position_files),
        cmocka_unit_test(test_terms_of_kinds),
        cmocka_unit_test(test_every_row_is_reported),
        cmocka_unit_test(test_broken_lists),
        cmocka_unit_test(test_broken_markets_and_venues),
        cmocka_unit_test(test_broken_matrix_files),
        cmocka_unit_test(test_broken_replays),
        cmocka_unit_test(test_missing_files),
    };
    return cmocka_run_group_tests_name("io_assemble_errors", tests, assemble_begin,
                                       assemble_end);
}
