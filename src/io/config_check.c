#include <stdio.h>
#include <string.h>

#include "riptide/io/config_stages.h"

#define MAX_STEPS 100000

static const rip_report_path run_path = {.key = "run"};
static const rip_report_path outputs_path = {.key = "outputs"};
static const rip_report_path shocks_path = {.key = "shocks"};

static bool
duration_at(const rip_node *root, const char *path, uint64_t *milliseconds)
{
    return rip_node_is_duration(rip_node_at(root, path), milliseconds) &&
           *milliseconds > 0;
}

static void
check_steps(const rip_node *root, rip_error *error)
{
    const rip_node *step = rip_node_at(root, "run.step");
    const rip_report_path path = {.up = &run_path, .key = "step"};
    uint64_t horizon_ms, step_ms;

    if (!duration_at(root, "run.horizon", &horizon_ms) ||
        !duration_at(root, "run.step", &step_ms)) {
        return;
    }
    const char *horizon = rip_node_text(rip_node_at(root, "run.horizon"), "");
    if (horizon_ms % step_ms != 0) {
        (void)rip_report(error, step->place, &path,
                         "%s does not divide the horizon (%s)", step->text, horizon);
    } else if (horizon_ms / step_ms > MAX_STEPS) {
        (void)rip_report(error, step->place, &path,
                         "%s makes too many steps of %s (at most %d)", step->text,
                         horizon, MAX_STEPS);
    }
}

/* A venue without scenarios has no portfolio mode. */
static void
check_portfolio_mode(const rip_node *root, const rip_node *mode,
                     const rip_report_path *path, rip_error *error)
{
    const rip_node *venue = rip_node_find(root, "venue");

    if (venue == NULL || venue->kind != RIP_NODE_MAP ||
        rip_node_at(venue, "portfolio.scenarios") != NULL ||
        rip_node_at(venue, "by_mode.portfolio.portfolio.scenarios") != NULL) {
        return;
    }
    const rip_node *name = rip_node_find(venue, "name");
    (void)rip_report(error, mode->place, path,
                     "venue %s has no portfolio.scenarios, so no portfolio mode "
                     "(isolated, cross)",
                     name != NULL && name->kind == RIP_NODE_SCALAR ? name->text : "");
}

static void
check_modes(const rip_node *root, rip_error *error)
{
    const rip_node *modes = rip_node_at(root, "run.modes");
    const rip_report_path list = {.up = &run_path, .key = "modes"};

    for (size_t i = 0; modes != NULL && i < modes->n_child; i++) {
        const rip_node *mode = modes->child[i];
        const rip_report_path path = {.up = &list, .index = i};
        for (size_t j = 0; mode->kind == RIP_NODE_SCALAR && j < i; j++) {
            if (rip_node_is_text(modes->child[j], mode->text)) {
                (void)rip_report(error, mode->place, &path,
                                 "%s is said twice (each mode once)", mode->text);
                break;
            }
        }
        if (rip_node_is_text(mode, "portfolio")) {
            check_portfolio_mode(root, mode, &path, error);
        }
    }
}

static void
check_levels(const rip_node *root, rip_error *error)
{
    const rip_node *levels = rip_node_at(root, "outputs.levels");
    const rip_report_path list = {.up = &outputs_path, .key = "levels"};
    double before, level;

    for (size_t i = 1; levels != NULL && i < levels->n_child; i++) {
        const rip_report_path path = {.up = &list, .index = i};
        if (rip_node_is_number(levels->child[i - 1], false, &before) &&
            rip_node_is_number(levels->child[i], false, &level) && !(level > before)) {
            (void)rip_report(error, levels->child[i]->place, &path,
                             "%s is not above the level before it (increasing levels)",
                             levels->child[i]->text);
        }
    }
}

static void
check_outputs(const rip_node *root, rip_error *error)
{
    const rip_node *high_node = rip_node_at(root, "outputs.histogram.high");
    const rip_node *keep_node = rip_node_at(root, "outputs.keep_paths");
    const rip_report_path histogram = {.up = &outputs_path, .key = "histogram"};
    const rip_report_path high_path = {.up = &histogram, .key = "high"};
    const rip_report_path keep_path = {.up = &outputs_path, .key = "keep_paths"};
    double low, high;
    uint64_t keep, paths;

    if (rip_node_is_number(rip_node_at(root, "outputs.histogram.low"), false, &low) &&
        rip_node_is_number(high_node, false, &high) && !(high > low)) {
        (void)rip_report(error, high_node->place, &high_path,
                         "%s is not above low (low < high)", high_node->text);
    }
    if (rip_node_is_count(keep_node, &keep) &&
        rip_node_is_count(rip_node_at(root, "run.paths"), &paths) && keep > paths) {
        (void)rip_report(error, keep_node->place, &keep_path,
                         "%s is more than run.paths (at most all of them)",
                         keep_node->text);
    }
}

static void
check_period(const rip_node *root, rip_error *error)
{
    const rip_node *period = rip_node_at(root, "shocks.period");
    const rip_report_path path = {.up = &shocks_path, .key = "period"};
    uint64_t period_ms, step_ms;

    if (!duration_at(root, "shocks.period", &period_ms) ||
        !duration_at(root, "run.step", &step_ms)) {
        return;
    }
    if (period_ms % step_ms != 0 && step_ms % period_ms != 0) {
        (void)rip_report(error, period->place, &path,
                         "%s neither divides the step nor is a multiple of it (%s)",
                         period->text,
                         rip_node_text(rip_node_at(root, "run.step"), ""));
    }
}

/* One table of returns is a scenario, not a law: more than one path would be copies. */
static void
check_replay(const rip_node *root, rip_error *error)
{
    const rip_node *shocks = rip_node_find(root, "shocks");
    const rip_node *paths_node = rip_node_at(root, "run.paths");
    const rip_report_path file = {.up = &shocks_path, .key = "file"};
    const rip_report_path paths_path = {.up = &run_path, .key = "paths"};
    uint64_t paths;

    if (!rip_node_is_text(rip_node_find(shocks, "model"), "replay")) {
        return;
    }
    if (rip_node_find(shocks, "file") == NULL &&
        rip_node_find(shocks, "event") == NULL) {
        (void)rip_report(error, shocks->place, &file,
                         "required key is absent (a file)");
    }
    if (rip_node_find(shocks, "residual") == NULL &&
        rip_node_is_count(paths_node, &paths) && paths != 1) {
        (void)rip_report(error, paths_node->place, &paths_path,
                         "%s paths of a replay without shocks.residual would all be "
                         "the same (1)",
                         paths_node->text);
    }
}

rip_status
rip_config_check(const rip_node *root, rip_error *error)
{
    rip_status status = RIP_OK;

    check_steps(root, error);
    check_modes(root, error);
    check_levels(root, error);
    check_outputs(root, error);
    check_period(root, error);
    check_replay(root, error);
    rip_config_check_market(root, error);
    RIP_TRY(rip_config_check_venue(root, error));
    status = rip_config_check_accounts(root, error);
out:
    return status;
}
