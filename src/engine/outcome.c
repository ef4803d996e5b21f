#include "riptide/engine/outcome.h"

/* Whether anything is to be said of the lane beyond the held account's loss. */
static bool
is_event(const rip_outcome *outcome, double held_loss_usd)
{
    return outcome->liquidation_step != 0 || outcome->wipeout_step != 0 ||
           outcome->loss_usd != held_loss_usd;
}

void
rip_outcomes_enter(rip_outcomes *self, const rip_held *held, size_t lane,
                   const rip_outcome *outcome)
{
    if (!is_event(outcome, held->loss_usd[lane])) {
        return;
    }
    rip_outcomes_mark(self, held, (uint64_t)1 << lane);
    self->loss_usd[lane] = outcome->loss_usd;
    for (size_t c = RIP_CAUSE_MARKET + 1; c < RIP_N_CAUSE; c++) {
        const bool is_held = c == RIP_CAUSE_FUNDING && held->funded;
        if (is_held || outcome->cause_usd[c] != 0.0 || (self->rows >> c & 1) != 0) {
            rip_outcomes_row(self, held, (rip_cause)c)[lane] = outcome->cause_usd[c];
        }
    }
    if (outcome->liquidation_step != 0) {
        rip_outcomes_flag(self, RIP_SHARE_LIQUIDATED, lane);
        self->liquidation_step[lane] = outcome->liquidation_step;
    }
    if (outcome->wipeout_step != 0) {
        rip_outcomes_flag(self, RIP_SHARE_WIPED, lane);
        self->wipeout_step[lane] = outcome->wipeout_step;
    }
    if (outcome->terminal_wipeout) {
        rip_outcomes_flag(self, RIP_SHARE_TERMINAL, lane);
    }
    if (outcome->fully_liquidated) {
        rip_outcomes_flag(self, RIP_SHARE_FULL, lane);
    }
    if (outcome->cause_usd[RIP_CAUSE_GAP] < 0.0) {
        rip_outcomes_flag(self, RIP_SHARE_DEFICIT, lane);
    }
}
