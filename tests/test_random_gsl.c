#include "support.h"

#include <gsl/gsl_randist.h>

#include "riptide/random/gsl.h"

/* Words of the blocks 0, 1, 2, ... at the address, in order. */
static void
test_words_in_order(void **state)
{
    rip_gsl_state memory;
    gsl_rng rng = {.type = rip_gsl_philox, .state = &memory};
    (void)state;
    rip_gsl_seek(&rng, 20251010, 7, 4242, RIP_PURPOSE_MIXING, 3);
    for (uint32_t draw = 0; draw < 5; draw++) {
        const rip_stream_words want =
            rip_stream_block(20251010, draw, 7, 4242, RIP_PURPOSE_MIXING, 3);
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(gsl_rng_get(&rng), want.word[i]);
        }
    }
}

static void
test_uniforms_are_those_of_the_stream(void **state)
{
    rip_gsl_state memory;
    gsl_rng rng = {.type = rip_gsl_philox, .state = &memory};
    (void)state;
    rip_gsl_seek(&rng, 1, 0, 99, RIP_PURPOSE_GSL, 0);
    for (uint64_t k = 0; k < 11; k++) {
        assert_close(gsl_rng_uniform(&rng),
                     rip_stream_uniform(1, k, 0, 99, RIP_PURPOSE_GSL, 0), 0.0);
    }
}

/* As any generator of GSL: allocated, seeded, cloned, printed by name. */
static void
test_interface_of_gsl(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(rip_gsl_philox);
    (void)state;
    assert_non_null(rng);
    assert_string_equal(gsl_rng_name(rng), "philox4x32-10");
    assert_int_equal(gsl_rng_min(rng), 0);
    assert_int_equal(gsl_rng_max(rng), UINT32_MAX);
    gsl_rng_set(rng, 0x123456789abcdef);
    const rip_stream_words want =
        rip_stream_block(0x123456789abcdef, 0, 0, 0, RIP_PURPOSE_GSL, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gsl_rng_get(rng), want.word[i]);
    }
    gsl_rng *twin = gsl_rng_clone(rng);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(gsl_rng_uniform_int(rng, 1000000),
                         gsl_rng_uniform_int(twin, 1000000));
    }
    gsl_rng_free(twin);
    gsl_rng_free(rng);
}

/* A sampler that consumes an unknown number of words starts afresh where it is sent. */
static void
test_streams_do_not_depend_on_what_was_drawn_before(void **state)
{
    rip_gsl_state memory;
    gsl_rng rng = {.type = rip_gsl_philox, .state = &memory};
    double first[10];
    (void)state;
    rip_gsl_seek(&rng, 5, 0, 1, RIP_PURPOSE_GSL, 0);
    for (size_t i = 0; i < 10; i++) {
        first[i] = gsl_ran_chisq(&rng, 3.7);
    }
    for (int i = 0; i < 17; i++) {
        (void)gsl_ran_gaussian_ziggurat(&rng, 1.0);
    }
    rip_gsl_seek(&rng, 5, 0, 1, RIP_PURPOSE_GSL, 0);
    for (size_t i = 0; i < 10; i++) {
        assert_close(gsl_ran_chisq(&rng, 3.7), first[i], 0.0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_in_order),
        cmocka_unit_test(test_uniforms_are_those_of_the_stream),
        cmocka_unit_test(test_interface_of_gsl),
        cmocka_unit_test(test_streams_do_not_depend_on_what_was_drawn_before),
    };
    return cmocka_run_group_tests_name("random_gsl", tests, NULL, NULL);
}
