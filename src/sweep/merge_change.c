#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/sweep/change.h"

#define BATCHES     RIP_SWEEP_CHANGE_BATCHES
#define CACHE_BYTES ((uint64_t)512 << 20) /* of baselines in memory */

/* Figures whose sums over batches are in the file. */
static const struct {
    const char *name, *batches;
    bool is_share;
} by_batches[] = {
    {"wipeout_probability", "wipeouts", true},
    {"liquidation_probability", "liquidations", true},
    {"mean_loss", "loss_sum", false},
    {"population_wipeout", "population_wipeouts", true},
    {"population_terminal_wipeout", "population_terminal_wipeouts", true},
    {"population_liquidation", "population_liquidations", true},
    {"population_full_liquidation", "population_full_liquidations", true},
    {"population_deficit", "population_deficits", true},
    {"population_mean_loss", "population_loss_sum", false},
    {"population_mean_loss_by_cause", "population_loss_by_cause_sum", false},
};
#define N_BY_BATCHES (sizeof(by_batches) / sizeof(by_batches[0]))

/* One figure with a change. Indices of sets; n_set: there is none. */
typedef struct change {
    rip_sweep_interval at_point; /* without batches */
    size_t out[3];               /* change, its lower and its upper end */
    size_t method;               /* of by_batches, or N_BY_BATCHES */
    size_t batches;              /* set with its sums over batches */
} change;

struct rip_sweep_changes {
    const rip_sweep_merging *of;
    size_t n_change;
    change *change; /* [n_change] owned */
    bool *needed;   /* [n_set] owned */
    uint64_t bytes;
    rip_sweep_figures *baseline; /* [n_point] owned; value NULL: not in memory */
};

static rip_status
add(rip_sweep_merging *self, const rip_sweep_set *figure, const char *suffix,
    const char *doc)
{
    rip_sweep_set *set = &self->set[self->n_set];

    if (self->n_set == RIP_SWEEP_SETS) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *set = *figure;
    set->what.is_empty = false;
    set->n_seen = 0; /* no point brings it */
    set->what.unit = strdup(figure->what.unit);
    set->what.doc = NULL;
    if (asprintf(&set->what.doc, "%s: %s", figure->what.doc, doc) < 0) {
        set->what.doc = NULL;
    }
    self->n_set++;
    (void)snprintf(set->what.name, RIP_H5_NAME, "%.40s%s", figure->what.name, suffix);
    return set->what.unit != NULL && set->what.doc != NULL
               ? RIP_OK
               : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

/* What an end of the change's interval is, in words. */
static rip_status
add_end(rip_sweep_merging *self, const rip_sweep_interval *interval, const char *suffix,
        const char *end)
{
    char doc[128];

    (void)snprintf(doc, sizeof(doc),
                   "change against the baseline, %s end of the 99 %% interval%s", end,
                   interval->kind == RIP_SWEEP_INTERVAL_NONE
                       ? " (NaN: points hold no error of it)"
                       : "");
    return add(self, &self->set[interval->figure], suffix, doc);
}

rip_status
rip_sweep_merge_add_changes(rip_sweep_merging *self)
{
    rip_status status = RIP_OK;
    const size_t n = self->n_set;

    for (size_t i = 0; i < n; i++) {
        rip_sweep_interval found;
        if (!rip_sweep_interval_find(self, i, &found)) {
            continue;
        }
        RIP_TRY(add(self, &self->set[i], "_change", "change against the baseline"));
        RIP_TRY(add_end(self, &found, "_change_lower", "lower"));
        RIP_TRY(add_end(self, &found, "_change_upper", "upper"));
    }
out:
    return status;
}

/* Sums over batches are [the figure's axes, batch]. */
static bool
has_batches(const rip_sweep_merging *self, size_t figure, size_t batches)
{
    const rip_sweep_set *set = &self->set[batches];

    return rip_sweep_merge_same_axes(self, batches, figure, 1) &&
           self->axis[set->axis[set->what.n_dim - 1]].n == BATCHES;
}

static void
find_method(const rip_sweep_changes *self, change *to)
{
    const rip_sweep_merging *of = self->of;

    for (to->method = 0; to->method < N_BY_BATCHES; to->method++) {
        const char *batches = by_batches[to->method].batches;
        const size_t found = rip_sweep_merge_find(of, "batches", batches);
        if (strcmp(by_batches[to->method].name,
                   of->set[to->at_point.figure].what.name) == 0 &&
            found < of->n_set && has_batches(of, to->at_point.figure, found)) {
            to->batches = found;
            return;
        }
    }
}

static void
need(rip_sweep_changes *self, size_t set)
{
    if (set < self->of->n_set) {
        self->needed[set] = true;
    }
}

static void
note_change(rip_sweep_changes *self, const rip_sweep_interval *found)
{
    const rip_sweep_merging *of = self->of;
    const char *name = of->set[found->figure].what.name;
    change *to = &self->change[self->n_change++];

    *to = (change){.at_point = *found, .batches = of->n_set};
    find_method(self, to);
    to->out[0] = rip_sweep_merge_find_with(of, name, "_change");
    to->out[1] = rip_sweep_merge_find_with(of, name, "_change_lower");
    to->out[2] = rip_sweep_merge_find_with(of, name, "_change_upper");
    need(self, found->figure);
    need(self, found->part[0]);
    need(self, found->part[1]);
    need(self, to->batches);
}

rip_status
rip_sweep_changes_begin(rip_sweep_changes **self, const rip_sweep_merging *of)
{
    rip_sweep_changes *made = calloc(1, sizeof(*made));

    *self = made;
    if (made == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    made->of = of;
    made->change = calloc(of->n_set + 1, sizeof(*made->change));
    made->needed = calloc(of->n_set + 1, sizeof(*made->needed));
    made->baseline = calloc(of->points.n_point, sizeof(*made->baseline));
    if (made->change == NULL || made->needed == NULL || made->baseline == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < of->n_set; i++) {
        rip_sweep_interval found;
        if (rip_sweep_interval_find(of, i, &found)) {
            note_change(made, &found);
        }
    }
    return RIP_OK;
}

static void
free_figures(const rip_sweep_changes *self, rip_sweep_figures *of)
{
    for (size_t i = 0; of->value != NULL && i < self->of->n_set; i++) {
        free(of->value[i]);
    }
    free((void *)of->value);
    free(of->weight);
    *of = (rip_sweep_figures){0};
}

void
rip_sweep_changes_free(rip_sweep_changes *self)
{
    if (self == NULL) {
        return;
    }
    for (size_t k = 0; self->baseline != NULL && k < self->of->points.n_point; k++) {
        free_figures(self, &self->baseline[k]);
    }
    free(self->baseline);
    free(self->change);
    free(self->needed);
    free(self);
}

/* Elements of a set at one point, on the united axes. */
static uint64_t
elements(const rip_sweep_merging *self, size_t set, size_t first_dim)
{
    uint64_t n = 1;

    for (size_t k = first_dim; k < self->set[set].what.n_dim; k++) {
        n *= self->axis[self->set[set].axis[k]].n;
    }
    return n;
}

/* Weights of the accounts, on the united axis of accounts at the root. */
static rip_status
read_weights(const rip_sweep_merging *self, const rip_sweep_opened *from, double **to)
{
    const size_t axis = rip_sweep_merge_accounts(self);

    if (axis == self->n_axis) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *to = calloc(self->axis[axis].n + 1, sizeof(**to));
    if (*to == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < from->length[axis]; i++) {
        const size_t at = from->map[axis] != NULL ? from->map[axis][i] : i;
        (*to)[at] = from->stored.weight[i];
    }
    return RIP_OK;
}

static rip_status
read_figures(const rip_sweep_changes *self, const rip_sweep_opened *from,
             rip_sweep_figures *to)
{
    rip_status status = RIP_OK;
    const rip_sweep_merging *of = self->of;

    *to = (rip_sweep_figures){.n_path = from->stored.paths_done};
    to->value = calloc(of->n_set + 1, sizeof(*to->value)); /* n_set: none */
    if (to->value == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(read_weights(of, from, &to->weight));
    for (size_t i = 0; i < of->n_set; i++) {
        char path[2 * RIP_H5_NAME];
        rip_sweep_merge_path(of, of->set[i].group, of->set[i].what.name, path);
        if (self->needed[i] &&
            rip_h5_exists(rip_image_file(from->stored.image), path)) {
            RIP_TRY(rip_sweep_merge_fetch(of, from, i, &to->value[i]));
            to->bytes += elements(of, i, 0) * sizeof(double);
        }
    }
out:
    return status;
}

static rip_sweep_change
change_at(const rip_sweep_changes *self, const change *what,
          const rip_sweep_figures *point, const rip_sweep_figures *base, uint64_t i)
{
    const double *sum = point->value[what->batches];
    const double *base_sum = base->value[what->batches];

    if (sum == NULL || base_sum == NULL) {
        const rip_sweep_change a =
            rip_sweep_interval_at(self->of, &what->at_point, point, i);
        const rip_sweep_change b =
            rip_sweep_interval_at(self->of, &what->at_point, base, i);
        return rip_sweep_change_bound(&a, &b);
    }
    const rip_sweep_batches a = {point->value[what->at_point.figure][i],
                                 sum + i * BATCHES, point->n_path};
    const rip_sweep_batches b = {base->value[what->at_point.figure][i],
                                 base_sum + i * BATCHES, base->n_path};
    return by_batches[what->method].is_share ? rip_sweep_change_share(&a, &b)
                                             : rip_sweep_change_mean(&a, &b);
}

static rip_status
write_values(const rip_sweep_merging *of, size_t set, size_t point, const double *value)
{
    const rip_sweep_set *to = &of->set[set];
    const size_t n_lead = rip_sweep_points_dims(&of->points);
    rip_h5_box box = {.n_dim = n_lead + to->what.n_dim};

    rip_sweep_merge_place(of, point, &box);
    for (size_t k = 0; k < to->what.n_dim; k++) {
        box.count[n_lead + k] = box.stride[n_lead + k] = of->axis[to->axis[k]].n;
    }
    return rip_h5_write_box(to->id, RIP_H5_F64, &box, value);
}

static rip_status
write_change(const rip_sweep_changes *self, const change *what, size_t k,
             const rip_sweep_figures *point, const rip_sweep_figures *base)
{
    rip_status status = RIP_OK;
    const bool is_base = rip_sweep_points_baseline(&self->of->points, k) == k;
    const uint64_t n = elements(self->of, what->at_point.figure, 0);
    /* Ends that are never known are left out: their chunks take no room in the file. */
    const size_t n_out = what->at_point.kind == RIP_SWEEP_INTERVAL_NONE ? 1 : 3;
    double *value = calloc(3 * (size_t)n + 1, sizeof(*value));

    if (value == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (uint64_t i = 0; i < n; i++) {
        rip_sweep_change found = {0.0, 0.0, 0.0};
        if (!is_base || isnan(point->value[what->at_point.figure][i])) {
            found = change_at(self, what, point, base, i);
        }
        value[i] = found.value;
        value[n + i] = found.lower;
        value[2 * n + i] = found.upper;
    }
    for (size_t j = 0; j < n_out; j++) {
        RIP_TRY(write_values(self->of, what->out[j], k, value + j * n));
    }
out:
    free(value);
    return status;
}

/* Baselines stay in memory until there are too many of them. */
static rip_status
find_baseline(rip_sweep_changes *self, size_t k, const rip_sweep_figures **found)
{
    rip_status status = RIP_OK;
    rip_sweep_opened opened = {0};

    if (self->baseline[k].value == NULL) {
        if (self->bytes > CACHE_BYTES) {
            for (size_t i = 0; i < self->of->points.n_point; i++) {
                free_figures(self, &self->baseline[i]);
            }
            self->bytes = 0;
        }
        RIP_TRY(rip_sweep_merge_open(self->of, k, &opened));
        RIP_TRY(read_figures(self, &opened, &self->baseline[k]));
        self->bytes += self->baseline[k].bytes;
    }
    *found = &self->baseline[k];
out:
    rip_sweep_merge_close(self->of, &opened);
    return status;
}

rip_status
rip_sweep_changes_write(rip_sweep_changes *self, const rip_sweep_opened *from)
{
    rip_status status = RIP_OK;
    const size_t k = rip_sweep_points_baseline(&self->of->points, from->point);
    const rip_sweep_figures *base = NULL;
    rip_sweep_figures point = {0};

    /* Without its baseline a point's changes are missing. */
    if (self->of->file[k] == NULL) {
        return RIP_OK;
    }
    RIP_TRY(find_baseline(self, k, &base));
    RIP_TRY(read_figures(self, from, &point));
    for (size_t i = 0; i < self->n_change; i++) {
        const size_t figure = self->change[i].at_point.figure;
        if (point.value[figure] != NULL && base->value[figure] != NULL) {
            RIP_TRY(write_change(self, &self->change[i], from->point, &point, base));
        }
    }
out:
    free_figures(self, &point);
    return status;
}
