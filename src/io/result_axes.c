#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/base/lanes.h"
#include "riptide/engine/sums.h"
#include "riptide/io/result_parts.h"

/* What a scale says of itself, by rip_dim. */
static const struct {
    rip_h5_type type;
    const char *unit, *doc;
} axes[RIP_N_DIM] = {
    [RIP_DIM_MODE] = {RIP_H5_TEXT, "1", "Margin mode"},
    [RIP_DIM_OTHER_MODE] = {RIP_H5_TEXT, "1", "Margin mode that is compared with"},
    [RIP_DIM_ACCOUNT] = {RIP_H5_TEXT, "1", "Id of the account"},
    [RIP_DIM_LEVEL] = {RIP_H5_F64, "1", "Confidence level"},
    [RIP_DIM_LOSS_BIN] = {RIP_H5_U32, "1",
                          "Bin of loss / initial equity; the first and the last are "
                          "open"},
    [RIP_DIM_BIN_EDGE] = {RIP_H5_F64, "1",
                          "Edge between two bins of loss / initial equity"},
    [RIP_DIM_ASSET] = {RIP_H5_TEXT, "1", "Symbol of the asset"},
    [RIP_DIM_CAUSE] = {RIP_H5_TEXT, "1", "Cause of a loss"},
    [RIP_DIM_TIME] = {RIP_H5_F64, "h", "Time since the start"},
    [RIP_DIM_BATCH] = {RIP_H5_U32, "1", "Batch: path mod 64"},
    [RIP_DIM_SHARE_BIN] = {RIP_H5_U32, "1",
                           "Bin of the share of accounts: 0 none, 1 to 100 by one per "
                           "cent, 101 all"},
    [RIP_DIM_MOVE_BIN] = {RIP_H5_F64, "1",
                          "Lower edge of a bin of the path's index drawdown"},
    [RIP_DIM_RANK] = {RIP_H5_U32, "1", "Rank; 0 is the worst path"},
    [RIP_DIM_PATH] = {RIP_H5_U64, "1", "Number of the path"},
};

/* Text i of an axis; borrowed from the run. */
static const char *
text_at(const rip_run *run, rip_dim dim, size_t i)
{
    if (dim == RIP_DIM_ACCOUNT) {
        return run->book.account[i].id;
    }
    if (dim == RIP_DIM_ASSET) {
        return run->market.asset[i].symbol;
    }
    if (dim == RIP_DIM_CAUSE) {
        return rip_mode_cause_name((rip_cause)i);
    }
    return rip_mode_name(run->spec.mode[i]);
}

static double
number_at(const rip_run *run, rip_dim dim, size_t i)
{
    const double low = run->outputs.histogram.low, high = run->outputs.histogram.high;

    if (dim == RIP_DIM_LEVEL) {
        return run->outputs.level[i];
    }
    if (dim == RIP_DIM_TIME) {
        return (double)(i * run->spec.step_ms) / 3600000.0;
    }
    if (dim == RIP_DIM_MOVE_BIN) {
        return (double)i / RIP_SUMS_MOVES;
    }
    return low + (high - low) * (double)i / (double)run->outputs.histogram.bins;
}

static size_t
length(const rip_run *run, rip_dim dim)
{
    rip_sums sizes = {0};

    rip_sums_sizes(&sizes, run);
    const size_t n[RIP_N_DIM] = {
        [RIP_DIM_MODE] = sizes.n_mode,         [RIP_DIM_OTHER_MODE] = sizes.n_mode,
        [RIP_DIM_ACCOUNT] = sizes.n_account,   [RIP_DIM_LEVEL] = sizes.n_level,
        [RIP_DIM_LOSS_BIN] = sizes.n_bin,      [RIP_DIM_BIN_EDGE] = sizes.n_bin - 1,
        [RIP_DIM_ASSET] = sizes.n_asset,       [RIP_DIM_CAUSE] = RIP_N_CAUSE,
        [RIP_DIM_TIME] = sizes.n_step + 1,     [RIP_DIM_BATCH] = RIP_SUMS_BATCHES,
        [RIP_DIM_SHARE_BIN] = RIP_SUMS_SHARES, [RIP_DIM_MOVE_BIN] = RIP_SUMS_MOVES,
        [RIP_DIM_RANK] = sizes.n_rank,
    };
    return n[dim];
}

static void
fill(const rip_result *self, rip_dim dim, size_t n, void *value)
{
    for (size_t i = 0; i < n; i++) {
        switch (axes[dim].type) {
        case RIP_H5_TEXT:
            ((const char **)value)[i] = text_at(self->source.run, dim, i);
            break;
        case RIP_H5_F64:
            ((double *)value)[i] = number_at(self->source.run, dim, i);
            break;
        case RIP_H5_U64:
            ((uint64_t *)value)[i] = rip_result_path(self, i);
            break;
        case RIP_H5_U32:
        case RIP_H5_F32:
            ((uint32_t *)value)[i] = (uint32_t)i;
            break;
        }
    }
}

rip_status
rip_result_axis(const rip_result *self, rip_h5_group *group, rip_dim dim,
                uint64_t n_path)
{
    const rip_h5_dataset what = {.name = rip_output_dim_name(dim),
                                 .unit = axes[dim].unit,
                                 .doc = axes[dim].doc,
                                 .type = axes[dim].type,
                                 .n_dim = 1};
    const size_t n =
        dim == RIP_DIM_PATH ? (size_t)n_path : length(self->source.run, dim);
    rip_status status = RIP_OK;
    void *value;

    if (rip_h5_has_axis(group, what.name)) {
        return RIP_OK;
    }
    value = calloc(n > 0 ? n : 1, rip_h5_size(what.type));
    if (value == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    fill(self, dim, n, value);
    status = rip_h5_scale(group, &what, n, value);
    free(value);
    return status;
}
