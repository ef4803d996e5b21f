#include "support.h"

#include <stdlib.h>

#include "riptide/numerics/black.h"

/* Values of Black (1976) by a separate program with 40 digits. INS-2 */
static void
test_values(void **state)
{
    static const struct {
        double forward, strike, deviation;
        bool is_put;
        double value;
    } rows[] = {{60000, 50000, 0.17201465372429875, true, 697.74082301186422772},
                {52137.5, 61000, 0.1273, false, 375.55935345484587925},
                {52137.5, 61000, 0.1273, true, 9238.0593534548458792},
                {2603.7, 2603.7, 0.0127, false, 13.191731742617925096},
                {100, 250, 0.2, false, 1.4621918671909323081e-5},
                {0.0722, 0.05, 1.9, true, 0.029639062328528991963},
                {95626.86, 84000, 0.01647, false, 11626.860000000000902}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_near(rip_black_value(rows[i].forward, rows[i].strike, rows[i].deviation,
                                    rows[i].is_put),
                    rows[i].value, 4e-16 * (rows[i].forward + rows[i].strike));
    }
}

static void
test_expired_option_is_worth_its_payoff(void **state)
{
    (void)state;
    assert_true(rip_black_value(52137.5, 50000.0, 0.0, false) == 2137.5);
    assert_true(rip_black_value(52137.5, 50000.0, 0.0, true) == 0.0);
    assert_true(rip_black_value(2603.7, 2700.0, 0.0, true) == 2700.0 - 2603.7);
    assert_true(rip_black_delta(2603.7, 2700.0, 0.0, true) == -1.0);
    assert_true(rip_black_delta(2603.7, 2700.0, 0.0, false) == 0.0);
}

/* Parity, bounds, growth with deviation, slope equal to delta. */
static void
test_random_options(void **state)
{
    uint64_t seed = 76;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const double forward = exp(12.0 * support_uniform(&seed) - 2.0);
        const double strike = forward * exp(3.0 * support_uniform(&seed) - 1.5);
        const double deviation = 1e-4 + 2.0 * support_uniform(&seed);
        const double call = rip_black_value(forward, strike, deviation, false);
        const double put = rip_black_value(forward, strike, deviation, true);
        const double step = 1e-4 * forward * deviation;
        const double slope =
            (rip_black_value(forward + step, strike, deviation, true) -
             rip_black_value(forward - step, strike, deviation, true)) /
            (2.0 * step);
        const double rounding = 1e-14 * (forward + strike);
        assert_near(call - put, forward - strike, rounding);
        assert_true(call >= fmax(forward - strike, 0.0) && call <= forward);
        assert_true(put >= fmax(strike - forward, 0.0) && put <= strike);
        assert_true(rip_black_value(forward, strike, 1.01 * deviation, true) >=
                    put - rounding);
        assert_near(rip_black_delta(forward, strike, deviation, true), slope, 1e-7);
        assert_near(rip_black_delta(forward, strike, deviation, false), slope + 1.0,
                    1e-7);
    }
}

/*
 * Deribit, option chains of BTC and ETH as published at four moments of 2026: forward,
 * strike, years, mark_iv (four digits), mark in coin. The venue's tick is 0.0001 coin.
 */
static const struct {
    double forward, strike, years, volatility;
    bool is_put;
    double mark;
} chain[] = {
    {96616.84, 340000, 0.197575, 0.8245, true,
     2.519162}, /* 2026-01-14T0403Z BTC-27MAR26-340000-P */
    {95866.79, 97000, 0.0442554, 0.39, false,
     0.02734058}, /* 2026-01-14T0403Z BTC-30JAN26-97000-C */
    {99098.73, 30000, 0.6958639, 0.6983, false,
     0.6995625}, /* 2026-01-14T0403Z BTC-25SEP26-30000-C */
    {95667.22, 102000, 0.00592549, 0.4591, true,
     0.06691883}, /* 2026-01-14T0403Z BTC-16JAN26-102000-P */
    {95684.72, 99000, 0.008663341, 0.3972, true,
     0.03828367}, /* 2026-01-14T0403Z BTC-17JAN26-99000-P */
    {95790.24, 91000, 0.02509045, 0.412, true,
     0.00783884}, /* 2026-01-14T0403Z BTC-23JAN26-91000-P */
    {3408.66, 2200, 0.4467195, 0.6766, false,
     0.386267}, /* 2026-01-14T0403Z ETH-26JUN26-2200-C */
    {3478.34, 7000, 0.9450083, 0.6462, false,
     0.057731}, /* 2026-01-14T0403Z ETH-25DEC26-7000-C */
    {3350.34, 3275, 0.00592549, 0.5425, true,
     0.00761}, /* 2026-01-14T0403Z ETH-16JAN26-3275-P */
    {3443.89, 6800, 0.6958639, 0.6428, true,
     1.010248}, /* 2026-01-14T0403Z ETH-25SEP26-6800-P */
    {3355.59, 6500, 0.0442554, 1.0266, true,
     0.937095}, /* 2026-01-14T0403Z ETH-30JAN26-6500-P */
    {3350.32, 2900, 0.00592549, 0.877, false,
     0.134789}, /* 2026-01-14T0403Z ETH-16JAN26-2900-C */
    {70842.27, 78000, 0.005875218, 0.7307, true,
     0.1018367}, /* 2026-02-05T0429Z BTC-7FEB26-78000-P */
    {71518.8, 92000, 0.2139519, 0.488, true,
     0.3032795}, /* 2026-02-05T0429Z BTC-24APR26-92000-P */
    {71518.8, 78000, 0.2139519, 0.4954, true,
     0.1473635}, /* 2026-02-05T0429Z BTC-24APR26-78000-P */
    {70842.27, 70000, 0.005875218, 0.7929, false,
     0.03063564}, /* 2026-02-05T0429Z BTC-7FEB26-70000-C */
    {70945.98, 92000, 0.04146728, 0.626, true,
     0.2977932}, /* 2026-02-05T0429Z BTC-20FEB26-92000-P */
    {70850.3, 82000, 0.005875218, 0.8602, true,
     0.1575828}, /* 2026-02-05T0429Z BTC-7FEB26-82000-P */
    {2129.41, 7000, 0.3864365, 0.7866, true,
     2.289594}, /* 2026-02-05T0429Z ETH-26JUN26-7000-P */
    {2111.15, 11000, 0.1372921, 1.1897, true,
     4.210304}, /* 2026-02-05T0429Z ETH-27MAR26-11000-P */
    {2100.1, 3200, 0.003137367, 1.6486, true,
     0.524477}, /* 2026-02-05T0429Z ETH-6FEB26-3200-P */
    {2129.41, 12000, 0.3864365, 0.8875, true,
     4.635955}, /* 2026-02-05T0429Z ETH-26JUN26-12000-P */
    {2100.571, 2125, 0.008613068, 0.868, true,
     0.038448}, /* 2026-02-05T0429Z ETH-8FEB26-2125-P */
    {2103.41, 2000, 0.04146728, 0.8508, true,
     0.045594}, /* 2026-02-05T0429Z ETH-20FEB26-2000-P */
    {70798.38, 75000, 0.8834293, 0.52, true,
     0.2301263}, /* 2026-02-05T1551Z BTC-25DEC26-75000-P */
    {70798.38, 70000, 0.8834293, 0.525, false,
     0.1993727}, /* 2026-02-05T1551Z BTC-25DEC26-70000-C */
    {69851.42, 140000, 0.6342848, 0.5137, false,
     0.01044055}, /* 2026-02-05T1551Z BTC-25SEP26-140000-C */
    {67837.78, 68000, 0.007317016, 0.9652, true,
     0.03410486}, /* 2026-02-05T1551Z BTC-8FEB26-68000-P */
    {69851.42, 125000, 0.6342848, 0.5099, false,
     0.01823166}, /* 2026-02-05T1551Z BTC-25SEP26-125000-C */
    {69852.37, 145000, 0.6342848, 0.5166, true,
     1.085427}, /* 2026-02-05T1551Z BTC-25SEP26-145000-P */
    {1981.11, 4200, 0.135996, 0.8912, true,
     1.121481}, /* 2026-02-05T1551Z ETH-27MAR26-4200-P */
    {1972.161, 1600, 0.007317016, 1.8836, false,
     0.195213}, /* 2026-02-05T1551Z ETH-8FEB26-1600-C */
    {1973.96, 2075, 0.04017123, 0.9346, true,
     0.104835}, /* 2026-02-05T1551Z ETH-20FEB26-2075-P */
    {1971.58, 2600, 0.004579165, 1.5516, true,
     0.318573}, /* 2026-02-05T1551Z ETH-7FEB26-2600-P */
    {1997.86, 7400, 0.3851404, 0.8534, false,
     0.002169}, /* 2026-02-05T1551Z ETH-26JUN26-7400-C */
    {1972.3, 1650, 0.02100627, 1.3385, true,
     0.017116}, /* 2026-02-05T1551Z ETH-13FEB26-1650-P */
    {77279.09, 76000, 0.0538941, 0.4049, true,
     0.0295007}, /* 2026-08-22T1533Z BTC-11SEP26-76000-P */
    {77722.61, 45000, 0.1880488, 0.6541, true,
     0.00221292}, /* 2026-08-22T1533Z BTC-30OCT26-45000-P */
    {77152.83, 85000, 0.01008848, 0.5712, false,
     0.001133}, /* 2026-08-22T1533Z BTC-26AUG26-85000-C */
    {78343.35, 64000, 0.3413684, 0.4463, false,
     0.2125297}, /* 2026-08-22T1533Z BTC-25DEC26-64000-C */
    {77151.61, 75500, 0.01008848, 0.4443, true,
     0.0089498}, /* 2026-08-22T1533Z BTC-26AUG26-75500-P */
    {78343.35, 88000, 0.3413684, 0.4138, true,
     0.1753385}, /* 2026-08-22T1533Z BTC-25DEC26-88000-P */
    {2414.6, 2650, 0.0538941, 0.5788, false,
     0.020363}, /* 2026-08-22T1533Z ETH-11SEP26-2650-C */
    {2435.15, 6000, 0.3413684, 0.7031, false,
     0.003149}, /* 2026-08-22T1533Z ETH-25DEC26-6000-C */
    {2486.8, 2700, 0.8396573, 0.5574, false,
     0.170062}, /* 2026-08-22T1533Z ETH-25JUN27-2700-C */
    {2413.91, 1300, 0.01556418, 1.6833, false,
     0.461528}, /* 2026-08-22T1533Z ETH-28AUG26-1300-C */
    {2412.7, 2520, 0.007350632, 0.6756, false,
     0.007748}, /* 2026-08-22T1533Z ETH-25AUG26-2520-C */
    {2460.32, 1400, 0.5905129, 0.6275, true,
     0.021332}, /* 2026-08-22T1533Z ETH-26MAR27-1400-P */
};
#define N_CHAIN (sizeof(chain) / sizeof(chain[0]))
#define TICK    0.0001

static int
by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value in coin is that in USD over the forward. INS-2 */
static void
test_marks_of_a_venue(void **state)
{
    double error[N_CHAIN];
    (void)state;
    for (size_t i = 0; i < N_CHAIN; i++) {
        const double deviation = chain[i].volatility * sqrt(chain[i].years);
        error[i] = fabs(rip_black_value(chain[i].forward, chain[i].strike, deviation,
                                        chain[i].is_put) /
                            chain[i].forward -
                        chain[i].mark);
        /* The worst of the 6,806 quotes these were drawn from is 23 ticks off. */
        assert_true(error[i] < 25.0 * TICK);
    }
    qsort(error, N_CHAIN, sizeof(error[0]), by_size);
    assert_true(error[N_CHAIN / 2] < TICK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_expired_option_is_worth_its_payoff),
        cmocka_unit_test(test_random_options),
        cmocka_unit_test(test_marks_of_a_venue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
