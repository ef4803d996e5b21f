/* Isolated and cross buckets, and when a bucket is in breach. */
#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/models.h"
#include "support.h"

#define N_RANDOM 4000

/* MAR-4: EQ_i = bucket_i + uPnL_i, against MM_i alone; the others do not matter. */
static void
test_isolated_buckets(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.0127, 5.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.75, 3.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 47000.0;
    f.price_usd[ETH] = 2700.0;
    fixture_assess(&f);
    assert_int_equal(f.state.model->n_bucket(&f.state), 2);
    assert_close(f.bucket[0].equity_usd, 0.0127 * (52137.5 / 5.0 - 5137.5), 1e-13);
    assert_close(f.bucket[0].maintenance_usd, 0.005 * 0.0127 * 47000.0, 1e-13);
    assert_close(f.bucket[0].initial_usd, 0.0127 * 47000.0 / 5.0, 1e-13);
    assert_close(f.bucket[1].equity_usd, 0.75 * (2603.7 / 3.0 - 96.3), 1e-13);
    assert_close(f.bucket[1].maintenance_usd, 0.005 * 0.75 * 2700.0, 1e-13);
    assert_int_equal(f.bucket[1].first_position, 1);
    assert_int_equal(f.bucket[1].n_position, 1);
    assert_close(rip_account_state_balance(&f.state),
                 10000.0 - 0.0127 * 52137.5 / 5.0 - 0.75 * 2603.7 / 3.0, 1e-13);
    fixture_free(&f);
}

/* MAR-5: EQ = wallet + sum uPnL, MM = sum MM_i; figures of the isolated test. */
static void
test_cross_bucket(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.0127, 5.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.75, 3.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 47000.0;
    f.price_usd[ETH] = 2700.0;
    f.funding[BTC] = 100.0;
    fixture_assess(&f);
    assert_int_equal(f.state.model->n_bucket(&f.state), 1);
    assert_close(f.bucket[0].equity_usd, 10000.0 - 0.0127 * 5237.5 - 0.75 * 96.3,
                 1e-13);
    assert_close(f.bucket[0].maintenance_usd, 0.005 * (0.0127 * 47000.0 + 2025.0),
                 1e-13);
    assert_close(f.bucket[0].initial_usd, 0.0127 * 47000.0 / 5.0 + 675.0, 1e-13);
    assert_int_equal(f.bucket[0].n_position, 2);
    fixture_free(&f);
}

/* MAR-5, with Binance's published example of a wallet with two other positions:
   109.488 BTC bought at 32,481.98, mark 31,967.27, mmr 2.5 %, deduction 16,300. */
static void
test_cross_published(void **state)
{
    static const double floor_usd[] = {0.0}, rate[] = {0.025}, most[] = {20.0};
    static const double deduction_usd[] = {16300.0};
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    rip_margin_tiers_free(&f.venue.tiers[BTC]);
    assert_int_equal(rip_margin_tiers_init(&f.venue.tiers[BTC], 1, floor_usd, rate,
                                           most, deduction_usd),
                     RIP_OK);
    k = fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 109.488, 20.0);
    f.position[k].entry_usd = 32481.98;
    f.account.wallet_usd = 1535443.01;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 31967.27;
    fixture_assess(&f);
    assert_near(f.bucket[0].maintenance_usd, 71200.81144, 1e-5);
    assert_near(f.bucket[0].equity_usd - 1535443.01, -56354.57, 1e-2);
    fixture_free(&f);
}

/* MAR-3: at equality the venue's flag decides; a ratio scales the requirement; a NaN is
   a breach; an empty bucket never is. */
static void
test_trigger(void **state)
{
    rip_venue venue = {.trigger = {.inclusive = true, .ratio = 1.0}};
    rip_margin_bucket bucket = {
        .n_position = 1, .equity_usd = 52.1375, .maintenance_usd = 52.1375};
    (void)state;
    assert_true(rip_margin_is_breached(&venue, &bucket));
    venue.trigger.inclusive = false;
    assert_false(rip_margin_is_breached(&venue, &bucket));
    bucket.equity_usd = nextafter(52.1375, 0.0);
    assert_true(rip_margin_is_breached(&venue, &bucket));
    venue.trigger.ratio = 0.9;
    assert_false(rip_margin_is_breached(&venue, &bucket));
    venue.trigger.ratio = 1.1;
    bucket.equity_usd = 57.0;
    assert_true(rip_margin_is_breached(&venue, &bucket));
    venue.trigger.ratio = 1.0;
    bucket.equity_usd = NAN;
    assert_true(rip_margin_is_breached(&venue, &bucket));
    venue.trigger.inclusive = true;
    assert_true(rip_margin_is_breached(&venue, &bucket));
    bucket = (rip_margin_bucket){.equity_usd = -1.0};
    assert_false(rip_margin_is_breached(&venue, &bucket));
}

/* DEF-5: any bucket of the state at time 0. */
static void
test_starts_in_breach(void **state)
{
    margin_fixture f;
    size_t k;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.0127, 5.0);
    k = fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.75, 10.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_false(rip_margin_starts_in_breach(&f.state, &f.point, f.bucket));
    f.position[k].entry_usd = 2603.7 * 1.25;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_true(rip_margin_starts_in_breach(&f.state, &f.point, f.bucket));
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_false(rip_margin_starts_in_breach(&f.state, &f.point, f.bucket));
    fixture_free(&f);
}

/* Every mode has its model, named by the table. */
static void
test_models(void **state)
{
    (void)state;
    for (rip_mode mode = RIP_MODE_ISOLATED; mode < RIP_N_MODE; mode++) {
        assert_int_equal(rip_margin_models_find(mode)->mode, mode);
        assert_non_null(rip_margin_models_find(mode)->doc);
    }
}

static bool
any_breached(margin_fixture *f)
{
    bool breached = false;
    fixture_assess(f);
    for (size_t b = 0; b < f->state.model->n_bucket(&f->state); b++) {
        breached |= rip_margin_is_breached(&f->venue, &f->bucket[b]);
    }
    return breached;
}

/* MAR-4, MAR-5: with the same posted buckets, cross never breaches before the first
   isolated bucket does. */
static void
test_cross_never_first(void **state)
{
    uint64_t seed = 1987;
    size_t n_both = 0, n_isolated = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double price_usd[FIXTURE_ASSETS];
        bool cross;
        fixture_random(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        fixture_random_prices(&f, &seed, 1.5);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            price_usd[a] = f.price_usd[a];
        }
        cross = any_breached(&f);
        fixture_begin(&f, RIP_MODE_ISOLATED);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            f.price_usd[a] = price_usd[a];
        }
        if (any_breached(&f)) {
            n_isolated++;
            n_both += cross;
        } else {
            assert_false(cross);
        }
        fixture_free(&f);
    }
    /* The test has seen both. */
    assert_true(n_both > 100 && n_isolated > n_both + 100);
}

/* MAR-1, MAR-4, MAR-5: a long whose price moves by -x and a short whose price moves by
   +x have the same result, and equal prices give equal margin. */
static void
test_long_short_mirror(void **state)
{
    uint64_t seed = 11;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const double move = 0.5 * support_uniform(&seed) - 0.25;
        for (rip_mode mode = RIP_MODE_ISOLATED; mode < RIP_N_MODE; mode++) {
            margin_fixture f;
            double result_usd[2], maintenance_usd[2];
            fixture_random(&f, &seed);
            f.account.n_position = f.book.n_position = 1;
            f.position[0].kind = RIP_KIND_LINEAR_PERP;
            f.position[0].entry_usd = f.asset[f.position[0].asset].price_usd;
            for (size_t side = 0; side < 2; side++) {
                const size_t asset = f.position[0].asset;
                fixture_begin(&f, mode);
                f.price_usd[asset] *= side == 0 ? 1.0 + move : 1.0 - move;
                fixture_assess(&f);
                result_usd[side] = f.bucket[0].equity_usd;
                f.price_usd[asset] = f.asset[asset].price_usd;
                fixture_assess(&f);
                maintenance_usd[side] = f.bucket[0].maintenance_usd;
                f.position[0].quantity = -f.position[0].quantity;
            }
            assert_close(result_usd[0], result_usd[1], 1e-12);
            if (mode != RIP_MODE_PORTFOLIO) { /* extra scenarios have a side */
                assert_close(maintenance_usd[0], maintenance_usd[1], 0.0);
            }
            fixture_free(&f);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isolated_buckets),
        cmocka_unit_test(test_cross_bucket),
        cmocka_unit_test(test_cross_published),
        cmocka_unit_test(test_trigger),
        cmocka_unit_test(test_starts_in_breach),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_cross_never_first),
        cmocka_unit_test(test_long_short_mirror),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
