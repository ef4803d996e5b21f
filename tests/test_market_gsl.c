#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "market_fixture.h"

enum { N = 48000, N_STEP = 6, N_ASSET = 3 };

static const double returns[N_STEP * N_ASSET] = {-0.2,  0.0127, -0.3, 0.01, 0.02, 0.0,
                                                 -0.05, 0.1,    0.0,  0.0,  0.3,  -0.1};

/* Figures of a path: the last increment of asset 0, the whole log-return of asset 2,
   the product of two innovations, which knows the correlation, and the product of
   neighbouring steps, which knows what they share. */
typedef struct sample {
    double last[N], whole[N], product[N], neighbours[N];
} sample;

static void
draw(const rip_shock_spec *shock, sample *s)
{
    rip_market_spec spec = market_fixture_spec(N_ASSET, 0.65);
    market_fixture f;
    spec.stress.drift = calloc(N_ASSET, sizeof(*spec.stress.drift));
    assert_non_null(spec.stress.drift);
    spec.stress.drift[2] = -0.002;
    market_fixture_begin(&f, &spec, shock, N_STEP);
    for (size_t i = 0; i < N; i++) {
        const size_t lane = i % RIP_LANES;
        if (lane == 0) {
            market_fixture_fill(&f, i / RIP_LANES);
        }
        if (f.model->gives_prices) {
            s->last[i] = rip_panel_row(&f.panel, N_STEP - 1, 0)[lane];
            s->whole[i] = rip_panel_row(&f.panel, N_STEP - 1, 2)[lane];
            s->product[i] = s->whole[i] * s->last[i];
            s->neighbours[i] = rip_panel_row(&f.panel, 2, 0)[lane];
            continue;
        }
        s->last[i] = rip_panel_row(&f.panel, N_STEP - 1, 0)[lane];
        s->whole[i] = 0.0;
        for (size_t t = 0; t < N_STEP; t++) {
            s->whole[i] += rip_panel_row(&f.panel, t, 2)[lane];
        }
        s->product[i] = market_fixture_innovation(&f, 2, 0, lane) *
                        market_fixture_innovation(&f, 2, 2, lane);
        s->neighbours[i] = fabs(market_fixture_innovation(&f, 1, 0, lane) *
                                market_fixture_innovation(&f, 2, 0, lane));
    }
    market_fixture_end(&f);
}

/* Both paths have one law: two-sample Smirnov tests, each passed by chance of 1 in 8000
   where it should fail. */
static void
check_law(rip_shock_spec shock)
{
    sample *fast = malloc(sizeof(*fast)), *slow = malloc(sizeof(*slow));
    assert_non_null(fast);
    assert_non_null(slow);
    shock.draws = RIP_DRAWS_FAST;
    draw(&shock, fast);
    shock.draws = RIP_DRAWS_GSL;
    draw(&shock, slow);
    assert_true(memcmp(fast->last, slow->last, sizeof(fast->last)) != 0);
    assert_true(market_fixture_smirnov(N, fast->last, slow->last) < 2.2);
    assert_true(market_fixture_smirnov(N, fast->whole, slow->whole) < 2.2);
    assert_true(market_fixture_smirnov(N, fast->product, slow->product) < 2.2);
    assert_true(market_fixture_smirnov(N, fast->neighbours, slow->neighbours) < 2.2);
    free(fast);
    free(slow);
}

static void
test_gaussian_has_the_same_law(void **state)
{
    (void)state;
    check_law((rip_shock_spec){.kind = RIP_SHOCK_GAUSSIAN, .seed = 1});
}

static void
test_student_t_has_the_same_law(void **state)
{
    static const rip_mixing mixings[] = {RIP_MIXING_STEP, RIP_MIXING_PERIOD,
                                         RIP_MIXING_PATH};
    (void)state;
    for (size_t m = 0; m < 3; m++) {
        check_law((rip_shock_spec){.kind = RIP_SHOCK_STUDENT_T,
                                   .seed = 2 + m,
                                   .dof = 2.1,
                                   .mixing = mixings[m],
                                   .period_steps = 4});
    }
}

static void
test_t_copula_has_the_same_law(void **state)
{
    (void)state;
    check_law((rip_shock_spec){.kind = RIP_SHOCK_STUDENT_T,
                               .seed = 6,
                               .dof = 3.3,
                               .mixing = RIP_MIXING_ASSET,
                               .period_steps = 1});
}

static void
test_replay_has_the_same_law(void **state)
{
    (void)state;
    check_law((rip_shock_spec){.kind = RIP_SHOCK_REPLAY,
                               .seed = 7,
                               .table = returns,
                               .n_given = N_STEP,
                               .residual_volatility = 0.8,
                               .residual_correlation = 0.5});
}

/* Every path has its own stream, so blocks may be drawn in any order. */
static void
test_blocks_by_address(void **state)
{
    static const rip_shock_kind kinds[] = {RIP_SHOCK_GAUSSIAN, RIP_SHOCK_STUDENT_T,
                                           RIP_SHOCK_REPLAY};
    double first[N_STEP * N_ASSET * RIP_LANES];
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
        const rip_shock_spec shock = {.kind = kinds[k],
                                      .draws = RIP_DRAWS_GSL,
                                      .seed = 8,
                                      .dof = 5.0,
                                      .table = returns,
                                      .residual_volatility = 0.8,
                                      .period_steps = 1};
        market_fixture f;
        market_fixture_begin(&f, &spec, &shock, N_STEP);
        market_fixture_fill(&f, 7);
        memcpy(first, f.panel.value, sizeof(first));
        market_fixture_fill(&f, 2);
        assert_true(memcmp(f.panel.value, first, sizeof(first)) != 0);
        market_fixture_fill(&f, 7);
        assert_memory_equal(f.panel.value, first, sizeof(first));
        market_fixture_end(&f);
    }
}

static void
test_memory_that_fails(void **state)
{
    static const rip_shock_kind kinds[] = {RIP_SHOCK_GAUSSIAN, RIP_SHOCK_REPLAY};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        rip_market_spec spec = market_fixture_spec(N_ASSET, 0.5);
        const rip_shock_spec shock = {
            .kind = kinds[k], .draws = RIP_DRAWS_GSL, .table = returns};
        market_fixture_starve(&spec, &shock);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaussian_has_the_same_law),
        cmocka_unit_test(test_student_t_has_the_same_law),
        cmocka_unit_test(test_t_copula_has_the_same_law),
        cmocka_unit_test(test_replay_has_the_same_law),
        cmocka_unit_test(test_blocks_by_address),
        cmocka_unit_test(test_memory_that_fails),
    };
    return cmocka_run_group_tests_name("market_gsl", tests, NULL, NULL);
}
