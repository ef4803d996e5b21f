#include "result_compare.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

int64_t
result_open(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

/* All values of a dataset as bytes; texts as their addresses' content. */
static void *
read_dataset(hid_t id, size_t *size)
{
    const hid_t type = H5Dget_type(id), space = H5Dget_space(id);
    const hid_t memory = H5Tget_native_type(type, H5T_DIR_ASCEND);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    char *data, *texts;

    *size = (size_t)n * H5Tget_size(memory);
    data = calloc(*size + 1, 1);
    assert_non_null(data);
    assert_true(H5Dread(id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    if (H5Tis_variable_str(type) > 0) {
        texts = calloc((size_t)n * 2000, 1);
        assert_non_null(texts);
        for (hssize_t i = 0; i < n; i++) {
            char *text = ((char **)data)[i];
            (void)snprintf(texts + i * 2000, 2000, "%s", text != NULL ? text : "");
            (void)H5free_memory(text);
        }
        free(data);
        data = texts;
        *size = (size_t)n * 2000;
    }
    (void)H5Tclose(memory);
    (void)H5Tclose(type);
    (void)H5Sclose(space);
    return data;
}

static herr_t
compare_object(hid_t file, const char *name, const H5O_info_t *info, void *other)
{
    size_t n_a = 0, n_b = 0;
    void *a, *b;
    hid_t id;

    if (info->type != H5O_TYPE_DATASET) {
        return 0;
    }
    id = H5Dopen2(file, name, H5P_DEFAULT);
    a = read_dataset(id, &n_a);
    (void)H5Dclose(id);
    id = H5Dopen2(*(hid_t *)other, name, H5P_DEFAULT);
    if (id < 0) {
        fail_msg("no dataset %s", name);
    }
    b = read_dataset(id, &n_b);
    (void)H5Dclose(id);
    if (n_a != n_b || memcmp(a, b, n_a) != 0) {
        fail_msg("%s differs", name);
    }
    free(a);
    free(b);
    return 0;
}

void
result_expect_same(const char *path_a, const char *path_b)
{
    hid_t a = result_open(path_a), b = result_open(path_b);

    assert_true(H5Ovisit2(a, H5_INDEX_NAME, H5_ITER_NATIVE, compare_object, &b,
                          H5O_INFO_BASIC) >= 0);
    assert_true(H5Ovisit2(b, H5_INDEX_NAME, H5_ITER_NATIVE, compare_object, &a,
                          H5O_INFO_BASIC) >= 0);
    (void)H5Fclose(a);
    (void)H5Fclose(b);
}

void *
result_numbers(const rip_image *image, const char *path, rip_h5_type type, size_t n)
{
    const hid_t id = H5Dopen2(rip_image_file(image), path, H5P_DEFAULT);
    const hid_t space = H5Dget_space(id), stored = H5Dget_type(id);
    void *value = calloc(n, rip_h5_size(type));

    assert_non_null(value);
    assert_int_equal(H5Tget_size(stored), rip_h5_size(type));
    assert_int_equal(H5Sget_simple_extent_npoints(space), n);
    assert_true(H5Dread(id, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    (void)H5Tclose(stored);
    (void)H5Sclose(space);
    (void)H5Dclose(id);
    return value;
}
