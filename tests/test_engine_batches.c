/* Sums of the population by batch against a recomputation from plain trials. */
#include "support.h"

#include "engine_totals.h"
#include "riptide/engine/sums.h"

enum { N_SEED = 12, N = RIP_SUMS_BATCHES };

static const char *const shares[] = {
    [TOTALS_WIPED] = "population_wipeouts",
    [TOTALS_TERMINAL] = "population_terminal_wipeouts",
    [TOTALS_LIQUIDATED] = "population_liquidations",
    [TOTALS_FULL] = "population_full_liquidations",
    [TOTALS_DEFICIT] = "population_deficits",
};
enum { N_SHARE = sizeof(shares) / sizeof(shares[0]) };

static const double *
figures(const totals *f, const char *name)
{
    const size_t index = rip_output_find("batches", name);
    assert_true(index < rip_output_count());
    return f->got.data[index];
}

/* Returns how many batches it happened in. */
static size_t
check_share(const totals *f, size_t mode, totals_event which)
{
    const double *got = figures(f, shares[which]) + mode * N;
    double want[N] = {0.0};
    size_t n = 0;
    for (size_t p = 0; p < f->truth.n_path; p++) {
        want[p % N] += totals_share(f, mode, p, which, f->truth.n_step);
    }
    for (size_t b = 0; b < N; b++) {
        assert_near(got[b], want[b], 1e-11);
        n += want[b] > 0.0;
    }
    return n;
}

static void
check_losses(const totals *f, size_t mode)
{
    const double *total = figures(f, "population_loss_sum") + mode * N;
    const double *by_cause = figures(f, "population_loss_by_cause_sum");
    double want[N] = {0.0}, part[RIP_N_CAUSE][N] = {{0.0}};
    for (size_t p = 0; p < f->truth.n_path; p++) {
        want[p % N] += f->total[mode * f->truth.n_path + p];
        for (size_t c = 0; c < RIP_N_CAUSE; c++) {
            part[c][p % N] += totals_cause(f, mode, p, (rip_cause)c);
        }
    }
    for (size_t b = 0; b < N; b++) {
        assert_near(total[b], want[b], 4e-11 * f->equity);
        for (size_t c = 0; c < RIP_N_CAUSE; c++) {
            assert_near(by_cause[(mode * RIP_N_CAUSE + c) * N + b], part[c][b],
                        4e-11 * f->equity);
        }
    }
}

static bool
leaves_out(const totals *f, size_t mode)
{
    bool all = true;
    for (size_t i = 0; i < f->truth.n_account; i++) {
        all = all && f->counted[mode * f->truth.n_account + i];
    }
    return !all;
}

/* Path p is in batch p mod 64; accounts count by weight, but for those left out
   (DEF-5); the last block is not full, nor the first of a short run. */
static void
test_batches(void **state)
{
    size_t n_left_out = 0, n_long = 0, n_short = 0, n_batch[N_SHARE] = {0};
    (void)state;
    for (uint64_t seed = 0; seed < N_SEED; seed++) {
        totals f;
        totals_init(&f, seed);
        n_long += f.truth.n_path > N && f.truth.n_path % N != 0;
        n_short += f.truth.n_path < N;
        for (size_t m = 0; m < f.truth.n_mode; m++) {
            n_left_out += leaves_out(&f, m);
            for (size_t k = 0; k < N_SHARE; k++) {
                n_batch[k] += check_share(&f, m, (totals_event)k);
            }
            check_losses(&f, m);
        }
        totals_free(&f);
    }
    assert_true(n_left_out > 0 && n_long > 0 && n_short > 0);
    for (size_t k = 0; k < N_SHARE; k++) {
        assert_true(n_batch[k] > 100);
    }
}

/* A run whose only account is left out by the first mode. */
static void
alone_in_breach(totals *f)
{
    for (uint64_t seed = 0;; seed++) {
        size_t breached = SIZE_MAX;
        totals_init(f, seed);
        for (size_t i = 0; i < f->truth.n_account; i++) {
            breached = f->counted[i] ? breached : i;
        }
        if (breached < f->truth.n_account) {
            f->run.book.account[0] = f->run.book.account[breached];
            f->run.book.n_account = 1;
            return;
        }
        totals_free(f);
    }
}

/* A mode that leaves out everybody has no shares, and no losses. */
static void
test_nobody_is_counted(void **state)
{
    totals f;
    rip_estimates got;
    rip_engine *engine;
    const size_t loss = rip_output_find("batches", "population_loss_sum");
    static const char *const none[] = {
        "population_difference",
        "population_difference_se",
        "population_difference_lower",
        "population_difference_upper",
        "population_mean_loss_difference",
        "population_mean_loss_difference_se",
        "population_mean_loss",
        "population_mean_loss_se",
        "population_mean_loss_by_cause",
        "population_value_at_risk",
        "population_value_at_risk_se",
        "population_expected_shortfall",
        "forced_volume_mean",
        "population_wipeout",
    };
    enum { N_PAIRED = 6 };
    (void)state;
    alone_in_breach(&f);
    engine = plain_engine(&got, &f.run, 1);
    for (size_t b = 0; b < N; b++) {
        for (size_t k = 0; k < N_SHARE; k++) {
            const size_t at = rip_output_find("batches", shares[k]);
            assert_true(isnan(((const double *)got.data[at])[b]));
        }
        assert_true(((const double *)got.data[loss])[b] == 0.0);
    }
    for (size_t k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
        const double *value = plain_dataset(&got, none[k]);
        assert_true(isnan(value[k < N_PAIRED ? 1 : 0])); /* first minus second mode */
    }
    rip_estimates_free(&got);
    rip_engine_free(engine);
    totals_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_nobody_is_counted),
    };
    return cmocka_run_group_tests_name("engine/batches", tests, NULL, NULL);
}
