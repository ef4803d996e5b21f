/* The forms by which the engine screens: they may be shy, never wrong. */
#include "margin_fixture.h"

#include <stdlib.h>

#include <gsl/gsl_errno.h>

#include "riptide/margin/form.h"
#include "riptide/numerics/math.h"
#include "support.h"

#define N_RANDOM 3000
#define N_BOX    6
#define N_POINT  24

/* Prices and funding indices between two ends, by asset. */
typedef struct box {
    double low_usd[FIXTURE_ASSETS], high_usd[FIXTURE_ASSETS];
    double low_paid[FIXTURE_ASSETS], high_paid[FIXTURE_ASSETS];
} box;

typedef struct forms {
    rip_margin_form form[FIXTURE_FORMS];
    double number[FIXTURE_FORMS][3 * FIXTURE_POSITIONS];
    uint32_t asset[FIXTURE_FORMS][FIXTURE_POSITIONS];
    size_t n;
} forms;

/* What the engine does: forms of the mode, of stops and of the wipeout test. */
static bool
write_forms(const margin_fixture *f, forms *out)
{
    size_t n_margin = 0, n_step = 0;
    for (size_t i = 0; i < FIXTURE_FORMS; i++) {
        out->form[i] =
            (rip_margin_form){.asset = out->asset[i],
                              .weight = out->number[i],
                              .cap_usd = out->number[i] + FIXTURE_POSITIONS,
                              .funding_weight = out->number[i] + 2 * FIXTURE_POSITIONS};
    }
    out->n = 0;
    if (!f->state.model->bound(&f->state, out->form, &n_margin) ||
        !rip_margin_step_bound(&f->state, &f->rules, out->form + n_margin, &n_step)) {
        return false;
    }
    assert_true(n_margin <= f->state.model->n_form(&f->state));
    assert_true(n_step <= f->account.n_position + 1);
    out->n = n_margin + n_step;
    return true;
}

/* The promise of margin/margin.h, read literally. */
static bool
form_is_positive(const rip_margin_form *form, const box *b)
{
    double value_usd = form->constant_usd;
    assert_true(form->n_term <= FIXTURE_POSITIONS);
    for (size_t k = 0; k < form->n_term; k++) {
        const uint32_t asset = form->asset[k];
        const double weight = form->weight[k], paid = form->funding_weight[k];
        if (weight < 0.0 && b->high_usd[asset] > form->cap_usd[k]) {
            return false;
        }
        value_usd +=
            weight * (weight < 0.0 ? b->high_usd[asset]
                                   : fmin(b->low_usd[asset], form->cap_usd[k]));
        value_usd -= fmax(paid * b->low_paid[asset], paid * b->high_paid[asset]);
    }
    return value_usd > 0.0;
}

static bool
is_proved_quiet(const forms *all, const box *b)
{
    for (size_t i = 0; i < all->n; i++) {
        if (!form_is_positive(&all->form[i], b)) {
            return false;
        }
    }
    return true;
}

/* A box about the start: moves of up to `span`, with a width of its own. */
static box
random_box(const margin_fixture *f, uint64_t *seed, double span)
{
    const double reach = rip_math_log(span);
    box b;
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
random_point(margin_fixture *f, uint64_t *seed, const box *b)
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

/* Whether the step leaves the account alone. */
static bool
step_is_quiet(const margin_fixture *from)
{
    margin_fixture f = *from;
    f.state.held = f.held;
    f.point.price_usd = f.price_usd;
    f.point.funding = f.funding;
    f.sink.context = &f;
    f.rules.sink = &f.sink;
    f.n_event = 0;
    fixture_step(&f);
    return f.n_event == 0;
}

typedef struct tally {
    size_t n_proved, n_quiet, n_loud;
} tally;

/* Boxes of a state: what is proved quiet is quiet at every point that is tried. */
static void
try_boxes(margin_fixture *f, uint64_t *seed, double span, tally *count)
{
    forms all;
    if (!write_forms(f, &all)) {
        return;
    }
    for (int i = 0; i < N_BOX; i++) {
        const box b = random_box(f, seed, i == 0 ? 4.0 : span);
        const bool proved = is_proved_quiet(&all, &b);
        bool quiet = true;
        for (int j = 0; j < N_POINT; j++) {
            random_point(f, seed, &b);
            if (!step_is_quiet(f)) {
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

/* Gives the account a wallet of a multiple of its requirement. */
static void
size_by_requirement(margin_fixture *f, double multiple)
{
    fixture_begin(f, RIP_MODE_PORTFOLIO);
    fixture_assess(f);
    f->account.wallet_usd +=
        multiple * f->bucket[0].maintenance_usd - f->bucket[0].equity_usd;
    fixture_begin(f, RIP_MODE_PORTFOLIO);
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
        size_by_requirement(&f, 1.02 + 0.6 * support_uniform(&seed));
        try_boxes(&f, &seed, 1.05, &count);
        fixture_free(&f);
    }
    print_message("proved %zu of %zu quiet boxes, %zu loud\n", count.n_proved,
                  count.n_quiet, count.n_loud);
    assert_true(count.n_loud > N_RANDOM);
    assert_true((double)count.n_proved > 0.7 * (double)count.n_quiet);
}

static box
box_about(const margin_fixture *f, double down, double up)
{
    box b = {0};
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        b.low_usd[a] = (1.0 - down) * f->asset[a].price_usd;
        b.high_usd[a] = (1.0 + up) * f->asset[a].price_usd;
    }
    return b;
}

/* MAR-6: five equal longs whose equity is 1.25 of maintenance, as in worked example 4:
   a breach is 3.3 % away, and a box of +-1 % is proved; beyond the box nothing is. */
static void
test_box_of_correlated(void **state)
{
    margin_fixture f;
    forms all;
    box b;
    (void)state;
    fixture_init(&f);
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        (void)fixture_add(&f, a, RIP_KIND_LINEAR_PERP, 1000.0 / f.asset[a].price_usd,
                          10.0);
    }
    fixture_assume(&f, 0.5);
    f.rules.wipeout_threshold = 0.0;
    size_by_requirement(&f, 1.25);
    assert_true(write_forms(&f, &all));
    b = box_about(&f, 0.01, 0.01);
    assert_true(is_proved_quiet(&all, &b));
    b = box_about(&f, 0.034, 0.0);
    assert_false(is_proved_quiet(&all, &b));
    b = box_about(&f, -0.6, 0.6); /* all up by 60 %: quiet, but outside the box */
    assert_false(is_proved_quiet(&all, &b));
    size_by_requirement(&f, 8.0); /* far away the sum serves, at all prices */
    assert_true(write_forms(&f, &all));
    assert_true(is_proved_quiet(&all, &b));
    fixture_free(&f);
}

/* MAR-5: a nearly hedged book whose requirement overtakes it high above the start: the
   guards refuse those prices. Nothing else does. */
static void
test_guard_of_cross(void **state)
{
    static const double floor_usd[] = {0.0, 8500.0}, rate[] = {0.001, 0.02};
    margin_fixture f;
    forms all;
    box b;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, ETH, 2, floor_usd, rate);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 2.02, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -2.0, 10.0);
    f.account.wallet_usd = 50.0;
    f.rules.wipeout_threshold = 0.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(write_forms(&f, &all));
    b = box_about(&f, -0.45, 0.45);
    assert_true(is_proved_quiet(&all, &b));
    b = box_about(&f, -3.0, 3.0);
    f.price_usd[ETH] = b.low_usd[ETH];
    assert_false(step_is_quiet(&f));
    assert_false(is_proved_quiet(&all, &b));
    fixture_free(&f);
}

/* INS-1: an account that pays interest is never quiet. An empty one always is. */
static void
test_bound_of_interest(void **state)
{
    for (rip_mode mode = RIP_MODE_ISOLATED; mode < RIP_N_MODE; mode++) {
        margin_fixture f;
        forms all;
        size_t n;
        (void)state;
        fixture_init(&f);
        f.market.borrow_rate_usd = 0.1;
        (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 5.0, 2.0);
        fixture_begin(&f, mode);
        assert_false(write_forms(&f, &all));
        assert_false(f.state.model->bound(&f.state, all.form, &n));
        assert_false(rip_margin_step_bound(&f.state, &f.rules, all.form, &n));
        f.held[0].status = RIP_POSITION_STOPPED;
        f.state.n_open = 0;
        assert_true(f.state.model->bound(&f.state, all.form, &n));
        assert_int_equal(n, 0);
        fixture_free(&f);
    }
}

/* Section 3: a stop is quiet up to its price, and no further. */
static void
test_bound_of_stops(void **state)
{
    for (int side = -1; side <= 1; side += 2) {
        margin_fixture f;
        forms all;
        box b;
        (void)state;
        fixture_init(&f);
        (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5 * side, 2.0);
        f.position[0].stop_usd = 2603.7 * (1.0 - 0.1 * side);
        fixture_begin(&f, RIP_MODE_CROSS);
        assert_true(write_forms(&f, &all));
        b = box_about(&f, 0.0999999, 0.0999999);
        assert_true(is_proved_quiet(&all, &b));
        b = box_about(&f, 0.1, 0.1);
        assert_false(is_proved_quiet(&all, &b));
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
        forms all;
        fixture_random(&f, &seed);
        f.account.n_position = 1 + (size_t)i % 2 * (f.account.n_position - 1);
        fixture_begin(&f, (rip_mode)(i % RIP_N_MODE));
        assert_true(write_forms(&f, &all));
        for (size_t k = 0; k < f.account.n_position; k++) {
            const size_t asset = f.position[k].asset;
            const double root_usd =
                rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, k);
            for (int j = -8; j <= 8 && root_usd > 0.0; j++) {
                box b = {0};
                f.price_usd[asset] = root_usd * (1.0 + j * 0x1p-52);
                for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
                    b.low_usd[a] = b.high_usd[a] = f.price_usd[a];
                }
                if (!step_is_quiet(&f)) {
                    n_breached++;
                    assert_false(is_proved_quiet(&all, &b));
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
        cmocka_unit_test(test_bound_of_correlated),
        cmocka_unit_test(test_box_of_correlated),
        cmocka_unit_test(test_guard_of_cross),
        cmocka_unit_test(test_bound_of_interest),
        cmocka_unit_test(test_bound_of_stops),
        cmocka_unit_test(test_bound_at_the_edge),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
