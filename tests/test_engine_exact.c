#include "support.h"

#include "riptide/engine/exact.h"
#include "riptide/engine/fine.h"

/* style.md 3.7: nearest, ties to even, exact at the ends of the range. */
static void
test_round_is_nearest_even(void **state)
{
    (void)state;
    assert_int_equal(rip_exact_round(0.5), 0);
    assert_int_equal(rip_exact_round(1.5), 2);
    assert_int_equal(rip_exact_round(-2.5), -2);
    assert_int_equal(rip_exact_round(-0.75), -1);
    assert_int_equal(rip_exact_round(0x1p50 + 3.0), ((int64_t)1 << 50) + 3);
    assert_int_equal(rip_exact_round(-0x1p50 - 3.0), -((int64_t)1 << 50) - 3);
}

/* Raised integers may be added, subtracted and shifted before they are lowered. */
static void
test_raised_integers(void **state)
{
    const uint64_t half = 1 << 12;
    (void)state;
    assert_true(rip_exact_raised(0.0) == RIP_EXACT_RAISE);
    assert_true(rip_exact_raised(-52137.5) - rip_exact_raised(0.0127) ==
                (uint64_t)-52138);
    assert_true(((rip_exact_raised(-52137.5) + half) >> 13) - (RIP_EXACT_RAISE >> 13) ==
                (uint64_t)-6);
}

/* Ranges end at 2^51, on both sides or, of squares, above. */
static void
test_what_is_out_of_range_is_noticed(void **state)
{
    static const struct {
        double x;
        bool fits;
    } wanted[] = {
        {0.0, true},      {52137.5, true},   {0x1p51 - 1.0, true},
        {0x1p51, false},  {0x1p52, false},   {0x1p53 + 2.0, false},
        {0x1p900, false}, {INFINITY, false}, {NAN, false},
    };
    uint64_t below = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint64_t spoiled = 0;
        (void)rip_exact_round_checked(wanted[i].x, &spoiled);
        assert_true(rip_exact_is_sound(spoiled) == wanted[i].fits);
        assert_true(rip_exact_are_sound(rip_exact_raised(0.3) |
                                        rip_exact_raised(wanted[i].x)) ==
                    wanted[i].fits);
    }
    (void)rip_exact_round_checked(-0x1p51, &below);
    assert_true(rip_exact_is_sound(below));
    (void)rip_exact_round_checked(-0x1p51 - 2.0, &below);
    assert_false(rip_exact_is_sound(below));
    assert_true(rip_exact_are_sound(0));
}

static void
test_scale_is_the_next_power_of_two(void **state)
{
    (void)state;
    assert_true(rip_exact_scale(1.0) == 1.0);
    assert_true(rip_exact_scale(nextafter(1.0, 2.0)) == 2.0);
    assert_true(rip_exact_scale(52137.5) == 65536.0);
    assert_true(rip_exact_scale(0.3) == 0.5);
}

/* Sums carry across the low word and change sign. */
static void
test_sums_carry(void **state)
{
    rip_exact_sum sum = {UINT64_MAX, 0};
    rip_exact_sum other = {0, 0};
    (void)state;
    rip_exact_add(&sum, 1);
    assert_true(sum.low == 0 && sum.high == 1);
    rip_exact_add(&sum, -1);
    assert_true(sum.low == UINT64_MAX && sum.high == 0);
    rip_exact_add(&other, -5);
    assert_true(rip_exact_value(&other) == -5.0);
    rip_exact_merge(&other, &other);
    assert_true(rip_exact_value(&other) == -10.0);
    rip_exact_add_product(&other, UINT64_MAX, 2);
    assert_true(rip_exact_value(&other) == 0x1p65);
}

/* The order of additions never matters: a shuffled sum has the same bits. */
static void
test_order_does_not_matter(void **state)
{
    uint64_t seed = 7;
    double x[1000];
    rip_exact_sum forward = {0, 0}, backward = {0, 0};
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        x[i] = (support_uniform(&seed) - 0.5) * 0x1p49;
        rip_exact_add(&forward, rip_exact_round(x[i]));
    }
    for (size_t i = 1000; i-- > 0;) {
        rip_exact_add(&backward, rip_exact_round(x[i]));
    }
    assert_memory_equal(&forward, &backward, sizeof(forward));
}

/* The rounding error of a mean is below half a quantum. */
static void
test_mean_is_within_half_a_quantum(void **state)
{
    uint64_t seed = 11;
    rip_exact_sum sum = {0, 0};
    long double exact = 0.0L;
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        const double y = (support_uniform(&seed) - 0.5) * 3.7;
        exact += (long double)y;
        rip_exact_add(&sum, rip_exact_round(y * 0x1p40));
    }
    assert_near(rip_exact_value(&sum) * 0x1p-40 / 5000.0, (double)(exact / 5000.0L),
                0x1p-41);
}

static void
test_fine_places(void **state)
{
    const rip_fine_zone zone = {.begin = -3.0, .knee = 5.0, .end = 5.0};
    rip_fine_place place;
    (void)state;
    assert_int_equal(rip_fine_find(&zone, 16, -3.0000001, &place), RIP_FINE_BELOW);
    assert_int_equal(rip_fine_find(&zone, 16, 5.0, &place), RIP_FINE_ABOVE);
    assert_int_equal(rip_fine_find(&zone, 16, -3.0, &place), RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 0);
    assert_int_equal(place.inside, 0);
    assert_int_equal(rip_fine_find(&zone, 16, nextafter(5.0, 0.0), &place),
                     RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 15);
    assert_int_equal(place.inside, 0xFFFFF);
    assert_int_equal(rip_fine_find(&zone, 16, 0.25, &place), RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 6);
    assert_int_equal(place.inside, 0x80000);
}

/* An eighth of the bins lies beyond the knee. */
static void
test_fine_places_beyond_the_knee(void **state)
{
    const rip_fine_zone zone = {.begin = 0.0, .knee = 14.0, .end = 34.0};
    rip_fine_place place;
    (void)state;
    assert_int_equal(rip_fine_bins_below_knee(&zone, 16), 14);
    assert_int_equal(rip_fine_find(&zone, 16, 13.5, &place), RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 13);
    assert_int_equal(place.inside, 0x80000);
    assert_int_equal(rip_fine_find(&zone, 16, 14.0, &place), RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 14);
    assert_int_equal(place.inside, 0);
    assert_int_equal(rip_fine_find(&zone, 16, 29.0, &place), RIP_FINE_INSIDE);
    assert_int_equal(place.bin, 15);
    assert_int_equal(place.inside, 0x80000);
    assert_int_equal(rip_fine_find(&zone, 16, 34.0, &place), RIP_FINE_ABOVE);
    assert_true(rip_fine_edge(&zone, 16, 13) == 13.0);
    assert_true(rip_fine_edge(&zone, 16, 15) == 24.0);
    assert_true(rip_fine_edge(&zone, 16, 16) == 34.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_is_nearest_even),
        cmocka_unit_test(test_raised_integers),
        cmocka_unit_test(test_what_is_out_of_range_is_noticed),
        cmocka_unit_test(test_scale_is_the_next_power_of_two),
        cmocka_unit_test(test_sums_carry),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_mean_is_within_half_a_quantum),
        cmocka_unit_test(test_fine_places),
        cmocka_unit_test(test_fine_places_beyond_the_knee),
    };
    return cmocka_run_group_tests_name("engine/exact", tests, NULL, NULL);
}
