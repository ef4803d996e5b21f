#include "riptide/sweep/change.h"

#include <math.h>

#include "riptide/numerics/statistics.h"

#define BATCHES RIP_SWEEP_CHANGE_BATCHES

/* Quantile 0.995 of Student's law with 63 degrees of freedom. */
#define T99 2.656145029762259

/* Change and spread of the batches, both per path. */
typedef struct spread {
    double change, variance, moved; /* moved: sum of |D_b| */
} spread;

/* Share of n paths that are in a batch. */
static double
share_of_batch(uint64_t n, size_t batch)
{
    const uint64_t in = n / BATCHES + (batch < n % BATCHES ? 1 : 0);

    return (double)in / (double)n;
}

static spread
measure(const rip_sweep_batches *point, const rip_sweep_batches *baseline)
{
    const double n = (double)point->n_path, n_base = (double)baseline->n_path;
    double d[BATCHES], total = 0.0;
    spread found = {.change = point->estimate - baseline->estimate};

    for (size_t b = 0; b < BATCHES; b++) {
        d[b] = point->sum[b] / n - baseline->sum[b] / n_base;
        total += d[b];
        found.moved += fabs(d[b]);
    }
    for (size_t b = 0; b < BATCHES; b++) {
        const double w =
            (share_of_batch(point->n_path, b) + share_of_batch(baseline->n_path, b)) /
            2.0;
        const double off = d[b] - total * w;
        found.variance += off * off;
    }
    found.variance *= (double)BATCHES / (BATCHES - 1);
    return found;
}

static uint64_t
fewer_paths(const rip_sweep_batches *point, const rip_sweep_batches *baseline)
{
    return point->n_path < baseline->n_path ? point->n_path : baseline->n_path;
}

rip_sweep_change
rip_sweep_change_mean(const rip_sweep_batches *point, const rip_sweep_batches *baseline)
{
    const double change = point->estimate - baseline->estimate;

    if (fewer_paths(point, baseline) < BATCHES) {
        return (rip_sweep_change){change, NAN, NAN};
    }
    const double half = T99 * sqrt(measure(point, baseline).variance);
    return (rip_sweep_change){change, change - half, change + half};
}

static double
score_half(const spread *found, double n)
{
    const double variance = found->variance * n * n, moved = found->moved * n;
    const double jump = variance < moved ? variance / moved : 1.0;

    return (T99 * T99 * jump / 2.0 +
            T99 * sqrt(variance + T99 * T99 * jump * jump / 4.0)) /
           n;
}

rip_sweep_change
rip_sweep_change_share(const rip_sweep_batches *point,
                       const rip_sweep_batches *baseline)
{
    const spread found = measure(point, baseline);
    const double n = (double)fewer_paths(point, baseline);
    double half;

    if (fewer_paths(point, baseline) < BATCHES || isnan(found.change)) {
        return (rip_sweep_change){found.change, NAN, NAN};
    }
    half = found.variance > 0.0 ? score_half(&found, n)
                                : rip_statistics_none_of(n, RIP_CONFIDENCE99);
    return (rip_sweep_change){.value = found.change,
                              .lower = fmax(found.change - half, -1.0),
                              .upper = fmin(found.change + half, 1.0)};
}

rip_sweep_change
rip_sweep_change_bound(const rip_sweep_change *point, const rip_sweep_change *baseline)
{
    return (rip_sweep_change){.value = point->value - baseline->value,
                              .lower = point->lower - baseline->upper,
                              .upper = point->upper - baseline->lower};
}
