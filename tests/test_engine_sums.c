/* Sums by batch of a run so long that they are rounded (engine/sums.h). */
#include "support.h"

#include "engine_wild.h"
#include "riptide/engine/engine.h"
#include "riptide/engine/sums.h"

#define COARSE 0x1p14 /* quanta of a batch's unit, of 2^32 - 1 paths */

/* Losses are rounded to the nearest unit, half of the time up: 128 roundings (of the
   held account and the mode) come to 128^(1/2) / 12^(1/2) units at one standard
   deviation. */
static void
test_long_runs_round_to_the_nearest(void **state)
{
    const rip_engine_options options = {.n_thread = 1, .screen = true};
    const double most = 5.0 * sqrt(128.0 / 12.0);
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        rip_run run;
        rip_engine *engine;
        const rip_accumulator *sums;
        const rip_exact_sum *loss;
        const uint64_t *batch;
        size_t n_row;
        fixture_wild_run(&run, seed);
        run.spec.paths = UINT32_MAX;
        run.outputs.keep_paths = 0;
        assert_int_equal(rip_engine_begin(&engine, &run, &options), RIP_OK);
        assert_int_equal(rip_engine_advance(engine, 0, 1), RIP_OK);
        sums = rip_engine_sums(engine);
        loss = rip_accumulator_find(sums, "loss_sum")->data;
        batch = rip_accumulator_find(sums, "loss_batch")->data;
        n_row = rip_accumulator_find(sums, "loss_sum")->n_element;
        for (size_t row = 0; row < n_row; row++) {
            int64_t coarse = 0;
            for (size_t b = 0; b < RIP_SUMS_BATCHES; b++) {
                coarse += (int64_t)batch[row * RIP_SUMS_BATCHES + b];
            }
            assert_true(fabs(rip_exact_value(&loss[row]) / COARSE - (double)coarse) <
                        most);
        }
        rip_engine_free(engine);
        rip_run_free(&run);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_runs_round_to_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
