/* Forms of chosen accounts: how far they reach, and what they refuse. */
#include "margin_boxes.h"

#include <gsl/gsl_errno.h>

#include "riptide/margin/form.h"
#include "support.h"

/* MAR-6: five equal longs whose equity is 1.25 of maintenance, as in worked example 4:
   a breach is 3.3 % away, and a box of +-1 % is proved; beyond the box nothing is. */
static void
test_box_of_correlated(void **state)
{
    margin_fixture f;
    fixture_forms all;
    fixture_box b;
    (void)state;
    fixture_init(&f);
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        (void)fixture_add(&f, a, RIP_KIND_LINEAR_PERP, 1000.0 / f.asset[a].price_usd,
                          10.0);
    }
    fixture_assume(&f, 0.5);
    f.rules.wipeout_threshold = 0.0;
    fixture_size_by_requirement(&f, 1.25);
    assert_true(fixture_write_forms(&f, &all));
    b = fixture_box_about(&f, 0.01, 0.01);
    assert_true(fixture_is_proved_quiet(&all, &b));
    b = fixture_box_about(&f, 0.034, 0.0);
    assert_false(fixture_is_proved_quiet(&all, &b));
    b = fixture_box_about(&f, -0.6,
                          0.6); /* all up by 60 %: quiet, but outside the box */
    assert_false(fixture_is_proved_quiet(&all, &b));
    fixture_size_by_requirement(&f, 8.0); /* far away the sum serves, at all prices */
    assert_true(fixture_write_forms(&f, &all));
    assert_true(fixture_is_proved_quiet(&all, &b));
    fixture_free(&f);
}

/* What margin/portfolio_bound.h says of the tangent, in plain sums. */
typedef struct tangent {
    double norm_usd, slope_usd[FIXTURE_ASSETS], chord_usd;
} tangent;

static tangent
plain_tangent(const margin_fixture *f, double width)
{
    double r[FIXTURE_ASSETS], square = 0.0, absolute = 0.0, reach = 0.0, along;
    tangent self = {0};
    for (size_t u = 0; u < FIXTURE_ASSETS; u++) {
        r[u] = 0.15 * f->position[u].quantity * f->asset[u].price_usd;
    }
    for (size_t u = 0; u < FIXTURE_ASSETS; u++) {
        for (size_t v = 0; v < FIXTURE_ASSETS; v++) {
            const double c = f->venue.portfolio.correlation[u * FIXTURE_ASSETS + v];
            square += r[u] * c * r[v];
            absolute += fabs(r[u] * c * r[v]);
            self.slope_usd[u] += r[u] * c * r[v];
        }
    }
    self.norm_usd = sqrt(square);
    for (size_t u = 0; u < FIXTURE_ASSETS; u++) {
        self.slope_usd[u] /= self.norm_usd; /* g_u S0_u */
        reach += fabs(self.slope_usd[u]);
    }
    along = self.norm_usd - width * reach;
    self.chord_usd = sqrt(along * along + width * width * absolute) - along;
    return self;
}

/* MAR-6, `correlated`: the form near the requirement is the tangent less its chord, for
   books of one side and of two. */
static void
test_tangent_of_correlated(void **state)
{
    static const double side[2][FIXTURE_ASSETS] = {{1.0, 1.0, 1.0, 1.0, 1.0},
                                                   {1.0, 1.0, -0.3, 1.0, -0.2}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        margin_fixture f;
        fixture_forms all;
        double width, entry_usd = 0.0;
        tangent want;
        fixture_init(&f);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            (void)fixture_add(&f, a, RIP_KIND_LINEAR_PERP,
                              side[i][a] * 1000.0 / f.asset[a].price_usd, 10.0);
            entry_usd += side[i][a] * 1000.0;
        }
        fixture_assume(&f, 0.5);
        f.venue.portfolio.mm_factor = 0.8;
        fixture_size_by_requirement(&f, 1.25);
        assert_true(fixture_write_forms(&f, &all));
        width =
            all.form[2].cap_usd[0] / f.asset[BTC].price_usd - 1.0; /* of the guards */
        want = plain_tangent(&f, width);
        assert_true(width > 0.05 && width < 0.5);
        assert_close(0.8 * want.norm_usd * 1.25, f.account.wallet_usd, 1e-12);
        assert_true(0.8 * want.chord_usd <= 0.2 * want.norm_usd / 3.0);
        for (size_t form = 0; form < 2; form++) {
            assert_close(all.form[form].constant_usd,
                         f.account.wallet_usd - entry_usd - 0.8 * want.chord_usd, 1e-8);
            for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
                assert_close(all.form[form].weight[a] * f.asset[a].price_usd,
                             side[i][a] * 1000.0 - 0.8 * want.slope_usd[a], 1e-9);
            }
        }
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            assert_close(all.form[3 + a].constant_usd,
                         -(1.0 - width) * f.asset[a].price_usd, 1e-9);
        }
        fixture_free(&f);
    }
}

/* MAR-6, `correlated`: where -0.99 cuts the largest move, a smaller one can be the
   worst: of two uncorrelated longs sqrt(2) 0.96 against sqrt(2) 1.255 - 0.53. */
static void
test_smaller_move_is_the_worst(void **state)
{
    static const double spot[] = {-0.1, 0.6, 0.95};
    margin_fixture f;
    fixture_forms all;
    size_t n = 0;
    (void)state;
    fixture_init(&f);
    fixture_grid(&f, 3, spot);
    fixture_assume(&f, 0.0);
    f.venue.portfolio.spot_range[BTC] = f.venue.portfolio.spot_range[ETH] = 1.6;
    (void)fixture_add(&f, BTC, RIP_KIND_LINEAR_PERP, 1000.0 / 52137.5, 10.0);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 1000.0 / 2603.7, 10.0);
    fixture_size_by_requirement(&f, 1.05);
    assert_close(f.account.wallet_usd, 1.05 * sqrt(2.0) * 960.0, 1e-12);
    assert_true(fixture_write_forms(&f, &all));
    assert_true(f.state.model->bound(&f.state, all.form, &n));
    assert_true(fixture_lowest(&f, all.form, n) <= 0.05 * sqrt(2.0) * 960.0);
    fixture_free(&f);
}

/* Every number of a form is entered a little lower than it is. */
static void
test_numbers_are_lowered(void **state)
{
    uint32_t asset[2];
    double weight[2], cap[2], funding[2];
    rip_margin_form form = {
        .asset = asset, .weight = weight, .cap_usd = cap, .funding_weight = funding};
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        const double usd = 52137.5 * sign, quantity = 0.0127 * sign;
        rip_margin_form_begin(&form);
        rip_margin_form_add_money(&form, usd);
        assert_close(usd - form.constant_usd, 52137.5e-12, 1e-3);
        assert_int_equal(rip_margin_form_add_price(&form, 7, 1.0), 0);
        assert_int_equal(rip_margin_form_add_price(&form, 3, quantity), 1);
        assert_int_equal(rip_margin_form_add_price(&form, 3, quantity), 1);
        assert_close(2.0 * quantity - weight[1], 0.0254e-12, 1e-3);
        assert_true(isinf(cap[1]));
    }
}

/* ETH long and short, nearly hedged: per USD of ETH the result moves by 0.02, and
   maintenance by 4.02 times a rate that rises twentyfold from a notional on, and by a
   little before that. */
static void
hedged(margin_fixture *f, double second_floor_usd, double third_floor_usd,
       double wallet_usd)
{
    const double floor_usd[] = {0.0, second_floor_usd, third_floor_usd};
    const double rate[] = {0.001, 0.0011, 0.02};
    fixture_init(f);
    fixture_tiers(f, ETH, 3, floor_usd, rate);
    (void)fixture_add(f, ETH, RIP_KIND_LINEAR_PERP, 2.02, 10.0);
    (void)fixture_add(f, ETH, RIP_KIND_LINEAR_PERP, -2.0, 10.0);
    f->account.wallet_usd = wallet_usd;
    f->rules.wipeout_threshold = 0.0;
    fixture_begin(f, RIP_MODE_CROSS);
}

/* Whether the account is proved quiet at one multiple of all starting prices. */
static bool
is_proved_at(const margin_fixture *f, double multiple)
{
    fixture_forms all;
    const fixture_box b = fixture_box_about(f, 1.0 - multiple, multiple - 1.0);
    assert_true(fixture_write_forms(f, &all));
    return fixture_is_proved_quiet(&all, &b);
}

static bool
is_quiet_at(margin_fixture *f, double multiple)
{
    bool quiet;
    f->price_usd[ETH] = multiple * f->asset[ETH].price_usd;
    quiet = fixture_step_is_quiet(f);
    f->price_usd[ETH] = f->asset[ETH].price_usd;
    return quiet;
}

/* MAR-5: where the requirement overtakes the equity above the cap of 1.5 times the
   start, guards refuse the prices; nothing else does. */
static void
test_guard_at_the_cap(void **state)
{
    margin_fixture f;
    (void)state;
    hedged(&f, 8000.0, 8500.0, 50.0);
    assert_true(is_proved_at(&f, 1.45));
    assert_false(is_proved_at(&f, 4.0));
    assert_false(is_quiet_at(&f, 4.0));
    fixture_free(&f);
}

/* MAR-5: the guard stands as high as the slack is no lower than at the cap: here at
   twice the cap, and at the cap if twice the cap leaves less. */
static void
test_guard_above_the_cap(void **state)
{
    margin_fixture f;
    (void)state;
    hedged(&f, 8000.0, 20000.0, 50.0);
    assert_true(is_proved_at(&f, 2.9));
    assert_false(is_proved_at(&f, 3.1));
    assert_true(is_quiet_at(&f, 3.1)); /* shy, not wrong */
    fixture_free(&f);
    hedged(&f, 8000.0, 13000.0, 20.0);
    assert_true(is_proved_at(&f, 1.45));
    assert_false(is_quiet_at(&f, 2.957));
    assert_false(is_proved_at(&f, 2.957));
    fixture_free(&f);
}

/* MAR-1: within the first tier a form holds as far as the tier goes, here to a notional
   of 20000 USD at 3.803 times the start; with one tier, at any price. */
static void
test_cap_is_where_the_first_tier_ends(void **state)
{
    static const double floor_usd[] = {0.0}, rate[] = {0.004};
    margin_fixture f;
    (void)state;
    hedged(&f, 20000.0, 21000.0, 50.0);
    assert_true(is_proved_at(&f, 3.8));
    assert_false(is_proved_at(&f, 3.805));
    fixture_free(&f);
    fixture_init(&f);
    fixture_tiers(&f, ETH, 1, floor_usd, rate);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, -0.5, 10.0);
    f.account.wallet_usd = 45500.0;
    f.rules.wipeout_threshold = 0.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(is_proved_at(&f, 35.79)); /* (45500 + 1301.85) / 1307.06 = 35.807 */
    assert_false(is_proved_at(&f, 35.82));
    fixture_free(&f);
}

/* MAR-1: a long needs no guard, and the tiers far above do not weigh on it below. */
static void
test_long_needs_no_guard(void **state)
{
    static const double floor_usd[] = {0.0, 5000.0}, rate[] = {0.004, 0.2};
    margin_fixture f;
    (void)state;
    fixture_init(&f);
    fixture_tiers(&f, ETH, 2, floor_usd, rate);
    (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5, 10.0);
    f.account.wallet_usd = 330.0;
    f.rules.wipeout_threshold = 0.0;
    fixture_begin(&f, RIP_MODE_CROSS);
    assert_true(is_proved_at(&f, 0.76));
    assert_true(is_proved_at(&f, 40.0));
    assert_false(is_proved_at(&f, 0.745));
    fixture_free(&f);
}

/* INS-1: an account that pays interest is never quiet. An empty one always is. */
static void
test_bound_of_interest(void **state)
{
    for (rip_mode mode = RIP_MODE_ISOLATED; mode <= RIP_MODE_PORTFOLIO; mode++) {
        margin_fixture f;
        fixture_forms all;
        size_t n;
        (void)state;
        fixture_init(&f);
        f.market.borrow_rate_usd = 0.1;
        (void)fixture_add(&f, ETH, RIP_KIND_SPOT, 5.0, 2.0);
        f.account.wallet_usd = 5.0 * 2603.7 - 0.125; /* of which a pool lacks this */
        fixture_begin(&f, mode);
        assert_false(fixture_write_forms(&f, &all));
        assert_false(f.state.model->bound(&f.state, all.form, &n));
        assert_false(rip_margin_step_bound(&f.state, &f.rules, all.form, &n));
        f.held[0].status = RIP_POSITION_STOPPED;
        f.state.n_open = 0;
        f.state.n_open_pool = 0;
        assert_true(f.state.model->bound(&f.state, all.form, &n));
        assert_int_equal(n, 0);
        fixture_free(&f);
    }
}

/* Section 3: a stop is quiet up to its price, and no further. */
static void
test_bound_of_stops(void **state)
{
    for (int side = -1; side <= 1; side += 2) {
        margin_fixture f;
        fixture_forms all;
        fixture_box b;
        (void)state;
        fixture_init(&f);
        (void)fixture_add(&f, ETH, RIP_KIND_LINEAR_PERP, 0.5 * side, 2.0);
        f.position[0].stop_usd = 2603.7 * (1.0 - 0.1 * side);
        fixture_begin(&f, RIP_MODE_CROSS);
        assert_true(fixture_write_forms(&f, &all));
        b = fixture_box_about(&f, 0.0999999, 0.0999999);
        assert_true(fixture_is_proved_quiet(&all, &b));
        b = fixture_box_about(&f, 0.1, 0.1);
        assert_false(fixture_is_proved_quiet(&all, &b));
        fixture_free(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_box_of_correlated),
        cmocka_unit_test(test_tangent_of_correlated),
        cmocka_unit_test(test_smaller_move_is_the_worst),
        cmocka_unit_test(test_numbers_are_lowered),
        cmocka_unit_test(test_guard_at_the_cap),
        cmocka_unit_test(test_guard_above_the_cap),
        cmocka_unit_test(test_cap_is_where_the_first_tier_ends),
        cmocka_unit_test(test_long_needs_no_guard),
        cmocka_unit_test(test_bound_of_interest),
        cmocka_unit_test(test_bound_of_stops),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
