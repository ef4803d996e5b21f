#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "figures.h"
#include "riptide/base/lanes.h"
#include "riptide/io/breach.h"
#include "run.h"
#include "signals.h"
#include "summary.h"
#include "target.h"
#include "threads.h"

/* A wave of blocks between two looks at signals and progress aims at this long. */
#define WAVE_S     0.5  /* long enough for blocks to be taken in groups (engine) */
#define WAVE_MOST  4.0  /* factors by which one wave may outgrow */
#define WAVE_LEAST 0.25 /* or undercut the one before */

#define CHECKPOINT_MS 10000 /* unless told */
#define TEXT          64    /* bytes of an option's value that is read as a number */

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

/* --resume and --checkpoint */
static rip_status
take_checkpoint(run_job *self)
{
    const char *text = cli_options_value(self->arguments, "--checkpoint");
    char copy[TEXT];
    const rip_node node = {.kind = RIP_NODE_SCALAR, .text = copy};
    uint64_t interval_ms = CHECKPOINT_MS;

    self->resumes = cli_options_has(self->arguments, "--resume");
    if (text != NULL) {
        (void)snprintf(copy, sizeof(copy), "%s", text);
        if (!rip_node_is_duration(&node, &interval_ms)) {
            return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                                 "riptide: %s: --checkpoint: %s is not allowed (a "
                                 "duration: 500ms, 90s, 15m)",
                                 self->arguments->command->name, text);
        }
    }
    self->interval_s = (double)interval_ms / 1000.0;
    return RIP_OK;
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
    timing_begin(&self->timing);
    signals_watch(self->parting);
    RIP_TRY(take_options(self));
    RIP_TRY(take_checkpoint(self));
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

/* Paths of the shard up to a block. */
static uint64_t
paths_before(const run_job *self, uint64_t block)
{
    const uint64_t paths = self->input.run.spec.paths;
    const uint64_t end = block * RIP_LANES < paths ? block * RIP_LANES : paths;

    return end - self->first * RIP_LANES;
}

static rip_status
save(run_job *self)
{
    self->saved_s = progress_clock();
    return rip_checkpoint_save(self->checkpoint, rip_engine_sums(self->engine),
                               self->next, self->error);
}

static rip_status
simulate_wave(run_job *self, uint64_t n)
{
    rip_status status = RIP_OK;
    const rip_wave *wave = NULL;

    RIP_TRY(explain(self, rip_engine_advance(self->engine, self->next, n)));
    wave = rip_engine_wave(self->engine);
    RIP_TRY(rip_result_append(self->result, wave, self->error));
    RIP_TRY(rip_checkpoint_append(self->checkpoint, wave, self->error));
    self->next += n;
    self->done = paths_before(self, self->next);
    progress_update(&self->shown, self->done);
    if (self->next < self->end &&
        progress_clock() - self->saved_s >= self->interval_s) {
        RIP_TRY(save(self));
    }
out:
    return status;
}

/* All blocks, in waves between which signals are looked at. */
static rip_status
simulate(run_job *self)
{
    uint64_t wave = next_wave(self, 0, 0.0);

    while (self->next < self->end) {
        const double began_s = progress_clock();
        const uint64_t rest = self->end - self->next;
        const uint64_t n = wave < rest ? wave : rest;
        rip_status status;
        if (signals_caught() != 0) {
            return RIP_RAISE(RIP_ERR_INTERRUPTED);
        }
        status = simulate_wave(self, n);
        if (status != RIP_OK) {
            return status;
        }
        wave = next_wave(self, n, progress_clock() - began_s);
    }
    return RIP_OK;
}

static rip_result_source
source_of(run_job *self)
{
    return (rip_result_source){.run = &self->input.run,
                               .config = &self->input.config,
                               .inputs = &self->input.inputs,
                               .provenance = &self->provenance,
                               .shard = self->shard,
                               .point = self->point};
}

/* From the checkpoint on, or afresh. */
static rip_status
take_up(run_job *self)
{
    rip_status status = RIP_OK;
    rip_error notes = {0};

    self->next = self->first;
    if (!self->resumes) {
        rip_checkpoint_discard(self->checkpoint);
        return RIP_OK;
    }
    status = rip_checkpoint_resume(self->checkpoint, self->engine, self->result,
                                   &self->next, &notes, self->error);
    for (size_t i = 0; i < notes.n_line; i++) {
        (void)fprintf(stderr, "%s\n", notes.line[i]);
    }
    rip_error_free(&notes);
    return status;
}

static rip_status
begin(run_job *self, const rip_result_source *source)
{
    rip_status status = RIP_OK;
    const rip_run *run = &self->input.run;
    const rip_engine_options options = {.n_thread = (int)self->n_thread,
                                        .screen = true,
                                        .clock_s = timing_clock(&self->timing)};

    timing_lap(&self->timing, TIMING_READ);
    rip_shard_blocks(self->shard, rip_engine_blocks(run), &self->first, &self->end);
    RIP_TRY(explain(self, rip_engine_begin(&self->engine, run, &options)));
    timing_lap(&self->timing, TIMING_PLAN);
    signals_note();
    RIP_TRY(rip_result_begin(&self->result, self->path,
                             cli_options_has(self->arguments, "--force"), source,
                             self->error));
    RIP_TRY(rip_checkpoint_begin(&self->checkpoint, self->path, source));
    RIP_TRY(take_up(self));
    self->done = paths_before(self, self->next);
    self->total = paths_before(self, self->end);
    self->saved_s = progress_clock();
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

/* A signal: what is done is kept. */
static rip_status
interrupted(run_job *self)
{
    rip_status status = RIP_OK;
    char a[FIGURES_TEXT], b[FIGURES_TEXT];

    RIP_TRY(save(self));
    status = rip_error_add(
        self->error, RIP_ERR_INTERRUPTED,
        "riptide: %s: interrupted after %s of %s paths, which are kept in "
        "%s.checkpoint (go on with --resume)",
        self->arguments->command->name, figures_count(self->done, a),
        figures_count(self->total, b), self->path);
out:
    return status;
}

static rip_status
work(run_job *self)
{
    rip_status status = RIP_OK;

    progress_begin(&self->shown, self->style, self->total, self->done);
    timing_lap(&self->timing, TIMING_OUTPUT);
    status = simulate(self);
    timing_lap(&self->timing, TIMING_SIMULATE);
    progress_end(&self->shown, self->done);
    if (status == RIP_ERR_INTERRUPTED) {
        return interrupted(self);
    }
    RIP_TRY(status);
    rip_engine_rest(self->engine);
    RIP_TRY(
        rip_result_finish(self->result, rip_engine_sums(self->engine), self->error));
    rip_checkpoint_remove(self->checkpoint);
    timing_lap(&self->timing, TIMING_OUTPUT);
out:
    return status;
}

/*
 * Whether the file holds what a resumed run would make. What holds something else, or
 * nothing that can be read, is in the way, unless it may be overwritten: what --force
 * began has to be gone on with.
 */
static rip_status
find_finished(run_job *self, const rip_result_source *source, bool *finished)
{
    rip_error unsaid = {0};
    const bool may_overwrite = cli_options_has(self->arguments, "--force");
    rip_status status;

    status = rip_checkpoint_finished(self->path, source, finished,
                                     may_overwrite ? &unsaid : self->error);
    rip_error_free(&unsaid);
    return may_overwrite && status != RIP_ERR_NO_MEMORY ? RIP_OK : status;
}

rip_status
run_finish(run_job *self)
{
    rip_status status = RIP_OK;
    const rip_result_source source = source_of(self);
    bool finished = false;

    RIP_TRY(rip_breach_refuse(&self->input.run, &self->input.config, self->error));
    if (self->resumes) {
        RIP_TRY(find_finished(self, &source, &finished));
    }
    if (finished) {
        RIP_TRY(rip_checkpoint_begin(&self->checkpoint, self->path, &source));
        rip_checkpoint_tidy(self->checkpoint, self->path);
    } else {
        RIP_TRY(target_check(self->path, self->arguments, self->error));
        RIP_TRY(begin(self, &source));
        RIP_TRY(work(self));
        RIP_TRY(timing_print(&self->timing, self->engine));
    }
    if (!cli_options_has(self->arguments, "-q")) {
        RIP_TRY(print_summary(self));
    }
out:
    return status;
}

void
run_free(run_job *self)
{
    rip_checkpoint_free(self->checkpoint);
    rip_result_free(self->result);
    rip_engine_free(self->engine);
    rip_provenance_free(&self->provenance);
    free(self->path);
    load_free(&self->input);
}

/* Digits from first up to end. */
static bool
take_whole(const char *first, const char *end, uint64_t *value)
{
    *value = 0;
    for (const char *c = first; c < end; c++) {
        if (*c < '0' || *c > '9' || *value > RIP_SHARD_MOST) {
            return false;
        }
        *value = 10 * *value + (uint64_t)(*c - '0');
    }
    return first < end;
}

/* "I/N" */
static rip_status
take_shard(run_job *self, const char *text)
{
    const char *slash = text != NULL ? strchr(text, '/') : NULL;

    if (text == NULL) {
        return RIP_OK;
    }
    if (slash == NULL || !take_whole(text, slash, &self->shard.index) ||
        !take_whole(slash + 1, text + strlen(text), &self->shard.count) ||
        self->shard.count == 0 || self->shard.count > RIP_SHARD_MOST ||
        self->shard.index >= self->shard.count) {
        return rip_error_add(self->error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: run: --shard: %s is not allowed (I/N, part I "
                             "from 0 to N - 1 of at most %d)",
                             text, RIP_SHARD_MOST);
    }
    return RIP_OK;
}

static rip_status
run(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    run_job self = {0};

    RIP_TRY(run_begin(&self, arguments, error));
    RIP_TRY(take_shard(&self, cli_options_value(arguments, "--shard")));
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
    {"--shard", "I/N", "only part I of N (from 0) of the paths; `merge` joins them", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command run_command = {
    .name = "run",
    .operand = "CONFIG",
    .doc = "runs the simulation, writes one HDF5 result, prints the summary",
    .notes =
        "The default number of threads is the smallest of the CPUs of the affinity\n"
        "mask, OMP_NUM_THREADS and SLURM_CPUS_PER_TASK. SIGINT and SIGTERM save\n"
        "FILE.checkpoint and end the run with exit code 75; --resume goes on there, "
        "on\n"
        "any machine, and ends with the same bits.\n",
    .options = options,
    .run = run,
};
