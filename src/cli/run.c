#include <stdio.h>
#include <stdlib.h>

#include "breach.h"
#include "commands.h"
#include "figures.h"
#include "load.h"
#include "progress.h"
#include "riptide/engine/engine.h"
#include "riptide/engine/output.h"
#include "riptide/io/provenance.h"
#include "riptide/io/result.h"
#include "riptide/market/panel.h"
#include "signals.h"
#include "summary.h"
#include "target.h"
#include "threads.h"

/* A wave of blocks between two looks at signals and progress aims at this long. */
#define WAVE_S        0.15
#define WAVE_MOST     4.0  /* factors by which one wave may outgrow */
#define WAVE_LEAST    0.25 /* or undercut the one before */
#define PARTING_BYTES 160

typedef struct job {
    const cli_arguments *arguments;
    rip_error *error;
    load input;
    char *path; /* of the result */
    char parting[PARTING_BYTES];
    long n_thread;
    progress_style style;
    progress shown;
    rip_engine *engine;
    uint64_t done; /* paths */
} job;

static rip_status
take_options(job *self)
{
    const char *style = cli_options_value(self->arguments, "--progress");

    self->n_thread = threads_default();
    if (style == NULL) {
        style = cli_options_has(self->arguments, "-q") ? "none" : "auto";
    }
    if (!progress_find(style, &self->style)) {
        return rip_error_add(
            self->error, RIP_RAISE(RIP_ERR_CONFIG),
            "riptide: run: --progress: %s is not allowed (auto, bar, plain, none)",
            style);
    }
    return cli_options_count(self->arguments, "-j", THREADS_MOST, &self->n_thread,
                             self->error);
}

/* The line that a signal leaves, with the paths done so far. */
static const char *
interrupted(job *self)
{
    char a[FIGURES_TEXT], b[FIGURES_TEXT];

    (void)snprintf(self->parting, sizeof(self->parting),
                   "riptide: run: interrupted after %s of %s paths; nothing was saved",
                   figures_count(self->done, a),
                   figures_count(self->input.run.spec.paths, b));
    return self->parting;
}

static rip_status
prepare(job *self)
{
    rip_status status = RIP_OK;
    const cli_arguments *arguments = self->arguments;

    RIP_TRY(take_options(self));
    RIP_TRY(load_run(&self->input, arguments, false, self->error));
    RIP_TRY(breach_refuse(&self->input.run, self->error));
    RIP_TRY(target_path(&self->path, cli_options_value(arguments, "-o"),
                        &self->input.config));
    RIP_TRY(
        target_check(self->path, cli_options_has(arguments, "--force"), self->error));
out:
    return status;
}

/* The engine knows no sentences; this is what its codes mean to the user. */
static rip_status
explain(job *self, rip_status status)
{
    if (status == RIP_ERR_INVALID_ARGUMENT) {
        return rip_error_add(self->error, RIP_ERR_CONFIG,
                             "riptide: run: on some path an account gains more than "
                             "1,024 times its initial equity, beyond what is summed "
                             "exactly (check prices, volatilities and entries)");
    }
    return status;
}

/* Blocks of the next wave, from how long the last one took. */
static uint64_t
next_wave(const job *self, uint64_t n, double took_s)
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
simulate(job *self, rip_result *result)
{
    rip_status status = RIP_OK;
    const rip_run *run = &self->input.run;
    const uint64_t n_block = rip_engine_blocks(run);
    uint64_t n = (uint64_t)self->n_thread;

    for (uint64_t first = 0; first < n_block; first += n) {
        const double began_s = progress_clock();
        n = n < n_block - first ? n : n_block - first;
        if (signals_caught() != 0) {
            return RIP_RAISE(RIP_ERR_INTERRUPTED);
        }
        RIP_TRY(explain(self, rip_engine_advance(self->engine, first, n)));
        RIP_TRY(rip_result_append(result, rip_engine_wave(self->engine), self->error));
        self->done = (first + n) * RIP_LANES;
        self->done = self->done < run->spec.paths ? self->done : run->spec.paths;
        progress_update(&self->shown, self->done);
    }
out:
    return status;
}
