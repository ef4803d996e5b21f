#include "riptide/io/checkpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "result_compare.h"
#include "result_fixture.h"
#include "riptide/io/checkpoint_parts.h"
#include "riptide/io/checksum.h"
#include "support.h"

#define N_BLOCK 4 /* of the fixture's 200 paths */

static result_run run; /* of the group; undisturbed in whole.h5 */

static int
begin(void **state)
{
    return result_begin_run(state, &run, "whole.h5");
}

static int
end(void **state)
{
    return result_end_run(state, &run);
}

/* A run as the command has it: from the checkpoint, if there is one, block by block up
   to, but without, `stop`; a save before each block in `saves`; finished at the end. */
typedef struct plan {
    uint64_t stop;
    unsigned saves; /* bit b: save before block b */
    bool fresh;     /* do not resume */
    uint64_t first; /* out: where it went on */
    rip_error notes, error;
} plan;

static rip_status
walk(plan *self, const char *path)
{
    static const rip_engine_options options = {.n_thread = 2, .screen = true};
    rip_status status = RIP_OK;
    rip_engine *engine = NULL;
    rip_result *result = NULL;
    rip_checkpoint *checkpoint = NULL;
    uint64_t end = 0;

    RIP_TRY(rip_engine_begin(&engine, &run.input.run, &options));
    RIP_TRY(rip_result_begin(&result, path, true, &run.source, &self->error));
    RIP_TRY(rip_checkpoint_begin(&checkpoint, path, &run.source));
    rip_shard_blocks(run.source.shard, N_BLOCK, &self->first, &end);
    if (self->fresh) {
        rip_checkpoint_discard(checkpoint);
    } else {
        RIP_TRY(rip_checkpoint_resume(checkpoint, engine, result, &self->first,
                                      &self->notes, &self->error));
    }
    for (uint64_t b = self->first; b < end; b++) {
        if ((self->saves >> b & 1) != 0) {
            RIP_TRY(rip_checkpoint_save(checkpoint, rip_engine_sums(engine), b,
                                        &self->error));
        }
        if (b == self->stop) {
            goto out;
        }
        RIP_TRY(rip_engine_advance(engine, b, 1));
        RIP_TRY(rip_result_append(result, rip_engine_wave(engine), &self->error));
        RIP_TRY(
            rip_checkpoint_append(checkpoint, rip_engine_wave(engine), &self->error));
    }
    RIP_TRY(rip_result_finish(result, rip_engine_sums(engine), &self->error));
    rip_checkpoint_remove(checkpoint);
out:
    rip_checkpoint_free(checkpoint);
    rip_result_free(result);
    rip_engine_free(engine);
    return status;
}

static void
walk_well(plan *self, const char *path)
{
    const rip_status status = walk(self, path);

    if (status != RIP_OK) {
        fail_msg("status %d: %s", (int)status,
                 self->error.n_line > 0 ? self->error.line[0] : "-");
    }
}

static void
forget(plan *self)
{
    rip_error_free(&self->notes);
    rip_error_free(&self->error);
}

/* Whatever is kept per path, wherever the run was cut: the bits of the undisturbed one,
   and nothing is left over. */
static void
cut_anywhere(void **state)
{
    rip_outputs_spec *outputs = &run.input.run.outputs;
    const rip_outputs_spec all = *outputs;
    (void)state;
    for (int keep = 0; keep < 4; keep++) {
        outputs->losses = (keep & 1) != 0;
        outputs->system = (keep & 2) != 0;
        outputs->keep_paths = keep == 2 ? 70 : 0;
        result_write_well(&run, result_path("plain.h5"));
        for (uint64_t stop = 0; stop < N_BLOCK; stop++) {
            plan cut = {.stop = stop, .saves = 1u << stop};
            plan rest = {.stop = 99};
            walk_well(&cut, result_path("cut.h5"));
            assert_int_equal(result_files("cut.h5.checkpoint"),
                             stop > 0 && keep > 0 ? 2 : 1);
            assert_int_equal(result_files("cut.h5"), result_files("cut.h5.checkpoint"));
            walk_well(&rest, result_path("cut.h5"));
            assert_int_equal(rest.first, stop);
            assert_int_equal(rest.notes.n_total, 0);
            result_expect_same(result_path("cut.h5"), result_path("plain.h5"));
            assert_int_equal(result_files("cut.h5"), 1);
            assert_int_equal(unlink(result_path("cut.h5")), 0);
        }
    }
    *outputs = all;
}

/* Cut again and again, with blocks done since the last save lost each time. */
static void
cut_often(void **state)
{
    static const struct {
        uint64_t stop, first;
        unsigned saves;
    } part[] = {
        {2, 0, 1u << 1}, {1, 1, 0},  {3, 1, 1u << 1 | 1u << 2},
        {2, 2, 1u << 2}, {99, 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        plan cut = {.stop = part[i].stop, .saves = part[i].saves};
        walk_well(&cut, result_path("often.h5"));
        assert_int_equal(cut.first, part[i].first);
        /* those of the processes before go when a checkpoint does without them */
        if (cut.saves != 0) {
            assert_int_equal(result_files("often.h5.checkpoint.paths"), 1);
        }
    }
    result_expect_same(result_path("often.h5"), result_path("whole.h5"));
    assert_int_equal(result_files("often.h5"), 1);
}

/* A shard goes on in its own blocks. */
static void
cut_shard(void **state)
{
    plan cut = {.stop = 3, .saves = 1u << 3}, rest = {.stop = 99};
    (void)state;
    run.source.shard = (rip_shard){2, 3}; /* blocks 2 and 3 */
    result_write_well(&run, result_path("plain.h5"));
    walk_well(&cut, result_path("shard.h5"));
    walk_well(&rest, result_path("shard.h5"));
    run.source.shard = (rip_shard){0, 0};
    assert_int_equal(rest.first, 3);
    result_expect_same(result_path("shard.h5"), result_path("plain.h5"));
}

static void
expect_refusal(const char *line)
{
    plan rest = {.stop = 99};

    assert_int_equal(walk(&rest, result_path("r.h5")), RIP_ERR_CONFIG);
    result_expect(&rest.error, line);
    forget(&rest);
    assert_int_equal(result_files("r.h5.checkpoint"), 2);
}

/* Of another run, in each respect; the checkpoint stays as it is. */
static void
other_runs(void **state)
{
    plan cut = {.stop = 2, .saves = 1u << 2}, rest = {.stop = 99};
    rip_node *seed =
        (rip_node *)(uintptr_t)rip_node_at(run.input.config.document.root, "run.seed");
    rip_input_file *file = &run.input.inputs.file[0];
    (void)state;
    walk_well(&cut, result_path("r.h5"));
    assert_int_equal(rip_node_retext(seed, "4243"), RIP_OK);
    expect_refusal("DIR/r.h5.checkpoint: of another configuration (there `seed: 4242`, "
                   "here `seed: 4243`); without --resume the run starts afresh");
    assert_int_equal(rip_node_retext(seed, "4242"), RIP_OK);
    run.source.shard = (rip_shard){1, 3};
    expect_refusal("DIR/r.h5.checkpoint: of another shard (there the whole run, here "
                   "1/3); without "
                   "--resume the run starts afresh");
    run.source.shard = (rip_shard){0, 0};
    file->sha256[7] ^= 1;
    expect_refusal("DIR/r.h5.checkpoint: m.csv has changed since; without --resume the "
                   "run starts afresh");
    file->sha256[7] ^= 1;
    run.input.inputs.n_file = 0;
    expect_refusal(
        "DIR/r.h5.checkpoint: of other input files; without --resume the run "
        "starts afresh");
    run.input.inputs.n_file = 1;
    walk_well(&rest, result_path("r.h5"));
    assert_int_equal(rest.first, 2);
    result_expect_same(result_path("r.h5"), result_path("whole.h5"));
}

/* Changes a byte of a file, or cuts it; returns its size. */
static void
damage(const char *path, const unsigned char *data, size_t n, size_t at, bool cut)
{
    unsigned char *bad = malloc(n + 1);

    assert_non_null(bad);
    memcpy(bad, data, n);
    bad[at] ^= (unsigned char)(1u << (at % 8));
    result_spill(path, bad, cut ? at : n);
    free(bad);
}

/* A damaged checkpoint is set aside with a word, and never used. */
static void
damaged(void **state)
{
    const char *path = result_path("d.h5.checkpoint");
    uint64_t random = 99;
    unsigned char *data;
    size_t n = 0;
    plan cut = {.stop = 2, .saves = 1u << 2};
    (void)state;
    walk_well(&cut, result_path("d.h5"));
    data = result_slurp(path, &n);
    for (int i = 0; i < 60; i++) {
        const size_t at =
            i < 34 ? (size_t)i : (size_t)((double)n * support_uniform(&random));
        plan rest = {.stop = 0};
        path = result_path("d.h5.checkpoint");
        damage(path, data, n, at, i % 3 == 0);
        walk_well(&rest, result_path("d.h5"));
        assert_int_equal(rest.first, 0);
        result_expect(&rest.notes,
                      "DIR/d.h5.checkpoint: damaged; renamed d.h5.checkpoint.damaged, "
                      "the run starts afresh");
        forget(&rest);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(unlink(result_path("d.h5.checkpoint.damaged")), 0);
    }
    free(data);
}

/* The other file is damaged, cut, or gone: the same. */
static void
damaged_paths(void **state)
{
    char name[RESULT_PATH_BYTES + 64];
    unsigned char *data, *paths;
    size_t n = 0, n_paths = 0;
    plan cut = {.stop = 2, .saves = 1u << 2};
    (void)state;
    walk_well(&cut, result_path("p.h5"));
    (void)snprintf(name, sizeof(name), "%s.paths.%ld", result_path("p.h5.checkpoint"),
                   (long)getpid());
    data = result_slurp(result_path("p.h5.checkpoint"), &n);
    paths = result_slurp(name, &n_paths);
    for (int i = 0; i < 5; i++) {
        plan rest = {.stop = 0};
        result_spill(result_path("p.h5.checkpoint"), data, n);
        if (i == 4) {
            assert_int_equal(unlink(name), 0);
        } else {
            damage(name, paths, n_paths, i == 0 ? 0 : n_paths / (size_t)i - 1, i == 3);
        }
        walk_well(&rest, result_path("p.h5"));
        assert_int_equal(rest.first, 0);
        assert_int_equal(rest.notes.n_total, 1);
        forget(&rest);
    }
    /* bytes behind those that count do not matter: a save was never reached */
    paths = realloc(paths, n_paths + 9);
    assert_non_null(paths);
    memset(paths + n_paths, 7, 9);
    result_spill(name, paths, n_paths + 9);
    result_spill(result_path("p.h5.checkpoint"), data, n);
    plan rest = {.stop = 99};
    walk_well(&rest, result_path("p.h5"));
    assert_int_equal(rest.first, 2);
    result_expect_same(result_path("p.h5"), result_path("whole.h5"));
    assert_int_equal(result_files("p.h5.checkpoint.paths"), 0);
    free(data);
    free(paths);
}

/* Changes a byte of a checkpoint, and the checksum with it. */
static void
rewrite(const char *path, size_t at, unsigned char byte)
{
    size_t n = 0;
    unsigned char *data = result_slurp(path, &n);
    uint64_t sum;

    data[at] = byte;
    sum = rip_checksum(RIP_CHECKSUM_EMPTY, data + 32, n - 32);
    sum = rip_checksum(sum, data + 8, 16);
    memcpy(data + 24, &sum, sizeof(sum));
    result_spill(path, data, n);
    free(data);
}

/* A whole file of a format that is not known is neither used nor set aside. */
static void
other_format(void **state)
{
    plan cut = {.stop = 2, .saves = 1u << 2}, rest = {.stop = 99};
    (void)state;
    walk_well(&cut, result_path("f.h5"));
    rewrite(result_path("f.h5.checkpoint"), 8, 2);
    assert_int_equal(walk(&rest, result_path("f.h5")), RIP_ERR_CONFIG);
    result_expect(&rest.error,
                  "DIR/f.h5.checkpoint: format 2 is not known to this version (1)");
    forget(&rest);
}

/* Of another version: the text that follows its length at byte 32. */
static void
other_program(void **state)
{
    plan cut = {.stop = 2, .saves = 1u << 2}, rest = {.stop = 99};
    (void)state;
    walk_well(&cut, result_path("v.h5"));
    rewrite(result_path("v.h5.checkpoint"), 40, '7');
    assert_int_equal(walk(&rest, result_path("v.h5")), RIP_ERR_CONFIG);
    assert_int_equal(rest.error.n_total, 1);
    assert_non_null(strstr(rest.error.line[0], "of another program (there 7"));
    forget(&rest);
}

/* Sums of other blocks than it says, or no per-path figures where the run keeps them:
   as if damaged. */
static void
contradictions(void **state)
{
    static const rip_engine_options options = {.n_thread = 1, .screen = true};
    rip_outputs_spec *outputs = &run.input.run.outputs;
    const rip_outputs_spec all = *outputs;
    plan cut = {.stop = 2, .saves = 1u << 2}, rest = {.stop = 0}, again = {.stop = 0};
    rip_checkpoint *checkpoint = NULL;
    rip_engine *engine = NULL;
    (void)state;
    outputs->losses = outputs->system = false;
    outputs->keep_paths = 0;
    walk_well(&cut, result_path("c.h5"));
    *outputs = all;
    walk_well(&rest, result_path("c.h5"));
    assert_int_equal(rest.notes.n_total, 1);
    forget(&rest);
    outputs->losses = outputs->system = false;
    outputs->keep_paths = 0;
    assert_int_equal(rip_engine_begin(&engine, &run.input.run, &options), RIP_OK);
    assert_int_equal(rip_engine_advance(engine, 0, 1), RIP_OK);
    assert_int_equal(
        rip_checkpoint_begin(&checkpoint, result_path("c.h5"), &run.source), RIP_OK);
    assert_int_equal(
        rip_checkpoint_save(checkpoint, rip_engine_sums(engine), 2, &again.error),
        RIP_OK);
    walk_well(&again, result_path("c.h5"));
    *outputs = all;
    assert_int_equal(again.notes.n_total, 1);
    forget(&again);
    /* what is discarded is gone at once */
    assert_int_equal(
        rip_checkpoint_save(checkpoint, rip_engine_sums(engine), 1, &again.error),
        RIP_OK);
    rip_checkpoint_discard(checkpoint);
    assert_int_equal(access(result_path("c.h5.checkpoint"), F_OK), -1);
    rip_checkpoint_free(checkpoint);
    rip_engine_free(engine);
}

static void
started_afresh(void **state)
{
    plan cut = {.stop = 2, .saves = 1u << 2}, rest = {.stop = 99, .fresh = true};
    (void)state;
    walk_well(&cut, result_path("a.h5"));
    walk_well(&rest, result_path("a.h5"));
    assert_int_equal(rest.first, 0);
    result_expect_same(result_path("a.h5"), result_path("whole.h5"));
    assert_int_equal(result_files("a.h5.checkpoint.damaged"), 0);
}

/* The disk becomes full: the words of the system, and the checkpoint before is whole.
 */
static void
full_disk(void **state)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    plan cut = {.stop = 1, .saves = 1u << 1}, rest = {.stop = 99};
    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    walk_well(&cut, result_path("l.h5"));
    for (rlim_t size = 0; size < 20000; size += 4001) {
        const struct rlimit little = {size, RLIM_INFINITY};
        plan more = {.stop = 3, .saves = 1u << 2};
        rip_status status;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        status = walk(&more, result_path("l.h5"));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
        assert_int_equal(status, RIP_ERR_OUTPUT);
        assert_int_equal(more.error.n_total, 1);
        assert_non_null(strstr(more.error.line[0], ": File too large"));
        forget(&more);
    }
    walk_well(&rest, result_path("l.h5"));
    assert_int_equal(rest.first, 1);
    result_expect_same(result_path("l.h5"), result_path("whole.h5"));
}

static void
finished(void **state)
{
    rip_error error = {0};
    bool done = true;
    (void)state;
    assert_int_equal(
        rip_checkpoint_finished(result_path("none.h5"), &run.source, &done, &error),
        RIP_OK);
    assert_false(done);
    assert_int_equal(
        rip_checkpoint_finished(result_path("whole.h5"), &run.source, &done, &error),
        RIP_OK);
    assert_true(done);
    run.source.shard = (rip_shard){1, 3};
    assert_int_equal(
        rip_checkpoint_finished(result_path("whole.h5"), &run.source, &done, &error),
        RIP_ERR_CONFIG);
    run.source.shard = (rip_shard){0, 0};
    assert_false(done);
    result_expect(
        &error,
        "DIR/whole.h5: of another shard (there the whole run, here 1/3) (--force "
        "overwrites it)");
    rip_error_free(&error);
    result_spill(result_path("text.h5"), "text", 4);
    assert_int_equal(
        rip_checkpoint_finished(result_path("text.h5"), &run.source, &done, &error),
        RIP_ERR_OUTPUT);
    rip_error_free(&error);
}

static void
no_memory(void **state)
{
    plan cut = {.stop = 2, .saves = 1u << 2};
    rip_status status = RIP_ERR_NO_MEMORY;
    (void)state;
    walk_well(&cut, result_path("m.h5"));
    for (long n = 0; status != RIP_OK; n += 1 + n / 40) {
        plan rest = {.stop = 3, .saves = 1u << 3};
        support_fail_allocation(n);
        status = walk(&rest, result_path("m.h5"));
        support_fail_allocation(-1);
        forget(&rest);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_int_equal(result_files("m.h5.checkpoint.damaged"), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),   cmocka_unit_test(cut_often),
        cmocka_unit_test(cut_shard),      cmocka_unit_test(other_runs),
        cmocka_unit_test(damaged),        cmocka_unit_test(damaged_paths),
        cmocka_unit_test(other_format),   cmocka_unit_test(started_afresh),
        cmocka_unit_test(full_disk),      cmocka_unit_test(finished),
        cmocka_unit_test(no_memory),      cmocka_unit_test(other_program),
        cmocka_unit_test(contradictions),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
