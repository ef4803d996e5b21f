/* Promises of domain.md over random accounts of all kinds. */
#include "support.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>

#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"
#include "riptide/numerics/math.h"

#include "margin_kinds.h"

#define N_RANDOM 1500

static const rip_mode modes[] = {RIP_MODE_ISOLATED, RIP_MODE_CROSS, RIP_MODE_PORTFOLIO,
                                 RIP_MODE_MIXED};

static const rip_margin_bucket *
bucket_of(const margin_fixture *f, size_t position)
{
    return rip_margin_bucket_of(f->bucket, f->state.model->n_bucket(&f->state),
                                &f->state, position);
}

/* DEF-1: whatever the mode, an account is worth the same, and loses the same while
   nothing happens; the causes sum to the loss. */
static void
test_net_worth_knows_no_mode(void **state)
{
    uint64_t seed = 2718;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        double worth_usd[4], loss_usd[4], cause_usd[RIP_N_CAUSE];
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        for (size_t m = 0; m < 4; m++) {
            const uint64_t before = seed;
            double sum_usd = 0.0;
            fixture_begin(&f, modes[m]);
            assert_close(rip_account_state_net_worth(&f.state, &f.point),
                         f.state.initial_usd, 1e-11);
            fixture_random_prices(&f, &seed, 1.6);
            seed = m < 3 ? before : seed;
            f.point.time_ms = 3 * FIXTURE_DAY_MS;
            worth_usd[m] = rip_account_state_net_worth(&f.state, &f.point);
            loss_usd[m] = rip_account_state_loss(&f.state, &f.point, cause_usd);
            for (size_t c = 0; c < RIP_N_CAUSE; c++) {
                sum_usd += cause_usd[c];
            }
            assert_close(loss_usd[m], sum_usd, 0.0);
            assert_near(f.state.initial_usd - worth_usd[m], loss_usd[m],
                        1e-9 * (fabs(worth_usd[m]) + f.state.initial_usd));
            assert_near(worth_usd[m], worth_usd[0], 1e-10 * fabs(f.state.initial_usd));
        }
        fixture_free(&f);
    }
}

/* MAR-7: the safety of a bucket changes at its liquidation price. */
static void
test_price_is_a_root(void **state)
{
    uint64_t seed = 577;
    size_t n_root = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM / 10; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        fixture_begin(&f, modes[i % 4]);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const size_t asset = f.position[k].asset;
            const double root_usd =
                rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, k);
            bool breached[2];
            for (size_t side = 0; side < 2 && !isnan(root_usd); side++) {
                f.price_usd[asset] = root_usd * (side == 0 ? 1.0 - 1e-10 : 1.0 + 1e-10);
                fixture_assess(&f);
                breached[side] = rip_margin_is_breached(&f.venue, bucket_of(&f, k));
            }
            f.price_usd[asset] = f.asset[asset].price_usd;
            if (!isnan(root_usd)) {
                assert_int_not_equal(breached[0], breached[1]);
                n_root++;
            }
        }
        fixture_free(&f);
    }
    assert_true(n_root > N_RANDOM / 10);
}

/* Section 4: with the same posted buckets, cross never breaches before the first
   isolated bucket does. Of one currency, without haircuts, options in full. */
static void
test_cross_is_never_first(void **state)
{
    uint64_t seed = 1414;
    size_t n_cross = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        bool isolated = false;
        fixture_random_kinds(&f, &seed);
        free(f.venue.collateral.haircut);
        f.venue.collateral.haircut = NULL;
        f.venue.collateral.per_currency = false;
        f.venue.collateral.long_option_value = 1.0;
        f.venue.trigger.inclusive = true;
        f.account.wallet_usd = 1.0;
        for (size_t c = 0; c < f.account.n_coin; c++) {
            f.wallet_coin[c].amount = 0.0;
        }
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_position *held = &f.position[k];
            *(held->coin_settled ? &f.wallet_coin[held->coin].amount
                                 : &f.account.wallet_usd) += held->bucket;
            /* Spot on a loan owes interest and margin by mode: not the same book. */
            if (f.position[k].kind == RIP_KIND_SPOT) {
                f.position[k].kind = RIP_KIND_LINEAR_PERP;
            }
        }
        fixture_begin(&f, RIP_MODE_ISOLATED);
        fixture_random_prices(&f, &seed, 1.8);
        const double moved_usd[FIXTURE_ASSETS] = {f.price_usd[0], f.price_usd[1],
                                                  f.price_usd[2], f.price_usd[3],
                                                  f.price_usd[4]};
        fixture_assess(&f);
        for (size_t k = 0; k < f.account.n_position; k++) {
            isolated |= rip_margin_is_breached(&f.venue, &f.bucket[k]);
        }
        fixture_begin(&f, RIP_MODE_CROSS);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            f.price_usd[a] = moved_usd[a];
        }
        fixture_assess(&f);
        if (rip_margin_is_breached(&f.venue, &f.bucket[0])) {
            assert_true(isolated);
            n_cross++;
        }
        fixture_free(&f);
    }
    assert_true(n_cross > N_RANDOM / 20);
}

/* Section 4: without offsets and contingencies the worst loss of two books together is
   not above the sum of theirs, whatever the rule; a put never raises R. */
static void
test_requirement_is_subadditive(void **state)
{
    uint64_t seed = 1618;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double whole_usd, part_usd[2];
        size_t n;
        fixture_random_kinds(&f, &seed);
        n = f.account.n_position;
        f.venue.portfolio.gain_offset = 1.0;
        f.venue.portfolio.contingency = (rip_contingency){0};
        f.venue.portfolio.between = (rip_between)(i % 4);
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        whole_usd = rip_margin_portfolio_worst(&f.state, &f.point);
        for (size_t part = 0; part < 2; part++) {
            const size_t cut = n / 2;
            for (size_t k = 0; k < n; k++) {
                f.held[k].status =
                    (k < cut) == (part == 0) ? RIP_POSITION_OPEN : RIP_POSITION_EXPIRED;
            }
            part_usd[part] = rip_margin_portfolio_worst(&f.state, &f.point);
        }
        assert_true(whole_usd <= (part_usd[0] + part_usd[1]) * (1.0 + 1e-12) + 1e-9);
        fixture_free(&f);
    }
}

/* Long and short mirror in scenarios: both sides of a book lose the same amounts with
   opposite signs. */
static void
test_scenarios_mirror(void **state)
{
    uint64_t seed = 1732;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double loss_usd[FIXTURE_SCENARIOS];
        fixture_random_kinds(&f, &seed);
        f.venue.portfolio.gain_offset = 1.0;
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        for (size_t s = 0; s < f.venue.portfolio.n_scenario; s++) {
            loss_usd[s] = rip_margin_portfolio_scenario_loss(&f.state, &f.point, s);
        }
        for (size_t k = 0; k < f.account.n_position; k++) {
            f.held[k].quantity = -f.held[k].quantity;
        }
        for (size_t s = 0; s < f.venue.portfolio.n_scenario; s++) {
            assert_near(rip_margin_portfolio_scenario_loss(&f.state, &f.point, s),
                        -loss_usd[s], 1e-9);
        }
        fixture_free(&f);
    }
}

/* Mixed: isolated buckets are as in isolated mode, and the pool as if it were alone
   with the wallet that they leave. */
static void
test_mixed_is_both(void **state)
{
    uint64_t seed = 2236;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        rip_margin_bucket alone[FIXTURE_POSITIONS + FIXTURE_ASSETS + 1];
        size_t n, n_pool = 0, n_bucket;
        fixture_random_kinds(&f, &seed);
        n = f.account.n_position;
        fixture_begin(&f, RIP_MODE_ISOLATED);
        fixture_assess(&f);
        for (size_t k = 0; k < n; k++) {
            alone[k] = f.bucket[k];
        }
        fixture_begin(&f, RIP_MODE_MIXED);
        fixture_assess(&f);
        n_bucket = f.state.model->n_bucket(&f.state);
        for (size_t k = 0; k < n; k++) {
            if (f.position[k].margin_mode == RIP_MODE_ISOLATED) {
                assert_memory_equal(&f.bucket[k], &alone[k], sizeof(alone[k]));
            } else {
                n_pool++;
                assert_int_equal(f.bucket[k].n_position, 0);
                assert_int_equal(bucket_of(&f, k)->mode, RIP_MODE_CROSS);
            }
        }
        assert_int_equal(f.state.n_open_pool, n_pool);
        assert_int_equal(f.state.pool_mode, n_pool > 0 ? RIP_MODE_CROSS : RIP_N_MODE);
        assert_true(n_bucket <= rip_margin_max_buckets(n, f.account.n_coin));
        fixture_free(&f);
    }
}

/* MAR-4, mixed: a top-up leaves the pool its initial margin: of 2,900 USD 1,042.75 are
   posted and 1,041.48 are margin of the pool; 906.75 are asked for. */
static void
test_top_up_leaves_the_pool_its_margin(void **state)
{
    const double free_usd = 2900.0 - 1042.75 - 1041.48;
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.account.wallet_usd = 2900.0;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.2, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.0, 5.0);
    f.position[0].margin_mode = RIP_MODE_ISOLATED;
    f.position[0].top_up.rule = RIP_TOP_UP_TO_INITIAL;
    f.position[1].margin_mode = RIP_MODE_CROSS;
    fixture_begin(&f, RIP_MODE_MIXED);
    f.price_usd[BTC] = 47100.0;
    fixture_step(&f);
    assert_int_equal(fixture_count(&f, RIP_EVENT_TOP_UP), 1);
    assert_close(f.held[0].bucket, 1042.75 + free_usd, 1e-13);
    assert_close(f.state.free_usd, 1041.48, 1e-12);
    f.account.wallet_usd = 3000.0; /* enough for all of it */
    fixture_begin(&f, RIP_MODE_MIXED);
    f.price_usd[BTC] = 47100.0;
    fixture_step(&f);
    assert_close(f.held[0].bucket, 1042.75 + 906.75, 1e-13);
    fixture_free(&f);
}

/* MAR-3, DEF-1: a stop lost more than the cash there was; nothing else needs margin,
   but there is none for the loan: the put goes too. */
static void
test_loan_without_margin(void **state)
{
    margin_fixture f;
    double put_usd;
    (void)state;
    fixture_init(&f);
    f.account.wallet_usd = 500.0;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.2, 50.0);
    f.position[0].stop_usd = 50000.0;
    (void)fixture_option(
        &f, BTC, 0.2,
        (fixture_terms){
            .is_put = true, .strike_usd = 50000.0, .days = 30.0, .volatility = 0.6});
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] = 49000.0;
    put_usd = rip_margin_position_result(&f.state, 1, &f.point);
    fixture_step(&f);
    assert_int_equal(f.held[0].status, RIP_POSITION_STOPPED);
    assert_int_equal(f.held[1].status, RIP_POSITION_LIQUIDATED);
    assert_close(f.state.free_usd, 500.0 - 0.2 * 3137.5 + put_usd, 1e-12);
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_worth_knows_no_mode),
        cmocka_unit_test(test_price_is_a_root),
        cmocka_unit_test(test_cross_is_never_first),
        cmocka_unit_test(test_requirement_is_subadditive),
        cmocka_unit_test(test_scenarios_mirror),
        cmocka_unit_test(test_mixed_is_both),
        cmocka_unit_test(test_top_up_leaves_the_pool_its_margin),
        cmocka_unit_test(test_loan_without_margin),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
