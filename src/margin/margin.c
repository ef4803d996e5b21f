#include "riptide/margin/margin.h"

#include <assert.h>

#include "riptide/margin/formula.h"

bool
rip_margin_bucket_has(const rip_margin_bucket *self, const rip_account_state *state,
                      size_t position)
{
    const rip_position *held = &state->position[position];
    if (state->held[position].status != RIP_POSITION_OPEN ||
        position < self->first_position ||
        position - self->first_position >= self->n_position) {
        return false;
    }
    if (self->mode == RIP_MODE_ISOLATED || state->held[position].is_isolated) {
        return self->mode == RIP_MODE_ISOLATED && state->held[position].is_isolated;
    }
    return self->currency == RIP_MARGIN_POOLED ||
           self->currency == (held->coin_settled ? held->coin : RIP_MARGIN_USD);
}

const rip_margin_bucket *
rip_margin_bucket_of(const rip_margin_bucket *bucket, size_t n,
                     const rip_account_state *state, size_t position)
{
    size_t b = 0;
    while (b < n && !rip_margin_bucket_has(&bucket[b], state, position)) {
        b++;
    }
    assert(b < n);
    return &bucket[b];
}

bool
rip_margin_is_breached(const rip_venue *venue, const rip_margin_bucket *bucket)
{
    const double limit_usd = venue->trigger.ratio * bucket->maintenance_usd;
    if (bucket->n_position == 0) {
        return false;
    }
    if (bucket->needs_none) {
        return bucket->equity_usd < 0.0; /* cash is missing: a loan with no margin */
    }
    return rip_formula_is_breached(venue->trigger.inclusive, bucket->equity_usd,
                                   limit_usd); /* MAR-3 */
}

bool
rip_margin_starts_in_breach(const rip_account_state *state,
                            const rip_market_point *start, rip_margin_bucket *bucket)
{
    const size_t n_bucket = state->model->n_bucket(state);
    state->model->assess(state, start, bucket);
    for (size_t b = 0; b < n_bucket; b++) {
        if (rip_margin_is_breached(rip_margin_bucket_venue(&bucket[b], state),
                                   &bucket[b])) {
            return true; /* DEF-5 */
        }
    }
    return false;
}
