#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "riptide/io/config_stages.h"

static const rip_report_path accounts_path = {.key = "accounts"};
static const rip_report_path list_path = {.up = &accounts_path, .key = "list"};
static const rip_report_path generate_path = {.up = &accounts_path, .key = "generate"};

/* An id and where it stands, for finding the ones said twice. */
typedef struct id_entry {
    const rip_node *node;
    size_t index;
} id_entry;

static int
compare_ids(const void *a, const void *b)
{
    const id_entry *left = a, *right = b;
    const int order = strcmp(left->node->text, right->node->text);

    if (order != 0) {
        return order;
    }
    return (left->index > right->index) - (left->index < right->index);
}

static rip_status
check_ids(const rip_node *list, rip_error *error)
{
    size_t n = 0;
    id_entry *ids = calloc(list->n_child + 1, sizeof(*ids));

    if (ids == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < list->n_child; i++) {
        const rip_node *id = rip_node_find(list->child[i], "id");
        if (id != NULL && id->kind == RIP_NODE_SCALAR) {
            ids[n++] = (id_entry){.node = id, .index = i};
        }
    }
    qsort(ids, n, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < n; i++) {
        const rip_node *id = ids[i].node;
        const rip_report_path entry = {.up = &list_path, .index = ids[i].index};
        const rip_report_path path = {.up = &entry, .key = "id"};
        if (strcmp(ids[i - 1].node->text, id->text) == 0) {
            (void)rip_report(error, id->place, &path,
                             "%s is said twice (each id once; first at %s)", id->text,
                             ids[i - 1].node->place);
        }
    }
    free(ids);
    return RIP_OK;
}

static void
check_balances(const rip_node *root, const rip_node *account,
               const rip_report_path *entry, rip_error *error)
{
    const rip_node *balances = rip_node_find(account, "balances");
    const rip_report_path table = {.up = entry, .key = "balances"};

    for (size_t i = 0; balances != NULL && i < balances->n_child; i++) {
        const rip_node *balance = balances->child[i];
        const rip_report_path path = {.up = &table, .key = balance->key};
        if (balance->key != NULL && strcmp(balance->key, "USD") != 0) {
            (void)rip_config_check_symbol(root, balance->key, balance->place, &path,
                                          error);
        }
    }
}

static void
check_positions(const rip_node *root, const rip_node *account,
                const rip_report_path *entry, rip_error *error)
{
    const rip_node *positions = rip_node_find(account, "positions");
    const rip_report_path list = {.up = entry, .key = "positions"};

    for (size_t i = 0; positions != NULL && i < positions->n_child; i++) {
        const rip_node *symbol = rip_node_find(positions->child[i], "symbol");
        const rip_report_path here = {.up = &list, .index = i};
        const rip_report_path path = {.up = &here, .key = "symbol"};
        if (symbol != NULL && symbol->kind == RIP_NODE_SCALAR) {
            (void)rip_config_check_symbol(root, symbol->text, symbol->place, &path,
                                          error);
        }
    }
}

static void
check_stops(const rip_node *root, const rip_node *account, const rip_report_path *entry,
            rip_error *error)
{
    const rip_node *stops = rip_node_find(account, "stop_loss");
    const rip_report_path table = {.up = entry, .key = "stop_loss"};

    for (size_t i = 0; stops != NULL && i < stops->n_child; i++) {
        const rip_node *stop = stops->child[i];
        const rip_report_path path = {.up = &table, .key = stop->key};
        if (stop->key != NULL) {
            (void)rip_config_check_symbol(root, stop->key, stop->place, &path, error);
        }
    }
}

/* As many weights as values, and not all of them 0. */
static void
check_weights(const rip_node *law, const char *key, rip_error *error)
{
    const rip_node *values = rip_node_find(law, "values");
    const rip_node *weights = rip_node_find(law, "weights");
    const rip_report_path path = {.up = &generate_path, .key = key};
    const rip_report_path list = {.up = &path, .key = "weights"};
    double sum = 0.0, weight;

    if (values == NULL || weights == NULL || weights->kind != RIP_NODE_LIST) {
        return;
    }
    if (values->n_child != weights->n_child) {
        (void)rip_report(error, weights->place, &list,
                         "%zu weights for %zu values (one weight a value)",
                         weights->n_child, values->n_child);
        return;
    }
    for (size_t i = 0; i < weights->n_child; i++) {
        if (!rip_node_is_number(weights->child[i], false, &weight)) {
            return;
        }
        sum += weight;
    }
    if (!(sum > 0.0) && weights->n_child > 0) {
        (void)rip_report(error, weights->place, &list,
                         "all weights are 0 (at least one above 0)");
    }
}

/* Weights by name that are all 0 would draw nothing. */
static void
check_table(const rip_node *table, const rip_report_path *path, rip_error *error)
{
    double sum = 0.0, weight;

    for (size_t i = 0; table != NULL && i < table->n_child; i++) {
        if (!rip_node_is_number(table->child[i], false, &weight)) {
            return;
        }
        sum += weight;
    }
    if (table != NULL && table->kind == RIP_NODE_MAP && !(sum > 0.0)) {
        (void)rip_report(error, table->place, path,
                         "all weights are 0 (at least one above 0)");
    }
}

static void
check_range(const rip_node *range, const rip_report_path *path, rip_error *error)
{
    const rip_node *node = rip_node_find(range, "high");
    const rip_report_path here = {.up = path, .key = "high"};
    double low, high;

    if (rip_node_is_number(rip_node_find(range, "low"), false, &low) &&
        rip_node_is_number(node, false, &high) && !(high >= low)) {
        (void)rip_report(error, node->place, &here, "%s is below low (low <= high)",
                         node->text);
    }
}

/* Assets are drawn by the weights given, else by the volume of each. */
static void
check_asset_weights(const rip_node *root, const rip_node *generate, rip_error *error)
{
    const rip_node *weights = rip_node_find(generate, "assets");
    const rip_node *assets = rip_node_at(root, "market.assets");
    const rip_report_path table = {.up = &generate_path, .key = "assets"};

    for (size_t i = 0; weights != NULL && i < weights->n_child; i++) {
        const rip_node *weight = weights->child[i];
        const rip_report_path path = {.up = &table, .key = weight->key};
        if (weight->key != NULL) {
            (void)rip_config_check_symbol(root, weight->key, weight->place, &path,
                                          error);
        }
    }
    check_table(weights, &table, error);
    for (size_t i = 0; weights == NULL && assets != NULL && i < assets->n_child; i++) {
        const rip_node *symbol = rip_node_find(assets->child[i], "symbol");
        if (rip_node_find(assets->child[i], "daily_volume") == NULL) {
            (void)rip_report(
                error, generate->place, &table,
                "absent, and asset %s has no daily_volume to weigh it by "
                "(weights by symbol, or a daily_volume for every asset)",
                symbol != NULL && symbol->kind == RIP_NODE_SCALAR ? symbol->text : "");
        }
    }
}

static void
check_generate(const rip_node *root, const rip_node *generate, rip_error *error)
{
    const rip_report_path margin = {.up = &generate_path, .key = "margin_used"};
    const rip_report_path modes = {.up = &generate_path, .key = "modes"};
    const rip_report_path stops = {.up = &generate_path, .key = "stop_loss"};
    const rip_report_path distance = {.up = &stops, .key = "distance"};

    check_weights(rip_node_find(generate, "leverage"), "leverage", error);
    check_weights(rip_node_find(generate, "positions"), "positions", error);
    check_range(rip_node_find(generate, "margin_used"), &margin, error);
    check_range(rip_node_at(generate, "stop_loss.distance"), &distance, error);
    check_table(rip_node_find(generate, "modes"), &modes, error);
    check_asset_weights(root, generate, error);
}

rip_status
rip_config_check_accounts(const rip_node *root, rip_error *error)
{
    const rip_node *accounts = rip_node_find(root, "accounts");
    const rip_node *list = rip_node_find(accounts, "list");
    const rip_node *generate = rip_node_find(accounts, "generate");

    if (generate != NULL && generate->kind == RIP_NODE_MAP) {
        check_generate(root, generate, error);
    }
    if (list == NULL || list->kind != RIP_NODE_LIST) {
        return RIP_OK;
    }
    for (size_t i = 0; i < list->n_child; i++) {
        const rip_report_path entry = {.up = &list_path, .index = i};
        check_balances(root, list->child[i], &entry, error);
        check_positions(root, list->child[i], &entry, error);
        check_stops(root, list->child[i], &entry, error);
    }
    return check_ids(list, error);
}
