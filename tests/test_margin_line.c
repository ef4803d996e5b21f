/* Lines below what positions are worth: never above it, and not far below. */
#include "margin_kinds.h"

#include <math.h>

#include "riptide/margin/line.h"
#include "riptide/margin/position.h"
#include "riptide/margin/scenario.h"
#include "support.h"

enum { N_RANDOM = 4000, N_POINT = 40 };

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

/* The worked example of margin/line.h: 100, s from 0.1 down to 0.08. */
static void
test_worked_example(void **state)
{
    const rip_margin_box box = {80.0, 100.0, 120.0};
    const rip_margin_shift none = RIP_MARGIN_SHIFT_NONE;
    margin_fixture f;
    rip_margin_line line;
    (void)state;
    fixture_init(&f);
    f.asset[SOL].price_usd = 100.0;
    /* iv 0.1 over a year, of which 0.64 are left at the horizon */
    (void)fixture_option(&f, SOL, 1.0,
                         (fixture_terms){false, false, 100.0, 365.0, 0.1});
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    f.state.horizon_ms = (uint64_t)(0.36 * 365.0 * (double)FIXTURE_DAY_MS);
    line = rip_margin_line_below(&f.state, 0, 1.0, &box, &none);
    assert_near(rip_margin_line_at(line, 100.0), 3.1907, 1e-4);
    assert_near(line.per_usd, 0.5160, 1e-4);
    line = rip_margin_line_below(&f.state, 0, -1.0, &box, &none);
    assert_near(rip_margin_line_at(line, 80.0), -0.0399, 1e-4);
    assert_near(rip_margin_line_at(line, 100.0), -10.0936, 1e-4);
    fixture_free(&f);
}

/* What a unit of a position is worth at the point after a shift, by the rules
   themselves: the value less what the scenario loses (scenario.h). */
static double
exact_value(margin_fixture *f, size_t k, const rip_scenario *shift)
{
    const rip_position *held = &f->position[k];
    const rip_margin_scene alone = {.state = &f->state, .point = &f->point, .only = k};
    const double start = held->kind == RIP_KIND_SPOT ||
                                 held->kind == RIP_KIND_LINEAR_PERP ||
                                 held->kind == RIP_KIND_LINEAR_FUTURE
                             ? held->quantity * held->entry_usd
                             : 0.0;
    double loss_usd;
    rip_margin_scenario_losses(&alone, k, 1, shift, &loss_usd);
    return rip_margin_position_result(&f->state, k, &f->point) + start - loss_usd;
}

/* INS-2, MAR-6: below the value of every kind at every price of the box, at all times
   to the horizon, after every shift; near it where nothing is curved. */
static void
test_lines_are_below(void **state)
{
    uint64_t seed = 4242;
    double gap = 0.0, size = 0.0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            f.asset[a].funding_rate = 0.0;
        }
        f.venue.portfolio.volatility_shock.pivot_days = between(&seed, 5.0, 60.0);
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        f.state.is_linear = false;
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_position *held = &f.position[k];
            const double start = f.asset[held->asset].price_usd;
            const rip_margin_box box = {start * between(&seed, 0.5, 0.98), start,
                                        start * between(&seed, 1.02, 1.8)};
            const rip_scenario shift = {.spot = between(&seed, -0.6, 0.9),
                                        .volatility =
                                            (int)(3.0 * support_uniform(&seed)) - 1};
            const rip_margin_shift moved = {
                .factor =
                    1.0 +
                    fmax(shift.spot * f.venue.portfolio.spot_range[held->asset], -0.99),
                .volatility = shift.volatility};
            rip_margin_line line;
            f.state.horizon_ms =
                (uint64_t)((double)(held->expiry_ms > 0 ? held->expiry_ms
                                                        : FIXTURE_DAY_MS) *
                           between(&seed, 0.001, 0.99));
            line = rip_margin_line_below(&f.state, k, held->quantity, &box, &moved);
            for (int j = 0; j < N_POINT; j++) {
                const double price = between(&seed, box.low_usd, box.high_usd);
                double value;
                f.price_usd[held->asset] = j == 0   ? box.low_usd
                                           : j == 1 ? box.high_usd
                                                    : price;
                f.point.time_ms =
                    (uint64_t)((double)f.state.horizon_ms *
                               (j % 3 == 0 ? 0.0 : support_uniform(&seed)));
                value = exact_value(&f, k, &shift);
                assert_true(rip_margin_line_at(line, f.price_usd[held->asset]) <=
                            value);
                gap += value - rip_margin_line_at(line, f.price_usd[held->asset]);
                size += fabs(held->quantity) *
                        (held->kind == RIP_KIND_INVERSE_PERP ? 1.0 : start);
            }
        }
        fixture_free(&f);
    }
    print_message("lines are %.2f %% of the notional below\n", 100.0 * gap / size);
    assert_true(gap < 0.05 * size);
}

/* The lowest of lines: one of them where it is so everywhere, else a chord. */
static void
test_lowest(void **state)
{
    const rip_margin_box box = {80.0, 100.0, 125.0};
    uint64_t seed = 17;
    size_t n_everywhere = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        rip_margin_line line[5], lowest;
        bool everywhere;
        for (size_t j = 0; j < 5; j++) {
            line[j].usd = i % 2 == 0 ? 0.0 : between(&seed, -50.0, 50.0);
            line[j].per_usd = between(&seed, -1.0, 1.0);
        }
        lowest = rip_margin_line_lowest(5, line, &box, &everywhere);
        n_everywhere += everywhere;
        for (int p = 0; p < N_POINT; p++) {
            const double price = everywhere ? between(&seed, 0.0, 500.0)
                                            : between(&seed, box.low_usd, box.high_usd);
            double exact = INFINITY;
            for (size_t j = 0; j < 5; j++) {
                exact = fmin(exact, rip_margin_line_at(line[j], price));
            }
            assert_true(rip_margin_line_at(lowest, price) <= exact + 1e-12);
        }
    }
    assert_true(n_everywhere >= N_RANDOM / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_example),
        cmocka_unit_test(test_lines_are_below),
        cmocka_unit_test(test_lowest),
    };
    return cmocka_run_group_tests_name("margin/line", tests, NULL, NULL);
}
