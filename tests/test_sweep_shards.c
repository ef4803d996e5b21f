#include "riptide/sweep/shards.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result_compare.h"
#include "result_fixture.h"
#include "riptide/io/h5.h"
#include "riptide/io/stored.h"
#include "support.h"

#define MOST 8

static result_run run; /* of the group; of one piece in whole.h5 */

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

/* Name of shard i of n in the directory: kept until the next set of shards. */
static const char *
shard_path(uint64_t i, uint64_t n)
{
    static char path[MOST][RESULT_PATH_BYTES];
    char name[64];

    (void)snprintf(name, sizeof(name), "s%llu-%llu.h5", (unsigned long long)i,
                   (unsigned long long)n);
    (void)snprintf(path[i % MOST], RESULT_PATH_BYTES, "%s", result_path(name));
    return path[i % MOST];
}

static void
write_shards(uint64_t n, const char *file[MOST])
{
    for (uint64_t i = 0; i < n; i++) {
        run.source.shard = (rip_shard){i, n};
        file[i] = shard_path(i, n);
        result_write_well(&run, file[i]);
    }
    run.source.shard = (rip_shard){0, 0};
}

static rip_error notes; /* of the merge before */

static rip_status
merge(size_t n, const char *const *file, bool partial, rip_error *error)
{
    rip_error_free(&notes);
    const rip_sweep_merge_source source = {.n_file = n,
                                           .file = file,
                                           .out = result_path("merged.h5"),
                                           .overwrite = true,
                                           .partial = partial,
                                           .notes = &notes,
                                           .provenance = &run.provenance};
    return rip_sweep_shards_merge(&source, error);
}

static void
merge_well(size_t n, const char *const *file, bool partial)
{
    rip_error error = {0};
    const rip_status status = merge(n, file, partial, &error);

    if (status != RIP_OK) {
        fail_msg("status %d: %s", (int)status, error.n_line > 0 ? error.line[0] : "-");
    }
}

/* Any number of shards, in any order: every dataset as in the run of one piece. Of 4
   blocks, five shards and more leave some empty. */
static void
the_bits_of_one_piece(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 7; n++) {
        const char *file[MOST], *turned[MOST];
        write_shards(n, file);
        for (uint64_t i = 0; i < n; i++) {
            turned[i] = file[(i * 5 + 3) % n];
        }
        merge_well(n, n == 5 ? file : turned, false);
        result_expect_same(result_path("merged.h5"), result_path("whole.h5"));
    }
}

/* The input files need not be there, and the attributes are those of a run. */
static void
stands_alone(void **state)
{
    const char *file[MOST];
    rip_stored stored = {0};
    rip_error error = {0};

    (void)state;
    write_shards(2, file);
    merge_well(2, file, false);
    assert_int_equal(rip_stored_open(&stored, result_path("merged.h5"), &error),
                     RIP_OK);
    assert_string_equal(stored.status, "complete");
    assert_int_equal(stored.shard.count, 0);
    assert_int_equal(stored.paths_done, 200);
    assert_int_equal(stored.paths, 200);
    assert_string_equal(stored.title, "A small run");
    assert_string_equal(stored.inputs.file[0].sha256, run.input.inputs.file[0].sha256);
    rip_stored_free(&stored);
}

/* Without per-path figures there is nothing to put behind one another. */
static void
nothing_kept(void **state)
{
    rip_outputs_spec *outputs = &run.input.run.outputs;
    const rip_outputs_spec kept = *outputs;
    rip_node *root = run.input.config.document.root;
    rip_node *keys[3];
    const char *const text[] = {"false", "false", "0"};
    static const char *const path[] = {"outputs.losses", "outputs.system",
                                       "outputs.keep_paths"};
    const char *file[MOST];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        keys[i] = (rip_node *)(uintptr_t)rip_node_at(root, path[i]);
        assert_int_equal(rip_node_retext(keys[i], text[i]), RIP_OK);
    }
    outputs->losses = outputs->system = false;
    outputs->keep_paths = 0;
    result_write_well(&run, result_path("plain.h5"));
    write_shards(3, file);
    merge_well(3, file, false);
    result_expect_same(result_path("merged.h5"), result_path("plain.h5"));
    *outputs = kept;
    assert_int_equal(rip_node_retext(keys[0], "true"), RIP_OK);
    assert_int_equal(rip_node_retext(keys[1], "true"), RIP_OK);
    assert_int_equal(rip_node_retext(keys[2], "70"), RIP_OK);
}

/* What is there is marked partial; its paths are those of its shards, and its figures
   those of the same paths. */
static void
partial(void **state)
{
    const char *file[MOST], *two[2];
    rip_stored stored = {0};
    rip_error error = {0};
    const void *number = NULL;
    uint64_t *path = NULL;
    float *loss = NULL, *whole = NULL;

    (void)state;
    write_shards(4, file);
    two[0] = file[3];
    two[1] = file[1];
    merge_well(2, two, true);
    assert_int_equal(rip_stored_open(&stored, result_path("merged.h5"), &error),
                     RIP_OK);
    assert_string_equal(stored.status, "partial");
    assert_int_equal(stored.paths_done, 64 + 8);
    assert_int_equal(stored.paths, 200);
    assert_int_equal(rip_stored_load(&stored, "", "effective_paths", &number, &error),
                     RIP_OK);
    assert_close(*(const double *)number, 72.0, 0.0);
    path = result_numbers(stored.image, "losses/path", RIP_H5_U64, 72);
    loss = result_numbers(stored.image, "losses/loss", RIP_H5_F32, 9 * 72);
    rip_stored_free(&stored);
    assert_int_equal(rip_stored_open(&stored, result_path("whole.h5"), &error), RIP_OK);
    whole = result_numbers(stored.image, "losses/loss", RIP_H5_F32, 9 * 200);
    rip_stored_free(&stored);
    for (size_t i = 0; i < 72; i++) {
        assert_int_equal(path[i], i < 64 ? 64 + i : 192 + (i - 64));
        assert_true(loss[5 * 72 + i] == whole[5 * 200 + path[i]]);
    }
    free(path);
    free(loss);
    free(whole);
    /* all of them are not partial, whatever was asked for */
    merge_well(4, file, true);
    result_expect_same(result_path("merged.h5"), result_path("whole.h5"));
}

static void
expect_refusal(size_t n, const char *const *file, rip_status code, const char *line)
{
    rip_error error = {0};

    (void)unlink(result_path("merged.h5"));
    assert_int_equal(merge(n, file, false, &error), code);
    result_expect(&error, line);
    rip_error_free(&error);
    assert_int_equal(result_files("merged.h5"), 0);
}

static void
set_paths_done(const char *file, uint64_t paths)
{
    const hid_t id = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t attribute = H5Aopen(id, "paths_done", H5P_DEFAULT);

    assert_true(H5Awrite(attribute, H5T_NATIVE_UINT64, &paths) >= 0);
    (void)H5Aclose(attribute);
    assert_true(H5Fclose(id) >= 0);
    result_reseal(file);
}

/* A shard that is whole but does not hold what shard 1 of 4 has. */
static void
too_short(void **state)
{
    const char *file[MOST];
    rip_error error = {0};

    (void)state;
    write_shards(4, file);
    set_paths_done(file[1], 63);
    assert_int_equal(merge(4, file, false, &error), RIP_ERR_OUTPUT);
    assert_int_equal(error.n_total, 2); /* the shard is missing, too */
    assert_non_null(
        strstr(error.line[0], "/s1-4.h5: holds 63 paths, shard 1/4 has 64"));
    rip_error_free(&error);
}

/* Shard 3 of 4 of a run with another seed. */
static const char *
write_foreign(void)
{
    rip_node *seed =
        (rip_node *)(uintptr_t)rip_node_at(run.input.config.document.root, "run.seed");
    const char *name = result_path("foreign.h5");

    assert_int_equal(rip_node_retext(seed, "17"), RIP_OK);
    run.source.shard = (rip_shard){3, 4};
    result_write_well(&run, name);
    run.source.shard = (rip_shard){0, 0};
    assert_int_equal(rip_node_retext(seed, "4242"), RIP_OK);
    return name;
}

static void
refused(void **state)
{
    const char *file[MOST], *bad[MOST];
    unsigned char *data;
    size_t n = 0;

    (void)state;
    write_shards(4, file);
    expect_refusal(
        3, file, RIP_ERR_CONFIG,
        "riptide: merge: 1 of 4 shards is missing: 3 (--partial merges what is "
        "there)");
    bad[0] = file[2];
    expect_refusal(
        1, bad, RIP_ERR_CONFIG,
        "riptide: merge: 3 of 4 shards are missing: 0-1, 3 (--partial merges "
        "what is there)");
    memcpy(bad, file, sizeof(bad));
    bad[4] = result_path("again.h5");
    data = result_slurp(file[1], &n);
    result_spill(bad[4], data, n);
    expect_refusal(5, bad, RIP_ERR_CONFIG,
                   "DIR/again.h5: is shard 1/4, and so is DIR/s1-4.h5");
    data[n / 2] ^= 1;
    result_spill(bad[4], data, n);
    free(data);
    expect_refusal(5, bad, RIP_ERR_OUTPUT,
                   "DIR/again.h5: damaged or edited (checksum)");
    bad[4] = result_path("whole.h5");
    expect_refusal(5, bad, RIP_ERR_CONFIG, "DIR/whole.h5: is not a shard");
    bad[4] = result_path("none.h5");
    expect_refusal(5, bad, RIP_ERR_CONFIG, "DIR/none.h5: No such file or directory");
    run.source.shard = (rip_shard){1, 3};
    bad[4] = result_path("other.h5");
    result_write_well(&run, bad[4]);
    expect_refusal(5, bad, RIP_ERR_CONFIG,
                   "DIR/other.h5: is one of 3 shards, DIR/s0-4.h5 one of 4");
    run.source.shard = (rip_shard){0, 0};
    bad[3] = write_foreign();
    rip_error error = {0};
    assert_int_equal(merge(4, bad, false, &error), RIP_ERR_CONFIG);
    assert_int_equal(error.n_total, 2); /* shard 3 is missing, too */
    assert_non_null(strstr(error.line[0], "of another configuration (there `seed: "
                                          "17`, here `seed: 4242`)"));
    rip_error_free(&error);
    assert_int_equal(result_files("merged.h5"), 0);
}

static void
expect_note(size_t i, const char *text)
{
    assert_true(i < notes.n_line);
    if (strstr(notes.line[i], text) == NULL) {
        fail_msg("%s lacks %s", notes.line[i], text);
    }
}

/* With `partial`, what is damaged, foreign or there twice is named and left out, also
   where the first file is one of them. */
static void
left_out(void **state)
{
    const char *file[MOST], *mixed[MOST];
    unsigned char *data;
    size_t n = 0;
    rip_stored stored = {0};
    rip_error error = {0};

    (void)state;
    write_shards(4, file);
    merge_well(2, file + 1, true);
    assert_int_equal(rename(result_path("merged.h5"), result_path("two.h5")), 0);
    assert_int_equal(notes.n_line, 1);
    expect_note(0, "riptide: merge: 2 of 4 shards are missing: 0, 3");
    data = result_slurp(file[3], &n);
    data[n / 2] ^= 1;
    mixed[0] = result_path("damaged.h5");
    result_spill(mixed[0], data, n);
    free(data);
    mixed[1] = result_path("whole.h5");
    mixed[2] = file[2];
    mixed[3] = file[1];
    mixed[4] = file[2];
    mixed[5] = write_foreign();
    merge_well(6, mixed, true);
    assert_int_equal(notes.n_line, 5);
    expect_note(0, "damaged.h5: damaged or edited (checksum) (left out)");
    expect_note(1, "whole.h5: is not a shard (left out)");
    expect_note(2, "s2-4.h5 (left out)");
    expect_note(3, "here `seed: 4242`) (left out)");
    expect_note(4, "riptide: merge: 2 of 4 shards are missing: 0, 3");
    result_expect_same(result_path("merged.h5"), result_path("two.h5"));
    assert_int_equal(rip_stored_open(&stored, result_path("merged.h5"), &error),
                     RIP_OK);
    assert_string_equal(stored.status, "partial");
    rip_stored_free(&stored);
    /* Nothing is left. */
    (void)unlink(result_path("merged.h5"));
    assert_int_equal(merge(2, mixed, true, &error), RIP_ERR_CONFIG);
    result_expect(&error, "riptide: merge: no shard is left");
    rip_error_free(&error);
    assert_int_equal(notes.n_line, 2);
    assert_int_equal(result_files("merged.h5"), 0);
    rip_error_free(&notes);
}

/* A first shard that is left out is not what the others are held against. */
static void
first_left_out(void **state)
{
    const char *file[MOST];

    (void)state;
    write_shards(4, file);
    file[0] = write_foreign();
    set_paths_done(file[0], 63);
    merge_well(4, file, true);
    expect_note(0, "foreign.h5: holds 63 paths, shard 3/4 has 8 (left out)");
    expect_note(1, "1 of 4 shards is missing: 0");
    rip_error_free(&notes);
}

/* A file in memory with the tables of two accounts, one column of which is n long. */
static hid_t
tables_with_a_column_of(size_t n)
{
    static const double value[] = {1.0, 2.0, 3.0};
    rip_h5_dataset what = {.name = "account",
                           .unit = "1",
                           .doc = "Accounts",
                           .n_dim = 1,
                           .dim = {"account"}};
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    rip_h5_group group;
    hid_t file;

    (void)H5Pset_fapl_core(fapl, 1 << 16, false);
    file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, fapl);
    assert_int_equal(rip_h5_group_begin(&group, file, "positions", 0), RIP_OK);
    rip_h5_group_end(&group);
    assert_int_equal(rip_h5_group_begin(&group, file, "accounts", 0), RIP_OK);
    assert_int_equal(rip_h5_scale(&group, &what, 2, value), RIP_OK);
    what.name = "weight";
    group.axis[0].size = n;
    assert_int_equal(rip_h5_put(&group, &what, value), RIP_OK);
    rip_h5_group_end(&group);
    (void)H5Pclose(fapl);
    return file;
}

/* A column of another length than its axis would be copied from beyond its values. */
static void
columns_off_their_axes(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        const hid_t file = tables_with_a_column_of(n);
        rip_error error = {0};
        run.source.tables = file;
        assert_int_equal(result_write(&run, result_path("tables.h5"), true, 4, &error),
                         n == 2 ? RIP_OK : RIP_ERR_OUTPUT);
        run.source.tables = 0;
        rip_error_free(&error);
        (void)H5Fclose(file);
    }
}

static void
no_memory(void **state)
{
    const char *file[MOST];
    rip_status status = RIP_ERR_NO_MEMORY;

    (void)state;
    write_shards(2, file);
    for (long n = 0; status != RIP_OK; n += 1 + n / 40) {
        rip_error error = {0};
        support_fail_allocation(n);
        status = merge(2, file, false, &error);
        support_fail_allocation(-1);
        rip_error_free(&error);
        if (status != RIP_OK) {
            assert_int_equal(status, RIP_ERR_NO_MEMORY);
        }
    }
    result_expect_same(result_path("merged.h5"), result_path("whole.h5"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bits_of_one_piece),
        cmocka_unit_test(stands_alone),
        cmocka_unit_test(nothing_kept),
        cmocka_unit_test(partial),
        cmocka_unit_test(refused),
        cmocka_unit_test(left_out),
        cmocka_unit_test(first_left_out),
        cmocka_unit_test(too_short),
        cmocka_unit_test(columns_off_their_axes),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
