#include "riptide/io/config_stages.h"

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

/* Open interest has a window to move in. */
static void
check_open_interest(const rip_node *table, const rip_report_path *path,
                    rip_error *error)
{
    for (size_t i = 0; table != NULL && i < table->n_child; i++) {
        const rip_node *window = table->child[i];
        const rip_report_path entry = {.up = path, .key = window->key};
        const rip_report_path here = {.up = &entry, .key = "upper"};
        const rip_node *upper = rip_node_find(window, "upper");
        double low, high;
        if (rip_node_is_number(rip_node_find(window, "lower"), false, &low) &&
            rip_node_is_number(upper, false, &high) && !(high > low)) {
            (void)rip_report(error, upper->place, &here, "%s is not above lower",
                             upper->text);
        }
    }
}

static void
check_ladder(const rip_node *ladder, const rip_report_path *path, rip_error *error)
{
    double before = 0.0, up_to;

    for (size_t k = 0; ladder != NULL && k < ladder->n_child; k++) {
        const rip_node *node = rip_node_find(ladder->child[k], "up_to");
        const rip_report_path step = {.up = path, .index = k};
        const rip_report_path here = {.up = &step, .key = "up_to"};
        if (!rip_node_is_number(node, true, &up_to)) {
            return;
        }
        if (!(up_to > before)) {
            (void)rip_report(error, node->place, &here,
                             "%s is not above the bound before it (increasing)",
                             node->text);
        }
        before = up_to;
    }
}

static void
check_portfolio(const rip_node *root, const rip_node *portfolio,
                const rip_report_path *path, rip_error *error)
{
    const rip_node *scenarios = rip_node_find(portfolio, "scenarios");
    const rip_node *extra = rip_node_find(scenarios, "extra");
    const rip_node *between = rip_node_find(portfolio, "between_underlyings");
    const rip_report_path scenarios_path = {.up = path, .key = "scenarios"};
    const rip_report_path rule = {.up = path, .key = "between_underlyings"};
    const rip_report_path matrix = {.up = &rule, .key = "correlation"};
    const rip_report_path ladder = {.up = path, .key = "minimum_ladder"};

    if (scenarios != NULL && scenarios->kind == RIP_NODE_MAP &&
        rip_node_find(scenarios, "grid") == NULL &&
        (extra == NULL || extra->n_child == 0)) {
        (void)rip_report(error, scenarios->place, &scenarios_path,
                         "no scenario (grid, extra or both)");
    }
    rip_config_check_matrix(rip_node_find(between, "correlation"),
                            rip_config_check_n_asset(root), &matrix, error);
    check_ladder(rip_node_find(portfolio, "minimum_ladder"), &ladder, error);
}

void
rip_config_check_rules(const rip_node *root, const rip_node *venue,
                       const rip_report_path *path, rip_error *error)
{
    const rip_node *tiers = rip_node_find(venue, "tiers");
    const rip_report_path table = {.up = path, .key = "tiers"};
    const rip_report_path portfolio = {.up = path, .key = "portfolio"};
    const rip_report_path scaling = {.up = path, .key = "size_scaling"};
    const rip_report_path interest = {.up = &scaling, .key = "open_interest"};

    for (size_t i = 0; tiers != NULL && i < tiers->n_child; i++) {
        const rip_report_path here = {.up = &table, .key = tiers->child[i]->key};
        check_tiers(tiers->child[i], &here, error);
    }
    check_open_interest(rip_node_at(venue, "size_scaling.open_interest"), &interest,
                        error);
    check_portfolio(root, rip_node_find(venue, "portfolio"), &portfolio, error);
}
