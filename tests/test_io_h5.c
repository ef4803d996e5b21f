#include "riptide/io/h5.h"

#include <hdf5.h>
#include <stdlib.h>

#include "support.h"

/* How a dataset is created in a file that stays in memory; release it. */
static hid_t
properties_of(const rip_h5_dataset *what, const hsize_t *shape, int deflate)
{
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    rip_h5_group group;
    hid_t file, dcpl;
    int64_t id;

    (void)H5Pset_fapl_core(fapl, 1 << 16, false);
    file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, fapl);
    assert_int_equal(rip_h5_group_begin(&group, file, "g", deflate), RIP_OK);
    for (size_t i = 0; i < what->n_dim; i++) {
        assert_int_equal(rip_h5_bare_scale(&group, what->dim[i], shape[i]), RIP_OK);
    }
    assert_int_equal(rip_h5_create(&group, what, &id), RIP_OK);
    dcpl = H5Dget_create_plist(id);
    rip_h5_close(&id);
    rip_h5_group_end(&group);
    (void)H5Fclose(file);
    (void)H5Pclose(fapl);
    return dcpl;
}

/* The chunk of a dataset of doubles. */
static void
chunk_of(size_t n_dim, const hsize_t *shape, hsize_t *chunk)
{
    const rip_h5_dataset what = {.name = "x",
                                 .unit = "1",
                                 .doc = "Numbers",
                                 .type = RIP_H5_F64,
                                 .n_dim = n_dim,
                                 .dim = {"a", "b", "c"}};
    const hid_t dcpl = properties_of(&what, shape, 0);

    assert_int_equal(H5Pget_chunk(dcpl, 3, chunk), n_dim);
    (void)H5Pclose(dcpl);
}

/* A chunk holds at most 1 MiB, and is stored whole where it overhangs the dataset. */
static void
test_chunks_hardly_overhang(void **state)
{
    static const struct {
        size_t n_dim;
        hsize_t shape[3], chunk[3];
    } wanted[] = {
        {1, {131072}, {131072}},
        {1, {131073}, {43691}}, /* three parts end evenly, two overhang by one */
        {1, {300000}, {100000}},
        {2, {5, 70001}, {1, 70001}},
        {3, {3, 1000, 64}, {1, 1000, 64}}, /* two rows would fit */
        {3, {4, 1000, 64}, {2, 1000, 64}},
        {3, {0, 7, 64}, {1, 7, 64}},
        {2, {2, 262144}, {1, 131072}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
        hsize_t chunk[3] = {0};
        chunk_of(wanted[k].n_dim, wanted[k].shape, chunk);
        for (size_t i = 0; i < wanted[k].n_dim; i++) {
            assert_int_equal(chunk[i], wanted[k].chunk[i]);
        }
    }
}

/* Whole numbers are shuffled and deflated, others if that is asked for, noise never;
   all have a checksum. */
static void
test_filters(void **state)
{
    static const struct {
        rip_h5_type type;
        bool is_noise;
        int asked, level; /* 0: not deflated */
    } wanted[] = {
        {RIP_H5_U32, false, 0, 1}, {RIP_H5_U64, false, 0, 1}, {RIP_H5_U64, true, 0, 0},
        {RIP_H5_U64, true, 4, 0},  {RIP_H5_F64, false, 0, 0}, {RIP_H5_F64, false, 4, 4},
    };
    static const hsize_t shape[] = {100};
    (void)state;
    for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++) {
        const rip_h5_dataset what = {.name = "x",
                                     .unit = "1",
                                     .doc = "Numbers",
                                     .type = wanted[k].type,
                                     .is_noise = wanted[k].is_noise,
                                     .n_dim = 1,
                                     .dim = {"a"}};
        const hid_t dcpl = properties_of(&what, shape, wanted[k].asked);
        const int n_filter = H5Pget_nfilters(dcpl);
        unsigned flags, level = 0;
        size_t n = 1;
        assert_int_equal(n_filter, wanted[k].level > 0 ? 3 : 1);
        assert_true(H5Pget_filter_by_id2(dcpl, H5Z_FILTER_FLETCHER32, &flags, NULL,
                                         NULL, 0, NULL, NULL) >= 0);
        if (wanted[k].level > 0) {
            assert_true(H5Pget_filter_by_id2(dcpl, H5Z_FILTER_DEFLATE, &flags, &n,
                                             &level, 0, NULL, NULL) >= 0);
        }
        assert_int_equal(level, wanted[k].level);
        (void)H5Pclose(dcpl);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_hardly_overhang),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
