#include "riptide/engine/output.h"

#include <assert.h>
#include <string.h>

#define M RIP_DIM_MODE
#define O RIP_DIM_OTHER_MODE
#define A RIP_DIM_ACCOUNT
#define L RIP_DIM_LEVEL
#define T RIP_DIM_TIME

#define F64(name, unit, doc, n, ...)                                                   \
    {                                                                                  \
        "", name, unit, doc, RIP_OUTPUT_F64, n,                                        \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define U32(name, unit, doc, n, ...)                                                   \
    {                                                                                  \
        "", name, unit, doc, RIP_OUTPUT_U32, n,                                        \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define U64(name, unit, doc, n, ...)                                                   \
    {                                                                                  \
        "", name, unit, doc, RIP_OUTPUT_U64, n,                                        \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }

/* Sums over the paths of a batch. */
#define BATCHES(name, unit, doc, n, ...)                                               \
    {                                                                                  \
        "batches", name, unit, doc, RIP_OUTPUT_F64, n,                                 \
        {                                                                              \
            __VA_ARGS__, RIP_DIM_BATCH                                                 \
        }                                                                              \
    }

/* An estimate with its 99 % interval. */
#define PROBABILITY(name, doc)                                                         \
    F64(name, "1", doc, 2, M, A),                                                      \
        F64(name "_lower", "1", doc ", lower end of the 99 % interval", 2, M, A),      \
        F64(name "_upper", "1", doc ", upper end of the 99 % interval", 2, M, A)
#define POPULATION(name, unit, doc, n, ...)                                            \
    F64(name, unit, doc, n, __VA_ARGS__),                                              \
        F64(name "_se", unit, doc ", standard error", n, __VA_ARGS__),                 \
        F64(name "_lower", unit, doc ", lower end of the 99 % interval", n,            \
            __VA_ARGS__),                                                              \
        F64(name "_upper", unit, doc ", upper end of the 99 % interval", n,            \
            __VA_ARGS__)

static const rip_output table[] = {
    F64("initial_equity", "USD", "Net worth before any shock (DEF-1)", 1, A),
    F64("initial_margin", "USD", "Margin needed to open, before any shock", 2, M, A),
    F64("initial_maintenance", "USD", "Maintenance margin before any shock", 2, M, A),
    U32("initially_breached", "1", "1 if the account starts in breach (DEF-5)", 2, M,
        A),
    PROBABILITY("wipeout_probability",
                "Probability that net worth ever falls to the wipeout threshold"),
    PROBABILITY("terminal_wipeout_probability",
                "Probability of net worth at or below the threshold at the horizon"),
    PROBABILITY("liquidation_probability", "Probability of any forced close"),
    PROBABILITY("full_liquidation_probability",
                "Probability that every margined position is force-closed"),
    PROBABILITY("deficit_probability", "Probability of a loss beyond the collateral"),
    F64("mean_loss", "USD", "Mean loss; a profit is negative", 2, M, A),
    F64("mean_loss_se", "USD", "Standard error of the mean loss", 2, M, A),
    F64("mean_deficit", "USD", "Mean of what others paid", 2, M, A),
    F64("value_at_risk", "USD", "Order statistic ceil(level N) of the loss", 3, M, A,
        L),
    F64("value_at_risk_se", "USD", "Standard error, histogram bound included", 3, M, A,
        L),
    F64("value_at_risk_lower", "USD", "Lower end of the 99 % interval by ranks", 3, M,
        A, L),
    F64("value_at_risk_upper", "USD", "Upper end of the 99 % interval by ranks", 3, M,
        A, L),
    F64("expected_shortfall", "USD", "Mean of the worst 1 - level of the losses", 3, M,
        A, L),
    F64("expected_shortfall_se", "USD", "Standard error, histogram bound included", 3,
        M, A, L),
    F64("mean_time_to_liquidation", "h",
        "Mean time of the first forced close, given one", 2, M, A),
    U64("time_to_liquidation", "1",
        "Accounts and paths by time of the first forced close", 2, M, T),
    U32("time_to_liquidation_by_account", "1",
        "Paths by time of the first forced close", 3, M, A, T),
    U32("loss_histogram", "1", "Paths by loss / initial equity", 3, M, A,
        RIP_DIM_LOSS_BIN),
    F64("mean_loss_by_cause", "USD", "Mean loss by cause; sums to the mean loss", 3, M,
        A, RIP_DIM_CAUSE),
    F64("paired_wipeout", "1",
        "Probability of being wiped out under the first mode and not the second", 3, M,
        O, A),
    F64("mean_loss_difference", "USD", "Mean loss, first mode minus second, same paths",
        3, M, O, A),
    F64("mean_loss_difference_se", "USD", "Standard error of the paired difference", 3,
        M, O, A),
    F64("effective_paths", "1", "Paths that the figures rest on", 2, M, A),
    POPULATION("population_wipeout", "1", "Mean share of accounts wiped out", 1, M),
    POPULATION("population_terminal_wipeout", "1",
               "Mean share of accounts wiped out at the horizon", 1, M),
    POPULATION("population_liquidation", "1",
               "Mean share of accounts with a forced close", 1, M),
    POPULATION("population_full_liquidation", "1",
               "Mean share of accounts fully liquidated", 1, M),
    POPULATION("population_deficit", "1", "Mean share of accounts with a deficit", 1,
               M),
    POPULATION("population_difference", "1",
               "Share wiped out, first mode minus second, paired by path", 2, M, O),
    POPULATION("population_mean_loss_difference", "USD",
               "Total loss, first mode minus second, paired by path", 2, M, O),
    F64("population_mean_loss", "USD", "Mean of the total loss of all accounts", 1, M),
    F64("population_mean_loss_se", "USD", "Standard error of the mean total loss", 1,
        M),
    F64("population_mean_loss_by_cause", "USD", "Mean of the total loss by cause", 2, M,
        RIP_DIM_CAUSE),
    F64("population_mean_loss_by_cause_se", "USD", "Standard error of the mean", 2, M,
        RIP_DIM_CAUSE),
    F64("population_value_at_risk", "USD", "Value at risk of the total loss", 2, M, L),
    F64("population_value_at_risk_se", "USD",
        "Standard error, histogram bound included", 2, M, L),
    F64("population_expected_shortfall", "USD", "Expected shortfall of the total loss",
        2, M, L),
    F64("population_expected_shortfall_se", "USD",
        "Standard error, histogram bound included", 2, M, L),
    F64("survival", "1", "Share of accounts not yet force-closed", 2, M, T),
    F64("survival_lower", "1", "Lower end of the 99 % interval", 2, M, T),
    F64("survival_upper", "1", "Upper end of the 99 % interval", 2, M, T),
    F64("wiped_by", "1", "Share of accounts wiped out by then", 2, M, T),
    F64("wiped_by_lower", "1", "Lower end of the 99 % interval", 2, M, T),
    F64("wiped_by_upper", "1", "Upper end of the 99 % interval", 2, M, T),
    U64("wiped_share_histogram", "1",
        "Paths by the share of accounts wiped out together", 2, M, RIP_DIM_SHARE_BIN),
    F64("forced_volume_mean", "USD", "Mean notional force-closed in the step", 3, M, T,
        RIP_DIM_ASSET),
    F64("forced_volume_mean_se", "USD", "Standard error of the mean", 3, M, T,
        RIP_DIM_ASSET),
    F64("forced_volume_by_move", "USD",
        "Mean notional force-closed on paths of this index drawdown", 2, M,
        RIP_DIM_MOVE_BIN),
    F64("forced_volume_by_move_se", "USD", "Standard error of the mean", 2, M,
        RIP_DIM_MOVE_BIN),
    F64("wipeout_by_move", "1",
        "Mean share of accounts wiped out on paths of this index drawdown", 2, M,
        RIP_DIM_MOVE_BIN),
    F64("wipeout_by_move_lower", "1", "Lower end of the 99 % interval", 2, M,
        RIP_DIM_MOVE_BIN),
    F64("wipeout_by_move_upper", "1", "Upper end of the 99 % interval", 2, M,
        RIP_DIM_MOVE_BIN),
    U64("paths_by_move", "1", "Paths of this index drawdown", 2, M, RIP_DIM_MOVE_BIN),
    U64("worst_paths", "1", "Paths of the largest total losses", 2, M, RIP_DIM_RANK),
    {"batches",
     "wipeouts",
     "1",
     "Paths wiped out, by batch (path mod 64)",
     RIP_OUTPUT_U32,
     3,
     {M, A, RIP_DIM_BATCH}},
    {"batches",
     "liquidations",
     "1",
     "Paths with a forced close, by batch",
     RIP_OUTPUT_U32,
     3,
     {M, A, RIP_DIM_BATCH}},
    BATCHES("loss_sum", "USD", "Sum of losses, by batch", 3, M, A),
    BATCHES("population_wipeouts", "1", "Sum of shares wiped out, by batch", 2, M),
    BATCHES("population_terminal_wipeouts", "1",
            "Sum of shares wiped out at the horizon, by batch", 2, M),
    BATCHES("population_liquidations", "1",
            "Sum of shares with a forced close, by batch", 2, M),
    BATCHES("population_full_liquidations", "1",
            "Sum of shares fully liquidated, by batch", 2, M),
    BATCHES("population_deficits", "1", "Sum of shares with a deficit, by batch", 2, M),
    BATCHES("population_loss_sum", "USD", "Sum of total losses, by batch", 2, M),
    BATCHES("population_loss_by_cause_sum", "USD",
            "Sum of total losses by cause, by batch", 3, M, RIP_DIM_CAUSE),
};

size_t
rip_output_count(void)
{
    return sizeof(table) / sizeof(table[0]);
}

const rip_output *
rip_output_at(size_t index)
{
    assert(index < rip_output_count());
    return &table[index];
}

static bool
is_named(size_t index, const char *group, const char *name)
{
    return strcmp(table[index].name, name) == 0 &&
           strcmp(table[index].group, group) == 0;
}

size_t
rip_output_find(const char *group, const char *name)
{
    /* The same names are asked for in the same order for every account. */
    static _Thread_local size_t last, after[sizeof(table) / sizeof(table[0])];
    const size_t n = rip_output_count();
    size_t i = after[last];
    if (!is_named(i, group, name)) {
        for (i = 0; i < n && !is_named(i, group, name); i++) {
        }
        if (i == n) {
            return n;
        }
        after[last] = i;
    }
    last = i;
    return i;
}

const char *
rip_output_dim_name(rip_dim dim)
{
    static const char *const name[RIP_N_DIM] = {
        "mode",  "other_mode", "account", "level",     "loss_bin", "bin_edge", "asset",
        "cause", "time",       "batch",   "share_bin", "move_bin", "rank",     "path",
    };
    assert(dim < RIP_N_DIM);
    return name[dim];
}
