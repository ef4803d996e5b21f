#include "riptide/io/h5.h"

#include <hdf5.h>
#include <stdlib.h>

#include "support.h"

/* Creates a dataset of doubles in a file that stays in memory; its chunk. */
static void
chunk_of(size_t n_dim, const hsize_t *shape, hsize_t *chunk)
{
    static const char *const axis[] = {"a", "b", "c"};
    const rip_h5_dataset what = {.name = "x",
                                 .unit = "1",
                                 .doc = "Numbers",
                                 .type = RIP_H5_F64,
                                 .n_dim = n_dim,
                                 .dim = {axis[0], axis[1], axis[2]}};
    const hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
    rip_h5_group group;
    hid_t file, dcpl;
    int64_t id;

    (void)H5Pset_fapl_core(fapl, 1 << 16, false);
    file = H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, fapl);
    assert_int_equal(rip_h5_group_begin(&group, file, "g", 0), RIP_OK);
    for (size_t i = 0; i < n_dim; i++) {
        assert_int_equal(rip_h5_bare_scale(&group, axis[i], shape[i]), RIP_OK);
    }
    assert_int_equal(rip_h5_create(&group, &what, &id), RIP_OK);
    dcpl = H5Dget_create_plist(id);
    assert_int_equal(H5Pget_chunk(dcpl, 3, chunk), n_dim);
    (void)H5Pclose(dcpl);
    rip_h5_close(&id);
    rip_h5_group_end(&group);
    (void)H5Fclose(file);
    (void)H5Pclose(fapl);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_hardly_overhang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
