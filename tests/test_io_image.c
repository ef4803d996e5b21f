#include "riptide/io/image.h"

#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "result_fixture.h"
#include "support.h"

#define N_VALUE 100000

/* A dataset of N_VALUE numbers in chunks, the sort of thing a result has. */
static rip_status
add_dataset(rip_image *image, const char *name)
{
    const hsize_t shape[1] = {N_VALUE}, chunk[1] = {1000};
    const hid_t space = H5Screate_simple(1, shape, NULL);
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    static double value[N_VALUE];
    hid_t id;
    herr_t code;

    for (size_t i = 0; i < N_VALUE; i++) {
        value[i] = 0.0127 * (double)i;
    }
    (void)H5Pset_chunk(dcpl, 1, chunk);
    (void)H5Pset_obj_track_times(dcpl, false);
    id = H5Dcreate2(rip_image_file(image), name, H5T_IEEE_F64LE, space, H5P_DEFAULT,
                    dcpl, H5P_DEFAULT);
    code = H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
    (void)H5Dclose(id);
    (void)H5Pclose(dcpl);
    (void)H5Sclose(space);
    return code >= 0 ? RIP_OK : RIP_ERR_OUTPUT;
}

static rip_status
write_image(const char *path, size_t memory, rip_error *error)
{
    rip_image *image = NULL;
    rip_status status = RIP_OK;

    RIP_TRY(rip_image_create(&image, path, true, memory, error));
    RIP_TRY(rip_image_explain(image, add_dataset(image, "a"), error));
    RIP_TRY(rip_image_explain(image, add_dataset(image, "b"), error));
    RIP_TRY(rip_image_commit(image, error));
out:
    rip_image_free(image);
    return status;
}

static double
last_value(const rip_image *image, const char *name)
{
    static double value[N_VALUE];
    const hid_t id = H5Dopen2(rip_image_file(image), name, H5P_DEFAULT);
    const herr_t code =
        H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);

    (void)H5Dclose(id);
    assert_true(code >= 0);
    return value[N_VALUE - 1];
}

/* The same bytes through memory, through the temporary, and from one to the other. */
static void
same_bytes(void **state)
{
    static const size_t memory[] = {RIP_IMAGE_MEMORY, 1, 600000, 1000000};
    unsigned char *first = NULL;
    size_t n_first = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        const char *path = result_path("image.h5");
        rip_error error = {0};
        rip_image *image = NULL;
        unsigned char *data;
        size_t n = 0;
        assert_int_equal(write_image(path, memory[i], &error), RIP_OK);
        data = result_slurp(path, &n);
        if (first == NULL) {
            first = data;
            n_first = n;
            assert_true(n > 1600000);
        } else {
            assert_int_equal(n, n_first);
            assert_memory_equal(data, first, n);
            free(data);
        }
        assert_int_equal(rip_image_open(&image, path, &error), RIP_OK);
        assert_close(last_value(image, "b"), 0.0127 * (N_VALUE - 1), 0.0);
        rip_image_free(image);
    }
    free(first);
    assert_int_equal(result_files("image.h5"), 1);
}

static void
expect_zeros(const rip_image *image, const char *name, size_t n)
{
    static double value[N_VALUE];
    const hid_t id = H5Dopen2(rip_image_file(image), name, H5P_DEFAULT);

    assert_true(H5Dread(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >=
                0);
    (void)H5Dclose(id);
    for (size_t i = 0; i < n; i++) {
        assert_true(value[i] == 0.0);
    }
}

/* Space that is allocated and never written belongs to the file; freed space does not.
 */
static void
ends_where_hdf5_says(void **state)
{
    static const size_t memory[] = {RIP_IMAGE_MEMORY, 1};
    const hsize_t shape[1] = {5000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *path = result_path("end.h5");
        const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
        const hid_t space = H5Screate_simple(1, shape, NULL);
        rip_error error = {0};
        rip_image *image = NULL;
        size_t n = 0;
        hid_t id;
        (void)H5Pset_alloc_time(dcpl, H5D_ALLOC_TIME_EARLY);
        (void)H5Pset_fill_time(dcpl, H5D_FILL_TIME_NEVER);
        assert_int_equal(rip_image_create(&image, path, true, memory[i], &error),
                         RIP_OK);
        assert_int_equal(add_dataset(image, "a"), RIP_OK);
        assert_true(H5Fflush(rip_image_file(image), H5F_SCOPE_LOCAL) >= 0);
        assert_true(H5Ldelete(rip_image_file(image), "a", H5P_DEFAULT) >= 0);
        assert_int_equal(rip_image_commit(image, &error), RIP_OK);
        rip_image_free(image);
        free(result_slurp(path, &n));
        assert_true(n < 100000);
        assert_int_equal(rip_image_create(&image, path, true, memory[i], &error),
                         RIP_OK);
        id = H5Dcreate2(rip_image_file(image), "z", H5T_IEEE_F64LE, space, H5P_DEFAULT,
                        dcpl, H5P_DEFAULT);
        assert_true(id >= 0 && H5Dclose(id) >= 0);
        assert_int_equal(rip_image_commit(image, &error), RIP_OK);
        rip_image_free(image);
        free(result_slurp(path, &n));
        assert_true(n > 40000);
        assert_int_equal(rip_image_open(&image, path, &error), RIP_OK);
        expect_zeros(image, "z", 5000);
        rip_image_free(image);
        (void)H5Sclose(space);
        (void)H5Pclose(dcpl);
    }
}

/* Any other tool finds its way past the block. */
static void
plain_hdf5_reads_it(void **state)
{
    const char *path = result_path("plain.h5");
    rip_error error = {0};
    hid_t file;

    (void)state;
    assert_int_equal(write_image(path, RIP_IMAGE_MEMORY, &error), RIP_OK);
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    assert_true(H5Lexists(file, "a", H5P_DEFAULT) > 0);
    assert_true(H5Fclose(file) >= 0);
}

/* Wherever the disk becomes full, the words are the system's and nothing is lost. */
static void
full_disk(void **state)
{
    static const size_t memory[] = {RIP_IMAGE_MEMORY, 1, 600000};
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    const char *path = result_path("full.h5");

    (void)state;
    (void)signal(SIGXFSZ, SIG_IGN);
    result_spill(path, "old", 3);
    for (rlim_t size = 0; size < 1600000; size += 41234) {
        for (size_t i = 0; i < 3; i++) {
            const struct rlimit little = {size, RLIM_INFINITY};
            rip_error error = {0};
            rip_status status;
            size_t n = 0;
            unsigned char *old;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
            status = write_image(path, memory[i], &error);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
            assert_int_equal(status, RIP_ERR_OUTPUT);
            result_expect(&error, "DIR/full.h5: File too large");
            rip_error_free(&error);
            old = result_slurp(path, &n);
            assert_int_equal(n, 3);
            free(old);
            assert_int_equal(result_files("full.h5"), 1);
        }
    }
}

static void
no_folder(void **state)
{
    rip_error error = {0};

    (void)state;
    assert_int_equal(write_image(result_path("no/f.h5"), 1, &error), RIP_ERR_OUTPUT);
    result_expect(&error, "DIR/no/f.h5: No such file or directory");
    rip_error_free(&error);
}

static void
expect_refusal(const char *path, rip_status code, const char *line)
{
    rip_error error = {0};
    rip_image *image = NULL;

    assert_int_equal(rip_image_open(&image, path, &error), code);
    rip_image_free(image);
    result_expect(&error, line);
    rip_error_free(&error);
}

/* Every byte of the file is guarded: flipped, cut off, or added. */
static void
damage(void **state)
{
    static const char line[] = "DIR/damage.h5: damaged or edited (checksum)";
    const char *path = result_path("damage.h5");
    rip_error error = {0};
    unsigned char *data;
    size_t n = 0;

    (void)state;
    assert_int_equal(write_image(path, RIP_IMAGE_MEMORY, &error), RIP_OK);
    data = result_slurp(path, &n);
    for (size_t at = 8; at < n; at += at < 520 ? 1 : 50021) {
        data[at] ^= (unsigned char)(1u << (at % 8));
        result_spill(path, data, n);
        if (at >= 8 && at < 12) {
            rip_image *image = NULL;
            assert_int_equal(rip_image_open(&image, path, &error), RIP_ERR_OUTPUT);
            assert_non_null(strstr(error.line[0], "is not known to this version (1)"));
            rip_image_free(image);
            rip_error_free(&error);
        } else {
            expect_refusal(path, RIP_ERR_OUTPUT, line);
        }
        data[at] ^= (unsigned char)(1u << (at % 8));
    }
    for (size_t cut = 1; cut < n - 8; cut = cut * 3 + 1) {
        result_spill(path, data, n - cut);
        expect_refusal(path, RIP_ERR_OUTPUT, line);
    }
    result_spill(path, data, n + 1);
    expect_refusal(path, RIP_ERR_OUTPUT, line);
    free(data);
}

static void
not_results(void **state)
{
    hid_t file;

    (void)state;
    expect_refusal(result_path("none.h5"), RIP_ERR_CONFIG,
                   "DIR/none.h5: No such file or directory");
    expect_refusal(result_path(""), RIP_ERR_OUTPUT, "DIR/: Is a directory");
    result_spill(result_path("empty.h5"), "", 0);
    expect_refusal(result_path("empty.h5"), RIP_ERR_OUTPUT,
                   "DIR/empty.h5: not a result of riptide");
    result_spill(result_path("short.h5"), "RIPTIDE1", 8);
    expect_refusal(result_path("short.h5"), RIP_ERR_OUTPUT,
                   "DIR/short.h5: damaged or edited (checksum)");
    file = H5Fcreate(result_path("other.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Fclose(file) >= 0);
    expect_refusal(result_path("other.h5"), RIP_ERR_OUTPUT,
                   "DIR/other.h5: not a result of riptide");
}

/* The block is right but what follows is not HDF5's. */
static void
sealed_nonsense(void **state)
{
    unsigned char data[4096] = "RIPTIDE1\1";

    (void)state;
    memset(data + 512, 'x', sizeof(data) - 512);
    result_spill(result_path("x.h5"), data, sizeof(data));
    result_reseal(result_path("x.h5"));
    expect_refusal(result_path("x.h5"), RIP_ERR_OUTPUT,
                   "DIR/x.h5: not laid out like a result");
}

/* Without memory for the image it goes to the temporary; else the code says so. */
static void
no_memory(void **state)
{
    (void)state;
    (void)H5open();
    for (long n = 0; n < 40; n++) {
        rip_error error = {0};
        rip_image *image = NULL;
        rip_status status;
        support_fail_allocation(n);
        status = rip_image_create(&image, result_path("m.h5"), true, 1000, &error);
        support_fail_allocation(-1);
        rip_image_free(image);
        rip_error_free(&error);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
    }
    assert_int_equal(result_files("m.h5"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),
        cmocka_unit_test(plain_hdf5_reads_it),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(no_folder),
        cmocka_unit_test(damage),
        cmocka_unit_test(not_results),
        cmocka_unit_test(sealed_nonsense),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(ends_where_hdf5_says),
    };
    return cmocka_run_group_tests(tests, result_begin, result_end);
}
