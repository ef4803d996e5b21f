#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result_compare.h"
#include "result_fixture.h"
#include "riptide/engine/output.h"
#include "riptide/engine/sums.h"
#include "riptide/io/stored.h"
#include "support.h"

#define MOST_PATH 128

static result_run run; /* of the group; written to full.h5 once */

static const char *
full(void)
{
    return result_path("full.h5");
}

static int
begin(void **state)
{
    return result_begin_run(state, &run, "full.h5");
}

static int
end(void **state)
{
    return result_end_run(state, &run);
}

static void
read_text(hid_t id, const char *name, char *to, size_t size)
{
    const hid_t attribute = H5Aopen(id, name, H5P_DEFAULT);
    const hid_t type = H5Tcopy(H5T_C_S1);
    char *text = NULL;

    if (attribute < 0) {
        fail_msg("no attribute %s", name);
    }
    (void)H5Tset_size(type, H5T_VARIABLE);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    assert_true(H5Aread(attribute, type, &text) >= 0);
    (void)snprintf(to, size, "%s", text != NULL ? text : "");
    (void)H5free_memory(text);
    (void)H5Tclose(type);
    (void)H5Aclose(attribute);
}

static void
expect_text(hid_t id, const char *name, const char *wanted)
{
    char text[512];

    read_text(id, name, text, sizeof(text));
    assert_string_equal(text, wanted);
}

/* The name of the one scale of an axis; it must stand in the same group. */
static herr_t
note_scale(hid_t dataset, unsigned dim, hid_t scale, void *name)
{
    (void)dataset;
    (void)dim;
    (void)H5Iget_name(scale, name, MOST_PATH);
    return 1;
}

static void
expect_scale(hid_t dataset, const char *folder, unsigned dim, const char *axis)
{
    char name[MOST_PATH] = "", wanted[MOST_PATH];

    assert_int_equal(H5DSget_num_scales(dataset, dim), 1);
    (void)H5DSiterate_scales(dataset, dim, NULL, note_scale, name);
    (void)snprintf(wanted, sizeof(wanted), "%s/%s", folder, axis);
    assert_string_equal(name, wanted);
}

static void
expect_filters(hid_t dataset, bool is_count)
{
    const hid_t dcpl = H5Dget_create_plist(dataset);
    static const H5Z_filter_t wanted[] = {H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE,
                                          H5Z_FILTER_FLETCHER32};

    assert_int_equal(H5Pget_layout(dcpl), H5D_CHUNKED);
    assert_int_equal(H5Pget_nfilters(dcpl), 3);
    for (unsigned i = 0; i < 3; i++) {
        unsigned flags = 0, value[8] = {0};
        size_t n = 8;
        assert_int_equal(H5Pget_filter2(dcpl, i, &flags, &n, value, 0, NULL, NULL),
                         wanted[i]);
        if (wanted[i] == H5Z_FILTER_DEFLATE) {
            assert_int_equal(value[0], is_count ? 1 : 3);
        }
    }
    (void)H5Pclose(dcpl);
}

static hid_t
native(rip_output_type type)
{
    return type == RIP_OUTPUT_F64   ? H5T_NATIVE_DOUBLE
           : type == RIP_OUTPUT_U32 ? H5T_NATIVE_UINT32
                                    : H5T_NATIVE_UINT64;
}

static void
check_output(hid_t file, const rip_output *output, const rip_estimates *estimates,
             const void *wanted)
{
    char folder[MOST_PATH] = "", path[2 * MOST_PATH];
    hsize_t shape[RIP_OUTPUT_MAX_DIM] = {0};
    size_t n = 1;
    hid_t id, space, type;
    void *found;

    if (output->group[0] != '\0') {
        (void)snprintf(folder, sizeof(folder), "/%s", output->group);
    }
    (void)snprintf(path, sizeof(path), "%s/%s", folder, output->name);
    id = H5Dopen2(file, path, H5P_DEFAULT);
    if (id < 0) {
        fail_msg("no dataset %s", path);
    }
    expect_text(id, "units", output->unit);
    expect_text(id, "long_name", output->doc);
    space = H5Dget_space(id);
    assert_int_equal(H5Sget_simple_extent_ndims(space), output->n_dim);
    (void)H5Sget_simple_extent_dims(space, shape, NULL);
    for (unsigned k = 0; k < output->n_dim; k++) {
        assert_int_equal(shape[k], estimates->size[output->dim[k]]);
        expect_scale(id, folder, k, rip_output_dim_name(output->dim[k]));
        n *= (size_t)shape[k];
    }
    type = H5Dget_type(id);
    assert_true(H5Tequal(type, native(output->type)) > 0);
    expect_filters(id, output->type != RIP_OUTPUT_F64);
    found = calloc(n + 1, 8);
    assert_non_null(found);
    assert_true(H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) >= 0);
    assert_memory_equal(found, wanted, n * H5Tget_size(type));
    free(found);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    (void)H5Dclose(id);
}

/* Contract section 3: every entry of the list of outputs, with all that belongs to it.
 */
static void
outputs_as_listed(void **state)
{
    const hid_t file = result_open(full());
    rip_estimates estimates = {0};

    (void)state;
    assert_int_equal(
        rip_estimates_init(&estimates, &run.input.run, rip_engine_sums(run.engine)),
        RIP_OK);
    for (size_t i = 0; i < rip_output_count(); i++) {
        check_output(file, rip_output_at(i), &estimates, estimates.data[i]);
    }
    rip_estimates_free(&estimates);
    (void)H5Fclose(file);
}

/* What every object of a file must have, found by walking over it. */
static herr_t
check_object(hid_t file, const char *name, const H5O_info_t *info, void *count)
{
    char path[MOST_PATH], text[512];
    H5G_stat_t times;
    hid_t id, space;

    /* H5Ovisit2 leaves out the times of objects of the old format. */
    assert_true(H5Gget_objinfo(file, name, false, &times) >= 0);
    assert_int_equal(times.mtime, 0);
    if (info->type != H5O_TYPE_DATASET) {
        return 0;
    }
    (void)snprintf(path, sizeof(path), "/%s", name);
    *strrchr(path, '/') = '\0';
    id = H5Dopen2(file, name, H5P_DEFAULT);
    space = H5Dget_space(id);
    read_text(id, "units", text, sizeof(text));
    assert_true(strlen(text) > 0);
    read_text(id, "long_name", text, sizeof(text));
    assert_true(strlen(text) > 0);
    for (int k = 0; H5DSis_scale(id) == 0 && k < H5Sget_simple_extent_ndims(space);
         k++) {
        char scale[MOST_PATH] = "";
        assert_int_equal(H5DSget_num_scales(id, (unsigned)k), 1);
        (void)H5DSiterate_scales(id, (unsigned)k, NULL, note_scale, scale);
        *strrchr(scale, '/') = '\0';
        assert_string_equal(scale, path);
    }
    (void)H5Sclose(space);
    (void)H5Dclose(id);
    ++*(size_t *)count;
    return 0;
}

static void
every_object(void **state)
{
    const hid_t file = result_open(full());
    size_t count = 0;

    (void)state;
    assert_true(H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, check_object, &count,
                          H5O_INFO_ALL) >= 0);
    assert_true(count > 200);
    (void)H5Fclose(file);
}

static void
expect_texts(hid_t file, const char *path, size_t n, const char *const *wanted)
{
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT), type = H5Dget_type(id);
    char *text[64] = {NULL};
    const hid_t space = H5Dget_space(id);

    assert_int_equal(H5Sget_simple_extent_npoints(space), n);
    assert_int_equal(H5Tget_cset(type), H5T_CSET_UTF8);
    assert_true(H5Tis_variable_str(type) > 0);
    assert_true(H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(text[i], wanted[i]);
        (void)H5free_memory(text[i]);
    }
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(id);
}

static void
expect_numbers(hid_t file, const char *path, size_t n, const double *wanted)
{
    const hid_t id = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(id);
    double found[256];

    assert_true(n <= 256 && H5Sget_simple_extent_npoints(space) == (hssize_t)n);
    assert_true(H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) >=
                0);
    for (size_t i = 0; i < n; i++) {
        if (isnan(wanted[i])) {
            assert_true(isnan(found[i]));
        } else {
            assert_close(found[i], wanted[i], 1e-15);
        }
    }
    (void)H5Sclose(space);
    (void)H5Dclose(id);
}

static void
scales(void **state)
{
    static const char *const mode[] = {"cross", "isolated", "portfolio"};
    static const char *const account[] = {"a", "\xc3\xa9t", "calm"};
    static const char *const asset[] = {"BTC", "ETH"};
    static const char *const cause[] = {
        "market",      "slippage_and_impact",    "fees", "funding",
        "confiscated", "gap_through_bankruptcy", "adl",  "socialised"};
    static const double level[] = {0.9, 0.975}, hour[] = {0, 1, 2, 3, 4};
    double edge[21], move[20], index[102];
    const hid_t file = result_open(full());

    (void)state;
    for (size_t i = 0; i < 102; i++) {
        index[i] = (double)i;
        edge[i < 21 ? i : 0] = i < 21 ? -1.0 + 0.125 * (double)i : edge[0];
        move[i < 20 ? i : 0] = i < 20 ? 0.05 * (double)i : move[0];
    }
    expect_texts(file, "mode", 3, mode);
    expect_texts(file, "other_mode", 3, mode);
    expect_texts(file, "account", 3, account);
    expect_texts(file, "asset", 2, asset);
    expect_texts(file, "cause", 8, cause);
    expect_numbers(file, "level", 2, level);
    expect_numbers(file, "time", 5, hour);
    expect_numbers(file, "bin_edge", 21, edge);
    expect_numbers(file, "move_bin", 20, move);
    expect_numbers(file, "loss_bin", 22, index);
    expect_numbers(file, "share_bin", 102, index);
    expect_numbers(file, "batch", 64, index);
    expect_numbers(file, "rank", 100, index);
    expect_texts(file, "losses/mode", 3, mode);
    expect_texts(file, "system/asset", 2, asset);
    expect_numbers(file, "paths/time", 5, hour);
    expect_numbers(file, "paths/path", 70, index);
    (void)H5Fclose(file);
}

static uint64_t
count_attribute(hid_t file, const char *name)
{
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    const hid_t space = H5Aget_space(attribute);
    uint64_t value = 0;

    assert_int_equal(H5Sget_simple_extent_type(space), H5S_SCALAR);
    assert_true(H5Aread(attribute, H5T_NATIVE_UINT64, &value) >= 0);
    (void)H5Sclose(space);
    (void)H5Aclose(attribute);
    return value;
}

/* The root attributes of contract section 3, no more and no less. */
static void
attributes(void **state)
{
    static const char *const name[] = {"title",
                                       "Conventions",
                                       "riptide_format",
                                       "riptide_version",
                                       "git_revision",
                                       "created",
                                       "seed",
                                       "paths",
                                       "paths_done",
                                       "status",
                                       "shard",
                                       "threads",
                                       "simd",
                                       "compiler",
                                       "gsl_version",
                                       "hdf5_version",
                                       "wall_time_s",
                                       "cpu_time_s",
                                       "peak_memory_bytes",
                                       "command",
                                       "job_id",
                                       "job_node",
                                       "job_restarts"};
    const size_t n = sizeof(name) / sizeof(name[0]);
    const hid_t file = result_open(full());
    H5O_info_t info;

    (void)state;
    assert_true(H5Oget_info2(file, &info, H5O_INFO_NUM_ATTRS) >= 0);
    assert_int_equal(info.num_attrs, n);
    for (size_t i = 0; i < n; i++) {
        if (H5Aexists(file, name[i]) <= 0) {
            fail_msg("no attribute %s", name[i]);
        }
    }
    expect_text(file, "title", "A small run");
    expect_text(file, "status", "complete");
    expect_text(file, "shard", "");
    expect_text(file, "command", "riptide run 'it'\\''s.yaml'");
    expect_text(file, "job_id", run.provenance.job_id);
    assert_int_equal(count_attribute(file, "riptide_format"), 1);
    assert_int_equal(count_attribute(file, "seed"), 4242);
    assert_int_equal(count_attribute(file, "paths"), 200);
    assert_int_equal(count_attribute(file, "paths_done"), 200);
    assert_int_equal(count_attribute(file, "threads"), 2);
    assert_true(count_attribute(file, "peak_memory_bytes") > 100000);
    (void)H5Fclose(file);
}

static void
accounts_and_positions(void **state)
{
    static const char *const owner[] = {"a", "a", "\xc3\xa9t", "calm"};
    static const char *const symbol[] = {"BTC", "ETH", "ETH", "BTC"};
    static const char *const kind[] = {"linear_perp", "linear_perp", "linear_perp",
                                       "spot"};
    static const char *const rule[] = {"none", "to_initial", "none", "none"};
    static const char *const mode[] = {"isolated", "isolated", "isolated"};
    static const double balance[] = {10007, 1234.5, 170}, weight[] = {1, 3, 1},
                        positions[] = {2, 1, 1}, quantity[] = {0.71, -9.25, 3.3, 0.001},
                        entry[] = {52137.5, 2513.25, 2513.25, 52137.5},
                        leverage[] = {25, 25, 10, 1},
                        margin[] = {0.71 * 52137.5 / 25, 9.25 * 2513.25 / 25,
                                    3.3 * 2513.25 / 10, 52.1375},
                        stop[] = {NAN, NAN, 2400, NAN}, zero[4] = {0};
    const hid_t file = result_open(full());

    (void)state;
    expect_numbers(file, "accounts/balance", 3, balance);
    expect_numbers(file, "accounts/weight", 3, weight);
    expect_numbers(file, "accounts/positions", 3, positions);
    expect_texts(file, "accounts/mode", 3, mode);
    expect_texts(file, "positions/account", 4, owner);
    expect_texts(file, "positions/symbol", 4, symbol);
    expect_texts(file, "positions/kind", 4, kind);
    expect_texts(file, "positions/top_up", 4, rule);
    expect_numbers(file, "positions/quantity", 4, quantity);
    expect_numbers(file, "positions/entry", 4, entry);
    expect_numbers(file, "positions/leverage", 4, leverage);
    expect_numbers(file, "positions/margin", 4, margin);
    expect_numbers(file, "positions/stop_loss", 4, stop);
    expect_numbers(file, "positions/top_up_fraction", 4, zero);
    expect_numbers(file, "positions/top_up_times", 4, zero);
    (void)H5Fclose(file);
}

/* The stored text resolves to itself, and the files it names are recorded. */
static void
config(void **state)
{
    static const char *const input[] = {"m.csv"};
    rip_stored stored = {0};
    rip_error error = {0};
    char *text = NULL;
    const hid_t file = result_open(full());
    const char *digest;

    (void)state;
    expect_texts(file, "config/input", 1, input);
    digest = run.input.inputs.file[0].sha256;
    expect_texts(file, "config/input_sha256", 1, &digest);
    assert_int_equal(strlen(digest), 64);
    (void)H5Fclose(file);
    assert_int_equal(rip_stored_open(&stored, full(), &error), RIP_OK);
    assert_int_equal(rip_config_write(&run.input.config, &text), RIP_OK);
    assert_string_equal(stored.config, text);
    free(text);
    rip_stored_free(&stored);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_as_listed),
        cmocka_unit_test(every_object),
        cmocka_unit_test(scales),
        cmocka_unit_test(attributes),
        cmocka_unit_test(config),
        cmocka_unit_test(accounts_and_positions),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
