/* Where the fine histograms are put, against fully sorted losses. */
#include "support.h"

#include <stdlib.h>

#include "engine_fixture.h"
#include "riptide/engine/fine.h"
#include "riptide/engine/pilot.h"
#include "riptide/numerics/statistics.h"

enum { N = 1024 }; /* pilot paths */

typedef struct fixture {
    rip_run run;
    rip_sums sums;
    rip_pilot pilot;
} fixture;

static int
set_up(void **state)
{
    static const bool excluded[3];
    fixture *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    fixture_single_run(&self->run, 0.6, 1.0, 150.0, 50.0, 0.005);
    assert_int_equal(rip_sums_init(&self->sums, &self->run, excluded), RIP_OK);
    assert_int_equal(rip_pilot_init(&self->pilot, &self->run), RIP_OK);
    assert_int_equal(self->pilot.n_path, N);
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    fixture *self = *state;
    rip_pilot_free(&self->pilot);
    rip_sums_free(&self->sums);
    rip_run_free(&self->run);
    free(self);
    return 0;
}

static int
ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Fills the losses by a pattern, places the zones and compares with sorting. */
static void
check(fixture *self, float (*pattern)(size_t, uint64_t *))
{
    static const double level[] = {0.95, 0.99, 0.999};
    uint64_t seed = 3;
    float sorted[N];
    for (size_t at = 0; at < 3; at++) {
        for (size_t p = 0; p < N; p++) {
            self->pilot.loss[at * N + p] = pattern(p, &seed);
        }
    }
    for (size_t p = 0; p < N; p++) {
        sorted[p] = self->pilot.loss[p];
    }
    qsort(sorted, N, sizeof(*sorted), ascending);
    rip_pilot_place(&self->pilot, &self->run, &self->sums);
    for (size_t l = 0; l < 3; l++) {
        const rip_fine_zone *zone = &self->sums.fine_zone[l];
        const double spread = 5.0 * sqrt(N * level[l] * (1.0 - level[l])) + 2.0;
        const double low = floor(level[l] * N - spread),
                     high = ceil(level[l] * N + spread);
        const double pad = 0x1p-20 * 150.0;
        assert_true(zone->begin == (double)sorted[(size_t)low] - pad);
        assert_true(zone->begin < zone->knee && zone->knee <= zone->end);
        if (high < N) {
            assert_true(zone->knee == (double)sorted[(size_t)high] + pad);
            assert_true(zone->end == zone->knee);
        } else {
            assert_true(zone->knee > (double)sorted[N - 1]);
            assert_true(zone->end == fmax(150.0, (double)sorted[N - 1]) + pad);
        }
    }
}

static float
random_loss(size_t p, uint64_t *seed)
{
    (void)p;
    return (float)(150.0 * (support_uniform(seed) - 0.5));
}
static float
rising(size_t p, uint64_t *seed)
{
    (void)seed;
    return (float)p * 0.1f;
}
static float
falling(size_t p, uint64_t *seed)
{
    (void)seed;
    return 100.0f - (float)p * 0.1f;
}
static float
constant(size_t p, uint64_t *seed)
{
    (void)p;
    (void)seed;
    return 50.0f;
}
/* Many paths lose the bucket, the rest little. */
static float
two_values(size_t p, uint64_t *seed)
{
    (void)p;
    return support_uniform(seed) < 0.06 ? 50.0f : -1.5f;
}

static void
test_zones_are_order_statistics(void **state)
{
    fixture *self = *state;
    check(self, random_loss);
    check(self, rising);
    check(self, falling);
    check(self, constant);
    check(self, two_values);
}

/* The zone is so wide that the run's quantile is in it, at any number of paths. */
static void
test_zone_holds_the_quantile_of_the_law(void **state)
{
    fixture *self = *state;
    uint64_t seed = 8;
    for (size_t trial = 0; trial < 300; trial++) {
        for (size_t p = 0; p < 3 * N; p++) {
            self->pilot.loss[p] = (float)support_uniform(&seed);
        }
        rip_pilot_place(&self->pilot, &self->run, &self->sums);
        for (size_t l = 0; l < 9; l++) {
            const double q = self->run.outputs.level[l % 3];
            assert_true(self->sums.fine_zone[l].begin < q);
            assert_true(q < self->sums.fine_zone[l].end);
        }
    }
}

/* engine/sums.h: half a bin is about a tenth of the standard error of VaR, for an
   exponential tail at 20,000 paths. */
static void
test_bins_are_fine_enough(void **state)
{
    fixture *self = *state;
    uint64_t seed = 21;
    double ratio = 0.0;
    for (size_t p = 0; p < 3 * N; p++) {
        self->pilot.loss[p] = (float)(-5.0 * log(support_uniform(&seed)));
    }
    rip_pilot_place(&self->pilot, &self->run, &self->sums);
    for (size_t l = 0; l < 9; l++) {
        const double level = self->run.outputs.level[l % 3];
        const rip_fine_zone *zone = &self->sums.fine_zone[l];
        const double bin = rip_fine_edge(zone, self->sums.n_fine, 1) - zone->begin;
        /* sqrt(p (1 - p) / N) / density, the density being (1 - p) / 5 */
        const double se =
            5.0 * sqrt(level / (1.0 - level) / (double)self->run.spec.paths);
        assert_true(0.5 * bin < 0.25 * se);
        ratio += 0.5 * bin / se / 9.0;
    }
    assert_true(ratio < 0.12);
}

/* The 99 % interval of few paths is in the zone, whose end is all that can be lost. */
static void
test_few_paths(void **state)
{
    static const bool excluded[3];
    rip_run run;
    rip_sums sums;
    rip_pilot pilot;
    (void)state;
    fixture_single_run(&run, 0.6, 1.0, 150.0, 50.0, 0.005);
    run.spec.paths = 7;
    assert_int_equal(rip_sums_init(&sums, &run, excluded), RIP_OK);
    assert_int_equal(rip_pilot_init(&pilot, &run), RIP_OK);
    for (size_t p = 0; p < 21; p++) {
        pilot.loss[p] = (float)(p % 7);
    }
    rip_pilot_place(&pilot, &run, &sums);
    for (size_t l = 0; l < 3; l++) {
        uint64_t lower, upper;
        rip_statistics_ranks(7, run.outputs.level[l], 0.99, &lower, &upper);
        assert_true(sums.fine_zone[l].begin < (double)lower - 1.0);
        assert_true(sums.fine_zone[l].end > 150.0);
    }
    rip_pilot_free(&pilot);
    rip_sums_free(&sums);
    rip_run_free(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_zones_are_order_statistics, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_zone_holds_the_quantile_of_the_law, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_bins_are_fine_enough, set_up, tear_down),
        cmocka_unit_test(test_few_paths),
    };
    return cmocka_run_group_tests_name("engine/pilot", tests, NULL, NULL);
}
