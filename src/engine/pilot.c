#include "riptide/engine/pilot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/numerics/math.h"

#define FORESEEN 0.1 /* of the tail beyond a level, that is still in its main zone */

rip_status
rip_pilot_init(rip_pilot *self, const rip_run *run)
{
    const uint64_t paths = run->spec.paths;
    *self = (rip_pilot){.n_mode = run->spec.n_mode, .n_account = run->book.n_account};
    self->n_path = paths < RIP_SUMS_PILOT ? (size_t)paths : RIP_SUMS_PILOT;
    self->loss =
        calloc(self->n_account * self->n_mode * self->n_path, sizeof(*self->loss));
    self->total = calloc(self->n_mode * self->n_path, sizeof(*self->total));
    if (self->loss == NULL || self->total == NULL) {
        rip_pilot_free(self);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

void
rip_pilot_free(rip_pilot *self)
{
    free(self->loss);
    free(self->total);
    *self = (rip_pilot){0};
}

void
rip_pilot_keep(rip_pilot *self, size_t account, const rip_block *block,
               const rip_evaluation *evaluation)
{
    const size_t first = (size_t)block->first_path;
    for (size_t m = 0; m < self->n_mode; m++) {
        const double *loss = rip_evaluation_losses(evaluation, m);
        float *to = self->loss + (account * self->n_mode + m) * self->n_path;
        for (size_t i = 0; i < RIP_LANES && first + i < self->n_path; i++) {
            to[first + i] = (float)loss[i];
        }
    }
}

void
rip_pilot_keep_total(rip_pilot *self, const rip_block *block, const rip_tally *tally,
                     const rip_sums *sums)
{
    const size_t first = (size_t)block->first_path;
    for (size_t m = 0; m < self->n_mode; m++) {
        for (size_t i = 0; i < RIP_LANES && first + i < self->n_path; i++) {
            self->total[m * self->n_path + first + i] =
                (double)rip_tally_total(tally, m, i) * 0x1p-40 * sums->population_scale;
        }
    }
}

static int
ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int
ascending_single(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Five standard deviations of the rank of a level's quantile among n. */
static double
rank_spread(double level, double n)
{
    return 5.0 * sqrt(n * level * (1.0 - level)) + 2.0;
}

/*
 * Hoare's partition of the values low .. high - 1 by the one in their middle: those
 * before *left are at or below it, those from the returned place on at or above it, and
 * between the two all are equal to it.
 */
static size_t
partition(float *x, size_t low, size_t high, size_t *left)
{
    const float pivot = x[low + (high - low) / 2];
    ptrdiff_t i = (ptrdiff_t)low, j = (ptrdiff_t)high - 1;
    while (i <= j) {
        while (x[i] < pivot) {
            i++;
        }
        while (x[j] > pivot) {
            j--;
        }
        if (i <= j) {
            const float swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
    }
    *left = (size_t)(j + 1);
    return (size_t)i;
}

/*
 * Moves the largest n - first values of x to its end, in ascending order: one partition
 * by quickselect, then a sort of the part that matters.
 */
static void
sort_upper(float *x, size_t n, size_t first)
{
    size_t low = 0, high = n;
    while (high - low > 16 && first > 0) {
        size_t left;
        const size_t right = partition(x, low, high, &left);
        if (first < left) {
            high = left;
        } else if (first >= right) {
            low = right;
        } else {
            low = first; /* between the parts: already in its place */
            break;
        }
    }
    qsort(x + low, n - low, sizeof(*x), ascending_single);
}

/*
 * The zone of a level from the sorted order statistics of n values, of which those
 * below `first` may be unsorted. No value exceeds most.
 */
typedef struct order {
    const void *value; /* [n] float or double */
    bool is_single;
    size_t n;
    double least_width, most;
} order;

static double
statistic(const order *self, size_t rank)
{
    return self->is_single ? (double)((const float *)self->value)[rank]
                           : ((const double *)self->value)[rank];
}

/*
 * Where the upper tail of an exponential law through the median of the losses above
 * rank low is FORESEEN of 1 - level, but not below the largest loss.
 */
static double
foresee(const order *self, double level, size_t low)
{
    const size_t n_above = self->n - low;
    const double begin = statistic(self, low);
    const double middle = statistic(self, self->n - 1 - n_above / 2);
    const double scale = (middle - begin) / rip_math_log(2.0);
    const double times = (double)n_above / (double)self->n / (FORESEEN * (1.0 - level));
    const double largest = statistic(self, self->n - 1);
    return fmax(largest, begin + scale * rip_math_log(fmax(times, 1.0)));
}

static rip_fine_zone
place_zone(const order *self, double level)
{
    const double n = (double)self->n, pad = self->least_width;
    const double spread = rank_spread(level, n);
    const double low = floor(level * n - spread), high = ceil(level * n + spread);
    const size_t first = low > 0.0 ? (size_t)low : 0;
    rip_fine_zone zone = {.begin = statistic(self, first) - pad};
    if (high < n) {
        zone.knee = statistic(self, (size_t)high) + pad;
        zone.end = zone.knee;
    } else {
        zone.end = fmax(self->most, statistic(self, self->n - 1)) + pad;
        zone.knee = fmin(foresee(self, level, first) + pad, zone.end);
    }
    if (!(low > 0.0)) {
        zone.begin -= 0.25 * (zone.knee - zone.begin);
    }
    return zone;
}

static void
place_account(rip_pilot *self, const rip_run *run, rip_sums *sums, size_t at)
{
    const size_t account = at / self->n_mode;
    const double equity = sums->initial_equity[account];
    const double n = (double)self->n_path;
    float *loss = self->loss + at * self->n_path;
    order ranked = {
        .value = loss, .is_single = true, .n = self->n_path, .most = equity};
    double first = n;
    ranked.least_width = 0x1p-20 * equity;
    for (size_t l = 0; l < sums->n_level; l++) {
        const double level = run->outputs.level[l];
        const double low = level * n - rank_spread(level, n);
        first = low < first ? low : first;
    }
    sort_upper(loss, self->n_path, first > 0.0 ? (size_t)first : 0);
    for (size_t l = 0; l < sums->n_level; l++) {
        sums->fine_zone[at * sums->n_level + l] =
            place_zone(&ranked, run->outputs.level[l]);
    }
}

void
rip_pilot_place(rip_pilot *self, const rip_run *run, rip_sums *sums)
{
    for (size_t at = 0; at < self->n_account * self->n_mode; at++) {
        place_account(self, run, sums, at);
    }
    for (size_t m = 0; m < self->n_mode; m++) {
        double *total = self->total + m * self->n_path;
        order ranked = {
            .value = total, .n = self->n_path, .most = sums->population_equity};
        ranked.least_width = 0x1p-20 * sums->population_equity;
        qsort(total, self->n_path, sizeof(*total), ascending);
        for (size_t l = 0; l < sums->n_level; l++) {
            sums->population_fine_zone[m * sums->n_level + l] =
                place_zone(&ranked, run->outputs.level[l]);
        }
    }
}
