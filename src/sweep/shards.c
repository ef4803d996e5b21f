#include "riptide/sweep/shards.h"

#include <stdlib.h>
#include <string.h>

#include "merge_parts.h"
#include "riptide/base/lanes.h"
#include "riptide/engine/sums.h"
#include "riptide/io/identity.h"
#include "riptide/io/result_parts.h"
#include "riptide/io/stored_run.h"

#define SLAB_BYTES ((size_t)64 << 20) /* per-path figures held at once */

typedef struct merging {
    const rip_sweep_merge_source *source;
    rip_error *error;
    rip_stored first; /* the reference; open until the end */
    size_t n_shard;   /* of the run */
    size_t n_done;
    const char **file; /* [n_shard] owned, NULL without a first; names, borrowed; NULL:
                          missing */
    rip_run run;
    rip_config config;
    rip_shard *part;        /* [n_done] owned */
    rip_accumulator total;  /* of all shards */
    rip_accumulator loaded; /* of one */
    rip_result *result;
} merging;

static rip_identity
identity_of(const rip_stored *stored)
{
    return (rip_identity){.version = stored->version,
                          .revision = stored->revision,
                          .config = stored->config,
                          .inputs = &stored->inputs};
}

static rip_status
check_same_run(const merging *self, const rip_stored *stored)
{
    const rip_identity there = identity_of(stored), here = identity_of(&self->first);
    char text[RIP_IDENTITY_TEXT];

    if (rip_identity_differs(&there, &here, text)) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: is a shard of another run than %s: %s", stored->path,
                             self->first.path, text);
    }
    if (stored->shard.count != self->n_shard) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "%s: is one of %llu shards, %s one of %zu", stored->path,
                             (unsigned long long)stored->shard.count, self->first.path,
                             self->n_shard);
    }
    return RIP_OK;
}

/* Tells if a shard is as long as it says it is. */
static rip_status
check_length(const merging *self, const rip_stored *stored)
{
    uint64_t first = 0, end = 0;

    rip_shard_paths(stored->shard, stored->paths, &first, &end);
    if (stored->paths_done != end - first) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "%s: holds %llu paths, shard %llu/%llu has %llu",
                             stored->path, (unsigned long long)stored->paths_done,
                             (unsigned long long)stored->shard.index,
                             (unsigned long long)stored->shard.count,
                             (unsigned long long)(end - first));
    }
    return RIP_OK;
}

/* The first shard says what the others are held against. */
static rip_status
begin(merging *self, const char *name)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_stored_open(&self->first, name, self->error));
    self->n_shard = (size_t)self->first.shard.count;
    self->file = calloc(self->n_shard, sizeof(*self->file));
    if (self->file == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
out:
    return status;
}

/* Forgets the first shard. */
static void
forget(merging *self)
{
    rip_stored_free(&self->first);
    free((void *)self->file);
    self->file = NULL;
}

/* Whether a file is a shard of the run, and the only one of its number. */
static rip_status
check_shard(const merging *self, const rip_stored *stored, const char *name)
{
    rip_status status = RIP_OK;
    const size_t k = (size_t)stored->shard.index;

    RIP_TRY(check_same_run(self, stored));
    RIP_TRY(check_length(self, stored));
    if (self->file[k] != NULL) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: is shard %zu/%zu, and so is %s", name, k,
                               self->n_shard, self->file[k]);
    }
out:
    return status;
}

static rip_status
take_shard(merging *self, const char *name)
{
    rip_status status = RIP_OK;
    rip_stored stored = {0};
    const bool is_first = self->file == NULL;

    RIP_TRY(rip_stored_open(&stored, name, self->error));
    if (stored.shard.count == 0) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: is not a shard", name);
        goto out;
    }
    if (is_first) {
        RIP_TRY(begin(self, name));
    }
    RIP_TRY(check_shard(self, &stored, name));
    self->file[stored.shard.index] = name;
    self->n_done++;
out:
    rip_stored_free(&stored);
    if (status != RIP_OK && is_first) {
        forget(self);
    }
    return status;
}

/* A file and what becomes of it. */
static rip_status
look_at(void *shards, const char *name)
{
    merging *self = shards;
    rip_error problem = {0}, *const error = self->error;
    rip_status found;

    self->error = &problem;
    found = take_shard(self, name);
    self->error = error;
    return rip_sweep_merge_settle(self->source, found, &problem, error);
}

static rip_status
look_at_all(merging *self)
{
    const rip_status status = rip_sweep_merge_each(self->source, look_at, self);
    rip_status missing;

    if (status == RIP_ERR_NO_MEMORY) {
        return status;
    }
    if (self->file == NULL) {
        return status != RIP_OK ? status
                                : rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                                                "riptide: merge: no shard is left");
    }
    missing = rip_sweep_merge_missing(self->source, "shards", self->n_shard,
                                      self->n_done, self->file, self->error);
    return status == RIP_OK ? missing : status;
}

/* The shards that are there, for the axis of the paths. */
static rip_status
list_parts(merging *self)
{
    size_t n = 0;

    self->part = calloc(self->n_done, sizeof(*self->part));
    if (self->part == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t k = 0; k < self->n_shard; k++) {
        if (self->file[k] != NULL) {
            self->part[n++] = (rip_shard){.index = k, .count = self->n_shard};
        }
    }
    return RIP_OK;
}

static rip_status
begin_result(merging *self)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_stored_run(&self->first, &self->run, &self->config, self->error));
    RIP_TRY(rip_stored_start(&self->first, self->error));
    RIP_TRY(list_parts(self));
    RIP_TRY(rip_sums_store(&self->total, &self->run));
    RIP_TRY(rip_sums_store(&self->loaded, &self->run));
    const rip_result_source source = {.run = &self->run,
                                      .config = &self->config,
                                      .inputs = &self->first.inputs,
                                      .provenance = self->source->provenance,
                                      .partial = self->n_done < self->n_shard,
                                      .n_part = self->n_done,
                                      .part = self->part,
                                      .start = &self->first.estimates,
                                      .tables = rip_image_file(self->first.image)};
    status = rip_result_begin(&self->result, self->source->out, self->source->overwrite,
                              &source, self->error);
out:
    return status;
}

/* Adds the sums of a shard. The first also brings the values that are fixed before the
   first path; the others are held against them. */
static rip_status
add_sums(merging *self, rip_stored *stored, bool is_first)
{
    rip_status status = RIP_OK;

    if (is_first) {
        return rip_stored_sums(stored, &self->total, self->error);
    }
    RIP_TRY(rip_stored_sums(stored, &self->loaded, self->error));
    status = rip_accumulator_add(&self->total, &self->loaded);
    if (status == RIP_ERR_INVALID_ARGUMENT) {
        status = rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: from a machine that computes other bits than that "
                               "of %s (draws: gsl)",
                               stored->path, self->first.path);
    }
out:
    return status;
}

/* Bytes of the per-path figures of one path; 0 if none are kept. */
static size_t
bytes_of_path(const rip_run *run)
{
    rip_result_array array;
    size_t bytes = 0;

    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        if (rip_result_array_of(run, i, &array)) {
            bytes += array.outer * array.inner * rip_h5_size(array.type);
        }
    }
    return bytes;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Paths first to first + n - 1 of a stored shard go into the result. */
static rip_status
copy_slab(merging *self, const rip_stored *stored, rip_result_range range,
          uint64_t first, uint64_t n)
{
    rip_status status = RIP_OK;
    const uint64_t keep = self->run.outputs.keep_paths;
    const uint64_t kept = keep > range.first ? least(keep, range.end) - range.first : 0;
    const uint64_t n_price = keep > first ? least(keep - first, n) : 0;
    rip_wave wave = {0};

    RIP_TRY(rip_result_wave_init(&wave, &self->run, first, (size_t)n, (size_t)n_price));
    RIP_TRY(rip_image_explain(stored->image,
                              rip_result_series_read(rip_image_file(stored->image),
                                                     &self->run, range, kept, &wave),
                              self->error));
    status = rip_result_append(self->result, &wave, self->error);
out:
    rip_result_wave_free(&wave, &self->run);
    return status;
}

static rip_status
copy_paths(merging *self, const rip_stored *stored)
{
    rip_status status = RIP_OK;
    const size_t bytes = bytes_of_path(&self->run);
    const uint64_t most = bytes > 0 ? SLAB_BYTES / bytes / RIP_LANES + 1 : 0;
    rip_result_range range = {0};

    rip_shard_paths(stored->shard, self->run.spec.paths, &range.first, &range.end);
    for (uint64_t at = range.first; bytes > 0 && at < range.end;
         at += most * RIP_LANES) {
        RIP_TRY(copy_slab(self, stored, range, at,
                          least(most * RIP_LANES, range.end - at)));
    }
out:
    return status;
}

static rip_status
add_shard(merging *self, const char *name, bool is_first)
{
    rip_status status = RIP_OK;
    rip_stored stored = {0};

    RIP_TRY(rip_stored_open(&stored, name, self->error));
    RIP_TRY(add_sums(self, &stored, is_first));
    status = copy_paths(self, &stored);
out:
    rip_stored_free(&stored);
    return status;
}

static void
release(merging *self)
{
    rip_result_free(self->result);
    rip_accumulator_free(&self->total);
    rip_accumulator_free(&self->loaded);
    free(self->part);
    free((void *)self->file);
    rip_config_free(&self->config);
    rip_run_free(&self->run);
    rip_stored_free(&self->first);
}

rip_status
rip_sweep_shards_merge(const rip_sweep_merge_source *source, rip_error *error)
{
    rip_status status = RIP_OK;
    merging self = {.source = source, .error = error};
    bool is_first = true;

    RIP_TRY(look_at_all(&self));
    RIP_TRY(begin_result(&self));
    for (size_t k = 0; k < self.n_shard; k++) {
        if (self.file[k] != NULL) {
            RIP_TRY(add_shard(&self, self.file[k], is_first));
            is_first = false;
        }
    }
    status = rip_result_finish(self.result, &self.total, error);
out:
    release(&self);
    return status;
}
