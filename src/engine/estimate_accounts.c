#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/estimate.h"
#include "riptide/engine/quantile.h"
#include "riptide/numerics/statistics.h"

/* What the figures of one account in one mode need. */
typedef struct subject {
    rip_estimates *self;
    const rip_run *run;
    const rip_sums *sums;
    size_t m, account;
    size_t out;                      /* index of [mode][account] */
    size_t in;                       /* index of [account][mode] */
    double n;                        /* paths */
    double quantum, square_quantum;  /* [USD], [USD^2] */
    const rip_quantile_level *level; /* [n_level] */
    rip_quantile_cell *cell;         /* scratch, [n_fine + 1 + n_bin] */
    rip_quantile *quantile;          /* scratch, [n_level] */
} subject;

static void
put(const subject *s, const char *name, double value)
{
    ((double *)rip_estimate_array(s->self, "", name))[s->out] = value;
}

static void
put_probability(const subject *s, const char *name, uint64_t count)
{
    char key[64];
    double lower, upper;
    rip_estimate_proportion((double)count, s->n, s->n, &lower, &upper);
    (void)strcpy(key, name);
    put(s, key, (double)count / s->n);
    (void)strcat(strcpy(key, name), "_lower");
    put(s, key, lower);
    (void)strcat(strcpy(key, name), "_upper");
    put(s, key, upper);
}

/* A sum of the mode: held to the horizon plus what the mode changes. */
static double
money(const subject *s, const rip_exact_sum *rows, size_t stride, size_t column)
{
    const size_t row = s->account * (1 + s->sums->n_mode);
    rip_exact_sum sum = rows[row * stride + column];
    rip_exact_merge(&sum, &rows[(row + 1 + s->m) * stride + column]);
    return rip_exact_value(&sum);
}

static double
loss_sum(const subject *s)
{
    return money(s, s->sums->loss_sum, 1, 0) * s->quantum;
}

/* The market's is what the other causes leave of the loss. */
static double
cause_sum(const subject *s, rip_cause cause)
{
    const rip_sums *sums = s->sums;
    const size_t row = s->account * (1 + sums->n_mode), mine = row + 1 + s->m;
    rip_exact_sum sum;
    if (cause != RIP_CAUSE_MARKET) {
        return money(s, sums->cause_sum, RIP_N_CAUSE, cause) * s->quantum;
    }
    sum = sums->loss_sum[row];
    rip_exact_merge(&sum, &sums->loss_sum[mine]);
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        sum = rip_exact_minus(&sum, &sums->cause_sum[row * RIP_N_CAUSE + c]);
        sum = rip_exact_minus(&sum, &sums->cause_sum[mine * RIP_N_CAUSE + c]);
    }
    return rip_exact_value(&sum) * s->quantum;
}

static uint64_t
over_batches(const subject *s, const uint32_t *counts)
{
    uint64_t sum = 0;
    for (size_t b = 0; b < RIP_SUMS_BATCHES; b++) {
        sum += counts[s->in * RIP_SUMS_BATCHES + b];
    }
    return sum;
}

static void
probabilities(const subject *s)
{
    const rip_sums *sums = s->sums;
    put_probability(s, "wipeout_probability", over_batches(s, sums->wipeouts));
    put_probability(s, "terminal_wipeout_probability", sums->terminal_wipeouts[s->in]);
    put_probability(s, "liquidation_probability", over_batches(s, sums->liquidations));
    put_probability(s, "full_liquidation_probability", sums->full_liquidations[s->in]);
    put_probability(s, "deficit_probability", sums->deficits[s->in]);
}

static void
losses(const subject *s)
{
    const double sum = loss_sum(s);
    const double squares = money(s, s->sums->loss_square, 1, 0) * s->square_quantum;
    double *causes = rip_estimate_array(s->self, "", "mean_loss_by_cause");
    put(s, "mean_loss", sum / s->n);
    put(s, "mean_loss_se", rip_estimate_se(s->n, sum, squares));
    put(s, "mean_deficit", 0.0 - cause_sum(s, RIP_CAUSE_GAP) / s->n);
    put(s, "effective_paths", s->n);
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        causes[s->out * RIP_N_CAUSE + c] = cause_sum(s, (rip_cause)c) / s->n;
    }
}

static void
times(const subject *s)
{
    const size_t n_time = s->sums->n_step + 1;
    const double step_hours = (double)s->run->spec.step_ms / 3600000.0;
    const uint32_t *counts = s->sums->liquidation_time + s->in * n_time;
    uint32_t *to = rip_estimate_array(s->self, "", "time_to_liquidation_by_account");
    uint64_t *all = rip_estimate_array(s->self, "", "time_to_liquidation");
    double weighted = 0.0, count = 0.0;
    for (size_t t = 0; t < n_time; t++) {
        to[s->out * n_time + t] = counts[t];
        all[s->m * n_time + t] += counts[t];
        weighted += (double)counts[t] * (double)t;
        count += (double)counts[t];
    }
    put(s, "mean_time_to_liquidation",
        count > 0.0 ? weighted / count * step_hours : NAN);
}

static void
histogram(const subject *s)
{
    const size_t n_bin = s->sums->n_bin;
    const size_t row = s->account * (1 + s->sums->n_mode);
    uint32_t *to =
        (uint32_t *)rip_estimate_array(s->self, "", "loss_histogram") + s->out * n_bin;
    for (size_t b = 0; b < n_bin; b++) {
        to[b] = s->sums->histogram[row * n_bin + b] +
                s->sums->histogram[(row + 1 + s->m) * n_bin + b];
    }
}

/* Cells of the fine histogram, the part above its zone first. */
static size_t
fine_cells(const subject *s, size_t at)
{
    const rip_sums *sums = s->sums;
    const size_t n = sums->n_fine;
    const rip_fine_zone *zone = &sums->fine_zone[at];
    const double most = sums->initial_equity[s->account];
    s->cell[0] = (rip_quantile_cell){
        .count = (double)sums->tail_count[at],
        .sum = rip_exact_value(&sums->tail_sum[at]) * s->quantum,
        .sum_square = rip_exact_value(&sums->tail_square[at]) * s->square_quantum,
        .low = zone->end,
        .high = fmax(most, zone->end)};
    for (size_t i = 0; i < n; i++) {
        const size_t b = n - 1 - i;
        s->cell[1 + i] =
            rip_estimate_cell(zone, n, b, (double)sums->fine_count[at * n + b],
                              (double)sums->fine_sum[at * n + b]);
    }
    return 1 + n;
}

/* Cells of the loss histogram: wide, used when a rank lies outside the fine zone. */
static size_t
coarse_cells(const subject *s)
{
    const size_t n_bin = s->sums->n_bin;
    const uint32_t *count =
        (const uint32_t *)rip_estimate_array(s->self, "", "loss_histogram") +
        s->out * n_bin;
    const double equity = s->sums->initial_equity[s->account];
    const double low = s->run->outputs.histogram.low,
                 high = s->run->outputs.histogram.high;
    const double width = (high - low) / (double)(n_bin - 2);
    for (size_t i = 0; i < n_bin; i++) {
        const size_t b = n_bin - 1 - i;
        const double from = low + width * ((double)b - 1.0);
        const double middle = (from + 0.5 * width) * equity;
        s->cell[i] =
            (rip_quantile_cell){.count = (double)count[b],
                                .sum = (double)count[b] * middle,
                                .sum_square = (double)count[b] * middle * middle,
                                .low = from * equity,
                                .high = (from + width) * equity};
    }
    return n_bin;
}

/*
 * From the fine histogram; where that does not hold the whole interval, from the loss
 * histogram if it says more.
 */
static rip_quantile
quantile(const subject *s, size_t l)
{
    const size_t at = s->in * s->sums->n_level + l;
    const double most = s->sums->initial_equity[s->account];
    const rip_quantile fine =
        rip_quantile_estimate(fine_cells(s, at), s->cell, &s->level[l], most);
    const bool has_lower = !isnan(fine.lower) || s->level[l].lower < 1.0 || s->n < 2.0;
    const bool has_upper = fine.upper < most || s->level[l].upper > s->n || s->n < 2.0;
    rip_quantile coarse;
    if (fine.value < s->sums->fine_zone[at].end && has_lower && has_upper) {
        return fine;
    }
    coarse = rip_quantile_estimate(coarse_cells(s), s->cell, &s->level[l], most);
    return isnan(fine.value) || coarse.se < fine.se ? coarse : fine;
}

static void
quantiles(const subject *s)
{
    static const char *const name[] = {"value_at_risk",       "value_at_risk_se",
                                       "value_at_risk_lower", "value_at_risk_upper",
                                       "expected_shortfall",  "expected_shortfall_se"};
    for (size_t l = 0; l < s->sums->n_level; l++) {
        s->quantile[l] = quantile(s, l);
    }
    rip_quantile_in_order(s->sums->n_level, s->quantile);
    for (size_t l = 0; l < s->sums->n_level; l++) {
        const rip_quantile q = s->quantile[l];
        const double value[] = {q.value, q.se,        q.lower,
                                q.upper, q.shortfall, q.shortfall_se};
        for (size_t k = 0; k < 6; k++) {
            ((double *)rip_estimate_array(
                s->self, "", name[k]))[s->out * s->sums->n_level + l] = value[k];
        }
    }
}

static void
batches(const subject *s)
{
    const rip_sums *sums = s->sums;
    const size_t row = s->account * (1 + sums->n_mode);
    uint32_t *wipeouts = rip_estimate_array(s->self, "batches", "wipeouts");
    uint32_t *liquidations = rip_estimate_array(s->self, "batches", "liquidations");
    double *loss = rip_estimate_array(s->self, "batches", "loss_sum");
    const double quantum = s->quantum * (double)((uint64_t)1 << sums->batch_shift);
    for (size_t b = 0; b < RIP_SUMS_BATCHES; b++) {
        const size_t to = s->out * RIP_SUMS_BATCHES + b;
        const uint64_t sum = sums->loss_batch[row * RIP_SUMS_BATCHES + b] +
                             sums->loss_batch[(row + 1 + s->m) * RIP_SUMS_BATCHES + b];
        wipeouts[to] = sums->wipeouts[s->in * RIP_SUMS_BATCHES + b];
        liquidations[to] = sums->liquidations[s->in * RIP_SUMS_BATCHES + b];
        loss[to] = (double)(int64_t)sum * quantum;
    }
}

/* Paired figures of the subject's mode first and another second. */
static void
pairs(const subject *s)
{
    const rip_sums *sums = s->sums;
    const size_t n_mode = sums->n_mode;
    for (size_t o = 0; o < n_mode; o++) {
        const size_t out = (s->m * n_mode + o) * sums->n_account + s->account;
        const size_t low = s->m < o ? s->m : o, high = s->m < o ? o : s->m;
        const size_t square = (s->account * n_mode + low) * n_mode + high;
        subject other = *s;
        double difference;
        const bool excluded = sums->excluded[s->account * n_mode + o] ||
                              sums->excluded[s->account * n_mode + s->m];
        other.m = o;
        difference = loss_sum(s) - loss_sum(&other);
        ((double *)rip_estimate_array(s->self, "", "paired_wipeout"))[out] =
            excluded
                ? NAN
                : (double)sums
                          ->wipeout_pairs[(s->account * n_mode + s->m) * n_mode + o] /
                      s->n;
        ((double *)rip_estimate_array(s->self, "", "mean_loss_difference"))[out] =
            excluded ? NAN : difference / s->n;
        ((double *)rip_estimate_array(s->self, "", "mean_loss_difference_se"))[out] =
            excluded
                ? NAN
                : rip_estimate_se(s->n, difference,
                                  rip_exact_value(&sums->difference_square[square]) *
                                      s->square_quantum);
    }
}

/* NaN in every figure of an account left out of a mode; counts stay 0 (DEF-5). */
static void
leave_out(const subject *s)
{
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        size_t n = 1;
        double *to = s->self->data[i];
        if (output->type != RIP_OUTPUT_F64 || output->n_dim < 2 ||
            output->dim[0] != RIP_DIM_MODE || output->dim[1] != RIP_DIM_ACCOUNT ||
            strncmp(output->name, "initial_", 8) == 0) {
            continue;
        }
        for (size_t k = 2; k < output->n_dim; k++) {
            n *= s->self->size[output->dim[k]];
        }
        for (size_t k = 0; k < n; k++) {
            to[s->out * n + k] = NAN;
        }
    }
}

static void
fill(const subject *s)
{
    pairs(s);
    if (s->sums->excluded[s->in]) {
        leave_out(s);
        return;
    }
    probabilities(s);
    losses(s);
    times(s);
    histogram(s);
    quantiles(s);
}

static subject
subject_of(rip_estimates *self, const rip_run *run, const rip_sums *sums,
           size_t account, size_t m)
{
    return (subject){.self = self,
                     .run = run,
                     .sums = sums,
                     .m = m,
                     .account = account,
                     .out = m * sums->n_account + account,
                     .in = account * sums->n_mode + m,
                     .n = (double)sums->paths[0],
                     .quantum = 0x1p-40 * sums->scale[account],
                     .square_quantum =
                         0x1p-30 * sums->scale[account] * sums->scale[account]};
}

void
rip_estimate_batches(rip_estimates *self, const rip_run *run, const rip_sums *sums)
{
    for (size_t i = 0; i < sums->n_account; i++) {
        for (size_t m = 0; m < sums->n_mode; m++) {
            const subject s = subject_of(self, run, sums, i, m);
            if (!sums->excluded[s.in]) {
                batches(&s);
            }
        }
    }
}

rip_status
rip_estimate_accounts(rip_estimates *self, const rip_run *run, const rip_sums *sums)
{
    rip_status status = RIP_OK;
    const size_t n_cell = sums->n_fine + 1 + sums->n_bin;
    rip_quantile_cell *cell = calloc(n_cell, sizeof(*cell));
    rip_quantile *scratch = calloc(sums->n_level + 1, sizeof(*scratch));
    rip_quantile_level *level = NULL;
    if (cell == NULL || scratch == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    RIP_TRY(rip_estimate_levels(&level, run, sums->paths[0]));
    for (size_t i = 0; i < sums->n_account; i++) {
        for (size_t m = 0; m < sums->n_mode; m++) {
            subject s = subject_of(self, run, sums, i, m);
            s.level = level;
            s.cell = cell;
            s.quantile = scratch;
            fill(&s);
        }
    }
out:
    free(level);
    free(scratch);
    free(cell);
    return status;
}
