/* A block's extremes, index, funding range and path layout against plain loops. */
#include "support.h"

#include <stdlib.h>

#include "engine_fixture.h"
#include "riptide/engine/block.h"
#include "riptide/market/models.h"

typedef struct fixture {
    rip_run run;
    void *plan;
    rip_block block;
} fixture;

/* A number of steps that is not a multiple of the chunk. */
enum { N_STEP = 19, N_ASSET = 5, N_PATH = 64 * 3 + 17 };

static int
set_up(void **state)
{
    fixture *self = calloc(1, sizeof(*self));
    const rip_shock_model *model;
    assert_non_null(self);
    fixture_random_run(&self->run, 2, N_ASSET, N_STEP, 5.0, N_PATH);
    self->run.market.asset[2].funding_rate = -0.0004;
    model = rip_market_models_find(self->run.shock.kind, RIP_DRAWS_FAST);
    assert_int_equal(model->plan(&self->plan, &self->run.shock, &self->run.market,
                                 N_STEP, rip_run_step_years(&self->run)),
                     RIP_OK);
    assert_int_equal(rip_block_init(&self->block, &self->run, model, self->plan),
                     RIP_OK);
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    fixture *self = *state;
    self->block.model->free(self->plan);
    rip_block_free(&self->block);
    rip_run_free(&self->run);
    free(self);
    return 0;
}

/* Extreme of a lane with its start: lowest price, or lowest of minus the price. */
static double
extreme(const rip_block *block, size_t asset, size_t lane, double sign)
{
    double x = sign * block->run->market.asset[asset].price_usd;
    for (size_t t = 0; t < N_STEP; t++) {
        x = fmin(x, sign * rip_block_price(block, t, asset)[lane]);
    }
    return x;
}

/* Rounded outward, by less than a millionth. */
static void
test_extremes(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 1);
    for (size_t k = 0; k < 2 * N_ASSET * RIP_LANES; k++) {
        const size_t a = k / RIP_LANES % N_ASSET, i = k % RIP_LANES;
        const double want = extreme(block, a, i, k < N_ASSET * RIP_LANES ? 1.0 : -1.0);
        assert_true((double)block->extreme[k] < want);
        assert_close((double)block->extreme[k], want, 1e-6);
    }
}

static void
test_change_to_the_end(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 1);
    for (size_t k = 0; k < N_ASSET * RIP_LANES; k++) {
        assert_true(block->change[k] ==
                    rip_block_price(block, N_STEP - 1, k / RIP_LANES)[k % RIP_LANES] -
                        100.0);
    }
}

static void
test_highest_price_of_all_lanes(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    double peak = 0.0;
    rip_block_draw(block, 0);
    for (size_t a = 0; a < N_ASSET; a++) {
        double highest = 0.0;
        for (size_t i = 0; i < RIP_LANES; i++) {
            highest = fmax(highest, -extreme(block, a, i, -1.0));
        }
        assert_true(block->highest[a] == highest);
        peak = fmax(peak, highest / 100.0);
    }
    assert_true(block->peak == peak);
}

/* INS-3: the range holds every index of every step, and 0. */
static void
test_funding_range(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 2);
    for (size_t a = 0; a < N_ASSET; a++) {
        double low = 0.0, high = 0.0;
        for (size_t k = 0; k < N_STEP * RIP_LANES; k++) {
            const double x = block->funding[(k / RIP_LANES * N_ASSET + a) * RIP_LANES +
                                            k % RIP_LANES];
            low = fmin(low, x);
            high = fmax(high, x);
        }
        assert_true(block->funding_low[a] == low);
        assert_true(block->funding_high[a] == high);
    }
}

static void
test_index(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 1);
    for (size_t i = 0; i < RIP_LANES; i++) {
        double peak = 1.0, fall = 0.0, level = 1.0;
        for (size_t t = 0; t < N_STEP; t++) {
            level = 0.0;
            for (size_t a = 0; a < N_ASSET; a++) {
                level += rip_block_price(block, t, a)[i] / 100.0 / N_ASSET;
            }
            fall = fmax(fall, 1.0 - level / peak);
            peak = fmax(peak, level);
        }
        assert_near(block->index_drawdown[i], fall, 1e-14);
        assert_near(block->index_return[i], level - 1.0, 1e-14);
    }
}

static void
test_lanes_past_the_last_path_do_not_count(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 3);
    for (size_t i = 0; i < RIP_LANES; i++) {
        assert_int_equal(rip_block_unit(block, i), i < 17 ? 1 : 0);
    }
    assert_int_equal(block->lanes, ((uint64_t)1 << 17) - 1);
    rip_block_draw(block, 0);
    assert_int_equal(block->lanes, UINT64_MAX);
    assert_int_equal(rip_block_unit(block, 63), 1);
}

/* In single precision; the last price fills the row. */
static void
test_a_lane_is_laid_out_step_by_step(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 1);
    assert_int_equal(block->n_pad, (N_STEP + 7) / 8 * 8);
    for (size_t k = 0; k < N_ASSET * RIP_LANES; k++) {
        const size_t lane = k / N_ASSET, a = k % N_ASSET;
        const float *row = rip_block_path(block, lane, a);
        for (size_t t = 0; t < block->n_pad; t++) {
            const size_t step = t < N_STEP ? t : N_STEP - 1;
            assert_true(row[t] == (float)rip_block_price(block, step, a)[lane]);
        }
    }
}

static void
test_funding_of_a_lane(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    double *funding = block->funding;
    rip_block_draw(block, 1);
    /* The first interval of 8 hours ends with step 8 (INS-3). */
    assert_true(rip_block_funding(block, 6, 1, 5) == 0.0);
    assert_close(rip_block_funding(block, 7, 1, 5),
                 0.0003 * rip_block_price(block, 7, 1)[5], 1e-14);
    block->funding = NULL;
    assert_true(rip_block_funding(block, 7, 1, 5) == 0.0);
    block->funding = funding;
}

/* A path does not depend on which block was drawn before it. */
static void
test_blocks_do_not_depend_on_each_other(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    double first[RIP_LANES];
    rip_block_draw(block, 2);
    for (size_t i = 0; i < RIP_LANES; i++) {
        first[i] = rip_block_price(block, N_STEP - 1, 3)[i];
    }
    rip_block_draw(block, 0);
    assert_true(rip_block_price(block, N_STEP - 1, 3)[5] != first[5]);
    rip_block_draw(block, 2);
    assert_memory_equal(rip_block_price(block, N_STEP - 1, 3), first, sizeof(first));
}

static void
test_init_survives_no_memory(void **state)
{
    const fixture *self = *state;
    rip_status status = RIP_ERR_NO_MEMORY;
    for (long n = 0; status != RIP_OK; n++) {
        rip_block block;
        support_fail_allocation(n);
        status = rip_block_init(&block, &self->run, self->block.model, self->plan);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_block_free(&block);
        assert_true(n < 100);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_extremes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_highest_price_of_all_lanes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_funding_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lanes_past_the_last_path_do_not_count,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_change_to_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_funding_of_a_lane, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lane_is_laid_out_step_by_step, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_blocks_do_not_depend_on_each_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_init_survives_no_memory, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("engine/block", tests, NULL, NULL);
}
