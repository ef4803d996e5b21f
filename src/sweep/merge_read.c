#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/io/schema.h"
#include "riptide/io/yaml.h"

static rip_status
wrong(const rip_sweep_merging *self, const rip_stored *stored, const char *what)
{
    return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG), "%s: %s", stored->path,
                         what);
}

static rip_status
keep(char **to, const char *from)
{
    *to = strdup(from);
    return *to != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

/* The points that the sweep of the first file has. */
static rip_status
read_points(rip_sweep_merging *self, const rip_stored *stored)
{
    rip_status status = RIP_OK;
    rip_node *sweep = NULL;

    RIP_TRY(rip_yaml_parse(&sweep, stored->path, stored->sweep, strlen(stored->sweep),
                           self->error));
    if (sweep == NULL || sweep->kind != RIP_NODE_MAP) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                               "%s: its sweep cannot be read", stored->path);
        goto out;
    }
    rip_schema_check(rip_schema_find(&rip_schema_config, "sweep"), sweep, self->error);
    status = self->error->n_total > 0 ? RIP_ERR_OUTPUT : RIP_OK;
    RIP_TRY(status);
    status = rip_sweep_points_init(&self->points, sweep, self->error);
out:
    rip_node_free(sweep);
    return status;
}

/* What the resolved configuration of a point says of the output. */
static rip_status
read_deflate(rip_sweep_merging *self, const rip_stored *stored)
{
    rip_status status = RIP_OK;
    rip_node *root = NULL;
    uint64_t level = 0;

    RIP_TRY(rip_yaml_parse(&root, stored->path, stored->config, strlen(stored->config),
                           self->error));
    if (rip_node_is_count(rip_node_at(root, "outputs.deflate"), &level) && level <= 9) {
        self->deflate = (int)level;
    }
out:
    rip_node_free(root);
    return status;
}

/* What the first file says holds for all. */
static rip_status
begin(rip_sweep_merging *self, const rip_stored *stored)
{
    rip_status status = RIP_OK;

    RIP_TRY(read_points(self, stored));
    RIP_TRY(read_deflate(self, stored));
    RIP_TRY(keep(&self->title, stored->title));
    RIP_TRY(keep(&self->sweep, stored->sweep));
    RIP_TRY(keep(&self->sha256, stored->sweep_sha256));
    RIP_TRY(keep(&self->version, stored->version));
    RIP_TRY(keep(&self->revision, stored->revision));
    self->seed = stored->seed;
    self->file = calloc(self->points.n_point, sizeof(*self->file));
    self->n_path = calloc(self->points.n_point, sizeof(*self->n_path));
    self->inputs.file = calloc((size_t)RIP_SWEEP_INPUTS, sizeof(*self->inputs.file));
    if (self->file == NULL || self->n_path == NULL || self->inputs.file == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
out:
    return status;
}

static rip_status
check_same_sweep(const rip_sweep_merging *self, const rip_stored *stored)
{
    const char *first = self->first;

    if (strcmp(stored->sweep, self->sweep) != 0 ||
        strcmp(stored->sweep_sha256, self->sha256) != 0 ||
        stored->sweep_points != self->points.n_point) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: is a point of another sweep or configuration than %s",
                             stored->path, first);
    }
    if (strcmp(stored->version, self->version) != 0 ||
        strcmp(stored->revision, self->revision) != 0) {
        return rip_error_add(
            self->error, RIP_RAISE(RIP_ERR_CONFIG),
            "%s: was made by version %s %s of the program, %s by %s %s "
            "(one version for all points)",
            stored->path, stored->version, stored->revision, first, self->version,
            self->revision);
    }
    return RIP_OK;
}

/* A file that two points have read must have been the same for both. */
static rip_status
check_inputs(const rip_sweep_merging *self, const rip_stored *stored)
{
    size_t n_new = 0;

    for (size_t i = 0; i < stored->inputs.n_file; i++) {
        const rip_input_file *input = &stored->inputs.file[i];
        const rip_input_file *before = rip_inputs_find(&self->inputs, input->path);
        if (before != NULL && strcmp(before->sha256, input->sha256) != 0) {
            return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                                 "%s: has read another %s than the points before it",
                                 stored->path, input->path);
        }
        n_new += before == NULL;
    }
    return self->inputs.n_file + n_new <= RIP_SWEEP_INPUTS
               ? RIP_OK
               : wrong(self, stored, "reads more files than a sweep may");
}

static rip_status
note_inputs(rip_sweep_merging *self, const rip_stored *stored)
{
    rip_inputs *known = &self->inputs;

    for (size_t i = 0; i < stored->inputs.n_file; i++) {
        const rip_input_file *input = &stored->inputs.file[i];
        if (rip_inputs_find(known, input->path) == NULL) {
            rip_input_file *to = &known->file[known->n_file];
            *to = *input;
            to->path = strdup(input->path);
            if (to->path == NULL) {
                return RIP_RAISE(RIP_ERR_NO_MEMORY);
            }
            known->n_file++;
        }
    }
    return RIP_OK;
}

static rip_status
check_alone(const rip_sweep_merging *self, const rip_stored *stored)
{
    if (stored->sweep == NULL) {
        return wrong(self, stored, "is not a point of a sweep");
    }
    if (stored->shard.count > 0) {
        return wrong(self, stored, "is a shard (merge the shards of the point first)");
    }
    if (strcmp(stored->status, "complete") != 0 && !self->source->partial) {
        return wrong(self, stored,
                     "is not complete (--partial merges it all the same)");
    }
    return RIP_OK;
}

/* Whether a point belongs to the sweep. The first one that is one decides. */
static rip_status
check_point(rip_sweep_merging *self, const rip_stored *stored, const char *name)
{
    rip_status status = RIP_OK;
    const size_t k = (size_t)stored->sweep_point;

    RIP_TRY(check_alone(self, stored));
    if (self->first == NULL) {
        status = begin(self, stored);
        if (status != RIP_OK) {
            rip_sweep_merge_forget(self); /* the next one is the first */
            return status;
        }
        self->first = name;
    }
    RIP_TRY(check_same_sweep(self, stored));
    RIP_TRY(check_inputs(self, stored));
    if (self->file[k] != NULL) {
        status =
            rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                          "%s: is point %zu, and so is %s", name, k, self->file[k]);
    }
out:
    return status;
}

static rip_status
add_point(rip_sweep_merging *self, const rip_stored *stored, const char *name)
{
    rip_status status = RIP_OK;
    const size_t k = (size_t)stored->sweep_point;

    RIP_TRY(note_inputs(self, stored));
    RIP_TRY(rip_sweep_merge_layout(self, stored));
    self->file[k] = name;
    self->n_path[k] = stored->paths_done;
    self->has_partial |= strcmp(stored->status, "complete") != 0;
    self->n_done++;
out:
    return status;
}

/* Opens a file and takes it in, if it belongs to the sweep. */
static rip_status
take_point(void *merging, const char *name)
{
    rip_sweep_merging *self = merging;
    rip_error problem = {0}, *const error = self->error;
    rip_stored stored = {0};
    rip_status found, status;

    self->error = &problem;
    found = rip_stored_open(&stored, name, &problem);
    if (found == RIP_OK) {
        found = check_point(self, &stored, name);
    }
    self->error = error;
    status = rip_sweep_merge_settle(self->source, found, &problem, error);
    if (found == RIP_OK) {
        status = add_point(self, &stored, name);
    }
    rip_stored_free(&stored);
    return status;
}

rip_status
rip_sweep_merge_read(rip_sweep_merging *self)
{
    const rip_status status = rip_sweep_merge_each(self->source, take_point, self);
    rip_status missing;

    if (status == RIP_ERR_NO_MEMORY) {
        return status;
    }
    if (self->file == NULL) {
        return status != RIP_OK ? status
                                : rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                                                "riptide: merge: no point is left");
    }
    missing = rip_sweep_merge_missing(self->source, "points", self->points.n_point,
                                      self->n_done, self->file, self->error);
    return status == RIP_OK ? missing : status;
}
