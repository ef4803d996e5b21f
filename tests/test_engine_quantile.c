/* VaR and ES from cells, against sorted losses and published error constants. */
#include "support.h"

#include <stdlib.h>

#include "riptide/engine/quantile.h"
#include "riptide/numerics/math.h"
#include "riptide/numerics/statistics.h"

static int
descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Losses, sorted descending, and the cells of a histogram of their upper part. */
typedef struct sample {
    size_t n, n_cell;
    double *loss;
    rip_quantile_cell *cell;
    double width;
} sample;

/* n_cell bins between low and high; what is above is one cell more. */
static void
make(sample *self, size_t n, double (*law)(double), double low, double high,
     size_t n_cell)
{
    uint64_t seed = 5;
    *self = (sample){.n = n, .n_cell = n_cell + 1};
    self->loss = calloc(n, sizeof(*self->loss));
    self->cell = calloc(n_cell + 1, sizeof(*self->cell));
    assert_non_null(self->loss);
    assert_non_null(self->cell);
    self->width = (high - low) / (double)n_cell;
    for (size_t i = 0; i < n; i++) {
        self->loss[i] = law(support_uniform(&seed));
    }
    qsort(self->loss, n, sizeof(*self->loss), descending);
    self->cell[0] = (rip_quantile_cell){.low = high, .high = fmax(high, self->loss[0])};
    for (size_t c = 1; c <= n_cell; c++) {
        self->cell[c].high = high - (double)(c - 1) * self->width;
        self->cell[c].low = high - (double)c * self->width;
    }
    for (size_t i = 0; i < n && self->loss[i] >= low; i++) {
        const double x = self->loss[i];
        const size_t c = x >= high ? 0 : 1 + (size_t)((high - x) / self->width);
        rip_quantile_cell *to = &self->cell[c <= n_cell ? c : n_cell];
        to->count += 1.0;
        to->sum += x;
        to->sum_square += x * x;
    }
}

static void
drop(sample *self)
{
    free(self->loss);
    free(self->cell);
}

static rip_quantile
estimate(const sample *self, double level)
{
    const rip_quantile_level at = rip_quantile_level_of(self->n, level);
    return rip_quantile_estimate(self->n_cell, self->cell, &at, 1e9);
}

static double
tail_mean(const sample *self, double level)
{
    const double tail = (double)self->n * (1.0 - level);
    const size_t n_above =
        self->n - (size_t)ceil(level * (double)self->n * (1 - 1e-14));
    double sum = (tail - (double)n_above) * self->loss[n_above];
    for (size_t i = 0; i < n_above; i++) {
        sum += self->loss[i];
    }
    return sum / tail;
}

static void
test_value_and_tail_mean_within_a_cell(void **state)
{
    static const double level[] = {0.9, 0.95, 0.9731, 0.99, 0.999};
    sample s;
    (void)state;
    make(&s, 4321, rip_math_normal_inverse, 1.0, 4.5, 97);
    for (size_t l = 0; l < 5; l++) {
        const rip_quantile q = estimate(&s, level[l]);
        const size_t n_above = s.n - (size_t)ceil(level[l] * (double)s.n);
        assert_near(q.value, s.loss[n_above], s.width);
        assert_near(q.shortfall, tail_mean(&s, level[l]), s.width);
        assert_true(q.shortfall >= q.value);
    }
    drop(&s);
}

/* The interval holds the order statistics of its ranks, and is no wider than two cells
   more. */
static void
test_interval_is_that_of_the_ranks(void **state)
{
    sample s;
    uint64_t lower, upper;
    rip_quantile q;
    (void)state;
    make(&s, 4321, rip_math_normal_inverse, 0.5, 5.0, 501);
    q = estimate(&s, 0.95);
    rip_statistics_ranks(s.n, 0.95, 0.99, &lower, &upper);
    assert_true(q.lower <= s.loss[s.n - lower]);
    assert_true(q.lower >= s.loss[s.n - lower] - 2.0 * s.width);
    assert_true(q.upper >= s.loss[s.n - upper]);
    assert_true(q.upper <= s.loss[s.n - upper] + 2.0 * s.width);
    drop(&s);
}

/* Half of the losses within a standard deviation of the rank, and within cells. */
static void
test_error_is_that_of_ranks_nearby(void **state)
{
    sample s;
    double half;
    rip_quantile q;
    (void)state;
    make(&s, 6400, rip_math_normal_inverse, 1.0, 5.0, 4001);
    q = estimate(&s, 0.999);
    /* The rank is 6394, with 6 above; its deviation is sqrt(6400 0.999 0.001) = 2.53.
     */
    half = (s.loss[3] - s.loss[9]) / 2.0;
    assert_true(q.se < half + s.width && q.upper > s.loss[1]);
    half = (s.loss[4] - s.loss[8]) / 2.0;
    assert_true(q.se > half - s.width);
    drop(&s);
}

/*
 * sqrt(n) se of ES is 4.6 at 99 % for a normal law, and 25 for Student's t of 4 degrees
 * of freedom (models.md 2.4). sqrt(n) se of VaR is sqrt(p (1 - p)) / density = 3.733.
 */
static void
test_standard_errors_of_a_normal_law(void **state)
{
    sample s;
    rip_quantile q;
    (void)state;
    make(&s, 400000, rip_math_normal_inverse, 2.0, 6.0, 8000);
    q = estimate(&s, 0.99);
    assert_close(q.shortfall_se * sqrt((double)s.n), 4.6, 0.05);
    assert_close(q.se * sqrt((double)s.n), 3.733, 0.15);
    drop(&s);
}

/* The quantile function of Student's t of 4 degrees of freedom (Shaw 2006). */
static double
student_4(double p)
{
    const double a = 4.0 * p * (1.0 - p);
    const double q = cos(acos(sqrt(a)) / 3.0) / sqrt(a);
    return copysign(2.0 * sqrt(q - 1.0), p - 0.5);
}

static void
test_standard_error_of_a_heavy_tail(void **state)
{
    sample s;
    rip_quantile q;
    (void)state;
    make(&s, 400000, student_4, 2.0, 12.0, 8000);
    q = estimate(&s, 0.99);
    /* The sample's own fourth moments are wild. */
    assert_close(q.shortfall_se * sqrt((double)s.n), 25.0, 0.25);
    drop(&s);
}

/* All losses alike, as where a bucket is lost: the cell's mean is the loss. */
static void
test_an_atom_is_found_within_its_cell(void **state)
{
    const rip_quantile_cell cell[] = {
        {.low = 2.0, .high = 3.0},
        {.count = 700.0,
         .sum = 700.0 * 1.5,
         .sum_square = 700.0 * 2.25,
         .low = 1.0,
         .high = 2.0},
    };
    const rip_quantile_level at = rip_quantile_level_of(1000, 0.99);
    const rip_quantile q = rip_quantile_estimate(2, cell, &at, 10.0);
    (void)state;
    assert_near(q.value, 1.5, 0.5);
    assert_near(q.shortfall, 1.5, 0.5);
    assert_true(q.lower <= 1.5 && q.upper >= 1.5);
}

/* An atom at the cell's end leaves no doubt. */
static void
test_an_atom_at_the_end_is_exact(void **state)
{
    const rip_quantile_cell cell[] = {
        {.count = 700.0, .sum = 700.0, .sum_square = 700.0, .low = 0.5, .high = 1.0},
    };
    const rip_quantile_level at = rip_quantile_level_of(1000, 0.95);
    (void)state;
    assert_close(rip_quantile_estimate(1, cell, &at, 1.0).value, 1.0, 1e-14);
}

/* ceil(level n), where the product of doubles misses the whole number. */
static void
test_rank_of_a_level(void **state)
{
    (void)state;
    assert_true(rip_quantile_level_of(100, 0.99).rank == 99.0);
    assert_true(rip_quantile_level_of(100, 0.95).rank == 95.0);
    assert_true(rip_quantile_level_of(101, 0.95).rank == 96.0);
    assert_true(rip_quantile_level_of(1000, 0.999).rank == 999.0);
    assert_true(rip_quantile_level_of(1, 0.95).rank == 1.0);
    assert_true(rip_quantile_level_of(20000, 0.999).rank == 19980.0);
}

static void
test_cells_that_do_not_reach_say_nothing(void **state)
{
    const rip_quantile_cell cell[] = {
        {.count = 9.0, .sum = 18.0, .sum_square = 36.0, .low = 1.0, .high = 3.0}};
    const rip_quantile_level at = rip_quantile_level_of(1000, 0.99);
    const rip_quantile q = rip_quantile_estimate(1, cell, &at, 3.0);
    (void)state;
    assert_true(isnan(q.value) && isnan(q.se) && isnan(q.shortfall));
}

/* Few paths above: the upper end is what can be lost at most. */
static void
test_upper_end_without_a_rank(void **state)
{
    sample s;
    rip_quantile_level at;
    rip_quantile q;
    (void)state;
    make(&s, 300, rip_math_normal_inverse, -1.0, 4.0, 200);
    at = rip_quantile_level_of(s.n, 0.999);
    assert_true(at.upper == 301.0);
    q = rip_quantile_estimate(s.n_cell, s.cell, &at, 17.25);
    assert_true(q.upper == 17.25);
    assert_true(q.lower < q.value);
    assert_close(q.se, (q.value - q.lower) / RIP_Z99, 1e-14);
    drop(&s);
}

static void
test_one_path_has_a_value_and_no_error(void **state)
{
    const rip_quantile_cell cell[] = {
        {.count = 1.0, .sum = 2.0, .sum_square = 4.0, .low = 2.0, .high = 2.5}};
    const rip_quantile_level at = rip_quantile_level_of(1, 0.95);
    const rip_quantile q = rip_quantile_estimate(1, cell, &at, 9.0);
    (void)state;
    assert_true(q.value == 2.0 && q.shortfall == 2.0);
    assert_true(isnan(q.se) && isnan(q.lower) && isnan(q.upper) &&
                isnan(q.shortfall_se));
}

/* Two levels that come to one path, in cells of their own: 5656.25 in [5640, 5700] and
   5652.125 in [5650, 5653]. Each stays in its cell; what says nothing stays silent. */
static void
test_levels_in_order_stay_within_their_cells(void **state)
{
    const rip_quantile silent = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    rip_quantile q[4] = {silent,
                         {.value = 5656.25,
                          .se = 3070.5,
                          .lower = 4100.0,
                          .upper = 5700.5,
                          .shortfall = 5661.0,
                          .shortfall_se = 211.75,
                          .most = 5700.0,
                          .shortfall_most = 5710.0},
                         {.value = 5652.125,
                          .se = 2791.0,
                          .shortfall = 5659.5,
                          .most = 5653.0,
                          .shortfall_most = 5660.25},
                         {.value = 5651.5,
                          .se = 2700.0,
                          .shortfall = 5672.75,
                          .most = 5800.0,
                          .shortfall_most = 5800.0}};
    (void)state;
    rip_quantile_in_order(4, q);
    assert_true(isnan(q[0].value) && isnan(q[0].shortfall));
    assert_true(q[1].value == 5653.0 && q[2].value == 5653.0 && q[3].value == 5653.0);
    assert_true(q[1].shortfall == 5660.25 && q[2].shortfall == 5660.25);
    assert_true(q[3].shortfall == 5672.75);
    assert_true(q[1].se == 3070.5 && q[1].lower == 4100.0 && q[1].upper == 5700.5 &&
                q[1].shortfall_se == 211.75 && q[2].se == 2791.0);
    rip_quantile_in_order(0, NULL);
}

/* The most that VaR and ES can be is what they are with every path of the cell at its
   upper end: ranks 96 and up of 100 are 2 of the cell [7, 8] and 3 above, 31 in all. */
static void
test_most_that_a_level_can_be(void **state)
{
    const rip_quantile_cell cell[] = {
        {.count = 3.0, .sum = 31.0, .sum_square = 321.0, .low = 8.0, .high = 20.0},
        {.count = 9.0, .sum = 66.0, .sum_square = 485.0, .low = 7.0, .high = 8.0}};
    const rip_quantile_level at = rip_quantile_level_of(100, 0.95);
    const rip_quantile q = rip_quantile_estimate(2, cell, &at, 50.0);
    (void)state;
    assert_true(q.value > 7.0 && q.value < q.most && q.most == 8.0);
    assert_close(q.shortfall_most, (31.0 + 2.0 * 8.0) / 5.0, 1e-12);
    assert_true(q.shortfall < q.shortfall_most);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_and_tail_mean_within_a_cell),
        cmocka_unit_test(test_interval_is_that_of_the_ranks),
        cmocka_unit_test(test_error_is_that_of_ranks_nearby),
        cmocka_unit_test(test_standard_errors_of_a_normal_law),
        cmocka_unit_test(test_standard_error_of_a_heavy_tail),
        cmocka_unit_test(test_an_atom_is_found_within_its_cell),
        cmocka_unit_test(test_an_atom_at_the_end_is_exact),
        cmocka_unit_test(test_rank_of_a_level),
        cmocka_unit_test(test_cells_that_do_not_reach_say_nothing),
        cmocka_unit_test(test_upper_end_without_a_rank),
        cmocka_unit_test(test_one_path_has_a_value_and_no_error),
        cmocka_unit_test(test_levels_in_order_stay_within_their_cells),
        cmocka_unit_test(test_most_that_a_level_can_be),
    };
    return cmocka_run_group_tests_name("engine/quantile", tests, NULL, NULL);
}
