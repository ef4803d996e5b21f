/* Estimates against closed forms that share nothing with the program. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "engine_legs.h"
#include "engine_plain.h"
#include "riptide/numerics/math.h"

#define DAY_MS  86400000u
#define HOUR_MS 3600000u

/* A closed form is hit within this many standard errors. */
#define ERRORS 4.5

static double
normal_cdf(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* One long of 100 with equity to spare, over one step of three days. */
static const legs_spec HELD = {.n_leg = 1,
                               .volatility = 0.62,
                               .leverage = 1.0,
                               .maintenance_rate = 0.0127,
                               .step_ms = 3 * DAY_MS,
                               .horizon_ms = 3 * DAY_MS,
                               .paths = 20000};

typedef struct tail {
    double value, shortfall;
} tail;

/* VaR and ES of a long of 100 whose price is lognormal with mean one. */
static tail
lognormal_tail(double level)
{
    const double s = HELD.volatility * sqrt(3.0 / 365.0);
    const double z = rip_math_normal_inverse(1.0 - level);
    return (tail){.value = 100.0 * (1.0 - exp(-0.5 * s * s + s * z)),
                  .shortfall = 100.0 * (1.0 - normal_cdf(z - s) / (1.0 - level))};
}

/* Mean and standard deviation of standardised errors. */
typedef struct errors {
    size_t n, n_covered;
    double first, sum, square;
} errors;

static void
enter(errors *self, double z)
{
    self->first = self->n == 0 ? z : self->first;
    self->n++;
    self->n_covered += fabs(z) < 2.5758;
    self->sum += z;
    self->square += z * z;
}

/*
 * Within 4 standard errors at the first seed; over all seeds no bias, a spread of one
 * and 99 % covered. The standard error of the mean of 200 is 0.07, of the spread 0.05,
 * of the coverage 0.7 %; to the spread the noise of the errors themselves adds.
 */
static void
check(const errors *self, const char *name)
{
    const double n = (double)self->n, mean = self->sum / n;
    const double spread = sqrt(self->square / n - mean * mean);
    if (!(fabs(self->first) < 4.0 && fabs(mean) < 0.32 && spread > 0.78 &&
          spread < 1.22 && (double)self->n_covered / n > 0.955)) {
        fail_msg("%s: first %.2f, mean %.3f, spread %.3f, covered %zu of %zu", name,
                 self->first, mean, spread, self->n_covered, self->n);
    }
}

/* VaR and ES of a one-asset book, and their standard errors over 200 seeds. */
static void
test_value_at_risk_of_a_lognormal(void **state)
{
    static double level[] = {0.95, 0.99};
    errors value[2] = {{0}}, shortfall[2] = {{0}}, mean = {0};
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        legs_spec spec = HELD;
        rip_run run;
        rip_estimates got;
        rip_engine *engine;
        spec.seed = seed;
        fixture_legs_run(&run, &spec);
        run.spec.n_mode = 1;
        run.spec.mode[0] = RIP_MODE_CROSS;
        run.book.account[0].wallet_usd = 150.0;
        run.outputs.n_level = 2;
        run.outputs.level = level;
        engine = plain_engine(&got, &run, 1);
        for (size_t l = 0; l < 2; l++) {
            const tail want = lognormal_tail(level[l]);
            enter(&value[l],
                  (((const double *)plain_dataset(&got, "value_at_risk"))[l] -
                   want.value) /
                      ((const double *)plain_dataset(&got, "value_at_risk_se"))[l]);
            enter(
                &shortfall[l],
                (((const double *)plain_dataset(&got, "expected_shortfall"))[l] -
                 want.shortfall) /
                    ((const double *)plain_dataset(&got, "expected_shortfall_se"))[l]);
        }
        enter(&mean, *(const double *)plain_dataset(&got, "mean_loss") /
                         *(const double *)plain_dataset(&got, "mean_loss_se"));
        run.outputs.level = NULL;
        rip_estimates_free(&got);
        rip_engine_free(engine);
        rip_run_free(&run);
    }
    check(&value[0], "value at risk at 0.95");
    check(&value[1], "value at risk at 0.99");
    check(&shortfall[0], "expected shortfall at 0.95");
    check(&shortfall[1], "expected shortfall at 0.99");
    check(&mean, "mean loss");
}

/*
 * P(the price reaches a barrier within a day) for geometric Brownian motion, volatility
 * s a day: Phi((-b - v) / s) + exp(-2 v b / s^2) Phi((-b + v) / s), v = -s^2 / 2.
 */
static double
first_passage(double distance, double s)
{
    const double v = -0.5 * s * s;
    return normal_cdf((-distance - v) / s) +
           exp(-2.0 * v * distance / (s * s)) * normal_cdf((-distance + v) / s);
}

static double
liquidation_frequency(uint64_t n_step, uint64_t paths)
{
    const legs_spec spec = {.n_leg = 1,
                            .volatility = 0.666,
                            .leverage = 20.0,
                            .maintenance_rate = 0.005,
                            .step_ms = DAY_MS / n_step,
                            .horizon_ms = DAY_MS,
                            .paths = paths,
                            .seed = 7};
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    double frequency;
    fixture_legs_run(&run, &spec);
    run.spec.n_mode = 1;
    engine = plain_engine(&got, &run, 2);
    frequency = *(const double *)plain_dataset(&got, "liquidation_probability");
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
    return frequency;
}

/*
 * MAR-4, MAR-7: a 20x long at 0.5 % is liquidated at 0.95 / 0.995 of the entry, within
 * a day with probability 0.1886 if watched all the time, 0.1540 if by the hour. With n
 * looks the barrier acts as if 0.5826 s / sqrt(n) further away (Broadie, Glasserman and
 * Kou 1997), so the frequency tends to the closed form as n grows.
 */
static void
test_first_passage_of_an_isolated_long(void **state)
{
    static const uint64_t n_step[] = {24, 96, 384, 1536};
    const double s = 0.666 / sqrt(365.0), distance = -log(0.95 / 0.995);
    const double limit = first_passage(distance, s);
    double before = 1.0;
    (void)state;
    assert_near(limit, 0.1886, 5e-5);
    for (size_t k = 0; k < 4; k++) {
        const double n = (double)n_step[k], paths = 40000.0;
        const double got = liquidation_frequency(n_step[k], (uint64_t)paths);
        const double want = first_passage(distance + 0.5825971579 * s / sqrt(n), s);
        const double se = sqrt(want * (1.0 - want) / paths);
        /* The shift itself is good to a thousandth at hourly looks. */
        assert_near(got, want, ERRORS * se + (k == 0 ? 0.003 : 0.001));
        assert_true(got < limit && limit - got < before);
        before = limit - got;
    }
    assert_near(liquidation_frequency(24, 40000), 0.1540, ERRORS * 0.0018);
    assert_true(before < 0.012);
}

/* Two longs, both closed within the horizon: barriers at one standard deviation. */
static double
both_liquidated(double correlation, uint64_t paths)
{
    const uint64_t n_step = 512;
    const double s = 0.8 / sqrt(365.0);
    /* Brought nearer by what looking 512 times puts it further away. */
    const double distance = s * (1.0 - 0.5825971579 / sqrt((double)n_step));
    const legs_spec spec = {.n_leg = 2,
                            .apart = true,
                            .volatility = 0.8,
                            .drift = 0.5 * 0.8 * 0.8, /* no drift of the log price */
                            .correlation = correlation,
                            .leverage = 1.0 / (1.0 - exp(-distance)),
                            .step_ms = DAY_MS / n_step,
                            .horizon_ms = DAY_MS,
                            .paths = paths,
                            .seed = 17};
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    double both;
    fixture_legs_run(&run, &spec);
    run.spec.n_mode = 1;
    /* Who is liquidated, and nobody else, is wiped out: the joint law is in the
       histogram of shares. */
    run.spec.wipeout_threshold = 0.0;
    run.venues.distinct[0].isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    engine = plain_engine(&got, &run, 2);
    both =
        (double)((const uint64_t *)plain_dataset(&got, "wiped_share_histogram"))[101] /
        (double)paths;
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
    return both;
}

/*
 * Correlated paths and barriers together: P(both) of two driftless logs at one standard
 * deviation is 0.1669 at correlation 0.5 and 0.2225 at 0.8 (Iyengar 1985, Rebholz 1994,
 * Zhou 2001).
 */
static void
test_joint_first_passage(void **state)
{
    const double paths = 40000.0;
    (void)state;
    assert_near(both_liquidated(0.5, 40000), 0.166877,
                ERRORS * sqrt(0.139 / paths) + 5e-4);
    assert_near(both_liquidated(0.8, 40000), 0.222502,
                ERRORS * sqrt(0.173 / paths) + 5e-4);
}

/*
 * Twenty accounts, each on its own asset, wiped out with probability 5 % each, all
 * pairs correlated by 0.6: P(k of 20 wiped out together) of the one-factor normal law.
 */
static void
test_joint_wipeouts_of_twenty(void **state)
{
    static const struct {
        size_t k;
        double probability;
    } law[] = {{0, 0.71034743},
               {1, 0.11256749},
               {5, 0.015586937},
               {10, 0.0046235306},
               {20, 0.00034131621}};
    const double paths = 400000.0, s = 0.8 / sqrt(365.0);
    const double fall = exp(-0.5 * s * s - 1.6448536269514722 * s);
    const legs_spec spec = {.n_leg = 20,
                            .apart = true,
                            .volatility = 0.8,
                            .correlation = 0.6,
                            .leverage = 1.0 / (1.0 - fall),
                            .step_ms = DAY_MS,
                            .horizon_ms = DAY_MS,
                            .paths = 400000,
                            .seed = 3};
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    const uint64_t *count;
    (void)state;
    fixture_legs_run(&run, &spec);
    run.spec.n_mode = 1;
    run.spec.wipeout_threshold = 0.0;
    run.outputs.n_level = 0;
    engine = plain_engine(&got, &run, 2);
    count = plain_dataset(&got, "wiped_share_histogram");
    for (size_t i = 0; i < 5; i++) {
        const size_t k = law[i].k;
        const double p = law[i].probability;
        /* k / 20 is the lower edge of a bin of hundredths. */
        const uint64_t n = count[k == 0 ? 0 : k == 20 ? 101 : 1 + 5 * k];
        assert_near((double)n / paths, p, ERRORS * sqrt(p * (1.0 - p) / paths));
    }
    assert_near(*(const double *)plain_dataset(&got, "population_wipeout"), 0.05,
                ERRORS * *(const double *)plain_dataset(&got, "population_wipeout_se"));
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_at_risk_of_a_lognormal),
        cmocka_unit_test(test_first_passage_of_an_isolated_long),
        cmocka_unit_test(test_joint_first_passage),
        cmocka_unit_test(test_joint_wipeouts_of_twenty),
    };
    return cmocka_run_group_tests_name("engine/closed_forms", tests, NULL, NULL);
}
