#include "points_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/yaml.h"

#define MAX_KEY 256 /* bytes of a dotted path */

static const rip_report_path sweep_path = {.key = "sweep"};
static const rip_report_path baseline_path = {.up = &sweep_path, .key = "baseline"};

rip_status
rip_sweep_points_add(rip_sweep_points *self, const char *name, size_t n_value)
{
    rip_sweep_key *key = &self->key[self->n_key];

    *key = (rip_sweep_key){.n_value = n_value, .baseline = n_value};
    key->name = strdup(name);
    key->value = calloc(n_value, sizeof(rip_node *));
    self->n_key++;
    if (key->name == NULL || key->value == NULL) {
        key->n_value = 0;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

/* Equal text for values that are equal to a user: 1 and 1.0, 3d and 72h. */
static rip_status
plain_value(const rip_node *value, char **text)
{
    uint64_t ms;

    if (!rip_node_is_duration(value, &ms)) {
        return rip_yaml_write_line(value, text);
    }
    if (asprintf(text, "%" PRIu64 "ms", ms) < 0) {
        *text = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

static rip_status
same_value(const rip_node *a, const rip_node *b, bool *same)
{
    rip_status status = RIP_OK;
    char *text_a = NULL, *text_b = NULL;

    RIP_TRY(plain_value(a, &text_a));
    RIP_TRY(plain_value(b, &text_b));
    *same = strcmp(text_a, text_b) == 0;
out:
    free(text_a);
    free(text_b);
    return status;
}

typedef struct said {
    char *text; /* owned */
    size_t index;
} said;

static int
compare_said(const void *a, const void *b)
{
    const said *x = a, *y = b;
    const int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static void
report_repeats(const rip_node *values, const said *sorted, const rip_report_path *path,
               rip_error *error)
{
    for (size_t i = 1; i < values->n_child; i++) {
        const rip_report_path here = {.up = path, .index = sorted[i].index};
        if (strcmp(sorted[i - 1].text, sorted[i].text) == 0) {
            (void)rip_report(error, values->child[sorted[i].index]->place, &here,
                             "%s is said at %s already (each value once)",
                             sorted[i].text, values->child[sorted[i - 1].index]->place);
        }
    }
}

/* A coordinate that stands twice on an axis could not be selected by its value. */
static rip_status
check_repeats(const rip_node *values, const rip_report_path *path, rip_error *error)
{
    rip_status status = RIP_OK;
    const size_t n = values->n_child;
    said *list = calloc(n, sizeof(*list));

    if (list == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        list[i].index = i;
        RIP_TRY(plain_value(values->child[i], &list[i].text));
    }
    qsort(list, n, sizeof(*list), compare_said);
    report_repeats(values, list, path, error);
out:
    for (size_t i = 0; i < n; i++) {
        free(list[i].text);
    }
    free(list);
    return status;
}

static rip_status
take_values(rip_sweep_points *self, const rip_node *values)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_sweep_points_add(self, values->key, values->n_child));
    for (size_t i = 0; i < values->n_child; i++) {
        RIP_TRY(rip_node_clone(values->child[i], &self->key[self->n_key - 1].value[i]));
    }
out:
    return status;
}

static rip_status
read_grid(rip_sweep_points *self, const rip_node *grid, const rip_report_path *path,
          rip_error *error)
{
    rip_status status = RIP_OK;

    self->is_grid = true;
    self->n_point = 1;
    for (size_t j = 0; j < grid->n_child; j++) {
        const rip_node *values = grid->child[j];
        const rip_report_path here = {.up = path, .key = values->key};
        RIP_TRY(check_repeats(values, &here, error));
        if (self->n_point > RIP_SWEEP_MAX_POINTS / values->n_child) {
            return rip_report(error, grid->place, path, "too many points (at most %d)",
                              RIP_SWEEP_MAX_POINTS);
        }
        self->n_point *= values->n_child;
        RIP_TRY(take_values(self, values));
    }
out:
    return status;
}

static rip_status
read_zip(rip_sweep_points *self, const rip_node *zip, const rip_report_path *path,
         rip_error *error)
{
    rip_status status = RIP_OK;

    self->n_point = zip->child[0]->n_child;
    for (size_t j = 0; j < zip->n_child; j++) {
        const rip_node *values = zip->child[j];
        const rip_report_path here = {.up = path, .key = values->key};
        if (values->n_child != self->n_point) {
            status = rip_report(error, values->place, &here,
                                "%zu values, but %s has %zu (lists of equal length)",
                                values->n_child, zip->child[0]->key, self->n_point);
            continue;
        }
        if (self->n_point > RIP_SWEEP_MAX_POINTS) {
            return rip_report(error, zip->place, path, "too many points (at most %d)",
                              RIP_SWEEP_MAX_POINTS);
        }
        if (status == RIP_OK) {
            RIP_TRY(take_values(self, values));
        }
    }
out:
    return status;
}

/* A dotted path with "." for every way to write a step, and one at the end. */
static void
plain_path(const char *key, char *path)
{
    size_t n = 0;

    for (; *key != '\0' && n + 2 < MAX_KEY; key++) {
        if (*key == '[') {
            path[n++] = '.';
        } else if (*key != ']') {
            path[n++] = *key;
        }
    }
    path[n++] = '.';
    path[n] = '\0';
}

static bool
begins_with(const char *path, const char *start)
{
    return strncmp(path, start, strlen(start)) == 0;
}

/* Keys are applied in their order, so none may replace what one before it has said. */
static void
check_keys(const rip_node *keys, const rip_report_path *path, rip_error *error)
{
    char one[MAX_KEY], other[MAX_KEY];

    for (size_t j = 0; j < keys->n_child; j++) {
        const rip_node *node = keys->child[j];
        const rip_report_path here = {.up = path, .key = node->key};
        plain_path(node->key, one);
        if (begins_with(one, "sweep.") || begins_with(one, "include.")) {
            (void)rip_report(error, node->place, &here, "cannot be swept");
        }
        for (size_t k = 0; k < j; k++) {
            plain_path(keys->child[k]->key, other);
            if (begins_with(other, one)) {
                (void)rip_report(error, node->place, &here,
                                 "replaces %s, which stands before it (the wider key "
                                 "first)",
                                 keys->child[k]->key);
            }
        }
    }
}

static size_t
find_key(const rip_sweep_points *self, const char *name)
{
    size_t j = 0;

    while (j < self->n_key && strcmp(self->key[j].name, name) != 0) {
        j++;
    }
    return j;
}

/* The value of a key of a grid that the baseline names. */
static rip_status
read_grid_baseline(rip_sweep_key *key, const rip_node *node, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_report_path here = {.up = &baseline_path, .key = node->key};

    for (size_t i = 0; i < key->n_value; i++) {
        bool same = false;
        RIP_TRY(same_value(node, key->value[i], &same));
        if (same) {
            key->baseline = i;
            return RIP_OK;
        }
    }
    status =
        rip_report(error, node->place, &here,
                   "not a value of the sweep (one of its %zu values)", key->n_value);
out:
    return status;
}

static rip_status
fits(const rip_sweep_points *self, const rip_node *baseline, size_t point, bool *fit)
{
    rip_status status = RIP_OK;

    *fit = true;
    for (size_t i = 0; i < baseline->n_child && *fit; i++) {
        const size_t j = find_key(self, baseline->child[i]->key);
        RIP_TRY(same_value(baseline->child[i], self->key[j].value[point], fit));
    }
out:
    return status;
}

static rip_status
read_zip_baseline(rip_sweep_points *self, const rip_node *baseline, rip_error *error)
{
    rip_status status = RIP_OK;
    size_t found = 0;

    for (size_t k = 0; k < self->n_point; k++) {
        bool fit = false;
        RIP_TRY(fits(self, baseline, k, &fit));
        if (fit && found++ > 0) {
            return rip_report(error, baseline->place, &baseline_path,
                              "fits points %zu and %zu (exactly one)",
                              self->zip_baseline, k);
        }
        self->zip_baseline = fit ? k : self->zip_baseline;
    }
    if (found == 0) {
        status = rip_report(error, baseline->place, &baseline_path,
                            "fits no point (exactly one)");
    }
out:
    return status;
}

static rip_status
read_baseline(rip_sweep_points *self, const rip_node *baseline, rip_error *error)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < baseline->n_child; i++) {
        const rip_node *node = baseline->child[i];
        const rip_report_path here = {.up = &baseline_path, .key = node->key};
        const size_t j = find_key(self, node->key);
        if (j == self->n_key) {
            status = rip_report(error, node->place, &here,
                                "is not swept (one of the swept keys)");
        } else if (self->is_grid) {
            RIP_TRY(read_grid_baseline(&self->key[j], node, error));
        }
    }
    if (status == RIP_OK && !self->is_grid) {
        RIP_TRY(read_zip_baseline(self, baseline, error));
    }
    self->has_baseline = true;
out:
    return status;
}

/* The keys of any kind of sweep, as a map. */
static const rip_node *
swept_keys(const rip_node *part)
{
    return strcmp(part->key, "latin") == 0 ? rip_node_find(part, "ranges") : part;
}

static rip_status
read_part(rip_sweep_points *self, const rip_node *part, rip_error *error)
{
    const rip_report_path path = {.up = &sweep_path, .key = part->key};
    const rip_node *keys = swept_keys(part);

    if (keys->n_child == 0 || keys->n_child > RIP_SWEEP_MAX_KEYS) {
        return rip_report(error, part->place, &path, "%zu keys are swept (1 to %d)",
                          keys->n_child, RIP_SWEEP_MAX_KEYS);
    }
    check_keys(keys, &path, error);
    self->key = calloc(keys->n_child, sizeof(rip_sweep_key));
    if (self->key == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (strcmp(part->key, "grid") == 0) {
        return read_grid(self, part, &path, error);
    }
    if (strcmp(part->key, "zip") == 0) {
        return read_zip(self, part, &path, error);
    }
    return rip_sweep_points_latin(self, part, &path, error);
}

/* The part that says which points there are; the check has seen that there is one. */
static const rip_node *
find_part(const rip_node *sweep)
{
    const rip_node *part = rip_node_find(sweep, "grid");

    part = part != NULL ? part : rip_node_find(sweep, "zip");
    return part != NULL ? part : rip_node_find(sweep, "latin");
}

rip_status
rip_sweep_points_init(rip_sweep_points *self, const rip_node *sweep, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_node *part = find_part(sweep);
    const rip_node *baseline = rip_node_find(sweep, "baseline");

    *self = (rip_sweep_points){0};
    RIP_TRY(read_part(self, part, error));
    if (baseline != NULL && baseline->n_child > 0) {
        if (strcmp(part->key, "latin") == 0) {
            return rip_report(error, baseline->place, &baseline_path,
                              "a Latin hypercube has no point of given values (with "
                              "grid or zip)");
        }
        RIP_TRY(read_baseline(self, baseline, error));
    }
    status = error->n_total > 0 ? error->code : RIP_OK;
out:
    return status;
}
