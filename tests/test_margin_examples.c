/* The worked examples of the rules, and a job whose answer is plain arithmetic. */
#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/numerics/math.h"
#include "support.h"

/* Example 1: 10,000, long BTC 5,000 at 10x, maintenance 0.5 %, one step of -20 %.
   MAR-4: the bucket of 500 ends at -500, the rest is untouched. LIQ-6: the deficit is
   others'. */
static void
test_first_isolated(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    f.asset[BTC].price_usd = 60000.0;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 5000.0 / 60000.0, 10.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    assert_close(f.held[0].bucket, 500.0, 1e-14);
    f.price_usd[BTC] = 48000.0;
    fixture_step(&f);
    assert_close(f.last_breach_equity_usd, -500.0, 1e-12);
    assert_close(f.state.deficit_usd, 500.0, 1e-12);
    assert_close(fixture_loss(&f), 500.0, 1e-12);
    assert_close(rip_account_state_net_worth(&f.state, &f.point), 9500.0, 1e-14);
    fixture_free(&f);
}

/* Example 1, MAR-5: under cross margin equity is 9,000 and the account stands. */
static void
test_first_cross(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 5000.0 / 52137.5, 10.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    f.price_usd[BTC] *= 0.8;
    fixture_step(&f);
    fixture_assess(&f);
    assert_close(f.bucket[0].equity_usd, 9000.0, 1e-14);
    assert_int_equal(f.n_event, 0);
    fixture_free(&f);
}

/* Example 1, MAR-5, MAR-7: with 30,000 at 3x cross breaches near -33 %; a step of -40 %
   loses all 10,000 with a deficit of 2,000. */
static void
test_first_cross_at_3x(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 30000.0 / 52137.5, 3.0);
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_close(rip_margin_price_liquidation(&f.state, &f.point, &f.scratch, 0) /
                     52137.5,
                 20000.0 / (30000.0 * 0.995), 1e-13);
    f.price_usd[BTC] = 0.675 * 52137.5;
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 0);
    assert_int_equal(f.state.wipeout_step, 1); /* 250 are left (DEF-3) */
    f.price_usd[BTC] = 0.6 * 52137.5;
    fixture_step(&f);
    assert_int_equal(f.state.liquidation_step, 2);
    assert_close(f.state.deficit_usd, 2000.0, 1e-12);
    assert_close(fixture_loss(&f), 10000.0, 1e-13);
    fixture_free(&f);
}

/* Example 2, MAR-4: 5x long BTC and 3x short ETH; ETH doubles in one step: its bucket
   is gone, the other as it was. */
static void
test_second(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.0127, 5.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.75, 3.0);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[ETH] *= 2.0;
    fixture_step(&f);
    assert_int_equal(f.held[1].status, RIP_POSITION_LIQUIDATED);
    assert_int_equal(f.held[0].status, RIP_POSITION_OPEN);
    assert_close(f.held[0].bucket, 0.0127 * 52137.5 / 5.0, 1e-15);
    assert_close(fixture_loss(&f), 0.75 * 2603.7 / 3.0, 1e-13);
    assert_close(f.state.deficit_usd, 0.75 * 2603.7 * 2.0 / 3.0, 1e-13);
    fixture_free(&f);
}

static double
normal(uint64_t *seed)
{
    const double radius = sqrt(-2.0 * rip_math_log(support_uniform(seed)));
    return radius * rip_math_cos(2.0 * RIP_MATH_PI * support_uniform(seed));
}

/* Moves every price by a lognormal step of equal correlation. */
static void
move(margin_fixture *f, uint64_t *seed, double correlation, double years)
{
    const double deviation = 0.8 * sqrt(years);
    const double common = sqrt(correlation) * normal(seed);
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double z = common + sqrt(1.0 - correlation) * normal(seed);
        f->price_usd[a] *= rip_math_exp(deviation * (z - 0.5 * deviation));
    }
}

static void
five_longs(margin_fixture *f)
{
    fixture_init(f);
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        (void)fixture_add(f, a, RIP_KIND_LINEAR_PERP, 1000.0 / f->asset[a].price_usd,
                          10.0);
    }
    f->account.wallet_usd = 500.0;
}

typedef struct shares {
    double closed, wiped;
} shares;

/* Shares of paths with a forced close and with a wipeout, 72 hours by the hour. */
static shares
simulate(rip_mode mode, double correlation, size_t n_path)
{
    margin_fixture f;
    uint64_t seed = 4;
    shares found = {0.0, 0.0};
    five_longs(&f);
    f.rules.sink = NULL;
    for (size_t path = 0; path < n_path; path++) {
        fixture_begin(&f, mode);
        for (int step = 0; step < 72 && f.state.n_open > 0; step++) {
            move(&f, &seed, correlation, f.rules.step_years);
            fixture_step(&f);
        }
        found.closed += f.state.liquidation_step > 0 ? 1.0 : 0.0;
        found.wiped += f.state.wipeout_step > 0 ? 1.0 : 0.0;
    }
    fixture_free(&f);
    return (shares){.closed = found.closed / (double)n_path,
                    .wiped = found.wiped / (double)n_path};
}

/* Example 4: as the true correlation goes 0.5 -> 1, the share of forced closes falls
   under isolated margin (.41 -> .15) and rises under cross (.07 -> .15); wipeouts rise
   in both (.04 -> .18, .08 -> .18). Standard errors are below .006. */
static void
test_fourth(void **state)
{
    const size_t n_path = 8000;
    (void)state;
    const shares isolated = simulate(RIP_MODE_ISOLATED, 0.5, n_path);
    const shares cross = simulate(RIP_MODE_CROSS, 0.5, n_path);
    const shares isolated_one = simulate(RIP_MODE_ISOLATED, 1.0, n_path);
    const shares cross_one = simulate(RIP_MODE_CROSS, 1.0, n_path);
    assert_near(isolated.closed, 0.41, 0.02);
    assert_near(isolated_one.closed, 0.15, 0.02);
    assert_near(cross.closed, 0.07, 0.02);
    assert_near(cross_one.closed, isolated_one.closed,
                0.0); /* they meet, path by path */
    assert_near(isolated.wiped, 0.04, 0.015);
    assert_near(cross.wiped, 0.08, 0.015);
    assert_near(isolated_one.wiped, 0.18, 0.02);
    assert_near(cross_one.wiped, 0.18, 0.02);
}

/* Share of paths on which one step of 24 hours leaves a deficit. */
static double
deficits(double correlation, size_t n_path)
{
    margin_fixture f;
    uint64_t seed = 40;
    size_t n = 0;
    five_longs(&f);
    f.rules.sink = NULL;
    fixture_assume(&f, 0.5);
    f.account.wallet_usd = 0.15 * sqrt(15.0) * 1000.0;
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    fixture_assess(&f);
    assert_close(f.bucket[0].initial_usd, f.account.wallet_usd, 1e-13);
    assert_near(f.bucket[0].initial_usd, 581.0, 0.1);
    f.venue.portfolio.mm_factor = 0.8;
    for (size_t path = 0; path < n_path; path++) {
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        move(&f, &seed, correlation, 1.0 / 365.0);
        fixture_step(&f);
        n += f.state.deficit_usd > 0.0;
    }
    fixture_free(&f);
    return (double)n / (double)n_path;
}

/* Example 4, MAR-6: the promise of portfolio margin breaks as losses beyond the
   requirement: 7e-5 -> 5e-4 -> 1.6e-3 as the correlation goes 0.5, 0.75, 1 while the
   venue assumes 0.5. Tolerances are four standard errors. */
static void
test_fourth_portfolio(void **state)
{
    const size_t n_path = 150000;
    (void)state;
    assert_near(deficits(0.5, n_path), 7e-5, 9e-5);
    assert_near(deficits(0.75, n_path), 5e-4, 2.4e-4);
    assert_near(deficits(1.0, n_path), 1.6e-3, 4.3e-4);
}

#define SELLOFF_MOVES 7

/* A job of the plainest arithmetic: sums in file order, portfolio requirement max_j of
   -m_j D plus 0.004 (G - |D|), D the net and G the gross notional by beta. */
typedef struct plain {
    double price_usd[FIXTURE_ASSETS], beta[FIXTURE_ASSETS], rate[FIXTURE_ASSETS];
    double capital_usd;
} plain;

static bool
plain_breach(const plain *self, const margin_fixture *f, bool portfolio,
             double *equity_usd)
{
    static const double spot[SELLOFF_MOVES] = {-0.03, -0.02, -0.01, 0.0,
                                               0.01,  0.02,  0.03};
    double net = 0.0, gross = 0.0, maintenance = 0.0, worst = 0.0;
    *equity_usd = self->capital_usd;
    for (size_t k = 0; k < f->account.n_position; k++) {
        const size_t a = f->position[k].asset;
        const double q = f->position[k].quantity, s = self->price_usd[a];
        *equity_usd += q * (s - 1.0);
        maintenance += self->rate[a] * fabs(q) * s;
        net += self->beta[a] * q * s;
        gross += fabs(self->beta[a] * q * s);
    }
    for (size_t j = 0; j < SELLOFF_MOVES; j++) {
        worst = fmax(worst, -spot[j] * net);
    }
    return *equity_usd <=
           (portfolio ? worst + 0.004 * (gross - fabs(net)) : maintenance);
}

/* The job's rules as a venue: `offset` with factor 1 - 0.004 / 0.03, spot_range beta,
   leftover confiscated, no cost. */
static void
selloff_account(margin_fixture *f, plain *job, uint64_t *seed)
{
    static const double spot[SELLOFF_MOVES] = {-0.03, -0.02, -0.01, 0.0,
                                               0.01,  0.02,  0.03};
    const double floor_usd = 0.0;
    fixture_init(f);
    fixture_grid(f, SELLOFF_MOVES, spot);
    f->venue.portfolio.between = RIP_BETWEEN_OFFSET;
    f->venue.portfolio.offset_factor = 1.0 - 0.004 / 0.03;
    f->venue.isolated.leftover = RIP_LEFTOVER_CONFISCATED;
    job->capital_usd = 0.0;
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double notional_usd = 1000.0 * rip_math_exp(4.6 * support_uniform(seed));
        const double side = support_uniform(seed) < 0.7 ? 1.0 : -1.0;
        job->rate[a] = 0.005 + 0.00125 * (double)a;
        job->beta[a] = f->venue.portfolio.spot_range[a] = 0.67 + 0.165 * (double)a;
        fixture_tiers(f, a, 1, &floor_usd, &job->rate[a]);
        f->asset[a].price_usd = 1.0;
        (void)fixture_add(f, a, RIP_KIND_LINEAR_PERP, side * notional_usd,
                          3.0 + 17.0 * support_uniform(seed));
        job->capital_usd += f->position[a].bucket;
    }
    f->account.wallet_usd = job->capital_usd;
}

/* Loss of the plain evaluation on one path, and whether it was hit. */
static double
plain_loss(const margin_fixture *f, plain *job, rip_mode mode, uint64_t seed, bool *hit)
{
    margin_fixture path = *f;
    double pnl_usd[FIXTURE_ASSETS] = {0.0}, equity_usd = 0.0, loss_usd = 0.0;
    bool closed[FIXTURE_ASSETS] = {false};
    *hit = false;
    for (int step = 0; step < 24; step++) {
        move(&path, &seed, 0.6, 1.0 / 365.0);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            const double q = f->position[a].quantity, s = path.price_usd[a];
            job->price_usd[a] = s;
            if (!closed[a]) {
                pnl_usd[a] = q * (s - 1.0);
                closed[a] =
                    f->position[a].bucket + pnl_usd[a] <= job->rate[a] * fabs(q) * s;
                pnl_usd[a] = closed[a] ? -f->position[a].bucket : pnl_usd[a];
            }
        }
        if (mode != RIP_MODE_ISOLATED &&
            plain_breach(job, f, mode == RIP_MODE_PORTFOLIO, &equity_usd)) {
            *hit = true;
            return job->capital_usd - fmax(equity_usd, 0.0);
        }
    }
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        loss_usd -= pnl_usd[a];
        *hit |= mode == RIP_MODE_ISOLATED && closed[a];
    }
    return mode == RIP_MODE_ISOLATED ? loss_usd : job->capital_usd - equity_usd;
}

/* The rules agree with the plain evaluation in all modes: hits equal, losses to 1e-9 of
   capital (SELLOFF-1 at reduced size; LIQ-5 confiscated, LIQ-6). */
static void
test_plain_job(void **state)
{
    uint64_t seed = 0x5E110FF1;
    size_t n_hit[RIP_N_MODE] = {0};
    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        margin_fixture f;
        plain job;
        selloff_account(&f, &job, &seed);
        for (rip_mode mode = RIP_MODE_ISOLATED; mode <= RIP_MODE_PORTFOLIO; mode++) {
            uint64_t path_seed = i;
            bool hit;
            double want_usd;
            fixture_begin(&f, mode);
            want_usd = plain_loss(&f, &job, mode, path_seed, &hit);
            for (int step = 0; step < 24; step++) {
                move(&f, &path_seed, 0.6, 1.0 / 365.0);
                fixture_step(&f);
            }
            assert_int_equal(f.state.liquidation_step > 0, hit);
            assert_near(fixture_loss(&f), want_usd, 1e-9 * job.capital_usd);
            n_hit[mode] += hit;
        }
        fixture_free(&f);
    }
    assert_true(n_hit[RIP_MODE_ISOLATED] > 1000 && n_hit[RIP_MODE_CROSS] > 300 &&
                n_hit[RIP_MODE_PORTFOLIO] > n_hit[RIP_MODE_CROSS]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_isolated),
        cmocka_unit_test(test_first_cross),
        cmocka_unit_test(test_first_cross_at_3x),
        cmocka_unit_test(test_second),
        cmocka_unit_test(test_fourth),
        cmocka_unit_test(test_fourth_portfolio),
        cmocka_unit_test(test_plain_job),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
