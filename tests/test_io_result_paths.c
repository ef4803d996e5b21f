#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "result_compare.h"
#include "result_fixture.h"
#include "riptide/io/result_parts.h"
#include "riptide/io/stored.h"
#include "support.h"

static result_run run; /* of the group */

static int
begin(void **state)
{
    return result_begin_run(state, &run, NULL);
}

static int
end(void **state)
{
    return result_end_run(state, &run);
}

/* How the paths are cut into waves, and where the image is built, leaves no trace. */
static void
waves_and_memory(void **state)
{
    static const uint64_t blocks[] = {1, 2, 4, 1000};
    rip_error error = {0};

    (void)state;
    result_write_well(&run, result_path("three.h5"));
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        run.source.memory_bytes = i % 2 == 0 ? 1 : 0;
        assert_int_equal(
            result_write(&run, result_path("other.h5"), true, blocks[i], &error),
            RIP_OK);
        result_expect_same(result_path("three.h5"), result_path("other.h5"));
    }
    run.source.memory_bytes = 0;
    assert_int_equal(result_files("other.h5"), 1);
}

static double *
numbers(hid_t file, const char *path, size_t n)
{
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(id);
    double *value = calloc(n, sizeof(*value));

    assert_non_null(value);
    assert_int_equal(H5Sget_simple_extent_npoints(space), n);
    assert_true(H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >=
                0);
    (void)H5Sclose(space);
    (void)H5Dclose(id);
    return value;
}

/* The figures of each path are those of its own wave, block by block. */
static void
figures_of_paths(void **state)
{
    static const rip_engine_options options = {.n_thread = 1, .screen = true};
    double *loss, *total, *wiped, *price, *notional, *returns;
    rip_engine *engine = NULL;
    hid_t file;

    (void)state;
    result_write_well(&run, result_path("p.h5"));
    file = result_open(result_path("p.h5"));
    loss = numbers(file, "losses/loss", 3 * 3 * 200);
    total = numbers(file, "system/total_loss", 3 * 200);
    wiped = numbers(file, "system/wiped_accounts", 3 * 200);
    notional = numbers(file, "system/liquidated_notional", 3 * 200 * 2);
    returns = numbers(file, "system/asset_return", 200 * 2);
    price = numbers(file, "paths/price", 70 * 5 * 2);
    (void)H5Fclose(file);
    assert_int_equal(rip_engine_begin(&engine, &run.input.run, &options), RIP_OK);
    for (uint64_t b = 0; b < 4; b++) {
        const rip_wave *wave;
        assert_int_equal(rip_engine_advance(engine, b, 1), RIP_OK);
        wave = rip_engine_wave(engine);
        for (size_t i = 0; i < wave->n_path; i++) {
            const size_t path = 64 * b + i;
            for (size_t m = 0; m < 3; m++) {
                for (size_t a = 0; a < 3; a++) {
                    assert_true((float)loss[(m * 3 + a) * 200 + path] ==
                                wave->loss[(m * 3 + a) * wave->stride + i]);
                }
                assert_true(total[m * 200 + path] ==
                            wave->total_loss[m * wave->stride + i]);
                assert_true(wiped[m * 200 + path] ==
                            wave->wiped_accounts[m * wave->stride + i]);
                assert_true((float)notional[(m * 200 + path) * 2 + 1] ==
                            wave->liquidated_notional[(m * wave->stride + i) * 2 + 1]);
            }
            assert_true((float)returns[path * 2] == wave->asset_return[i * 2]);
            if (path < 70) {
                assert_memory_equal(&price[path * 10], &wave->price[i * 10],
                                    10 * sizeof(double));
            }
        }
    }
    assert_close(price[0], 52137.5, 0.0);
    rip_engine_free(engine);
    free(loss);
    free(total);
    free(wiped);
    free(notional);
    free(returns);
    free(price);
}

/* A wave can be read back from anywhere in a stored result. */
static void
read_back(void **state)
{
    static const rip_engine_options options = {.n_thread = 1, .screen = true};
    const rip_run *of = &run.input.run;
    rip_engine *engine = NULL;
    rip_stored stored = {0};
    rip_error error = {0};
    rip_wave wave = {0};
    const rip_wave *wanted;

    (void)state;
    result_write_well(&run, result_path("b.h5"));
    assert_int_equal(rip_stored_open(&stored, result_path("b.h5"), &error), RIP_OK);
    assert_int_equal(rip_engine_begin(&engine, of, &options), RIP_OK);
    assert_int_equal(rip_engine_advance(engine, 1, 1), RIP_OK);
    wanted = rip_engine_wave(engine);
    assert_int_equal(rip_result_wave_init(&wave, of, 64, 64, 6), RIP_OK);
    assert_int_equal(rip_result_series_read(rip_image_file(stored.image), of,
                                            (rip_result_range){0, 200, 0}, 70, &wave),
                     RIP_OK);
    assert_memory_equal(wave.market_return, wanted->market_return, 64 * sizeof(double));
    assert_memory_equal(wave.price, wanted->price, 6 * 10 * sizeof(double));
    for (size_t k = 0; k < 9; k++) {
        assert_memory_equal(wave.loss + 64 * k, wanted->loss + wanted->stride * k,
                            64 * sizeof(float));
    }
    /* a file of other lengths is refused */
    assert_int_equal(rip_result_series_read(rip_image_file(stored.image), of,
                                            (rip_result_range){0, 199, 0}, 70, &wave),
                     RIP_ERR_OUTPUT);
    rip_result_wave_free(&wave, of);
    rip_engine_free(engine);
    rip_stored_free(&stored);
}

/* In uncoupled runs there is no auto-deleveraging and nothing to amplify. */
static void
coupled_figures(void **state)
{
    static const char *const zero[] = {"adl_notional", "adl_seized", "adl_overshoot",
                                       "cascade_rounds"};
    hid_t file;
    double *value;

    (void)state;
    result_write_well(&run, result_path("c.h5"));
    file = result_open(result_path("c.h5"));
    for (size_t k = 0; k < 4; k++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "system/%s", zero[k]);
        value = numbers(file, path, 600);
        for (size_t i = 0; i < 600; i++) {
            assert_true(value[i] == 0.0);
        }
        free(value);
    }
    value = numbers(file, "system/amplification", 600);
    for (size_t i = 0; i < 600; i++) {
        assert_true(isnan(value[i]));
    }
    free(value);
    (void)H5Fclose(file);
}

static bool
has(const char *path, const char *name)
{
    const hid_t file = result_open(path);
    const bool there = H5Lexists(file, name, H5P_DEFAULT) > 0;

    (void)H5Fclose(file);
    return there;
}

/* What is not asked for is not there. */
static void
nothing_kept(void **state)
{
    rip_outputs_spec *outputs = &run.input.run.outputs;
    const rip_outputs_spec kept = *outputs;

    (void)state;
    outputs->losses = outputs->system = false;
    outputs->keep_paths = 0;
    result_write_well(&run, result_path("n.h5"));
    *outputs = kept;
    assert_false(has(result_path("n.h5"), "losses"));
    assert_false(has(result_path("n.h5"), "system"));
    assert_false(has(result_path("n.h5"), "paths"));
    assert_true(has(result_path("n.h5"), "batches"));
}

/* A shard has its own paths and says so; the second keeps those below keep_paths. */
static void
shards(void **state)
{
    rip_stored stored = {0};
    rip_error error = {0};
    double *path, *whole, *part;
    hid_t file;

    (void)state;
    result_write_well(&run, result_path("w.h5"));
    run.source.shard = (rip_shard){1, 3}; /* block 1 of 4 */
    result_write_well(&run, result_path("s.h5"));
    run.source.shard = (rip_shard){2, 3}; /* blocks 2 and 3 */
    result_write_well(&run, result_path("z.h5"));
    run.source.shard = (rip_shard){0, 0};
    assert_int_equal(rip_stored_open(&stored, result_path("s.h5"), &error), RIP_OK);
    assert_int_equal(stored.shard.index, 1);
    assert_int_equal(stored.shard.count, 3);
    assert_int_equal(stored.paths, 200);
    assert_int_equal(stored.paths_done, 64);
    assert_string_equal(stored.status, "complete");
    rip_stored_free(&stored);
    file = result_open(result_path("s.h5"));
    path = numbers(file, "losses/path", 64);
    part = numbers(file, "losses/loss", 9 * 64);
    free(numbers(file, "paths/price", 6 * 10));
    (void)H5Fclose(file);
    file = result_open(result_path("w.h5"));
    whole = numbers(file, "losses/loss", 9 * 200);
    (void)H5Fclose(file);
    for (size_t i = 0; i < 64; i++) {
        assert_true(path[i] == (double)(64 + i));
        assert_true(part[8 * 64 + i] == whole[8 * 200 + 64 + i]);
    }
    free(path);
    free(part);
    free(whole);
    assert_false(has(result_path("z.h5"), "paths"));
}

/* Paths that are not this file's are refused, not written somewhere. */
static void
foreign_wave(void **state)
{
    rip_result *result = NULL;
    rip_error error = {0};
    rip_wave wave;

    (void)state;
    result_write_well(&run, result_path("v0.h5"));
    wave = *rip_engine_wave(run.engine);
    assert_int_equal(wave.n_path, 8);
    run.source.shard = (rip_shard){1, 3}; /* paths 64 to 127 */
    assert_int_equal(
        rip_result_begin(&result, result_path("v.h5"), true, &run.source, &error),
        RIP_OK);
    run.source.shard = (rip_shard){0, 0};
    wave.first_path = 63;
    assert_int_equal(rip_result_append(result, &wave, &error),
                     RIP_ERR_INVALID_ARGUMENT);
    wave.first_path = 121;
    assert_int_equal(rip_result_append(result, &wave, &error),
                     RIP_ERR_INVALID_ARGUMENT);
    wave.first_path = 120;
    wave.n_price = 0;
    assert_int_equal(rip_result_append(result, &wave, &error), RIP_OK);
    wave.loss = NULL;
    assert_int_equal(rip_result_append(result, &wave, &error),
                     RIP_ERR_INVALID_ARGUMENT);
    assert_int_equal(rip_result_append(result, NULL, &error), RIP_OK);
    rip_result_free(result);
    assert_int_equal(result_files("v.h5"), 0);
}

/* The disk becomes full at some moment: waves, last datasets, image. */
static void
full_disk(void **state)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    const char *path = result_path("f.h5");

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    result_spill(path, "old", 3);
    for (rlim_t size = 0; size < 600000; size += 37501) {
        for (size_t memory = 0; memory < 2; memory++) {
            const struct rlimit little = {size, RLIM_INFINITY};
            rip_error error = {0};
            rip_status status;
            size_t n = 0;
            run.source.memory_bytes = memory;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
            status = result_write(&run, path, true, 1, &error);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
            assert_int_equal(status, RIP_ERR_OUTPUT);
            result_expect(&error, "DIR/f.h5: File too large");
            rip_error_free(&error);
            free(result_slurp(path, &n));
            assert_int_equal(n, 3);
            assert_int_equal(result_files("f.h5"), 1);
        }
    }
    run.source.memory_bytes = 0;
}

/* The n-th allocation fails, until none does: a code, no file, no leak. */
static void
no_memory(void **state)
{
    rip_status status = RIP_ERR_NO_MEMORY;

    (void)state;
    result_write_well(&run, result_path("m0.h5"));
    for (long n = 0; status != RIP_OK; n++) {
        rip_result *result = NULL;
        rip_error error = {0};
        support_fail_allocation(n);
        status =
            rip_result_begin(&result, result_path("m.h5"), true, &run.source, &error);
        if (status == RIP_OK) {
            status = rip_result_finish(result, rip_engine_sums(run.engine), &error);
        }
        support_fail_allocation(-1);
        rip_result_free(result);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_error_free(&error);
        assert_int_equal(result_files("m.h5"), status == RIP_OK ? 1 : 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waves_and_memory), cmocka_unit_test(figures_of_paths),
        cmocka_unit_test(coupled_figures),  cmocka_unit_test(nothing_kept),
        cmocka_unit_test(shards),           cmocka_unit_test(foreign_wave),
        cmocka_unit_test(read_back),        cmocka_unit_test(full_disk),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
