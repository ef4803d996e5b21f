#include "riptide/io/given.h"

#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "result_fixture.h"
#include "support.h"

#define N_STEP  3
#define N_ASSET 2

static rip_asset asset[N_ASSET] = {{.symbol = "BTC", .price_usd = 52137.5},
                                   {.symbol = "ETH", .price_usd = 2513.25}};
static const rip_market_spec market = {.n_asset = N_ASSET, .asset = asset};

static rip_given_frame
frame_of(uint64_t n_path)
{
    return (rip_given_frame){
        .market = &market, .n_step = N_STEP, .step_h = 0.5, .n_path = n_path};
}

/* A file, described by what differs from a good one. */
typedef struct layout {
    hid_t type;            /* of the prices; 0: double */
    hsize_t shape[3];      /* 0: 5 paths, 4 times, 2 assets */
    const char *symbol[3]; /* NULL: no scale */
    bool fixed;            /* symbols of fixed length */
    double hour[N_STEP + 2];
    size_t n_hour; /* 0: no scale */
    hsize_t chunk; /* paths of a chunk; 0: not chunked */
    size_t bad;    /* index of a price that is replaced, + 1 */
    double price;
    bool no_price, no_group, group_for_price, block;
} layout;

/* Price of path p at time t of column a in the file. */
static double
price_at(size_t p, size_t t, double start)
{
    return start * (1.0 + 0.0127 * (double)t * ((double)(p % 5) - 2.0));
}

static void
write_symbols(hid_t group, const layout *what, hsize_t n)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
    char fixed[3][8] = {""};
    hid_t id;

    (void)H5Tset_size(type, what->fixed ? 8 : H5T_VARIABLE);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(fixed[i], sizeof(fixed[i]), "%s", what->symbol[i]);
    }
    id = H5Dcreate2(group, "asset", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                         what->fixed ? (const void *)fixed : what->symbol) >= 0);
    (void)H5Dclose(id);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
}

static void
write_prices(hid_t group, const layout *what, const hsize_t *shape)
{
    const size_t n = (size_t)(shape[0] * shape[1] * shape[2]);
    const hid_t space = H5Screate_simple(3, shape, NULL);
    const hid_t dcpl = H5Pcreate(H5P_DATASET_CREATE);
    double *price = calloc(n + 1, sizeof(*price));
    hid_t id;

    assert_non_null(price);
    for (size_t i = 0; i < n; i++) {
        const size_t a = i % shape[2], t = i / shape[2] % shape[1];
        const bool is_eth =
            what->symbol[0] != NULL ? strcmp(what->symbol[a], "ETH") == 0 : a == 1;
        price[i] = price_at(i / shape[2] / shape[1], t, is_eth ? 2513.25 : 52137.5);
    }
    if (what->bad > 0) {
        price[what->bad - 1] = what->price;
    }
    if (what->chunk > 0) {
        const hsize_t chunk[3] = {what->chunk, shape[1], shape[2]};
        (void)H5Pset_chunk(dcpl, 3, chunk);
        (void)H5Pset_deflate(dcpl, 1);
    }
    id = H5Dcreate2(group, "price", what->type > 0 ? what->type : H5T_IEEE_F64LE, space,
                    H5P_DEFAULT, dcpl, H5P_DEFAULT);
    assert_true(id >= 0);
    if (n > 0) {
        assert_true(
            H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, price) >= 0);
    }
    free(price);
    (void)H5Dclose(id);
    (void)H5Pclose(dcpl);
    (void)H5Sclose(space);
}

static void
write_file(const char *path, const layout *what)
{
    hsize_t shape[3] = {5, N_STEP + 1, N_ASSET};
    const hid_t fcpl = H5Pcreate(H5P_FILE_CREATE);
    hid_t file, group;

    for (int k = 0; k < 3; k++) {
        shape[k] = what->shape[k] > 0 ? what->shape[k] : shape[k];
    }
    shape[0] = what->shape[0] == H5S_UNLIMITED ? 0 : shape[0];
    if (what->block) {
        (void)H5Pset_userblock(fcpl, 512);
    }
    file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, H5P_DEFAULT);
    assert_true(file >= 0);
    if (!what->no_group) {
        group = H5Gcreate2(file, "paths", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (what->symbol[0] != NULL) {
            write_symbols(group, what, what->symbol[2] != NULL ? 3 : 2);
        }
        if (what->n_hour > 0) {
            const hsize_t n = what->n_hour;
            assert_true(H5LTmake_dataset_double(group, "time", 1, &n, what->hour) >= 0);
        }
        if (what->group_for_price) {
            (void)H5Gclose(
                H5Gcreate2(group, "price", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        } else if (!what->no_price) {
            write_prices(group, what, shape);
        }
        (void)H5Gclose(group);
    }
    (void)H5Pclose(fcpl);
    assert_true(H5Fclose(file) >= 0);
}

static void
expect_prices(const char *path, uint64_t n_path, uint64_t loaded)
{
    const rip_given_frame frame = frame_of(n_path);
    rip_given given = {0};
    rip_error error = {0};
    const rip_status status = rip_given_load(&given, path, &frame, &error);

    if (status != RIP_OK) {
        fail_msg("status %d: %s", (int)status, error.n_line > 0 ? error.line[0] : "-");
    }
    assert_int_equal(given.n_path, loaded);
    for (size_t i = 0; i < loaded * (N_STEP + 1) * N_ASSET; i++) {
        const size_t a = i % N_ASSET, t = i / N_ASSET % (N_STEP + 1);
        const size_t p = i / N_ASSET / (N_STEP + 1);
        assert_close(given.price[i], price_at(p, t, asset[a].price_usd), 1e-7);
    }
    rip_given_free(&given);
    assert_null(given.price);
}

static void
good_files(void **state)
{
    static const layout good[] = {
        {.n_hour = 0},
        {.symbol = {"ETH", "BTC"}},
        {.symbol = {"ETH", "SOL", "BTC"}, .shape = {0, 0, 3}},
        {.symbol = {"ETH", "BTC"}, .fixed = true},
        {.n_hour = 4, .hour = {0, 0.5, 1.0, 1.5}},
        {.chunk = 2},
        {.shape = {1001, 0, 0}, .chunk = 100},
        {.block = true},
        {.bad = 2 * 8 + 2, .price = 2513.2500001}, /* within 1e-9 */
    };
    const char *path = result_path("g.h5");

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const uint64_t n = good[i].shape[0] > 0 ? good[i].shape[0] : 5;
        write_file(path, &good[i]);
        expect_prices(path, n, n);
        expect_prices(path, 2, 2);
        expect_prices(path, n + 1, n);
    }
}

/* Single precision is enough where it can hold the start, whole numbers too. */
static void
other_numbers(void **state)
{
    const layout single = {.type = H5T_IEEE_F32LE}, big = {.type = H5T_IEEE_F64BE};

    (void)state;
    write_file(result_path("s.h5"), &single);
    expect_prices(result_path("s.h5"), 5, 5);
    write_file(result_path("s.h5"), &big);
    expect_prices(result_path("s.h5"), 5, 5);
}

/* More than one slab (4 MiB) of prices arrives in order. */
static void
many_paths(void **state)
{
    const layout many = {.shape = {200003, 0, 0}, .chunk = 1000};

    (void)state;
    write_file(result_path("many.h5"), &many);
    expect_prices(result_path("many.h5"), 200003, 200003);
}

static void
expect_refusal(const char *path, const char *line)
{
    const rip_given_frame frame = frame_of(5);
    rip_given given = {0};
    rip_error error = {0};

    assert_int_equal(rip_given_load(&given, path, &frame, &error), RIP_ERR_DATA);
    rip_given_free(&given);
    result_expect(&error, line);
    rip_error_free(&error);
}

static void
bad_layouts(void **state)
{
    static const struct {
        layout what;
        const char *line;
    } bad[] = {
        {{.no_group = true}, "no dataset /paths/price [path, time, asset]"},
        {{.no_price = true}, "no dataset /paths/price [path, time, asset]"},
        {{.group_for_price = true}, "paths/price: not a dataset"},
        {{.shape = {0, 7, 0}},
         "paths/price: 7 points in time (4: the start and 3 steps)"},
        {{.shape = {H5S_UNLIMITED, 0, 0}}, "paths/price: no path"},
        {{.shape = {0, 0, 3}},
         "paths/price: 3 assets and no scale that names them (2, as market.assets)"},
        {{.symbol = {"ETH", "SOL"}},
         "paths/asset: no BTC (every symbol of market.assets)"},
        {{.symbol = {"BTC", "BTC"}}, "paths/asset: BTC is said twice"},
        {{.symbol = {"BTC", "ETH", "SOL"}}, "paths/asset: 3 names (2)"},
        {{.n_hour = 3, .hour = {0, 0.5, 1}}, "paths/time: 3 points (4)"},
        {{.n_hour = 4, .hour = {0, 1, 2, 3}},
         "paths/time: point 1 is at 1 h (0.5 by run.step)"},
        {{.n_hour = 4, .hour = {0, 0.5, NAN, 1.5}},
         "paths/time: point 2 is at nan h (1 by run.step)"},
        {{.bad = 1, .price = 52137.6},
         "paths/price: path 0 starts with BTC at 52137.6 (market.assets: 52137.5)"},
        {{.bad = 2 * 8 + 2, .price = 2513.25001},
         "paths/price: path 2 starts with ETH at 2513.25001 (market.assets: "
         "2513.25)"},
        {{.bad = 8 + 6, .price = 0.0},
         "paths/price: path 1, time 2, ETH: 0 is not allowed (a price above 0)"},
        {{.bad = 8 + 3, .price = -1.5},
         "paths/price: path 1, time 1, BTC: -1.5 is not allowed (a price above 0)"},
        {{.bad = 8 + 3, .price = INFINITY},
         "paths/price: path 1, time 1, BTC: inf is not allowed (a price above 0)"},
        {{.bad = 40, .price = NAN},
         "paths/price: path 4, time 3, ETH: nan is not allowed (a price above 0)"},
    };
    char line[256];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_file(result_path("b.h5"), &bad[i].what);
        (void)snprintf(line, sizeof(line), "DIR/b.h5: %s", bad[i].line);
        expect_refusal(result_path("b.h5"), line);
    }
}

static void
not_prices(void **state)
{
    const hsize_t shape[2] = {5, 8};
    const double value[40] = {0};
    hid_t file;

    (void)state;
    result_spill(result_path("t.h5"), "time,BTC\n", 9);
    expect_refusal(result_path("t.h5"), "DIR/t.h5: not an HDF5 file, or damaged");
    expect_refusal(result_path("none.h5"), "DIR/none.h5: No such file or directory");
    file = H5Fcreate(result_path("t.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    (void)H5Gclose(H5Gcreate2(file, "paths", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    assert_true(H5LTmake_dataset_double(file, "paths/price", 2, shape, value) >= 0);
    assert_true(H5LTmake_dataset_string(file, "paths/text", "x") >= 0);
    assert_true(H5Fclose(file) >= 0);
    expect_refusal(result_path("t.h5"), "DIR/t.h5: paths/price: 2 axes (3)");
}

/* A result's own paths serve as given ones; its checksum is held against it. */
static void
paths_of_a_result(void **state)
{
    result_run run;
    rip_given given = {0};
    rip_error error = {0};
    unsigned char *data;
    size_t n = 0;
    const rip_given_frame frame = {
        .market = &market, .n_step = 4, .step_h = 1.0, .n_path = 70};

    (void)state;
    result_run_init(&run);
    result_write_well(&run, result_path("r.h5"));
    result_run_free(&run);
    assert_int_equal(rip_given_load(&given, result_path("r.h5"), &frame, &error),
                     RIP_OK);
    assert_int_equal(given.n_path, 70);
    assert_close(given.price[0], 52137.5, 0.0);
    rip_given_free(&given);
    data = result_slurp(result_path("r.h5"), &n);
    data[n - 7] ^= 1;
    result_spill(result_path("r.h5"), data, n);
    free(data);
    assert_int_equal(rip_given_load(&given, result_path("r.h5"), &frame, &error),
                     RIP_ERR_DATA);
    result_expect(&error, "DIR/r.h5: damaged or edited (checksum)");
    assert_int_equal(error.code, RIP_ERR_DATA);
    rip_error_free(&error);
    rip_given_free(&given);
}

/* HDF5 may crash on these, in its own process: here there is a line or good prices. */
static void
damaged(void **state)
{
    const layout good = {.symbol = {"ETH", "BTC"}, .chunk = 2};
    const rip_given_frame frame = frame_of(5);
    uint64_t random = 4242;
    size_t n = 0, refused = 0;
    unsigned char *data;

    (void)state;
    write_file(result_path("d.h5"), &good);
    data = result_slurp(result_path("d.h5"), &n);
    for (int i = 0; i < 400; i++) {
        rip_given given = {0};
        rip_error error = {0};
        unsigned char *bad = malloc(n);
        rip_status status;
        assert_non_null(bad);
        memcpy(bad, data, n);
        for (int k = 0; k < 1 + i % 4; k++) {
            bad[(size_t)((double)n * support_uniform(&random))] =
                (unsigned char)(256.0 * support_uniform(&random));
        }
        result_spill(result_path("d.h5"), bad, i % 5 == 0 ? n / 2 + (size_t)i : n);
        free(bad);
        status = rip_given_load(&given, result_path("d.h5"), &frame, &error);
        assert_true(status == RIP_OK || status == RIP_ERR_DATA);
        assert_int_equal(error.n_total, status == RIP_OK ? 0 : 1);
        refused += status != RIP_OK;
        rip_given_free(&given);
        rip_error_free(&error);
    }
    free(data);
    assert_true(refused > 80);
    /* no child is left */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
no_memory(void **state)
{
    const layout good = {.n_hour = 0};
    const rip_given_frame frame = frame_of(5);
    rip_status status = RIP_ERR_NO_MEMORY;

    (void)state;
    write_file(result_path("m.h5"), &good);
    for (long n = 0; status != RIP_OK; n++) {
        rip_given given = {0};
        rip_error error = {0};
        support_fail_allocation(n);
        status = rip_given_load(&given, result_path("m.h5"), &frame, &error);
        support_fail_allocation(-1);
        rip_given_free(&given);
        rip_error_free(&error);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY ||
                    status == RIP_ERR_DATA);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files),        cmocka_unit_test(other_numbers),
        cmocka_unit_test(many_paths),        cmocka_unit_test(bad_layouts),
        cmocka_unit_test(not_prices),        cmocka_unit_test(damaged),
        cmocka_unit_test(paths_of_a_result), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, result_begin, result_end);
}
