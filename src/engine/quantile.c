#include "riptide/engine/quantile.h"

#include <math.h>

#include "riptide/numerics/statistics.h"

/* Where a rank from the top falls. */
typedef struct place {
    size_t cell;  /* n_cell: below all of them */
    double above; /* paths of the cell above the rank */
} place;

static place
find(size_t n_cell, const rip_quantile_cell *cell, double n_above)
{
    double seen = 0.0;
    for (size_t i = 0; i < n_cell; i++) {
        if (seen + cell[i].count > n_above) {
            return (place){.cell = i, .above = n_above - seen};
        }
        seen += cell[i].count;
    }
    return (place){.cell = n_cell};
}

/*
 * Value at a fraction f in (0, 1) of a cell's paths in ascending order. The paths are
 * taken as spread evenly about the cell's mean as widely as the cell allows: linear
 * interpolation if the mean is in the middle, the mean itself if it is at an end.
 */
static double
inside(const rip_quantile_cell *cell, double f)
{
    const double mean = cell->sum / cell->count;
    const double room = fmin(mean - cell->low, cell->high - mean);
    return mean + (2.0 * f - 1.0) * fmax(room, 0.0);
}

static double
value_at(const rip_quantile_cell *cell, double above)
{
    return inside(cell, (cell->count - above - 0.5) / cell->count);
}

/* The value with so many paths above, moved out by a share of its cell's width; NaN if
   the cells do not reach there. */
static double
moved_out(size_t n_cell, const rip_quantile_cell *cell, double n_above, double share)
{
    const place at = find(n_cell, cell, n_above);
    if (at.cell == n_cell) {
        return NAN;
    }
    return value_at(&cell[at.cell], at.above) +
           share * (cell[at.cell].high - cell[at.cell].low);
}

/* Half of what lies within a standard deviation of the rank on either side. */
static double
half_around(size_t n_cell, const rip_quantile_cell *cell, const rip_quantile_level *at)
{
    const double apart = sqrt(at->n * at->level * (1.0 - at->level));
    const double n_above = at->n - at->rank;
    return (moved_out(n_cell, cell, n_above - apart, 1.0 / RIP_Z99) -
            moved_out(n_cell, cell, n_above + apart, -1.0 / RIP_Z99)) /
           2.0;
}

/* Sums over the paths above the rank, and over those in the cells above its cell. */
typedef struct tail_sums {
    double sum, square, above_cell;
} tail_sums;

static tail_sums
sums_of_tail(const rip_quantile_cell *cell, place at)
{
    const rip_quantile_cell *last = &cell[at.cell];
    const double part = inside(last, 1.0 - at.above / (2.0 * last->count));
    tail_sums t = {.sum = at.above * part, .square = at.above * part * part};
    for (size_t i = 0; i < at.cell; i++) {
        t.sum += cell[i].sum;
        t.square += cell[i].sum_square;
        t.above_cell += cell[i].sum;
    }
    return t;
}

static void
shortfall(rip_quantile *q, const rip_quantile_cell *cell, place at,
          const rip_quantile_level *wanted)
{
    const double n = wanted->n, tail = n * (1.0 - wanted->level);
    const double n_above = n - wanted->rank;
    const double width = cell[at.cell].high - cell[at.cell].low;
    const tail_sums above = sums_of_tail(cell, at);
    double excess, variance;
    q->shortfall = (above.sum + (tail - n_above) * q->value) / tail;
    /* What is in order stays as it is to the last bit, rounding or not. */
    q->most = fmax(q->value, cell[at.cell].high);
    q->shortfall_most = fmax(
        q->shortfall,
        (above.above_cell + (tail - n_above + at.above) * cell[at.cell].high) / tail);
    excess = (above.sum - n_above * q->value) / n;
    variance =
        (above.square - 2.0 * q->value * above.sum + n_above * q->value * q->value) /
            n -
        excess * excess;
    q->shortfall_se = sqrt(fmax(variance, 0.0) / n) / (1.0 - wanted->level) +
                      width * (at.above + 1.0) / tail;
}

rip_quantile_level
rip_quantile_level_of(uint64_t n, double level)
{
    uint64_t lower, upper;
    rip_statistics_ranks(n, level, RIP_CONFIDENCE99, &lower, &upper);
    return (rip_quantile_level){.n = (double)n,
                                .level = level,
                                /* The product may exceed a whole number by rounding. */
                                .rank = ceil(level * (double)n * (1.0 - 1e-14)),
                                .lower = (double)lower,
                                .upper = (double)upper};
}

rip_quantile
rip_quantile_estimate(size_t n_cell, const rip_quantile_cell *cell,
                      const rip_quantile_level *at, double most)
{
    rip_quantile q = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    const place found = find(n_cell, cell, at->n - at->rank);
    if (found.cell == n_cell) {
        return q;
    }
    q.value = value_at(&cell[found.cell], found.above);
    shortfall(&q, cell, found, at);
    if (at->n < 2.0) {
        q.shortfall_se = NAN;
        return q;
    }
    if (at->lower >= 1.0) {
        q.lower = moved_out(n_cell, cell, at->n - at->lower, -1.0);
    }
    q.upper =
        at->upper <= at->n ? moved_out(n_cell, cell, at->n - at->upper, 1.0) : most;
    q.upper = q.upper < most ? q.upper : most;
    q.se = at->upper <= at->n ? half_around(n_cell, cell, at)
                              : (q.value - q.lower) / RIP_Z99;
    return q;
}

/* What is not below the one before, at most what it and all that follow can be. */
static double
in_order(double value, double before, double most)
{
    return isnan(value) ? value : fmin(fmax(value, before), most);
}

void
rip_quantile_in_order(size_t n_level, rip_quantile *q)
{
    for (size_t l = n_level; l-- > 1;) {
        q[l - 1].most = fmin(q[l - 1].most, q[l].most);
        q[l - 1].shortfall_most = fmin(q[l - 1].shortfall_most, q[l].shortfall_most);
    }
    for (size_t l = 0; l < n_level; l++) {
        const double before = l > 0 ? q[l - 1].value : NAN;
        const double shortfall_before = l > 0 ? q[l - 1].shortfall : NAN;
        q[l].value = in_order(q[l].value, before, q[l].most);
        q[l].shortfall =
            in_order(q[l].shortfall, shortfall_before, q[l].shortfall_most);
    }
}
