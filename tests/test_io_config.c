#include "config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"
#include "riptide/io/schema.h"

static void
resolve(const char *text)
{
    config_must(
        rip_config_resolve(&config_made, "c.yaml", text, NULL, 0, NULL, &config_error));
}

/* What the contract says of absent keys, word by word. */
static const char *const DEFAULTS[][2] = {
    {"title", ""},
    {"run.seed", "0"},
    {"run.modes.0", "isolated"},
    {"run.modes.1", "cross"},
    {"run.modes.2", "portfolio"},
    {"run.coupled", "false"},
    {"run.monitoring", "step"},
    {"run.wipeout_threshold", "0.1"},
    {"run.initial_breach", "liquidate"},
    {"run.populations", "1"},
    {"run.estimator", "plain"},
    {"run.draws", "fast"},
    {"market.assets.BTC.drift", "0"},
    {"shocks.model", "gaussian"},
    {"outputs.file", "result.h5"},
    {"outputs.levels.0", "0.95"},
    {"outputs.levels.2", "0.999"},
    {"outputs.losses", "false"},
    {"outputs.keep_paths", "0"},
    {"outputs.system", "auto"},
    {"outputs.histogram.bins", "200"},
    {"outputs.histogram.low", "-1"},
    {"outputs.histogram.high", "1.5"},
    {"outputs.deflate", "0"},
    {"venue.fees.taker", "0"},
    {"venue.fees.liquidation", "0"},
    {"venue.fees.recipient", "fund"},
    {"venue.liquidation.close.half_spread", "0"},
    {"venue.liquidation.size", "full"},
    {"venue.liquidation.order", "largest_maintenance"},
    {"venue.impact.model", "none"},
    {"venue.impact.half_life", "30m"},
    {"venue.closing_fee_reserved", "0"},
    {"venue.portfolio.contingency.perp", "0"},
    {"venue.portfolio.mm_factor", "1"},
    {"venue.portfolio.im_factor", "1"},
    {"venue.portfolio.gain_offset", "1"},
    {"venue.portfolio.between_underlyings", "add"},
    {"venue.portfolio.volatility_shock.up", "0"},
    {"venue.fund.size", "0"},
    {"venue.adl", "none"},
    {"venue.socialise", "none"},
    {"venue.trigger.inclusive", "true"},
    {"venue.trigger.ratio", "1"},
    {"venue.trigger.backstop", "null"},
    {"venue.isolated.leftover", "returned"},
    {"venue.isolated.top_up", "none"},
    {"venue.collateral.pooled", "true"},
    {"accounts.list.alice.weight", "1"},
    {"accounts.list.alice.balances.USD", "1000"},
    {"accounts.list.alice.positions.BTC.kind", "linear_perp"},
};

static void
test_defaults(void **state)
{
    (void)state;
    resolve("run: {paths: 100, horizon: 10h, step: 1h}\n"
            "market: {assets: [{symbol: BTC, price: 5, volatility: 1}]}\n"
            "venue: {tiers: {default: [{floor: 0, mmr: 0.05, max_leverage: 20}]},\n"
            "  portfolio: {scenarios: {grid: {spot: [0]}}}}\n" CONFIG_ACCOUNTS);
    for (size_t i = 0; i < sizeof(DEFAULTS) / sizeof(DEFAULTS[0]); i++) {
        if (strcmp(config_text(DEFAULTS[i][0]), DEFAULTS[i][1]) != 0) {
            fail_msg("%s is %s, want %s", DEFAULTS[i][0], config_text(DEFAULTS[i][0]),
                     DEFAULTS[i][1]);
        }
    }
    assert_null(config_at("market.stress"));
    assert_null(config_at("market.funding"));
    assert_null(config_at("venue.sources"));
    assert_null(config_at("accounts.list.alice.balance"));
}

/* The values the contract shows for `generate` are its defaults. */
static void
test_generate_defaults(void **state)
{
    static const char *const want[][2] = {{"seed", "1"},
                                          {"balance.distribution", "lognormal"},
                                          {"balance.median", "10000"},
                                          {"balance.sigma", "1.2"},
                                          {"leverage.values.5", "50"},
                                          {"leverage.weights.2", "30"},
                                          {"leverage.scale", "1"},
                                          {"scale_holds", "margin"},
                                          {"positions.values.4", "8"},
                                          {"positions.weights.0", "40"},
                                          {"long_fraction", "0.7"},
                                          {"side_correlation", "0.5"},
                                          {"margin_used.low", "0.2"},
                                          {"margin_used.high", "0.9"},
                                          {"size_by", "isolated"},
                                          {"modes.portfolio", "0.1"},
                                          {"weight", "1"}};
    static const char *const absent[] = {"hedged_fraction", "option_fraction", "top_up",
                                         "stop_loss", "assets"};
    (void)state;
    resolve(CONFIG_BASE CONFIG_VENUE "accounts: {generate: {count: 2000}}\n");
    const rip_node *generate = config_at("accounts.generate");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_string_equal(rip_node_text(rip_node_at(generate, want[i][0]), "absent"),
                            want[i][1]);
    }
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_null(rip_node_at(generate, absent[i]));
    }
}

/* Values without weights are equally likely; modes not named have weight 0. */
static void
test_generate_short_forms(void **state)
{
    (void)state;
    resolve(CONFIG_BASE CONFIG_VENUE
            "accounts: {generate: {count: 5, balance: 500, positions: 3,\n"
            "  leverage: {values: [2, 7]}, modes: {cross: 1},\n"
            "  top_up: {}, stop_loss: {fraction: 0.5}}}\n");
    assert_int_equal(config_at("accounts.generate.leverage.weights")->n_child, 2);
    assert_string_equal(config_text("accounts.generate.leverage.weights.1"), "1");
    assert_string_equal(config_text("accounts.generate.balance"), "500");
    assert_string_equal(config_text("accounts.generate.modes.isolated"), "0");
    assert_string_equal(config_text("accounts.generate.top_up.rule"), "to_initial");
    assert_string_equal(config_text("accounts.generate.stop_loss.distance.high"),
                        "0.15");
}

/* The written configuration resolves to the same text: it is a fixed point. */
static void
assert_fixed_point(void)
{
    rip_config again;
    char *first = NULL, *second = NULL;

    assert_int_equal(rip_config_write(&config_made, &first), RIP_OK);
    config_must(
        rip_config_resolve(&again, "again", first, NULL, 0, NULL, &config_error));
    assert_int_equal(rip_config_write(&again, &second), RIP_OK);
    assert_string_equal(first, second);
    free(first);
    free(second);
    rip_config_free(&again);
}

static void
test_written_configuration_is_a_fixed_point(void **state)
{
    static const char *const texts[] = {
        CONFIG_BASE CONFIG_VENUE CONFIG_ACCOUNTS,
        CONFIG_BASE CONFIG_VENUE
        "accounts: {generate: {count: 5, leverage: {distribution: lognormal, "
        "median: 5, sigma: 0.8}}}\n",
        CONFIG_BASE CONFIG_VENUE
        "accounts: {files: {accounts: \"a b.csv\", positions: p.csv}}\n"
        "title: \"a: b # c \\\"d\\\"\"\n",
        CONFIG_BASE
        "venue: {base: flat, fund: {size: inf}, adl: {}, isolated: {top_up: {times: "
        "2, fraction: 1e-9}}}\n" CONFIG_ACCOUNTS
        "shocks: {model: student_t, dof: 3.3}\n"
        "outputs: {system: true, levels: [0.0127, 0.52137]}\n",
        "run: {paths: 1, horizon: 2h, step: 1h, modes: [cross], seed: "
        "18446744073709551615}\n"
        "market: {assets: [{symbol: '1INCH', price: 0.1, volatility: 1}, {symbol: no, "
        "price: 5, volatility: 0}],\n"
        "  correlation: {matrix: [[1, -0.1], [-0.1, 1]], repair: higham},\n"
        "  stress: {correlation: {blocks: [{symbols: ['1INCH', no], correlation: "
        "1}]},\n"
        "    drift: {no: -0.2}, volatility: 1.5}, funding: {per_asset: {no: 0.1}}}\n"
        "shocks: {model: replay, file: r.csv}\n" CONFIG_VENUE
        "accounts: {list: [{id: '007', balance: 5, stop_loss: {no: 4}}]}\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        resolve(texts[i]);
        assert_fixed_point();
        rip_config_free(&config_made);
    }
}

/* Numbers in any spelling are written in one, exactly; text that looks like a number or
   a bool stays text. */
static void
test_one_spelling(void **state)
{
    char *text = NULL;
    (void)state;
    resolve(CONFIG_BASE
            "venue: {name: '5', tiers: {default: [{floor: 0.0, mmr: 5e-2, "
            "max_leverage: 020}]}, trigger: {backstop: ~}}\n" CONFIG_ACCOUNTS
            "title: yes\n");
    assert_string_equal(config_text("venue.tiers.default.0.mmr"), "0.05");
    assert_string_equal(config_text("venue.tiers.default.0.max_leverage"), "20");
    assert_string_equal(config_text("market.assets.BTC.daily_volume"), "20000000000");
    assert_int_equal(rip_config_write(&config_made, &text), RIP_OK);
    assert_non_null(strstr(text, "title: \"yes\"\n"));
    assert_non_null(strstr(text, "    backstop: null\n"));
    assert_non_null(strstr(text, "  name: \"5\"\n"));
    free(text);
}

/* Keys stand in the order of the lists, whatever the order in the file. */
static void
test_order_of_keys(void **state)
{
    (void)state;
    resolve(CONFIG_ACCOUNTS CONFIG_VENUE CONFIG_BASE);
    const rip_node *root = config_made.document.root;
    assert_string_equal(root->child[0]->key, "title");
    assert_string_equal(root->child[1]->key, "run");
    assert_string_equal(root->child[1]->child[0]->key, "seed");
    assert_string_equal(root->child[1]->child[1]->key, "paths");
}

static void
test_overrides(void **state)
{
    static const char *const override[] = {
        "market.assets.BTC.price=54000",
        "market.assets[1].volatility=0.9",
        "accounts.list.alice.leverage=5",
        "accounts.list.alice.positions.0.quantity=-2",
        "run.modes=[cross]",
        "market.stress.correlation=0.5",
        "venue.fees.taker=0.001",
        "title=a: b"};
    (void)state;
    assert_int_equal(rip_config_resolve(&config_made, "c.yaml",
                                        CONFIG_BASE CONFIG_VENUE CONFIG_ACCOUNTS, NULL,
                                        7, override, &config_error),
                     RIP_OK);
    assert_string_equal(config_text("market.assets.BTC.price"), "54000");
    assert_string_equal(config_text("market.assets.ETH.volatility"), "0.9");
    assert_string_equal(config_text("accounts.list.alice.leverage"), "5");
    assert_string_equal(config_text("accounts.list.alice.positions.BTC.quantity"),
                        "-2");
    assert_int_equal(config_at("run.modes")->n_child, 1);
    assert_string_equal(config_text("market.stress.correlation"), "0.5");
    assert_string_equal(config_text("market.stress.volatility"), "1");
    assert_string_equal(config_text("venue.fees.taker"), "0.001");
    assert_string_equal(config_at("venue.fees.taker")->place, "-s venue.fees.taker");
    rip_config_free(&config_made);
    /* The value is YAML: a bare colon makes a map, which no title is. */
    assert_int_equal(rip_config_resolve(&config_made, "c.yaml",
                                        CONFIG_BASE CONFIG_VENUE CONFIG_ACCOUNTS, NULL,
                                        1, override + 7, &config_error),
                     RIP_ERR_CONFIG);
    assert_string_equal(config_error.line[0],
                        "-s title: title: a map is not allowed (text)");
}

/* `venue: NAME` is short for `venue: {base: NAME}`; an override may go below it. */
static void
test_venue_presets(void **state)
{
    static const char *const override[] = {"venue.fees.taker=0.002"};
    (void)state;
    config_must(rip_config_resolve(&config_made, "c.yaml",
                                   CONFIG_BASE "venue: flat\n" CONFIG_ACCOUNTS, NULL, 1,
                                   override, &config_error));
    assert_string_equal(config_text("venue.name"), "flat");
    assert_string_equal(config_text("venue.fees.taker"), "0.002");
    assert_string_equal(config_text("venue.tiers.default.0.max_leverage"), "20");
    assert_null(config_at("venue.base"));
    rip_config_free(&config_made);
    /* Maps merge, lists replace, another rule replaces the whole map. */
    resolve(
        CONFIG_BASE
        "venue: {base: flat, tiers: {BTC: [{floor: 0, mmr: 0.01, max_leverage: "
        "50}]},\n  portfolio: {between_underlyings: {rule: add}}}\n" CONFIG_ACCOUNTS);
    assert_string_equal(config_text("venue.tiers.BTC.0.mmr"), "0.01");
    assert_string_equal(config_text("venue.tiers.default.0.mmr"), "0.05");
    assert_string_equal(config_text("venue.portfolio.between_underlyings.rule"), "add");
    assert_null(config_at("venue.portfolio.between_underlyings.factor"));
}

/* Every shipped preset is a whole venue, and none is refused. */
static void
test_every_preset_resolves(void **state)
{
    size_t n = 0;
    (void)state;
    for (const rip_config_preset *p = rip_config_presets; p->name != NULL; p++) {
        char text[2000];
        (void)snprintf(text, sizeof(text), CONFIG_BASE "venue: %s\n" CONFIG_ACCOUNTS,
                       p->name);
        resolve(text);
        assert_string_equal(config_text("venue.name"), p->name);
        assert_fixed_point();
        rip_config_free(&config_made);
        n++;
    }
    assert_int_equal(n, 10);
}

/* The reference is what the lists say, and it runs as it stands. */
static void
test_reference_file(void **state)
{
    const char *root = getenv("RIPTIDE_SOURCE");
    char path[4096], *want = NULL, *got;
    size_t size = 0;
    FILE *out = open_memstream(&want, &size);
    (void)state;
    rip_config_reference(out);
    (void)fclose(out);
    (void)snprintf(path, sizeof(path), "%s/experiments/reference.yaml",
                   root != NULL ? root : ".");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    got = calloc(size + 2, 1);
    (void)fread(got, 1, size + 1, file);
    (void)fclose(file);
    if (strcmp(got, want) != 0) {
        fail_msg("experiments/reference.yaml is not what `riptide help config` prints");
    }
    resolve(got);
    assert_fixed_point();
    free(got);
    free(want);
}

/* Every default and example of the lists is allowed by its own field. */
static void
check_field(const rip_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        assert_non_null(fields->doc);
        assert_true(fields->forms == 0 || fields->min <= fields->max);
        assert_true(!(fields->forms & RIP_FIELD_CHOICE) || fields->choices != NULL ||
                    (fields->flags & RIP_FIELD_LATER));
        assert_false((fields->flags & RIP_FIELD_REQUIRED) && fields->fallback != NULL);
        check_field(fields->fields);
        if (fields->item != NULL) {
            check_field(fields->item->fields);
        }
    }
}

static void
test_lists_are_sound(void **state)
{
    (void)state;
    check_field(rip_schema_config.fields);
}

/* Memory that runs out anywhere is reported; nothing leaks and nothing crashes. */
static void
test_no_memory(void **state)
{
    static const char *const override[] = {"run.seed=5", "venue.fees.taker=0.001"};
    rip_status status = RIP_ERR_NO_MEMORY;
    (void)state;
    for (long n = 0; status != RIP_OK; n += 1 + n / 50) {
        char *text = NULL;
        rip_error problems = {0};
        support_fail_allocation(n);
        status = rip_config_resolve(&config_made, "c.yaml",
                                    CONFIG_BASE CONFIG_VENUE CONFIG_ACCOUNTS, NULL, 2,
                                    override, &problems);
        support_fail_allocation(-1);
        if (status == RIP_OK) {
            status = rip_config_write(&config_made, &text);
        }
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        free(text);
        rip_config_free(&config_made);
        rip_error_free(&problems);
    }
}

int
main(void)
{
#define PLAIN(test) cmocka_unit_test_setup_teardown(test, config_begin, config_end)
    const struct CMUnitTest tests[] = {
        PLAIN(test_defaults),
        PLAIN(test_generate_defaults),
        PLAIN(test_generate_short_forms),
        PLAIN(test_written_configuration_is_a_fixed_point),
        PLAIN(test_one_spelling),
        PLAIN(test_order_of_keys),
        PLAIN(test_overrides),
        PLAIN(test_venue_presets),
        PLAIN(test_every_preset_resolves),
        PLAIN(test_reference_file),
        PLAIN(test_lists_are_sound),
        PLAIN(test_no_memory),
    };
    return cmocka_run_group_tests_name("io/config", tests, NULL, NULL);
}
