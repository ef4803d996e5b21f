/* Tables, bars and what a terminal is taken to show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "table.h"

static const terminal plain = {false, false};
static const terminal unicode = {false, true};

/* What is printed, to be freed. */
static char *
printed(const table *self, terminal look)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(table_print(self, out, look), RIP_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void
test_columns(void **state)
{
    table self;
    char *text;
    (void)state;
    table_init(&self, "lrL");
    table_line(&self, TABLE_BOLD,
               "a line of its own, wider than the table below it is");
    table_cell(&self, TABLE_PLAIN, "wiped out");
    table_cell(&self, TABLE_PLAIN, "%.2f", 12.34);
    table_cell(&self, TABLE_DIM,
               "(12.1\u2013"
               "12.6)");
    table_cell(&self, TABLE_PLAIN, "%s", "");
    table_cell(&self, TABLE_PLAIN, "1,234.50");
    table_cell(&self, TABLE_PLAIN, "%s", "");
    table_cell(&self, TABLE_PLAIN, "x");
    table_cell(&self, TABLE_PLAIN, "%s", "");
    table_cell(&self, TABLE_BAR, "\u00b1 7");
    text = printed(&self, unicode);
    assert_string_equal(text, "a line of its own, wider than the table below it is\n"
                              "wiped out     12.34 (12.1\u2013"
                              "12.6)\n"
                              "           1,234.50\n"
                              "x                   \u00b1 7\n");
    free(text);
    table_free(&self);
}

static void
test_colours(void **state)
{
    const terminal look = {true, false};
    table self;
    char *text;
    (void)state;
    table_init(&self, "ll");
    table_cell(&self, TABLE_WARNING, "a");
    table_cell(&self, TABLE_PLAIN, "b");
    table_cell(&self, TABLE_BOLD, "%s", "");
    table_cell(&self, TABLE_BAR, "#");
    text = printed(&self, look);
    assert_string_equal(text, "\033[33ma\033[0m  b\n   \033[36m#\033[0m\n");
    free(text);
    table_free(&self);
}

static void
test_long_cells_are_cut_and_many_are_kept(void **state)
{
    table self;
    char *text, long_text[3 * TABLE_CELL];
    (void)state;
    memset(long_text, 'w', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    table_init(&self, "l");
    for (int i = 0; i < 1000; i++) {
        table_cell(&self, TABLE_PLAIN, "%s", i == 999 ? long_text : "y");
    }
    text = printed(&self, plain);
    assert_int_equal(strlen(text), 2 * 999 + TABLE_CELL);
    free(text);
    table_free(&self);
}

static void
test_no_memory(void **state)
{
    table self;
    (void)state;
    table_init(&self, "l");
    support_fail_allocation(0);
    table_cell(&self, TABLE_PLAIN, "lost");
    support_fail_allocation(-1);
    table_cell(&self, TABLE_PLAIN, "kept");
    assert_int_equal(table_print(&self, stdout, plain), RIP_ERR_NO_MEMORY);
    table_free(&self);
}

static void
test_bars(void **state)
{
    char text[TERMINAL_BAR_BYTES];
    (void)state;
    assert_string_equal(terminal_bar(plain, 1.0, text), "##########");
    assert_string_equal(terminal_bar(plain, 0.34, text), "###");
    assert_string_equal(terminal_bar(plain, 0.0, text), "");
    assert_string_equal(terminal_bar(unicode, 0.0, text), "");
    assert_string_equal(terminal_bar(unicode, (double)NAN, text), "");
    assert_string_equal(terminal_bar(unicode, 1e-9, text), "\u258f");
    assert_string_equal(terminal_bar(unicode, 0.25, text), "\u2588\u2588\u258c");
    assert_int_equal(terminal_width(terminal_bar(unicode, 1.0, text)), TERMINAL_BAR);
    assert_int_equal(terminal_width(terminal_bar(unicode, 1.7, text)), TERMINAL_BAR);
}

/* The first of LC_ALL, LC_CTYPE and LANG that is set decides; a file has no colours. */
static void
test_environment(void **state)
{
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    assert_int_equal(unsetenv("LC_ALL"), 0);
    assert_int_equal(unsetenv("LC_CTYPE"), 0);
    assert_int_equal(unsetenv("LANG"), 0);
    assert_false(terminal_of(file).unicode);
    assert_int_equal(setenv("LANG", "de_DE.utf8", 1), 0);
    assert_true(terminal_of(file).unicode);
    assert_int_equal(setenv("LC_ALL", "", 1), 0);
    assert_true(terminal_of(file).unicode);
    assert_int_equal(setenv("LC_ALL", "C", 1), 0);
    assert_false(terminal_of(file).unicode);
    assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
    assert_true(terminal_of(file).unicode);
    assert_false(terminal_of(file).colour);
    assert_int_equal(fclose(file), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_long_cells_are_cut_and_many_are_kept),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
