#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/io/result_parts.h"
#include "riptide/io/yaml.h"

/* What a swept key is called where it is a coordinate. */
static const char key_doc[] = "Swept key of the configuration";

static bool
all_numbers(const rip_sweep_key *key, double *number)
{
    for (size_t i = 0; i < key->n_value; i++) {
        if (!rip_node_is_number(key->value[i], false, &number[i])) {
            return false;
        }
    }
    return true;
}

/* Values that are no numbers as texts, each malloc'ed. */
static rip_status
value_texts(const rip_sweep_key *key, char **text)
{
    rip_status status = RIP_OK;

    for (size_t i = 0; i < key->n_value; i++) {
        if (key->value[i]->kind == RIP_NODE_SCALAR) {
            text[i] = strdup(key->value[i]->text);
            status = text[i] != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
        } else {
            status = rip_yaml_write_line(key->value[i], &text[i]);
        }
        if (status != RIP_OK) {
            return status;
        }
    }
    return RIP_OK;
}

/* A key's values: the scale of its own dimension, or a coordinate on `point`. */
static rip_status
put_key(rip_h5_group *group, const rip_sweep_key *key, bool is_scale)
{
    rip_status status = RIP_OK;
    double *number = calloc(key->n_value, sizeof(*number));
    char **text = calloc(key->n_value, sizeof(*text));
    rip_h5_dataset what = {.name = key->name,
                           .unit = "1",
                           .doc = key_doc,
                           .type = RIP_H5_F64,
                           .n_dim = 1,
                           .dim = {is_scale ? key->name : "point"}};
    const void *value = number;

    if (number == NULL || text == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    if (!all_numbers(key, number)) {
        RIP_TRY(value_texts(key, text));
        what.type = RIP_H5_TEXT;
        value = text;
    }
    status = is_scale ? rip_h5_scale(group, &what, key->n_value, value)
                      : rip_h5_put(group, &what, value);
out:
    rip_sweep_axis_values_free(RIP_H5_TEXT, text != NULL ? key->n_value : 0, text);
    free(number);
    return status;
}

/* Names of the coordinates, which xarray reads from the group's attribute. */
static rip_status
name_coordinates(const rip_sweep_points *points, rip_h5_group *group)
{
    char text[RIP_SWEEP_MAX_KEYS * RIP_H5_NAME] = "";
    size_t used = 0;

    for (size_t j = 0; j < points->n_key; j++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                                 j > 0 ? " " : "", points->key[j].name);
    }
    return rip_h5_set_text(group->id, "coordinates", text);
}

static rip_status
put_point_axis(const rip_sweep_points *points, rip_h5_group *group)
{
    rip_status status = RIP_OK;
    const rip_h5_dataset what = {.name = "point",
                                 .unit = "1",
                                 .doc = "Number of the point",
                                 .type = RIP_H5_U32,
                                 .n_dim = 1};
    uint32_t *number = calloc(points->n_point, sizeof(*number));

    if (number == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t k = 0; k < points->n_point; k++) {
        number[k] = (uint32_t)k;
    }
    RIP_TRY(rip_h5_scale(group, &what, points->n_point, number));
    for (size_t j = 0; j < points->n_key; j++) {
        RIP_TRY(put_key(group, &points->key[j], false));
    }
    status = name_coordinates(points, group);
out:
    free(number);
    return status;
}

/* The swept axes, in every group, then the run's own. */
static rip_status
put_axes(rip_sweep_merging *self, size_t group)
{
    rip_status status = RIP_OK;
    rip_h5_group *out = &self->out[group];

    if (!self->points.is_grid) {
        RIP_TRY(put_point_axis(&self->points, out));
    }
    for (size_t j = 0; self->points.is_grid && j < self->points.n_key; j++) {
        RIP_TRY(put_key(out, &self->points.key[j], true));
    }
    for (size_t i = 0; i < self->n_axis; i++) {
        const rip_sweep_axis *axis = &self->axis[i];
        const rip_h5_dataset what = {.name = axis->what.name,
                                     .unit = axis->what.unit,
                                     .doc = axis->what.doc,
                                     .type = axis->what.type,
                                     .n_dim = 1};
        if (axis->group == group) {
            RIP_TRY(rip_h5_scale(out, &what, axis->n, axis->value));
        }
    }
out:
    return status;
}

/* Names of the swept dimensions, before those of the dataset. */
static size_t
lead(const rip_sweep_points *points, const char **dim)
{
    if (!points->is_grid) {
        dim[0] = "point";
        return 1;
    }
    for (size_t j = 0; j < points->n_key; j++) {
        dim[j] = points->key[j].name;
    }
    return points->n_key;
}

static rip_status
create_set(rip_sweep_merging *self, rip_sweep_set *set)
{
    rip_h5_dataset what = {.name = set->what.name,
                           .unit = set->what.unit,
                           .doc = set->what.doc,
                           .type = set->what.type,
                           .fill = set->what.is_empty ? set->what.fill : NAN};

    if (set->varies) {
        what.n_swept = lead(&self->points, what.dim);
        what.masked = rip_sweep_merge_is_masked(self, set);
    }
    what.n_dim = what.n_swept;
    for (size_t k = 0; k < set->what.n_dim; k++) {
        what.dim[what.n_dim++] = set->what.dim[k];
    }
    return rip_h5_create(&self->out[set->group], &what, &set->id);
}

/* Paths behind each point: 0 where it is missing. */
static rip_status
put_paths(rip_sweep_merging *self)
{
    rip_h5_dataset what = {.name = "paths_done",
                           .unit = "1",
                           .doc = "Paths of the point; 0: the point is missing",
                           .type = RIP_H5_U64};

    what.n_dim = what.n_swept = lead(&self->points, what.dim);
    return rip_h5_put(&self->out[0], &what, self->n_path);
}

static rip_status
put_facts(const rip_sweep_merging *self, int64_t root)
{
    const bool is_partial = self->has_partial || self->n_done < self->points.n_point;
    const rip_result_fact text[] = {
        {"title", self->title},
        {"riptide_version", self->version},
        {"git_revision", self->revision},
        {"status", is_partial ? "partial" : "complete"},
        {"shard", ""},
        {"sweep", self->sweep},
        {"sweep_sha256", self->sha256},
    };
    uint64_t paths = 0;
    rip_status status = RIP_OK;

    for (size_t k = 0; k < self->points.n_point; k++) {
        paths += self->n_path[k];
    }
    RIP_TRY(rip_result_facts_write(root, sizeof(text) / sizeof(text[0]), text));
    RIP_TRY(rip_result_facts_made(root, self->source->provenance));
    RIP_TRY(rip_h5_set_count(root, "sweep_points", self->points.n_point));
    RIP_TRY(rip_h5_set_count(root, "sweep_points_done", self->n_done));
    RIP_TRY(rip_h5_set_count(root, "seed", self->seed));
    RIP_TRY(rip_h5_set_count(root, "paths_done", paths));
out:
    return status;
}

rip_status
rip_sweep_merge_create(rip_sweep_merging *self)
{
    rip_status status = RIP_OK;

    for (size_t g = 0; g < self->n_group; g++) {
        RIP_TRY(rip_h5_group_begin(&self->out[g], rip_image_file(self->image),
                                   self->group[g], self->deflate));
        RIP_TRY(put_axes(self, g));
    }
    for (size_t i = 0; i < self->n_set; i++) {
        RIP_TRY(create_set(self, &self->set[i]));
    }
    status = put_paths(self);
out:
    return status;
}

rip_status
rip_sweep_merge_facts(rip_sweep_merging *self)
{
    rip_provenance_measure(self->source->provenance);
    return put_facts(self, self->out[0].id);
}
