#include "riptide/io/stored.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result_fixture.h"
#include "riptide/engine/sums.h"
#include "riptide/io/h5.h"
#include "support.h"

static result_run run; /* of the group; written to full.h5 once */
static unsigned char *whole;
static size_t n_whole;

static int
begin(void **state)
{
    if (result_begin_run(state, &run, "full.h5") != 0) {
        return 1;
    }
    whole = result_slurp(result_path("full.h5"), &n_whole);
    return 0;
}

static int
end(void **state)
{
    free(whole);
    return result_end_run(state, &run);
}

/* Reads everything that a reader can ask for; the first code that is not RIP_OK. */
static rip_status
read_everything(const char *path, rip_error *error)
{
    rip_status status = RIP_OK;
    rip_stored stored = {0};
    rip_sums sums = {0};
    bool excluded[9] = {false};

    RIP_TRY(rip_stored_open(&stored, path, error));
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        RIP_TRY(rip_stored_load(&stored, output->group, output->name, NULL, error));
    }
    RIP_TRY(rip_sums_init(&sums, &run.input.run, excluded));
    RIP_TRY(rip_stored_sums(&stored, &sums.store, error));
out:
    rip_sums_free(&sums);
    rip_stored_free(&stored);
    return status;
}

static void
facts(void **state)
{
    rip_stored stored = {0};
    rip_error error = {0};

    (void)state;
    assert_int_equal(rip_stored_open(&stored, result_path("full.h5"), &error), RIP_OK);
    assert_string_equal(stored.title, "A small run");
    assert_string_equal(stored.status, "complete");
    assert_string_equal(stored.created, run.provenance.created);
    assert_int_equal(stored.seed, 4242);
    assert_int_equal(stored.paths, 200);
    assert_int_equal(stored.paths_done, 200);
    assert_int_equal(stored.shard.count, 0);
    assert_int_equal(stored.n_mode, 3);
    assert_int_equal(stored.mode[0], RIP_MODE_CROSS);
    assert_int_equal(stored.mode[2], RIP_MODE_PORTFOLIO);
    assert_int_equal(stored.n_account, 3);
    assert_string_equal(stored.account[1], "\xc3\xa9t");
    assert_int_equal(stored.n_asset, 2);
    assert_string_equal(stored.asset[1], "ETH");
    assert_int_equal(stored.n_level, 2);
    assert_close(stored.level[1], 0.975, 0.0);
    assert_int_equal(stored.n_time, 5);
    assert_close(stored.time_h[4], 4.0, 0.0);
    assert_int_equal(stored.inputs.n_file, 1);
    assert_string_equal(stored.inputs.file[0].path, "m.csv");
    assert_string_equal(stored.inputs.file[0].sha256, run.input.inputs.file[0].sha256);
    rip_stored_free(&stored);
    assert_null(stored.path);
}

/* What was written comes back, bit for bit: datasets and sums. */
static void
round_trip(void **state)
{
    rip_stored stored = {0};
    rip_error error = {0};
    rip_estimates wanted = {0};
    rip_sums sums = {0};
    bool excluded[9] = {false};

    (void)state;
    assert_int_equal(
        rip_estimates_init(&wanted, &run.input.run, rip_engine_sums(run.engine)),
        RIP_OK);
    assert_int_equal(rip_stored_open(&stored, result_path("full.h5"), &error), RIP_OK);
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        const void *data = NULL, *again = NULL;
        size_t n = output->type == RIP_OUTPUT_U32 ? 4 : 8;
        assert_int_equal(
            rip_stored_load(&stored, output->group, output->name, &data, &error),
            RIP_OK);
        assert_int_equal(
            rip_stored_load(&stored, output->group, output->name, &again, &error),
            RIP_OK);
        assert_ptr_equal(data, again);
        for (size_t k = 0; k < output->n_dim; k++) {
            assert_int_equal(stored.estimates.size[output->dim[k]],
                             wanted.size[output->dim[k]]);
            n *= wanted.size[output->dim[k]];
        }
        assert_memory_equal(data, wanted.data[i], n);
    }
    assert_int_equal(rip_stored_load(&stored, "", "no_such", NULL, &error),
                     RIP_ERR_INVALID_ARGUMENT);
    assert_int_equal(rip_sums_init(&sums, &run.input.run, excluded), RIP_OK);
    assert_int_equal(rip_stored_sums(&stored, &sums.store, &error), RIP_OK);
    assert_int_equal(sums.store.size, rip_engine_sums(run.engine)->size);
    for (size_t i = 0; i < sums.store.n_section; i++) {
        const rip_section *section = &sums.store.section[i];
        assert_memory_equal(section->data, rip_engine_sums(run.engine)->section[i].data,
                            section->n_element *
                                rip_accumulator_element_size(section->type));
    }
    rip_sums_free(&sums);
    rip_stored_free(&stored);
    rip_estimates_free(&wanted);
}

/* Cut off or flipped anywhere: refused before HDF5 sees it. */
static void
damaged(void **state)
{
    uint64_t random = 20251010;
    const char *path = result_path("bad.h5");

    (void)state;
    for (int i = 0; i < 500; i++) {
        rip_error error = {0};
        const size_t at = (size_t)((double)n_whole * support_uniform(&random));
        unsigned char *data = malloc(n_whole);
        assert_non_null(data);
        memcpy(data, whole, n_whole);
        if (i % 3 == 0) {
            result_spill(path, data, at);
        } else {
            data[at] ^= (unsigned char)(1u << (i % 8));
            result_spill(path, data, n_whole);
        }
        free(data);
        assert_int_equal(read_everything(path, &error), RIP_ERR_OUTPUT);
        assert_int_equal(error.n_total, 1);
        rip_error_free(&error);
    }
}

/* Changes of a well-formed file, whose block is then made true again. */
typedef enum change {
    REMOVED = 0,
    OTHER_TYPE,
    OTHER_RANK,
    LONGER,
    HUGE,
    A_GROUP,
    A_LINK_TO_NOTHING,
    N_CHANGE
} change;

/* Puts another thing in the place of a dataset. */
static void
replace(hid_t file, const char *path, change what)
{
    const hid_t old = H5Dopen2(file, path, H5P_DEFAULT);
    const hid_t space = H5Dget_space(old);
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t shape[H5S_MAX_RANK] = {0}, chunk[H5S_MAX_RANK];
    int n_dim = H5Sget_simple_extent_dims(space, shape, NULL);
    hid_t type = H5Dget_type(old), fresh, id;

    (void)H5Sclose(space);
    (void)H5Dclose(old);
    assert_true(H5Ldelete(file, path, H5P_DEFAULT) >= 0);
    if (what == OTHER_TYPE) {
        type =
            H5Tcopy(H5Tequal(type, H5T_STD_I32LE) > 0 ? H5T_STD_I64LE : H5T_STD_I32LE);
    } else if (what == OTHER_RANK) {
        shape[n_dim++] = 1;
    } else if (n_dim > 0 && what == LONGER) {
        shape[n_dim - 1] += 1;
    } else if (n_dim > 0 && what == HUGE) {
        shape[0] = (hsize_t)1 << 45;
    }
    for (int i = 0; i < n_dim; i++) {
        chunk[i] = shape[i] < 1000 ? shape[i] : 1000;
    }
    fresh = n_dim > 0 ? H5Screate_simple(n_dim, shape, NULL) : H5Screate(H5S_SCALAR);
    if (n_dim > 0) {
        (void)H5Pset_chunk(dcpl, n_dim, chunk);
    }
    if (what == A_GROUP) {
        id = H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Gclose(id) >= 0);
    } else if (what == A_LINK_TO_NOTHING) {
        assert_true(H5Lcreate_soft("/nowhere", file, path, H5P_DEFAULT, H5P_DEFAULT) >=
                    0);
    } else if (what != REMOVED) {
        id = H5Dcreate2(file, path, type, fresh, H5P_DEFAULT, dcpl, H5P_DEFAULT);
        assert_true(id >= 0 && H5Dclose(id) >= 0);
    }
    (void)H5Pclose(dcpl);
    (void)H5Sclose(fresh);
    (void)H5Tclose(type);
}

typedef struct list {
    size_t n;
    char name[256][64];
} list;

static herr_t
note_dataset(hid_t file, const char *name, const H5O_info_t *info, void *data)
{
    static const char *const unread[] = {
        "other_mode",       "cause",         "batch",
        "share_bin",        "move_bin",      "bin_edge",
        "accounts/",        "positions/",    "paths/",
        "losses/",          "system/",       "batches/mode",
        "batches/account",  "batches/batch", "accumulators/element",
        "accumulators/pair"};
    list *to = data;

    (void)file;
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        if (strncmp(name, unread[i], strlen(unread[i])) == 0) {
            return 0;
        }
    }
    if (info->type == H5O_TYPE_DATASET) {
        assert_true(to->n < 256);
        (void)snprintf(to->name[to->n++], 64, "%s", name);
    }
    return 0;
}

/* Every dataset that is read, in every disguise: an error, never a crash. */
static void
odd_datasets(void **state)
{
    const char *path = result_path("odd.h5");
    static list read;
    hid_t file = H5Fopen(result_path("full.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);

    (void)state;
    (void)H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_NATIVE, note_dataset, &read,
                    H5O_INFO_BASIC);
    (void)H5Fclose(file);
    assert_true(read.n > 120);
    for (size_t i = 0; i < read.n; i++) {
        for (change what = 0; what < N_CHANGE; what++) {
            rip_error error = {0};
            if ((what == LONGER || what == HUGE) &&
                strcmp(read.name[i], "config/yaml") == 0) {
                continue; /* has no axis */
            }
            result_spill(path, whole, n_whole);
            file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
            assert_true(file >= 0);
            replace(file, read.name[i], what);
            assert_true(H5Fclose(file) >= 0);
            result_reseal(path);
            if (read_everything(path, &error) != RIP_ERR_OUTPUT) {
                fail_msg("%s, change %d: not refused", read.name[i], (int)what);
            }
            assert_int_equal(error.n_total, 1);
            assert_non_null(strstr(error.line[0], "odd.h5: "));
            rip_error_free(&error);
        }
    }
}

/* Attributes that are missing, of another type, or say what cannot be. */
static void
odd_attributes(void **state)
{
    static const char *const name[] = {"title",   "status", "riptide_version",
                                       "created", "shard",  "git_revision",
                                       "seed",    "paths",  "paths_done"};
    const char *path = result_path("attribute.h5");
    const size_t n = sizeof(name) / sizeof(name[0]);

    (void)state;
    for (size_t i = 0; i < 2 * n; i++) {
        rip_error error = {0};
        hid_t file;
        result_spill(path, whole, n_whole);
        file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(H5Adelete(file, name[i % n]) >= 0);
        if (i >= n) {
            const double value = 0.0127;
            (void)H5LTset_attribute_double(file, "/", name[i % n], &value, 1);
        }
        assert_true(H5Fclose(file) >= 0);
        result_reseal(path);
        assert_int_equal(read_everything(path, &error), RIP_ERR_OUTPUT);
        result_expect(&error, "DIR/attribute.h5: not laid out like a result");
        rip_error_free(&error);
    }
}

/* A number in the place of an attribute, as the file has it: a scalar. */
static void
set_count(hid_t file, const char *name, uint64_t value)
{
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);

    assert_true(H5Awrite(attribute, H5T_NATIVE_UINT64, &value) >= 0);
    (void)H5Aclose(attribute);
}

static void
rewrite(const char *path, const char *name, const char *text, uint64_t value)
{
    hid_t file, type, attribute;

    result_spill(path, whole, n_whole);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    if (text == NULL) {
        set_count(file, name, value);
    } else {
        attribute = H5Aopen(file, name, H5P_DEFAULT);
        type = H5Aget_type(attribute);
        assert_true(H5Awrite(attribute, type, &text) >= 0);
        (void)H5Tclose(type);
        (void)H5Aclose(attribute);
    }
    assert_true(H5Fclose(file) >= 0);
    result_reseal(path);
}

static void
impossible_facts(void **state)
{
    static const struct {
        const char *name, *text;
        uint64_t value;
        const char *line;
    } odd[] = {
        {"paths_done", NULL, 201, "DIR/i.h5: not laid out like a result"},
        {"riptide_format", NULL, 7,
         "DIR/i.h5: format 7 is not known to this version (1)"},
        {"shard", "3/3", 0, "DIR/i.h5: not laid out like a result"},
        {"shard", "0/0", 0, "DIR/i.h5: not laid out like a result"},
        {"shard", "1/2/3", 0, "DIR/i.h5: not laid out like a result"},
        {"shard", "1/99999999999", 0, "DIR/i.h5: not laid out like a result"},
        {"shard", "one", 0, "DIR/i.h5: not laid out like a result"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        rip_error error = {0};
        rip_stored stored = {0};
        rewrite(result_path("i.h5"), odd[i].name, odd[i].text, odd[i].value);
        assert_int_equal(rip_stored_open(&stored, result_path("i.h5"), &error),
                         RIP_ERR_OUTPUT);
        rip_stored_free(&stored);
        result_expect(&error, odd[i].line);
        rip_error_free(&error);
    }
}

/* Sums of another version have other sections, or other sums under the same names. */
static void
sums_of_another_version(void **state)
{
    rip_error error = {0};
    rip_stored stored = {0};
    rip_sums sums = {0};
    const bool excluded[9] = {false};
    hid_t file, group;

    (void)state;
    result_spill(result_path("v.h5"), whole, n_whole);
    file = H5Fopen(result_path("v.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    group = H5Gopen2(file, "accumulators", H5P_DEFAULT);
    set_count(group, "version", 1);
    (void)H5Gclose(group);
    assert_true(H5Fclose(file) >= 0);
    result_reseal(result_path("v.h5"));
    assert_int_equal(rip_sums_init(&sums, &run.input.run, excluded), RIP_OK);
    assert_int_equal(rip_stored_open(&stored, result_path("v.h5"), &error), RIP_OK);
    assert_int_equal(rip_stored_sums(&stored, &sums.store, &error), RIP_ERR_OUTPUT);
    result_expect(
        &error,
        "DIR/v.h5: accumulators of version 1 are not known to this version (2)");
    rip_error_free(&error);
    rip_stored_free(&stored);
    rip_sums_free(&sums);
}

/* A dataset of which nothing was stored may be small, but no reader allocates what no
   file of this size can hold. */
static void
more_than_it_can_hold(void **state)
{
    const hid_t file =
        H5Fcreate(result_path("h.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[1] = {1000};

    (void)state;
    (void)H5Pset_chunk(dcpl, 1, chunk);
    for (int k = 10; k < 46; k += 6) {
        const hsize_t shape[1] = {(hsize_t)1 << k};
        const hid_t space = H5Screate_simple(1, shape, NULL);
        uint64_t found = 0;
        int64_t id = 0;
        (void)H5Dclose(H5Dcreate2(file, "x", H5T_IEEE_F64LE, space, H5P_DEFAULT, dcpl,
                                  H5P_DEFAULT));
        assert_int_equal(rip_h5_open(file, "x", RIP_H5_F64, 1, &id, &found),
                         k < 20 ? RIP_OK : RIP_ERR_OUTPUT);
        rip_h5_close(&id);
        assert_true(H5Ldelete(file, "x", H5P_DEFAULT) >= 0);
        (void)H5Sclose(space);
    }
    (void)H5Pclose(dcpl);
    (void)H5Fclose(file);
}

/* The n-th allocation fails: a code, and no leak. */
static void
no_memory(void **state)
{
    rip_status status = RIP_ERR_NO_MEMORY;

    (void)state;
    for (long n = 0; status != RIP_OK; n++) {
        rip_error error = {0};
        support_fail_allocation(n);
        status = read_everything(result_path("full.h5"), &error);
        support_fail_allocation(-1);
        rip_error_free(&error);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(damaged),
        cmocka_unit_test(odd_datasets),
        cmocka_unit_test(odd_attributes),
        cmocka_unit_test(impossible_facts),
        cmocka_unit_test(sums_of_another_version),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(more_than_it_can_hold),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
