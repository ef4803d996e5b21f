#include <assert.h>
#include <math.h>
#include <string.h>

#include "riptide/io/result_parts.h"

#define NEVER SIZE_MAX /* no such figure in a wave: the fill value stands for it */

/* A dataset that grows wave by wave. */
typedef struct series {
    enum { SYSTEM, LOSSES, PATHS } group;
    const char *name, *unit, *doc;
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

static const series table[] = {
    {SYSTEM,
     "wiped_accounts",
     "1",
     "Accounts wiped out",
     RIP_H5_U32,
     2,
     {M, P},
     WAVE(wiped_accounts),
     0},
    {SYSTEM,
     "total_loss",
     "USD",
     "Loss of all accounts",
     RIP_H5_F64,
     2,
     {M, P},
     WAVE(total_loss),
     0},
    {SYSTEM,
     "fund_draw",
     "USD",
     "Draw on the fund",
     RIP_H5_F64,
     2,
     {M, P},
     WAVE(fund_draw),
     0},
    {SYSTEM,
     "adl_notional",
     "USD",
     "Notional closed by auto-deleveraging",
     RIP_H5_F64,
     2,
     {M, P},
     NEVER,
     0.0},
    {SYSTEM,
     "adl_seized",
     "USD",
     "Profit taken by auto-deleveraging",
     RIP_H5_F64,
     2,
     {M, P},
     NEVER,
     0.0},
    {SYSTEM,
     "adl_overshoot",
     "USD",
     "Profit taken beyond the deficit",
     RIP_H5_F64,
     2,
     {M, P},
     NEVER,
     0.0},
    {SYSTEM,
     "cascade_rounds",
     "1",
     "Most rounds of liquidation in a step",
     RIP_H5_U32,
     2,
     {M, P},
     NEVER,
     0.0},
    {SYSTEM,
     "amplification",
     "1",
     "Move with liquidations over the move without",
     RIP_H5_F64,
     2,
     {M, P},
     NEVER,
     NAN},
    {SYSTEM,
     "liquidated_notional",
     "USD",
     "Notional force-closed",
     RIP_H5_F32,
     3,
     {M, P, S},
     WAVE(liquidated_notional),
     0},
    {SYSTEM,
     "market_return",
     "1",
     "Return of the equal-weighted index",
     RIP_H5_F64,
     1,
     {P},
     WAVE(market_return),
     0},
    {SYSTEM,
     "market_drawdown",
     "1",
     "Deepest fall of the equal-weighted index",
     RIP_H5_F64,
     1,
     {P},
     WAVE(market_drawdown),
     0},
    {SYSTEM,
     "asset_return",
     "1",
     "Simple return over the horizon",
     RIP_H5_F32,
     2,
     {P, S},
     WAVE(asset_return),
     0},
    {LOSSES,
     "loss",
     "USD",
     "Loss; a profit is negative",
     RIP_H5_F32,
     3,
     {M, RIP_DIM_ACCOUNT, P},
     WAVE(loss),
     0},
    {PATHS,
     "price",
     "USD",
     "Price; time 0 is the start",
     RIP_H5_F64,
     3,
     {P, RIP_DIM_TIME, S},
     WAVE(price),
     0},
};
#define N_TABLE (sizeof(table) / sizeof(table[0]))

_Static_assert(N_TABLE <= RIP_RESULT_SERIES, "room for the ids");

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
    const uint64_t end = self->end_path < most ? self->end_path : most;

    return end > self->first_path ? end - self->first_path : 0;
}

static rip_status
begin(rip_result *self, size_t i, uint64_t n_path)
{
    const series *from = &table[i];
    rip_h5_group *group = group_of(self, from);
    rip_status status = RIP_OK;
    rip_h5_dataset what = {.name = from->name,
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
    const uint64_t n_path = self->end_path - self->first_path;
    const uint64_t length[] = {outputs->system ? n_path : 0,
                               outputs->losses ? n_path : 0, rip_result_kept(self)};
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

/* The part of a dataset that a wave fills. */
static rip_h5_box
box_of(const rip_result *self, const series *what, const rip_h5_group *group,
       const rip_wave *wave)
{
    const bool is_price = what->group == PATHS;
    rip_h5_box box = {.n_dim = what->n_dim};

    for (size_t k = 0; k < what->n_dim; k++) {
        for (size_t a = 0; a < group->n_axis; a++) {
            if (strcmp(group->axis[a].name, rip_output_dim_name(what->dim[k])) == 0) {
                box.count[k] = box.stride[k] = group->axis[a].size;
            }
        }
        if (what->dim[k] == P) {
            box.first[k] = wave->first_path - self->first_path;
            box.count[k] = is_price ? wave->n_price : wave->n_path;
            box.stride[k] = is_price ? wave->n_price : wave->stride;
        }
    }
    return box;
}

rip_status
rip_result_series_append(rip_result *self, const rip_wave *wave)
{
    rip_status status = RIP_OK;

    if (wave->first_path < self->first_path ||
        wave->n_path > self->end_path - wave->first_path) {
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
        const rip_h5_box box = box_of(self, what, group_of(self, what), wave);
        RIP_TRY(rip_h5_write_box(self->series[i], what->type, &box, value));
    }
out:
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
