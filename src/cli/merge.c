#include <stdio.h>

#include "commands.h"
#include "riptide/io/provenance.h"
#include "riptide/io/stored.h"
#include "riptide/sweep/merge.h"
#include "riptide/sweep/shards.h"
#include "target.h"

/* What a file is says what all of them are taken for. */
typedef enum part { PART_POINT = 0, PART_SHARD, PART_NONE } part;

static rip_status
look(const char *file, part *found, rip_error *error)
{
    rip_stored stored = {0};
    const rip_status status = rip_stored_open(&stored, file, error);

    if (status == RIP_OK) {
        *found = stored.sweep != NULL     ? PART_POINT
                 : stored.shard.count > 0 ? PART_SHARD
                                          : PART_NONE;
    }
    rip_stored_free(&stored);
    return status;
}

/* The first file that is a part decides; of the others the merge complains. */
static rip_status
look_at_all(const cli_arguments *arguments, part *found, rip_error *error)
{
    rip_status first = RIP_OK;

    for (size_t i = 0; i < arguments->n_operand; i++) {
        rip_error problem = {0};
        const rip_status status = look(arguments->operands[i], found, &problem);
        if (status == RIP_OK && *found != PART_NONE) {
            rip_error_free(&problem);
            rip_error_free(error);
            return RIP_OK;
        }
        if (i == 0) {
            first = status;
            *error = problem;
        } else {
            rip_error_free(&problem);
        }
    }
    return first;
}

static rip_status
merge_files(const cli_arguments *arguments, part found, const char *out,
            rip_error *error)
{
    rip_status status = RIP_OK;
    rip_provenance provenance = {0};
    rip_error notes = {0};
    const rip_sweep_merge_source source = {
        .n_file = arguments->n_operand,
        .file = arguments->operands,
        .out = out,
        .overwrite = cli_options_has(arguments, "--force"),
        .partial = cli_options_has(arguments, "--partial"),
        .notes = &notes,
        .provenance = &provenance,
    };

    RIP_TRY(rip_provenance_begin(&provenance, arguments->argc,
                                 (const char *const *)arguments->argv, 1));
    status = found == PART_SHARD ? rip_sweep_shards_merge(&source, error)
                                 : rip_sweep_merge(&source, error);
    for (size_t i = 0; i < notes.n_line; i++) {
        (void)fprintf(stderr, "%s\n", notes.line[i]);
    }
out:
    rip_error_free(&notes);
    rip_provenance_free(&provenance);
    return status;
}

static rip_status
merge(const cli_arguments *arguments, rip_error *error)
{
    rip_status status = RIP_OK;
    const char *out = cli_options_value(arguments, "-o");
    part found = PART_NONE;

    if (out == NULL) {
        return rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                             "riptide: merge: -o: no file given (-o OUT)");
    }
    RIP_TRY(target_check(out, arguments, error));
    RIP_TRY(look_at_all(arguments, &found, error));
    if (found != PART_NONE) {
        return merge_files(arguments, found, out, error);
    }
    status = rip_error_add(error, RIP_RAISE(RIP_ERR_CONFIG),
                           "%s: is neither a shard nor a point of a sweep",
                           arguments->operand);
out:
    return status;
}

static const cli_option options[] = {
    {"-o", "OUT", "the merged file", 0},
    {"--partial", NULL, "merge what is there and belongs; say what does not", 0},
    {"--force", NULL, "overwrite an existing file", 0},
    {"--help", NULL, "show this", 0},
    {NULL, NULL, NULL, 0},
};

const cli_command merge_command = {
    .name = "merge",
    .operand = "IN",
    .takes_many = true,
    .doc = "makes one file of the points of a sweep or the shards of a run",
    .notes =
        "Every file is checked first; what is damaged, foreign, there twice or\n"
        "missing is named, and then nothing is written. With --partial such files\n"
        "are named and left out; the merged file says that it is partial.\n",
    .options = options,
    .run = merge,
};
