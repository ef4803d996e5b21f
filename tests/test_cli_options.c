/* Command lines: spellings, repeated options, refusals. */
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "support.h"

static const cli_option options[] = {
    {"-o", "FILE", "", 0},
    {"-s", "KEY=VALUE", "", CLI_OPTION_REPEATED},
    {"-j", "N", "", 0},
    {"--force", NULL, "", 0},
    {"--progress", "STYLE", "", 0},
    {"--shard", "I/N", NULL, CLI_OPTION_LATER},
    {NULL, NULL, NULL, 0},
};
static const cli_command command = {
    .name = "go", .operand = "CONFIG", .options = options};

#define MOST_ARGUMENTS 12

static rip_status
parse(cli_arguments *self, rip_error *error, char **argument)
{
    int n = 0;
    while (argument[n] != NULL) {
        n++;
    }
    return cli_options_parse(self, &command, n, argument, 2, error);
}

static void
test_spellings(void **state)
{
    char *table[][MOST_ARGUMENTS] = {
        {"riptide", "go", "c.yaml", "-j", "4", "--progress", "bar", NULL},
        {"riptide", "go", "-j4", "--progress=bar", "c.yaml", NULL},
        {"riptide", "go", "--progress", "bar", "-j4", "--", "c.yaml", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cli_arguments arguments = {0};
        rip_error error = {0};
        long count = 0;
        assert_int_equal(parse(&arguments, &error, table[i]), RIP_OK);
        assert_string_equal(arguments.operand, "c.yaml");
        assert_string_equal(cli_options_value(&arguments, "--progress"), "bar");
        assert_int_equal(cli_options_count(&arguments, "-j", 8, &count, &error),
                         RIP_OK);
        assert_int_equal(count, 4);
        assert_int_equal(cli_options_count(&arguments, "-j", 3, &count, &error),
                         RIP_ERR_CONFIG);
        assert_false(cli_options_has(&arguments, "--force"));
        assert_null(cli_options_value(&arguments, "-o"));
        cli_options_free(&arguments);
        rip_error_free(&error);
    }
}

static void
test_repeated(void **state)
{
    char *argument[] = {"riptide", "go", "-sa=1", "c", "-s", "-x", "--force", NULL};
    cli_arguments arguments = {0};
    rip_error error = {0};
    const char **value = NULL;
    size_t n = 0;
    (void)state;
    assert_int_equal(parse(&arguments, &error, argument), RIP_OK);
    assert_int_equal(cli_options_values(&arguments, "-s", &n, &value), RIP_OK);
    assert_int_equal(n, 2);
    assert_string_equal(value[0], "a=1");
    assert_string_equal(value[1], "-x"); /* a value may begin with a dash */
    free((void *)value);
    assert_true(cli_options_has(&arguments, "--force"));
    cli_options_free(&arguments);
}

static void
test_refusals(void **state)
{
    static const struct {
        char *argument[MOST_ARGUMENTS];
        size_t n_line;
        const char *first;
    } table[] = {
        {{"riptide", "go", NULL}, 1, "no CONFIG given"},
        {{"riptide", "go", "a", "b", NULL}, 1, "go: b: one CONFIG too many"},
        {{"riptide", "go", "a", "--forse", NULL},
         1,
         "--forse: unknown option (did you "
         "mean --force?)"},
        {{"riptide", "go", "a", "--zzz=1", NULL}, 1, "--zzz: unknown option (see"},
        {{"riptide", "go", "a", "-oa", "-o", "b", NULL}, 1, "-o: given twice"},
        {{"riptide", "go", "a", "--force=1", NULL}, 1, "--force: takes no value"},
        {{"riptide", "go", "a", "-s", NULL}, 1, "-s: needs a value (KEY=VALUE)"},
        {{"riptide", "go", "a", "--shard=0/2", NULL},
         1,
         "--shard: not in this version"},
        {{"riptide", "go", "-q", "--forse", "--shard", "1", NULL}, 3, "-q: unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cli_arguments arguments = {0};
        rip_error error = {0};
        assert_int_equal(
            parse(&arguments, &error, (char **)(uintptr_t)table[i].argument),
            RIP_ERR_CONFIG);
        assert_int_equal(error.n_line, table[i].n_line);
        assert_non_null(strstr(error.line[0], table[i].first));
        cli_options_free(&arguments);
        rip_error_free(&error);
    }
}

static void
test_help_wins(void **state)
{
    char *argument[] = {"riptide", "go", "--help", "--nonsense", NULL};
    char *after[] = {"riptide", "go", "--", "--help", NULL};
    cli_arguments arguments = {0};
    rip_error error = {0};
    (void)state;
    assert_int_equal(parse(&arguments, &error, argument), RIP_OK);
    assert_true(arguments.wants_help);
    cli_options_free(&arguments);
    assert_int_equal(parse(&arguments, &error, after), RIP_OK);
    assert_false(arguments.wants_help);
    assert_string_equal(arguments.operand, "--help");
    cli_options_free(&arguments);
}

static void
test_no_memory(void **state)
{
    char *argument[] = {"riptide", "go", "c", "-s", "a=1", NULL};
    cli_arguments arguments = {0};
    rip_error error = {0};
    (void)state;
    support_fail_allocation(0);
    assert_int_equal(parse(&arguments, &error, argument), RIP_ERR_NO_MEMORY);
    support_fail_allocation(-1);
    cli_options_free(&arguments);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings), cmocka_unit_test(test_repeated),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
