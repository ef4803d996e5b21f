#include "riptide/io/config_stages.h"

static const rip_report_path venue_path = {.key = "venue"};

static void
check_tiers(const rip_node *tiers, const rip_report_path *path, rip_error *error)
{
    double before = 0.0, floor_usd;

    for (size_t k = 0; tiers->kind == RIP_NODE_LIST && k < tiers->n_child; k++) {
        const rip_node *node = rip_node_find(tiers->child[k], "floor");
        const rip_report_path tier = {.up = path, .index = k};
        const rip_report_path here = {.up = &tier, .key = "floor"};
        if (!rip_node_is_number(node, false, &floor_usd)) {
            return;
        }
        if (k == 0 && floor_usd > 0.0) {
            (void)rip_report(error, node->place, &here, "%s in the first tier (0)",
                             node->text);
        }
        if (k > 0 && !(floor_usd > before)) {
            (void)rip_report(error, node->place, &here,
                             "%s is not above the floor before it (increasing floors)",
                             node->text);
        }
        before = floor_usd;
    }
}

void
rip_config_check_venue(const rip_node *root, rip_error *error)
{
    const rip_node *venue = rip_node_find(root, "venue");
    const rip_node *tiers = rip_node_find(venue, "tiers");
    const rip_node *scenarios = rip_node_at(venue, "portfolio.scenarios");
    const rip_node *extra = rip_node_find(scenarios, "extra");
    const rip_node *between = rip_node_at(venue, "portfolio.between_underlyings");
    const rip_report_path table = {.up = &venue_path, .key = "tiers"};
    const rip_report_path portfolio = {.up = &venue_path, .key = "portfolio"};
    const rip_report_path scenarios_path = {.up = &portfolio, .key = "scenarios"};
    const rip_report_path rule = {.up = &portfolio, .key = "between_underlyings"};
    const rip_report_path matrix = {.up = &rule, .key = "correlation"};

    for (size_t i = 0; tiers != NULL && i < tiers->n_child; i++) {
        const rip_report_path path = {.up = &table, .key = tiers->child[i]->key};
        check_tiers(tiers->child[i], &path, error);
    }
    if (scenarios != NULL && scenarios->kind == RIP_NODE_MAP &&
        rip_node_find(scenarios, "grid") == NULL &&
        (extra == NULL || extra->n_child == 0)) {
        (void)rip_report(error, scenarios->place, &scenarios_path,
                         "no scenario (grid, extra or both)");
    }
    rip_config_check_matrix(rip_node_find(between, "correlation"),
                            rip_config_check_n_asset(root), &matrix, error);
}
