#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/estimate.h"
#include "riptide/engine/quantile.h"
#include "riptide/numerics/statistics.h"

typedef struct subject {
    rip_estimates *self;
    const rip_run *run;
    const rip_sums *sums;
    const rip_quantile_level *level; /* [n_level] */
    rip_quantile *quantile;          /* scratch, [n_level] */
    double n;                        /* paths */
    double quantum, square_quantum;  /* [USD], [USD^2] of total losses */
} subject;

static double *
array(const subject *s, const char *name)
{
    return rip_estimate_array(s->self, "", name);
}

static void
put_with(const subject *s, const char *name, const char *suffix, size_t at,
         double value)
{
    char key[64];
    (void)strcat(strcpy(key, name), suffix);
    array(s, key)[at] = value;
}

/* A figure with its error and 99 % interval. */
typedef struct estimated {
    double mean, se, lower, upper;
} estimated;

static void
put_estimated(const subject *s, const char *name, size_t at, estimated x)
{
    put_with(s, name, "", at, x.mean);
    put_with(s, name, "_se", at, x.se);
    put_with(s, name, "_lower", at, x.lower);
    put_with(s, name, "_upper", at, x.upper);
}

/* A mean share over n paths; its interval is that of engine/estimate.h. */
static estimated
share_of(const subject *s, size_t m, double n, const rip_exact_sum *sum,
         const rip_exact_sum *square)
{
    const double total = (double)s->sums->total_unit[m];
    const double sum1 = rip_exact_value(sum) / total;
    estimated x;
    if (!(total > 0.0 && n > 0.0)) {
        return (estimated){NAN, NAN, NAN, NAN};
    }
    x.mean = fmin(sum1 / n, 1.0); /* the division may round up */
    x.se = rip_estimate_se(n, sum1, rip_exact_value(square) / (total * total));
    if (x.mean > 0.0 && x.mean < 1.0) {
        const double variance = x.mean * (1.0 - x.mean);
        const double most = n * s->sums->population_weight;
        const double effective =
            x.se * x.se * most > variance ? variance / (x.se * x.se) : most;
        rip_estimate_proportion(x.mean * effective, effective, n, &x.lower, &x.upper);
    } else {
        rip_estimate_proportion(x.mean * n, n, n, &x.lower, &x.upper);
    }
    return x;
}

/* A figure's sums by batch, added up. */
static rip_exact_sum
over_batches(const rip_exact_sum *batch)
{
    rip_exact_sum sum = {0};
    for (size_t b = 0; b < RIP_SUMS_BATCHES; b++) {
        rip_exact_merge(&sum, &batch[b]);
    }
    return sum;
}

static void
shares(const subject *s, size_t m)
{
    static const char *const name[RIP_N_SHARE] = {
        [RIP_SHARE_WIPED] = "population_wipeout",
        [RIP_SHARE_TERMINAL] = "population_terminal_wipeout",
        [RIP_SHARE_LIQUIDATED] = "population_liquidation",
        [RIP_SHARE_FULL] = "population_full_liquidation",
        [RIP_SHARE_DEFICIT] = "population_deficit"};
    for (size_t k = 0; k < RIP_N_SHARE; k++) {
        const size_t at = m * RIP_N_SHARE + k;
        const rip_exact_sum sum =
            over_batches(s->sums->share_sum + at * RIP_SUMS_BATCHES);
        put_estimated(s, name[k], m,
                      share_of(s, m, s->n, &sum, &s->sums->share_square[at]));
    }
}

static void
survival(const subject *s, size_t m)
{
    const size_t n_time = s->sums->n_step + 1;
    for (size_t t = 0; t < n_time; t++) {
        const size_t at = m * n_time + t;
        const estimated x = share_of(s, m, s->n, &s->sums->liquidated_by_sum[at],
                                     &s->sums->liquidated_by_square[at]);
        const estimated y = share_of(s, m, s->n, &s->sums->wiped_by_sum[at],
                                     &s->sums->wiped_by_square[at]);
        array(s, "survival")[at] = 1.0 - x.mean;
        array(s, "survival_lower")[at] = 1.0 - x.upper;
        array(s, "survival_upper")[at] = 1.0 - x.lower;
        array(s, "wiped_by")[at] = y.mean;
        array(s, "wiped_by_lower")[at] = y.lower;
        array(s, "wiped_by_upper")[at] = y.upper;
    }
}

/* Cells of the fine histogram of the total, the part above its zone first. */
static size_t
cells_of(const subject *s, size_t at, rip_quantile_cell *cell)
{
    const rip_sums *sums = s->sums;
    const size_t n = sums->n_population_fine;
    const rip_fine_zone *zone = &sums->population_fine_zone[at];
    cell[0] = (rip_quantile_cell){
        .count = (double)sums->population_tail_count[at],
        .sum = rip_exact_value(&sums->population_tail_sum[at]) * s->quantum,
        .sum_square =
            rip_exact_value(&sums->population_tail_square[at]) * s->square_quantum,
        .low = zone->end,
        .high = fmax(sums->population_equity, zone->end)};
    for (size_t i = 0; i < n; i++) {
        const size_t b = n - 1 - i;
        cell[1 + i] = rip_estimate_cell(zone, n, b,
                                        (double)sums->population_fine_count[at * n + b],
                                        (double)sums->population_fine_sum[at * n + b]);
    }
    return 1 + n;
}

/* Paths on which a mode has losses; none if it leaves every account out (DEF-5). */
static double
paths_of(const subject *s, size_t m)
{
    return s->sums->total_unit[m] > 0 ? s->n : 0.0;
}

static void
total_loss(const subject *s, size_t m, rip_quantile_cell *cell)
{
    const rip_sums *sums = s->sums;
    const double sum = rip_exact_value(&sums->total_sum[m]) * s->quantum;
    const double n = paths_of(s, m);
    array(s, "population_mean_loss")[m] = n > 0.0 ? sum / n : NAN;
    array(s, "population_mean_loss_se")[m] = rip_estimate_se(
        n, sum, rip_exact_value(&sums->total_square[m]) * s->square_quantum);
    for (size_t l = 0; l < sums->n_level; l++) {
        const size_t n_cell = n > 0.0 ? cells_of(s, m * sums->n_level + l, cell) : 0;
        s->quantile[l] =
            rip_quantile_estimate(n_cell, cell, &s->level[l], sums->population_equity);
    }
    rip_quantile_in_order(sums->n_level, s->quantile);
    for (size_t l = 0; l < sums->n_level; l++) {
        const size_t at = m * sums->n_level + l;
        const rip_quantile q = s->quantile[l];
        array(s, "population_value_at_risk")[at] = q.value;
        array(s, "population_value_at_risk_se")[at] = q.se;
        array(s, "population_expected_shortfall")[at] = q.shortfall;
        array(s, "population_expected_shortfall_se")[at] = q.shortfall_se;
    }
}

/* A mean of total money over n paths and its standard error; NaN over none. */
static void
put_money(const subject *s, const char *name, size_t at, double n,
          const rip_exact_sum *sum, const rip_exact_sum *square)
{
    const double usd = rip_exact_value(sum) * s->quantum;
    const double se =
        rip_estimate_se(n, usd, rip_exact_value(square) * s->square_quantum);
    put_with(s, name, "", at, n > 0.0 ? usd / n : NAN);
    put_with(s, name, "_se", at, se);
}

static void
causes(const subject *s)
{
    for (size_t at = 0; at < s->sums->n_mode * RIP_N_CAUSE; at++) {
        const rip_exact_sum sum =
            over_batches(s->sums->total_cause_sum + at * RIP_SUMS_BATCHES);
        put_money(s, "population_mean_loss_by_cause", at, paths_of(s, at / RIP_N_CAUSE),
                  &sum, &s->sums->total_cause_square[at]);
    }
}

static void
put_difference(const subject *s, const char *name, size_t at, double mean, double se)
{
    const double half = RIP_Z99 * se;
    put_estimated(s, name, at, (estimated){mean, se, mean - half, mean + half});
}

/* The same of shares of two modes over n paths. If they are as far apart on every path,
   the interval is that of no event among n (statistics.h), on both sides. */
static void
put_share_difference(const subject *s, size_t at, double mean, double se)
{
    const double half = se > 0.0 || isnan(se)
                            ? RIP_Z99 * se
                            : rip_statistics_none_of(s->n, RIP_CONFIDENCE99);
    estimated x = {mean, se, NAN, NAN};
    if (!isnan(half)) {
        x.lower = fmax(mean - half, -1.0);
        x.upper = fmin(mean + half, 1.0);
    }
    put_estimated(s, "population_difference", at, x);
}

/*
 * Sum over paths of the squared difference of two modes' shares x / T and y / U. The
 * integers' own sums of x^2, y^2 and (x - y)^2 give
 *
 *     (x - y)^2 / (T U) + (x^2 / T - y^2 / U) (1 / T - 1 / U),
 *
 * exact where no account is left out of one mode only.
 */
static double
share_difference_square(const subject *s, size_t m, size_t o)
{
    const rip_sums *sums = s->sums;
    const size_t low = m < o ? m : o, high = m < o ? o : m;
    const double t = (double)sums->total_unit[m], u = (double)sums->total_unit[o];
    const double both =
        rip_exact_value(&sums->share_difference_square[low * sums->n_mode + high]);
    const double x =
        rip_exact_value(&sums->share_square[m * RIP_N_SHARE + RIP_SHARE_WIPED]);
    const double y =
        rip_exact_value(&sums->share_square[o * RIP_N_SHARE + RIP_SHARE_WIPED]);
    return both / (t * u) + (x / t - y / u) * (1.0 / t - 1.0 / u);
}

/* First mode minus second. */
static void
differences(const subject *s, size_t m, size_t o)
{
    const rip_sums *sums = s->sums;
    const size_t at = m * sums->n_mode + o;
    const size_t square = (m < o ? m : o) * sums->n_mode + (m < o ? o : m);
    const double share =
        array(s, "population_wipeout")[m] - array(s, "population_wipeout")[o];
    const double n = fmin(paths_of(s, m), paths_of(s, o));
    const double se =
        rip_estimate_se(n, share * s->n, share_difference_square(s, m, o));
    const double loss =
        array(s, "population_mean_loss")[m] - array(s, "population_mean_loss")[o];
    if (m == o) {
        put_difference(s, "population_difference", at, share, se);
    } else {
        put_share_difference(s, at, share, se);
    }
    put_difference(
        s, "population_mean_loss_difference", at, loss,
        rip_estimate_se(n, loss * s->n,
                        rip_exact_value(&sums->total_difference_square[square]) *
                            s->square_quantum));
}

static void
forced_volume(const subject *s)
{
    const rip_sums *sums = s->sums;
    const size_t of_mode = (sums->n_step + 1) * sums->n_asset;
    for (size_t i = 0; i < sums->n_mode * of_mode; i++) {
        put_money(s, "forced_volume_mean", i, paths_of(s, i / of_mode),
                  &sums->forced_sum[i], &sums->forced_square[i]);
    }
}

static void
moves(const subject *s, size_t m)
{
    const rip_sums *sums = s->sums;
    uint64_t *paths = rip_estimate_array(s->self, "", "paths_by_move");
    for (size_t b = 0; b < RIP_SUMS_MOVES; b++) {
        const size_t at = m * RIP_SUMS_MOVES + b;
        const double n = (double)sums->paths_by_move[b];
        const estimated wiped = share_of(s, m, n, &sums->wiped_by_move[at],
                                         &sums->wiped_by_move_square[at]);
        paths[at] = sums->paths_by_move[b];
        put_money(s, "forced_volume_by_move", at, fmin(n, paths_of(s, m)),
                  &sums->forced_by_move[at], &sums->forced_by_move_square[at]);
        array(s, "wipeout_by_move")[at] = wiped.mean;
        array(s, "wipeout_by_move_lower")[at] = wiped.lower;
        array(s, "wipeout_by_move_upper")[at] = wiped.upper;
    }
}

static void
counts(const subject *s)
{
    const rip_sums *sums = s->sums;
    uint64_t *share = rip_estimate_array(s->self, "", "wiped_share_histogram");
    uint64_t *worst = rip_estimate_array(s->self, "", "worst_paths");
    memcpy(share, sums->wiped_share, sums->n_mode * RIP_SUMS_SHARES * sizeof(*share));
    for (size_t i = 0; i < sums->n_mode * sums->n_rank; i++) {
        worst[i] = sums->worst[i].path;
    }
}

static subject
subject_of(rip_estimates *self, const rip_run *run, const rip_sums *sums)
{
    const double scale = sums->population_scale;
    return (subject){.self = self,
                     .run = run,
                     .sums = sums,
                     .n = (double)sums->paths[0],
                     .quantum = 0x1p-40 * scale,
                     .square_quantum = 0x1p-30 * scale * scale};
}

/* Sums of a batch over paths: shares of the counted accounts, of none NaN; losses. */
static void
batch_of(const subject *s, size_t m, size_t b)
{
    static const char *const name[RIP_N_SHARE] = {
        [RIP_SHARE_WIPED] = "population_wipeouts",
        [RIP_SHARE_TERMINAL] = "population_terminal_wipeouts",
        [RIP_SHARE_LIQUIDATED] = "population_liquidations",
        [RIP_SHARE_FULL] = "population_full_liquidations",
        [RIP_SHARE_DEFICIT] = "population_deficits"};
    const rip_sums *sums = s->sums;
    double *loss = rip_estimate_array(s->self, "batches", "population_loss_sum");
    double *by_cause =
        rip_estimate_array(s->self, "batches", "population_loss_by_cause_sum");
    const double unit = (double)sums->total_unit[m];
    rip_exact_sum total = {0};
    for (size_t k = 0; k < RIP_N_SHARE; k++) {
        const size_t at = (m * RIP_N_SHARE + k) * RIP_SUMS_BATCHES + b;
        double *share = rip_estimate_array(s->self, "batches", name[k]);
        share[m * RIP_SUMS_BATCHES + b] =
            unit > 0.0 ? rip_exact_value(&sums->share_sum[at]) / unit : NAN;
    }
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        const size_t at = (m * RIP_N_CAUSE + c) * RIP_SUMS_BATCHES + b;
        rip_exact_merge(&total, &sums->total_cause_sum[at]);
        by_cause[at] = rip_exact_value(&sums->total_cause_sum[at]) * s->quantum;
    }
    loss[m * RIP_SUMS_BATCHES + b] = rip_exact_value(&total) * s->quantum;
}

void
rip_estimate_population_batches(rip_estimates *self, const rip_run *run,
                                const rip_sums *sums)
{
    const subject s = subject_of(self, run, sums);
    for (size_t m = 0; m < sums->n_mode; m++) {
        for (size_t b = 0; b < RIP_SUMS_BATCHES; b++) {
            batch_of(&s, m, b);
        }
    }
}

rip_status
rip_estimate_population(rip_estimates *self, const rip_run *run, const rip_sums *sums)
{
    rip_status status = RIP_OK;
    subject s = subject_of(self, run, sums);
    rip_quantile_cell *cell = calloc(sums->n_population_fine + 1, sizeof(*cell));
    rip_quantile_level *level = NULL;
    s.quantile = calloc(sums->n_level + 1, sizeof(*s.quantile));
    if (cell == NULL || s.quantile == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    RIP_TRY(rip_estimate_levels(&level, run, sums->paths[0]));
    s.level = level;
    for (size_t m = 0; m < sums->n_mode; m++) {
        shares(&s, m);
        survival(&s, m);
        total_loss(&s, m, cell);
        moves(&s, m);
    }
    for (size_t m = 0; m < sums->n_mode; m++) {
        for (size_t o = 0; o < sums->n_mode; o++) {
            differences(&s, m, o);
        }
    }
    causes(&s);
    forced_volume(&s);
    counts(&s);
out:
    free(level);
    free(s.quantile);
    free(cell);
    return status;
}
