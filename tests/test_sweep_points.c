#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "riptide/random/stream.h"
#include "riptide/sweep/points.h"

/* One line of a configuration each, so that places are easy to read. */
#define CONFIG(sweep)                                                                  \
    "run: {seed: 5, paths: 100, horizon: 12h, step: 1h, modes: [isolated, cross]}\n"   \
    "market: {assets: [{symbol: BTC, price: 52137.5, volatility: 0.58}, "              \
    "{symbol: ETH, price: 2511.25, volatility: 0.78}], correlation: 0.8}\n"            \
    "venue: flat\n"                                                                    \
    "accounts: {generate: {count: 7, assets: {BTC: 1, ETH: 1}}}\n"                     \
    "sweep: " sweep "\n"

static rip_config config;
static rip_sweep_points points;
static rip_error error;
static char folder[64], file[96];

static int
setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/riptide-test-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(file, sizeof(file), "%s/c.yaml", folder);
    config = (rip_config){0};
    points = (rip_sweep_points){0};
    error = (rip_error){0};
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    rip_sweep_points_free(&points);
    rip_config_free(&config);
    rip_error_free(&error);
    (void)unlink(file);
    return rmdir(folder);
}

static void
must(rip_status status)
{
    if (status != RIP_OK || error.n_total > 0) {
        fail_msg("%s: %s", rip_status_text(status),
                 error.n_line > 0 ? error.line[0] : "");
    }
}

static void
write_config(const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

/* Reads the sweep of a configuration, which is written to the test's file. */
static rip_status
read_sweep(const char *text)
{
    rip_sweep_points_free(&points);
    rip_config_free(&config);
    rip_error_free(&error);
    write_config(text);
    must(rip_config_load(&config, file, 0, NULL, &error));
    return rip_sweep_points_init(&points, rip_node_find(config.document.root, "sweep"),
                                 &error);
}

static const char *
value(size_t point, const char *name)
{
    for (size_t j = 0; j < points.n_key; j++) {
        if (strcmp(points.key[j].name, name) == 0) {
            return rip_node_text(rip_sweep_points_value(&points, point, j), "");
        }
    }
    fail_msg("%s is not swept", name);
    return "";
}

/* The last key is the fastest: row-major, as the sweep file is. */
static void
test_grid(void **state)
{
    (void)state;
    must(read_sweep(CONFIG("{grid: {market.stress.correlation: [0, 0.25, 1e0], "
                           "run.paths: [7, 11]}}")));
    assert_true(points.is_grid);
    assert_false(points.has_baseline);
    assert_int_equal(points.n_point, 6);
    assert_int_equal(rip_sweep_points_dims(&points), 2);
    assert_int_equal(rip_sweep_points_length(&points, 0), 3);
    assert_int_equal(rip_sweep_points_length(&points, 1), 2);
    const char *correlation[] = {"0", "0", "0.25", "0.25", "1", "1"};
    const char *paths[] = {"7", "11", "7", "11", "7", "11"};
    for (size_t k = 0; k < 6; k++) {
        assert_string_equal(value(k, "market.stress.correlation"), correlation[k]);
        assert_string_equal(value(k, "run.paths"), paths[k]);
        assert_int_equal(rip_sweep_points_index(&points, k, 0), k / 2);
        assert_int_equal(rip_sweep_points_index(&points, k, 1), k % 2);
    }
}

/* A 64-bit seed is not rounded to a double; values of any kind are kept. */
static void
test_values(void **state)
{
    (void)state;
    must(read_sweep(CONFIG("{zip: {run.seed: [18446744073709551615, 3], venue: "
                           "[flat, binance_usdm], run.modes: [[cross], [isolated, "
                           "portfolio]], run.horizon: [90m, 3d]}}")));
    assert_int_equal(points.n_point, 2);
    assert_int_equal(rip_sweep_points_dims(&points), 1);
    assert_int_equal(rip_sweep_points_length(&points, 0), 2);
    assert_string_equal(value(0, "run.seed"), "18446744073709551615");
    assert_string_equal(value(1, "venue"), "binance_usdm");
    assert_string_equal(value(1, "run.horizon"), "3d");
    assert_int_equal(rip_sweep_points_value(&points, 1, 2)->n_child, 2);
}

static char *
resolved(const rip_config *self)
{
    char *text = NULL;

    assert_int_equal(rip_config_write(self, &text), RIP_OK);
    return text;
}

/* A point resolves to the text of a run with its values and without the sweep. */
static void
test_point_is_a_run(void **state)
{
    static const char *const values[] = {"run.paths=11", "venue=binance_usdm",
                                         "market.assets.ETH.volatility=0.9",
                                         "shocks={model: student_t, dof: 5}"};
    const char *const user[] = {"run.wipeout_threshold=0.0127"};
    const char *override[5] = {user[0]};
    rip_config point = {0}, run = {0};

    (void)state;
    must(read_sweep(CONFIG(
        "{grid: {run.paths: [7, 11], venue: [flat, binance_usdm], "
        "\"market.assets[1].volatility\": [0.9], shocks: [{model: gaussian}, {model: "
        "student_t, dof: 5}]}}")));
    must(rip_sweep_points_load(
        &points, 7, &point,
        &(rip_config_source){.file = file, .n_override = 1, .override = user}, &error));
    for (size_t i = 0; i < 4; i++) {
        override[i + 1] = values[i];
    }
    write_config(CONFIG("null"));
    must(rip_config_load(&run, file, 5, override, &error));
    char *a = resolved(&point), *b = resolved(&run);
    assert_string_equal(a, b);
    assert_null(strstr(a, "sweep"));
    assert_non_null(strstr(a, "wipeout_threshold: 0.0127"));
    assert_non_null(strstr(a, "student_t"));
    free(a);
    free(b);
    rip_config_free(&point);
    rip_config_free(&run);
}

/* Only the keys that the baseline names move to their value in it. */
static void
test_baseline_of_a_grid(void **state)
{
    (void)state;
    must(read_sweep(CONFIG("{grid: {run.paths: [7, 11], run.horizon: [1d, 2d, 3d], "
                           "run.seed: [1, 2]}, baseline: {run.horizon: 48h}}")));
    assert_true(points.has_baseline);
    const size_t want[] = {2, 3, 2, 3, 2, 3, 8, 9, 8, 9, 8, 9};
    for (size_t k = 0; k < 12; k++) {
        assert_int_equal(rip_sweep_points_baseline(&points, k), want[k]);
    }
    must(read_sweep(CONFIG("{grid: {run.paths: [7, 11], run.seed: [1, 2, 3]}, "
                           "baseline: {run.seed: 3, run.paths: 7}}")));
    for (size_t k = 0; k < 6; k++) {
        assert_int_equal(rip_sweep_points_baseline(&points, k), 2);
    }
}

/* Without dimensions of their own the keys together name one point. */
static void
test_baseline_of_a_zip(void **state)
{
    (void)state;
    must(read_sweep(CONFIG("{zip: {run.paths: [7, 11, 7], run.seed: [1, 1, 2]}, "
                           "baseline: {run.seed: 1, run.paths: 11.0}}")));
    assert_true(points.has_baseline);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(rip_sweep_points_baseline(&points, k), 1);
    }
}

/* Every key has one value in each of n equal parts of its range. */
static void
test_latin(void **state)
{
    bool taken[2][53] = {{false}};

    (void)state;
    must(
        read_sweep(CONFIG("{latin: {points: 53, seed: 9, ranges: {run.seed: [10, 115], "
                          "market.stress.volatility: [0.5, 2.75]}}}")));
    assert_int_equal(points.n_point, 53);
    assert_int_equal(rip_sweep_points_dims(&points), 1);
    for (size_t k = 0; k < 53; k++) {
        const double volatility = strtod(value(k, "market.stress.volatility"), NULL);
        const double seed = strtod(value(k, "run.seed"), NULL);
        assert_true(volatility > 0.5 && volatility < 2.75);
        taken[0][(size_t)((volatility - 0.5) / 2.25 * 53)] = true;
        assert_null(strchr(value(k, "run.seed"), '.'));
        /* 106 whole numbers, two to each part. */
        taken[1][(size_t)((seed - 10) / 2)] = true;
    }
    for (size_t k = 0; k < 53; k++) {
        assert_true(taken[0][k] && taken[1][k]);
    }
}

/* The numbers are those of the header: by address, so they never move. */
static void
test_latin_addresses(void **state)
{
    size_t order[7] = {0, 1, 2, 3, 4, 5, 6};

    (void)state;
    must(read_sweep(CONFIG("{latin: {points: 7, seed: 4, ranges: {run.seed: [0, 9], "
                           "market.stress.volatility: [1, 3]}}}")));
    for (size_t k = 6; k > 0; k--) {
        const double u = rip_stream_uniform(4, 2 * k, 1, 0, RIP_PURPOSE_SWEEP, 0);
        const size_t other = (size_t)(u * (double)(k + 1)), swapped = order[k];
        order[k] = order[other];
        order[other] = swapped;
    }
    for (size_t k = 0; k < 7; k++) {
        const double u = rip_stream_uniform(4, 2 * k + 1, 1, 0, RIP_PURPOSE_SWEEP, 0);
        assert_close(strtod(value(k, "market.stress.volatility"), NULL),
                     1.0 + 2.0 * ((double)order[k] + u) / 7.0, 1e-15);
    }
    /* Golden: made by this program, kept so that a sweep can be finished later. */
    assert_string_equal(value(0, "market.stress.volatility"), "2.0932881829105647");
    assert_string_equal(value(1, "run.seed"), "9");
}

/* Orders of keys differ, and another seed gives other points. */
static void
test_latin_keys_are_independent(void **state)
{
    size_t same = 0, kept = 0;
    char first[100][32];

    (void)state;
    must(read_sweep(CONFIG("{latin: {points: 100, ranges: {market.stress.volatility: "
                           "[0, 1], market.stress.correlation: [0, 1]}}}")));
    for (size_t k = 0; k < 100; k++) {
        const char *volatility = value(k, "market.stress.volatility");
        const char *correlation = value(k, "market.stress.correlation");
        (void)snprintf(first[k], sizeof(first[k]), "%s", volatility);
        same += (size_t)(100 * strtod(volatility, NULL)) ==
                (size_t)(100 * strtod(correlation, NULL));
    }
    /* Fixed points of a random order: Poisson of mean 1. */
    assert_true(same < 8);
    must(read_sweep(CONFIG("{latin: {points: 100, seed: 2, ranges: "
                           "{market.stress.volatility: [0, 1]}}}")));
    for (size_t k = 0; k < 100; k++) {
        kept += strcmp(first[k], value(k, "market.stress.volatility")) == 0;
    }
    assert_int_equal(kept, 0);
}

typedef struct bad_sweep {
    const char *sweep;
    const char *want; /* the first line, after the file's name */
} bad_sweep;

static const bad_sweep bad_sweeps[] = {
    {"{grid: {}}", ":5:9: sweep.grid: 0 keys are swept (1 to 16)"},
    {"{grid: {run.paths: [1, 2, 1.0]}}",
     ":5:34: sweep.grid.run.paths[2]: 1 is said at @:5:28 already (each value once)"},
    {"{grid: {run.horizon: [72h, 3d]}}",
     ":5:35: sweep.grid.run.horizon[1]: 259200000ms is said at @:5:30 already (each "
     "value once)"},
    {"{zip: {run.paths: [1, 2], run.seed: [1]}}",
     ":5:34: sweep.zip.run.seed: 1 values, but run.paths has 2 (lists of equal "
     "length)"},
    {"{grid: {venue.fees.taker: [0], venue: [flat]}}",
     ":5:39: sweep.grid.venue: replaces venue.fees.taker, which stands before it (the "
     "wider key first)"},
    {"{grid: {sweep.zip: [0]}}", ":5:16: sweep.grid.sweep.zip: cannot be swept"},
    {"{grid: {include: [a.yaml]}}", ":5:16: sweep.grid.include: cannot be swept"},
    {"{grid: {run.seed: [1, 2]}, baseline: {run.seed: 3}}",
     ":5:46: sweep.baseline.run.seed: not a value of the sweep (one of its 2 values)"},
    {"{grid: {run.seed: [1, 2]}, baseline: {run.paths: 3}}",
     ":5:46: sweep.baseline.run.paths: is not swept (one of the swept keys)"},
    {"{zip: {run.seed: [1, 1]}, baseline: {run.seed: 1}}",
     ":5:34: sweep.baseline: fits points 0 and 1 (exactly one)"},
    {"{zip: {run.seed: [1, 2]}, baseline: {run.seed: 4}}",
     ":5:34: sweep.baseline: fits no point (exactly one)"},
    {"{latin: {points: 2, ranges: {run.seed: [1, 2]}}, baseline: {run.seed: 1}}",
     ":5:57: sweep.baseline: a Latin hypercube has no point of given values (with grid "
     "or zip)"},
    {"{latin: {points: 2, ranges: {run.seed: [2, 2]}}}",
     ":5:37: sweep.latin.ranges.run.seed: 2 is not above 2 (low < high)"},
    {"{latin: {points: 2, ranges: {run.seed: [1, 2, 3]}}}",
     ":5:37: sweep.latin.ranges.run.seed: 3 numbers are not a range ([low, high])"},
    {"{latin: {points: 2, ranges: {run.seed: [0.5, 3]}}}",
     ":5:37: sweep.latin.ranges.run.seed: the key takes whole numbers (a range of "
     "whole numbers)"},
    {"{latin: {points: 2, ranges: {}}}",
     ":5:9: sweep.latin: 0 keys are swept (1 to 16)"},
};

/* want with the file's name before it and wherever @ stands. */
static void
place_lines(const char *want, char *line, size_t size)
{
    size_t n = (size_t)snprintf(line, size, "%s", file);

    for (; *want != '\0' && n + sizeof(file) < size; want++) {
        const char one[2] = {*want, '\0'};
        n += (size_t)snprintf(line + n, size - n, "%s", *want == '@' ? file : one);
    }
}

static void
test_bad_sweeps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_sweeps) / sizeof(bad_sweeps[0]); i++) {
        char text[2000], want[1000];
        (void)snprintf(text, sizeof(text), CONFIG("%s"), bad_sweeps[i].sweep);
        const rip_status status = read_sweep(text);
        if (status != RIP_ERR_CONFIG || error.n_line == 0) {
            fail_msg("%s is accepted", bad_sweeps[i].sweep);
        }
        place_lines(bad_sweeps[i].want, want, sizeof(want));
        assert_string_equal(error.line[0], want);
    }
}

/* What is wrong with a point is said where its value stands, and once. */
static void
test_check(void **state)
{
    const rip_config_source source = {.file = file};
    char want[300];

    (void)state;
    must(read_sweep(CONFIG("{grid: {run.wipeout_treshold: [1], run.paths: [5, 0], "
                           "run.horizon: [12h, 90m]}}")));
    assert_int_equal(rip_sweep_points_check(&points, &source, &error), RIP_ERR_CONFIG);
    assert_int_equal(error.n_total, 3);
    (void)snprintf(
        want, sizeof(want),
        "%s:5:39: run.wipeout_treshold: unknown key (did you mean wipeout_threshold?) "
        "[point 0 of the sweep: run.wipeout_treshold = 1, run.paths = 5, run.horizon = "
        "12h]",
        file);
    assert_string_equal(error.line[0], want);
    (void)snprintf(want, sizeof(want),
                   "%s:1:42: run.step: 1h does not divide the horizon (90m) [point 1 "
                   "of the sweep: "
                   "run.wipeout_treshold = 1, run.paths = 5, run.horizon = 90m]",
                   file);
    assert_string_equal(error.line[1], want);
    (void)snprintf(
        want, sizeof(want),
        "%s:5:58: run.paths: 0 is out of range (a whole number from 1 to "
        "4294967295) [point 2 of the sweep: run.wipeout_treshold = 1, run.paths = "
        "0, run.horizon = 12h]",
        file);
    assert_string_equal(error.line[2], want);
    must(read_sweep(CONFIG("{grid: {run.paths: [5, 6], run.horizon: [12h, 2h]}}")));
    assert_int_equal(rip_sweep_points_check(&points, &source, &error), RIP_OK);
    assert_int_equal(error.n_total, 0);
}

/* What only shows when the run is assembled is found too, at every point that has it.
 */
static void
test_check_assembles(void **state)
{
    const rip_config_source source = {.file = file};
    char want[400];

    (void)state;
    must(read_sweep(
        CONFIG("{grid: {run.initial_breach: [liquidate, error], "
               "accounts: [{list: [{id: a, balance: 1000, leverage: 500, "
               "positions: [{symbol: BTC, kind: linear_perp, quantity: "
               "0.01}]}]}, {files: {accounts: absent.csv, positions: p.csv}}]}}")));
    assert_int_equal(rip_sweep_points_check(&points, &source, &error), RIP_ERR_CONFIG);
    assert_int_equal(error.n_total, 3);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(want, sizeof(want),
                       "[point %zu of the sweep: run.initial_breach = liquidate, "
                       "accounts = %s",
                       i > 0 ? (size_t)1 : 0,
                       i == 0 ? "{list: [{id: a, "
                              : "{files: {accounts: absent.csv, positions: p.csv}}]");
        if (strstr(error.line[i], want) == NULL) {
            fail_msg("%s: not in %s", want, error.line[i]);
        }
    }
    assert_non_null(strstr(error.line[0], "leverage: 500 is above 20"));
    assert_non_null(strstr(error.line[1], "absent.csv: No such file or directory"));
    assert_non_null(strstr(error.line[2], "p.csv: No such file or directory"));
}

/* DEF-5: accounts that may not start in breach are looked for at every point. */
static void
test_check_breaches(void **state)
{
    const rip_config_source source = {.file = file};

    (void)state;
    must(read_sweep(CONFIG(
        "{grid: {run.initial_breach: [liquidate, error], accounts: [{list: [{id: a, "
        "balance: 1000, positions: [{symbol: BTC, kind: linear_perp, quantity: 0.01, "
        "entry: 151000, margin: 999}]}]}]}}")));
    assert_int_equal(rip_sweep_points_check(&points, &source, &error), RIP_ERR_CONFIG);
    assert_true(error.n_line > 0);
    assert_non_null(strstr(error.line[0], "account a starts in breach"));
    assert_non_null(
        strstr(error.line[0], "[point 1 of the sweep: run.initial_breach = error"));
}

/* Every allocation may fail without a leak or a crash. */
static void
test_no_memory(void **state)
{
    rip_status status = RIP_ERR_NO_MEMORY;
    long n = 0;

    (void)state;
    must(read_sweep(CONFIG("{grid: {run.paths: [5, 6], run.horizon: [12h, 2h]}, "
                           "baseline: {run.paths: 6}}")));
    const rip_node *sweep = rip_node_find(config.document.root, "sweep");
    for (; status == RIP_ERR_NO_MEMORY; n++) {
        rip_sweep_points_free(&points);
        support_fail_allocation(n);
        status = rip_sweep_points_init(&points, sweep, &error);
        support_fail_allocation(-1);
    }
    assert_int_equal(status, RIP_OK);
    assert_true(n > 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_point_is_a_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_baseline_of_a_grid, setup, teardown),
        cmocka_unit_test_setup_teardown(test_baseline_of_a_zip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_latin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_latin_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_latin_keys_are_independent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bad_sweeps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_assembles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_check_breaches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
