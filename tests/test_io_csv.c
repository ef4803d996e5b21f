#include "support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/csv.h"
#include "riptide/io/sha256.h"

static rip_status
parse(rip_csv *csv, const char *text, rip_error *error)
{
    return rip_csv_parse(csv, "t.csv", text, strlen(text), error);
}

static void
test_fields_are_as_written(void **state)
{
    static const char *const want[3][3] = {
        {"id", "a,b", "Zürich"}, {"x\"y", "", " 7 "}, {"", "", "3"}};
    rip_csv csv;
    rip_error error = {0};
    (void)state;
    assert_int_equal(parse(&csv,
                           "\xef\xbb\xbfid,\"a,b\",Zürich\r\n\"x\"\"y\",\"\", 7 \n"
                           ",,3",
                           &error),
                     RIP_OK);
    assert_int_equal(csv.n_row, 3);
    assert_int_equal(csv.n_column, 3);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            assert_string_equal(rip_csv_text(&csv, i, j), want[i][j]);
        }
    }
    rip_csv_free(&csv);
    assert_int_equal(error.n_total, 0);
}

/* Editors and exports leave them. */
static void
test_empty_lines_at_the_end_are_skipped(void **state)
{
    static const char *const text[] = {"a,b\n1,2", "a,b\n1,2\n", "a,b\n1,2\n\n",
                                       "a,b\n1,2\r\n\r\n", "a,b\n1,2\n\n\r\n\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        rip_csv csv;
        rip_error error = {0};
        assert_int_equal(parse(&csv, text[i], &error), RIP_OK);
        assert_int_equal(csv.n_row, 2);
        assert_string_equal(rip_csv_text(&csv, 1, 1), "2");
        rip_csv_free(&csv);
        assert_int_equal(error.n_total, 0);
    }
}

/* Columns count characters, quotes included, so that an editor finds them. */
static void
test_places_count_characters(void **state)
{
    rip_csv csv;
    rip_error error = {0};
    (void)state;
    assert_int_equal(parse(&csv, "é,\"q\"\"ü\",c\n\"\",1,2\n", &error), RIP_OK);
    assert_int_equal(rip_csv_report(&csv, 0, 2, &error, "here %d", 7), RIP_ERR_DATA);
    (void)rip_csv_report(&csv, 1, 1, &error, "there");
    (void)rip_csv_report(&csv, 1, 3, &error, "the row");
    assert_string_equal(error.line[0], "t.csv:1:10: here 7");
    assert_string_equal(error.line[1], "t.csv:2:4: there");
    assert_string_equal(error.line[2], "t.csv:2:1: the row");
    rip_csv_free(&csv);
    rip_error_free(&error);
}

static void
test_broken_files_are_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } broken[] = {
        {"", "t.csv:1:1: the file is empty"},
        {"\xef\xbb\xbf", "t.csv:1:1: the file is empty"},
        {"\n", "t.csv:1:1: an empty line"},
        {"\n\n", "t.csv:1:1: an empty line"},
        {"\na,b\n\n", "t.csv:1:1: an empty line"},
        {"a,b\n \n", "t.csv:2:2: too few fields (2, as in the first row)"},
        {"a,b\n1,2\n\r\n3,4\n", "t.csv:3:1: an empty line"},
        {"a,b\n1\n", "t.csv:2:2: too few fields (2, as in the first row)"},
        {"a,b\n1,2,3\n", "t.csv:2:5: too many fields (2, as in the first row)"},
        {"a,b\n1,2,\n", "t.csv:2:5: too many fields (2, as in the first row)"},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m\n1\n",
         "t.csv:2:2: too few fields (13, as in the first row)"},
        {"a\tb\n", "t.csv:1:2: a control byte (0x09)"},
        {"a\rb\n", "t.csv:1:2: a control byte (0x0d)"},
        {"é,\x7f\n", "t.csv:1:3: a control byte (0x7f)"},
        {"a,\"b\nc\"\n", "t.csv:1:3: a quote that is not closed on its line"},
        {"a,\"\n", "t.csv:1:3: a quote that is not closed on its line"},
        {"a,\"b\"c\n", "t.csv:1:3: text after the closing quote"},
        {"a,b\"c\"\n",
         "t.csv:1:3: a quote inside a field that does not begin with one"},
        {"a,\xff\n", "t.csv:1:3: a byte that is not UTF-8"},
        {"a,\xc3\n", "t.csv:1:3: a byte that is not UTF-8"},             /* cut short */
        {"a,\xc0\xaf\n", "t.csv:1:3: a byte that is not UTF-8"},         /* overlong */
        {"a,\xe0\x80\xaf\n", "t.csv:1:3: a byte that is not UTF-8"},     /* overlong */
        {"a,\xed\xa0\x80\n", "t.csv:1:3: a byte that is not UTF-8"},     /* surrogate */
        {"a,\xf4\x90\x80\x80\n", "t.csv:1:3: a byte that is not UTF-8"}, /* 0x110000 */
        {"a,\xf5\x80\x80\x80\n", "t.csv:1:3: a byte that is not UTF-8"},
        {"a,\xe2(\xa1\n", "t.csv:1:3: a byte that is not UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        rip_csv csv;
        rip_error error = {0};
        assert_int_equal(parse(&csv, broken[i].text, &error), RIP_ERR_DATA);
        assert_int_equal(error.code, RIP_ERR_DATA);
        assert_string_equal(error.line[0], broken[i].message);
        rip_csv_free(&csv);
        rip_error_free(&error);
    }
}

/* All problems in one go, as many lines as have one. */
static void
test_every_broken_line_is_said(void **state)
{
    rip_csv csv;
    rip_error error = {0};
    (void)state;
    assert_int_equal(parse(&csv, "a,b\n1\n2,3\n4,5,6\n\"\n", &error), RIP_ERR_DATA);
    assert_int_equal(error.n_total, 3);
    assert_string_equal(error.line[1],
                        "t.csv:4:5: too many fields (2, as in the first row)");
    assert_string_equal(error.line[2],
                        "t.csv:5:1: a quote that is not closed on its line");
    rip_csv_free(&csv);
    rip_error_free(&error);
}

static void
test_nul_is_a_control_byte(void **state)
{
    rip_csv csv;
    rip_error error = {0};
    (void)state;
    assert_int_equal(rip_csv_parse(&csv, "t.csv", "a,b\0c\n", 6, &error), RIP_ERR_DATA);
    assert_string_equal(error.line[0], "t.csv:1:4: a control byte (0x00)");
    rip_csv_free(&csv);
    rip_error_free(&error);
}

static void
test_limits(void **state)
{
    static char text[3 * RIP_CSV_MAX_COLUMNS];
    rip_csv csv;
    rip_error error = {0};
    (void)state;
    memset(text, 'x', RIP_CSV_MAX_FIELD);
    assert_int_equal(parse(&csv, text, &error), RIP_OK);
    rip_csv_free(&csv);
    memset(text, 'x', RIP_CSV_MAX_FIELD + 1);
    assert_int_equal(parse(&csv, text, &error), RIP_ERR_DATA);
    assert_string_equal(error.line[0], "t.csv:1:1: a field of 1001 bytes (at most "
                                       "1000)");
    rip_csv_free(&csv);
    memset(text, ',', RIP_CSV_MAX_COLUMNS - 1);
    text[RIP_CSV_MAX_COLUMNS - 1] = '\0';
    assert_int_equal(parse(&csv, text, &error), RIP_OK);
    rip_csv_free(&csv);
    text[RIP_CSV_MAX_COLUMNS - 1] = ',';
    assert_int_equal(parse(&csv, text, &error), RIP_ERR_DATA);
    assert_string_equal(error.line[1], "t.csv:1:1: 10001 fields (at most 10000)");
    rip_csv_free(&csv);
    rip_error_free(&error);
}

static void
test_no_memory(void **state)
{
    rip_csv csv;
    rip_error error = {0};
    long n = 0;
    (void)state;
    for (rip_status status = RIP_ERR_NO_MEMORY; status != RIP_OK; n++) {
        support_fail_allocation(n);
        status = parse(&csv, "a,b\n1,2\n", &error);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_csv_free(&csv);
    }
    assert_true(n >= 3);
    assert_int_equal(error.n_total, 0);
}

static void
test_numbers(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0.0},    {"-12.5", -12.5}, {"+.5", 0.5},          {"5.", 5.0},
                {"1e3", 1e3},  {"2E-2", 0.02},   {"0.08333", 0.08333},  {"007", 7.0},
                {"1e+2", 1e2}, {"-0", -0.0},     {"4.9e-324", 4.9e-324}};
    static const char *const bad[] = {
        "",   " 1", "1 ", "nan", "NaN", "inf", "-inf", "0x1",   "1e",    "1e+",
        "e5", ".",  "+",  "1,5", "1_0", "1d",  "--1",  "1e999", "1.5.2", "1e5.0"};
    double value = 42.0;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(rip_csv_is_number(good[i].text, &value));
        assert_memory_equal(&value, &good[i].value, sizeof(value));
    }
    value = 42.0;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(rip_csv_is_number(bad[i], &value));
        assert_true(value == 42.0);
    }
}

/* A decimal comma of the user's language must not change what a file says. Skipped
   where no such locale is installed. */
static void
test_numbers_know_no_locale(void **state)
{
    double value = 0.0;
    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        skip();
    }
    assert_true(rip_csv_is_number("1.25", &value));
    (void)setlocale(LC_ALL, "C");
    assert_true(value == 1.25);
}

/* FIPS 180-4 examples as published by NIST (SHA256.pdf, and the long message of the
   Secure Hash Standard's first edition). */
static void
test_sha256_vectors(void **state)
{
    static const struct {
        const char *text;
        size_t times;
        const char *hex;
    } vector[] = {
        {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmn"
         "opqklmnopqrlmnopqrsmnopqrstnopqrstu",
         1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"a", 1000000,
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
        rip_sha256 digest;
        char hex[RIP_SHA256_HEX];
        rip_sha256_begin(&digest);
        for (size_t k = 0; k < vector[i].times; k++) {
            rip_sha256_add(&digest, vector[i].text, strlen(vector[i].text));
        }
        rip_sha256_end(&digest, hex);
        assert_string_equal(hex, vector[i].hex);
    }
}

/* However a text is cut into pieces, its digest is the same; lengths around a block. */
static void
test_sha256_does_not_see_pieces(void **state)
{
    char text[150];
    (void)state;
    memset(text, 'r', sizeof(text));
    for (size_t length = 50; length < sizeof(text); length++) {
        char whole[RIP_SHA256_HEX], pieces[RIP_SHA256_HEX];
        rip_sha256 digest;
        rip_sha256_begin(&digest);
        rip_sha256_add(&digest, text, length);
        rip_sha256_end(&digest, whole);
        rip_sha256_begin(&digest);
        for (size_t at = 0; at < length; at += 7) {
            rip_sha256_add(&digest, text + at, length - at < 7 ? length - at : 7);
        }
        rip_sha256_end(&digest, pieces);
        assert_string_equal(whole, pieces);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_as_written),
        cmocka_unit_test(test_empty_lines_at_the_end_are_skipped),
        cmocka_unit_test(test_places_count_characters),
        cmocka_unit_test(test_broken_files_are_refused),
        cmocka_unit_test(test_every_broken_line_is_said),
        cmocka_unit_test(test_nul_is_a_control_byte),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_know_no_locale),
        cmocka_unit_test(test_sha256_vectors),
        cmocka_unit_test(test_sha256_does_not_see_pieces),
    };
    return cmocka_run_group_tests_name("io_csv", tests, NULL, NULL);
}
