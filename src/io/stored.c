#include "riptide/io/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/engine/sums.h"
#include "riptide/io/h5.h"
#include "riptide/io/result_parts.h"

#define MOST_SHARD_TEXT 48

/* "I/N" or "". */
static rip_status
parse_shard(rip_shard *shard, const char *text)
{
    unsigned long long index = 0, count = 0;
    int n = 0;

    *shard = (rip_shard){0};
    if (text[0] == '\0') {
        return RIP_OK;
    }
    if (strlen(text) >= MOST_SHARD_TEXT ||
        sscanf(text, "%llu/%llu%n", &index, &count, &n) != 2 || text[n] != '\0' ||
        index >= count || count > RIP_SHARD_MOST) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    *shard = (rip_shard){.index = index, .count = count};
    return RIP_OK;
}

static rip_status
read_facts(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;
    char *shard = NULL;

    RIP_TRY(rip_h5_text(file, "title", &self->title));
    RIP_TRY(rip_h5_text(file, "status", &self->status));
    RIP_TRY(rip_h5_text(file, "riptide_version", &self->version));
    RIP_TRY(rip_h5_text(file, "git_revision", &self->revision));
    RIP_TRY(rip_h5_text(file, "created", &self->created));
    RIP_TRY(rip_h5_text(file, "shard", &shard));
    RIP_TRY(parse_shard(&self->shard, shard));
    RIP_TRY(rip_h5_count(file, "seed", &self->seed));
    RIP_TRY(rip_h5_count(file, "paths", &self->paths));
    RIP_TRY(rip_h5_count(file, "paths_done", &self->paths_done));
    if (self->paths_done > self->paths) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
out:
    free(shard);
    return status;
}

/* A result is either none, or has all of these. */
static rip_status
read_point(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;

    if (!rip_h5_has_attribute(file, "sweep_point")) {
        return RIP_OK;
    }
    RIP_TRY(rip_h5_text(file, "sweep", &self->sweep));
    RIP_TRY(rip_h5_text(file, "sweep_sha256", &self->sweep_sha256));
    RIP_TRY(rip_h5_count(file, "sweep_point", &self->sweep_point));
    RIP_TRY(rip_h5_count(file, "sweep_points", &self->sweep_points));
    if (self->sweep_point >= self->sweep_points) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
out:
    return status;
}

/* The datasets of a sweep file have other shapes than those of a run. */
static rip_status
refuse_sweep(const rip_stored *self, int64_t file, rip_error *error)
{
    uint64_t n = 0;

    if (rip_h5_has_attribute(file, "sweep_point") ||
        rip_h5_count(file, "sweep_points", &n) != RIP_OK) {
        return RIP_OK;
    }
    return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                         "%s: is a sweep of %llu points (a result of one run; `riptide "
                         "report` reads sweeps)",
                         self->path, (unsigned long long)n);
}

static rip_status
check_format(const rip_stored *self, int64_t file, rip_error *error)
{
    uint64_t format = 0;

    if (rip_h5_count(file, "riptide_format", &format) == RIP_OK &&
        format != RIP_RESULT_FORMAT) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "%s: format %llu is not known to this version (%d)",
                             self->path, (unsigned long long)format, RIP_RESULT_FORMAT);
    }
    return RIP_OK;
}

static void
free_texts(size_t n, char **text)
{
    for (size_t i = 0; text != NULL && i < n; i++) {
        free(text[i]);
    }
    free((void *)text);
}

/* The modes are words that this program knows, each once. */
static rip_status
read_modes(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;
    char **name = NULL;
    void *list = NULL;
    size_t n = 0;

    status = rip_h5_read_list(file, "mode", RIP_H5_TEXT, &n, &list);
    name = list;
    if (status == RIP_OK && (n < 1 || n > RIP_N_MODE)) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
    }
    for (size_t i = 0; status == RIP_OK && i < n; i++) {
        rip_mode mode = 0;
        while (mode < RIP_N_MODE && strcmp(rip_mode_name(mode), name[i]) != 0) {
            mode++;
        }
        if (mode == RIP_N_MODE) {
            status = RIP_RAISE(RIP_ERR_OUTPUT);
        }
        self->mode[i] = mode;
    }
    self->n_mode = status == RIP_OK ? n : 0;
    free_texts(n, name);
    return status;
}

static rip_status
read_list(int64_t file, const char *name, rip_h5_type type, size_t *n, void **list)
{
    const rip_status status = rip_h5_read_list(file, name, type, n, list);

    if (status == RIP_OK && *n == 0) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    return status;
}

/* How many real accounts each stands for. */
static rip_status
read_weights(rip_stored *self, int64_t file)
{
    size_t n = 0;
    void *list = NULL;
    const rip_status status =
        rip_h5_read_list(file, "accounts/weight", RIP_H5_F64, &n, &list);

    self->weight = list;
    if (status == RIP_OK && n != self->n_account) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    return status;
}

/* The lengths of all axes but that of the paths; most are fixed. */
static rip_status
read_sizes(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;
    size_t *size = self->estimates.size;
    int64_t id = 0;
    uint64_t n_bin = 0, n_rank = 0;

    RIP_TRY(rip_h5_open(file, "loss_bin", RIP_H5_U32, 1, &id, &n_bin));
    rip_h5_close(&id);
    RIP_TRY(rip_h5_open(file, "rank", RIP_H5_U32, 1, &id, &n_rank));
    rip_h5_close(&id);
    if (n_bin < 3 || n_rank > RIP_SUMS_RANKS) {
        return RIP_RAISE(RIP_ERR_OUTPUT);
    }
    size[RIP_DIM_MODE] = size[RIP_DIM_OTHER_MODE] = self->n_mode;
    size[RIP_DIM_ACCOUNT] = self->n_account;
    size[RIP_DIM_LEVEL] = self->n_level;
    size[RIP_DIM_LOSS_BIN] = (size_t)n_bin;
    size[RIP_DIM_BIN_EDGE] = (size_t)n_bin - 1;
    size[RIP_DIM_ASSET] = self->n_asset;
    size[RIP_DIM_CAUSE] = RIP_N_CAUSE;
    size[RIP_DIM_TIME] = self->n_time;
    size[RIP_DIM_BATCH] = RIP_SUMS_BATCHES;
    size[RIP_DIM_SHARE_BIN] = RIP_SUMS_SHARES;
    size[RIP_DIM_MOVE_BIN] = RIP_SUMS_MOVES;
    size[RIP_DIM_RANK] = (size_t)n_rank;
    size[RIP_DIM_PATH] = (size_t)self->paths_done;
out:
    return status;
}

static rip_status
read_axes(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;
    void *list = NULL;

    RIP_TRY(read_modes(self, file));
    status = read_list(file, "account", RIP_H5_TEXT, &self->n_account, &list);
    self->account = list;
    RIP_TRY(status);
    status = read_list(file, "asset", RIP_H5_TEXT, &self->n_asset, &list);
    self->asset = list;
    RIP_TRY(status);
    status = rip_h5_read_list(file, "level", RIP_H5_F64, &self->n_level, &list);
    self->level = list;
    RIP_TRY(status);
    status = read_list(file, "time", RIP_H5_F64, &self->n_time, &list);
    self->time_h = list;
    RIP_TRY(status);
    RIP_TRY(read_weights(self, file));
    status = read_sizes(self, file);
out:
    return status;
}

/* The lists have one length each; the inputs take over the names. */
static rip_status
read_config(rip_stored *self, int64_t file)
{
    rip_status status = RIP_OK;
    void *name = NULL, *digest = NULL;
    size_t n_name = 0, n_digest = 0;
    rip_inputs *inputs = &self->inputs;

    RIP_TRY(rip_h5_read_text(file, "config/yaml", &self->config));
    RIP_TRY(rip_h5_read_list(file, "config/input", RIP_H5_TEXT, &n_name, &name));
    RIP_TRY(
        rip_h5_read_list(file, "config/input_sha256", RIP_H5_TEXT, &n_digest, &digest));
    if (n_name != n_digest) {
        status = RIP_RAISE(RIP_ERR_OUTPUT);
        goto out;
    }
    inputs->file = calloc(n_name + 1, sizeof(*inputs->file));
    if (inputs->file == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    for (size_t i = 0; i < n_name; i++) {
        rip_input_file *to = &inputs->file[inputs->n_file++];
        to->path = ((char **)name)[i];
        ((char **)name)[i] = NULL;
        (void)snprintf(to->sha256, sizeof(to->sha256), "%s", ((char **)digest)[i]);
    }
out:
    free_texts(n_name, name);
    free_texts(n_digest, digest);
    return status;
}

rip_status
rip_stored_open(rip_stored *self, const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    int64_t file;

    *self = (rip_stored){.path = strdup(path)};
    self->estimates.data = calloc(rip_output_count(), sizeof(void *));
    if (self->path == NULL || self->estimates.data == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    RIP_TRY(rip_image_open(&self->image, path, error));
    file = rip_image_file(self->image);
    RIP_TRY(check_format(self, file, error));
    RIP_TRY(refuse_sweep(self, file, error));
    RIP_TRY(rip_image_explain(self->image, read_facts(self, file), error));
    RIP_TRY(rip_image_explain(self->image, read_point(self, file), error));
    RIP_TRY(rip_image_explain(self->image, read_axes(self, file), error));
    RIP_TRY(rip_image_explain(self->image, read_config(self, file), error));
out:
    return status;
}

rip_identity
rip_stored_identity(const rip_stored *self)
{
    return (rip_identity){.version = self->version,
                          .revision = self->revision,
                          .config = self->config,
                          .shard = self->shard,
                          .inputs = &self->inputs};
}

void
rip_stored_free(rip_stored *self)
{
    char *const text[] = {self->path,    self->title,    self->status,
                          self->version, self->revision, self->created,
                          self->config,  self->sweep,    self->sweep_sha256};

    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        free(text[i]);
    }
    free_texts(self->n_account, self->account);
    free_texts(self->n_asset, self->asset);
    free(self->weight);
    free(self->level);
    free(self->time_h);
    rip_inputs_free(&self->inputs);
    rip_estimates_free(&self->estimates);
    rip_image_free(self->image);
    *self = (rip_stored){0};
}

static rip_h5_type
type_of(rip_output_type type)
{
    return type == RIP_OUTPUT_F64   ? RIP_H5_F64
           : type == RIP_OUTPUT_U32 ? RIP_H5_U32
                                    : RIP_H5_U64;
}

/* What is allocated is what the file was found to hold; what is read has the shape that
   the axes say. */
static rip_status
load(rip_stored *self, const rip_output *output, void **data)
{
    rip_status status = RIP_OK;
    const int64_t file = rip_image_file(self->image);
    const rip_h5_type type = type_of(output->type);
    uint64_t wanted[RIP_H5_RANK] = {0}, found[RIP_H5_RANK] = {0};
    size_t n = 1;
    char path[2 * RIP_H5_NAME];
    int64_t id = 0;

    (void)snprintf(path, sizeof(path), "%s%s%s", output->group,
                   output->group[0] != '\0' ? "/" : "", output->name);
    RIP_TRY(rip_h5_open(file, path, type, output->n_dim, &id, found));
    for (size_t k = 0; k < output->n_dim; k++) {
        wanted[k] = self->estimates.size[output->dim[k]];
        n *= (size_t)found[k];
    }
    *data = calloc(n + 1, rip_h5_size(type));
    if (*data == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    status = rip_h5_read(file, path, type, output->n_dim, wanted, *data);
    if (status != RIP_OK) {
        free(*data);
        *data = NULL;
    }
out:
    rip_h5_close(&id);
    return status;
}

rip_status
rip_stored_load(rip_stored *self, const char *group, const char *name,
                const void **data, rip_error *error)
{
    rip_status status = RIP_OK;
    const size_t index = rip_output_find(group, name);

    if (index == rip_output_count()) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    if (self->estimates.data[index] == NULL) {
        status = load(self, rip_output_at(index), &self->estimates.data[index]);
        if (status == RIP_ERR_OUTPUT) {
            return rip_error_add(error, status,
                                 "%s: %s%s%s: missing, or not as a result has it",
                                 self->path, group, group[0] != '\0' ? "/" : "", name);
        }
    }
    if (data != NULL) {
        *data = self->estimates.data[index];
    }
    return status;
}

rip_status
rip_stored_sums(rip_stored *self, rip_accumulator *sums, rip_error *error)
{
    uint64_t version = 0;

    if (rip_h5_count_of(rip_image_file(self->image), "accumulators", "version",
                        &version) == RIP_OK &&
        version != RIP_ACCUMULATOR_VERSION) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_OUTPUT),
                             "%s: accumulators of version %llu are not known to this "
                             "version (%u)",
                             self->path, (unsigned long long)version,
                             RIP_ACCUMULATOR_VERSION);
    }
    return rip_image_explain(
        self->image, rip_result_sums_read(rip_image_file(self->image), sums), error);
}
