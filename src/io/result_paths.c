#include <assert.h>
#include <math.h>
#include <string.h>

#include "riptide/io/result_parts.h"

#define NEVER SIZE_MAX /* no such figure in a wave: the fill value stands for it */

/* A dataset that grows wave by wave. */
typedef struct series {
    enum { SYSTEM, LOSSES, PATHS } group;
    const char *path, *unit, *doc;
    rip_h5_type type;
    size_t n_dim;
    rip_dim dim[3];
    size_t at;   /* of its array in rip_wave, or NEVER */
    double fill; /* of NEVER */
} series;

#define WAVE(field) offsetof(rip_wave, field)
#define M           RIP_DIM_MODE
#define P           RIP_DIM_PATH
#define S           RIP_DIM_ASSET

#define ENTRY(group, path, unit, doc, type, at, fill, ...)                             \
    {                                                                                  \
        group, path, unit, doc, type,                                                  \
            sizeof((rip_dim[]){__VA_ARGS__}) / sizeof(rip_dim), {__VA_ARGS__}, at,     \
            fill                                                                       \
    }

static const series table[] = {
    ENTRY(SYSTEM, "system/wiped_accounts", "1", "Accounts wiped out", RIP_H5_U32,
          WAVE(wiped_accounts), 0.0, M, P),
    ENTRY(SYSTEM, "system/total_loss", "USD", "Loss of all accounts", RIP_H5_F64,
          WAVE(total_loss), 0.0, M, P),
    ENTRY(SYSTEM, "system/fund_draw", "USD", "Draw on the fund", RIP_H5_F64,
          WAVE(fund_draw), 0.0, M, P),
    ENTRY(SYSTEM, "system/adl_notional", "USD", "Notional closed by auto-deleveraging",
          RIP_H5_F64, NEVER, 0.0, M, P),
    ENTRY(SYSTEM, "system/adl_seized", "USD", "Profit taken by auto-deleveraging",
          RIP_H5_F64, NEVER, 0.0, M, P),
    ENTRY(SYSTEM, "system/adl_overshoot", "USD", "Profit taken beyond the deficit",
          RIP_H5_F64, NEVER, 0.0, M, P),
    ENTRY(SYSTEM, "system/cascade_rounds", "1", "Most rounds of liquidation in a step",
          RIP_H5_U32, NEVER, 0.0, M, P),
    ENTRY(SYSTEM, "system/amplification", "1",
          "Move with liquidations over the move without", RIP_H5_F64, NEVER, NAN, M, P),
    ENTRY(SYSTEM, "system/liquidated_notional", "USD", "Notional force-closed",
          RIP_H5_F32, WAVE(liquidated_notional), 0.0, M, P, S),
    ENTRY(SYSTEM, "system/market_return", "1", "Return of the equal-weighted index",
          RIP_H5_F64, WAVE(market_return), 0.0, P),
    ENTRY(SYSTEM, "system/market_drawdown", "1",
          "Deepest fall of the equal-weighted index", RIP_H5_F64, WAVE(market_drawdown),
          0.0, P),
    ENTRY(SYSTEM, "system/asset_return", "1", "Simple return over the horizon",
          RIP_H5_F32, WAVE(asset_return), 0.0, P, S),
    ENTRY(LOSSES, "losses/loss", "USD", "Loss; a profit is negative", RIP_H5_F32,
          WAVE(loss), 0.0, M, RIP_DIM_ACCOUNT, P),
    ENTRY(PATHS, "paths/price", "USD", "Price; time 0 is the start", RIP_H5_F64,
          WAVE(price), 0.0, P, RIP_DIM_TIME, S),
};
#define N_TABLE (sizeof(table) / sizeof(table[0]))

_Static_assert(N_TABLE <= RIP_RESULT_SERIES, "room for the ids");

/* Of an axis that is not that of the paths. */
static size_t
length(const rip_run *run, rip_dim dim)
{
    return dim == M                 ? run->spec.n_mode
           : dim == S               ? run->market.n_asset
           : dim == RIP_DIM_ACCOUNT ? run->book.n_account
                                    : rip_run_steps(run) + 1;
}

bool
rip_result_array_of(const rip_run *run, size_t i, rip_result_array *array)
{
    const bool asked[] = {run->outputs.system, run->outputs.losses,
                          run->outputs.keep_paths > 0};
    const series *what = &table[i < N_TABLE ? i : 0];
    bool behind = false;

    if (i >= N_TABLE || what->at == NEVER || !asked[what->group]) {
        return false;
    }
    *array = (rip_result_array){.path = what->path,
                                .type = what->type,
                                .at = what->at,
                                .outer = 1,
                                .inner = 1,
                                .is_price = what->group == PATHS};
    for (size_t k = 0; k < what->n_dim; k++) {
        if (what->dim[k] == P) {
            behind = true;
        } else if (behind) {
            array->inner *= length(run, what->dim[k]);
        } else {
            array->outer *= length(run, what->dim[k]);
        }
    }
    return true;
}

static rip_h5_group *
group_of(rip_result *self, const series *what)
{
    return what->group == SYSTEM   ? &self->system
           : what->group == LOSSES ? &self->losses
                                   : &self->paths;
}

uint64_t
rip_result_kept(const rip_result *self)
{
    const uint64_t most = self->source.run->outputs.keep_paths;
    uint64_t n = 0;

    for (size_t i = 0; i < self->n_range; i++) {
        const uint64_t end = self->range[i].end < most ? self->range[i].end : most;
        n += end > self->range[i].first ? end - self->range[i].first : 0;
    }
    return n;
}

static rip_status
begin(rip_result *self, size_t i, uint64_t n_path)
{
    const series *from = &table[i];
    rip_h5_group *group = group_of(self, from);
    rip_status status = RIP_OK;
    rip_h5_dataset what = {.name = strchr(from->path, '/') + 1,
                           .unit = from->unit,
                           .doc = from->doc,
                           .type = from->type,
                           .n_dim = from->n_dim,
                           .fill = from->fill};

    for (size_t k = 0; k < from->n_dim; k++) {
        what.dim[k] = rip_output_dim_name(from->dim[k]);
        what.wave_dim = from->dim[k] == P ? k + 1 : what.wave_dim;
        RIP_TRY(rip_result_axis(self, group, from->dim[k], n_path));
    }
    RIP_TRY(rip_h5_create(group, &what, &self->series[i]));
    if (from->at == NEVER) {
        rip_h5_close(&self->series[i]);
    }
out:
    return status;
}

rip_status
rip_result_series_begin(rip_result *self)
{
    static const char *const name[] = {"/system", "/losses", "/paths"};
    const rip_outputs_spec *outputs = &self->source.run->outputs;
    const uint64_t length[] = {outputs->system ? self->n_path : 0,
                               outputs->losses ? self->n_path : 0,
                               rip_result_kept(self)};
    rip_h5_group *group[] = {&self->system, &self->losses, &self->paths};
    rip_status status = RIP_OK;

    for (size_t g = 0; g < 3; g++) {
        if (length[g] > 0) {
            RIP_TRY(rip_h5_group_begin(group[g], rip_image_file(self->image), name[g],
                                       self->deflate));
        }
    }
    for (size_t i = 0; i < N_TABLE; i++) {
        if (length[table[i].group] > 0) {
            RIP_TRY(begin(self, i, length[table[i].group]));
        }
    }
out:
    return status;
}

/* The part of a dataset that a wave fills, from path `at` of the file on. */
static rip_h5_box
box_of(const series *what, const rip_run *run, const rip_wave *wave, uint64_t at)
{
    const bool is_price = what->group == PATHS;
    rip_h5_box box = {.n_dim = what->n_dim};

    for (size_t k = 0; k < what->n_dim; k++) {
        if (what->dim[k] == P) {
            box.first[k] = at;
            box.count[k] = is_price ? wave->n_price : wave->n_path;
            box.stride[k] = is_price ? wave->n_price : wave->stride;
        } else {
            box.count[k] = box.stride[k] = length(run, what->dim[k]);
        }
    }
    return box;
}

/* Where the paths of a wave are in the datasets; false if they are not this file's. */
static bool
place_of(const rip_result *self, const rip_wave *wave, uint64_t *at)
{
    for (size_t i = 0; i < self->n_range; i++) {
        const rip_result_range *range = &self->range[i];
        if (wave->first_path >= range->first && wave->first_path < range->end) {
            *at = range->at + (wave->first_path - range->first);
            return wave->n_path <= range->end - wave->first_path;
        }
    }
    return false;
}

rip_status
rip_result_series_append(rip_result *self, const rip_wave *wave)
{
    rip_status status = RIP_OK;
    uint64_t at = 0;

    if (!place_of(self, wave, &at)) {
        return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
    }
    for (size_t i = 0; i < N_TABLE; i++) {
        const series *what = &table[i];
        const void *value = NULL;
        if (self->series[i] == 0 || (what->group == PATHS && wave->n_price == 0)) {
            continue;
        }
        memcpy(&value, (const char *)wave + what->at, sizeof(value));
        if (value == NULL) {
            return RIP_RAISE(RIP_ERR_INVALID_ARGUMENT);
        }
        const rip_h5_box box = box_of(what, self->source.run, wave, at);
        RIP_TRY(rip_h5_write_box(self->series[i], what->type, &box, value));
    }
out:
    return status;
}

/* Opens a dataset of n_path paths (that many prices in /paths) of a stored result. */
static rip_status
open_stored(const series *what, const rip_run *run, int64_t file, uint64_t n_path,
            int64_t *id)
{
    rip_status status = RIP_OK;
    uint64_t shape[RIP_H5_RANK] = {0};

    RIP_TRY(rip_h5_open(file, what->path, what->type, what->n_dim, id, shape));
    for (size_t k = 0; k < what->n_dim; k++) {
        if (shape[k] != (what->dim[k] == P ? n_path : length(run, what->dim[k]))) {
            rip_h5_close(id);
            return RIP_RAISE(RIP_ERR_OUTPUT);
        }
    }
out:
    return status;
}

rip_status
rip_result_series_read(int64_t file, const rip_run *run, rip_result_range stored,
                       uint64_t n_price, rip_wave *wave)
{
    rip_status status = RIP_OK;
    rip_result_array array;
    int64_t id = 0;

    for (size_t i = 0; i < N_TABLE; i++) {
        if (!rip_result_array_of(run, i, &array) ||
            (array.is_price && wave->n_price == 0)) {
            continue;
        }
        const rip_h5_box box =
            box_of(&table[i], run, wave, wave->first_path - stored.first);
        RIP_TRY(open_stored(&table[i], run, file,
                            array.is_price ? n_price : stored.end - stored.first, &id));
        RIP_TRY(
            rip_h5_read_box(id, array.type, &box, rip_result_wave_array(wave, &array)));
        rip_h5_close(&id);
    }
out:
    rip_h5_close(&id);
    return status;
}

void
rip_result_series_end(rip_result *self)
{
    for (size_t i = 0; i < N_TABLE; i++) {
        rip_h5_close(&self->series[i]);
    }
    rip_h5_group_end(&self->system);
    rip_h5_group_end(&self->losses);
    rip_h5_group_end(&self->paths);
}
