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

/* Extreme of a lane over steps begin .. end - 1 and the starting price. */
static double
extreme(const rip_block *block, size_t begin, size_t end, size_t asset, size_t lane,
        double sign)
{
    double x = sign * block->run->market.asset[asset].price_usd;
    for (size_t t = begin; t < end; t++) {
        x = fmin(x, sign * rip_block_price(block, t, asset)[lane]);
    }
    return x;
}

static void
test_extremes(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 1);
    assert_int_equal(block->n_chunk, 3);
    for (size_t c = 0; c <= block->n_chunk; c++) {
        const size_t begin = c < block->n_chunk ? c * RIP_BLOCK_CHUNK : 0;
        const size_t after = begin + RIP_BLOCK_CHUNK;
        const size_t end = c < block->n_chunk && after < N_STEP ? after : N_STEP;
        const double *row = rip_block_extreme(block, c);
        for (size_t k = 0; k < N_ASSET * RIP_LANES; k++) {
            const size_t a = k / RIP_LANES, i = k % RIP_LANES;
            assert_true(row[k] == extreme(block, begin, end, a, i, 1.0));
            assert_true(row[N_ASSET * RIP_LANES + k] ==
                        extreme(block, begin, end, a, i, -1.0));
        }
    }
}

static void
test_highest_price_of_all_lanes(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    rip_block_draw(block, 0);
    for (size_t a = 0; a < N_ASSET; a++) {
        double highest = 0.0;
        for (size_t i = 0; i < RIP_LANES; i++) {
            highest = fmax(highest, -extreme(block, 0, N_STEP, a, i, -1.0));
        }
        assert_true(block->highest[a] == highest);
    }
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
    rip_block_draw(block, 0);
    assert_int_equal(rip_block_unit(block, 63), 1);
}

static void
test_a_lane_is_laid_out_path_by_path(void **state)
{
    rip_block *block = &((fixture *)*state)->block;
    const size_t lane = 37;
    const double *price, *funding;
    rip_block_draw(block, 1);
    rip_block_lane(block, lane);
    price = block->path_price + lane * (N_STEP + 1) * N_ASSET;
    funding = block->path_funding + lane * (N_STEP + 1) * N_ASSET;
    for (size_t a = 0; a < N_ASSET; a++) {
        assert_true(price[a] == 100.0);
        assert_true(funding[a] == 0.0);
        for (size_t t = 0; t < N_STEP; t++) {
            assert_true(price[(t + 1) * N_ASSET + a] ==
                        rip_block_price(block, t, a)[lane]);
            assert_true(funding[(t + 1) * N_ASSET + a] ==
                        block->funding[(t * N_ASSET + a) * RIP_LANES + lane]);
        }
    }
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
        cmocka_unit_test_setup_teardown(test_a_lane_is_laid_out_path_by_path, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_blocks_do_not_depend_on_each_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_init_survives_no_memory, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("engine/block", tests, NULL, NULL);
}
