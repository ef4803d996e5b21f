#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/portfolio.h"
#include "support.h"

#define N_RANDOM 3000

/* Long 0.4 BTC and short 6.5 ETH: 20,855 and 16,924.05 of notional. */
static void
pair(margin_fixture *f)
{
    fixture_init(f);
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 0.4, 10.0);
    (void)fixture_add(f, ETH, RIP_KIND_LINEAR_PERP, -6.5, 10.0);
}

static double
requirement(margin_fixture *f)
{
    fixture_begin(f, RIP_MODE_PORTFOLIO);
    fixture_assess(f);
    return f->bucket[0].maintenance_usd;
}

/* MAR-6, `add`: the worst of each underlying, summed. */
static void
test_add(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    assert_close(requirement(&f), 0.15 * (20855.0 + 16924.05), 1e-13);
    fixture_free(&f);
}

/* MAR-6, `joint`: all underlyings move together. */
static void
test_joint(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.venue.portfolio.between = RIP_BETWEEN_JOINT;
    assert_close(requirement(&f), 0.15 * (20855.0 - 16924.05), 1e-12);
    fixture_free(&f);
}

/* MAR-6, `offset`: f R_joint + (1 - f) sum R_u. */
static void
test_offset(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.venue.portfolio.between = RIP_BETWEEN_OFFSET;
    f.venue.portfolio.offset_factor = 0.25;
    assert_close(requirement(&f), 4397.55375, 1e-13);
    fixture_free(&f);
}

/* MAR-6, `correlated`: sqrt(r' C r), here with C = 0.6. */
static void
test_correlated(void **state)
{
    margin_fixture f;
    const double a = 0.15 * 20855.0, b = -0.15 * 16924.05;
    (void)state;
    pair(&f);
    fixture_assume(&f, 0.6);
    assert_close(requirement(&f), sqrt(a * a + 2.0 * 0.6 * a * b + b * b), 1e-13);
    fixture_free(&f);
}

/* MAR-6, worked example 4: five equal legs at C = 0.5, moves +-15 %: 0.581 of one leg's
   notional. */
static void
test_correlated_five_legs(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    for (size_t i = 0; i < FIXTURE_ASSETS; i++) {
        (void)fixture_add(&f, i, RIP_KIND_LINEAR_PERP, 1000.0 / f.asset[i].price_usd,
                          10.0);
    }
    fixture_assume(&f, 0.5);
    assert_close(requirement(&f), 150.0 * sqrt(15.0), 1e-13);
    assert_near(requirement(&f), 581.0, 0.1);
    fixture_free(&f);
}

/* MAR-6: where the -0.99 cuts a move, c_u is not zero; one underlying gives R_u. */
static void
test_correlated_with_a_cut_move(void **state)
{
    static const double spot[] = {-0.7, 0.7};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 2, spot);
    f.venue.portfolio.spot_range[BTC] = 2.0;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.4, 10.0);
    fixture_assume(&f, 0.6);
    assert_close(requirement(&f), 0.99 * 20855.0, 1e-13);
    f.position[0].quantity = -0.4;
    assert_close(requirement(&f), 1.4 * 20855.0, 1e-13);
    fixture_free(&f);
}

/* MAR-6: spot_range multiplies the moves of its underlying, never below -0.99. */
static void
test_spot_range(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.venue.portfolio.spot_range[BTC] = 1.27;
    f.venue.portfolio.spot_range[ETH] = 9.5;
    assert_close(requirement(&f), 0.15 * (1.27 * 20855.0 + 9.5 * 16924.05), 1e-13);
    f.position[1].quantity = 6.5;
    assert_close(requirement(&f), 0.1905 * 20855.0 + 0.99 * 16924.05, 1e-13);
    fixture_free(&f);
}

/* MAR-6: extra scenarios are joint, weighted, and compete as they are. */
static void
test_extra_scenarios(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.position[1].quantity = 6.5;
    fixture_extra(&f, -0.6, 0.35);
    assert_close(requirement(&f), 0.35 * 0.6 * 37779.05, 1e-13);
    f.venue.portfolio.scenario[3].weight = 0.2;
    assert_close(requirement(&f), 0.15 * 37779.05, 1e-13);
    fixture_free(&f);
}

/* MAR-6: the profits of the other instruments count by gain_offset only. */
static void
test_gain_offset(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 2.0, 1.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -1.5, 10.0);
    f.venue.portfolio.gain_offset = 0.7;
    /* down 15 %: 2.0 lost, 1.5 won; up: 1.5 lost, 2.0 won */
    assert_close(requirement(&f), 0.15 * 2603.7 * (2.0 - 0.7 * 1.5), 1e-13);
    f.position[0].quantity = 1.0;
    assert_close(requirement(&f), 0.15 * 2603.7 * (1.5 - 0.7 * 1.0), 1e-13);
    /* two legs of one instrument net fully */
    f.position[0].kind = RIP_KIND_LINEAR_PERP;
    assert_close(requirement(&f), 0.15 * 2603.7 * 0.5, 1e-13);
    fixture_free(&f);
}

/* MAR-6: ... and of one instrument in full, in as many positions as it may be held. */
static void
test_gain_of_one_instrument(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.venue.portfolio.between = RIP_BETWEEN_JOINT;
    f.venue.portfolio.gain_offset = 0.7;
    assert_close(requirement(&f), 0.15 * (20855.0 - 16924.05), 1e-12);
    f.position[1].quantity = -4.5;
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -2.0, 10.0);
    assert_close(requirement(&f), 0.15 * (20855.0 - 16924.05), 1e-12);
    fixture_free(&f);
}

/* MAR-6: the contingency of perpetuals is on the net quantity, and after the floor. */
static void
test_contingency(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -0.3, 10.0);
    (void)fixture_add(&f, BTC, RIP_KIND_SPOT, 0.05, 1.0);
    f.venue.portfolio.contingency.perp = 0.006;
    assert_close(
        requirement(&f),
        0.15 * (0.15 * 52137.5 + 16924.05) + 0.006 * (0.1 * 52137.5 + 16924.05), 1e-13);
    assert_close(rip_margin_portfolio_contingency(&f.state, &f.point).perp,
                 0.006 * (0.1 * 52137.5 + 16924.05), 1e-13);
    fixture_free(&f);
}

/* MAR-6: the order of the grid does not matter, nor that volatility states repeat its
   moves. */
static void
test_order_of_the_grid(void **state)
{
    static const double falling[] = {0.12, 0.12, 0.0, 0.0, -0.15, -0.15};
    static const double rising[] = {-0.15, -0.15, 0.0, 0.0, 0.12, 0.12};
    (void)state;
    for (rip_between rule = RIP_BETWEEN_ADD; rule <= RIP_BETWEEN_JOINT; rule++) {
        for (int i = 0; i < 2; i++) {
            margin_fixture f;
            pair(&f);
            f.venue.portfolio.between = rule;
            fixture_grid(&f, 6, i == 0 ? falling : rising);
            assert_close(requirement(&f),
                         rule == RIP_BETWEEN_ADD ? 0.15 * 20855.0 + 0.12 * 16924.05
                                                 : 0.15 * (20855.0 - 16924.05),
                         1e-12);
            f.position[0].quantity = -0.4;
            f.position[1].quantity = 6.5;
            assert_close(requirement(&f),
                         rule == RIP_BETWEEN_ADD ? 0.12 * 20855.0 + 0.15 * 16924.05
                                                 : 0.12 * (20855.0 - 16924.05),
                         1e-12);
            fixture_free(&f);
        }
    }
}

/* MAR-6: a book that nets to nothing needs nothing, by every rule. */
static void
test_flat_book(void **state)
{
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 0.4, 10.0);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -0.4, 10.0);
    fixture_assume(&f, 0.6);
    for (rip_between rule = RIP_BETWEEN_ADD; rule <= RIP_BETWEEN_CORRELATED; rule++) {
        f.venue.portfolio.between = rule;
        assert_near(requirement(&f), 0.0, 0.0);
    }
    fixture_free(&f);
}

/* MAR-6: a worst loss below zero counts as 0. */
static void
test_floor_at_zero(void **state)
{
    static const double spot[] = {-0.15};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 1, spot);
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, -0.4, 10.0);
    for (rip_between rule = RIP_BETWEEN_ADD; rule <= RIP_BETWEEN_OFFSET; rule++) {
        f.venue.portfolio.between = rule;
        f.venue.portfolio.offset_factor = 0.5;
        assert_near(requirement(&f), 0.0, 0.0);
    }
    fixture_free(&f);
}

/* MAR-6: MM = mm_factor R, IM = im_factor R. */
static void
test_factors(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    f.venue.portfolio.mm_factor = 0.8;
    f.venue.portfolio.im_factor = 1.3;
    assert_close(requirement(&f), 0.8 * 0.15 * 37779.05, 1e-13);
    assert_close(f.bucket[0].initial_usd, 1.3 * 0.15 * 37779.05, 1e-13);
    assert_close(f.bucket[0].equity_usd, 10000.0, 1e-15);
    fixture_free(&f);
}

/* What `riptide margin` shows: one loss a scenario, the worst, one position alone. */
static void
test_parts(void **state)
{
    margin_fixture f;
    (void)state;
    pair(&f);
    fixture_extra(&f, -0.3, 0.35);
    f.venue.portfolio.between = RIP_BETWEEN_JOINT;
    f.venue.portfolio.contingency.perp = 0.006;
    (void)requirement(&f);
    assert_close(rip_margin_portfolio_scenario_loss(&f.state, &f.point, 0),
                 0.15 * 3930.95, 1e-12);
    assert_near(rip_margin_portfolio_scenario_loss(&f.state, &f.point, 1), 0.0, 0.0);
    assert_close(rip_margin_portfolio_scenario_loss(&f.state, &f.point, 2),
                 -0.15 * 3930.95, 1e-12);
    assert_close(rip_margin_portfolio_scenario_loss(&f.state, &f.point, 3),
                 0.35 * 0.3 * 3930.95, 1e-12);
    assert_close(rip_margin_portfolio_worst(&f.state, &f.point), 0.15 * 3930.95, 1e-12);
    assert_close(rip_margin_portfolio_alone(&f.state, &f.point, 1), 0.156 * 16924.05,
                 1e-12);
    fixture_free(&f);
}

/* MAR-6: `correlated` looks at every size of move of the grid both ways; the other
   rules at the moves as they are. */
static void
test_alone_on_an_uneven_grid(void **state)
{
    static const double spot[] = {-0.1, 0.15};
    margin_fixture f;
    (void)state;
    pair(&f);
    fixture_grid(&f, 2, spot);
    fixture_extra(&f, 0.4, 0.3);
    fixture_assume(&f, 0.6);
    fixture_begin(&f, RIP_MODE_PORTFOLIO);
    assert_close(rip_margin_portfolio_alone(&f.state, &f.point, 0), 0.15 * 20855.0,
                 1e-13);
    assert_close(rip_margin_portfolio_alone(&f.state, &f.point, 1), 0.15 * 16924.05,
                 1e-13);
    f.venue.portfolio.between = RIP_BETWEEN_OFFSET;
    assert_close(rip_margin_portfolio_alone(&f.state, &f.point, 0), 0.1 * 20855.0,
                 1e-13);
    f.venue.portfolio.scenario[2].weight = 0.4;
    assert_close(rip_margin_portfolio_alone(&f.state, &f.point, 1), 0.16 * 16924.05,
                 1e-13);
    fixture_free(&f);
}

/* MAR-6: C = 11' gives R_joint on a symmetric grid, even where -0.99 cuts a move. */
static void
test_full_correlation_is_joint(void **state)
{
    static const double spot[] = {-0.8, -0.3, 0.0, 0.3, 0.8};
    uint64_t seed = 42;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double joint_usd;
        fixture_random(&f, &seed);
        fixture_grid(&f, 5, spot);
        fixture_assume(&f, 1.0);
        f.venue.portfolio.gain_offset = 1.0;
        f.venue.portfolio.between = RIP_BETWEEN_JOINT;
        joint_usd = requirement(&f);
        f.venue.portfolio.between = RIP_BETWEEN_CORRELATED;
        assert_near(requirement(&f), joint_usd, 1e-9 * f.account.wallet_usd);
        fixture_free(&f);
    }
}

/* MAR-6: joint <= offset <= add, and correlated <= add. */
static void
test_order_of_rules(void **state)
{
    static const double spot[] = {-0.6, -0.2, 0.0, 0.2, 0.6};
    uint64_t seed = 43;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        double got_usd[4], slack_usd;
        fixture_random(&f, &seed);
        fixture_grid(&f, 5, spot);
        for (rip_between rule = RIP_BETWEEN_ADD; rule <= RIP_BETWEEN_CORRELATED;
             rule++) {
            f.venue.portfolio.between = rule;
            got_usd[rule] = requirement(&f);
        }
        slack_usd = 1e-10 * f.account.wallet_usd;
        assert_true(got_usd[RIP_BETWEEN_JOINT] <=
                    got_usd[RIP_BETWEEN_OFFSET] + slack_usd);
        assert_true(got_usd[RIP_BETWEEN_OFFSET] <=
                    got_usd[RIP_BETWEEN_ADD] + slack_usd);
        assert_true(got_usd[RIP_BETWEEN_CORRELATED] <=
                    got_usd[RIP_BETWEEN_ADD] + slack_usd);
        fixture_free(&f);
    }
}

/* Requirement of the positions [first, end) alone. */
static double
requirement_of(const margin_fixture *whole, size_t first, size_t end)
{
    margin_fixture part = *whole; /* shares the venue, which it does not free */
    part.account.n_position = part.book.n_position = end - first;
    part.book.account = &part.account;
    part.book.position = part.position;
    for (size_t k = first; k < end; k++) {
        part.position[k - first] = whole->position[k];
    }
    fixture_begin(&part, RIP_MODE_PORTFOLIO);
    fixture_assess(&part);
    return part.bucket[0].maintenance_usd;
}

/* MAR-6: without contingencies the scenario loss is subadditive: R(A + B) <= R(A) +
   R(B), whatever the rule between underlyings. */
static void
test_subadditivity(void **state)
{
    uint64_t seed = 44;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        size_t n, half;
        fixture_random(&f, &seed);
        n = f.account.n_position;
        half = n / 2;
        f.venue.portfolio.gain_offset = 1.0;
        f.venue.portfolio.contingency.perp = 0.0;
        assert_true(requirement_of(&f, 0, n) <= requirement_of(&f, 0, half) +
                                                    requirement_of(&f, half, n) +
                                                    1e-10 * f.account.wallet_usd);
        fixture_free(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_joint),
        cmocka_unit_test(test_offset),
        cmocka_unit_test(test_correlated),
        cmocka_unit_test(test_correlated_five_legs),
        cmocka_unit_test(test_correlated_with_a_cut_move),
        cmocka_unit_test(test_spot_range),
        cmocka_unit_test(test_extra_scenarios),
        cmocka_unit_test(test_gain_offset),
        cmocka_unit_test(test_gain_of_one_instrument),
        cmocka_unit_test(test_contingency),
        cmocka_unit_test(test_order_of_the_grid),
        cmocka_unit_test(test_flat_book),
        cmocka_unit_test(test_floor_at_zero),
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_alone_on_an_uneven_grid),
        cmocka_unit_test(test_full_correlation_is_joint),
        cmocka_unit_test(test_order_of_rules),
        cmocka_unit_test(test_subadditivity),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
