/* Counts, money, prices, sizes and times as people read them. */
#include <math.h>
#include <string.h>

#include "figures.h"
#include "support.h"

static char text[FIGURES_TEXT];

static void
test_count(void **state)
{
    static const struct {
        uint64_t value;
        const char *want;
    } table[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {52137, "52,137"},
        {1234567, "1,234,567"},
        {UINT64_MAX, "18,446,744,073,709,551,615"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_string_equal(figures_count(table[i].value, text), table[i].want);
    }
}

static void
test_money(void **state)
{
    static const struct {
        double value;
        const char *want;
    } table[] = {
        {0.0, "0.00"},
        {-0.004, "0.00"},
        {-0.006, "-0.01"},
        {-1234.506, "-1,234.51"},
        {999.994, "999.99"},
        {999.996, "1,000.00"},
        {1234567890.125, "1,234,567,890.12"},
        {-999999999999999.0, "-999,999,999,999,999.00"},
        {3e20, "3e+20"},
        {(double)INFINITY, "inf"},
        {(double)NAN, "nan"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_string_equal(figures_money(table[i].value, text), table[i].want);
    }
    assert_string_equal(figures_decimal(-52137.5, 0, text), "-52,138");
    assert_string_equal(figures_decimal(0.0127, 3, text), "0.013");
    assert_string_equal(figures_decimal(-0.4, 0, text), "0");
    /* Nothing is written past the space that is promised. */
    assert_true(strlen(figures_money(-999999999999999.0, text)) < FIGURES_TEXT);
}

static void
test_price(void **state)
{
    static const struct {
        double value;
        const char *want;
    } table[] = {
        {52137.5, "52,137.50"},   {9999.5, "9,999.50"},  {2013.7, "2,013.70"},
        {131.2746, "131.275"},    {13.12746, "13.1275"}, {0.731, "0.731000"},
        {0.0127123, "0.0127123"}, {-0.5, "-0.500000"},   {0.0, "0.00"},
        {1e-9, "1e-09"},          {2e15, "2e+15"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_string_equal(figures_price(table[i].value, text), table[i].want);
    }
}

static void
test_bytes_and_times(void **state)
{
    (void)state;
    assert_string_equal(figures_bytes(0.0, text), "0 bytes");
    assert_string_equal(figures_bytes(1023.0, text), "1023 bytes");
    assert_string_equal(figures_bytes(1536.0, text), "1.5 KiB");
    assert_string_equal(figures_bytes(412.0 * 1048576.0, text), "412 MiB");
    assert_string_equal(figures_bytes(1e30, text), "888178419700125 PiB");
    assert_string_equal(figures_time(0.4, text), "0:00");
    assert_string_equal(figures_time(75.0, text), "1:15");
    assert_string_equal(figures_time(3599.6, text), "1:00:00");
    assert_string_equal(figures_time(3661.0, text), "1:01:01");
    assert_string_equal(figures_time(1e300, text), "277777:46:40");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_price),
        cmocka_unit_test(test_bytes_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
