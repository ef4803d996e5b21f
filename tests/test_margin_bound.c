/* The forms by which the engine screens: they may be shy, never wrong. */
#include "margin_boxes.h"

#include <gsl/gsl_errno.h>

#include "riptide/numerics/math.h"

#include "margin_kinds.h"
#include "support.h"

#define N_RANDOM 3000
#define N_BOX    6
#define N_POINT  24

/* A box about the start: moves of up to `span`, with a width of its own. */
static fixture_box
random_box(const margin_fixture *f, uint64_t *seed, double span)
{
    const double reach = rip_math_log(span);
    fixture_box b;
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double middle = reach * (2.0 * support_uniform(seed) - 1.0);
        const double width = 0.2 * reach * support_uniform(seed);
        const double price_usd = f->asset[a].price_usd;
        b.low_usd[a] = price_usd * rip_math_exp(middle - width);
        b.high_usd[a] = price_usd * rip_math_exp(middle + width);
        b.low_paid[a] = price_usd * 0.002 * (support_uniform(seed) - 0.5);
        b.high_paid[a] = b.low_paid[a] + price_usd * 0.001 * support_uniform(seed);
    }
    return b;
}

/* Corners and inner points alike. */
static void
random_point(margin_fixture *f, uint64_t *seed, const fixture_box *b)
{
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double where = 3.0 * support_uniform(seed) - 1.0;
        const double t = fmin(1.0, fmax(0.0, where));
        const double u = support_uniform(seed) < 0.5 ? 0.0 : 1.0;
        f->price_usd[a] =
            fmin(b->high_usd[a], b->low_usd[a] + t * (b->high_usd[a] - b->low_usd[a]));
        f->funding[a] = u < 0.5 ? b->low_paid[a] : b->high_paid[a];
    }
}

typedef struct tally {
    size_t n_proved, n_quiet, n_loud;
} tally;

/* Boxes of a state: what is proved quiet is quiet at every point that is tried. */
static void
try_boxes(margin_fixture *f, uint64_t *seed, double span, tally *count)
{
    fixture_forms all;
    if (!fixture_write_forms(f, &all)) {
        return;
    }
    for (int i = 0; i < N_BOX; i++) {
        const fixture_box b = random_box(f, seed, i == 0 ? 4.0 : span);
        const bool proved = fixture_is_proved_quiet(&all, &b);
        bool quiet = true;
        for (int j = 0; j < N_POINT; j++) {
            random_point(f, seed, &b);
            if (!fixture_step_is_quiet(f)) {
                quiet = false;
                assert_false(proved);
            }
        }
        count->n_proved += proved;
        count->n_quiet += quiet;
        count->n_loud += !quiet;
    }
}

/* MAR-3 to MAR-6, DEF-3: `bound` never claims quiet where the step would act, for
   states at time 0 and after events. The share of quiet boxes that it proves is
   measured. */
static void
bound_is_safe(rip_mode mode, double least_share)
{
    uint64_t seed = 600 + mode;
    tally count = {0};
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        fixture_begin(&f, mode);
        try_boxes(&f, &seed, 1.3, &count);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            f.price_usd[a] = f.asset[a].price_usd;
            f.funding[a] = 0.0;
        }
        fixture_random_prices(&f, &seed, 1.25);
        fixture_step(&f);
        try_boxes(&f, &seed, 1.3, &count);
        fixture_free(&f);
    }
    print_message("proved %zu of %zu quiet boxes, %zu loud\n", count.n_proved,
                  count.n_quiet, count.n_loud);
    assert_true(count.n_loud > N_RANDOM / 10);
    assert_true((double)count.n_proved > least_share * (double)count.n_quiet);
}

static void
test_bound_of_isolated(void **state)
{
    (void)state;
    bound_is_safe(RIP_MODE_ISOLATED, 0.5);
}

static void
test_bound_of_cross(void **state)
{
    (void)state;
    bound_is_safe(RIP_MODE_CROSS, 0.5);
}

static void
test_bound_of_portfolio(void **state)
{
    (void)state;
    bound_is_safe(RIP_MODE_PORTFOLIO, 0.5);
}

/* MAR-6, `correlated`: accounts near their requirement, where the norm is bounded by
   its tangent in a box. */
static void
test_bound_of_correlated(void **state)
{
    uint64_t seed = 555;
    tally count = {0};
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        f.venue.portfolio.between = RIP_BETWEEN_CORRELATED;
        fixture_size_by_requirement(&f, 1.02 + 0.6 * support_uniform(&seed));
        try_boxes(&f, &seed, 1.05, &count);
        fixture_free(&f);
    }
    print_message("proved %zu of %zu quiet boxes, %zu loud\n", count.n_proved,
                  count.n_quiet, count.n_loud);
    assert_true(count.n_loud > N_RANDOM);
    assert_true((double)count.n_proved > 0.6 * (double)count.n_quiet);
}

/* MAR-2, MAR-5, MAR-3 to MAR-6 of accounts of all kinds on venues with other terms, in
   all modes: where there are forms they are safe, and linear accounts mostly have
   them. */
static void
test_bound_of_terms(void **state)
{
    uint64_t seed = 707;
    tally linear = {0}, other = {0};
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const bool is_linear = i % 4 != 3;
        margin_fixture f;
        if (is_linear) {
            fixture_random(&f, &seed);
            fixture_random_terms(&f, &seed);
        } else {
            fixture_random_kinds(&f, &seed);
        }
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        try_boxes(&f, &seed, 1.3, is_linear ? &linear : &other);
        fixture_free(&f);
    }
    print_message("proved %zu of %zu quiet boxes, %zu loud; others %zu\n",
                  linear.n_proved, linear.n_quiet, linear.n_loud, other.n_proved);
    assert_true(linear.n_loud > N_RANDOM);
    assert_true((double)linear.n_proved > 0.7 * (double)linear.n_quiet);
}

/* Equity less the trigger [USD] of the bucket that is nearest to it. */
static double
lowest_slack(margin_fixture *f)
{
    double lowest_usd = INFINITY;
    fixture_assess(f);
    for (size_t b = 0; b < f->state.model->n_bucket(&f->state); b++) {
        if (f->bucket[b].n_position > 0 && !f->bucket[b].needs_none) {
            lowest_usd = fmin(lowest_usd, f->bucket[b].equity_usd -
                                              f->venue.trigger.ratio *
                                                  f->bucket[b].maintenance_usd);
        }
    }
    return lowest_usd;
}

/* Tries the forms of a mode at points: far below and above the start. */
static void
compare_with_slack(margin_fixture *f, uint64_t *seed, bool exact)
{
    fixture_forms all;
    size_t n = 0;
    assert_true(fixture_write_forms(f, &all));
    assert_true(f->state.model->bound(&f->state, all.form, &n));
    for (int j = 0; j < N_POINT; j++) {
        double tiny_usd = 1e-10 * fabs(f->account.wallet_usd), lowest_usd;
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            f->price_usd[a] = f->asset[a].price_usd;
            f->funding[a] = f->price_usd[a] * 0.01 * (support_uniform(seed) - 0.5);
        }
        fixture_random_prices(f, seed, j % 3 == 0 ? 5.0 : 1.4);
        for (size_t k = 0; k < f->account.n_position; k++) {
            tiny_usd += 1e-10 * fabs(f->position[k].quantity) *
                        f->price_usd[f->position[k].asset];
        }
        lowest_usd = fixture_lowest(f, all.form, n);
        if (isfinite(lowest_usd)) {
            assert_true(lowest_usd <= lowest_slack(f) + tiny_usd);
        }
        if (exact) {
            assert_near(lowest_usd, lowest_slack(f), tiny_usd);
        }
    }
}

/* MAR-4, MAR-5, MAR-6: the lowest form, where nothing refuses, is no higher than the
   slack: closer than the sign alone. */
static void
test_forms_are_below_the_slack(void **state)
{
    uint64_t seed = 808;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        if (i % 2 == 0) {
            f.venue.portfolio.between = RIP_BETWEEN_CORRELATED;
        }
        fixture_size_by_requirement(&f, 1.02 + 3.0 * support_uniform(&seed));
        for (rip_mode mode = RIP_MODE_ISOLATED; mode < RIP_N_MODE; mode++) {
            fixture_begin(&f, mode);
            compare_with_slack(&f, &seed, false);
        }
        fixture_free(&f);
    }
}

/* MAR-6: of `add`, `joint` and `offset` it is the slack, at all prices. */
static void
test_forms_of_portfolio_are_exact(void **state)
{
    uint64_t seed = 809;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random(&f, &seed);
        f.venue.portfolio.between = (rip_between)(i % RIP_BETWEEN_CORRELATED);
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        compare_with_slack(&f, &seed, true);
        fixture_free(&f);
    }
}

/* MAR-7: at the liquidation price itself, some roundings to either side. */
static void
test_bound_at_the_edge(void **state)
{
    uint64_t seed = 98;
    size_t n_breached = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_forms all;
        fixture_random(&f, &seed);
        f.account.n_position = 1 + (size_t)i % 2 * (f.account.n_position - 1);
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        assert_true(fixture_write_forms(&f, &all));
        for (size_t k = 0; k < f.account.n_position; k++) {
            const size_t asset = f.position[k].asset;
            const double root_usd =
                rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, k);
            for (int j = -8; j <= 8 && root_usd > 0.0; j++) {
                fixture_box b = {0};
                f.price_usd[asset] = root_usd * (1.0 + j * 0x1p-52);
                for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
                    b.low_usd[a] = b.high_usd[a] = f.price_usd[a];
                }
                if (!fixture_step_is_quiet(&f)) {
                    n_breached++;
                    assert_false(fixture_is_proved_quiet(&all, &b));
                }
            }
            f.price_usd[asset] = f.asset[asset].price_usd;
        }
        fixture_free(&f);
    }
    assert_true(n_breached > N_RANDOM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound_of_isolated),
        cmocka_unit_test(test_bound_of_cross),
        cmocka_unit_test(test_bound_of_portfolio),
        cmocka_unit_test(test_bound_of_terms),
        cmocka_unit_test(test_bound_of_correlated),
        cmocka_unit_test(test_forms_are_below_the_slack),
        cmocka_unit_test(test_forms_of_portfolio_are_exact),
        cmocka_unit_test(test_bound_at_the_edge),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
