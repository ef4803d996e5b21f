#include "margin_fixture.h"

#include <gsl/gsl_errno.h>

#include "support.h"

static void
three_positions(margin_fixture *f)
{
    fixture_init(f);
    (void)fixture_add(f, BTC, RIP_KIND_LINEAR_PERP, 0.0127, 5.0);
    (void)fixture_add(f, ETH, RIP_KIND_LINEAR_PERP, -0.75, 3.0);
    (void)fixture_add(f, BTC, RIP_KIND_SPOT, 0.05, 1.0);
    f->position[0].entry_usd = 50000.0;
}

/* DEF-1: net worth at 0 is the same in every mode, unrealised profit included. */
static void
test_reset(void **state)
{
    margin_fixture f;
    (void)state;
    three_positions(&f);
    for (rip_mode mode = RIP_MODE_ISOLATED; mode <= RIP_MODE_PORTFOLIO; mode++) {
        fixture_begin(&f, mode);
        assert_close(f.state.initial_usd, 10000.0 + 0.0127 * 2137.5, 1e-14);
        assert_close(rip_account_state_net_worth(&f.state, &f.point),
                     f.state.initial_usd, 1e-14);
        assert_near(fixture_loss(&f), 0.0, 0.0);
        assert_int_equal(f.state.n_open, 3);
    }
    assert_close(rip_account_state_balance(&f.state), 10000.0, 0.0);
    assert_true(f.held[0].first_of_asset && f.held[1].first_of_asset);
    assert_false(f.held[2].first_of_asset);
    assert_int_equal(f.held[0].next_of_asset, 2);
    assert_int_equal(f.held[1].next_of_asset, 3);
    fixture_free(&f);
}

/* DEF-1: loss = initial - present net worth, and its causes sum to it; funding apart
   from the market (INS-3). */
static void
test_loss_by_cause(void **state)
{
    margin_fixture f;
    double cause_usd[RIP_N_CAUSE], sum_usd = 0.0;
    (void)state;
    three_positions(&f);
    fixture_begin(&f, RIP_MODE_ISOLATED);
    f.price_usd[BTC] = 51000.0;
    f.price_usd[ETH] = 2500.0;
    f.funding[BTC] = 31.7;
    f.funding[ETH] = 2.3;
    assert_close(rip_account_state_loss(&f.state, &f.point, cause_usd),
                 f.state.initial_usd - rip_account_state_net_worth(&f.state, &f.point),
                 1e-11);
    assert_close(cause_usd[RIP_CAUSE_MARKET], (0.0127 + 0.05) * 1137.5 - 0.75 * 103.7,
                 1e-13);
    assert_close(cause_usd[RIP_CAUSE_FUNDING], 0.0127 * 31.7 - 0.75 * 2.3, 1e-13);
    for (size_t i = 0; i < RIP_N_CAUSE; i++) {
        sum_usd += cause_usd[i];
    }
    assert_near(sum_usd - fixture_loss(&f), 0.0, 0.0);
    fixture_free(&f);
}

/* The order of the sums is a promise to the engine's vector kernel: same bits. */
static void
test_loss_has_the_bits_of_the_kernel(void **state)
{
    uint64_t seed = 5;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        margin_fixture f;
        double market_usd = 0.0, funding_usd = 0.0;
        fixture_random(&f, &seed);
        fixture_begin(&f, RIP_MODE_CROSS);
        fixture_random_prices(&f, &seed, 1.2);
        f.funding[ETH] = support_uniform(&seed);
        for (size_t k = 0; k < f.account.n_position; k++) {
            const rip_position *held = &f.position[k];
            market_usd += -(held->quantity * (f.price_usd[held->asset] -
                                              f.asset[held->asset].price_usd));
            funding_usd += held->kind == RIP_KIND_LINEAR_PERP
                               ? held->quantity * f.funding[held->asset]
                               : 0.0;
        }
        assert_near(fixture_loss(&f) - (market_usd + funding_usd), 0.0, 0.0);
        fixture_free(&f);
    }
}

static void
test_emit_accepts_nobody(void **state)
{
    const rip_event_sink deaf = {0};
    const rip_event event = {.kind = RIP_EVENT_BREACH};
    margin_fixture f;
    (void)state;
    three_positions(&f);
    fixture_begin(&f, RIP_MODE_CROSS);
    rip_account_state_emit(&f.state, NULL, &event);
    rip_account_state_emit(&f.state, &deaf, &event);
    assert_int_equal(f.n_event, 0);
    rip_account_state_emit(&f.state, &f.sink, &event);
    assert_int_equal(f.n_event, 1);
    fixture_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_loss_by_cause),
        cmocka_unit_test(test_loss_has_the_bits_of_the_kernel),
        cmocka_unit_test(test_emit_accepts_nobody),
    };
    (void)gsl_set_error_handler_off();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
