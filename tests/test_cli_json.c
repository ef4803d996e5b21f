/* The JSON writer: shape, escapes, numbers that read back to the same bits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "support.h"

static char *text;
static size_t size;

static json
begin(void)
{
    json out = {.out = open_memstream(&text, &size)};
    assert_non_null(out.out);
    return out;
}

static void
ends_as(json *out, const char *want)
{
    json_end(out);
    assert_int_equal(fclose(out->out), 0);
    assert_string_equal(text, want);
    free(text);
}

static void
test_shape(void **state)
{
    json out = begin();
    (void)state;
    json_begin_list(&out);
    json_begin_object(&out);
    json_key(&out, "a");
    json_number(&out, 0.1);
    json_key(&out, "empty");
    json_begin_list(&out);
    json_end_list(&out);
    json_key(&out, "none");
    json_begin_object(&out);
    json_end_object(&out);
    json_key(&out, "b");
    json_begin_list(&out);
    json_count(&out, UINT64_MAX);
    json_bool(&out, true);
    json_null(&out);
    json_end_list(&out);
    json_end_object(&out);
    json_begin_object(&out);
    json_end_object(&out);
    json_end_list(&out);
    ends_as(&out, "[\n"
                  "  {\n"
                  "    \"a\": 0.1,\n"
                  "    \"empty\": [],\n"
                  "    \"none\": {},\n"
                  "    \"b\": [\n"
                  "      18446744073709551615,\n"
                  "      true,\n"
                  "      null\n"
                  "    ]\n"
                  "  },\n"
                  "  {}\n"
                  "]\n");
}

static void
test_scalars_alone(void **state)
{
    json out = begin();
    (void)state;
    json_string(&out, "x");
    ends_as(&out, "\"x\"\n");
    out = begin();
    json_string(&out, NULL);
    ends_as(&out, "null\n");
    out = begin();
    json_number(&out, -(double)INFINITY);
    ends_as(&out, "null\n");
    out = begin();
    json_number(&out, (double)NAN);
    ends_as(&out, "null\n");
}

static void
test_strings(void **state)
{
    /* RFC 8259 section 7; UTF-8 as in RFC 3629 section 4. */
    static const struct {
        const char *text, *want;
    } table[] = {
        {"a\"b\\c/", "\"a\\\"b\\\\c/\"\n"},
        {"\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"\n"},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\n"},
        {"\xff"
         "a",
         "\"\\ufffda\"\n"},
        {"\xc3", "\"\\ufffd\"\n"},                       /* cut short */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\"\n"},            /* overlong */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n"}, /* a surrogate */
        {"\xe2\x82", "\"\\ufffd\\ufffd\"\n"},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        json out = begin();
        json_string(&out, table[i].text);
        ends_as(&out, table[i].want);
    }
}

static void
test_numbers_read_back(void **state)
{
    uint64_t seed = 20251010;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits;
        double value;
        json out = begin();
        (void)support_uniform(&seed);
        bits = seed * UINT64_C(0x9E3779B97F4A7C15);
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value)) {
            value = (double)bits;
        }
        json_number(&out, value);
        json_end(&out);
        assert_int_equal(fclose(out.out), 0);
        const double back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof(value));
        /* A number of JSON: no leading point, plus or word. */
        assert_non_null(strchr("-0123456789", text[0]));
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),
        cmocka_unit_test(test_scalars_alone),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
