#include "support.h"

#include "riptide/random/stream.h"

static void
assert_words(rip_stream_words got, const uint32_t want[4])
{
    assert_memory_equal(got.word, want, 4 * sizeof(*want));
}

/* Known answers of philox4x32-10 that its authors publish with Random123 (kat_vectors).
 */
static void
test_published_vectors(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_words(rip_stream_philox(rows[i].counter, rows[i].key), rows[i].want);
    }
}

/* The address is for ever: these uniforms, as integers m of (m + 1/2) 2^-52, come from
   a separate program of a few lines. */
static void
test_addresses_are_a_promise(void **state)
{
    static const struct {
        uint64_t seed, k;
        uint32_t step;
        uint64_t path;
        rip_purpose purpose;
        uint32_t replicate;
        uint64_t want;
    } rows[] = {
        {0, 0, 0, 0, RIP_PURPOSE_SHOCK, 0, 0x6627e8d5e169c},
        {20251010, 0, 0, 0, RIP_PURPOSE_SHOCK, 0, 0xfa9128234d50f},
        {20251010, 5, 17, 123456, RIP_PURPOSE_MIXING, 0, 0x6ba3b24bb08e6},
        {20251010, 1, 17, 123456, RIP_PURPOSE_VOLATILITY, 0, 0xb90c93fc0e4fe},
        {1, 3, 0, 1999, RIP_PURPOSE_POPULATION, 0, 0x74dc34359a8bc},
        {0xfedcba9876543210, 0x100000007, 71, 0xffffffff, RIP_PURPOSE_RESIDUAL, 9,
         0xe5ea38b1c4391},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const double u =
            rip_stream_uniform(rows[i].seed, rows[i].k, rows[i].step, rows[i].path,
                               rows[i].purpose, rows[i].replicate);
        assert_close(u, ((double)rows[i].want + 0.5) * 0x1p-52, 0.0);
    }
    assert_int_equal(RIP_PURPOSE_SHOCK, 0);
    assert_int_equal(RIP_PURPOSE_MIXING, 1);
    assert_int_equal(RIP_PURPOSE_POPULATION, 2);
    assert_int_equal(RIP_PURPOSE_RESIDUAL, 3);
    assert_int_equal(RIP_PURPOSE_GSL, 4);
    assert_int_equal(RIP_PURPOSE_SWEEP, 5);
    assert_int_equal(RIP_PURPOSE_VOLATILITY, 6);
}

/* Every part of an address has its own place in the counter or the key. */
static void
test_place_of_each_part(void **state)
{
    const uint32_t counter[4] = {7, 71, 0xfffffffe, 3 | 9 << 8};
    const uint32_t key[2] = {0x76543210, 0xfedcba98};
    (void)state;
    assert_words(rip_stream_block(0xfedcba9876543210, 7, 71, 0xfffffffe,
                                  RIP_PURPOSE_RESIDUAL, 9),
                 rip_stream_philox(counter, key).word);
}

static void
test_a_block_is_two_uniforms(void **state)
{
    (void)state;
    for (uint64_t k = 0; k < 20; k++) {
        const rip_stream_words w =
            rip_stream_block(42, (uint32_t)(k / 2), 3, 1234, RIP_PURPOSE_SHOCK, 1);
        const size_t half = k % 2;
        assert_close(rip_stream_uniform(42, k, 3, 1234, RIP_PURPOSE_SHOCK, 1),
                     rip_stream_to_uniform(w.word[2 * half], w.word[2 * half + 1]),
                     0.0);
    }
}

/* Open at both ends, and 1 - u is exact, so mirrored numbers are mirrored exactly. */
static void
test_uniforms_are_open(void **state)
{
    uint64_t seed = 5;
    (void)state;
    assert_close(rip_stream_to_uniform(0, 0), 0x1p-53, 0.0);
    assert_close(rip_stream_to_uniform(0, 0xfff), 0x1p-53, 0.0);
    assert_close(rip_stream_to_uniform(0, 0x1000), 0x1.8p-52, 0.0);
    assert_close(rip_stream_to_uniform(0xffffffff, 0xffffffff), 1.0 - 0x1p-53, 0.0);
    assert_close(rip_stream_to_uniform(0x80000000, 0), 0.5 + 0x1p-53, 0.0);
    for (int i = 0; i < 10000; i++) {
        const uint32_t high = (uint32_t)(support_uniform(&seed) * 0x1p32);
        const uint32_t low = (uint32_t)(support_uniform(&seed) * 0x1p32);
        const double u = rip_stream_to_uniform(high, low);
        assert_true(u > 0.0 && u < 1.0);
        assert_close(rip_stream_to_uniform(~high, ~low), 1.0 - u, 0.0);
    }
}

enum { N = 200000, BINS = 256 };

/* Chi-square of BINS equal bins, and the correlation of pairs, of uniforms whose
   addresses differ in one part only. */
static void
check_sequence(double (*number)(uint32_t i))
{
    static uint32_t count[BINS];
    double product = 0.0, chi_square = 0.0;
    double before = number(N);
    for (size_t b = 0; b < BINS; b++) {
        count[b] = 0;
    }
    for (uint32_t i = 0; i < N; i++) {
        const double u = number(i);
        count[(size_t)(u * BINS)]++;
        product += 12.0 * (u - 0.5) * (before - 0.5);
        before = u;
    }
    for (size_t b = 0; b < BINS; b++) {
        const double excess = count[b] - (double)N / BINS;
        chi_square += excess * excess / ((double)N / BINS);
    }
    /* Chi-square of 255 degrees: mean 255, deviation 22.6. */
    assert_near(chi_square, BINS - 1.0, 4.5 * 22.6);
    assert_near(product / N, 0.0, 4.5 / 447.2);
}

static double
by_draw(uint32_t i)
{
    return rip_stream_uniform(11, i, 0, 0, RIP_PURPOSE_SHOCK, 0);
}

static double
by_step(uint32_t i)
{
    return rip_stream_uniform(11, 0, i, 0, RIP_PURPOSE_SHOCK, 0);
}

static double
by_path(uint32_t i)
{
    return rip_stream_uniform(11, 0, 0, i, RIP_PURPOSE_SHOCK, 0);
}

static double
by_replicate(uint32_t i)
{
    return rip_stream_uniform(11, 0, 0, 0, RIP_PURPOSE_SHOCK, i);
}

static double
by_seed(uint32_t i)
{
    return rip_stream_uniform(i, 0, 0, 0, RIP_PURPOSE_SHOCK, 0);
}

static double
by_upper_half_of_seed(uint32_t i)
{
    return rip_stream_uniform((uint64_t)i << 32, 0, 0, 0, RIP_PURPOSE_SHOCK, 0);
}

static void
test_neighbours_are_independent(void **state)
{
    (void)state;
    check_sequence(by_draw);
    check_sequence(by_step);
    check_sequence(by_path);
    check_sequence(by_replicate);
    check_sequence(by_seed);
    check_sequence(by_upper_half_of_seed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_addresses_are_a_promise),
        cmocka_unit_test(test_place_of_each_part),
        cmocka_unit_test(test_a_block_is_two_uniforms),
        cmocka_unit_test(test_uniforms_are_open),
        cmocka_unit_test(test_neighbours_are_independent),
    };
    return cmocka_run_group_tests_name("random_stream", tests, NULL, NULL);
}
