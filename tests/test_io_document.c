#include "support.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/document.h"
#include "riptide/io/yaml.h"

static rip_node *
parse(const char *text)
{
    rip_node *root = NULL;
    rip_error error = {0};

    if (rip_yaml_parse(&root, "t", text, strlen(text), &error) != RIP_OK) {
        fail_msg("%s", error.line[0]);
    }
    rip_error_free(&error);
    return root;
}

static rip_node
scalar(char *text)
{
    return (rip_node){.kind = RIP_NODE_SCALAR, .text = text};
}

/* Numbers are decimal and nothing else: YAML 1.1 reads 012 as 10 and 1:30 as 90. */
static void
test_numbers(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0.0},
                {"-0.0127", -0.0127},
                {"+5", 5.0},
                {"012", 12.0},
                {"1e-3", 0.001},
                {"2.0e+10", 2e10},
                {".5", 0.5},
                {"5.", 5.0},
                {"52137.5", 52137.5},
                {"1E3", 1000.0},
                {"-.25e2", -25.0},
                {"4.9e-324", 4.9e-324},
                {"0.1", 0x1.999999999999ap-4}};
    static const char *const bad[] = {"",      "-",     ".",    "e5",     "1e",  "1e+",
                                      "0x10",  "1_000", "1:30", "nan",    "inf", ".inf",
                                      ".nan",  "1e999", "1 ",   " 1",     "1,5", "yes",
                                      "1.2.3", "--1",   "1e5.", "-1e999", "１"};
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s", good[i].text);
        const rip_node node = scalar(text);
        assert_true(rip_node_is_number(&node, false, &value));
        assert_true(value == good[i].value); /* NaN fails */
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        const rip_node node = scalar(text);
        if (rip_node_is_number(&node, false, &value)) {
            fail_msg("\"%s\" is read as %g", bad[i], value);
        }
    }
}

static void
test_infinity_only_where_allowed(void **state)
{
    char text[] = "inf";
    rip_node node = scalar(text);
    double value = 0.0;
    (void)state;
    assert_false(rip_node_is_number(&node, false, &value));
    assert_true(rip_node_is_number(&node, true, &value));
    assert_true(isinf(value) && value > 0.0);
    node.quoted = true; /* as JSON must write it */
    assert_true(rip_node_is_number(&node, true, &value));
}

/* A quoted number is text; so is a quoted bool. */
static void
test_quotes_make_text(void **state)
{
    rip_node *root = parse("{a: \"1\", b: 'true', c: '', d: '8h', e: 1, f: true, g: }");
    double number;
    uint64_t count;
    bool flag;
    (void)state;
    assert_false(rip_node_is_number(rip_node_find(root, "a"), false, &number));
    assert_false(rip_node_is_count(rip_node_find(root, "a"), &count));
    assert_false(rip_node_is_bool(rip_node_find(root, "b"), &flag));
    assert_false(rip_node_is_null(rip_node_find(root, "c")));
    assert_true(rip_node_is_duration(rip_node_find(root, "d"), &count)); /* JSON */
    assert_true(rip_node_is_number(rip_node_find(root, "e"), false, &number));
    assert_true(rip_node_is_bool(rip_node_find(root, "f"), &flag) && flag);
    assert_true(rip_node_is_null(rip_node_find(root, "g")));
    rip_node_free(root);
}

static void
test_counts(void **state)
{
    static const char *const bad[] = {"",    "-1",  "+1",
                                      "1.0", "1e3", "18446744073709551616",
                                      "0x",  "1 ",  "99999999999999999999"};
    char most[] = "18446744073709551615", padded[] = "0012";
    rip_node node = scalar(most);
    uint64_t count;
    (void)state;
    assert_true(rip_node_is_count(&node, &count));
    assert_true(count == UINT64_MAX);
    node = scalar(padded);
    assert_true(rip_node_is_count(&node, &count) && count == 12);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        node = scalar(text);
        assert_false(rip_node_is_count(&node, &count));
    }
}

/* A duration is an exact number of milliseconds. */
static void
test_durations(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"500ms", 500},   {"90s", 90000},    {"15m", 900000},
                {"8h", 28800000}, {"3d", 259200000}, {"0.5h", 1800000},
                {"1.5s", 1500},   {"0.001s", 1},     {"36500d", 3153600000000u},
                {"0h", 0},        {"012m", 720000},  {"1.250s", 1250}};
    static const char *const bad[] = {"",       "h",
                                      "10",     "10 h",
                                      "-1h",    "+1h",
                                      "1e3s",   "1.0005s",
                                      "1.h",    "h1",
                                      "1hh",    "1w",
                                      "1.5ms",  ".5h",
                                      "1.2.3h", "99999999999999d",
                                      "1H",     "0.0000000000001d"};
    uint64_t ms;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s", good[i].text);
        const rip_node node = scalar(text);
        if (!rip_node_is_duration(&node, &ms) || ms != good[i].ms) {
            fail_msg("%s", good[i].text);
        }
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        const rip_node node = scalar(text);
        if (rip_node_is_duration(&node, &ms)) {
            fail_msg("\"%s\" is read as a duration", bad[i]);
        }
    }
}

static void
test_only_true_and_false_are_bools(void **state)
{
    static const char *const bad[] = {"yes", "no", "on", "True", "FALSE", "1", "y", ""};
    bool flag;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[8];
        (void)snprintf(text, sizeof(text), "%s", bad[i]);
        const rip_node node = scalar(text);
        assert_false(rip_node_is_bool(&node, &flag));
    }
}

/* A comma as decimal sign in the host's locale changes nothing. Where no such locale is
   installed the test still reads and writes. */
static void
test_numbers_know_no_locale(void **state)
{
    char text[] = "0.25", written[32];
    const rip_node node = scalar(text);
    double value = 0.0;
    (void)state;
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    const bool read = rip_node_is_number(&node, false, &value);
    rip_yaml_number(value, written);
    (void)setlocale(LC_ALL, "C");
    assert_true(read && value == 0.25);
    assert_string_equal(written, "0.25");
}

/* Lines and columns count from 1, columns in characters; a pair stands at its key. */
static void
test_places(void **state)
{
    rip_node *root =
        parse("a: 1\nmap:\n  é: 2\n  list:\n    - x\n    - {k: v, ü: w}\n");
    (void)state;
    assert_string_equal(rip_node_at(root, "a")->place, "t:1:1");
    assert_string_equal(rip_node_at(root, "map")->place, "t:2:1");
    assert_string_equal(rip_node_at(root, "map.é")->place, "t:3:3");
    assert_string_equal(rip_node_at(root, "map.list.0")->place, "t:5:7");
    assert_string_equal(rip_node_at(root, "map.list.1")->place, "t:6:7");
    assert_string_equal(rip_node_at(root, "map.list.1.ü")->place, "t:6:14");
    rip_node_free(root);
}

/* A byte order mark before the first key is no column: the second key is in line. */
static void
test_byte_order_mark(void **state)
{
    rip_node *root = parse("\xef\xbb\xbfpaths: 65\nstep: 1h\n");
    (void)state;
    assert_true(rip_node_is_text(rip_node_find(root, "step"), "1h"));
    assert_string_equal(rip_node_find(root, "paths")->place, "t:1:1");
    assert_string_equal(rip_node_find(root, "step")->place, "t:2:1");
    rip_node_free(root);
}

static void
test_paths(void **state)
{
    rip_node *root =
        parse("market: {assets: [{symbol: BTC, price: 5}, {symbol: ETH}]}\n"
              "list: [{id: '0', x: 1}, {id: b, x: 2}]\n");
    (void)state;
    assert_true(rip_node_is_text(rip_node_at(root, "market.assets.BTC.price"), "5"));
    assert_true(rip_node_is_text(rip_node_at(root, "market.assets.1.symbol"), "ETH"));
    /* A name comes before a number. */
    assert_true(rip_node_is_text(rip_node_at(root, "list.0.x"), "1"));
    assert_null(rip_node_at(root, "market.assets.2"));
    assert_null(rip_node_at(root, "market.assets.99999999999999999999999"));
    assert_null(rip_node_at(root, "market.assets.BTC.price.x"));
    assert_null(rip_node_at(root, "market..assets"));
    assert_null(rip_node_at(NULL, "a"));
    assert_null(rip_node_find(NULL, "a"));
    assert_ptr_equal(rip_node_at(root, ""), root);
    assert_false(rip_node_is_text(NULL, ""));
    assert_true(rip_node_number(NULL, 7.5) == 7.5);
    assert_string_equal(rip_node_text(NULL, "none"), "none");
    rip_node_free(root);
}

/* JSON is YAML: quotes, escapes, tabs between tokens, no space after a quoted key. */
static void
test_json(void **state)
{
    rip_node *root = parse("{\"a\":\"x\\u00e9\\/\",\t\"b\": [1,2.5,true,null],\n"
                           "\t\"c\": {}}");
    (void)state;
    assert_true(rip_node_is_text(rip_node_find(root, "a"), "xé/"));
    assert_int_equal(rip_node_find(root, "b")->n_child, 4);
    assert_int_equal(rip_node_find(root, "c")->kind, RIP_NODE_MAP);
    rip_node_free(root);
}

static bool
same(const rip_node *a, const rip_node *b)
{
    if (a->kind != b->kind || a->n_child != b->n_child || a->quoted != b->quoted ||
        (a->key == NULL) != (b->key == NULL) ||
        (a->key != NULL && strcmp(a->key, b->key) != 0) ||
        (a->text != NULL && strcmp(a->text, b->text) != 0)) {
        return false;
    }
    for (size_t i = 0; i < a->n_child; i++) {
        if (!same(a->child[i], b->child[i])) {
            return false;
        }
    }
    return true;
}

/* Whatever is written reads back to the same tree. */
static void
test_write_reads_back(void **state)
{
    static const char *const texts[] = {
        "a: 1\n",
        "{}",
        "[]",
        "just",
        "a: {}\nb: []\nc: [[1, 2], [3, [4]]]\nd: [{x: 1}, {y: [1, {z: 2}]}, {}]\n",
        "a: \"line\\nend \\\"q\\\" back\\\\slash \\u00fc\"\n",
        "{\"key: odd\": ' ', \"yes\": \"no\"}",
        "- - - a\n- {b: {c: [{d: {}}]}}\n",
        "a:\n  - b: [1]\n    c: {d: e}\n  - f: {g: {h: i}}\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        rip_node *first = parse(texts[i]), *second = NULL;
        char *text = NULL;
        assert_int_equal(rip_yaml_write(first, &text), RIP_OK);
        second = parse(text);
        if (!same(first, second)) {
            fail_msg("%s\nwritten as\n%s", texts[i], text);
        }
        free(text);
        rip_node_free(first);
        rip_node_free(second);
    }
}

/* Written numbers have the same bits again, and are numbers to every reader of YAML. */
static void
test_written_numbers_are_exact(void **state)
{
    uint64_t seed = 20260720;
    char text[32];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        const double scale = exp(200.0 * (support_uniform(&seed) - 0.5));
        const double value = (support_uniform(&seed) - 0.5) * scale;
        double again;
        rip_yaml_number(value, text);
        const rip_node node = scalar(text);
        assert_true(rip_node_is_number(&node, false, &again));
        assert_true(memcmp(&value, &again, sizeof(value)) == 0);
        assert_true(strchr(text, 'e') == NULL || strchr(text, '.') != NULL);
    }
    rip_yaml_number(1e-5, text);
    assert_string_equal(text, "1.0e-05");
    rip_yaml_number(0.1, text);
    assert_string_equal(text, "0.1");
    rip_yaml_number(INFINITY, text);
    assert_string_equal(text, "inf");
}

/* Memory that runs out anywhere is reported, and nothing is lost or freed twice. */
static void
test_no_memory(void **state)
{
    static const char text[] = "a: {b: [1, 2, {c: d}]}\ne: [f]\n";
    rip_status status = RIP_ERR_NO_MEMORY;
    (void)state;
    for (long n = 0; status != RIP_OK; n++) {
        rip_node *root = NULL, *copy = NULL;
        rip_error error = {0};
        support_fail_allocation(n);
        status = rip_yaml_parse(&root, "t", text, sizeof(text) - 1, &error);
        if (status == RIP_OK) {
            status = rip_node_clone(root, &copy);
        }
        support_fail_allocation(-1);
        assert_true(status == RIP_OK || status == RIP_ERR_NO_MEMORY);
        assert_true(status != RIP_OK || same(root, copy));
        rip_node_free(root);
        rip_node_free(copy);
        rip_error_free(&error);
    }
}

/* Text of any size stays small: limits on keys of a map. */
static void
test_too_many_keys(void **state)
{
    char *text = malloc((size_t)16 * (RIP_YAML_MAX_KEYS + 1));
    size_t used = 0;
    rip_node *root = NULL;
    rip_error error = {0};
    (void)state;
    for (int i = 0; i <= RIP_YAML_MAX_KEYS; i++) {
        used += (size_t)sprintf(text + used, "k%d: 0\n", i);
    }
    assert_int_equal(rip_yaml_parse(&root, "t", text, used, &error), RIP_ERR_CONFIG);
    assert_string_equal(error.line[0],
                        "t:4097:1: too many keys in one map (at most 4096)");
    assert_null(root);
    rip_error_free(&error);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_infinity_only_where_allowed),
        cmocka_unit_test(test_quotes_make_text),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_only_true_and_false_are_bools),
        cmocka_unit_test(test_numbers_know_no_locale),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_write_reads_back),
        cmocka_unit_test(test_written_numbers_are_exact),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_too_many_keys),
    };
    return cmocka_run_group_tests_name("io/document", tests, NULL, NULL);
}
