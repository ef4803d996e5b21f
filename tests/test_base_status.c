#include "support.h"

#include <string.h>

#include "riptide/base/error.h"
#include "riptide/base/mode.h"
#include "riptide/base/status.h"

static void
test_every_code_has_a_text(void **state)
{
    (void)state;
    for (int code = 0; code < RIP_N_STATUS; code++) {
        assert_non_null(rip_status_text((rip_status)code));
        for (int other = 0; other < code; other++) {
            assert_string_not_equal(rip_status_text((rip_status)code),
                                    rip_status_text((rip_status)other));
        }
    }
    assert_string_equal(rip_status_text(RIP_N_STATUS), "unknown status");
}

static void
test_error_list_keeps_order_and_first_code(void **state)
{
    rip_error error = {0};
    (void)state;
    assert_int_equal(rip_error_add(&error, RIP_ERR_CONFIG, "a:%d", 7), RIP_ERR_CONFIG);
    assert_int_equal(rip_error_add(&error, RIP_ERR_DATA, "b"), RIP_ERR_DATA);
    assert_int_equal(error.n_line, 2);
    assert_string_equal(error.line[0], "a:7");
    assert_string_equal(error.line[1], "b");
    assert_int_equal(error.code, RIP_ERR_CONFIG);
    rip_error_free(&error);
    assert_int_equal(error.n_total, 0);
}

static void
test_error_list_counts_beyond_its_room(void **state)
{
    rip_error error = {0};
    (void)state;
    for (int i = 0; i < RIP_ERROR_MAX_LINES + 5; i++) {
        (void)rip_error_add(&error, RIP_ERR_CONFIG, "line %d", i);
    }
    assert_int_equal(error.n_line, RIP_ERROR_MAX_LINES);
    assert_int_equal(error.n_total, RIP_ERROR_MAX_LINES + 5);
    rip_error_free(&error);
}

static void
test_error_list_survives_no_memory(void **state)
{
    rip_error error = {0};
    (void)state;
    for (long n = 0; n < 2; n++) {
        support_fail_allocation(n);
        (void)rip_error_add(&error, RIP_ERR_CONFIG, "lost");
        support_fail_allocation(-1);
    }
    assert_int_equal(error.n_total, 2);
    assert_int_equal(error.n_line, 0);
    rip_error_free(&error);
}

static void
test_names_are_those_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(rip_mode_name(RIP_MODE_PORTFOLIO), "portfolio");
    assert_string_equal(rip_mode_cause_name(RIP_CAUSE_GAP), "gap_through_bankruptcy");
    assert_string_equal(rip_mode_cause_name(RIP_CAUSE_SLIPPAGE), "slippage_and_impact");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_text),
        cmocka_unit_test(test_error_list_keeps_order_and_first_code),
        cmocka_unit_test(test_error_list_counts_beyond_its_room),
        cmocka_unit_test(test_error_list_survives_no_memory),
        cmocka_unit_test(test_names_are_those_of_the_contract),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
