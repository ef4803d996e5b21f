#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "figures.h"
#include "load.h"
#include "riptide/engine/block.h"
#include "riptide/engine/output.h"
#include "riptide/engine/sums.h"
#include "riptide/io/breach.h"
#include "threads.h"

#define LOSS_BYTES 4.0 /* outputs.losses is float32 */

/* As measured: the program with its libraries; what HDF5 keeps to describe the datasets
   of a result; rows of /accounts and /positions, mostly texts. */
#define PROGRAM_BYTES     (40.0 * 1024.0 * 1024.0)
#define DESCRIPTION_BYTES (768.0 * 1024.0)
#define ROW_BYTES         400.0

/* What a run will take, in bytes; figures for people, so plain doubles. */
typedef struct estimate {
    double sums, block, accounts, file;
} estimate;

static double
axis_length(const rip_sums *sums, rip_dim dim)
{
    const size_t length[RIP_N_DIM] = {
        [RIP_DIM_MODE] = sums->n_mode,       [RIP_DIM_OTHER_MODE] = sums->n_mode,
        [RIP_DIM_ACCOUNT] = sums->n_account, [RIP_DIM_LEVEL] = sums->n_level,
        [RIP_DIM_LOSS_BIN] = sums->n_bin,    [RIP_DIM_ASSET] = sums->n_asset,
        [RIP_DIM_CAUSE] = RIP_N_CAUSE,       [RIP_DIM_TIME] = sums->n_step + 1,
        [RIP_DIM_BATCH] = RIP_SUMS_BATCHES,  [RIP_DIM_SHARE_BIN] = RIP_SUMS_SHARES,
        [RIP_DIM_MOVE_BIN] = RIP_SUMS_MOVES, [RIP_DIM_RANK] = sums->n_rank,
    };
    return (double)length[dim];
}

/* Datasets of the result that come from the accumulators. */
static double
datasets(const rip_run *run)
{
    rip_sums sizes = {0};
    double total = 0.0;

    rip_sums_sizes(&sizes, run);
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        double bytes = output->type == RIP_OUTPUT_U32 ? 4.0 : 8.0;
        for (size_t k = 0; k < output->n_dim; k++) {
            bytes *= axis_length(&sizes, output->dim[k]);
        }
        total += bytes;
    }
    return total;
}

/* Datasets with a row for every path. */
static double
per_path(const rip_run *run)
{
    const double paths = (double)run->spec.paths, n_mode = (double)run->spec.n_mode;
    const double n_asset = (double)run->market.n_asset;
    const double kept =
        (double)(run->outputs.keep_paths < run->spec.paths ? run->outputs.keep_paths
                                                           : run->spec.paths);
    double bytes = kept * (double)(rip_run_steps(run) + 1) * n_asset * 8.0;

    if (run->outputs.losses) {
        bytes += paths * n_mode * (double)run->book.n_account * LOSS_BYTES;
    }
    if (run->outputs.system) {
        bytes += paths * (n_mode * (60.0 + 4.0 * n_asset) + 16.0 + 4.0 * n_asset);
    }
    return bytes;
}

static estimate
estimate_run(const rip_run *run)
{
    const double sums = (double)rip_sums_size(run);

    return (estimate){
        .sums = sums,
        .block = (double)rip_block_size(run),
        .accounts = (double)run->book.n_account * sizeof(rip_account) +
                    (double)run->book.n_position * sizeof(rip_position),
        .file = DESCRIPTION_BYTES + sums + datasets(run) + per_path(run) +
                (double)(run->book.n_account + run->book.n_position) * ROW_BYTES,
    };
}

static void
print_work(const rip_run *run)
{
    const double trials = (double)run->spec.paths * (double)run->book.n_account *
                          (double)run->spec.n_mode;
    char a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT], d[FIGURES_TEXT];

    (void)fprintf(
        stderr, "work: %s paths x %s accounts x %zu %s = %s trials of %s %s\n",
        figures_count(run->spec.paths, a), figures_count(run->book.n_account, b),
        run->spec.n_mode, run->spec.n_mode == 1 ? "mode" : "modes",
        trials < 1e18 ? figures_count((uint64_t)trials, c) : "over 10^18",
        figures_count(rip_run_steps(run), d),
        rip_run_steps(run) == 1 ? "step" : "steps");
}

static void
print_memory(const rip_run *run)
{
    const long n_thread = threads_default();
    const estimate bytes = estimate_run(run);
    const double total =
        PROGRAM_BYTES + bytes.sums + bytes.accounts + (double)n_thread * bytes.block;
    char a[FIGURES_TEXT], b[FIGURES_TEXT], c[FIGURES_TEXT], d[FIGURES_TEXT],
        e[FIGURES_TEXT];

    (void)fprintf(stderr,
                  "memory: about %s (program %s, sums %s, accounts %s, %ld %s with %s "
                  "of paths)\n",
                  figures_bytes(total, a), figures_bytes(PROGRAM_BYTES, b),
                  figures_bytes(bytes.sums, c), figures_bytes(bytes.accounts, d),
                  n_thread, n_thread == 1 ? "thread" : "threads, each",
                  figures_bytes(bytes.block, e));
    (void)fprintf(stderr, "output: at most %s, less by compression\n",
                  figures_bytes(bytes.file, a));
}

static rip_status
print_breaches(const rip_run *run)
{
    size_t n_breached[RIP_N_MODE] = {0};
    char text[FIGURES_TEXT];
    const rip_status status = rip_breach_count(run, n_breached);

    if (status != RIP_OK) {
        return status;
    }
    (void)fprintf(stderr, "starts in breach:");
    for (size_t m = 0; m < run->spec.n_mode; m++) {
        (void)fprintf(stderr, "%s %s %zu", m > 0 ? "," : "",
                      rip_mode_name(run->spec.mode[m]), n_breached[m]);
    }
    (void)fprintf(stderr, " of %s accounts\n",
                  figures_count(run->book.n_account, text));
    return RIP_OK;
}

/* All points of a sweep are resolved, too; what was printed is of none of them. */
static rip_status
check_sweep(const load *input, const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    const rip_node *node = rip_node_find(input->config.document.root, "sweep");
    rip_config_source source = {.file = arguments->operand};
    rip_sweep_points points = {0};
    const char **override = NULL;
    char text[FIGURES_TEXT];

    if (node == NULL) {
        return RIP_OK;
    }
    RIP_TRY(cli_options_values(arguments, "-s", &source.n_override, &override));
    source.override = override;
    RIP_TRY(rip_sweep_points_init(&points, node, error));
    RIP_TRY(rip_sweep_points_check(&points, &source, error));
    (void)fprintf(stderr,
                  "sweep: %s points; work, memory and output above are those of the "
                  "configuration alone\n",
                  figures_count(points.n_point, text));
out:
    rip_sweep_points_free(&points);
    free((void *) override);
    return status;
}

static rip_status
check(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    load input = {0};
    char *text = NULL;

    RIP_TRY(load_run(&input, arguments, false, error));
    RIP_TRY(rip_breach_refuse(&input.run, &input.config, error));
    RIP_TRY(rip_config_write(&input.config, &text));
    (void)fputs(text, stdout);
    print_work(&input.run);
    print_memory(&input.run);
    RIP_TRY(print_breaches(&input.run));
    RIP_TRY(check_sweep(&input, arguments, error));
out:
    free(text);
    load_free(&input);
    return status;
}

static const cli_option options[] = {
    LOAD_OVERRIDE,
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command check_command = {
    .name = "check",
    .operand = "CONFIG",
    .doc = "validates a configuration and prints it with all defaults",
    .notes =
        "The resolved configuration goes to stdout as YAML. On stderr: the estimated\n"
        "work, memory and size of the result, and how many accounts start in breach.\n",
    .options = options,
    .run = check,
};
