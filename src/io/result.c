#include "riptide/io/result.h"

#include <stdlib.h>

#include "riptide/engine/sums.h"
#include "riptide/io/result_parts.h"

static size_t
memory_limit(const rip_result_source *source)
{
    return source->memory_bytes > 0 ? source->memory_bytes : RIP_IMAGE_MEMORY;
}

/* The paths of the shard, or of the shards that were merged. */
static rip_status
take_ranges(rip_result *self)
{
    const rip_result_source *source = &self->source;
    const size_t n = source->partial ? source->n_part : 1;

    self->range = calloc(n + 1, sizeof(*self->range));
    if (self->range == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < n; i++) {
        rip_result_range *range = &self->range[i];
        rip_shard_paths(source->partial ? source->part[i] : source->shard,
                        source->run->spec.paths, &range->first, &range->end);
        range->at = self->n_path;
        self->n_path += range->end - range->first;
    }
    self->n_range = n;
    return RIP_OK;
}

uint64_t
rip_result_path(const rip_result *self, uint64_t i)
{
    size_t r = 0;

    while (r + 1 < self->n_range && i >= self->range[r + 1].at) {
        r++;
    }
    return self->range[r].first + (i - self->range[r].at);
}

rip_status
rip_result_begin(rip_result **self, const char *path, bool overwrite,
                 const rip_result_source *source, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_result *result = calloc(1, sizeof(*result));

    *self = result;
    if (result == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    result->source = *source;
    result->deflate = (int)rip_node_count(
        rip_node_at(source->config->document.root, "outputs.deflate"), 0);
    RIP_TRY(take_ranges(result));
    RIP_TRY(
        rip_image_create(&result->image, path, overwrite, memory_limit(source), error));
    status = rip_image_explain(result->image, rip_result_series_begin(result), error);
out:
    return status;
}

rip_status
rip_result_append(rip_result *self, const rip_wave *wave, rip_error *error)
{
    if (wave == NULL) {
        return RIP_OK;
    }
    return rip_image_explain(self->image, rip_result_series_append(self, wave), error);
}

/* The accounts and positions as they were run. */
static rip_status
write_tables(const rip_result *self)
{
    rip_status status = RIP_OK;
    const int64_t from = self->source.tables;

    if (from > 0) {
        RIP_TRY(rip_result_copy(self, from, "accounts"));
        RIP_TRY(rip_result_copy(self, from, "positions"));
    } else {
        RIP_TRY(rip_result_accounts(self));
        RIP_TRY(rip_result_positions(self));
    }
out:
    return status;
}

/* Everything that is written once, at the end. */
static rip_status
write_rest(rip_result *self, const rip_accumulator *sums)
{
    rip_status status = RIP_OK;
    rip_estimates estimates = {0};
    const rip_section *paths = rip_accumulator_find(sums, "paths");

    RIP_TRY(
        rip_estimates_derive(&estimates, self->source.run, sums, self->source.start));
    RIP_TRY(rip_result_estimates(self, sums, &estimates));
    RIP_TRY(write_tables(self));
    RIP_TRY(rip_result_config(self));
    RIP_TRY(rip_result_sums(self, sums));
    rip_provenance_measure(self->source.provenance);
    RIP_TRY(rip_result_facts(self, *(const uint64_t *)paths->data));
out:
    rip_estimates_free(&estimates);
    return status;
}

rip_status
rip_result_finish(rip_result *self, const rip_accumulator *sums, rip_error *error)
{
    rip_status status = RIP_OK;

    rip_result_series_end(self);
    RIP_TRY(rip_image_explain(self->image, write_rest(self, sums), error));
    status = rip_image_commit(self->image, error);
out:
    return status;
}

void
rip_result_free(rip_result *self)
{
    if (self == NULL) {
        return;
    }
    rip_result_series_end(self);
    rip_image_free(self->image);
    free(self->range);
    free(self);
}
