#include "support.h"

#include <stdlib.h>

#include "riptide/account/book.h"

static const rip_asset market[] = {{.symbol = "BTC", .price_usd = 52137.5},
                                   {.symbol = "ETH", .price_usd = 2500.25}};

static const rip_position positions[] = {
    {.asset = 1, .quantity = -4.0, .entry_usd = 2400.0, .bucket = 960.0},
    {.asset = 0, .quantity = 0.0127, .entry_usd = 60000.0, .bucket = 76.2},
    {.asset = 1,
     .kind = RIP_KIND_SPOT,
     .quantity = 2.0,
     .entry_usd = 2500.25,
     .bucket = 5000.5}};

static rip_account accounts[] = {
    {.id = "a", .wallet_usd = 1000.0, .first_position = 0, .n_position = 1},
    {.id = "b", .wallet_usd = 7000.0, .first_position = 1, .n_position = 2}};

/* DEF-1: wallet + sum quantity (mark - entry), in every mode and for spot alike. */
static void
test_net_worth(void **state)
{
    rip_position copy[3] = {positions[0], positions[1], positions[2]};
    const rip_book book = {
        .n_account = 2, .n_position = 3, .account = accounts, .position = copy};
    (void)state;
    assert_close(rip_book_net_worth(&book, 0, market), 1000.0 - 4.0 * 100.25, 1e-15);
    /* 0.0127 (52137.5 - 60000) = -99.85375; coins bought at the mark change nothing. */
    assert_close(rip_book_net_worth(&book, 1, market), 7000.0 - 99.85375, 1e-14);
}

static void
test_buckets(void **state)
{
    rip_position copy[3] = {positions[0], positions[1], positions[2]};
    const rip_book book = {
        .n_account = 2, .n_position = 3, .account = accounts, .position = copy};
    (void)state;
    assert_close(rip_book_buckets(&book, 0), 960.0, 0.0);
    assert_close(rip_book_buckets(&book, 1), 5076.7, 1e-15);
}

static void
test_free_accepts_an_empty_book(void **state)
{
    rip_book book = {0};
    (void)state;
    rip_book_free(&book);
    book.account = calloc(1, sizeof(*book.account));
    book.position = calloc(1, sizeof(*book.position));
    book.n_account = book.n_position = 1;
    rip_book_free(&book);
    assert_null(book.account);
    assert_null(book.position);
    assert_int_equal(book.n_account, 0);
}

static void
test_names_of_kinds(void **state)
{
    (void)state;
    assert_string_equal(rip_book_kind_name(RIP_KIND_SPOT), "spot");
    assert_string_equal(rip_book_kind_name(RIP_KIND_LINEAR_PERP), "linear_perp");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_worth),
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_free_accepts_an_empty_book),
        cmocka_unit_test(test_names_of_kinds),
    };
    return cmocka_run_group_tests_name("account_book", tests, NULL, NULL);
}
