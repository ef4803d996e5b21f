#include <math.h>
#include <stdio.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/numerics/statistics.h"
#include "riptide/numerics/student.h"

/* What is no change of a figure, or has an error that is not that of a sum. */
static const char *const no_change[] = {"value_at_risk", "expected_shortfall",
                                        "_change"};

/* Means and probabilities that a result gives without an error of their own. */
static const struct {
    const char *name;
    rip_sweep_interval_kind kind;
    const char *beside; /* the dataset that the error is drawn from */
} no_error[] = {
    {"mean_deficit", RIP_SWEEP_INTERVAL_DEFICIT, "population_mean_loss_by_cause"},
    {"mean_time_to_liquidation", RIP_SWEEP_INTERVAL_TIMES,
     "time_to_liquidation_by_account"},
    {"paired_wipeout", RIP_SWEEP_INTERVAL_PAIRS, NULL},
    {"mean_loss_by_cause", RIP_SWEEP_INTERVAL_NONE, NULL},
};
#define N_NO_ERROR (sizeof(no_error) / sizeof(no_error[0]))

size_t
rip_sweep_merge_find_with(const rip_sweep_merging *self, const char *name,
                          const char *suffix)
{
    char text[2 * RIP_H5_NAME];

    (void)snprintf(text, sizeof(text), "%s%s", name, suffix);
    return rip_sweep_merge_find(self, "/", text);
}

size_t
rip_sweep_merge_accounts(const rip_sweep_merging *self)
{
    size_t i = 0;

    while (i < self->n_axis && (self->axis[i].group != 0 ||
                                strcmp(self->axis[i].what.name, "account") != 0)) {
        i++;
    }
    return i;
}

static const rip_sweep_axis *
axis_of(const rip_sweep_merging *self, size_t set, size_t dim)
{
    return &self->axis[self->set[set].axis[dim]];
}

bool
rip_sweep_merge_same_axes(const rip_sweep_merging *self, size_t a, size_t b,
                          size_t more)
{
    const size_t n = self->set[b].what.n_dim;

    if (self->set[a].what.n_dim != n + more) {
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        if (axis_of(self, a, k)->n != axis_of(self, b, k)->n) {
            return false;
        }
    }
    return true;
}

/* A part of a figure's error, if it has the figure's axes; else n_set. */
static size_t
find_part(const rip_sweep_merging *self, size_t figure, const char *suffix)
{
    const size_t found =
        rip_sweep_merge_find_with(self, self->set[figure].what.name, suffix);

    return found < self->n_set && rip_sweep_merge_same_axes(self, found, figure, 0)
               ? found
               : self->n_set;
}

static bool
has_change(const rip_sweep_set *set)
{
    for (size_t i = 0; i < sizeof(no_change) / sizeof(no_change[0]); i++) {
        if (strstr(set->what.name, no_change[i]) != NULL) {
            return false;
        }
    }
    return set->group == 0 && set->what.type == RIP_H5_F64 && set->varies;
}

/* Deficits are [mode, account], losses of all accounts [mode, cause]. */
static bool
find_deficit(const rip_sweep_merging *self, rip_sweep_interval *to)
{
    const rip_sweep_set *set = &self->set[to->part[0]];

    to->part[1] = find_part(self, to->part[0], "_se");
    return to->part[1] < self->n_set && self->set[to->figure].what.n_dim == 2 &&
           set->what.n_dim == 2 &&
           self->set[to->figure].axis[1] == rip_sweep_merge_accounts(self) &&
           axis_of(self, to->part[0], 0)->n == axis_of(self, to->figure, 0)->n &&
           axis_of(self, to->part[0], 1)->what.type == RIP_H5_TEXT;
}

/* Counts are [the figure's axes, time]. */
static bool
find_times(const rip_sweep_merging *self, const rip_sweep_interval *to)
{
    const size_t n_dim = self->set[to->figure].what.n_dim;

    return rip_sweep_merge_same_axes(self, to->part[0], to->figure, 1) &&
           axis_of(self, to->part[0], n_dim)->what.type == RIP_H5_F64;
}

/* Whether what the interval is drawn from is there, and of the right shape. */
static bool
find_beside(const rip_sweep_merging *self, const char *beside, rip_sweep_interval *to)
{
    if (beside != NULL) {
        to->part[0] = rip_sweep_merge_find(self, "/", beside);
        if (to->part[0] == self->n_set) {
            return false;
        }
    }
    switch (to->kind) {
    case RIP_SWEEP_INTERVAL_DEFICIT:
        return find_deficit(self, to);
    case RIP_SWEEP_INTERVAL_TIMES:
        return find_times(self, to);
    case RIP_SWEEP_INTERVAL_PAIRS:
        return self->set[to->figure].what.n_dim == 3;
    case RIP_SWEEP_INTERVAL_ENDS:
    case RIP_SWEEP_INTERVAL_ERROR:
    case RIP_SWEEP_INTERVAL_NONE:
        break;
    }
    return false;
}

bool
rip_sweep_interval_find(const rip_sweep_merging *self, size_t figure,
                        rip_sweep_interval *to)
{
    const char *name = self->set[figure].what.name;
    const size_t none = self->n_set;
    const size_t lower = find_part(self, figure, "_lower");
    const size_t upper = find_part(self, figure, "_upper");
    const size_t se = find_part(self, figure, "_se");
    size_t i = 0;

    *to = (rip_sweep_interval){RIP_SWEEP_INTERVAL_NONE, figure, {none, none}};
    if (!has_change(&self->set[figure])) {
        return false;
    }
    if (lower < none && upper < none) {
        *to = (rip_sweep_interval){RIP_SWEEP_INTERVAL_ENDS, figure, {lower, upper}};
        return true;
    }
    if (se < none) {
        *to = (rip_sweep_interval){RIP_SWEEP_INTERVAL_ERROR, figure, {se, none}};
        return true;
    }
    while (i < N_NO_ERROR && strcmp(no_error[i].name, name) != 0) {
        i++;
    }
    if (i == N_NO_ERROR) {
        return false;
    }
    to->kind = no_error[i].kind;
    if (!find_beside(self, no_error[i].beside, to)) {
        *to = (rip_sweep_interval){RIP_SWEEP_INTERVAL_NONE, figure, {none, none}};
    }
    return true;
}

/* A figure and the interval of a normal law. */
static rip_sweep_change
with_error(double value, double se)
{
    return (rip_sweep_change){value, value - RIP_Z99 * se, value + RIP_Z99 * se};
}

/*
 * Nobody's deficit is below 0, so that on every path an account's, by its weight w, is
 * at most that of all, T: E[d^2] <= E[T^2] / w^2, and E[T^2] is known from the mean and
 * the error of T.
 */
static rip_sweep_change
deficit_at(const rip_sweep_merging *self, const rip_sweep_interval *what,
           const rip_sweep_figures *from, uint64_t i)
{
    const rip_sweep_axis *cause = axis_of(self, what->part[0], 1);
    const uint64_t n_account = axis_of(self, what->figure, 1)->n;
    const double value = from->value[what->figure][i], n = (double)from->n_path;
    const double weight = from->weight[i % n_account];
    size_t c = 0;

    while (c < cause->n &&
           strcmp(((char *const *)cause->value)[c], "gap_through_bankruptcy") != 0) {
        c++;
    }
    if (c == cause->n || n < 2.0 || !(weight > 0.0)) {
        return with_error(value, NAN);
    }
    const uint64_t at = i / n_account * cause->n + c;
    const double mean = from->value[what->part[0]][at];
    const double se = from->value[what->part[1]][at];
    const double square =
        (se * se * (n - 1.0) + mean * mean) / (weight * weight) - value * value;
    const double bound = sqrt(fmax(square, 0.0) / (n - 1.0));
    /* fmax drops a NaN. */
    return with_error(value, isnan(square) ? NAN : bound);
}

/* The mean of the times of n events, with Student's law of n - 1 degrees of freedom,
   which has a variance from 3 on; with fewer there is no interval. */
static rip_sweep_change
mean_time_at(const rip_sweep_merging *self, const rip_sweep_interval *what,
             const rip_sweep_figures *from, uint64_t i)
{
    const rip_sweep_axis *time =
        axis_of(self, what->part[0], self->set[what->figure].what.n_dim);
    const double *hours = time->value,
                 *count = from->value[what->part[0]] + i * time->n;
    const double value = from->value[what->figure][i];
    double n = 0.0, square = 0.0;

    for (size_t t = 0; t < time->n; t++) {
        if (count[t] > 0.0) { /* NaN where the point does not have the time */
            n += count[t];
            square += count[t] * (hours[t] - value) * (hours[t] - value);
        }
    }
    if (n < 4.0) {
        return with_error(value, NAN);
    }
    const double half =
        rip_student_t(RIP_Z99, fmin(n - 1.0, 1000.0)) * sqrt(square / (n - 1.0) / n);
    return (rip_sweep_change){value, value - half, value + half};
}

/* A mode against itself has no pair; else an interval as any probability has. */
static rip_sweep_change
pairs_at(const rip_sweep_merging *self, const rip_sweep_interval *what,
         const rip_sweep_figures *from, uint64_t i)
{
    const uint64_t n_other = axis_of(self, what->figure, 1)->n;
    const uint64_t row = i / axis_of(self, what->figure, 2)->n;
    const double n = (double)from->n_path;
    rip_sweep_change found = with_error(from->value[what->figure][i], 0.0);

    if (row / n_other != row % n_other && !isnan(found.value)) {
        rip_statistics_proportion(rint(found.value * n), n, &found.lower, &found.upper);
    }
    return found;
}

rip_sweep_change
rip_sweep_interval_at(const rip_sweep_merging *self, const rip_sweep_interval *what,
                      const rip_sweep_figures *from, uint64_t i)
{
    const double value = from->value[what->figure][i];
    const double *const part[] = {from->value[what->part[0]],
                                  from->value[what->part[1]]};

    for (size_t k = 0; k < 2; k++) {
        if (what->part[k] < self->n_set && part[k] == NULL) {
            return with_error(value, NAN); /* this point lacks it */
        }
    }
    switch (what->kind) {
    case RIP_SWEEP_INTERVAL_ENDS:
        return (rip_sweep_change){value, part[0][i], part[1][i]};
    case RIP_SWEEP_INTERVAL_ERROR:
        return with_error(value, part[0][i]);
    case RIP_SWEEP_INTERVAL_DEFICIT:
        return deficit_at(self, what, from, i);
    case RIP_SWEEP_INTERVAL_TIMES:
        return mean_time_at(self, what, from, i);
    case RIP_SWEEP_INTERVAL_PAIRS:
        return pairs_at(self, what, from, i);
    case RIP_SWEEP_INTERVAL_NONE:
        break;
    }
    return with_error(value, NAN);
}
