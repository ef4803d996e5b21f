/* Every figure of single accounts against a recomputation from plain trials. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "engine_plain.h"
#include "engine_wild.h"
#include "riptide/engine/fine.h"
#include "riptide/numerics/statistics.h"

enum { N_SEED = 12 };

/* Money is rounded to 2^-41 of the scale, squares to 2^-31 of its square. */
#define MONEY_TOLERANCE 1e-11

typedef struct fixture {
    rip_run run;
    plain truth;
    rip_engine *engine;
    rip_estimates got;
} fixture;

static void
set_up(fixture *self, uint64_t seed)
{
    fixture_wild_run(&self->run, seed);
    plain_run(&self->truth, &self->run);
    self->engine = plain_engine(&self->got, &self->run, 2);
}

static void
tear_down(fixture *self)
{
    rip_estimates_free(&self->got);
    rip_engine_free(self->engine);
    plain_free(&self->truth);
    rip_run_free(&self->run);
}

/* Calls check for every seed, mode and account that is not left out (DEF-5). */
typedef void check_account(const fixture *f, size_t mode, size_t account);

static void
for_each_account(check_account *check)
{
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        fixture f;
        set_up(&f, seed);
        const uint32_t *breached = plain_dataset(&f.got, "initially_breached");
        for (size_t m = 0; m < f.truth.n_mode; m++) {
            for (size_t i = 0; i < f.truth.n_account; i++) {
                if (f.run.spec.initial_breach != RIP_INITIAL_BREACH_EXCLUDE ||
                    breached[m * f.truth.n_account + i] == 0) {
                    check(&f, m, i);
                }
            }
        }
        tear_down(&f);
    }
}

static double
figure(const fixture *f, const char *name, size_t mode, size_t account)
{
    return ((const double *)plain_dataset(&f->got,
                                          name))[mode * f->truth.n_account + account];
}

static double
equity(const fixture *f, size_t account)
{
    return ((const double *)plain_dataset(&f->got, "initial_equity"))[account];
}

/* A yes or no of a trial. */
typedef bool event_of(const plain_outcome *outcome);

static bool
is_wiped(const plain_outcome *o)
{
    return o->wipeout_step != 0;
}
static bool
is_wiped_at_the_end(const plain_outcome *o)
{
    return o->terminal_wipeout;
}
static bool
is_liquidated(const plain_outcome *o)
{
    return o->liquidation_step != 0;
}
static bool
is_fully_liquidated(const plain_outcome *o)
{
    return o->fully_liquidated;
}
static bool
has_deficit(const plain_outcome *o)
{
    return o->deficit_usd > 0.0;
}

static void
check_probabilities(const fixture *f, size_t mode, size_t account)
{
    static const struct {
        const char *name;
        event_of *event;
    } table[] = {{"wipeout_probability", is_wiped},
                 {"terminal_wipeout_probability", is_wiped_at_the_end},
                 {"liquidation_probability", is_liquidated},
                 {"full_liquidation_probability", is_fully_liquidated},
                 {"deficit_probability", has_deficit}};
    const double n = (double)f->truth.n_path;
    for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        char name[64];
        double count = 0.0, lower, upper;
        for (size_t p = 0; p < f->truth.n_path; p++) {
            count += table[k].event(plain_at(&f->truth, mode, account, p)) ? 1.0 : 0.0;
        }
        rip_statistics_proportion(count, n, &lower, &upper);
        assert_true(figure(f, table[k].name, mode, account) == count / n);
        (void)strcat(strcpy(name, table[k].name), "_lower");
        assert_true(figure(f, name, mode, account) == lower);
        (void)strcat(strcpy(name, table[k].name), "_upper");
        assert_true(figure(f, name, mode, account) == upper);
    }
}

/* DEF-3, and Wilson's intervals (exact one-sided bounds at none and all). */
static void
test_probabilities(void **state)
{
    (void)state;
    for_each_account(check_probabilities);
}

static void
check_losses(const fixture *f, size_t mode, size_t account)
{
    const double n = (double)f->truth.n_path, unit = equity(f, account);
    double sum = 0.0, square = 0.0, deficit = 0.0, cause[RIP_N_CAUSE] = {0};
    const double *causes = plain_dataset(&f->got, "mean_loss_by_cause");
    double causes_sum = 0.0;
    causes += (mode * f->truth.n_account + account) * RIP_N_CAUSE;
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const plain_outcome *o = plain_at(&f->truth, mode, account, p);
        sum += o->loss_usd;
        deficit += o->deficit_usd;
        for (size_t c = 0; c < RIP_N_CAUSE; c++) {
            cause[c] += o->cause_usd[c];
        }
    }
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const double x = plain_at(&f->truth, mode, account, p)->loss_usd - sum / n;
        square += x * x;
    }
    assert_near(figure(f, "mean_loss", mode, account), sum / n, MONEY_TOLERANCE * unit);
    assert_near(figure(f, "mean_deficit", mode, account), deficit / n,
                MONEY_TOLERANCE * unit);
    assert_near(figure(f, "mean_loss_se", mode, account), sqrt(square / (n - 1.0) / n),
                1e-5 * unit / sqrt(n));
    assert_true(figure(f, "effective_paths", mode, account) == n);
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        assert_near(causes[c], cause[c] / n, MONEY_TOLERANCE * unit);
        causes_sum += causes[c];
    }
    assert_near(causes_sum, figure(f, "mean_loss", mode, account),
                10.0 * MONEY_TOLERANCE * unit);
}

static void
test_losses_and_causes(void **state)
{
    (void)state;
    for_each_account(check_losses);
}

static void
check_times(const fixture *f, size_t mode, size_t account)
{
    const size_t n_time = f->truth.n_step + 1;
    const uint32_t *counts = plain_dataset(&f->got, "time_to_liquidation_by_account");
    uint32_t want[64] = {0};
    double sum = 0.0, n = 0.0;
    assert_true(n_time <= 64);
    counts += (mode * f->truth.n_account + account) * n_time;
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const uint32_t step = plain_at(&f->truth, mode, account, p)->liquidation_step;
        if (step > 0) {
            want[step]++;
            sum += (double)step;
            n += 1.0;
        }
    }
    assert_memory_equal(counts, want, n_time * sizeof(*want));
    if (n > 0.0) {
        /* steps of one hour */
        assert_close(figure(f, "mean_time_to_liquidation", mode, account), sum / n,
                     1e-14);
    } else {
        assert_true(isnan(figure(f, "mean_time_to_liquidation", mode, account)));
    }
}

static void
test_times_to_liquidation(void **state)
{
    (void)state;
    for_each_account(check_times);
}

static void
check_histogram(const fixture *f, size_t mode, size_t account)
{
    const size_t n_bin = (size_t)f->run.outputs.histogram.bins;
    const double low = f->run.outputs.histogram.low;
    const double high = f->run.outputs.histogram.high;
    const uint32_t *counts = plain_dataset(&f->got, "loss_histogram");
    uint32_t want[256] = {0};
    assert_true(n_bin + 2 <= 256);
    counts += (mode * f->truth.n_account + account) * (n_bin + 2);
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const double x = plain_at(&f->truth, mode, account, p)->loss_usd *
                         (1.0 / equity(f, account));
        const double at = (x - low) * ((double)n_bin / (high - low));
        want[x < low                          ? 0
             : at + 1.0 > (double)n_bin + 1.0 ? n_bin + 1
                                              : (size_t)(at + 1.0)]++;
    }
    assert_memory_equal(counts, want, (n_bin + 2) * sizeof(*want));
}

static void
test_histograms(void **state)
{
    (void)state;
    for_each_account(check_histogram);
}

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Losses in ascending order; the caller frees. */
static double *
sorted(const fixture *f, size_t mode, size_t account)
{
    double *x = calloc(f->truth.n_path, sizeof(*x));
    assert_non_null(x);
    for (size_t p = 0; p < f->truth.n_path; p++) {
        x[p] = plain_at(&f->truth, mode, account, p)->loss_usd;
    }
    qsort(x, f->truth.n_path, sizeof(*x), ascending);
    return x;
}

/* Width of the fine bin that a loss of an account, mode and level falls into. */
static double
bin_width(const fixture *f, size_t mode, size_t account, size_t level, double x)
{
    const rip_accumulator *sums = rip_engine_sums(f->engine);
    const rip_section *zones = rip_accumulator_find(sums, "fine_zone");
    const rip_section *bins = rip_accumulator_find(sums, "fine_count");
    const size_t n_zone = f->truth.n_account * f->truth.n_mode * f->run.outputs.n_level;
    const size_t at =
        (account * f->truth.n_mode + mode) * f->run.outputs.n_level + level;
    const rip_fine_zone *zone = (const rip_fine_zone *)zones->data + at;
    const size_t n = bins->n_element / n_zone;
    rip_fine_place place;
    /* Also where the estimate lies in the next bin. */
    const double widest = fmax(rip_fine_edge(zone, n, 1) - zone->begin,
                               zone->end - rip_fine_edge(zone, n, n - 1));
    if (rip_fine_find(zone, n, x, &place) != RIP_FINE_INSIDE ||
        place.bin + 1 == rip_fine_bins_below_knee(zone, n)) {
        return widest;
    }
    return rip_fine_edge(zone, n, place.bin + 1) - rip_fine_edge(zone, n, place.bin);
}

static void
check_level(const fixture *f, size_t mode, size_t account, size_t l, const double *x)
{
    const size_t n_level = f->run.outputs.n_level, n = f->truth.n_path;
    const size_t at = (mode * f->truth.n_account + account) * n_level + l;
    const double *lower = plain_dataset(&f->got, "value_at_risk_lower");
    const double *upper = plain_dataset(&f->got, "value_at_risk_upper");
    const double level = f->run.outputs.level[l];
    const size_t rank = (size_t)ceil(level * (double)n * (1.0 - 1e-14));
    const double width = bin_width(f, mode, account, l, x[rank - 1]);
    const double tail = (double)n * (1.0 - level);
    double sum = (tail - (double)(n - rank)) * x[rank - 1];
    uint64_t low, high;
    for (size_t p = rank; p < n; p++) {
        sum += x[p];
    }
    rip_statistics_ranks(n, level, 0.99, &low, &high);
    assert_near(((const double *)plain_dataset(&f->got, "value_at_risk"))[at],
                x[rank - 1], width);
    assert_near(((const double *)plain_dataset(&f->got, "expected_shortfall"))[at],
                sum / tail, width);
    assert_true(lower[at] <= x[low - 1]);
    assert_true(lower[at] >=
                x[low - 1] - 2.0 * bin_width(f, mode, account, l, x[low - 1]));
    if (high <= n) {
        /* Nobody loses more than there is, but for rounding. */
        assert_true(upper[at] >= fmin(x[high - 1], equity(f, account)));
        assert_true(upper[at] <=
                    x[high - 1] + 2.0 * bin_width(f, mode, account, l, x[high - 1]));
    } else {
        assert_true(upper[at] == equity(f, account));
    }
}

static void
check_quantiles(const fixture *f, size_t mode, size_t account)
{
    double *x = sorted(f, mode, account);
    for (size_t l = 0; l < f->run.outputs.n_level; l++) {
        check_level(f, mode, account, l, x);
    }
    free(x);
}

/* VaR is the order statistic of rank ceil(level N), its interval that of binomial
   ranks, ES the Acerbi-Tasche tail mean, all within a bin. */
static void
test_quantiles_against_sorted_losses(void **state)
{
    (void)state;
    for_each_account(check_quantiles);
}

static void
check_pairs(const fixture *f, size_t mode, size_t account)
{
    const size_t n_mode = f->truth.n_mode, n_account = f->truth.n_account;
    const double n = (double)f->truth.n_path, unit = equity(f, account);
    const double *paired = plain_dataset(&f->got, "paired_wipeout");
    const double *difference = plain_dataset(&f->got, "mean_loss_difference");
    const double *error = plain_dataset(&f->got, "mean_loss_difference_se");
    for (size_t o = 0; o < n_mode; o++) {
        const size_t at = (mode * n_mode + o) * n_account + account;
        double only_first = 0.0, sum = 0.0, square = 0.0;
        if (isnan(difference[at])) {
            continue; /* the other mode leaves the account out */
        }
        for (size_t p = 0; p < f->truth.n_path; p++) {
            const plain_outcome *a = plain_at(&f->truth, mode, account, p);
            const plain_outcome *b = plain_at(&f->truth, o, account, p);
            const double x = a->loss_usd - b->loss_usd;
            only_first += is_wiped(a) && !is_wiped(b) ? 1.0 : 0.0;
            sum += x;
            square += x * x;
        }
        assert_true(paired[at] == only_first / n);
        assert_near(difference[at], sum / n, 2.0 * MONEY_TOLERANCE * unit);
        assert_near(error[at],
                    sqrt(fmax(square - sum * sum / n, 0.0) / (n * (n - 1.0))),
                    2e-5 * unit / sqrt(n));
    }
}

static void
test_pairs_of_modes(void **state)
{
    (void)state;
    for_each_account(check_pairs);
}

static void
check_batches(const fixture *f, size_t mode, size_t account)
{
    const size_t at = (mode * f->truth.n_account + account) * 64;
    const uint32_t *wipeouts = f->got.data[rip_output_find("batches", "wipeouts")];
    const uint32_t *liquidations =
        f->got.data[rip_output_find("batches", "liquidations")];
    const double *sums = f->got.data[rip_output_find("batches", "loss_sum")];
    uint32_t wiped[64] = {0}, liquidated[64] = {0};
    double loss[64] = {0};
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const plain_outcome *o = plain_at(&f->truth, mode, account, p);
        wiped[p % 64] += is_wiped(o);
        liquidated[p % 64] += is_liquidated(o);
        loss[p % 64] += o->loss_usd;
    }
    assert_memory_equal(wipeouts + at, wiped, sizeof(wiped));
    assert_memory_equal(liquidations + at, liquidated, sizeof(liquidated));
    for (size_t b = 0; b < 64; b++) {
        assert_near(sums[at + b], loss[b], 4.0 * MONEY_TOLERANCE * equity(f, account));
    }
}

static void
test_batches(void **state)
{
    (void)state;
    for_each_account(check_batches);
}

/* DEF-5: NaN and counts of 0 for whoever is left out, in that mode only. */
static void
test_who_is_left_out_has_no_figures(void **state)
{
    size_t n_left_out = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        fixture f;
        rip_run *run = &f.run;
        fixture_wild_run(run, seed);
        run->spec.initial_breach = RIP_INITIAL_BREACH_EXCLUDE;
        f.engine = plain_engine(&f.got, run, 1);
        f.truth = (plain){.n_account = run->book.n_account};
        const uint32_t *breached = plain_dataset(&f.got, "initially_breached");
        const uint32_t *histogram = plain_dataset(&f.got, "loss_histogram");
        const size_t n_bin = (size_t)run->outputs.histogram.bins + 2;
        for (size_t at = 0; at < run->spec.n_mode * run->book.n_account; at++) {
            const size_t m = at / run->book.n_account, i = at % run->book.n_account;
            const bool out = breached[at] != 0;
            uint64_t counted = 0;
            for (size_t b = 0; b < n_bin; b++) {
                counted += histogram[at * n_bin + b];
            }
            n_left_out += out;
            assert_int_equal(counted, out ? 0 : run->spec.paths);
            assert_int_equal(isnan(figure(&f, "wipeout_probability", m, i)), out);
            assert_int_equal(isnan(figure(&f, "mean_loss_se", m, i)), out);
            assert_int_equal(isnan(figure(&f, "effective_paths", m, i)), out);
            assert_true(figure(&f, "initial_maintenance", m, i) >= 0.0);
        }
        rip_estimates_free(&f.got);
        rip_engine_free(f.engine);
        rip_run_free(run);
    }
    assert_true(n_left_out > 10);
}

/* One path is a scenario, not a probability: no error, no interval. */
static void
test_one_path_has_no_errors(void **state)
{
    static const char *const none[] = {"wipeout_probability_lower",
                                       "liquidation_probability_upper",
                                       "mean_loss_se",
                                       "value_at_risk_se",
                                       "value_at_risk_lower",
                                       "value_at_risk_upper",
                                       "expected_shortfall_se",
                                       "mean_loss_difference_se",
                                       "population_wipeout_se",
                                       "population_wipeout_lower",
                                       "population_mean_loss_se",
                                       "survival_upper",
                                       "population_difference_lower"};
    rip_run run;
    plain truth;
    rip_estimates got;
    rip_engine *engine;
    const double *value;
    (void)state;
    fixture_wild_run(&run, 5);
    run.spec.paths = 1;
    run.spec.initial_breach = RIP_INITIAL_BREACH_LIQUIDATE;
    plain_run(&truth, &run);
    engine = plain_engine(&got, &run, 3);
    for (size_t k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
        assert_true(isnan(*(const double *)plain_dataset(&got, none[k])));
    }
    value = plain_dataset(&got, "value_at_risk");
    for (size_t l = 0; l < run.outputs.n_level; l++) {
        assert_near(value[l], plain_at(&truth, 0, 0, 0)->loss_usd,
                    2e-4 * *(const double *)plain_dataset(&got, "initial_equity"));
    }
    plain_free(&truth);
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_losses_and_causes),
        cmocka_unit_test(test_times_to_liquidation),
        cmocka_unit_test(test_histograms),
        cmocka_unit_test(test_quantiles_against_sorted_losses),
        cmocka_unit_test(test_pairs_of_modes),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_who_is_left_out_has_no_figures),
        cmocka_unit_test(test_one_path_has_no_errors),
    };
    return cmocka_run_group_tests_name("engine/estimate", tests, NULL, NULL);
}
