#include "support.h"

#include <string.h>

#include "riptide/engine/accumulator.h"
#include "riptide/engine/exact.h"

static const rip_section TABLE[] = {
    {.name = "count", .doc = "c", .type = RIP_SECTION_COUNT32, .n_element = 5},
    {.name = "tally", .doc = "t", .type = RIP_SECTION_COUNT64, .n_element = 3},
    {.name = "sum", .doc = "s", .type = RIP_SECTION_SUM128, .n_element = 2},
    {.name = "edge", .doc = "e", .type = RIP_SECTION_FIXED64, .n_element = 2},
    {.name = "worst",
     .doc = "w",
     .type = RIP_SECTION_RANKED,
     .n_element = 6,
     .n_row = 2},
};

static void
fill(rip_accumulator *self, uint64_t seed)
{
    ((uint32_t *)self->section[0].data)[4] = (uint32_t)seed;
    ((uint64_t *)self->section[1].data)[1] = seed << 40;
    rip_exact_add((rip_exact_sum *)self->section[2].data + 1, -(int64_t)seed);
    ((double *)self->section[3].data)[0] = 0.0127;
    for (uint64_t k = 0; k < 3; k++) {
        rip_accumulator_rank(self->section[4].data, 3, seed * 10 + k, k);
    }
}

static void
test_sections_are_aligned_and_found(void **state)
{
    rip_accumulator a;
    (void)state;
    assert_int_equal(rip_accumulator_init(&a, 5, TABLE), RIP_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal((uintptr_t)a.section[i].data % 64, 0);
        assert_ptr_equal(rip_accumulator_find(&a, TABLE[i].name), &a.section[i]);
    }
    assert_null(rip_accumulator_find(&a, "counts"));
    /* 20, 24, 32, 16 and 96 bytes, each rounded up to 64 */
    assert_int_equal(a.size, 64 + 64 + 64 + 64 + 128);
    rip_accumulator_free(&a);
}

/* Adding is commutative and associative, ranked lists included. */
static void
test_add_has_no_order(void **state)
{
    rip_accumulator a[3], left, right;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rip_accumulator_init(&a[i], 5, TABLE), RIP_OK);
        fill(&a[i], 17 + 3 * i);
    }
    assert_int_equal(rip_accumulator_init(&left, 5, TABLE), RIP_OK);
    assert_int_equal(rip_accumulator_init(&right, 5, TABLE), RIP_OK);
    ((double *)left.section[3].data)[0] = 0.0127;
    ((double *)right.section[3].data)[0] = 0.0127;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rip_accumulator_add(&left, &a[i]), RIP_OK);
        assert_int_equal(rip_accumulator_add(&right, &a[2 - i]), RIP_OK);
    }
    assert_memory_equal(left.buffer, right.buffer, left.size);
    assert_int_equal(((uint32_t *)left.section[0].data)[4], 17 + 20 + 23);
    assert_true(rip_exact_value((rip_exact_sum *)left.section[2].data + 1) == -60.0);
    assert_int_equal(((rip_ranked *)left.section[4].data)[0].key, 232);
    for (size_t i = 0; i < 3; i++) {
        rip_accumulator_free(&a[i]);
    }
    rip_accumulator_free(&left);
    rip_accumulator_free(&right);
}

static void
test_add_refuses_another_run(void **state)
{
    rip_accumulator a, b;
    rip_section other[5];
    (void)state;
    memcpy(other, TABLE, sizeof(other));
    other[1].n_element = 4;
    assert_int_equal(rip_accumulator_init(&a, 5, TABLE), RIP_OK);
    assert_int_equal(rip_accumulator_init(&b, 5, other), RIP_OK);
    assert_int_equal(rip_accumulator_add(&a, &b), RIP_ERR_INVALID_ARGUMENT);
    rip_accumulator_free(&b);
    assert_int_equal(rip_accumulator_init(&b, 5, TABLE), RIP_OK);
    ((double *)b.section[3].data)[1] = 0.5;
    assert_int_equal(rip_accumulator_add(&a, &b), RIP_ERR_INVALID_ARGUMENT);
    rip_accumulator_free(&a);
    rip_accumulator_free(&b);
}

static void
test_ranked_keeps_the_largest_and_breaks_ties_by_path(void **state)
{
    rip_ranked list[3] = {{0, 0}};
    (void)state;
    rip_accumulator_rank(list, 3, 5, 9);
    rip_accumulator_rank(list, 3, 5, 2);
    rip_accumulator_rank(list, 3, 7, 4);
    rip_accumulator_rank(list, 3, 5, 3);
    rip_accumulator_rank(list, 3, 1, 1);
    assert_int_equal(list[0].path, 4);
    assert_int_equal(list[1].path, 2);
    assert_int_equal(list[2].path, 3);
}

static void
test_clear_keeps_fixed_values(void **state)
{
    rip_accumulator a;
    (void)state;
    assert_int_equal(rip_accumulator_init(&a, 5, TABLE), RIP_OK);
    fill(&a, 3);
    rip_accumulator_clear(&a);
    assert_int_equal(((uint32_t *)a.section[0].data)[4], 0);
    assert_true(((double *)a.section[3].data)[0] == 0.0127);
    rip_accumulator_free(&a);
}

static void
test_init_survives_no_memory(void **state)
{
    rip_accumulator a;
    (void)state;
    support_fail_allocation(0);
    assert_int_equal(rip_accumulator_init(&a, 5, TABLE), RIP_ERR_NO_MEMORY);
    support_fail_allocation(-1);
    rip_accumulator_free(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_are_aligned_and_found),
        cmocka_unit_test(test_add_has_no_order),
        cmocka_unit_test(test_add_refuses_another_run),
        cmocka_unit_test(test_ranked_keeps_the_largest_and_breaks_ties_by_path),
        cmocka_unit_test(test_clear_keeps_fixed_values),
        cmocka_unit_test(test_init_survives_no_memory),
    };
    return cmocka_run_group_tests_name("engine/accumulator", tests, NULL, NULL);
}
