/* The forms of portfolio margin with options: they may be shy, never wrong. */
#include "margin_boxes.h"

#include <stdlib.h>

#include "margin_kinds.h"
#include "riptide/margin/curved.h"
#include "riptide/margin/scenario.h"
#include "support.h"

enum { N_RANDOM = 3000, N_BOX = 5, N_POINT = 24 };

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

/* An account of all kinds that has forms: nothing expires before the horizon. */
static void
random_account(margin_fixture *f, uint64_t *seed)
{
    double days = 30.0;
    fixture_random_kinds(f, seed);
    free(f->venue.collateral.haircut);
    f->venue.collateral.haircut = NULL;
    f->venue.portfolio.n_ladder = 0;
    f->venue.portfolio.between =
        (rip_between)(support_uniform(seed) * RIP_BETWEEN_CORRELATED);
    f->venue.portfolio.contingency.basis = 0.0;
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        f->asset[a].volatility = 0.9;
        f->asset[a].funding_rate = 0.0;
    }
    for (size_t k = 0; k < f->account.n_position; k++) {
        if (f->position[k].expiry_ms > 0) {
            days =
                fmin(days, (double)f->position[k].expiry_ms / (double)FIXTURE_DAY_MS);
        }
    }
    fixture_size_by_requirement(f, between(seed, 1.02, 3.0));
    f->state.horizon_ms =
        (uint64_t)(days * (double)FIXTURE_DAY_MS * between(seed, 0.02, 0.95));
    f->state.is_narrow = support_uniform(seed) < 0.5;
}

static void
random_point(margin_fixture *f, uint64_t *seed, const fixture_box *b)
{
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double t = fmin(1.0, fmax(0.0, between(seed, -1.0, 2.0)));
        f->price_usd[a] =
            fmin(b->high_usd[a], b->low_usd[a] + t * (b->high_usd[a] - b->low_usd[a]));
    }
    f->point.time_ms = (uint64_t)((double)f->state.horizon_ms * support_uniform(seed));
}

typedef struct tally {
    size_t n_proved, n_quiet, n_loud;
} tally;

static void
try_boxes(margin_fixture *f, uint64_t *seed, tally *count)
{
    fixture_forms all;
    if (!fixture_write_forms(f, &all)) {
        return;
    }
    for (int i = 0; i < N_BOX; i++) {
        const double down = between(seed, 0.0, 0.2), up = between(seed, 0.0, 0.25);
        const fixture_box b =
            fixture_box_about(f, i == 0 ? 0.6 : down, i == 0 ? 1.5 : up);
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

/* INS-2, MAR-6, DEF-3: `bound` never claims quiet where the step would act, at any time
   to the horizon, at time 0 and after events. */
static void
test_forms_are_safe(void **state)
{
    uint64_t seed = 31;
    tally count = {0};
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        random_account(&f, &seed);
        try_boxes(&f, &seed, &count);
        fixture_random_prices(&f, &seed, 1.25);
        f.point.time_ms = f.state.horizon_ms / 3;
        fixture_step(&f);
        try_boxes(&f, &seed, &count);
        fixture_free(&f);
    }
    print_message("proved %zu of %zu quiet boxes, %zu loud\n", count.n_proved,
                  count.n_quiet, count.n_loud);
    assert_true(count.n_loud > N_RANDOM);
    assert_true((double)count.n_proved > 0.2 * (double)count.n_quiet);
}

/* MAR-6: no form that holds at a point is above the slack, gains offset in part or
   not: closer than the sign alone. */
static void
test_forms_are_below_the_slack(void **state)
{
    uint64_t seed = 32;
    size_t n_compared = 0;
    double gap = 0.0, size = 0.0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_forms all;
        size_t n = 0;
        random_account(&f, &seed);
        if (!fixture_write_forms(&f, &all)) {
            fixture_free(&f);
            continue; /* interest is paid */
        }
        assert_true(f.state.model->bound(&f.state, all.form, &n));
        for (int j = 0; j < N_POINT; j++) {
            const fixture_box b = fixture_box_about(&f, 0.15, 0.15);
            double lowest_usd, slack_usd;
            random_point(&f, &seed, &b);
            lowest_usd = fixture_lowest(&f, all.form, n);
            fixture_assess(&f);
            slack_usd = f.bucket[0].equity_usd -
                        f.venue.trigger.ratio * f.bucket[0].maintenance_usd;
            if (isfinite(lowest_usd)) {
                assert_true(lowest_usd <= slack_usd);
                gap += slack_usd - lowest_usd;
                size += rip_margin_scenario_gross(&(rip_margin_scene){
                    .state = &f.state, .point = &f.point, .only = RIP_MARGIN_ALL});
                n_compared++;
            }
        }
        fixture_free(&f);
    }
    print_message("%zu points, forms %.2f %% of the gross notional below\n", n_compared,
                  100.0 * gap / size);
    assert_true(n_compared > 10 * N_RANDOM);
    assert_true(gap < 0.05 * size);
}

/* What has no forms says so. */
static void
test_what_is_not_bounded(void **state)
{
    double haircut[FIXTURE_ASSETS] = {0.1};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_option(&f, ETH, 1.0, (fixture_terms){true, false, 2500.0, 30.0, 0.7});
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    assert_false(rip_margin_curved_is_bounded(&f.state)); /* how long is not known */
    f.state.horizon_ms = 29 * FIXTURE_DAY_MS;
    assert_true(rip_margin_curved_is_bounded(&f.state));
    f.state.horizon_ms = 30 * FIXTURE_DAY_MS;
    assert_false(rip_margin_curved_is_bounded(&f.state)); /* it expires */
    f.state.horizon_ms = FIXTURE_DAY_MS;
    f.state.volatility_moves = true;
    assert_false(rip_margin_curved_is_bounded(&f.state));
    f.state.volatility_moves = false;
    f.venue.collateral.haircut = haircut;
    assert_false(rip_margin_curved_is_bounded(&f.state));
    f.venue.collateral.haircut = NULL;
    f.venue.portfolio.between = RIP_BETWEEN_CORRELATED;
    assert_false(rip_margin_curved_is_bounded(&f.state));
    fixture_begin(&f, RIP_MODE_CROSS);
    f.venue.portfolio.between = RIP_BETWEEN_ADD;
    f.state.horizon_ms = FIXTURE_DAY_MS;
    assert_false(rip_margin_curved_is_bounded(&f.state));
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_are_safe),
        cmocka_unit_test(test_forms_are_below_the_slack),
        cmocka_unit_test(test_what_is_not_bounded),
    };
    return cmocka_run_group_tests_name("margin/curved", tests, NULL, NULL);
}
