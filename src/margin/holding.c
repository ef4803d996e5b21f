#include "riptide/margin/holding.h"

#include <math.h>

#include "riptide/margin/position.h"

rip_margin_holding
rip_margin_holding_of(const rip_account_state *state, size_t first)
{
    bool seen[RIP_MARGIN_HOLDING_KINDS] = {false};
    rip_margin_holding self = {.asset = state->position[first].asset};
    for (size_t k = first; k < state->account->n_position;
         k = state->held[k].next_of_asset) {
        if (rip_margin_position_is_pooled(state, k)) {
            const rip_kind kind = state->position[k].kind;
            self.quantity[kind] += state->held[k].quantity;
            self.n_instrument += !seen[kind];
            seen[kind] = true;
        }
    }
    return self;
}

rip_margin_holding
rip_margin_holding_alone(const rip_account_state *state, size_t position)
{
    const rip_position *held = &state->position[position];
    rip_margin_holding self = {.asset = held->asset, .n_instrument = 1};
    self.quantity[held->kind] = state->held[position].quantity;
    return self;
}

double
rip_margin_holding_loss(const rip_margin_holding *self, const rip_venue *venue,
                        double spot)
{
    const double scaled = spot * venue->portfolio.spot_range[self->asset];
    const double move = scaled < RIP_MARGIN_HOLDING_LOWEST_MOVE
                            ? RIP_MARGIN_HOLDING_LOWEST_MOVE
                            : scaled;
    double gain = 0.0, loss = 0.0;
    for (size_t i = 0; i < RIP_MARGIN_HOLDING_KINDS; i++) {
        const double profit = self->quantity[i] * move;
        if (profit > 0.0) {
            gain += profit;
        } else {
            loss -= profit;
        }
    }
    return loss - (self->n_instrument > 1 ? venue->portfolio.gain_offset : 1.0) * gain;
}

double
rip_margin_holding_worst(const rip_margin_holding *self, const rip_venue *venue)
{
    double worst = 0.0;
    for (size_t s = 0; s < venue->portfolio.n_scenario; s++) {
        if (rip_margin_holding_is_grid_move(venue, s)) {
            const double spot = venue->portfolio.scenario[s].spot;
            worst = fmax(worst, rip_margin_holding_loss(self, venue, spot));
        }
    }
    return worst;
}

double
rip_margin_holding_contingency(const rip_margin_holding *self, const rip_venue *venue)
{
    return (venue->portfolio.contingency.perp + venue->portfolio.contingency.roll) *
           fabs(self->quantity[RIP_KIND_LINEAR_PERP]);
}

bool
rip_margin_holding_is_grid_move(const rip_venue *venue, size_t scenario)
{
    const rip_scenario *self = &venue->portfolio.scenario[scenario];
    if (self->extra) {
        return false;
    }
    return scenario == 0 || self[-1].extra || self[-1].spot < self->spot ||
           self[-1].spot > self->spot;
}
