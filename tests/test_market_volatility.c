#include "support.h"

#include "riptide/market/volatility.h"

/* Two options of different assets over three steps of 12 h; the second expires with the
   last and reaches the upper bound. */
static rip_volatility_row rows[] = {
    {.asset = 0, .expiry_ms = 648000000, .volatility = 0.6},
    {.asset = 1, .expiry_ms = 129600000, .volatility = 4.9}};
static const rip_book book = {.n_volatility = 2, .volatility = rows};
static const double prices[] = {60000.0,  2500.0, 57100.5, 2612.25,
                                58012.75, 2401.0, 55000.0, 1999.5};

static void
run_path(const rip_shock_spec *shock, double *value)
{
    rip_volatility moving;
    double move[2];
    assert_int_equal(rip_volatility_init(&moving, shock, &book, 2, 3, 43200000),
                     RIP_OK);
    rip_volatility_path(&moving, 123456, prices, move, value);
    rip_volatility_free(&moving);
}

/* Contract section 2, volatility_dynamics; numbers of a separate program of a few lines
   with the generator, its inverse normal and math.exp of Python. */
static void
test_response_tenor_and_noise(void **state)
{
    const rip_shock_spec shock = {.seed = 20251010,
                                  .volatility_dynamics = {.response = -2.0,
                                                          .tenor_power = 0.4,
                                                          .vol_of_vol = 1.3}};
    static const double want[] = {0.6,
                                  4.9,
                                  0.6805933758757774,
                                  3.8364311636650443,
                                  0.6606159467577345,
                                  5.0,
                                  0.8253772284430408,
                                  5.0};
    double value[8];
    (void)state;
    run_path(&shock, value);
    for (size_t i = 0; i < 8; i++) {
        assert_close(value[i], want[i], 1e-13);
    }
}

/* Without noise a volatility is a function of the prices; the lower bound holds. */
static void
test_bounds_without_noise(void **state)
{
    const rip_shock_spec shock = {
        .volatility_dynamics = {.response = 60.0, .tenor_power = 0.0}};
    double value[8];
    (void)state;
    run_path(&shock, value);
    assert_close(value[2], 0.05, 0.0);
    assert_close(value[3], 5.0, 0.0);
    assert_close(value[4], 0.05 * pow(58012.75 / 57100.5, 60.0), 1e-13);
    assert_close(value[7], 0.05, 0.0);
}

static void
test_when_nothing_moves(void **state)
{
    const rip_book empty = {0};
    const rip_shock_spec still = {.volatility_dynamics = {.tenor_power = 0.4}};
    const rip_shock_spec noise = {.volatility_dynamics = {.vol_of_vol = 0.1}};
    const rip_shock_spec response = {.volatility_dynamics = {.response = -0.1}};
    (void)state;
    assert_false(rip_volatility_moves(&still, &book));
    assert_false(rip_volatility_moves(&noise, &empty));
    assert_true(rip_volatility_moves(&noise, &book));
    assert_true(rip_volatility_moves(&response, &book));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response_tenor_and_noise),
        cmocka_unit_test(test_bounds_without_noise),
        cmocka_unit_test(test_when_nothing_moves),
    };
    return cmocka_run_group_tests_name("market_volatility", tests, NULL, NULL);
}
