#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/numerics/math.h"
#include "support.h"

#define N_RANDOM 1500
#define N_POINT  60

static double
liquidation(margin_fixture *f, size_t position)
{
    return rip_margin_price_liquidation(&f->state, &f->point, &f->scratch, position);
}

static double
bankruptcy(margin_fixture *f, size_t position)
{
    return rip_margin_price_bankruptcy(&f->state, &f->point, &f->scratch, position);
}

static double
common_move(margin_fixture *f)
{
    return rip_margin_price_common_move(&f->state, &f->point, &f->scratch);
}

/* One isolated position on an asset priced at its entry, one tier. */
static void
one_tier(margin_fixture *f, double entry_usd, double quantity, double bucket_usd,
         double rate, double deduction_usd)
{
    const double floor_usd = 0.0, most = 100.0;
    fixture_init(f);
    rip_margin_tiers_free(&f->venue.tiers[BTC]);
    assert_int_equal(rip_margin_tiers_init(&f->venue.tiers[BTC], 1, &floor_usd, &rate,
                                           &most, &deduction_usd),
                     RIP_OK);
    f->asset[BTC].price_usd = entry_usd;
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, quantity, 10.0);
    f->position[0].bucket = bucket_usd;
    fixture_begin(f, RIP_MODE_ISOLATED);
}

/* MAR-7, LP = (WB + cum - s q E) / (q mmr - s q), with cases that others published:
   freqtrade's test_get_liquidation_price (Binance; mmr and deduction 0.01), and
   positions seen on Hyperliquid (mmr = 1 / (2 maximum leverage)). */
static void
test_published_isolated(void **state)
{
    static const struct {
        double entry, quantity, bucket, rate, deduction, price, tolerance;
    } known[] = {
        {10.0, -1.0, 2.0, 0.01, 0.01, 11.89108910891089, 1e-14},
        {8.0, 1.0, 1.6, 0.01, 0.01, 6.454545454545454, 1e-14},
        {10.0, 0.6, 1.2, 0.01, 0.01, 8.063973063973064, 1e-14},
        {250.0, 0.5, 25.0, 0.05, 0.0, 210.5263157894737, 1e-14},
        {190.0, -0.5, 9.5, 0.05, 0.0, 199.04761904761904, 1e-14},
        {350.0, 1.0, 50.0, 0.05, 0.0, 315.7894736842105, 1e-14},
        {63287.0, 0.00039, 24.673292, 0.01, 0.0, 22.37166537, 1e-4},
        {68595.0, -0.00069, 23.64871, 0.01, 0.0, 101849.99354283, 1e-4},
        {145.83, 0.33, 24.045107, 0.025, 0.0, 74.83696193, 1e-4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        margin_fixture f;
        one_tier(&f, known[i].entry, known[i].quantity, known[i].bucket, known[i].rate,
                 known[i].deduction);
        assert_close(liquidation(&f, 0), known[i].price, known[i].tolerance);
        fixture_free(&f);
    }
}

/* MAR-7 in cross: other positions count by their equity and maintenance. A case of
   Gauntlet's kind: equity 5, own mmr 0.4 %, others' maintenance 4: 99.3975... */
static void
test_cross_with_others(void **state)
{
    static const double rate = 0.004, floor_usd = 0.0;
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, SOL, 1, &floor_usd, &rate);
    f.asset[SOL].price_usd = 100.0;
    (void)fixture_add(&f, SOL, RIP_KIND_LINEAR_PERP, 1.0, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -800.0 / 2603.7, 10.0);
    f.position[1].entry_usd = 2500.0; /* 31.86... lost already */
    f.account.wallet_usd = 5.0 + 800.0 / 2603.7 * 103.7;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(liquidation(&f, 0), 99.39759036144578, 1e-12);
    /* and with the first fixed: 5 - x q = 0.4 + 0.005 q (P + x) */
    assert_close(liquidation(&f, 1), 2603.7 + 0.6 / (800.0 / 2603.7 * 1.005), 1e-12);
    fixture_free(&f);
}

/* MAR-7: the tier is the one valid at the root, not at the mark; worked example of
   margin/price.h and its continuation into the second tier. */
static void
test_tier_at_the_root(void **state)
{
    static const double floor_usd[] = {0.0, 1000.0, 1250.0};
    static const double rate[] = {0.004, 0.0065, 0.02};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, ETH, 3, floor_usd, rate);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5, 10.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    /* the mark is in the third tier, the root in the second, deduction 2.5 */
    assert_close(liquidation(&f, 0), (1301.85 - 130.185 - 2.5) / (0.5 * 0.9935), 1e-14);
    f.position[0].bucket = 700.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(liquidation(&f, 0), 601.85 / (0.5 * 0.996), 1e-14);
    f.position[0].quantity = -0.4;
    f.position[0].bucket = 130.185;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    /* (130.185 + 0.4 E + 2.5 + 1250 * 0.0135) / (0.4 * 1.02); not in the second */
    assert_close(liquidation(&f, 0), (130.185 + 1041.48 + 2.5) / (0.4 * 1.0065), 1e-14);
    f.position[0].bucket = 300.0;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(liquidation(&f, 0), (300.0 + 1041.48 + 2.5 + 16.875) / (0.4 * 1.02),
                 1e-14);
    fixture_free(&f);
}

/* MAR-7: where the requirement jumps over the equity, the kink is the price. */
static void
test_root_at_a_jump(void **state)
{
    static const double floor_usd[] = {0.0, 1500.0}, rate[] = {0.004, 0.1};
    static const double most[] = {100.0, 10.0}, nothing[] = {0.0, 0.0};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    rip_margin_tiers_free(&f.venue.tiers[ETH]);
    assert_int_equal(
        rip_margin_tiers_init(&f.venue.tiers[ETH], 2, floor_usd, rate, most, nothing),
        RIP_OK);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.5, 5.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    /* 260.37 - 198.15 stay at 3,000, of which 6 or 150 are needed */
    assert_close(liquidation(&f, 0), 3000.0, 1e-14);
    fixture_free(&f);
}

/* MAR-7: the root even if the bucket is in breach already. */
static void
test_root_of_a_breached_bucket(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5, 10.0);
    f.position[0].entry_usd = 3000.0;
    for (rip_mode mode = RIP_MODE_ISOLATED; mode < RIP_N_MODE; mode++) {
        const double rate = mode == RIP_MODE_PORTFOLIO ? 0.15 : 0.005;
        f.position[0].bucket = f.account.wallet_usd = 150.0;
        fixture_begin(&f, mode);
        assert_close(liquidation(&f, 0), (1500.0 - 150.0) / (0.5 * (1.0 - rate)),
                     1e-13);
        assert_close(common_move(&f),
                     rip_math_log(1350.0 / (0.5 * (1.0 - rate)) / 2603.7), 1e-12);
    }
    fixture_free(&f);
}

/* MAR-7: null where no root lies in (0, 100 x mark). */
static void
test_no_root(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.7, 1.0);
    (void)fixture_add(&f, SOL, RIP_KIND_LINEAR_PERP, -1.1, 10.0);
    (void)fixture_add(&f, XRP, RIP_KIND_SPOT, 10.0, 1.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_true(isnan(liquidation(&f, 0))); /* at 0 only */
    assert_true(isnan(liquidation(&f, 2)));
    assert_true(isnan(bankruptcy(&f, 0)));
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(isnan(liquidation(&f, 0)));
    assert_close(liquidation(&f, 1),
                 (10000.0 - 0.005 * 0.7 * 2603.7 + 1.1 * 117.23) / (1.1 * 1.005),
                 1e-12);
    f.account.wallet_usd = 13000.0; /* beyond 100 x 117.23 */
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(isnan(liquidation(&f, 1)));
    f.held[1].status = RIP_POSITION_STOPPED;
    assert_true(isnan(liquidation(&f, 1)));
    assert_true(isnan(bankruptcy(&f, 1)));
    f.state.n_open = 0;
    assert_true(isnan(common_move(&f)));
    fixture_free(&f);
}

/* MAR-7: a book that is nearly hedged has a root on each side; the nearer is the price.
   Per USD of ETH the result moves by 0.02 and maintenance by 4.02 times a rate. */
static void
test_two_sides(void **state)
{
    static const double floor_usd[] = {0.0, 5000.0}, rate[] = {0.001, 0.02};
    margin_fixture f;
    double below_usd, above_usd;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, ETH, 2, floor_usd, rate);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.02, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -2.0, 10.0);
    f.account.wallet_usd = 50.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    /* 50 + 0.02 (S - E) = 0.001 * 4.02 S in the first tier, = 0.02 * 4.02 S - 190 above
     */
    below_usd = (0.02 * 2603.7 - 50.0) / (0.02 - 0.00402);
    above_usd = (50.0 - 0.02 * 2603.7 + 190.0) / (0.0804 - 0.02);
    assert_true(2603.7 - below_usd > above_usd - 2603.7);
    assert_close(liquidation(&f, 0), above_usd, 1e-12);
    assert_close(liquidation(&f, 1), above_usd, 1e-12);
    f.account.wallet_usd = 13.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[ETH] = 2450.0; /* the one above is at 2,496.6 */
    below_usd = (0.02 * 2603.7 - 13.0) / (0.02 - 0.00402);
    assert_close(liquidation(&f, 0), below_usd, 1e-12);
    fixture_free(&f);
}

/* MAR-7, portfolio: slack is concave, one price moves and the other is fixed. */
static void
test_portfolio(void **state)
{
    margin_fixture f;
    double other_usd;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.4, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -6.5, 10.0);
    f.venue.portfolio.between = RIP_BETWEEN_JOINT;
    f.account.wallet_usd = 4000.0;
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    other_usd = 6.5 * 2603.7;
    /* 4000 + 0.4 (S - E) = 0.15 |0.4 S - other|: below other / 0.4 */
    assert_close(liquidation(&f, 0),
                 (0.4 * 52137.5 - 4000.0 + 0.15 * other_usd) / (0.4 * 1.15), 1e-13);
    fixture_assume(&f, 0.5);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    f.price_usd[BTC] = liquidation(&f, 0);
    fixture_assess(&f);
    assert_near(f.bucket[0].equity_usd - f.bucket[0].maintenance_usd, 0.0, 1e-9);
    fixture_free(&f);
}

/* MAR-7, common move: equal log-returns; of isolated buckets the first to breach. */
static void
test_common_move(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.1, 5.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -1.5, 8.0);
    f.account.wallet_usd = 1774.94375;
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(common_move(&f), rip_math_log(1.125 / 1.005), 1e-13);
    fixture_begin(&f, RIP_MODE_CROSS);
    /* wallet + (5213.75 - 3905.55) (y - 1) = 0.005 (5213.75 + 3905.55) y: below 0 */
    assert_true(isnan(common_move(&f)));
    f.account.wallet_usd = 1000.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(common_move(&f), rip_math_log(308.2 / (1308.2 - 45.5965)), 1e-12);
    fixture_free(&f);
}

/* MAR-8: an isolated position is bankrupt where its bucket is empty. */
static void
test_bankruptcy_isolated(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.3, 4.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[ETH] = 2500.0;
    assert_close(bankruptcy(&f, 0), 2343.33, 1e-14);
    assert_close(bankruptcy(&f, 1), 2603.7 * 1.25, 1e-14);
    fixture_free(&f);
}

/* MAR-8: of a pool, equity is shared in proportion to maintenance. */
static void
test_bankruptcy_of_a_pool(void **state)
{
    margin_fixture f;
    double share, btc_usd, eth_usd;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.1, 5.0);
    f.account.wallet_usd = 1000.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(bankruptcy(&f, 0), 42137.5, 1e-14);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -1.5, 8.0);
    share = 5213.75 / (5213.75 + 3905.55);
    btc_usd = 52137.5 - share * 1000.0 / 0.1;
    eth_usd = 2603.7 + (1.0 - share) * 1000.0 / 1.5;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(bankruptcy(&f, 0), btc_usd, 1e-14);
    assert_close(bankruptcy(&f, 1), eth_usd, 1e-14);
    fixture_begin(&f, RIP_MODE_PORTFOLIO); /* each leg alone: 15 % of its notional */
    assert_close(bankruptcy(&f, 0), btc_usd, 1e-14);
    (void)fixture_add(&f, SOL, RIP_KIND_SPOT, 3.0, 1.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(bankruptcy(&f, 1), eth_usd, 1e-14);
    assert_true(isnan(bankruptcy(&f, 2))); /* needs no margin: no share */
    fixture_free(&f);
}

/* Whether the bucket of a position has slack at a price of its asset. */
static bool
is_safe_at(margin_fixture *f, size_t position, double price_usd)
{
    const size_t asset = f->position[position].asset;
    const rip_margin_bucket *own;
    bool safe;
    f->price_usd[asset] = price_usd;
    fixture_assess(f);
    own = rip_margin_bucket_of(f->bucket, f->state.model->n_bucket(&f->state),
                               &f->state, position);
    safe = own->equity_usd > own->maintenance_usd;
    f->price_usd[asset] = f->asset[asset].price_usd;
    return safe;
}

/* MAR-7: in every mode the safety of the bucket changes at the price, and nowhere
   nearer to the mark; where there is no price it changes nowhere. */
static void
test_nearest_change(void **state)
{
    uint64_t seed = 314;
    size_t n_root = 0, n_none = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        f.account.wallet_usd *= i % 3 == 0 ? 0.5 : 1.0; /* breached ones too */
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        for (size_t k = 0; k < f.account.n_position; k++) {
            const double mark_usd = f.price_usd[f.position[k].asset];
            const double root_usd = liquidation(&f, k);
            const double reach =
                isnan(root_usd) ? 100.0 : fabs(root_usd / mark_usd - 1.0);
            const bool safe = is_safe_at(&f, k, mark_usd);
            for (int j = 0; j < N_POINT; j++) {
                const double away = reach * support_uniform(&seed) * (1.0 - 1e-12);
                const double side = j % 2 == 0 && away < 1.0 ? -1.0 : 1.0;
                const double price_usd = mark_usd * (1.0 + side * away);
                assert_int_equal(is_safe_at(&f, k, fmax(price_usd, 1e-8 * mark_usd)),
                                 safe);
            }
            n_none += isnan(root_usd) ? 1 : 0;
            if (!isnan(root_usd)) {
                const double outward = root_usd > mark_usd ? 1e-10 : -1e-10;
                assert_int_equal(is_safe_at(&f, k, root_usd * (1.0 + outward)), !safe);
                n_root++;
            }
        }
        fixture_free(&f);
    }
    assert_true(n_root > N_RANDOM && n_none > N_RANDOM / 3);
}

/* MAR-8: closed at their bankruptcy prices, the positions of a pool lose its equity. */
static void
test_bankruptcy_uses_up_equity(void **state)
{
    uint64_t seed = 159;
    size_t n_whole = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double left_usd;
        bool whole = true;
        fixture_random(&f, &seed);
        fixture_begin(&f, i % 2 == 0 ? RIP_MODE_CROSS : RIP_MODE_PORTFOLIO);
        fixture_assess(&f);
        left_usd = f.bucket[0].equity_usd;
        for (size_t k = 0; k < f.account.n_position; k++) {
            const double price_usd = bankruptcy(&f, k);
            whole &= !isnan(price_usd);
            left_usd +=
                f.position[k].quantity * (price_usd - f.price_usd[f.position[k].asset]);
        }
        if (whole) {
            assert_near(left_usd, 0.0, 1e-9 * f.account.wallet_usd);
            n_whole++;
        }
        fixture_free(&f);
    }
    assert_true(n_whole > N_RANDOM / 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_isolated),
        cmocka_unit_test(test_cross_with_others),
        cmocka_unit_test(test_tier_at_the_root),
        cmocka_unit_test(test_root_at_a_jump),
        cmocka_unit_test(test_root_of_a_breached_bucket),
        cmocka_unit_test(test_no_root),
        cmocka_unit_test(test_two_sides),
        cmocka_unit_test(test_portfolio),
        cmocka_unit_test(test_common_move),
        cmocka_unit_test(test_bankruptcy_isolated),
        cmocka_unit_test(test_bankruptcy_of_a_pool),
        cmocka_unit_test(test_nearest_change),
        cmocka_unit_test(test_bankruptcy_uses_up_equity),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
