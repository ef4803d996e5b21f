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
    given.allow_insolvent = true;
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
        cmocka_unit_test(test_stops_serve_their_side),
        cmocka_unit_test(test_insolvent_accounts_can_be_shown),
        cmocka_unit_test(test_buckets_and_wallet),
        cmocka_unit_test(test_many_positions),
    };
    return cmocka_run_group_tests_name("io_assemble_accounts", tests, assemble_begin,
                                       assemble_end);
}
