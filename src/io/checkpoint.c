#include "riptide/io/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/base/lanes.h"
#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/durable.h"
#include "riptide/io/identity.h"
#include "riptide/io/result_parts.h"
#include "riptide/io/stored.h"

rip_status
rip_checkpoint_begin(rip_checkpoint **self, const char *path,
                     const rip_result_source *source)
{
    rip_checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));

    *self = checkpoint;
    if (checkpoint == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    checkpoint->source = *source;
    if (asprintf(&checkpoint->path, "%s.checkpoint", path) < 0) {
        checkpoint->path = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return rip_config_write(source->config, &checkpoint->config);
}

void
rip_checkpoint_free(rip_checkpoint *self)
{
    if (self == NULL) {
        return;
    }
    if (self->paths != NULL) {
        (void)close(self->fd);
        if (!self->saved) {
            (void)unlink(self->paths); /* no checkpoint counts on it */
        }
    }
    rip_sink_free(&self->sink);
    free(self->path);
    free(self->config);
    free(self->paths);
    free(self->older);
    free(self);
}

/* Everything of earlier processes but what the next checkpoint refers to. */
static void
clean(rip_checkpoint *self)
{
    if (self->older != NULL) {
        (void)unlink(self->older);
    }
    rip_durable_clean(self->path, "paths",
                      self->paths != NULL ? rip_durable_name(self->paths) : NULL);
    self->cleaned = true;
}

void
rip_checkpoint_discard(rip_checkpoint *self)
{
    (void)unlink(self->path);
    clean(self);
}

void
rip_checkpoint_remove(rip_checkpoint *self)
{
    (void)unlink(self->path);
    if (self->paths != NULL) {
        (void)unlink(self->paths);
    }
    clean(self);
}

void
rip_checkpoint_tidy(rip_checkpoint *self, const char *path)
{
    char *real = realpath(path, NULL); /* where temporary files are (io/durable.h) */

    rip_checkpoint_discard(self);
    if (real != NULL) {
        rip_durable_clean(real, "tmp", NULL);
    }
    free(real);
}

rip_status
rip_checkpoint_append(rip_checkpoint *self, const rip_wave *wave, rip_error *error)
{
    return wave != NULL ? rip_checkpoint_paths_append(self, wave, error) : RIP_OK;
}

rip_status
rip_checkpoint_save(rip_checkpoint *self, const rip_accumulator *sums, uint64_t next,
                    rip_error *error)
{
    rip_status status = RIP_OK;

    RIP_TRY(rip_checkpoint_paths_sync(self, error));
    RIP_TRY(rip_checkpoint_write(self, sums, next, error));
    self->saved = true;
    if (!self->cleaned) {
        clean(self);
    }
out:
    return status;
}

/* A damaged checkpoint is set aside, so that the run can start and its owner can look.
 */
static rip_status
set_aside(const rip_checkpoint *self, rip_error *notes, rip_error *error)
{
    char *name = NULL;
    rip_status status = RIP_OK;

    if (asprintf(&name, "%s.damaged", self->path) < 0) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    if (rename(self->path, name) != 0) {
        status = rip_durable_refuse(self->path, errno, error);
    } else {
        (void)rip_error_add(notes, RIP_OK,
                            "%s: damaged; renamed %s, the run starts afresh",
                            self->path, rip_durable_name(name));
    }
    free(name);
    return status;
}

/* This program, doing what source says. */
static rip_identity
own_identity(const rip_result_source *source, const char *config)
{
    return (rip_identity){.version = rip_provenance_version(),
                          .revision = rip_provenance_revision(),
                          .config = config,
                          .shard = source->shard,
                          .inputs = source->inputs};
}

static rip_status
refuse_other(const rip_checkpoint *self, const rip_checkpoint_content *content,
             rip_error *error)
{
    const rip_identity here = own_identity(&self->source, self->config);
    const rip_identity there = {.version = content->version,
                                .revision = content->revision,
                                .config = content->config,
                                .shard = content->shard,
                                .inputs = &content->inputs};
    char text[RIP_IDENTITY_TEXT];

    if (!rip_identity_differs(&there, &here, text)) {
        return RIP_OK;
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "%s: %s; without --resume the run starts afresh", self->path,
                         text);
}

/* Paths of blocks first to next - 1. */
static uint64_t
paths_before(const rip_run *run, uint64_t first, uint64_t next)
{
    const uint64_t n = run->spec.paths, end = next * RIP_LANES;

    return next > first ? (end < n ? end : n) - first * RIP_LANES : 0;
}

static bool
keeps_paths(const rip_run *run)
{
    rip_result_array array;
    bool keeps = false;

    for (size_t i = 0; i < RIP_RESULT_SERIES; i++) {
        keeps = keeps || rip_result_array_of(run, i, &array);
    }
    return keeps;
}

/* Tells if a checkpoint speaks of what this run can have done, and unpacks its sums. */
static bool
fits(const rip_checkpoint *self, const rip_checkpoint_content *content,
     rip_accumulator *sums)
{
    const rip_run *run = self->source.run;
    uint64_t first = 0, end = 0;
    const rip_section *paths = rip_accumulator_find(sums, "paths");

    rip_shard_blocks(self->source.shard, rip_engine_blocks(run), &first, &end);
    return content->next >= first && content->next <= end &&
           rip_checkpoint_unpack(content->sums, sums) &&
           *(const uint64_t *)paths->data == paths_before(run, first, content->next) &&
           (self->older != NULL || content->next == first || !keeps_paths(run));
}

static rip_status
name_older(rip_checkpoint *self, const rip_checkpoint_content *content)
{
    const char *name = rip_durable_name(self->path);
    const size_t n = (size_t)(name - self->path);

    if (strncmp(content->paths, name, strlen(name)) == 0 &&
        asprintf(&self->older, "%.*s%s", (int)n, self->path, content->paths) < 0) {
        self->older = NULL;
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    return RIP_OK;
}

static rip_status
take_up(rip_checkpoint *self, const rip_checkpoint_content *content, rip_engine *engine,
        const rip_accumulator *sums, rip_result *result, rip_error *error)
{
    rip_status status = rip_engine_restore(engine, sums);

    if (status == RIP_ERR_INVALID_ARGUMENT) {
        return rip_error_add(
            error, RIP_RAISE(RIP_ERR_CONFIG),
            "%s: from a machine that computes other bits (draws: gsl); "
            "without --resume the run starts afresh",
            self->path);
    }
    if (status == RIP_OK && self->older != NULL) {
        status = rip_checkpoint_paths_replay(self, self->older, content->paths_size,
                                             result, error);
    }
    return status;
}

/* Goes on with a checkpoint that is whole, or sets it aside after all. */
static rip_status
go_on(rip_checkpoint *self, const rip_checkpoint_content *content, rip_engine *engine,
      rip_result *result, bool *used, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_accumulator *now = rip_engine_sums(engine);
    rip_accumulator sums = {0};

    RIP_TRY(refuse_other(self, content, error));
    RIP_TRY(name_older(self, content));
    RIP_TRY(rip_accumulator_init(&sums, now->n_section, now->section));
    *used = fits(self, content, &sums);
    if (*used && self->older != NULL) {
        RIP_TRY(rip_checkpoint_paths_check(self->older, content->paths_size,
                                           content->paths_checksum, used, error));
    }
    if (*used) {
        status = take_up(self, content, engine, &sums, result, error);
    }
out:
    rip_accumulator_free(&sums);
    return status;
}

rip_status
rip_checkpoint_resume(rip_checkpoint *self, rip_engine *engine, rip_result *result,
                      uint64_t *next, rip_error *notes, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_checkpoint_content content = {0};
    uint64_t end = 0;
    bool used = false;

    rip_shard_blocks(self->source.shard, rip_engine_blocks(self->source.run), next,
                     &end);
    RIP_TRY(rip_checkpoint_read(&content, self->path, error));
    if (content.whole) {
        RIP_TRY(go_on(self, &content, engine, result, &used, error));
    }
    if (used) {
        *next = content.next;
    } else if (content.found) {
        status = set_aside(self, notes, error);
    }
out:
    rip_checkpoint_content_free(&content);
    return status;
}

rip_status
rip_checkpoint_finished(const char *path, const rip_result_source *source,
                        bool *finished, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_stored stored = {0};
    char *config = NULL, text[RIP_IDENTITY_TEXT];

    *finished = false;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        return RIP_OK;
    }
    RIP_TRY(rip_stored_open(&stored, path, error));
    RIP_TRY(rip_config_write(source->config, &config));
    const rip_identity here = own_identity(source, config);
    const rip_identity there = rip_stored_identity(&stored);
    if (rip_identity_differs(&there, &here, text)) {
        status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                               "%s: %s (--force overwrites it)", path, text);
        goto out;
    }
    *finished = true;
out:
    free(config);
    rip_stored_free(&stored);
    return status;
}
