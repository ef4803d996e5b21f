#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_fixture.h"
#include "riptide/io/sha256.h"

/* Equal in every bit, NaN included. */
static void
assert_same_book(const rip_book *a, const rip_book *b)
{
    assert_int_equal(a->n_account, b->n_account);
    assert_int_equal(a->n_position, b->n_position);
    for (size_t i = 0; i < a->n_account; i++) {
        assert_memory_equal(&a->account[i], &b->account[i], sizeof(a->account[i]));
    }
    for (size_t i = 0; i < a->n_position; i++) {
        assert_memory_equal(&a->position[i], &b->position[i], sizeof(a->position[i]));
    }
    assert_int_equal(a->n_coin, b->n_coin);
    for (size_t i = 0; i < a->n_coin; i++) {
        assert_memory_equal(&a->coin[i], &b->coin[i], sizeof(a->coin[i]));
    }
}

/* Defaults of the contract, section 2; MAR-4: who may say top_up. */
static void
test_defaults_of_positions(void **state)
{
    const assemble_setup given = {
        .venue = "{tiers: {default: [{floor: 0, mmr: 0.005, max_leverage: 100}, "
                 "{floor: 50000, mmr: 0.01, max_leverage: 40}]}, isolated: {top_up: "
                 "to_maintenance}, portfolio: {scenarios: {grid: {spot: [-0.1]}}}}",
        .accounts =
            "{list: [{id: a, balance: 100000, weight: 2.5, positions: "
            "[{symbol: BTC, quantity: 0.5}, "
            " {symbol: ETH, quantity: -30, entry: 2400, leverage: 12.5, top_up: none}, "
            " {symbol: ETH, kind: spot, quantity: 2}]}, "
            "{id: b, mode: cross, balances: {USD: 12345.5}, leverage: 8, top_up: "
            "{times: "
            "3, fraction: 0.25}, positions: [{symbol: ETH, kind: spot, quantity: 4}, "
            "{symbol: BTC, quantity: 0.1, margin: 700, top_up: to_initial}]}]}"};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    const rip_book *book = &got.run.book;
    assert_int_equal(book->n_account, 2);
    assert_int_equal(book->n_position, 5);
    assert_string_equal(book->account[1].id, "b");
    assert_int_equal(book->account[0].mode, RIP_MODE_ISOLATED);
    assert_int_equal(book->account[1].mode, RIP_MODE_CROSS);
    assert_close(book->account[0].weight, 2.5, 0.0);
    assert_close(book->account[1].weight, 1.0, 0.0);
    assert_close(book->account[1].wallet_usd, 12345.5, 0.0);
    assert_int_equal(book->account[1].first_position, 3);
    assert_int_equal(book->account[1].n_position, 2);
    /* 30,000 USD lies in the first tier: 100x. */
    assert_close(book->position[0].entry_usd, 60000.0, 0.0);
    assert_close(book->position[0].leverage, 100.0, 0.0);
    assert_close(book->position[0].bucket, 300.0, 1e-15);
    assert_int_equal(book->position[0].top_up.rule, RIP_TOP_UP_TO_MAINTENANCE);
    assert_true(isnan(book->position[0].stop_usd));
    /* The bucket is notional at entry over leverage. */
    assert_close(book->position[1].bucket, 30 * 2400 / 12.5, 1e-15);
    assert_int_equal(book->position[1].top_up.rule, RIP_TOP_UP_NONE);
    assert_int_equal(book->position[2].kind, RIP_KIND_SPOT);
    assert_close(book->position[2].leverage, 1.0, 0.0);
    assert_close(book->position[2].bucket, 5000.0, 1e-15);
    assert_close(book->position[3].leverage, 8.0, 0.0);
    assert_close(book->position[3].bucket, 1250.0, 1e-15);
    assert_int_equal(book->position[3].top_up.rule, RIP_TOP_UP_FRACTION);
    assert_int_equal(book->position[3].top_up.times, 3);
    assert_close(book->position[3].top_up.fraction, 0.25, 0.0);
    assert_close(book->position[4].bucket, 700.0, 0.0);
    assert_int_equal(book->position[4].top_up.rule, RIP_TOP_UP_TO_INITIAL);
    assemble_release(&got);
}

/* The tier is that of the notional at mark, its upper bound inclusive (MAR-1). */
static void
test_default_leverage_at_a_tiers_bound(void **state)
{
    static const struct {
        const char *keys;
        double leverage;
    } bound[] = {{"quantity: 0.8333333333, leverage: 100", 100.0}, /* 49,999.999998 */
                 {"quantity: 20, entry: 2300", 100.0},
                 {"quantity: 20.001, entry: 100", 50.0}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char accounts[300];
        assemble_outcome got;
        (void)snprintf(accounts, sizeof(accounts),
                       "{list: [{id: a, balance: 1e5, positions: [{symbol: %s, %s}]}]}",
                       i == 0 ? "BTC" : "ETH", bound[i].keys);
        const assemble_setup given = {.accounts = accounts};
        assemble_well(&given, &got);
        assert_close(got.run.book.position[0].leverage, bound[i].leverage, 0.0);
        assemble_release(&got);
    }
}

static const char list_of_two[] =
    "{list: [{id: a, mode: cross, weight: 3, balance: 20000, leverage: 5, top_up: "
    "to_initial, stop_loss: {BTC: 56000.5}, positions: ["
    "{symbol: BTC, quantity: 0.25, entry: 58000}, {symbol: ETH, quantity: -3}]}, "
    "{id: \"b,\\\"1\\\"\", balance: 500.25, positions: [{symbol: ETH, kind: spot, "
    "quantity: 0.125, leverage: 4, margin: 90, top_up: to_maintenance}]}]}";

/* Columns in any order, rows of accounts mixed, empty cells, columns of kinds to come:
   the book is that of the list, bit for bit. */
static void
test_files_equal_the_list(void **state)
{
    const assemble_setup list = {.accounts = list_of_two};
    const assemble_setup files =
        WITH("leverage,stop_loss.BTC,id,balance,weight,top_up,mode,stop_loss.ETH\r\n"
             "5,56000.5,a,2e4,3,to_initial,cross,\r\n"
             ",,\"b,\"\"1\"\"\",500.25,,,,\r\n",
             "margin,expiry,symbol,type,entry,quantity,account,kind,leverage,top_up,"
             "settlement,strike,implied_volatility,margin_mode\n"
             ",,BTC,,58000,0.25,a,,,,,,,\n"
             "90,,ETH,,,.125,\"b,\"\"1\"\"\",spot,4,to_maintenance,,,,\n"
             ",,ETH,,,-3,a,linear_perp,,,,,,");
    assemble_outcome a, b;
    (void)state;
    assemble_well(&list, &a);
    assemble_well(&files, &b);
    assert_same_book(&a.run.book, &b.run.book);
    assert_close(b.run.book.position[0].stop_usd, 56000.5, 0.0);
    assemble_release(&a);
    assemble_release(&b);
}

#define KINDS_MARKET                                                                   \
    "{assets: [{symbol: BTC, price: 60000, volatility: 0.58, basis: 0.03, "            \
    "implied_volatility: 0.55}, {symbol: ETH, price: 2500, volatility: 0.78}], "       \
    "correlation: 0.8, stress: {implied_volatility: 1.25}}"
#define KINDS_VENUE                                                                    \
    "{tiers: {default: [{floor: 0, mmr: 0.01, max_leverage: 40}]}, option_margin: "    \
    "{rule: deribit}}"

/* INS-2 and the contract's defaults: every kind, coins of wallets, modes in `mixed`. */
static void
test_kinds_of_positions(void **state)
{
    const assemble_setup given = {
        .run = "{paths: 1, horizon: 1h, step: 1h, modes: [isolated, mixed]}",
        .market = KINDS_MARKET,
        .venue = KINDS_VENUE,
        .accounts =
            "{list: [{id: a, balances: {ETH: 1.5, USD: 20000, BTC: 0.75}, mode: cross, "
            "positions: [{symbol: BTC, kind: inverse_perp, quantity: -31000}, "
            "{symbol: BTC, kind: option, type: call, strike: 65000, expiry: 30d, "
            "settlement: inverse, quantity: -2, implied_volatility: 0.6}, "
            "{symbol: BTC, kind: option, type: put, strike: 5.0e+4, expiry: 30d, "
            "quantity: 1, entry: 700, margin_mode: isolated}, "
            "{symbol: BTC, kind: option, type: call, strike: 62000, expiry: 30d, "
            "quantity: 1}, "
            "{symbol: ETH, kind: linear_future, quantity: 3, expiry: 90d, leverage: "
            "12.5}]}]}"};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    const rip_book *book = &got.run.book;
    const rip_position *held = book->position;
    assert_int_equal(book->n_coin, 2);
    assert_close(book->coin[0].amount, 1.5, 0.0);
    assert_int_equal(book->coin[0].asset, 1);
    assert_close(book->account[0].wallet_usd, 20000.0, 0.0);
    assert_true(held[0].coin_settled && held[0].coin == 1 && held[0].expiry_ms == 0);
    assert_close(held[0].leverage, 40.0, 0.0);
    assert_close(held[0].bucket, 31000.0 / 60000.0 / 40.0, 1e-15);
    assert_int_equal(held[0].margin_mode, RIP_MODE_CROSS);
    /* Black-76 on 60,148.130... = 60,000 exp(0.03 * 30 / 365), 0.75 = 0.6 * 1.25, by
       tests/reference/instruments.py; the bucket is twice the rule's initial margin. */
    assert_true(held[1].coin_settled && !held[1].is_put);
    assert_close(held[1].implied_volatility, 0.75, 1e-15);
    assert_close(held[1].entry_usd, 0.05444465579581759, 1e-13);
    assert_close(held[1].bucket, 0.3088893115916352, 1e-13);
    assert_true(!held[2].coin_settled && held[2].is_put);
    assert_close(held[2].implied_volatility, 0.55 * 1.25, 1e-15);
    assert_close(held[2].strike_usd, 50000.0, 0.0);
    assert_close(held[2].entry_usd, 700.0, 0.0);
    assert_close(held[2].bucket, 0.0, 0.0);
    assert_int_equal(held[2].margin_mode, RIP_MODE_ISOLATED);
    assert_true(held[2].expiry_ms == UINT64_C(2592000000));
    /* The two of one asset, expiry and volatility share a row. */
    assert_int_equal(book->n_volatility, 2);
    assert_int_equal(held[2].volatility_row, held[3].volatility_row);
    assert_close(book->volatility[held[1].volatility_row].volatility, 0.75, 1e-15);
    assert_close(held[4].bucket, 3.0 * 2500.0 / 12.5, 1e-12);
    assert_true(!held[4].coin_settled);
    assemble_release(&got);
}

/* The same from files, balances by currency and empty cells included. */
static void
test_files_of_all_kinds(void **state)
{
    const assemble_setup list = {
        .market = KINDS_MARKET,
        .venue = KINDS_VENUE,
        .run = "{paths: 1, horizon: 1h, step: 1h, modes: [isolated, mixed]}",
        .accounts =
            "{list: [{id: a, balances: {USD: 20000, BTC: 0.75}, positions: [{symbol: "
            "BTC, kind: inverse_perp, quantity: -31000, margin: 0.0125, margin_mode: "
            "cross}, {symbol: BTC, kind: option, type: call, strike: 65000, expiry: "
            "36h, settlement: inverse, quantity: -2, implied_volatility: 0.6}, "
            "{symbol: "
            "BTC, kind: option, type: put, strike: 50000, expiry: 30d, quantity: 1}]}, "
            "{id: b, balances: {USD: 0, ETH: 4}, positions: [{symbol: ETH, kind: "
            "linear_future, quantity: 0.01, expiry: 7d, margin_mode: cross}]}]}"};
    const assemble_setup files = {
        .market = list.market,
        .venue = list.venue,
        .run = "{paths: 1, horizon: 1h, step: 1h, modes: [mixed]}",
        .accounts = FILES,
        .file = {{"a.csv", "id,balances.BTC,balances.USD,balances.ETH\n"
                           "a,0.75,20000,\nb,,0,4\n"},
                 {"p.csv", "account,symbol,kind,quantity,margin,margin_mode,type,"
                           "strike,expiry,settlement,implied_volatility\n"
                           "a,BTC,inverse_perp,-31000,0.0125,cross,,,,,\n"
                           "a,BTC,option,-2,,,call,65000,36h,inverse,0.6\n"
                           "a,BTC,option,1,,,put,50000,30d,,\n"
                           "b,ETH,linear_future,0.01,,cross,,,7d,,\n"}}};
    const assemble_setup same = {.market = list.market,
                                 .venue = list.venue,
                                 .run = files.run,
                                 .accounts = list.accounts};
    assemble_outcome a, b;
    (void)state;
    assemble_well(&same, &a);
    assemble_well(&files, &b);
    assert_same_book(&a.run.book, &b.run.book);
    assemble_release(&a);
    assemble_release(&b);
    /* DEF-5: in the isolated mode b's future needs USD that it does not have. */
    assemble_expect(&list, RIP_ERR_CONFIG,
                    "t.yaml:5:383: accounts.list[1].balances: the isolated buckets of "
                    "account b add to 0.625 USD, more than its wallet of 0");
}

/* In `mixed` what is not isolated is one pool. */
static void
test_two_pools_are_refused(void **state)
{
    const assemble_setup given = {
        .run = "{paths: 1, horizon: 1h, step: 1h, modes: [mixed]}",
        .accounts = "{list: [{id: a, mode: portfolio, balance: 1000, positions: "
                    "[{symbol: BTC, quantity: 0.01}, {symbol: BTC, quantity: -0.01, "
                    "margin_mode: cross}]}]}"};
    (void)state;
    assemble_expect(&given, RIP_ERR_CONFIG,
                    "t.yaml:8:133: accounts.list[0].positions[1].margin_mode: cross "
                    "beside portfolio: what an account does not isolate is one pool");
}

/* Each leg of a hedge has the stop that lies on its losing side. */
static void
test_stops_serve_their_side(void **state)
{
    const assemble_setup given = ONE_ACCOUNT(
        "balance: 10000, stop_loss: {BTC: 61000}, positions: [{symbol: BTC, quantity: "
        "0.1}, {symbol: BTC, quantity: -0.1}, {symbol: ETH, quantity: -1}]");
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_true(isnan(got.run.book.position[0].stop_usd));
    assert_close(got.run.book.position[1].stop_usd, 61000.0, 0.0);
    assert_true(isnan(got.run.book.position[2].stop_usd));
    assemble_release(&got);
}

/* DEF-1: `margin` shows what `run` refuses. */
static void
test_insolvent_accounts_can_be_shown(void **state)
{
    assemble_setup given = ONE_POSITION("quantity: -1, entry: 40000");
    assemble_outcome got;
    (void)state;
    given.already_held = true;
    assemble_well(&given, &got);
    assert_close(rip_book_net_worth(&got.run.book, 0, got.run.market.asset), -10000.0,
                 1e-15);
    assemble_release(&got);
}

/* DEF-5: buckets may pass the wallet by written digits, and by anything in a run that
   has no isolated mode. */
static void
test_buckets_and_wallet(void **state)
{
    const assemble_setup rounded = ONE_POSITION("quantity: 1, margin: 10000.000009");
    assemble_setup cross = ONE_POSITION("quantity: 1, leverage: 2");
    assemble_outcome got;
    (void)state;
    assemble_well(&rounded, &got);
    assemble_release(&got);
    cross.run = "{paths: 1, horizon: 1h, step: 1h, modes: [cross, portfolio]}";
    assemble_well(&cross, &got);
    assert_close(got.run.book.position[0].bucket, 30000.0, 1e-15);
    assemble_release(&got);
}

static void
expect_digest(const char *got, const char *text, size_t length)
{
    char want[RIP_SHA256_HEX];
    rip_sha256 digest;

    rip_sha256_begin(&digest);
    rip_sha256_add(&digest, text, length);
    rip_sha256_end(&digest, want);
    assert_string_equal(got, want);
}

/* 10^5 positions of 30,000 accounts, rows in a scrambled order. */
static void
test_many_positions(void **state)
{
    enum { N_ACCOUNT = 30000, N_POSITION = 100000, STRIDE = 77777 };
    char *accounts = malloc((size_t)N_ACCOUNT * 32);
    char *positions = malloc((size_t)N_POSITION * 64);
    size_t a = 0, p = 0;
    assemble_outcome got;
    (void)state;
    assert_non_null(accounts);
    assert_non_null(positions);
    a += (size_t)sprintf(accounts, "id,balance\n");
    for (int i = 0; i < N_ACCOUNT; i++) {
        a += (size_t)sprintf(accounts + a, "acc%05d,%d.5\n", i, 1000000 + i);
    }
    p += (size_t)sprintf(positions, "account,symbol,kind,quantity,entry,leverage\n");
    for (int k = 0; k < N_POSITION; k++) {
        /* STRIDE and N_POSITION have no common divisor: every position comes once. */
        const int i = (int)((long)k * STRIDE % N_POSITION);
        p += (size_t)sprintf(positions + p, "acc%05d,%s,linear_perp,%s%d.25,%s,\n",
                             i % N_ACCOUNT, i % 2 == 0 ? "ETH" : "BTC",
                             i % 3 == 0 ? "-" : "", i / N_ACCOUNT,
                             i % 5 == 0 ? "3000" : "");
    }
    const assemble_setup given = WITH(accounts, positions);
    assemble_well(&given, &got);
    assert_int_equal(got.run.book.n_account, N_ACCOUNT);
    expect_digest(got.inputs.file[0].sha256, accounts, a);
    expect_digest(got.inputs.file[1].sha256, positions, p);
    assert_int_equal(got.run.book.n_position, N_POSITION);
    for (size_t i = 0; i < N_ACCOUNT; i++) {
        const rip_account *account = &got.run.book.account[i];
        double seen = 0.0;
        assert_int_equal(strtol(account->id + 3, NULL, 10), i);
        assert_true(account->wallet_usd == 1000000.5 + (double)i);
        assert_int_equal(account->n_position, i < 10000 ? 4 : 3);
        for (size_t k = 0; k < account->n_position; k++) {
            const rip_position *held =
                &got.run.book.position[account->first_position + k];
            /* Position j of the account is number i + j N_ACCOUNT of all. */
            const size_t j = (size_t)(fabs(held->quantity) - 0.25);
            const size_t number = i + j * N_ACCOUNT;
            assert_int_equal(held->asset, number % 2 == 0 ? 1 : 0);
            assert_true((held->quantity < 0.0) == (number % 3 == 0));
            assert_true(held->entry_usd == (number % 5 == 0   ? 3000.0
                                            : number % 2 == 0 ? 2500.0
                                                              : 60000.0));
            seen += exp2((double)j);
        }
        assert_true(seen == (i < 10000 ? 15.0 : 7.0));
    }
    assemble_release(&got);
    free(accounts);
    free(positions);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_of_positions),
        cmocka_unit_test(test_default_leverage_at_a_tiers_bound),
        cmocka_unit_test(test_files_equal_the_list),
        cmocka_unit_test(test_kinds_of_positions),
        cmocka_unit_test(test_files_of_all_kinds),
        cmocka_unit_test(test_two_pools_are_refused),
        cmocka_unit_test(test_stops_serve_their_side),
        cmocka_unit_test(test_insolvent_accounts_can_be_shown),
        cmocka_unit_test(test_buckets_and_wallet),
        cmocka_unit_test(test_many_positions),
    };
    return cmocka_run_group_tests_name("io_assemble_accounts", tests, assemble_begin,
                                       assemble_end);
}
