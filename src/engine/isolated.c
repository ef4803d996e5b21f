#include "riptide/engine/isolated.h"

#include <stdlib.h>

#include "riptide/margin/position.h"

rip_status
rip_isolated_init(rip_isolated *self, size_t n_position)
{
    self->close = calloc(n_position, sizeof(*self->close));
    return self->close != NULL ? RIP_OK : RIP_RAISE(RIP_ERR_NO_MEMORY);
}

void
rip_isolated_free(rip_isolated *self)
{
    free(self->close);
    self->close = NULL;
}

bool
rip_isolated_is_plain(const rip_account_state *state)
{
    if (state->account->n_position > RIP_VISIT_POSITIONS ||
        !rip_visit_closes_whole(state->venue)) {
        return false;
    }
    for (size_t k = 0; k < state->account->n_position; k++) {
        const rip_position *held = &state->position[k];
        if (held->stop_usd > 0.0 || held->top_up.rule != RIP_TOP_UP_NONE ||
            rip_margin_position_pays_interest(state, k)) {
            return false;
        }
        for (size_t j = 0; j < k; j++) {
            if (state->position[j].asset == held->asset) {
                return false; /* the wipeout form nets them (margin/step.c) */
            }
        }
    }
    return true;
}
