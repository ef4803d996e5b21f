#include <stdio.h>
#include <stdlib.h>

#include "breach.h"
#include "commands.h"
#include "figures.h"
#include "riptide/base/lanes.h"
#include "run.h"
#include "signals.h"
#include "summary.h"
#include "target.h"
#include "threads.h"

/* A wave of blocks between two looks at signals and progress aims at this long. */
#define WAVE_S     0.15
#define WAVE_MOST  4.0  /* factors by which one wave may outgrow */
#define WAVE_LEAST 0.25 /* or undercut the one before */

static rip_status
take_options(run_job *self)
{
    const char *style = cli_options_value(self->arguments, "--progress");

    self->n_thread = threads_default();
    if (style == NULL) {
        style = cli_options_has(self->arguments, "-q") ? "none" : "auto";
    }
    if (!progress_find(style, &self->style)) {
        return rip_error_add(
            self->error, RIP_RAISE(RIP_ERR_CONFIG),
            "riptide: %s: --progress: %s is not allowed (auto, bar, plain, none)",
            self->arguments->command->name, style);
    }
    return cli_options_count(self->arguments, "-j", THREADS_MOST, &self->n_thread,
                             self->error);
}

rip_status
run_begin(run_job *self, const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;

    *self = (run_job){.arguments = arguments, .error = error};
    (void)snprintf(
        self->parting, sizeof(self->parting),
        "riptide: %s: interrupted before the first path; nothing was saved\n",
        arguments->command->name);
    signals_watch(self->parting);
    RIP_TRY(take_options(self));
    status = rip_provenance_begin(&self->provenance, arguments->argc,
                                  (const char *const *)arguments->argv, self->n_thread);
out:
    return status;
}

/* The engine knows no sentences; this is what its codes mean to the user. */
static rip_status
explain(run_job *self, rip_status status)
{
    if (status == RIP_ERR_INVALID_ARGUMENT) {
        return rip_error_add(self->error, RIP_ERR_CONFIG,
                             "riptide: %s: on some path an account gains more than "
                             "1,024 times its initial equity, beyond what is summed "
                             "exactly (check prices, volatilities and entries)",
                             self->arguments->command->name);
    }
    return status;
}

/* Blocks of the next wave, from how long the last one took. */
static uint64_t
next_wave(const run_job *self, uint64_t n, double took_s)
{
    const uint64_t least = (uint64_t)self->n_thread;
    const uint64_t most = rip_engine_max_blocks(self->engine);
    double factor = took_s > 0.0 ? WAVE_S / took_s : WAVE_MOST;

    factor = factor > WAVE_MOST ? WAVE_MOST : factor;
    factor = factor < WAVE_LEAST ? WAVE_LEAST : factor;
    n = (uint64_t)((double)n * factor);
    n = n < least ? least : n;
    return n < most ? n : most;
}

static rip_status
simulate_wave(run_job *self, uint64_t first, uint64_t n)
{
    rip_status status = RIP_OK;
    const uint64_t paths = self->input.run.spec.paths;

    RIP_TRY(explain(self, rip_engine_advance(self->engine, first, n)));
    RIP_TRY(
        rip_result_append(self->result, rip_engine_wave(self->engine), self->error));
    self->done = (first + n) * RIP_LANES;
    self->done = self->done < paths ? self->done : paths;
    progress_update(&self->shown, self->done);
out:
    return status;
}

/* All blocks, in waves between which signals are looked at. */
static rip_status
simulate(run_job *self)
{
    const uint64_t end = rip_engine_blocks(&self->input.run);
    uint64_t wave = next_wave(self, 0, 0.0);

    for (uint64_t first = 0; first < end;) {
        const double began_s = progress_clock();
        const uint64_t n = wave < end - first ? wave : end - first;
        rip_status status;
        if (signals_caught() != 0) {
            return RIP_RAISE(RIP_ERR_INTERRUPTED);
        }
        status = simulate_wave(self, first, n);
        if (status != RIP_OK) {
            return status;
        }
        first += n;
        wave = next_wave(self, n, progress_clock() - began_s);
    }
    return RIP_OK;
}

static rip_status
begin(run_job *self)
{
    rip_status status = RIP_OK;
    const rip_result_source source = {.run = &self->input.run,
                                      .config = &self->input.config,
                                      .inputs = &self->input.inputs,
                                      .provenance = &self->provenance,
                                      .point = self->point};
    const rip_engine_options options = {.n_thread = (int)self->n_thread,
                                        .screen = true};

    RIP_TRY(explain(self, rip_engine_begin(&self->engine, &self->input.run, &options)));
    signals_note();
    RIP_TRY(rip_result_begin(&self->result, self->path,
                             cli_options_has(self->arguments, "--force"), &source,
                             self->error));
out:
    return status;
}

/* The table of the finished result, as `riptide summary` prints it. */
static rip_status
print_summary(const run_job *self)
{
    rip_status status = RIP_OK;
    summary figures = {0};

    RIP_TRY(summary_read(&figures, self->path, NULL, self->error));
    RIP_TRY(summary_print(&figures, stdout, terminal_of(stdout)));
out:
    summary_free(&figures);
    return status;
}

static rip_status
work(run_job *self)
{
    rip_status status = RIP_OK;
    char a[FIGURES_TEXT], b[FIGURES_TEXT];

    progress_begin(&self->shown, self->style, self->input.run.spec.paths);
    status = simulate(self);
    progress_end(&self->shown, self->done);
    if (status == RIP_ERR_INTERRUPTED) {
        return rip_error_add(
            self->error, status,
            "riptide: %s: interrupted after %s of %s paths; nothing was saved",
            self->arguments->command->name, figures_count(self->done, a),
            figures_count(self->input.run.spec.paths, b));
    }
    RIP_TRY(status);
    RIP_TRY(
        rip_result_finish(self->result, rip_engine_sums(self->engine), self->error));
    if (!cli_options_has(self->arguments, "-q")) {
        RIP_TRY(print_summary(self));
    }
out:
    return status;
}

rip_status
run_finish(run_job *self)
{
    rip_status status = RIP_OK;

    RIP_TRY(breach_refuse(&self->input.run, self->error));
    RIP_TRY(target_check(self->path, self->arguments->operand,
                         cli_options_has(self->arguments, "--force"), self->error));
    RIP_TRY(begin(self));
    RIP_TRY(work(self));
out:
    return status;
}

void
run_free(run_job *self)
{
    rip_result_free(self->result);
    rip_engine_free(self->engine);
    rip_provenance_free(&self->provenance);
    free(self->path);
    load_free(&self->input);
}

static rip_status
run(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    run_job self = {0};

    RIP_TRY(run_begin(&self, arguments, error));
    RIP_TRY(load_run(&self.input, arguments, false, error));
    RIP_TRY(load_refuse_sweep(&self.input, error));
    RIP_TRY(target_path(&self.path, cli_options_value(arguments, "-o"),
                        &self.input.config));
    RIP_TRY(run_finish(&self));
out:
    run_free(&self);
    return status;
}

static const cli_option options[] = {
    {"-o", "FILE", "the result; default: outputs.file beside the configuration", 0},
    LOAD_OVERRIDE,
    RUN_OPTIONS,
    {"--shard", "I/N", NULL, CLI_OPTION_LATER},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command run_command = {
    .name = "run",
    .operand = "CONFIG",
    .doc = "runs the simulation, writes one HDF5 result, prints the summary",
    .notes =
        "The default number of threads is the smallest of the CPUs of the affinity\n"
        "mask, OMP_NUM_THREADS and SLURM_CPUS_PER_TASK. SIGINT and SIGTERM stop a run\n"
        "cleanly: nothing is saved or left behind, exit code 128 + signal.\n",
    .options = options,
    .run = run,
};
