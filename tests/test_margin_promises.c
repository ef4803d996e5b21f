/* Promises of domain.md, sections 4 to 6, over random accounts of all kinds: what a
   position asks for, which way figures go, how a liquidation ends. */
#include "support.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

#include "riptide/margin/fill.h"
#include "riptide/margin/liquidate.h"
#include "riptide/margin/portfolio.h"
#include "riptide/margin/position.h"
#include "riptide/numerics/math.h"

#include "margin_kinds.h"

#define N_RANDOM 2000
#define HOUR_MS  UINT64_C(3600000)

static const rip_mode modes[] = {RIP_MODE_ISOLATED, RIP_MODE_CROSS, RIP_MODE_PORTFOLIO,
                                 RIP_MODE_MIXED};

static double
between(uint64_t *seed, double low, double high)
{
    return low + (high - low) * support_uniform(seed);
}

/* Three tiers a symbol that are continuous; the square root of MAR-2, which takes a
   fifth off the tiers' own rates, is not. */
static void
smooth_tiers(margin_fixture *f, uint64_t *seed)
{
    for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
        const double rate = between(seed, 0.002, 0.02);
        const double first = between(seed, 500.0, 5000.0);
        const double floors[] = {0.0, first, 4.0 * first};
        const double rates[] = {rate, 1.5 * rate, 3.0 * rate};
        fixture_tiers(f, a, 3, floors, rates);
    }
    f->venue.size_scaling.sqrt = 0.0;
}

/* What the tiers count of one unit of quantity (MAR-1, MAR-2). */
static double
measure_of_a_unit(const rip_requirement *self)
{
    const rip_position *held = self->position;
    const double price = self->venue->maintenance_at_entry
                             ? held->entry_usd
                             : rip_instrument_forward(held, &self->view);
    if (self->venue->tiers_by_quantity) {
        return 1.0;
    }
    return held->kind == RIP_KIND_INVERSE_PERP ? 1.0 / price : price;
}

static void
assert_no_jump(const rip_requirement *below, const rip_requirement *above)
{
    const double notional_usd =
        rip_instrument_notional(below->position, below->quantity, &below->view);
    assert_near(rip_requirement_maintenance(above), rip_requirement_maintenance(below),
                1e-10 * notional_usd);
}

/* At every floor, reached by the quantity and, where it counts, by the price. */
static void
check_floors(const rip_requirement *at)
{
    const rip_margin_tiers *tiers = &at->venue->tiers[at->position->asset];
    const bool is_inverse = at->position->kind == RIP_KIND_INVERSE_PERP;
    for (size_t i = 1; i < tiers->n_tier; i++) {
        const double share =
            tiers->floor_usd[i] / (measure_of_a_unit(at) * fabs(at->quantity));
        rip_requirement below = *at, above = *at;
        below.quantity *= share * (1.0 - 1e-12);
        above.quantity *= share * (1.0 + 1e-12);
        assert_no_jump(&below, &above);
        if (!at->venue->maintenance_at_entry && !at->venue->tiers_by_quantity) {
            const double price_usd =
                at->view.price_usd * (is_inverse ? 1.0 / share : share);
            below = above = *at;
            below.view.price_usd = price_usd * (1.0 - 1e-12);
            above.view.price_usd = price_usd * (1.0 + 1e-12);
            assert_no_jump(&below, &above);
        }
    }
}

/* Any price, and where an option is at the money. */
static void
check_prices(const rip_requirement *at, uint64_t *seed)
{
    const double price_usd = at->position->kind == RIP_KIND_OPTION
                                 ? at->position->strike_usd
                                 : at->view.price_usd * between(seed, 0.3, 3.0);
    rip_requirement below = *at, above = *at;
    below.view.price_usd = price_usd * (1.0 - 1e-12);
    above.view.price_usd = price_usd * (1.0 + 1e-12);
    assert_no_jump(&below, &above);
}

/* MAR-1, MAR-2, INS-2: the maintenance of every kind has no jump, neither in the price
   nor in the quantity. */
static void
test_requirement_is_continuous(void **state)
{
    uint64_t seed = 3141;
    size_t n = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        smooth_tiers(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_requirement at =
                rip_margin_position_requirement(&f.state, k, &f.point);
            check_prices(&at, &seed);
            if (f.position[k].kind != RIP_KIND_OPTION) {
                check_floors(&at);
                n++;
            }
        }
        fixture_free(&f);
    }
    assert_true(n > N_RANDOM);
}

/* MAR-1, MAR-2, INS-2: more of a position asks for no less. */
static void
test_requirement_grows_with_size(void **state)
{
    uint64_t seed = 1123;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        smooth_tiers(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_requirement less =
                rip_margin_position_requirement(&f.state, k, &f.point);
            rip_requirement more = less;
            more.quantity *= 1.0 + 10.0 * support_uniform(&seed);
            assert_true(rip_requirement_maintenance(&more) >=
                        rip_requirement_maintenance(&less) * (1.0 - 1e-13));
        }
        fixture_free(&f);
    }
}

/* Section 2: a long position of any kind but a put gains when the price rises, a put
   when it falls, both when the volatility rises; the short side mirrors it to the bit,
   and asks for the same margin where the sides are alike. */
static void
test_sides_mirror(void **state)
{
    uint64_t seed = 5813;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_position *held = &f.position[k];
            const double q = fabs(held->quantity);
            rip_requirement at = rip_margin_position_requirement(&f.state, k, &f.point);
            rip_instrument_view risen = at.view;
            const double value = rip_instrument_value(held, q, &at.view);
            const double sign =
                held->kind == RIP_KIND_OPTION && held->is_put ? -1.0 : 1.0;
            risen.price_usd *= 1.0 + support_uniform(&seed);
            assert_true(sign * (rip_instrument_value(held, q, &risen) - value) >=
                        -1e-12 * fabs(value));
            assert_close(rip_instrument_value(held, -q, &risen),
                         -rip_instrument_value(held, q, &risen), 0.0);
            risen = at.view;
            risen.volatility *= 1.0 + support_uniform(&seed);
            assert_true(rip_instrument_value(held, q, &risen) >=
                        value - 1e-12 * fabs(value));
            if (held->kind != RIP_KIND_OPTION) {
                const double maintenance_usd = rip_requirement_maintenance(&at);
                at.quantity = -at.quantity;
                assert_close(rip_requirement_maintenance(&at), maintenance_usd, 0.0);
            }
        }
        fixture_free(&f);
    }
}

/* Section 2: what a long one loses when its price moves by -x a short one loses when it
   moves by +x; of an inverse perpetual in coins, for moves of 1 / price. */
static void
test_moves_mirror(void **state)
{
    uint64_t seed = 2134;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const double move = between(&seed, -0.6, 0.6);
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_position *held = &f.position[k];
            const bool is_inverse = held->kind == RIP_KIND_INVERSE_PERP;
            const double q = held->quantity;
            const rip_instrument_view start =
                rip_margin_position_view(&f.state, k, &f.point);
            rip_instrument_view down = start, up = start;
            double loss, want;
            if (held->kind == RIP_KIND_OPTION) {
                continue;
            }
            down.price_usd *= is_inverse ? 1.0 / (1.0 - move) : 1.0 - move;
            up.price_usd *= is_inverse ? 1.0 / (1.0 + move) : 1.0 + move;
            loss = rip_instrument_value(held, q, &start) -
                   rip_instrument_value(held, q, &down);
            want = rip_instrument_value(held, -q, &start) -
                   rip_instrument_value(held, -q, &up);
            assert_near(loss, want,
                        1e-12 * rip_instrument_notional(held, q, &start) /
                            rip_instrument_currency(held, start.price_usd));
        }
        fixture_free(&f);
    }
}

/* MAR-6: a call bought and a put sold are a future in every scenario. */
static void
test_parity_in_scenarios(void **state)
{
    uint64_t seed = 4181;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const size_t asset = (size_t)(support_uniform(&seed) * FIXTURE_ASSETS);
        const double days = between(&seed, 0.1, 90.0);
        margin_fixture f;
        fixture_terms terms = {.days = days, .volatility = between(&seed, 0.2, 1.2)};
        fixture_random_kinds(&f, &seed);
        f.account.n_position = f.book.n_position = 0;
        terms.strike_usd = f.asset[asset].price_usd * between(&seed, 0.5, 2.0);
        fixture_option(&f, asset, 2.7, terms);
        terms.is_put = true;
        fixture_option(&f, asset, -2.7, terms);
        fixture_future(&f, asset, -2.7, days, 3.0);
        f.venue.portfolio.gain_offset = 1.0;
        fixture_begin(&f, RIP_MODE_PORTFOLIO);
        for (size_t s = 0; s < f.venue.portfolio.n_scenario; s++) {
            assert_near(rip_margin_portfolio_scenario_loss(&f.state, &f.point, s), 0.0,
                        1e-11 * f.asset[asset].price_usd);
        }
        fixture_free(&f);
    }
}

/* A perpetual and the option that protects it: a put, under a short one a call. */
static void
add_protected(margin_fixture *f, size_t asset, double quantity, fixture_terms terms)
{
    f->account.n_position = f->book.n_position = 0;
    f->asset[asset].basis = 0.0;
    f->venue.portfolio.gain_offset = 1.0;
    f->venue.portfolio.contingency = (rip_contingency){0};
    fixture_add(f, asset, RIP_KIND_LINEAR_PERP, quantity, 5.0);
    terms.is_put = quantity > 0.0;
    fixture_option(f, asset, fabs(quantity), terms);
}

/* Worst loss with the option over that without it. */
static double
protected_share(margin_fixture *f)
{
    double both_usd, alone_usd;
    fixture_begin(f, RIP_MODE_PORTFOLIO);
    both_usd = rip_margin_portfolio_worst(&f->state, &f->point);
    f->held[1].status = RIP_POSITION_EXPIRED;
    alone_usd = rip_margin_portfolio_worst(&f->state, &f->point);
    return both_usd <= alone_usd + 1e-9 ? fmin(both_usd / alone_usd, 1.0)
                                        : both_usd / alone_usd;
}

/* Section 4: a protective put lowers the portfolio requirement of its perpetual: any
   option on any grid of prices; on the contract's sample grid, where falling
   volatilities take from it as well, one near the money and not far off in time. */
static void
test_protection_lowers_requirement(void **state)
{
    static const double spot[] = {-0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15};
    uint64_t seed = 6765;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        const size_t asset = (size_t)(support_uniform(&seed) * FIXTURE_ASSETS);
        const double side = support_uniform(&seed) < 0.5 ? -1.0 : 1.0;
        fixture_terms terms = {.days = between(&seed, 0.1, 200.0),
                               .volatility = between(&seed, 0.1, 1.5)};
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        terms.strike_usd = f.asset[asset].price_usd * between(&seed, 0.4, 2.5);
        for (size_t s = 0; s < f.venue.portfolio.n_scenario; s++) {
            f.venue.portfolio.scenario[s].volatility = 0;
        }
        add_protected(&f, asset, side * 3.3, terms);
        assert_true(!(protected_share(&f) > 1.0));
        terms.strike_usd = f.asset[asset].price_usd * between(&seed, 0.9, 1.1);
        terms.days = between(&seed, 7.0, 45.0);
        terms.volatility = between(&seed, 0.3, 0.9);
        f.venue.portfolio.spot_range[asset] = 1.0;
        fixture_grid(&f, 7, spot);
        for (size_t s = 0; s < 21; s++) {
            f.venue.portfolio.scenario[s] = (rip_scenario){
                .spot = spot[s % 7], .volatility = (int)(s / 7) - 1, .weight = 1.0};
        }
        f.venue.portfolio.n_scenario = 21;
        f.venue.portfolio.volatility_shock = (rip_volatility_shock){.up = 0.5,
                                                                    .down = 0.3,
                                                                    .power_short = 0.3,
                                                                    .power_long = 0.13,
                                                                    .pivot_days = 30.0};
        add_protected(&f, asset, side * 3.3, terms);
        assert_true(protected_share(&f) < 0.95);
        fixture_free(&f);
    }
}

/* Distance of a position's liquidation price from the price, INFINITY: none. */
static double
distance(margin_fixture *f, size_t position)
{
    const double root_usd =
        rip_margin_price_liquidation(&f->state, &f->point, &f->scratch, position);
    const double price_usd = f->price_usd[f->position[position].asset];
    return isnan(root_usd) ? INFINITY : fabs(root_usd - price_usd);
}

/* MAR-7: more collateral brings no liquidation nearer, in any mode. */
static void
test_collateral_moves_liquidation_away(void **state)
{
    uint64_t seed = 987;
    size_t n = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM / 4; i++) {
        margin_fixture f;
        double before[FIXTURE_POSITIONS];
        bool breached;
        fixture_random_kinds(&f, &seed);
        fixture_begin(&f, modes[i % 4]);
        breached = rip_margin_starts_in_breach(&f.state, &f.point, f.bucket);
        for (size_t k = 0; k < f.account.n_position; k++) {
            before[k] = distance(&f, k);
        }
        f.state.free_usd += 50.0;
        for (size_t k = 0; k < f.account.n_position; k++) {
            f.held[k].bucket *= 1.07;
        }
        for (size_t k = 0; k < f.account.n_position && !breached; k++) {
            const double now = distance(&f, k);
            assert_true(now >= before[k] * (1.0 - 1e-9));
            n += now < INFINITY;
        }
        fixture_free(&f);
    }
    assert_true(n > N_RANDOM / 4);
}

/* LIQ-4: whatever a liquidation costs in fees, others pay no more than without them.
   (In mixed mode what an isolated bucket gives back may pay for a pool, less its fee.)
 */
static void
test_fees_make_no_debt(void **state)
{
    uint64_t seed = 1597;
    size_t n_deficit = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        double gap_usd[2], fee_usd[2], moved_usd[FIXTURE_ASSETS];
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        for (size_t k = 0; k < f.account.n_position; k++) {
            f.position[k].stop_usd = NAN; /* a stop's fee may bring a breach nearer */
        }
        fixture_begin(&f, modes[i % 3]);
        fixture_random_prices(&f, &seed, 2.0);
        for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
            moved_usd[a] = f.price_usd[a];
        }
        for (size_t with = 0; with < 2; with++) {
            fixture_begin(&f, modes[i % 3]);
            for (size_t a = 0; a < FIXTURE_ASSETS; a++) {
                f.price_usd[a] = moved_usd[a];
            }
            f.venue.fees.taker = with ? 0.01 : 0.0;
            f.venue.fees.liquidation = with ? 0.05 : 0.0;
            fixture_step(&f);
            gap_usd[with] = fixture_cause(&f, RIP_CAUSE_GAP);
            fee_usd[with] = fixture_cause(&f, RIP_CAUSE_FEES);
            if (f.state.n_open == 0) {
                assert_true(rip_account_state_net_worth(&f.state, &f.point) >=
                            -1e-9 * fabs(f.state.initial_usd));
            }
        }
        assert_near(gap_usd[1], gap_usd[0],
                    1e-9 * (fabs(f.state.initial_usd) - gap_usd[0]));
        assert_near(fee_usd[0], 0.0, 0.0);
        n_deficit += gap_usd[0] < -1.0;
        fixture_free(&f);
    }
    assert_true(n_deficit > N_RANDOM / 20);
}

/* Closes of one step, by position. */
typedef struct closes {
    size_t n[FIXTURE_POSITIONS];
    const rip_position *position;
} closes;

/* Every close makes progress, and what it leaves is no dust. */
static void
hear_close(void *context, const rip_account_state *state, const rip_event *event)
{
    closes *self = context;
    if (event->kind == RIP_EVENT_CLOSE) {
        const double first = fabs(self->position[event->position].quantity);
        const double left = fabs(state->held[event->position].quantity);
        self->n[event->position]++;
        assert_true(fabs(event->quantity) > 0.0);
        if (rip_margin_position_is_open(state, event->position)) {
            assert_true(left > 0.5 * RIP_MARGIN_DUST * first);
        }
    }
}

/* LIQ-1, section 5: every loop makes progress and is bounded; dust is closed whole. */
static void
test_liquidations_end(void **state)
{
    uint64_t seed = 2584;
    size_t n_close = 0;
    (void)state;
    for (int i = 0; i < N_RANDOM; i++) {
        margin_fixture f;
        fixture_random_kinds(&f, &seed);
        fixture_random_liquidation(&f, &seed);
        if (i % 3 == 0) { /* shares that leave dust */
            f.venue.liquidation.fraction = f.venue.liquidation.share = 1.0 - 1e-10;
            f.venue.liquidation.above_usd = 0.0;
        }
        fixture_begin(&f, modes[i % 4]);
        for (size_t step = 0; step < 6; step++) {
            closes heard = {.position = f.position};
            f.sink = (rip_event_sink){.on_event = hear_close, .context = &heard};
            fixture_random_prices(&f, &seed, 1.1);
            f.point.time_ms += HOUR_MS;
            fixture_step(&f);
            for (size_t k = 0; k < f.account.n_position; k++) {
                assert_true(heard.n[k] <= RIP_MARGIN_MOST_PASSES + 1);
                n_close += heard.n[k];
            }
        }
        fixture_free(&f);
    }
    assert_true(n_close > N_RANDOM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requirement_is_continuous),
        cmocka_unit_test(test_requirement_grows_with_size),
        cmocka_unit_test(test_sides_mirror),
        cmocka_unit_test(test_moves_mirror),
        cmocka_unit_test(test_parity_in_scenarios),
        cmocka_unit_test(test_protection_lowers_requirement),
        cmocka_unit_test(test_collateral_moves_liquidation_away),
        cmocka_unit_test(test_fees_make_no_debt),
        cmocka_unit_test(test_liquidations_end),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
