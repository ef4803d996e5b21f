#include <stdio.h>
#include <string.h>

#include "riptide/io/config_stages.h"

static const rip_report_path market_path = {.key = "market"};
static const rip_report_path stress_path = {.up = &market_path, .key = "stress"};

static const rip_node *
asset_list(const rip_node *root)
{
    const rip_node *assets = rip_node_at(root, "market.assets");
    return assets != NULL && assets->kind == RIP_NODE_LIST ? assets : NULL;
}

size_t
rip_config_check_n_asset(const rip_node *root)
{
    const rip_node *assets = asset_list(root);
    return assets != NULL ? assets->n_child : 0;
}

static bool
has_symbol(const rip_node *assets, size_t n, const char *symbol)
{
    for (size_t i = 0; i < n; i++) {
        if (rip_node_is_text(rip_node_find(assets->child[i], "symbol"), symbol)) {
            return true;
        }
    }
    return false;
}

bool
rip_config_check_symbol(const rip_node *root, const char *name, const char *place,
                        const rip_report_path *path, rip_error *error)
{
    const rip_node *assets = asset_list(root);
    const char *nearest = NULL;
    char value[RIP_REPORT_QUOTE];
    size_t best = 0, distance;

    if (assets == NULL || has_symbol(assets, assets->n_child, name)) {
        return true;
    }
    for (size_t i = 0; i < assets->n_child; i++) {
        const rip_node *symbol = rip_node_find(assets->child[i], "symbol");
        if (symbol != NULL && symbol->kind == RIP_NODE_SCALAR &&
            rip_field_is_near(name, symbol->text, &distance) &&
            (nearest == NULL || distance < best)) {
            nearest = symbol->text;
            best = distance;
        }
    }
    rip_report_quote(name, value);
    (void)rip_report(error, place, path, "no asset %s in market.assets%s%s%s", value,
                     nearest != NULL ? " (did you mean " : "",
                     nearest != NULL ? nearest : "", nearest != NULL ? "?)" : "");
    return false;
}

static void
check_assets(const rip_node *root, rip_error *error)
{
    const rip_node *assets = asset_list(root);
    const rip_report_path list = {.up = &market_path, .key = "assets"};
    const rip_report_path correlation = {.up = &market_path, .key = "correlation"};
    const rip_node *market = rip_node_find(root, "market");

    for (size_t i = 0; assets != NULL && i < assets->n_child; i++) {
        const rip_node *symbol = rip_node_find(assets->child[i], "symbol");
        const rip_report_path entry = {.up = &list, .index = i};
        const rip_report_path path = {.up = &entry, .key = "symbol"};
        if (symbol != NULL && symbol->kind == RIP_NODE_SCALAR &&
            has_symbol(assets, i, symbol->text)) {
            (void)rip_report(error, symbol->place, &path,
                             "%s is said twice (each symbol once)", symbol->text);
        }
    }
    if (rip_config_check_n_asset(root) > 1 &&
        rip_node_find(market, "correlation") == NULL) {
        (void)rip_report(error, market->place, &correlation,
                         "required key is absent (with more than one asset: a number, "
                         "a list of rows or a map)");
    }
}

/* The first cell that breaks symmetry or the diagonal, if any. */
static void
check_cells(const rip_node *matrix, size_t n, const rip_report_path *path,
            rip_error *error)
{
    double here, there;

    for (size_t k = 0; k < n * n; k++) {
        const size_t i = k / n, j = k % n;
        const rip_node *cell = matrix->child[i]->child[j];
        const rip_report_path row = {.up = path, .index = i};
        const rip_report_path column = {.up = &row, .index = j};
        if (!rip_node_is_number(cell, false, &here) ||
            !rip_node_is_number(matrix->child[j]->child[i], false, &there)) {
            return;
        }
        if (i == j && (here < 1.0 || here > 1.0)) {
            (void)rip_report(error, cell->place, &column, "%s on the diagonal (1)",
                             cell->text);
            return;
        }
        if (j < i && (here < there || here > there)) {
            (void)rip_report(error, cell->place, &column,
                             "%s is not the %s of [%zu][%zu] (a symmetric matrix)",
                             cell->text, matrix->child[j]->child[i]->text, j, i);
            return;
        }
    }
}

void
rip_config_check_matrix(const rip_node *matrix, size_t n, const rip_report_path *path,
                        rip_error *error)
{
    if (matrix == NULL || matrix->kind != RIP_NODE_LIST || n == 0) {
        return;
    }
    if (matrix->n_child != n) {
        (void)rip_report(error, matrix->place, path,
                         "%zu rows for %zu assets (one row an asset)", matrix->n_child,
                         n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const rip_report_path row = {.up = path, .index = i};
        const rip_node *node = matrix->child[i];
        if (node->kind != RIP_NODE_LIST) {
            return;
        }
        if (node->n_child != n) {
            (void)rip_report(error, node->place, &row,
                             "%zu numbers for %zu assets (one number an asset)",
                             node->n_child, n);
            return;
        }
    }
    check_cells(matrix, n, path, error);
}

static void
check_correlation(const rip_node *root, rip_error *error)
{
    const size_t n = rip_config_check_n_asset(root);
    const rip_node *node = rip_node_at(root, "market.correlation");
    const rip_report_path path = {.up = &market_path, .key = "correlation"};
    const rip_report_path matrix = {.up = &path, .key = "matrix"};

    rip_config_check_matrix(node, n, &path, error);
    rip_config_check_matrix(rip_node_find(node, "matrix"), n, &matrix, error);
}

/* Every entry of a list of symbols, or every key of a table, is an asset. */
static void
check_symbols(const rip_node *root, const rip_node *names, const rip_report_path *path,
              rip_error *error)
{
    for (size_t i = 0; names != NULL && i < names->n_child; i++) {
        const rip_node *child = names->child[i];
        const bool is_key = names->kind == RIP_NODE_MAP;
        const rip_report_path entry = {
            .up = path, .key = is_key ? child->key : NULL, .index = i};
        if (is_key || child->kind == RIP_NODE_SCALAR) {
            (void)rip_config_check_symbol(root, is_key ? child->key : child->text,
                                          child->place, &entry, error);
        }
    }
}

static void
check_blocks(const rip_node *root, const rip_node *blocks, const rip_report_path *path,
             rip_error *error)
{
    for (size_t i = 0; blocks != NULL && i < blocks->n_child; i++) {
        const rip_node *symbols = rip_node_find(blocks->child[i], "symbols");
        const rip_report_path entry = {.up = path, .index = i};
        const rip_report_path list = {.up = &entry, .key = "symbols"};
        check_symbols(root, symbols, &list, error);
    }
}

static void
check_stress(const rip_node *root, rip_error *error)
{
    const rip_node *stress = rip_node_at(root, "market.stress");
    const rip_node *correlation = rip_node_find(stress, "correlation");
    const rip_node *toward = rip_node_find(correlation, "toward");
    const rip_node *weight = rip_node_find(correlation, "weight");
    const rip_report_path exclude = {.up = &stress_path, .key = "exclude"};
    const rip_report_path drift = {.up = &stress_path, .key = "drift"};
    const rip_report_path path = {.up = &stress_path, .key = "correlation"};
    const rip_report_path toward_path = {.up = &path, .key = "toward"};
    const rip_report_path weight_path = {.up = &path, .key = "weight"};
    const rip_report_path blocks = {.up = &path, .key = "blocks"};

    check_symbols(root, rip_node_find(stress, "exclude"), &exclude, error);
    check_symbols(root, rip_node_find(stress, "drift"), &drift, error);
    check_blocks(root, rip_node_find(correlation, "blocks"), &blocks, error);
    rip_config_check_matrix(toward, rip_config_check_n_asset(root), &toward_path,
                            error);
    if (toward != NULL && weight == NULL) {
        (void)rip_report(error, toward->place, &weight_path,
                         "required key is absent (a number from 0 to 1)");
    }
    if (toward == NULL && weight != NULL) {
        (void)rip_report(error, weight->place, &weight_path,
                         "has a meaning only with toward (blocks have their own)");
    }
}

void
rip_config_check_market(const rip_node *root, rip_error *error)
{
    const rip_node *market = rip_node_find(root, "market");
    const rip_node *rates = rip_node_find(market, "borrow_rate");
    const rip_report_path funding = {.up = &market_path, .key = "funding"};
    const rip_report_path per_asset = {.up = &funding, .key = "per_asset"};
    const rip_report_path borrow = {.up = &market_path, .key = "borrow_rate"};

    check_assets(root, error);
    check_correlation(root, error);
    check_stress(root, error);
    check_symbols(root, rip_node_at(market, "funding.per_asset"), &per_asset, error);
    for (size_t i = 0; rates != NULL && i < rates->n_child; i++) {
        const rip_node *rate = rates->child[i];
        const rip_report_path path = {.up = &borrow, .key = rate->key};
        if (rate->key != NULL && strcmp(rate->key, "USD") != 0) {
            (void)rip_config_check_symbol(root, rate->key, rate->place, &path, error);
        }
    }
}
