#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "engine_plain.h"
#include "engine_wild.h"
#include "riptide/engine/engine.h"

enum { N_RUN = 200 };

/* All sums of a run, with or without the screen. */
static rip_engine *
engine_of(const rip_run *run, bool screen)
{
    const rip_engine_options options = {.n_thread = 1, .screen = screen};
    rip_engine *engine;
    assert_int_equal(rip_engine_begin(&engine, run, &options), RIP_OK);
    assert_int_equal(rip_engine_advance(engine, 0, rip_engine_blocks(run)), RIP_OK);
    return engine;
}

/* The screen only decides what is evaluated, never what comes out: same bits. */
static void
test_screen_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_RUN; seed++) {
        rip_run run;
        rip_engine *fast, *slow;
        const rip_accumulator *a, *b;
        fixture_wild_run(&run, seed);
        fast = engine_of(&run, true);
        slow = engine_of(&run, false);
        a = rip_engine_sums(fast);
        b = rip_engine_sums(slow);
        for (size_t i = 0; i < a->n_section; i++) {
            const size_t bytes = a->section[i].n_element *
                                 rip_accumulator_element_size(a->section[i].type);
            if (memcmp(a->section[i].data, b->section[i].data, bytes) != 0) {
                fail_msg("seed %u: %s differs", (unsigned)seed, a->section[i].name);
            }
        }
        rip_engine_free(fast);
        rip_engine_free(slow);
        rip_run_free(&run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screen_changes_nothing),
    };
    return cmocka_run_group_tests_name("engine/screen", tests, NULL, NULL);
}
