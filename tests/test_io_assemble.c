#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_fixture.h"

static void
test_run_and_outputs(void **state)
{
    const assemble_setup plain = {0};
    const assemble_setup given = {
        .run = "{seed: 18446744073709551615, paths: 7, horizon: 3d, "
               "step: 90m, modes: [portfolio, isolated], "
               "wipeout_threshold: 0.25, initial_breach: exclude}"
               "\noutputs: {levels: [0.5, 0.975], losses: true, "
               "keep_paths: 3, system: true, histogram: {bins: 10, "
               "low: -2, high: 3}}"};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_true(got.run.spec.seed == UINT64_MAX && got.run.shock.seed == UINT64_MAX);
    assert_int_equal(got.run.spec.paths, 7);
    assert_int_equal(rip_run_steps(&got.run), 48);
    assert_close(rip_run_step_years(&got.run), 1.5 / 8760.0, 1e-15);
    assert_int_equal(got.run.spec.n_mode, 2);
    assert_int_equal(got.run.spec.mode[0], RIP_MODE_PORTFOLIO);
    assert_int_equal(got.run.spec.mode[1], RIP_MODE_ISOLATED);
    assert_close(got.run.spec.wipeout_threshold, 0.25, 0.0);
    assert_int_equal(got.run.spec.initial_breach, RIP_INITIAL_BREACH_EXCLUDE);
    assert_int_equal(got.run.outputs.n_level, 2);
    assert_close(got.run.outputs.level[1], 0.975, 0.0);
    assert_true(got.run.outputs.losses && got.run.outputs.system);
    assert_int_equal(got.run.outputs.keep_paths, 3);
    assert_int_equal(got.run.outputs.histogram.bins, 10);
    assert_close(got.run.outputs.histogram.low, -2.0, 0.0);
    assert_close(got.run.outputs.histogram.high, 3.0, 0.0);
    assemble_release(&got);
    assemble_well(&plain, &got);
    assert_false(got.run.outputs.system); /* auto, uncoupled */
    assert_int_equal(got.run.shock.kind, RIP_SHOCK_GAUSSIAN);
    assemble_release(&got);
}

static void
test_market_rates(void **state)
{
    const assemble_setup given = {
        .market = MARKET("correlation: 0, funding: {interval: 4h, rate: 0.0001, "
                         "per_asset: {ETH: -0.0003}}, borrow_rate: {USD: 0.05, SOL: "
                         "0.125}")};
    const assemble_setup plain = {0};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_int_equal(got.run.market.funding_interval_ms, 4 * 3600000);
    assert_close(got.run.market.asset[0].funding_rate, 0.0001, 0.0);
    assert_close(got.run.market.asset[1].funding_rate, -0.0003, 0.0);
    assert_close(got.run.market.borrow_rate_usd, 0.05, 0.0);
    assert_close(got.run.market.asset[2].borrow_rate, 0.125, 0.0);
    assert_near(got.run.market.asset[1].borrow_rate, 0.0, 0.0);
    assert_true(isnan(got.run.market.asset[0].daily_volume_usd));
    assemble_release(&got);
    assemble_well(&plain, &got);
    assert_int_equal(got.run.market.funding_interval_ms, 0);
    assemble_release(&got);
}

static void
expect_matrix(const assemble_setup *given, const double *want)
{
    assemble_outcome got;

    assemble_well(given, &got);
    for (size_t k = 0; k < 9; k++) {
        assert_near(got.run.market.correlation[k], want[k], 1e-15);
    }
    assemble_release(&got);
}

/* One matrix in every form it can be said. */
static void
test_forms_of_a_matrix(void **state)
{
    static const double want[9] = {1, 0.5, 0.25, 0.5, 1, 0.75, 0.25, 0.75, 1};
    static const double half[9] = {1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1};
    static const assemble_setup forms[] = {
        {.market = MARKET("correlation: [[1, 0.5, 0.25], [0.5, 1, 0.75], [0.25, 0.75, "
                          "1]]")},
        {.market = MARKET("correlation: {matrix: [[1, 0.5, 0.25], [0.5, 1, 0.75], "
                          "[0.25, 0.75, 1]]}")},
        {.market = MARKET("correlation: {file: m.csv}"),
         .file = {{"m.csv", "1,0.5,0.25\n0.5,1,0.75\n0.25,0.75,1\n"}}},
        /* Other order, a symbol more, and a tenth digit rounded away. */
        {.market = MARKET("correlation: {file: m.csv}"),
         .file = {{"m.csv", "SOL,XRP,BTC,ETH\n1,0.1,0.25,0.75\n0.1,1,0.1,0.1\n"
                            "0.2500000001,0.1,1,0.5\n0.75,0.1,0.5,0.9999999999\n"}}},
    };
    const assemble_setup number = {.market = MARKET("correlation: 0.5")};
    const assemble_setup value = {.market = MARKET("correlation: {value: 0.5}")};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        expect_matrix(&forms[i], want);
    }
    assemble_outcome got;
    assemble_well(&forms[3], &got);
    for (size_t k = 0; k < 9; k++) {
        assert_near(got.run.market.correlation[k], want[k], 1e-9);
        assert_true(got.run.market.correlation[k] ==
                    got.run.market.correlation[k % 3 * 3 + k / 3]);
    }
    assert_true(got.run.market.correlation[4] == 1.0);
    assemble_release(&got);
    expect_matrix(&number, half);
    expect_matrix(&value, half);
}

/* R <- (1 - x) R + x T for the three forms of a target, with what is left alone. */
static void
test_forms_of_correlation_stress(void **state)
{
    static const struct {
        assemble_setup given;
        double want[9];
    } forms[] = {
        {{.market = MARKET("correlation: 0.5, stress: {correlation: 0.25}")},
         {1, 0.625, 0.625, 0.625, 1, 0.625, 0.625, 0.625, 1}},
        {{.market = MARKET("correlation: 0.5, stress: {correlation: {toward: m.csv, "
                           "weight: 0.5}}"),
          .file = {{"m.csv", "1,0,0\n0,1,0.5\n0,0.5,1\n"}}},
         {1, 0.25, 0.25, 0.25, 1, 0.5, 0.25, 0.5, 1}},
        {{.market =
              MARKET("correlation: 0.5, stress: {correlation: {blocks: [{symbols: "
                     "[SOL, ETH], correlation: 0.7, weight: 0.5}]}}")},
         {1, 0.5, 0.5, 0.5, 1, 0.6, 0.5, 0.6, 1}},
        {{.market = MARKET("correlation: 0.5, stress: {correlation: 0.5, exclude: "
                           "[ETH]}")},
         {1, 0.5, 0.75, 0.5, 1, 0.5, 0.75, 0.5, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        expect_matrix(&forms[i].given, forms[i].want);
    }
}

static void
test_other_stress(void **state)
{
    const assemble_setup given = {
        .market = MARKET("correlation: 0.5, stress: {volatility: 1.5, drift: {SOL: "
                         "-0.2}}")};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_close(got.run.market.asset[1].volatility, 1.17, 1e-15);
    assert_close(got.run.market.stress_drift[2], -0.2, 0.0);
    assert_near(got.run.market.stress_drift[0], 0.0, 0.0);
    assemble_release(&got);
}

/* A repaired matrix is a note: its nearest correlation matrix has off-diagonals -1/2,
   so six entries move by a quarter: the Frobenius distance is 0.25 sqrt(6). */
static void
test_repair_is_noted(void **state)
{
    const assemble_setup given = {
        .market = MARKET("correlation: {value: -0.75, repair: higham}")};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_true(got.run.market.repaired);
    assert_int_equal(got.notes.n_line, 1);
    assert_string_equal(
        got.notes.line[0],
        "t.yaml:2:157: market.correlation: repaired: the nearest "
        "correlation matrix is 0.612372 away in the Frobenius norm (the "
        "smallest eigenvalue was -0.5)");
    assemble_release(&got);
}

static void
test_venue_rules(void **state)
{
    const assemble_setup given = {
        .venue =
            "{name: test, tiers: {ETH: [{floor: 0, mmr: 0.02, max_leverage: 25}], "
            "default: [{floor: 0, mmr: 0.01, max_leverage: 50}, {floor: 1000, mmr: "
            "0.03, max_leverage: 10, deduction: 15}], UNKNOWN: [{floor: 0, mmr: 1, "
            "max_leverage: 1}]}, trigger: {inclusive: false, ratio: 1.1}, isolated: "
            "{leftover: confiscated}, fees: {taker: 0.0004, liquidation: 0.0125}, "
            "liquidation: {close: {half_spread: 0.001}}, fund: {size: inf, "
            "may_go_negative: true}, portfolio: {scenarios: {grid: {spot: [-0.15, 0], "
            "volatility: [down, up]}, extra: [{spot: -0.3, volatility: up, weight: "
            "0.35}, {spot: 0.5, label: jump}]}, spot_range: {ETH: 1.2, UNKNOWN: 9}, "
            "gain_offset: 0.9, between_underlyings: {rule: offset, factor: 0.5}, "
            "contingency: {perp: 0.01}, mm_factor: 0.8, im_factor: 1.25}}"};
    static const char *const label[] = {"spot -0.15, vol down",
                                        "spot -0.15, vol up",
                                        "spot 0, vol down",
                                        "spot 0, vol up",
                                        "spot -0.3, vol up, weight 0.35",
                                        "jump"};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    const rip_venue *venue = &got.run.venues.distinct[0];
    assert_string_equal(venue->name, "test");
    assert_int_equal(venue->n_asset, 2);
    assert_int_equal(venue->tiers[0].n_tier, 2);
    assert_close(venue->tiers[0].deduction_usd[1], 15.0, 0.0);
    assert_int_equal(venue->tiers[1].n_tier, 1);
    assert_close(venue->tiers[1].rate[0], 0.02, 0.0);
    assert_false(venue->trigger.inclusive);
    assert_close(venue->trigger.ratio, 1.1, 0.0);
    assert_int_equal(venue->isolated.leftover, RIP_LEFTOVER_CONFISCATED);
    assert_close(venue->fees.taker, 0.0004, 0.0);
    assert_close(venue->fees.liquidation, 0.0125, 0.0);
    assert_close(venue->liquidation.half_spread, 0.001, 0.0);
    assert_true(isinf(venue->fund.size_usd) && venue->fund.may_go_negative);
    assert_int_equal(venue->portfolio.n_scenario, 6);
    for (size_t i = 0; i < 6; i++) {
        const rip_scenario *scenario = &venue->portfolio.scenario[i];
        assert_string_equal(scenario->label, label[i]);
        assert_int_equal(scenario->extra, i >= 4);
        assert_close(scenario->weight, i == 4 ? 0.35 : 1.0, 0.0);
    }
    assert_int_equal(venue->portfolio.scenario[0].volatility, -1);
    assert_int_equal(venue->portfolio.scenario[3].volatility, 1);
    assert_int_equal(venue->portfolio.scenario[5].volatility, 0);
    assert_close(venue->portfolio.scenario[1].spot, -0.15, 0.0);
    assert_close(venue->portfolio.spot_range[0], 1.0, 0.0);
    assert_close(venue->portfolio.spot_range[1], 1.2, 0.0);
    assert_close(venue->portfolio.gain_offset, 0.9, 0.0);
    assert_int_equal(venue->portfolio.between, RIP_BETWEEN_OFFSET);
    assert_close(venue->portfolio.offset_factor, 0.5, 0.0);
    assert_close(venue->portfolio.contingency.perp, 0.01, 0.0);
    assert_close(venue->portfolio.mm_factor, 0.8, 0.0);
    assert_close(venue->portfolio.im_factor, 1.25, 0.0);
    assemble_release(&got);
}

static void
test_rules_between_underlyings(void **state)
{
    static const struct {
        const char *text;
        rip_between rule;
    } rules[] = {
        {"add", RIP_BETWEEN_ADD},
        {"joint", RIP_BETWEEN_JOINT},
        {"{rule: joint}", RIP_BETWEEN_JOINT},
        {"{rule: correlated, correlation: 0.25}", RIP_BETWEEN_CORRELATED},
        {"{rule: correlated, correlation: [[1, 0.25], [0.25, 1]]}",
         RIP_BETWEEN_CORRELATED},
        {"{rule: correlated, correlation: {file: m.csv}}", RIP_BETWEEN_CORRELATED}};
    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        char venue[400];
        assemble_outcome got;
        (void)snprintf(venue, sizeof(venue),
                       "{tiers: {default: [{floor: 0, mmr: 0.1, max_leverage: 10}]}, "
                       "portfolio: {scenarios: {extra: [{spot: -0.1}]}, "
                       "between_underlyings: %s}}",
                       rules[i].text);
        const assemble_setup given = {.venue = venue,
                                      .file = {{"m.csv", "ETH,BTC\n1,0.25\n0.25,1\n"}}};
        assemble_well(&given, &got);
        assert_int_equal(got.run.venues.distinct[0].portfolio.between, rules[i].rule);
        assert_int_equal(got.run.venues.distinct[0].portfolio.n_scenario, 1);
        if (rules[i].rule == RIP_BETWEEN_CORRELATED) {
            assert_close(got.run.venues.distinct[0].portfolio.correlation[1], 0.25,
                         0.0);
            assert_close(got.run.venues.distinct[0].portfolio.correlation[3], 1.0, 0.0);
        } else {
            assert_null(got.run.venues.distinct[0].portfolio.correlation);
        }
        assemble_release(&got);
    }
}

static void
test_shock_models(void **state)
{
    static const struct {
        const char *text;
        rip_shock_kind kind;
        rip_mixing mixing;
        double dof;
        uint64_t period_steps;
    } models[] = {
        {"{model: none}", RIP_SHOCK_NONE, RIP_MIXING_STEP, 4.0, 1},
        {"{model: student_t}", RIP_SHOCK_STUDENT_T, RIP_MIXING_STEP, 4.0, 1},
        {"{model: student_t, dof: 2.5, mixing: period, period: 2h}",
         RIP_SHOCK_STUDENT_T, RIP_MIXING_PERIOD, 2.5, 2},
        {"{model: student_t, mixing: period}", RIP_SHOCK_STUDENT_T, RIP_MIXING_PERIOD,
         4.0, 1},
        {"{model: student_t, mixing: path, period: 30m}", RIP_SHOCK_STUDENT_T,
         RIP_MIXING_PATH, 4.0, 1},
        {"{model: gaussian, period: 1d}", RIP_SHOCK_GAUSSIAN, RIP_MIXING_STEP, 4.0, 24},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        const assemble_setup given = {.shocks = models[i].text};
        assemble_outcome got;
        assemble_well(&given, &got);
        assert_int_equal(got.run.shock.kind, models[i].kind);
        assert_int_equal(got.run.shock.mixing, models[i].mixing);
        assert_close(got.run.shock.dof, models[i].dof, 0.0);
        assert_int_equal(got.run.shock.period_steps, models[i].period_steps);
        assert_int_equal(got.run.shock.draws, RIP_DRAWS_FAST);
        assemble_release(&got);
    }
}

static void
test_replay_reads_its_table(void **state)
{
    static const double want[8] = {-0.02, 0.01, -0.1, 0.2, 0, 0, 0.5, -0.5};
    const assemble_setup given = {
        .run = "{paths: 9, horizon: 4h, step: 1h, draws: gsl}",
        .shocks =
            "{model: replay, file: r.csv, scale: 0.5, residual: {volatility: 0.3, "
            "correlation: 0.2}}",
        .file = {{"r.csv", "time,XRP,ETH,BTC\n2020-03-12T00:00Z,x,0.02,-0.04\n"
                           "01:00,,0.4,-0.2\n,,0,0\n\"3,5\",,-0.999999,1\n5,,y,z\n"}}};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_int_equal(got.run.shock.kind, RIP_SHOCK_REPLAY);
    assert_int_equal(got.run.shock.draws, RIP_DRAWS_GSL);
    assert_ptr_equal(got.run.shock.table, got.run.table);
    for (size_t k = 0; k < 8; k++) {
        assert_near(got.run.table[k], want[k], 1e-6);
    }
    assert_close(got.run.shock.residual_volatility, 0.3, 0.0);
    assert_close(got.run.shock.residual_correlation, 0.2, 0.0);
    assemble_release(&got);
}

/* market.stress.volatility multiplies every volatility, that of the noise included. */
static void
test_stress_of_a_residual(void **state)
{
    const assemble_setup given = {
        .run = "{paths: 9, horizon: 1h, step: 1h}",
        .market = MARKET("correlation: 0, stress: {volatility: 1.5}"),
        .shocks = "{model: replay, file: r.csv, residual: {volatility: 0.3}}",
        .file = {{"r.csv", "time,BTC,ETH,SOL\n1,0,0,0\n"}}};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_close(got.run.shock.residual_volatility, 0.45, 1e-15);
    assert_near(got.run.shock.residual_correlation, 0.0, 0.0);
    assemble_release(&got);
}

/* Digests by another program: sha256sum. */
static void
test_inputs_are_noted(void **state)
{
    const assemble_setup given = {
        .market = MARKET("correlation: {file: m.csv}"),
        .accounts = FILES,
        .file = {{"m.csv", "1,0,0\n0,1,0\n0,0,1\n"},
                 {"a.csv", ACCOUNTS},
                 {"p.csv", "account,symbol,quantity\na,BTC,0.1\n"}}};
    assemble_outcome got;
    (void)state;
    assemble_well(&given, &got);
    assert_int_equal(got.inputs.n_file, 3);
    assert_string_equal(got.inputs.file[0].path, "m.csv");
    assert_string_equal(got.inputs.file[1].path, "a.csv");
    assert_string_equal(got.inputs.file[2].path, "p.csv");
    assert_string_equal(
        got.inputs.file[0].sha256,
        "1a12c68fc6538ac4fc637ef1522bb58f1c77a148a2b829ea7925eeb6cbccc557");
    assert_string_equal(
        got.inputs.file[1].sha256,
        "edba8121975f3bd7603b1bd9964a434e26a087e7111d5d503b8765cba8219ad7");
    assert_string_equal(
        got.inputs.file[2].sha256,
        "1772d589d47d31637bb978703f2af007d90ca98b1abc252ef285e37f990d79ff");
    assemble_release(&got);
}

static const char list_of_two[] =
    "{list: [{id: a, mode: cross, weight: 3, balance: 20000, leverage: 5, top_up: "
    "to_initial, stop_loss: {BTC: 56000.5}, positions: ["
    "{symbol: BTC, quantity: 0.25, entry: 58000}, {symbol: ETH, quantity: -3}]}, "
    "{id: \"b,\\\"1\\\"\", balance: 500.25, positions: [{symbol: ETH, kind: spot, "
    "quantity: 0.125, leverage: 4, margin: 90, top_up: to_maintenance}]}]}";

/* Whatever allocation fails, nothing leaks and nothing is half done. */
static void
test_no_memory(void **state)
{
    static const assemble_setup given[] = {
        {.accounts = list_of_two,
         .market = MARKET("correlation: 0.5, stress: {correlation: {blocks: [{symbols: "
                          "[SOL], correlation: 0}]}, exclude: [BTC], drift: {ETH: "
                          "0}}")},
        {.accounts = FILES,
         .shocks = "{model: replay, file: r.csv, residual: {volatility: 1}}",
         .file = {{"a.csv", ACCOUNTS},
                  {"p.csv", "account,symbol,quantity\na,BTC,0.1\n"},
                  {"r.csv", "time,ETH,BTC\n0,0,0\n0,0,0\n0,0,0\n0,0,0\n"}}}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assemble_outcome got;
        long n = 0;
        assemble_well(&given[i], &got);
        for (rip_status status = RIP_ERR_NO_MEMORY; status != RIP_OK; n++) {
            rip_run_free(&got.run);
            rip_inputs_free(&got.inputs);
            support_fail_allocation(n);
            status = rip_assemble(&got.run, &got.inputs, &got.config, false, &got.notes,
                                  &got.error);
            support_fail_allocation(-1);
            assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        }
        assert_true(n > 20);
        assert_int_equal(got.error.n_total, 0);
        assemble_release(&got);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_and_outputs),
        cmocka_unit_test(test_market_rates),
        cmocka_unit_test(test_forms_of_a_matrix),
        cmocka_unit_test(test_forms_of_correlation_stress),
        cmocka_unit_test(test_other_stress),
        cmocka_unit_test(test_repair_is_noted),
        cmocka_unit_test(test_venue_rules),
        cmocka_unit_test(test_rules_between_underlyings),
        cmocka_unit_test(test_shock_models),
        cmocka_unit_test(test_replay_reads_its_table),
        cmocka_unit_test(test_stress_of_a_residual),
        cmocka_unit_test(test_inputs_are_noted),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests_name("io_assemble", tests, assemble_begin,
                                       assemble_end);
}
