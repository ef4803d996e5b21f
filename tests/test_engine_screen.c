#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_curved.h"
#include "engine_fixture.h"
#include "engine_plain.h"
#include "engine_wild.h"
#include "riptide/engine/engine.h"
#include "riptide/engine/evaluate.h"

enum { N_RUN = 200, N_CURVED = 120, N_LONG = 16, N_STEEP = 40, LONG = 1207 };

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

/* The sums of a run with the screen and without it have the same bits. */
static void
compare(const rip_run *run, uint64_t seed)
{
    rip_engine *fast = engine_of(run, true), *slow = engine_of(run, false);
    const rip_accumulator *a = rip_engine_sums(fast), *b = rip_engine_sums(slow);
    for (size_t i = 0; i < a->n_section; i++) {
        const size_t bytes =
            a->section[i].n_element * rip_accumulator_element_size(a->section[i].type);
        if (memcmp(a->section[i].data, b->section[i].data, bytes) != 0) {
            fail_msg("seed %u: %s differs", (unsigned)seed, a->section[i].name);
        }
    }
    rip_engine_free(fast);
    rip_engine_free(slow);
}

/* The screen only decides what is evaluated, never what comes out. */
static void
test_screen_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_RUN; seed++) {
        rip_run run;
        fixture_wild_run(&run, seed);
        compare(&run, seed);
        rip_run_free(&run);
    }
}

/* Paths of so many steps that chunks of them are looked at first, the last of them not
   always whole; the moves over the whole path stay what they were. */
static void
test_screen_of_long_paths(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_LONG; seed++) {
        const uint64_t n_step = seed % 4 == 0 ? LONG : 65 + 13 * seed;
        rip_run run;
        fixture_wild_run(&run, seed);
        run.spec.step_ms = run.spec.horizon_ms / n_step + 1;
        run.spec.horizon_ms = run.spec.step_ms * n_step;
        run.spec.paths = 100;
        compare(&run, seed);
        rip_run_free(&run);
    }
}

/*
 * Long paths on which a price soars beyond the cap of a ladder's first tier, where the
 * second asks for most of the notional, and where a close takes much of what the
 * account is worth away.
 */
static void
test_screen_of_steep_ladders(void **state)
{
    uint64_t random = 20261125;
    (void)state;
    for (uint64_t seed = 0; seed < N_STEEP; seed++) {
        const double quantity = (seed % 3 == 0 ? 10.0 : -10.0);
        const double bucket_usd = 300.0 + 600.0 * support_uniform(&random);
        const double floor_usd[] = {0.0, 1000.0 + 1500.0 * support_uniform(&random)};
        const double rate[] = {0.05 + 0.15 * support_uniform(&random), 0.7};
        const double max_leverage[] = {5.0, 1.0};
        rip_run run;
        rip_margin_tiers *tiers;
        fixture_single_run(&run, 5.0 + 15.0 * support_uniform(&random), quantity,
                           1.1 * bucket_usd, bucket_usd, 0.1);
        tiers = &run.venues.distinct[0].tiers[0];
        rip_margin_tiers_free(tiers);
        assert_int_equal(
            rip_margin_tiers_init(tiers, 2, floor_usd, rate, max_leverage, NULL),
            RIP_OK);
        run.spec.step_ms = run.spec.horizon_ms / 96;
        run.spec.paths = 640;
        run.spec.wipeout_threshold = 0.2;
        run.venues.distinct[0].isolated.leftover = RIP_LEFTOVER_CONFISCATED;
        compare(&run, seed);
        rip_run_free(&run);
    }
}

/* Accounts that are not linear, and those of them that have forms in the last mode. */
static void
count_bounded(const rip_run *run, size_t *n_curved, size_t *n_bounded)
{
    const size_t n_mode = run->spec.n_mode;
    bool *excluded = calloc(run->book.n_account * n_mode, sizeof(*excluded));
    rip_plan plan;
    assert_non_null(excluded);
    assert_int_equal(rip_plan_init(&plan, run, excluded), RIP_OK);
    for (size_t i = 0; i < run->book.n_account; i++) {
        *n_curved += !plan.is_linear[i];
        *n_bounded +=
            !plan.is_linear[i] && !plan.mode[(i + 1) * n_mode - 1].group.unknown;
    }
    rip_plan_free(&plan);
    free(excluded);
}

/* The same of accounts with options, futures, inverse perpetuals and coins. */
static void
test_screen_of_curved_accounts(void **state)
{
    size_t n_curved = 0, n_bounded = 0;
    (void)state;
    for (uint64_t seed = 0; seed < N_CURVED; seed++) {
        rip_run run;
        fixture_curved_run(&run, seed);
        compare(&run, seed);
        count_bounded(&run, &n_curved, &n_bounded);
        rip_run_free(&run);
    }
    print_message("%zu of %zu accounts are bounded\n", n_bounded, n_curved);
    assert_true(n_bounded > n_curved / 5);
}

/* One perpetual against a coin of the same asset, which is the collateral. */
static void
hedge_a_coin(rip_run *run, size_t i, uint64_t *seed)
{
    rip_account *account = &run->book.account[i];
    rip_position *held = &run->book.position[account->first_position];
    const uint32_t asset = (uint32_t)(i % run->market.n_asset);
    const double price_usd = run->market.asset[asset].price_usd;
    const double coins = 5000.0 / price_usd;
    account->wallet_usd = 0.0;
    account->n_position = 1;
    account->first_coin = i;
    account->n_coin = 1;
    run->book.coin[i] = (rip_coin){.asset = asset, .amount = coins};
    *held =
        (rip_position){.kind = RIP_KIND_LINEAR_PERP,
                       .asset = asset,
                       .quantity = -coins * (0.8 + support_uniform(seed)),
                       .entry_usd = price_usd,
                       .leverage = 5.0,
                       .stop_usd = price_usd * (1.0 + 0.05 * support_uniform(seed))};
}

/* The same of accounts of which coins are left when a stop has closed the hedge: they
   go on floating, and may yet be wiped out (DEF-4). */
static void
test_screen_after_the_last_close(void **state)
{
    uint64_t random = 20251126;
    size_t n_curved = 0, n_bounded = 0;
    (void)state;
    for (uint64_t seed = 0; seed < N_CURVED; seed++) {
        rip_run run;
        fixture_curved_run(&run, seed);
        for (size_t i = 0; i < run.book.n_account; i++) {
            if (run.book.account[i].n_position > 0) {
                hedge_a_coin(&run, i, &random);
            }
        }
        run.spec.n_mode = 1;
        run.spec.mode[0] = RIP_MODE_PORTFOLIO;
        run.spec.wipeout_threshold = 0.95;
        count_bounded(&run, &n_curved, &n_bounded);
        compare(&run, seed);
        rip_run_free(&run);
    }
    print_message("%zu of %zu accounts are bounded\n", n_bounded, n_curved);
    assert_true(n_bounded > n_curved / 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screen_changes_nothing),
        cmocka_unit_test(test_screen_of_long_paths),
        cmocka_unit_test(test_screen_of_steep_ladders),
        cmocka_unit_test(test_screen_of_curved_accounts),
        cmocka_unit_test(test_screen_after_the_last_close),
    };
    return cmocka_run_group_tests_name("engine/screen", tests, NULL, NULL);
}
