/* Every figure of the population against a recomputation from plain trials. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "engine_totals.h"
#include "engine_wild.h"
#include "riptide/numerics/statistics.h"

enum { N_SEED = 12 };

#define MONEY_TOLERANCE 1e-11 /* of the population's equity */

typedef void check_mode(const totals *f, size_t mode);

static void
for_each_mode(check_mode *check)
{
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        totals f;
        totals_init(&f, seed);
        for (size_t m = 0; m < f.truth.n_mode; m++) {
            check(&f, m);
        }
        totals_free(&f);
    }
}

static const double *
figures(const totals *f, const char *name)
{
    return plain_dataset(&f->got, name);
}

/* Mean and standard error over paths. */
typedef struct moments {
    double mean, se;
} moments;

static moments
moments_of(size_t n, const double *x)
{
    double sum = 0.0, square = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    for (size_t i = 0; i < n; i++) {
        square += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    }
    return (moments){.mean = sum / (double)n,
                     .se = sqrt(square / ((double)n - 1.0) / (double)n)};
}

static moments
share_moments(const totals *f, size_t mode, totals_event which, size_t by_step)
{
    double *x = totals_doubles(f->truth.n_path);
    moments got;
    for (size_t p = 0; p < f->truth.n_path; p++) {
        x[p] = totals_share(f, mode, p, which, by_step);
    }
    got = moments_of(f->truth.n_path, x);
    free(x);
    return got;
}

/* The interval of a share over n paths whose standard error is by path. */
static void
interval(const totals *f, double n, moments x, double *lower, double *upper)
{
    const double variance = x.mean * (1.0 - x.mean);
    const double most = n * f->weight;
    const double mean = fabs(x.mean - 1.0) < 1e-14 ? 1.0 : x.mean;
    const double effective = mean == 0.0 || mean == 1.0
                                 ? n
                                 : fmin(variance / fmax(x.se * x.se, 1e-30), most);
    rip_statistics_proportion(mean * effective, effective, lower, upper);
}

static void
check_shares(const totals *f, size_t mode)
{
    static const char *const name[] = {
        "population_wipeout", "population_terminal_wipeout", "population_liquidation",
        "population_full_liquidation", "population_deficit"};
    for (size_t k = 0; k < 5; k++) {
        const moments want = share_moments(f, mode, (totals_event)k, f->truth.n_step);
        double lower, upper;
        char key[64];
        interval(f, (double)f->truth.n_path, want, &lower, &upper);
        assert_near(figures(f, name[k])[mode], want.mean, 1e-12);
        (void)strcat(strcpy(key, name[k]), "_se");
        assert_near(figures(f, key)[mode], want.se, 1e-12);
        (void)strcat(strcpy(key, name[k]), "_lower");
        assert_near(figures(f, key)[mode], lower, 1e-9);
        (void)strcat(strcpy(key, name[k]), "_upper");
        assert_near(figures(f, key)[mode], upper, 1e-9);
    }
}

/* The unit of error is the path, not the account. */
static void
test_shares(void **state)
{
    (void)state;
    for_each_mode(check_shares);
}

static void
check_times(const totals *f, size_t mode)
{
    const size_t n_time = f->truth.n_step + 1;
    for (size_t t = 0; t < n_time; t++) {
        const size_t at = mode * n_time + t;
        const moments closed = share_moments(f, mode, TOTALS_LIQUIDATED, t);
        const moments wiped = share_moments(f, mode, TOTALS_WIPED, t);
        double lower, upper;
        interval(f, (double)f->truth.n_path, closed, &lower, &upper);
        assert_near(figures(f, "survival")[at], 1.0 - closed.mean, 1e-12);
        assert_near(figures(f, "survival_lower")[at], 1.0 - upper, 1e-9);
        assert_near(figures(f, "survival_upper")[at], 1.0 - lower, 1e-9);
        assert_near(figures(f, "wiped_by")[at], wiped.mean, 1e-12);
        interval(f, (double)f->truth.n_path, wiped, &lower, &upper);
        assert_near(figures(f, "wiped_by_lower")[at], lower, 1e-9);
        assert_near(figures(f, "wiped_by_upper")[at], upper, 1e-9);
    }
}

static void
test_survival_and_wiped_by(void **state)
{
    (void)state;
    for_each_mode(check_times);
}

/* Exactly 0, a hundred bins, exactly 1. */
static void
check_share_histogram(const totals *f, size_t mode)
{
    const uint64_t *got = plain_dataset(&f->got, "wiped_share_histogram");
    uint64_t want[102] = {0};
    for (size_t p = 0; p < f->truth.n_path; p++) {
        const double x = totals_share(f, mode, p, TOTALS_WIPED, f->truth.n_step);
        want[x <= 0.0 ? 0 : x >= 1.0 ? 101 : 1 + (size_t)(x * 100.0)]++;
    }
    assert_memory_equal(got + mode * 102, want, sizeof(want));
}

static void
test_joint_wipeouts(void **state)
{
    (void)state;
    for_each_mode(check_share_histogram);
}

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
check_totals(const totals *f, size_t mode)
{
    const size_t n = f->truth.n_path, n_level = f->run.outputs.n_level;
    const moments want = moments_of(n, f->total + mode * n);
    double *x = totals_doubles(n);
    memcpy(x, f->total + mode * n, n * sizeof(*x));
    qsort(x, n, sizeof(*x), ascending);
    /* With few paths the zone is all of the range, cut into at least 64 bins. */
    const double width = 1.3 * (fmax(x[n - 1], f->equity) - x[0]) / 64.0;
    assert_near(figures(f, "population_mean_loss")[mode], want.mean,
                MONEY_TOLERANCE * f->equity);
    assert_near(figures(f, "population_mean_loss_se")[mode], want.se,
                1e-5 * f->equity / sqrt((double)n));
    for (size_t l = 0; l < n_level; l++) {
        const double level = f->run.outputs.level[l], tail = (double)n * (1.0 - level);
        const size_t rank = (size_t)ceil(level * (double)n * (1.0 - 1e-14));
        double sum = (tail - (double)(n - rank)) * x[rank - 1];
        for (size_t p = rank; p < n; p++) {
            sum += x[p];
        }
        assert_near(figures(f, "population_value_at_risk")[mode * n_level + l],
                    x[rank - 1], width);
        assert_near(figures(f, "population_expected_shortfall")[mode * n_level + l],
                    sum / tail, width);
    }
    free(x);
}

static void
test_total_loss(void **state)
{
    (void)state;
    for_each_mode(check_totals);
}

/* Each cause of the total loss varies by path in its own way; they sum to the loss. */
static void
check_causes(const totals *f, size_t mode)
{
    const size_t n = f->truth.n_path;
    double *x = totals_doubles(n), sum = 0.0;
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const size_t at = mode * RIP_N_CAUSE + c;
        moments want;
        for (size_t p = 0; p < n; p++) {
            x[p] = totals_cause(f, mode, p, (rip_cause)c);
        }
        want = moments_of(n, x);
        sum += figures(f, "population_mean_loss_by_cause")[at];
        assert_near(figures(f, "population_mean_loss_by_cause")[at], want.mean,
                    MONEY_TOLERANCE * f->equity);
        assert_near(figures(f, "population_mean_loss_by_cause_se")[at], want.se,
                    1e-4 * f->equity / sqrt((double)n));
    }
    assert_near(sum, figures(f, "population_mean_loss")[mode],
                MONEY_TOLERANCE * f->equity);
    free(x);
}

static void
test_total_loss_by_cause(void **state)
{
    (void)state;
    for_each_mode(check_causes);
}

static void
check_differences(const totals *f, size_t mode)
{
    const size_t n = f->truth.n_path, n_mode = f->truth.n_mode;
    double *wiped = totals_doubles(n), *loss = totals_doubles(n);
    for (size_t o = 0; o < n_mode; o++) {
        const size_t at = mode * n_mode + o;
        for (size_t p = 0; p < n; p++) {
            wiped[p] = totals_share(f, mode, p, TOTALS_WIPED, f->truth.n_step) -
                       totals_share(f, o, p, TOTALS_WIPED, f->truth.n_step);
            loss[p] = f->total[mode * n + p] - f->total[o * n + p];
        }
        const moments x = moments_of(n, wiped), y = moments_of(n, loss);
        assert_near(figures(f, "population_difference")[at], x.mean, 1e-12);
        assert_near(figures(f, "population_difference_se")[at], x.se, 1e-8);
        assert_near(figures(f, "population_difference_upper")[at],
                    x.mean +
                        (x.se > 0.0 || o == mode
                             ? RIP_Z99 * x.se
                             : rip_statistics_none_of((double)n, RIP_CONFIDENCE99)),
                    1e-7);
        assert_near(figures(f, "population_mean_loss_difference")[at], y.mean,
                    2.0 * MONEY_TOLERANCE * f->equity);
        assert_near(figures(f, "population_mean_loss_difference_se")[at], y.se,
                    2e-5 * f->equity / sqrt((double)n));
    }
    free(wiped);
    free(loss);
}

/* Also where an account is left out of one mode only (DEF-5). */
static void
test_differences_between_modes(void **state)
{
    (void)state;
    for_each_mode(check_differences);
}

/* Forced notional of counted accounts on a path, [time][asset]. */
static const double *
forced_of(const totals *f, size_t mode, size_t path)
{
    return f->truth.forced +
           (mode * f->truth.n_path + path) * (f->truth.n_step + 1) * f->truth.n_asset;
}

static bool
all_are_counted(const totals *f, size_t mode)
{
    bool all = true;
    for (size_t i = 0; i < f->truth.n_account; i++) {
        all = all && f->counted[mode * f->truth.n_account + i];
    }
    return all;
}

static void
check_forced(const totals *f, size_t mode)
{
    const size_t n_cell = (f->truth.n_step + 1) * f->truth.n_asset;
    double *x = totals_doubles(f->truth.n_path);
    if (!all_are_counted(f, mode)) {
        free(x);
        return; /* the plain run forces whoever is left out, too */
    }
    for (size_t c = 0; c < n_cell; c++) {
        moments want;
        for (size_t p = 0; p < f->truth.n_path; p++) {
            x[p] = forced_of(f, mode, p)[c];
        }
        want = moments_of(f->truth.n_path, x);
        assert_near(figures(f, "forced_volume_mean")[mode * n_cell + c], want.mean,
                    10.0 * MONEY_TOLERANCE * f->equity);
        assert_near(figures(f, "forced_volume_mean_se")[mode * n_cell + c], want.se,
                    1e-4 * f->equity / sqrt((double)f->truth.n_path));
    }
    free(x);
}

static void
test_forced_volume(void **state)
{
    (void)state;
    for_each_mode(check_forced);
}

/* Paths of one drawdown; of one path alone there is no error. */
static void
check_move(const totals *f, bool all, size_t at, size_t n, moments wiped,
           moments forced)
{
    const double *upper = figures(f, "wipeout_by_move_upper");
    double low, high;
    assert_near(figures(f, "wipeout_by_move")[at], wiped.mean, 1e-12);
    assert_int_equal(isnan(upper[at]), n == 1);
    if (n > 1) {
        interval(f, (double)n, wiped, &low, &high);
        assert_near(figures(f, "wipeout_by_move_lower")[at], low, 1e-8);
        assert_near(upper[at], high, 1e-8);
    }
    if (n > 1 && all) {
        assert_near(figures(f, "forced_volume_by_move")[at], forced.mean,
                    1e-9 * f->equity);
        assert_near(figures(f, "forced_volume_by_move_se")[at], forced.se,
                    1e-4 * f->equity);
    }
}

static void
check_moves(const totals *f, size_t mode)
{
    const size_t n_cell = (f->truth.n_step + 1) * f->truth.n_asset;
    const uint64_t *paths = plain_dataset(&f->got, "paths_by_move");
    const bool all = all_are_counted(f, mode);
    double *forced = totals_doubles(f->truth.n_path),
           *wiped = totals_doubles(f->truth.n_path);
    for (size_t b = 0; b < 20; b++) {
        const size_t at = mode * 20 + b;
        size_t n = 0;
        for (size_t p = 0; p < f->truth.n_path; p++) {
            if ((size_t)fmin(f->drawdown[p] * 20.0, 19.0) == b) {
                wiped[n] = totals_share(f, mode, p, TOTALS_WIPED, f->truth.n_step);
                forced[n] = 0.0;
                for (size_t c = 0; c < n_cell; c++) {
                    forced[n] += forced_of(f, mode, p)[c];
                }
                n++;
            }
        }
        assert_int_equal(paths[at], n);
        if (n > 0) {
            check_move(f, all, at, n, moments_of(n, wiped), moments_of(n, forced));
        }
        assert_int_equal(isnan(figures(f, "wipeout_by_move")[at]), n == 0);
    }
    free(forced);
    free(wiped);
}

static void
test_figures_by_drawdown(void **state)
{
    (void)state;
    for_each_mode(check_moves);
}

/* Descending by loss; a path never appears twice. */
static void
check_worst(const totals *f, size_t mode)
{
    const size_t n = f->truth.n_path < 100 ? f->truth.n_path : 100;
    const uint64_t *worst =
        (const uint64_t *)plain_dataset(&f->got, "worst_paths") + mode * n;
    const double *total = f->total + mode * f->truth.n_path;
    double *x = totals_doubles(f->truth.n_path);
    memcpy(x, total, f->truth.n_path * sizeof(*x));
    qsort(x, f->truth.n_path, sizeof(*x), ascending);
    for (size_t r = 0; r < n; r++) {
        assert_true(worst[r] < f->truth.n_path);
        assert_near(total[worst[r]], x[f->truth.n_path - 1 - r],
                    10.0 * MONEY_TOLERANCE * f->equity);
        for (size_t q = 0; q < r; q++) {
            assert_true(worst[q] != worst[r]);
        }
    }
    free(x);
}

/* No wipeout in either mode is no proof that there are none: at most 1 - 0.01^(1 / n)
   of the paths differ. A mode does not differ from itself. */
static void
test_no_difference_has_a_bound(void **state)
{
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    const double *lower, *upper, *value;
    (void)state;
    fixture_wild_run(&run, 3);
    run.spec.wipeout_threshold = -1e9;
    engine = plain_engine(&got, &run, 1);
    value = plain_dataset(&got, "population_difference");
    lower = plain_dataset(&got, "population_difference_lower");
    upper = plain_dataset(&got, "population_difference_upper");
    for (size_t at = 0; at < run.spec.n_mode * run.spec.n_mode; at++) {
        const bool same = at / run.spec.n_mode == at % run.spec.n_mode;
        const double bound = same ? 0.0 : 1.0 - pow(0.01, 1.0 / (double)run.spec.paths);
        assert_true(value[at] == 0.0);
        assert_near(upper[at], bound, 1e-12);
        assert_near(lower[at], -bound, 1e-12);
    }
    rip_estimates_free(&got);
    rip_engine_free(engine);
    run.spec.paths = 1; /* which tells nothing */
    engine = plain_engine(&got, &run, 1);
    upper = plain_dataset(&got, "population_difference_upper");
    assert_true(run.spec.n_mode > 1 && isnan(upper[1]));
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
}

static void
test_worst_paths(void **state)
{
    (void)state;
    for_each_mode(check_worst);
}

/* Weights count: an account of weight 3 is three equal accounts. */
static void
test_weight_is_a_number_of_accounts(void **state)
{
    static const char *const same[] = {"population_wipeout", "population_wipeout_se",
                                       "population_liquidation_upper", "survival",
                                       "population_difference_se"};
    rip_run one, three;
    rip_estimates a, b;
    rip_engine *first, *second;
    (void)state;
    fixture_wild_run(&one, 3);
    fixture_wild_run(&three, 3);
    for (size_t i = 0; i < one.book.n_account; i++) {
        one.book.account[i].weight = 1.0;
        three.book.account[i].weight = 1.0;
    }
    one.book.n_account = 3;
    one.book.account[0].weight = 3.0;
    three.book.n_account = 5;
    three.book.account[4] = three.book.account[2];
    three.book.account[3] = three.book.account[1];
    three.book.account[1] = three.book.account[0];
    three.book.account[2] = three.book.account[0];
    first = plain_engine(&a, &one, 1);
    second = plain_engine(&b, &three, 1);
    for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
        assert_near(*(const double *)plain_dataset(&a, same[k]),
                    *(const double *)plain_dataset(&b, same[k]), 1e-12);
    }
    assert_close(*(const double *)plain_dataset(&a, "population_mean_loss"),
                 *(const double *)plain_dataset(&b, "population_mean_loss"), 1e-9);
    rip_estimates_free(&a);
    rip_estimates_free(&b);
    rip_engine_free(first);
    rip_engine_free(second);
    rip_run_free(&one);
    rip_run_free(&three);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_survival_and_wiped_by),
        cmocka_unit_test(test_joint_wipeouts),
        cmocka_unit_test(test_total_loss),
        cmocka_unit_test(test_total_loss_by_cause),
        cmocka_unit_test(test_differences_between_modes),
        cmocka_unit_test(test_no_difference_has_a_bound),
        cmocka_unit_test(test_forced_volume),
        cmocka_unit_test(test_figures_by_drawdown),
        cmocka_unit_test(test_worst_paths),
        cmocka_unit_test(test_weight_is_a_number_of_accounts),
    };
    return cmocka_run_group_tests_name("engine/population", tests, NULL, NULL);
}
