#include "riptide/engine/estimate.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/start.h"
#include "riptide/numerics/statistics.h"

void *
rip_estimate_array(const rip_estimates *self, const char *group, const char *name)
{
    const size_t index = rip_output_find(group, name);
    assert(index < rip_output_count());
    return self->data[index];
}

double
rip_estimate_se(double n, double sum, double sum_square)
{
    const double mean = sum / n, mean_square = sum_square / n;
    const double variance = mean_square - mean * mean;
    /* Less than this is what is left of rounding where nothing varies. */
    const double noise = 8.0 * DBL_EPSILON * mean_square;
    if (n < 2.0) {
        return NAN;
    }
    return variance > noise ? sqrt(variance / (n - 1.0)) : 0.0;
}

void
rip_estimate_proportion(double count, double weight, double n, double *lower,
                        double *upper)
{
    *lower = NAN;
    *upper = NAN;
    if (n >= 2.0) {
        rip_statistics_proportion(count, weight, lower, upper);
    }
}

rip_status
rip_estimate_levels(rip_quantile_level **level, const rip_run *run, uint64_t n)
{
    const size_t n_level = run->outputs.n_level;
    *level = calloc(n_level > 0 ? n_level : 1, sizeof(**level));
    if (*level == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t l = 0; l < n_level; l++) {
        (*level)[l] = rip_quantile_level_of(n, run->outputs.level[l]);
    }
    return RIP_OK;
}

rip_quantile_cell
rip_estimate_cell(const rip_fine_zone *zone, size_t n, size_t bin, double count,
                  double positions)
{
    const double low = rip_fine_edge(zone, n, bin);
    const double high = rip_fine_edge(zone, n, bin + 1);
    /* Positions were rounded down: half a multiple is missing from each. */
    const double inside = (positions + 0.5 * count) * 0x1p-20;
    const double mean = count > 0.0 ? low + (high - low) * inside / count : low;
    return (rip_quantile_cell){.count = count,
                               .sum = count * mean,
                               .sum_square = count * mean * mean,
                               .low = low,
                               .high = high};
}

static void
axis_sizes(rip_estimates *self, const rip_run *run, const rip_sums *sums)
{
    self->size[RIP_DIM_MODE] = sums->n_mode;
    self->size[RIP_DIM_OTHER_MODE] = sums->n_mode;
    self->size[RIP_DIM_ACCOUNT] = sums->n_account;
    self->size[RIP_DIM_LEVEL] = sums->n_level;
    self->size[RIP_DIM_LOSS_BIN] = sums->n_bin;
    self->size[RIP_DIM_BIN_EDGE] = sums->n_bin - 1;
    self->size[RIP_DIM_ASSET] = sums->n_asset;
    self->size[RIP_DIM_CAUSE] = RIP_N_CAUSE;
    self->size[RIP_DIM_TIME] = sums->n_step + 1;
    self->size[RIP_DIM_BATCH] = RIP_SUMS_BATCHES;
    self->size[RIP_DIM_SHARE_BIN] = RIP_SUMS_SHARES;
    self->size[RIP_DIM_MOVE_BIN] = RIP_SUMS_MOVES;
    self->size[RIP_DIM_RANK] = sums->n_rank;
    self->size[RIP_DIM_PATH] = (size_t)run->spec.paths;
}

static rip_status
allocate(rip_estimates *self)
{
    self->data = calloc(rip_output_count(), sizeof(*self->data));
    if (self->data == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        size_t n = output->type == RIP_OUTPUT_U32 ? 4 : 8;
        for (size_t k = 0; k < output->n_dim; k++) {
            n *= self->size[output->dim[k]];
        }
        self->data[i] = calloc(n > 0 ? n : 1, 1);
        if (self->data[i] == NULL) {
            return RIP_RAISE(RIP_ERR_NO_MEMORY);
        }
    }
    return RIP_OK;
}

static void
start_of_account(rip_estimates *self, rip_start *start, size_t at)
{
    const rip_run *run = start->run;
    const rip_trial *trial = &start->trial;
    const rip_mode mode = run->spec.mode[at / run->book.n_account];
    const bool is_breached = rip_start_account(start, at % run->book.n_account, mode);
    const size_t n_bucket = trial->state.model->n_bucket(&trial->state);
    double initial = 0.0, maintenance = 0.0;
    for (size_t b = 0; b < n_bucket; b++) {
        initial += trial->bucket[b].initial_usd;
        maintenance += trial->bucket[b].maintenance_usd;
    }
    ((double *)rip_estimate_array(self, "", "initial_margin"))[at] = initial;
    ((double *)rip_estimate_array(self, "", "initial_maintenance"))[at] = maintenance;
    ((uint32_t *)rip_estimate_array(self, "", "initially_breached"))[at] = is_breached;
}

rip_status
rip_estimate_start(rip_estimates *self, const rip_run *run)
{
    rip_status status = RIP_OK;
    rip_start start = {0};
    double *equity = rip_estimate_array(self, "", "initial_equity");
    RIP_TRY(rip_start_init(&start, run));
    for (size_t i = 0; i < run->book.n_account; i++) {
        equity[i] = rip_book_net_worth(&run->book, i, run->market.asset);
    }
    for (size_t at = 0; at < run->spec.n_mode * run->book.n_account; at++) {
        start_of_account(self, &start, at);
    }
out:
    rip_start_free(&start);
    return status;
}

/* The view of a stored accumulator: which accounts are left out is derived again. */
static rip_status
attach(rip_sums *view, const rip_run *run, const rip_accumulator *sums,
       const rip_estimates *self)
{
    rip_status status = RIP_OK;
    const uint32_t *breached = rip_estimate_array(self, "", "initially_breached");
    const size_t n = run->spec.n_mode * run->book.n_account;
    bool *excluded = calloc(n + 1, sizeof(*excluded));
    if (excluded == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < run->book.n_account; i++) {
        for (size_t m = 0; m < run->spec.n_mode; m++) {
            excluded[i * run->spec.n_mode + m] =
                run->spec.initial_breach == RIP_INITIAL_BREACH_EXCLUDE &&
                breached[m * run->book.n_account + i] != 0;
        }
    }
    RIP_TRY(rip_sums_view(view, run, rip_estimate_array(self, "", "initial_equity"),
                          excluded, sums));
out:
    free(excluded);
    return status;
}

/* The datasets that rip_estimate_start fills, from other estimates of the run. */
static void
copy_start(rip_estimates *self, const rip_estimates *start)
{
    static const char *const name[] = {"initial_equity", "initial_margin",
                                       "initial_maintenance", "initially_breached"};
    for (size_t k = 0; k < sizeof(name) / sizeof(name[0]); k++) {
        const rip_output *output = rip_output_at(rip_output_find("", name[k]));
        size_t n = output->type == RIP_OUTPUT_U32 ? 4 : 8;
        for (size_t d = 0; d < output->n_dim; d++) {
            n *= self->size[output->dim[d]];
        }
        memcpy(rip_estimate_array(self, "", name[k]),
               rip_estimate_array(start, "", name[k]), n);
    }
}

rip_status
rip_estimates_init(rip_estimates *self, const rip_run *run, const rip_accumulator *sums)
{
    rip_status status = RIP_OK;
    RIP_TRY(rip_estimates_derive(self, run, sums, NULL));
    status = rip_estimates_batches(self, run, sums);
out:
    return status;
}

rip_status
rip_estimates_derive(rip_estimates *self, const rip_run *run,
                     const rip_accumulator *sums, const rip_estimates *start)
{
    rip_status status = RIP_OK;
    rip_sums view = {0};
    *self = (rip_estimates){0};
    rip_sums_sizes(&view, run);
    axis_sizes(self, run, &view);
    RIP_TRY(allocate(self));
    if (start != NULL) {
        copy_start(self, start);
    } else {
        RIP_TRY(rip_estimate_start(self, run));
    }
    RIP_TRY(attach(&view, run, sums, self));
    RIP_TRY(rip_estimate_accounts(self, run, &view));
    RIP_TRY(rip_estimate_population(self, run, &view));
out:
    rip_sums_free(&view);
    return status;
}

rip_status
rip_estimates_batches(rip_estimates *self, const rip_run *run,
                      const rip_accumulator *sums)
{
    rip_status status = RIP_OK;
    rip_sums view = {0};
    RIP_TRY(attach(&view, run, sums, self));
    rip_estimate_batches(self, run, &view);
    rip_estimate_population_batches(self, run, &view);
out:
    rip_sums_free(&view);
    return status;
}

void
rip_estimates_drop(rip_estimates *self, size_t output)
{
    free(self->data[output]);
    self->data[output] = NULL;
}

void
rip_estimates_free(rip_estimates *self)
{
    for (size_t i = 0; self->data != NULL && i < rip_output_count(); i++) {
        free(self->data[i]);
    }
    free(self->data);
    *self = (rip_estimates){0};
}
