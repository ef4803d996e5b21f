/* Worked examples 1, 2 and 4 of domain.md section 9, through the engine. */
#include "support.h"

#include <stdlib.h>

#include "engine_legs.h"
#include "engine_plain.h"

#define HOUR_MS 3600000u

/* Five equal longs, no costs, volatility 0.8, 72 hours by the hour, 0.5 %, 10x. */
static const legs_spec FIVE = {.n_leg = 5,
                               .volatility = 0.8,
                               .leverage = 10.0,
                               .maintenance_rate = 0.005,
                               .step_ms = HOUR_MS,
                               .horizon_ms = 72 * HOUR_MS,
                               .paths = 40000,
                               .seed = 4};

/* Prices of the only path; time 0 and one step. */
static void
give(rip_run *run, double *prices)
{
    run->spec.paths = 1;
    run->shock.kind = RIP_SHOCK_GIVEN;
    run->shock.table = prices;
    run->shock.n_given = 1;
}

static double
figure(const rip_estimates *got, const char *name, size_t mode)
{
    return ((const double *)plain_dataset(got, name))[mode];
}

/* Example 1: 10,000, long 5,000 at 10x, 0.5 %, no fees, one step of -20 %. */
static void
test_first_example(void **state)
{
    double prices[] = {100.0, 80.0};
    legs_spec spec = FIVE;
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    (void)state;
    spec.n_leg = 1;
    spec.horizon_ms = spec.step_ms;
    fixture_legs_run(&run, &spec);
    run.book.account[0].wallet_usd = 10000.0;
    run.book.position[0].quantity = 50.0;
    run.book.position[0].bucket = 500.0;
    give(&run, prices);
    engine = plain_engine(&got, &run, 1);
    assert_close(figure(&got, "mean_loss", 0), 500.0, 1e-9);
    assert_close(figure(&got, "mean_deficit", 0), 500.0, 1e-9);
    assert_true(figure(&got, "full_liquidation_probability", 0) == 1.0);
    assert_true(figure(&got, "wipeout_probability", 0) == 0.0);
    assert_close(figure(&got, "mean_loss", 1), 1000.0, 1e-9);
    assert_true(figure(&got, "liquidation_probability", 1) == 0.0);
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
}

/* Example 1: with 30,000 at 3x one step of -40 % loses all, with a deficit of 2,000;
   cross breaches near -33 %. */
static void
test_first_example_at_3x(void **state)
{
    static const double fall[] = {-0.40, -0.336, -0.329};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        double prices[] = {100.0, 100.0 * (1.0 + fall[k])};
        legs_spec spec = FIVE;
        rip_run run;
        rip_estimates got;
        rip_engine *engine;
        spec.n_leg = 1;
        spec.horizon_ms = spec.step_ms;
        fixture_legs_run(&run, &spec);
        run.book.account[0].wallet_usd = 10000.0;
        run.book.position[0].quantity = 300.0;
        run.book.position[0].bucket = 10000.0;
        give(&run, prices);
        engine = plain_engine(&got, &run, 1);
        assert_true(figure(&got, "liquidation_probability", 1) == (k < 2 ? 1.0 : 0.0));
        assert_near(figure(&got, "mean_deficit", 1),
                    k == 0   ? 2000.0
                    : k == 1 ? 80.0
                             : 0.0,
                    1e-6);
        assert_near(figure(&got, "mean_loss", 1), k < 2 ? 10000.0 : 9870.0, 1e-6);
        rip_estimates_free(&got);
        rip_engine_free(engine);
        rip_run_free(&run);
    }
}

/* Example 2: 5x long BTC and 3x short ETH, isolated; ETH doubles in one step. The ETH
   bucket is gone, the BTC bucket is as it was. */
static void
test_second_example(void **state)
{
    double prices[] = {100.0, 100.0, 100.0, 200.0};
    legs_spec spec = FIVE;
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    (void)state;
    spec.n_leg = 2;
    spec.horizon_ms = spec.step_ms;
    fixture_legs_run(&run, &spec);
    run.book.position[0].bucket = 20.0;
    run.book.position[1].quantity = -1.0;
    run.book.position[1].bucket = 100.0 / 3.0;
    run.book.account[0].wallet_usd = 20.0 + 100.0 / 3.0;
    give(&run, prices);
    engine = plain_engine(&got, &run, 1);
    assert_close(figure(&got, "mean_loss", 0), 100.0 / 3.0, 1e-9);
    assert_close(figure(&got, "mean_deficit", 0), 200.0 / 3.0, 1e-9);
    assert_true(figure(&got, "liquidation_probability", 0) == 1.0);
    assert_true(figure(&got, "full_liquidation_probability", 0) == 0.0);
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
}

typedef struct promise {
    double liquidation[2], wipeout[2]; /* isolated, cross */
} promise;

static promise
five_at(double correlation)
{
    legs_spec spec = FIVE;
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    promise p;
    spec.correlation = correlation;
    fixture_legs_run(&run, &spec);
    run.spec.n_mode = 2;
    engine = plain_engine(&got, &run, 2);
    for (size_t m = 0; m < 2; m++) {
        p.liquidation[m] = figure(&got, "liquidation_probability", m);
        p.wipeout[m] = figure(&got, "wipeout_probability", m);
    }
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
    return p;
}

/*
 * Example 4: as the true correlation goes to one, P(a forced close) falls under
 * isolated
 * (.41 -> .15), rises under cross (.07 -> .15) and they meet; wipeout rises in both
 * (.04 -> .18, .08 -> .18). Two digits, and 4.5 standard errors of 40,000 paths.
 */
static void
test_fourth_example(void **state)
{
    const promise half = five_at(0.5), most = five_at(0.9), one = five_at(1.0);
    (void)state;
    assert_near(half.liquidation[0], 0.41, 0.016);
    assert_near(half.liquidation[1], 0.07, 0.011);
    assert_near(half.wipeout[0], 0.04, 0.010);
    assert_near(half.wipeout[1], 0.08, 0.011);
    assert_near(one.liquidation[0], 0.15, 0.013);
    assert_near(one.wipeout[0], 0.18, 0.014);
    /* All legs are one: the modes meet, path by path. */
    assert_true(one.liquidation[0] == one.liquidation[1]);
    assert_true(one.wipeout[0] == one.wipeout[1]);
    assert_true(half.liquidation[0] > most.liquidation[0] + 0.02);
    assert_true(most.liquidation[0] > one.liquidation[0] + 0.02);
    assert_true(half.liquidation[1] < most.liquidation[1]);
    assert_true(half.wipeout[0] < most.wipeout[0] && most.wipeout[0] < one.wipeout[0]);
}

static double
deficit_at(double correlation)
{
    legs_spec spec = FIVE;
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    double probability;
    spec.correlation = correlation;
    spec.step_ms = 24 * HOUR_MS;
    spec.horizon_ms = spec.step_ms;
    spec.paths = 1000000;
    fixture_legs_run(&run, &spec);
    run.spec.n_mode = 1;
    run.spec.mode[0] = RIP_MODE_PORTFOLIO;
    /* IM(0) = equity: 0.15 sqrt(5 + 20 C) = 0.581 of one leg's notional at C = 0.5. */
    run.book.account[0].wallet_usd = 100.0 * 0.15 * sqrt(15.0);
    engine = plain_engine(&got, &run, 2);
    assert_close(figure(&got, "initial_margin", 0), 58.09475, 1e-6);
    probability = figure(&got, "deficit_probability", 0);
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
    return probability;
}

/* Example 4, MAR-6, LIQ-6: what a correlated selloff takes beyond the requirement,
   P(deficit) 7e-5 -> 5e-4 -> 1.6e-3 at 0.5, 0.75, 1. */
static void
test_fourth_example_under_portfolio_margin(void **state)
{
    (void)state;
    assert_near(deficit_at(0.5), 7e-5, 5e-6 + 4.5 * 8.4e-6);
    assert_near(deficit_at(0.75), 5e-4, 5e-5 + 4.5 * 2.2e-5);
    assert_near(deficit_at(1.0), 1.6e-3, 5e-5 + 4.5 * 4e-5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_example),
        cmocka_unit_test(test_first_example_at_3x),
        cmocka_unit_test(test_second_example),
        cmocka_unit_test(test_fourth_example),
        cmocka_unit_test(test_fourth_example_under_portfolio_margin),
    };
    return cmocka_run_group_tests_name("engine/examples", tests, NULL, NULL);
}
