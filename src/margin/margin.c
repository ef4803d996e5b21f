#include "riptide/margin/margin.h"

bool
rip_margin_is_breached(const rip_venue *venue, const rip_margin_bucket *bucket)
{
    const double limit_usd = venue->trigger.ratio * bucket->maintenance_usd;
    if (bucket->n_position == 0) {
        return false;
    }
    /* MAR-3; a NaN is a breach. */
    return venue->trigger.inclusive ? !(bucket->equity_usd > limit_usd)
                                    : !(bucket->equity_usd >= limit_usd);
}

bool
rip_margin_starts_in_breach(const rip_account_state *state,
                            const rip_market_point *start, rip_margin_bucket *bucket)
{
    const size_t n_bucket = state->model->n_bucket(state->account);
    state->model->assess(state, start, bucket);
    for (size_t b = 0; b < n_bucket; b++) {
        if (rip_margin_is_breached(state->venue, &bucket[b])) {
            return true; /* DEF-5 */
        }
    }
    return false;
}
