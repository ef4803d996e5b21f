#include "config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The written configuration resolves to the same text: it is a fixed point. */
static void
assert_fixed_point(void)
{
    rip_config again;
    char *first = NULL, *second = NULL;

    assert_int_equal(rip_config_write(&config_made, &first), RIP_OK);
    config_must(
        rip_config_resolve(&again, "again", first, NULL, 0, NULL, &config_error));
    assert_int_equal(rip_config_write(&again, &second), RIP_OK);
    assert_string_equal(first, second);
    free(first);
    free(second);
    rip_config_free(&again);
}

/* Files of a test, in a folder of their own, from which the test reads them. */
static char folder[64], before[4096];

static void
write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

static int
setup_folder(void **state)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/riptide-test-XXXXXX");
    if (getcwd(before, sizeof(before)) == NULL || mkdtemp(folder) == NULL ||
        chdir(folder) != 0 || mkdir("sub", 0700) != 0) {
        return -1;
    }
    return config_begin(state);
}

static int
teardown_folder(void **state)
{
    char command[200];

    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    if (chdir(before) != 0 || system(command) != 0) {
        return -1;
    }
    return config_end(state);
}

static rip_status
load(const char *name)
{
    return rip_config_load(&config_made, name, 0, NULL, &config_error);
}

/* Included files come first, later keys win, and their paths are moved. */
static void
test_include(void **state)
{
    (void)state;
    write_file("sub/market.yaml", CONFIG_BASE "include: stress.yaml\n");
    write_file(
        "sub/stress.yaml",
        "market: {stress: {volatility: 2, correlation: {toward: m.csv, weight: 1}}}\n"
        "venue: ../venue.yaml\naccounts: {files: {accounts: a.csv, positions: "
        "/p.csv}}\n");
    write_file("venue.yaml",
               "base: flat\nname: mine\nfees: {taker: 0.001, liquidation: 0.002}\n");
    write_file("main.yaml", "include: [sub/market.yaml]\n"
                            "run: {paths: 7}\nvenue: {fees: {taker: 0.003}}\n"
                            "market: {stress: {volatility: 3}}\n");
    config_must(load("main.yaml"));
    assert_string_equal(config_text("run.paths"), "7");
    assert_string_equal(config_text("run.horizon"), "10h");
    assert_string_equal(config_text("market.stress.volatility"), "3");
    assert_string_equal(config_text("market.stress.correlation.toward"), "sub/m.csv");
    assert_string_equal(config_text("accounts.files.accounts"), "sub/a.csv");
    assert_string_equal(config_text("accounts.files.positions"), "/p.csv");
    assert_string_equal(config_text("venue.name"), "mine");
    assert_string_equal(config_text("venue.fees.taker"), "0.003");
    assert_string_equal(config_text("venue.fees.liquidation"), "0.002");
    assert_string_equal(config_text("venue.tiers.default.0.mmr"), "0.05");
    assert_string_equal(config_made.directory, ".");
    assert_fixed_point();
    rip_config_free(&config_made);
    /* From a main file elsewhere the same files are found. */
    write_file("sub/main.yaml",
               "include: market.yaml\nvenue: {fees: {taker: 0.004}}\n");
    config_must(load("sub/main.yaml"));
    assert_string_equal(config_made.directory, "sub");
    assert_string_equal(config_text("market.stress.correlation.toward"), "m.csv");
    assert_string_equal(config_text("venue.name"), "mine");
    assert_string_equal(config_text("venue.fees.taker"), "0.004");
}

/* Accounts of another form, and another venue, replace what was included. */
static void
test_include_replaces_what_it_excludes(void **state)
{
    (void)state;
    write_file("base.yaml", CONFIG_BASE CONFIG_VENUE CONFIG_ACCOUNTS
               "shocks: {model: student_t, dof: 5}\n");
    write_file("main.yaml", "include: base.yaml\naccounts: {generate: {count: 5}}\n"
                            "venue: flat\nshocks: {model: gaussian}\n");
    config_must(load("main.yaml"));
    assert_null(config_at("accounts.list"));
    assert_null(config_at("shocks.dof"));
    assert_string_equal(config_text("venue.name"), "flat");
    rip_config_free(&config_made);
    /* A map with a base is complete in itself. */
    write_file("base.yaml", CONFIG_BASE
               "venue: {base: flat, name: old, fees: {taker: 0.1}}\n" CONFIG_ACCOUNTS);
    write_file("main.yaml", "include: base.yaml\nvenue: {base: binance_usdm}\n");
    config_must(load("main.yaml"));
    assert_string_equal(config_text("venue.name"), "binance_usdm");
}

static void
assert_refused(const char *name, const char *want)
{
    assert_int_equal(load(name), RIP_ERR_CONFIG);
    assert_int_equal(config_error.n_line, 1);
    assert_string_equal(config_error.line[0], want);
    rip_config_free(&config_made);
    rip_error_free(&config_error);
}

static void
test_includes_that_are_refused(void **state)
{
    (void)state;
    write_file("self.yaml", "include: self.yaml\n");
    assert_refused("self.yaml", "self.yaml:1:1: include: self.yaml includes itself");
    write_file("a.yaml", "x: 1\ninclude: b.yaml\n");
    write_file("b.yaml", "include: [a.yaml]\n");
    assert_refused("a.yaml", "b.yaml:1:11: include: a.yaml includes itself");
    write_file("gone.yaml", "include: nowhere.yaml\n");
    assert_refused("gone.yaml", "gone.yaml:1:1: include: nowhere.yaml: No such file or "
                                "directory");
    write_file("list.yaml", "- 1\n");
    write_file("of_list.yaml", "include: list.yaml\n");
    assert_refused("of_list.yaml", "list.yaml:1:1: an included file is a map");
    write_file("map.yaml", "include: {a: b}\n");
    assert_refused("map.yaml", "map.yaml:1:1: include: not a file's name (a file or "
                               "a list of files)");
    /* Names that differ hide the circle; the depth does not. */
    write_file("deep.yaml", "include: ./sub/.././deep.yaml\n");
    assert_int_equal(load("deep.yaml"), RIP_ERR_CONFIG);
    assert_non_null(
        strstr(config_error.line[0], "too many files (at most 8 levels and 64 files)"));
}

static void
test_files_that_cannot_be_read(void **state)
{
    (void)state;
    assert_refused("absent.yaml", "absent.yaml: No such file or directory");
    assert_refused("sub", "sub: Is a directory");
    write_file("latin.yaml", "title: caf\xe9 au lait\n");
    assert_refused("latin.yaml", "latin.yaml:1:12: not valid YAML: invalid trailing "
                                 "UTF-8 octet");
    write_file("venue.yaml", CONFIG_BASE CONFIG_ACCOUNTS "venue: sub/none.yaml\n");
    assert_refused("venue.yaml",
                   "venue.yaml:8:1: venue: sub/none.yaml: No such file or "
                   "directory");
    write_file("based.yaml",
               CONFIG_BASE CONFIG_ACCOUNTS "venue: {base: sub/none.yaml}\n");
    assert_refused("based.yaml", "based.yaml:8:9: venue.base: sub/none.yaml: No such "
                                 "file or directory");
    write_file("loop.yaml", "base: ./loop.yaml\n");
    write_file("looping.yaml", CONFIG_BASE CONFIG_ACCOUNTS "venue: loop.yaml\n");
    assert_refused("looping.yaml",
                   "./loop.yaml:1:1: venue.base: bases without an end (at most 8)");
}

int
main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup_folder, teardown_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_include),
        TEST(test_include_replaces_what_it_excludes),
        TEST(test_includes_that_are_refused),
        TEST(test_files_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("io/config files", tests, NULL, NULL);
}
