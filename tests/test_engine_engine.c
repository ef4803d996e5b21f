/* The stepper: threads, calls, SIMD levels, per-path figures, refusals, memory. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine_fixture.h"
#include "engine_plain.h"
#include "engine_wild.h"
#include "riptide/base/simd.h"
#include "riptide/engine/engine.h"

static rip_engine *
begin(const rip_run *run, int n_thread)
{
    const rip_engine_options options = {.n_thread = n_thread, .screen = true};
    rip_engine *engine;
    assert_int_equal(rip_engine_begin(&engine, run, &options), RIP_OK);
    return engine;
}

static void
assert_same_sums(const rip_engine *a, const rip_engine *b)
{
    const rip_accumulator *x = rip_engine_sums(a), *y = rip_engine_sums(b);
    assert_int_equal(x->size, y->size);
    assert_memory_equal(x->buffer, y->buffer, x->size);
}

/* style.md 3.7: the same bits for any number of threads. */
static void
test_threads_do_not_matter(void **state)
{
    static const int n_thread[] = {2, 3, 5, 7};
    rip_run run;
    rip_engine *one, *many;
    (void)state;
    fixture_random_run(&run, 23, 5, 20, 12.0, 64 * 21 + 5);
    one = plain_engine(NULL, &run, 1);
    for (size_t k = 0; k < 4; k++) {
        many = plain_engine(NULL, &run, n_thread[k]);
        assert_same_sums(one, many);
        rip_engine_free(many);
    }
    rip_engine_free(one);
    rip_run_free(&run);
}

/* However the blocks are cut into calls, and in whatever order. */
static void
test_calls_do_not_matter(void **state)
{
    static const uint64_t cut[][2] = {{9, 4}, {0, 1}, {1, 8}, {13, 2}};
    rip_run run;
    rip_engine *whole, *parts;
    (void)state;
    fixture_random_run(&run, 11, 4, 15, 12.0, 64 * 14 + 50);
    assert_int_equal(rip_engine_blocks(&run), 15);
    whole = plain_engine(NULL, &run, 2);
    parts = begin(&run, 3);
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(rip_engine_advance(parts, cut[k][0], cut[k][1]), RIP_OK);
    }
    assert_same_sums(whole, parts);
    rip_engine_free(whole);
    rip_engine_free(parts);
    rip_run_free(&run);
}

/* Shards: sums of parts of a run, merged, are the sums of the run. */
static void
test_parts_merge_to_the_whole(void **state)
{
    rip_run run;
    rip_engine *whole, *low, *high;
    rip_accumulator merged;
    (void)state;
    fixture_random_run(&run, 9, 4, 12, 12.0, 64 * 20);
    whole = plain_engine(NULL, &run, 1);
    low = begin(&run, 1);
    high = begin(&run, 2);
    assert_int_equal(rip_engine_advance(low, 0, 7), RIP_OK);
    assert_int_equal(rip_engine_advance(high, 7, 13), RIP_OK);
    assert_int_equal(rip_accumulator_init(&merged, rip_engine_sums(low)->n_section,
                                          rip_engine_sums(low)->section),
                     RIP_OK);
    memcpy(merged.buffer, rip_engine_sums(high)->buffer, merged.size);
    assert_int_equal(rip_accumulator_add(&merged, rip_engine_sums(low)), RIP_OK);
    assert_memory_equal(merged.buffer, rip_engine_sums(whole)->buffer, merged.size);
    rip_accumulator_free(&merged);
    rip_engine_free(whole);
    rip_engine_free(low);
    rip_engine_free(high);
    rip_run_free(&run);
}

/* A number that any difference in any sum changes. */
static uint64_t
digest(const rip_engine *engine)
{
    const rip_accumulator *sums = rip_engine_sums(engine);
    const unsigned char *byte = sums->buffer;
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (size_t i = 0; i < sums->size; i++) {
        hash = (hash ^ byte[i]) * 1099511628211u;
    }
    return hash;
}

static uint64_t
digest_of_random_runs(void)
{
    uint64_t all = 0;
    for (uint64_t seed = 100; seed < 110; seed++) {
        rip_run run;
        rip_engine *engine;
        fixture_wild_run(&run, seed);
        engine = plain_engine(NULL, &run, 2);
        all = all * 31 + digest(engine);
        rip_engine_free(engine);
        rip_run_free(&run);
    }
    return all;
}

/* The level is chosen once in a process, so each has one of its own. */
static uint64_t
digest_at_level(rip_simd level)
{
    char command[512], line[64] = "";
    char self[256] = "";
    FILE *pipe;
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    (void)snprintf(command, sizeof(command), "RIPTIDE_SIMD=%s '%s' digest",
                   rip_simd_name(level), self);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof(line), pipe));
    assert_int_equal(pclose(pipe), 0);
    return strtoull(line, NULL, 10);
}

static void
test_simd_levels_do_not_matter(void **state)
{
    const uint64_t want = digest_at_level(RIP_SIMD_BASELINE);
    (void)state;
    assert_true(want != 0);
    assert_int_equal(digest_at_level(RIP_SIMD_V3), want);
    assert_int_equal(digest_at_level(RIP_SIMD_V4), want);
}

static void
check_losses(const plain *truth, const rip_wave *wave, size_t mode, size_t path)
{
    for (size_t i = 0; i < truth->n_account; i++) {
        assert_true(wave->loss[(mode * truth->n_account + i) * wave->stride + path -
                               wave->first_path] ==
                    (float)plain_at(truth, mode, i, path)->loss_usd);
    }
}

static void
check_system(const plain *truth, const rip_wave *wave, size_t mode, size_t path)
{
    const size_t row = mode * wave->stride + path - (size_t)wave->first_path;
    double total = 0.0, deficit = 0.0, equity = 0.0;
    uint32_t wiped = 0;
    for (size_t i = 0; i < truth->n_account; i++) {
        const plain_outcome *o = plain_at(truth, mode, i, path);
        const double weight = truth->run->book.account[i].weight;
        total += weight * o->loss_usd;
        deficit += weight * o->deficit_usd;
        wiped += o->wipeout_step != 0;
        equity +=
            weight * rip_book_net_worth(&truth->run->book, i, truth->run->market.asset);
    }
    assert_int_equal(wave->wiped_accounts[row], wiped);
    assert_near(wave->total_loss[row], total, 1e-10 * equity);
    assert_near(wave->fund_draw[row],
                fmin(deficit, truth->run->venues.distinct[0].fund.size_usd),
                1e-10 * equity);
    for (size_t a = 0; a < truth->n_asset; a++) {
        double forced = 0.0;
        for (size_t t = 0; t <= truth->n_step; t++) {
            forced +=
                truth
                    ->forced[((mode * truth->n_path + path) * (truth->n_step + 1) + t) *
                                 truth->n_asset +
                             a];
        }
        assert_near(wave->liquidated_notional[row * truth->n_asset + a], forced,
                    1e-6 * forced + 1e-10 * equity);
    }
}

static void
check_market(const plain *truth, const rip_wave *wave, size_t path)
{
    const size_t at = path - (size_t)wave->first_path;
    const double *end =
        truth->price + (path * (truth->n_step + 1) + truth->n_step) * truth->n_asset;
    double mean = 0.0;
    for (size_t a = 0; a < truth->n_asset; a++) {
        const double simple = end[a] / truth->run->market.asset[a].price_usd - 1.0;
        mean += simple / (double)truth->n_asset;
        assert_true(wave->asset_return[at * truth->n_asset + a] == (float)simple);
    }
    assert_near(wave->market_return[at], mean, 1e-14);
    assert_true(wave->market_drawdown[at] >= -mean - 1e-14);
}

static void
check_prices(const plain *truth, const rip_wave *wave, size_t path)
{
    const size_t n_point = (truth->n_step + 1) * truth->n_asset;
    assert_memory_equal(wave->price + (path - wave->first_path) * n_point,
                        truth->price + path * n_point, n_point * sizeof(double));
}

/* Every path's figures, whatever the calls. */
static void
test_per_path_figures(void **state)
{
    rip_run run;
    plain truth;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 2);
    run.spec.initial_breach = RIP_INITIAL_BREACH_LIQUIDATE;
    run.spec.paths = 64 * 3 + 9;
    run.outputs.losses = true;
    run.outputs.system = true;
    run.outputs.keep_paths = 64 * 2 + 30;
    run.venues.distinct[0].fund.size_usd = 900.0;
    plain_run(&truth, &run);
    engine = begin(&run, 2);
    assert_true(rip_engine_max_blocks(engine) >= 1);
    for (uint64_t b = 0; b < 4; b += 2) {
        const rip_wave *wave;
        assert_int_equal(rip_engine_advance(engine, b, 2), RIP_OK);
        wave = rip_engine_wave(engine);
        assert_int_equal(wave->first_path, b * 64);
        assert_int_equal(wave->n_path, b == 0 ? 128 : 73);
        assert_int_equal(wave->n_price, b == 0 ? 128 : 30);
        for (size_t p = b * 64; p < b * 64 + wave->n_path; p++) {
            for (size_t m = 0; m < truth.n_mode; m++) {
                check_losses(&truth, wave, m, p);
                check_system(&truth, wave, m, p);
            }
            check_market(&truth, wave, p);
            if (p < run.outputs.keep_paths) {
                check_prices(&truth, wave, p);
            }
        }
    }
    rip_engine_free(engine);
    plain_free(&truth);
    rip_run_free(&run);
}

static void
test_no_wave_if_nothing_is_kept(void **state)
{
    rip_run run;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 1);
    engine = plain_engine(NULL, &run, 1);
    assert_null(rip_engine_wave(engine));
    rip_engine_free(engine);
    rip_run_free(&run);
}

/* Counts have 32 bits, and so has the path of an address. */
static void
test_too_many_paths_are_refused(void **state)
{
    static const uint64_t refused[] = {0, (uint64_t)1 << 32, UINT64_MAX};
    const rip_engine_options options = {.n_thread = 1, .screen = true};
    rip_run run;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 1);
    for (size_t k = 0; k < 3; k++) {
        run.spec.paths = refused[k];
        assert_int_equal(rip_engine_begin(&engine, &run, &options),
                         RIP_ERR_INVALID_ARGUMENT);
        rip_engine_free(engine);
    }
    run.spec.paths = UINT32_MAX;
    engine = begin(&run, 1);
    assert_int_equal(rip_engine_advance(engine, ((uint64_t)1 << 26) - 1, 1), RIP_OK);
    rip_engine_free(engine);
    rip_run_free(&run);
}

static void
test_blocks_beyond_the_run_are_refused(void **state)
{
    rip_run run;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 1);
    engine = begin(&run, 1);
    assert_int_equal(rip_engine_advance(engine, rip_engine_blocks(&run), 1),
                     RIP_ERR_INVALID_ARGUMENT);
    assert_int_equal(rip_engine_advance(engine, UINT64_MAX, 2),
                     RIP_ERR_INVALID_ARGUMENT);
    rip_engine_free(engine);
    rip_run_free(&run);
}

/* A run of one step and one path to a price from 100 is refused, to 100,000 it is not.
 */
static void
check_range(rip_run *run, double beyond_usd)
{
    double price[2] = {100.0, beyond_usd};
    const rip_engine_options options = {.n_thread = 1, .screen = true};
    rip_engine *engine;
    run->spec.horizon_ms = run->spec.step_ms;
    run->spec.paths = 1;
    run->outputs.n_level = 0;
    run->shock.kind = RIP_SHOCK_GIVEN;
    run->shock.table = price;
    run->shock.n_given = 1;
    assert_int_equal(rip_engine_begin(&engine, run, &options), RIP_OK);
    assert_int_equal(rip_engine_advance(engine, 0, 1), RIP_ERR_INVALID_ARGUMENT);
    rip_engine_free(engine);
    price[1] = 100.0 * 1000.0;
    engine = plain_engine(NULL, run, 1);
    rip_engine_free(engine);
}

/* A gain beyond what is summed exactly fails the run, it is never added wrongly. */
static void
test_figures_beyond_their_range_are_refused(void **state)
{
    rip_run run;
    (void)state;
    fixture_single_run(&run, 0.5, 1.0, 100.0, 100.0, 0.005);
    check_range(&run, 100.0 * 1500.0);
    rip_run_free(&run);
}

/* Nor is one of an account that is small among all of them. */
static void
test_an_account_beyond_its_range_is_refused(void **state)
{
    rip_run run;
    (void)state;
    fixture_single_run(&run, 0.5, 1.0, 100.0, 100.0, 0.005);
    free(run.book.account);
    run.book.account = support_room(2, sizeof(*run.book.account));
    run.book.n_account = 2;
    run.book.account[0] =
        (rip_account){.id = "one", .wallet_usd = 100.0, .weight = 1.0, .n_position = 1};
    run.book.account[1] = (rip_account){
        .id = "rich", .wallet_usd = 1e9, .weight = 1.0, .first_position = 1};
    check_range(&run, 100.0 * 2000.0);
    rip_run_free(&run);
}

/* Every reading is a second after the one before. */
static double
ticks(void)
{
    static double now_s = 0.0;
    return now_s += 1.0;
}

static void
test_stages_are_timed_by_the_clock_given(void **state)
{
    rip_engine_options options = {.n_thread = 1, .screen = true};
    rip_engine *engine = NULL;
    rip_run run;
    (void)state;
    fixture_wild_run(&run, 4);
    for (int timed = 0; timed < 2; timed++) {
        const double n = (double)rip_engine_blocks(&run) * (double)run.book.n_account;
        options.clock_s = timed ? ticks : NULL;
        assert_int_equal(rip_engine_begin(&engine, &run, &options), RIP_OK);
        assert_int_equal(rip_engine_advance(engine, 0, rip_engine_blocks(&run)),
                         RIP_OK);
        for (int s = 0; s < RIP_N_STAGE; s++) {
            const double spent_s = rip_engine_spent_s(engine, (rip_stage)s);
            assert_true(timed ? spent_s > 0.0 : !(spent_s != 0.0));
        }
        /* One lap for every account on every block, and on those of the pilot. */
        assert_true(!timed || rip_engine_spent_s(engine, RIP_STAGE_EVENTS) >= n);
        assert_true(!timed || rip_engine_spent_s(engine, RIP_STAGE_EVENTS) ==
                                  rip_engine_spent_s(engine, RIP_STAGE_SCREEN));
        rip_engine_free(engine);
    }
    rip_run_free(&run);
}

static void
test_begin_survives_no_memory(void **state)
{
    const rip_engine_options options = {.n_thread = 2, .screen = true};
    rip_status status = RIP_ERR_NO_MEMORY;
    rip_run run;
    (void)state;
    fixture_wild_run(&run, 4);
    run.outputs.losses = true;
    run.outputs.system = true;
    run.outputs.keep_paths = 10;
    /* One thread, or the runtime allocates too. */
    rip_engine_free(plain_engine(NULL, &run, 1));
    for (long n = 0; status != RIP_OK; n++) {
        rip_engine *engine = NULL;
        assert_true(n < 2000);
        support_fail_allocation(n);
        status = rip_engine_begin(&engine, &run, &options);
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_engine_free(engine);
    }
    rip_run_free(&run);
}

static void
test_estimates_survive_no_memory(void **state)
{
    rip_status status = RIP_ERR_NO_MEMORY;
    rip_run run;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 4);
    engine = plain_engine(NULL, &run, 1);
    for (long n = 0; status != RIP_OK; n++) {
        rip_estimates got;
        assert_true(n < 2000);
        support_fail_allocation(n);
        status = rip_estimates_init(&got, &run, rip_engine_sums(engine));
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        rip_estimates_free(&got);
    }
    rip_engine_free(engine);
    rip_run_free(&run);
}

/* Sums of another run are refused. */
static void
test_estimates_of_another_run_are_refused(void **state)
{
    rip_run run, other;
    rip_estimates got;
    rip_engine *engine;
    (void)state;
    fixture_wild_run(&run, 4);
    fixture_wild_run(&other, 4);
    other.outputs.histogram.bins = 100;
    engine = plain_engine(NULL, &other, 1);
    assert_int_equal(rip_estimates_init(&got, &run, rip_engine_sums(engine)),
                     RIP_ERR_INVALID_ARGUMENT);
    rip_estimates_free(&got);
    rip_engine_free(engine);
    rip_run_free(&run);
    rip_run_free(&other);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_calls_do_not_matter),
        cmocka_unit_test(test_parts_merge_to_the_whole),
        cmocka_unit_test(test_simd_levels_do_not_matter),
        cmocka_unit_test(test_per_path_figures),
        cmocka_unit_test(test_no_wave_if_nothing_is_kept),
        cmocka_unit_test(test_too_many_paths_are_refused),
        cmocka_unit_test(test_blocks_beyond_the_run_are_refused),
        cmocka_unit_test(test_figures_beyond_their_range_are_refused),
        cmocka_unit_test(test_an_account_beyond_its_range_is_refused),
        cmocka_unit_test(test_stages_are_timed_by_the_clock_given),
        cmocka_unit_test(test_begin_survives_no_memory),
        cmocka_unit_test(test_estimates_survive_no_memory),
        cmocka_unit_test(test_estimates_of_another_run_are_refused),
    };
    if (argc == 2 && strcmp(argv[1], "digest") == 0) {
        (void)printf("%llu\n", (unsigned long long)digest_of_random_runs());
        return 0;
    }
    return cmocka_run_group_tests_name("engine/engine", tests, NULL, NULL);
}
