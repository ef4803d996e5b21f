/* The list of everything a result contains. */
#include "support.h"

#include <string.h>

#include "riptide/engine/output.h"

static void
test_every_entry_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        assert_true(strlen(output->name) > 0 && strlen(output->doc) > 0);
        assert_true(strcmp(output->unit, "1") == 0 ||
                    strcmp(output->unit, "USD") == 0 || strcmp(output->unit, "h") == 0);
        assert_in_range(output->n_dim, 1, RIP_OUTPUT_MAX_DIM);
        for (size_t k = 0; k < output->n_dim; k++) {
            assert_true(output->dim[k] < RIP_N_DIM);
        }
    }
}

static void
test_names_are_found_and_appear_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < rip_output_count(); i++) {
        const rip_output *output = rip_output_at(i);
        assert_int_equal(rip_output_find(output->group, output->name), i);
    }
    assert_int_equal(rip_output_find("", "value_at_rsk"), rip_output_count());
    assert_int_equal(rip_output_find("batches", "mean_loss"), rip_output_count());
}

/* An axis has the name of the contract, and no two have the same. */
static void
test_names_of_axes(void **state)
{
    (void)state;
    assert_string_equal(rip_output_dim_name(RIP_DIM_MODE), "mode");
    assert_string_equal(rip_output_dim_name(RIP_DIM_OTHER_MODE), "other_mode");
    assert_string_equal(rip_output_dim_name(RIP_DIM_LOSS_BIN), "loss_bin");
    assert_string_equal(rip_output_dim_name(RIP_DIM_PATH), "path");
    for (size_t a = 0; a < RIP_N_DIM; a++) {
        for (size_t b = 0; b < a; b++) {
            assert_string_not_equal(rip_output_dim_name((rip_dim)a),
                                    rip_output_dim_name((rip_dim)b));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_entry_is_described),
        cmocka_unit_test(test_names_are_found_and_appear_once),
        cmocka_unit_test(test_names_of_axes),
    };
    return cmocka_run_group_tests_name("engine/output", tests, NULL, NULL);
}
