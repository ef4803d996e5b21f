#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/assemble_parts.h"
#include "riptide/io/given.h"
#include "riptide/io/report.h"
#include "riptide/io/words.h"

static rip_status
take_period(rip_assembly *self, const rip_node *shocks)
{
    const rip_node *node = rip_node_find(shocks, "period");
    const uint64_t step_ms = self->run->spec.step_ms;
    rip_shock_spec *spec = &self->run->shock;

    spec->period_steps = 1;
    if (node == NULL || rip_node_is_text(node, "step")) {
        return RIP_OK;
    }
    const uint64_t period_ms = rip_node_duration(node, step_ms);
    if (period_ms >= step_ms) {
        spec->period_steps = period_ms / step_ms;
        return RIP_OK;
    }
    /* Several periods in a step: their sum has no law of the t family. */
    if (spec->kind == RIP_SHOCK_STUDENT_T && spec->mixing == RIP_MIXING_PERIOD) {
        return rip_assemble_refuse(self, node, "shocks.period",
                                   "%s, shorter than the step, is not in this version "
                                   "with mixing: period (at least the step)",
                                   node->text);
    }
    return RIP_OK;
}

static rip_status
take_given(rip_assembly *self, const rip_node *node)
{
    rip_status status = RIP_OK;
    rip_run *run = self->run;
    const rip_given_frame frame = {.market = &self->spec,
                                   .n_step = rip_run_steps(run),
                                   .step_h = (double)run->spec.step_ms / 3600000.0,
                                   .n_path = run->spec.paths};
    rip_given given = {0};
    char *path = NULL;

    RIP_TRY(rip_assemble_file(self, node, "shocks.file", &path));
    status = rip_given_load(&given, path, &frame, self->error);
    run->table = given.price;
    RIP_TRY(status);
    run->shock.table = given.price;
    run->shock.n_given = given.n_path;
    if (run->spec.paths > given.n_path) {
        const rip_node *root = self->config->document.root;
        const rip_node *paths = rip_node_at(root, "run.paths");
        status = rip_assemble_refuse(
            self, paths, "run.paths", "%s is more than there are in %s (at most %llu)",
            paths->text, path, (unsigned long long)given.n_path);
    }
out:
    free(path);
    return status;
}

/* The column of each asset; the first is `time`. */
static rip_status
find_returns(const rip_assembly *self, const rip_csv *csv, size_t *column)
{
    rip_status status = RIP_OK;

    if (strcmp(rip_csv_text(csv, 0, 0), "time") != 0) {
        return rip_csv_report(csv, 0, 0, self->error,
                              "no header `time,SYMBOL...` (every symbol of "
                              "market.assets)");
    }
    for (size_t i = 0; i < self->spec.n_asset; i++) {
        const char *symbol = self->spec.asset[i].symbol;
        column[i] = 0;
        for (size_t j = 1; j < csv->n_column; j++) {
            if (strcmp(rip_csv_text(csv, 0, j), symbol) != 0) {
                continue;
            }
            if (column[i] > 0) {
                status = rip_csv_report(csv, 0, j, self->error,
                                        "%s is said twice (each symbol once)", symbol);
            }
            column[i] = j;
        }
        if (column[i] == 0) {
            status = rip_csv_report(csv, 0, csv->n_column, self->error,
                                    "no column of %s (every symbol of market.assets)",
                                    symbol);
        }
    }
    return status;
}

static rip_status
read_returns(const rip_assembly *self, const rip_csv *csv, const size_t *column,
             double scale)
{
    const size_t n = self->spec.n_asset, n_step = rip_run_steps(self->run);
    rip_status status = RIP_OK;

    for (size_t k = 0; k < n_step * n; k++) {
        const size_t row = k / n + 1, at = column[k % n];
        const char *text = rip_csv_text(csv, row, at);
        double value = NAN;
        char quoted[RIP_REPORT_QUOTE];
        rip_report_quote(text, quoted);
        if (!rip_csv_is_number(text, &value) || !(value > -1.0)) {
            status = rip_csv_report(csv, row, at, self->error,
                                    "%s is not allowed (a simple return above -1)",
                                    text[0] != '\0' ? quoted : "an empty value");
        } else if (!(scale * value > -1.0)) {
            status = rip_csv_report(csv, row, at, self->error,
                                    "%s times the scale %.10g is not above -1", quoted,
                                    scale);
        }
        self->run->table[k] = scale * value;
    }
    return status;
}

/* Noise of one volatility, stressed like any other, and one correlation for all pairs.
 */
static rip_status
take_residual(rip_assembly *self, const rip_node *residual)
{
    const rip_node *node = rip_node_find(residual, "correlation");
    const double correlation = rip_node_number(node, 0.0);
    const size_t n = self->spec.n_asset;

    self->run->shock.residual_volatility =
        rip_node_number(rip_node_find(residual, "volatility"), 0.0) *
        self->spec.stress.volatility;
    self->run->shock.residual_correlation = correlation;
    if (n > 1 && correlation * (double)(n - 1) < -1.0) {
        return rip_assemble_refuse(self, node, "shocks.residual.correlation",
                                   "%s cannot hold between %zu assets (at least %.6g)",
                                   node->text, n, -1.0 / (double)(n - 1));
    }
    return RIP_OK;
}

static rip_status
take_replay(rip_assembly *self, const rip_node *shocks)
{
    const double scale = rip_node_number(rip_node_find(shocks, "scale"), 1.0);
    const size_t n = self->spec.n_asset, n_step = rip_run_steps(self->run);
    rip_status status = RIP_OK;
    rip_csv csv = {0};
    size_t *column = calloc(n, sizeof(*column));

    self->run->table = calloc(n_step * n, sizeof(*self->run->table));
    if (column == NULL || self->run->table == NULL) {
        status = RIP_RAISE(RIP_ERR_NO_MEMORY);
        goto out;
    }
    self->run->shock.table = self->run->table;
    RIP_TRY(take_residual(self, rip_node_find(shocks, "residual")));
    RIP_TRY(rip_assemble_csv(self, rip_node_find(shocks, "file"), "shocks.file", &csv));
    RIP_TRY(find_returns(self, &csv, column));
    if (csv.n_row - 1 < n_step) {
        status = rip_csv_report(&csv, csv.n_row - 1, 0, self->error,
                                "%zu returns for %zu steps (at least one a step)",
                                csv.n_row - 1, n_step);
        goto out;
    }
    status = read_returns(self, &csv, column, scale);
out:
    rip_csv_free(&csv);
    free(column);
    return status;
}

static void
take_dynamics(rip_shock_spec *spec, const rip_node *map)
{
    spec->volatility_dynamics.response =
        rip_node_number(rip_node_find(map, "response"), 0.0);
    spec->volatility_dynamics.tenor_power =
        rip_node_number(rip_node_find(map, "tenor_power"), 0.4);
    spec->volatility_dynamics.vol_of_vol =
        rip_node_number(rip_node_find(map, "vol_of_vol"), 0.0);
}

rip_status
rip_assemble_shocks(rip_assembly *self)
{
    static const char *const model[RIP_N_SHOCK] = {"gaussian", "none", "student_t",
                                                   "given", "replay"};
    static const char *const mixing[] = {"step", "period", "path", "asset"};
    static const char *const draws[] = {"fast", "gsl"};
    const rip_node *root = self->config->document.root;
    const rip_node *shocks = rip_node_find(root, "shocks");
    rip_shock_spec *spec = &self->run->shock;
    rip_status status = RIP_OK;

    spec->kind = (rip_shock_kind)rip_words_index(
        rip_node_text(rip_node_find(shocks, "model"), ""), RIP_N_SHOCK, model);
    spec->mixing = (rip_mixing)rip_words_index(
        rip_node_text(rip_node_find(shocks, "mixing"), "step"), 4, mixing);
    spec->draws = (rip_draws)rip_words_index(
        rip_node_text(rip_node_at(root, "run.draws"), "fast"), 2, draws);
    spec->seed = self->run->spec.seed;
    spec->dof = rip_node_number(rip_node_find(shocks, "dof"), 4.0);
    take_dynamics(spec, rip_node_find(shocks, "volatility_dynamics"));
    RIP_TRY(take_period(self, shocks));
    if (spec->kind == RIP_SHOCK_GIVEN) {
        status = take_given(self, rip_node_find(shocks, "file"));
    } else if (spec->kind == RIP_SHOCK_REPLAY) {
        status = take_replay(self, shocks);
    }
out:
    return status;
}
