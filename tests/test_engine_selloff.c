/*
 * SELLOFF-1, a job defined so that any program can be held against any other: 16
 * assets, 24 hourly checks, portfolios of 8 perpetuals, three margin modes, no costs,
 * what is left of a bucket confiscated. Here at 200 portfolios and 500 given paths,
 * against a plain evaluation of its definition that shares nothing with the program.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "engine_plain.h"

enum { N_PORTFOLIO = 200, N_PATH = 500, N_STEP = 24, N_ASSET = 16, N_POSITION = 8 };

/* What the job reports of a portfolio in a mode. */
typedef struct figures {
    uint64_t hits;
    double loss, deficit; /* sums over paths */
    uint32_t histogram[200];
} figures;

typedef struct portfolio {
    const rip_position *held;
    double capital;
} portfolio;

static double
maintenance_rate(size_t asset)
{
    return 0.005 + 0.005 * (double)asset / 15.0;
}

static double
beta(size_t asset)
{
    return (0.6 + 0.6 * (double)asset / 15.0) / 0.9;
}

static double
price(const double *path, size_t step, size_t asset)
{
    return path[(step + 1) * N_ASSET + asset]; /* time 0 comes first */
}

static void
enter(figures *to, double loss, double deficit, bool hit, double capital)
{
    const double at = floor((loss / capital + 1.0) * 100.0);
    to->hits += hit;
    to->loss += loss;
    to->deficit += deficit;
    to->histogram[at < 0.0 ? 0 : at > 199.0 ? 199 : (size_t)at]++;
}

static void
isolated(const portfolio *self, const double *path, figures *to)
{
    double loss = 0.0;
    bool hit = false;
    for (size_t k = 0; k < N_POSITION; k++) {
        const rip_position *p = &self->held[k];
        double gain = 0.0;
        for (size_t t = 0; t < N_STEP; t++) {
            const double s = price(path, t, p->asset);
            gain = p->quantity * (s - 1.0);
            if (p->bucket + gain <=
                maintenance_rate(p->asset) * fabs(p->quantity) * s) {
                gain = -p->bucket;
                hit = true;
                break;
            }
        }
        loss -= gain;
    }
    enter(to, loss, 0.0, hit, self->capital);
}

static double
equity_at(const portfolio *self, const double *path, size_t step)
{
    double equity = self->capital;
    for (size_t k = 0; k < N_POSITION; k++) {
        const rip_position *p = &self->held[k];
        equity += p->quantity * (price(path, step, p->asset) - 1.0);
    }
    return equity;
}

static double
cross_requirement(const portfolio *self, const double *path, size_t step)
{
    double margin = 0.0;
    for (size_t k = 0; k < N_POSITION; k++) {
        const rip_position *p = &self->held[k];
        margin += maintenance_rate(p->asset) * fabs(p->quantity) *
                  price(path, step, p->asset);
    }
    return margin;
}

static double
portfolio_requirement(const portfolio *self, const double *path, size_t step)
{
    static const double move[] = {-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03};
    double net = 0.0, gross = 0.0, worst = 0.0;
    for (size_t k = 0; k < N_POSITION; k++) {
        const rip_position *p = &self->held[k];
        const double x = beta(p->asset) * p->quantity * price(path, step, p->asset);
        net += x;
        gross += fabs(x);
    }
    for (size_t j = 0; j < 7; j++) {
        worst = fmax(worst, -move[j] * net);
    }
    return worst + 0.004 * (gross - fabs(net));
}

typedef double requirement(const portfolio *self, const double *path, size_t step);

static void
pooled(const portfolio *self, const double *path, requirement *required, figures *to)
{
    double equity = self->capital;
    bool hit = false;
    for (size_t t = 0; t < N_STEP && !hit; t++) {
        equity = equity_at(self, path, t);
        hit = equity <= required(self, path, t);
    }
    enter(to, self->capital - (hit ? fmax(equity, 0.0) : equity),
          hit ? fmax(-equity, 0.0) : 0.0, hit, self->capital);
}

typedef struct fixture {
    rip_run run;
    rip_estimates got;
    rip_engine *engine;
    figures want[3][N_PORTFOLIO];
} fixture;

static int
set_up(void **state)
{
    fixture *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    *state = self;
    fixture_selloff_run(&self->run, N_PORTFOLIO, N_PATH);
    self->run.outputs.histogram.low = -1.0;
    self->run.outputs.histogram.high = 1.0;
    self->engine = plain_engine(&self->got, &self->run, 2);
    for (size_t i = 0; i < N_PORTFOLIO; i++) {
        portfolio one = {.held = self->run.book.position + i * N_POSITION};
        for (size_t k = 0; k < N_POSITION; k++) {
            one.capital += one.held[k].bucket;
        }
        for (size_t p = 0; p < N_PATH; p++) {
            const double *path = self->run.table + p * (N_STEP + 1) * N_ASSET;
            isolated(&one, path, &self->want[0][i]);
            pooled(&one, path, cross_requirement, &self->want[1][i]);
            pooled(&one, path, portfolio_requirement, &self->want[2][i]);
        }
    }
    return 0;
}

static int
tear_down(void **state)
{
    fixture *self = *state;
    rip_estimates_free(&self->got);
    rip_engine_free(self->engine);
    rip_run_free(&self->run);
    free(self);
    return 0;
}

/* On the same paths no two programs may disagree about a single hit. */
static void
test_hits_are_equal(void **state)
{
    const fixture *self = *state;
    const double *got = plain_dataset(&self->got, "liquidation_probability");
    uint64_t all[3] = {0};
    for (size_t m = 0; m < 3; m++) {
        for (size_t i = 0; i < N_PORTFOLIO; i++) {
            assert_true(got[m * N_PORTFOLIO + i] ==
                        (double)self->want[m][i].hits / N_PATH);
            all[m] += self->want[m][i].hits;
        }
    }
    /* And there are some: about .5, .01 and .02 of the trials. */
    assert_in_range(all[0], N_PORTFOLIO * N_PATH / 4, N_PORTFOLIO * N_PATH * 3 / 4);
    assert_in_range(all[1], 200, 5000);
    assert_in_range(all[2], 500, 10000);
}

static void
test_mean_losses_agree_to_a_billionth_of_capital(void **state)
{
    const fixture *self = *state;
    const double *loss = plain_dataset(&self->got, "mean_loss");
    const double *deficit = plain_dataset(&self->got, "mean_deficit");
    const double *capital = plain_dataset(&self->got, "initial_equity");
    for (size_t m = 0; m < 3; m++) {
        for (size_t i = 0; i < N_PORTFOLIO; i++) {
            const figures *want = &self->want[m][i];
            assert_near(loss[m * N_PORTFOLIO + i], want->loss / N_PATH,
                        1e-9 * capital[i]);
            /* Isolated deficits are not part of the job. */
            if (m > 0) {
                assert_near(deficit[m * N_PORTFOLIO + i], want->deficit / N_PATH,
                            1e-9 * capital[i]);
            }
        }
    }
}

/* Our open ends are the job's clamped bins. A loss on an edge may fall either way. */
static void
test_histograms_agree(void **state)
{
    const fixture *self = *state;
    const uint32_t *got = plain_dataset(&self->got, "loss_histogram");
    for (size_t row = 0; row < 3 * N_PORTFOLIO; row++) {
        const uint32_t *want =
            self->want[row / N_PORTFOLIO][row % N_PORTFOLIO].histogram;
        const uint32_t *count = got + row * 202;
        uint32_t moved = 0;
        for (size_t b = 0; b < 200; b++) {
            const uint32_t x =
                count[b + 1] + (b == 0 ? count[0] : 0) + (b == 199 ? count[201] : 0);
            moved += x > want[b] ? x - want[b] : want[b] - x;
        }
        assert_true(moved <= 2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hits_are_equal),
        cmocka_unit_test(test_mean_losses_agree_to_a_billionth_of_capital),
        cmocka_unit_test(test_histograms_agree),
    };
    return cmocka_run_group_tests_name("engine/selloff", tests, set_up, tear_down);
}
