#include "riptide/engine/pool.h"

bool
rip_pool_is_plain(const rip_account_state *state)
{
    if (!rip_visit_closes_whole(state->venue)) {
        return false;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (held->stop_usd > 0.0 || held->kind != RIP_KIND_LINEAR_PERP) {
            return false;
        }
    }
    return true;
}

bool
rip_pool_assess(rip_trial *trial, const rip_visit *visit, size_t lane, size_t step)
{
    rip_market_point point;
    rip_trial_reset(trial, visit->number, visit->mode);
    point = rip_trial_point(&trial->state, visit->block, lane, step + 1, trial->price,
                            trial->funding);
    trial->state.model->assess(&trial->state, &point, trial->bucket);
    return rip_margin_is_breached(visit->venue, trial->bucket);
}
