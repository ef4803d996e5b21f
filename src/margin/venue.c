#include "riptide/margin/venue.h"

#include <stdlib.h>

bool
rip_venue_is_plain(const rip_venue *self)
{
    return !self->tiers_by_quantity && !self->maintenance_at_entry &&
           !(self->closing_fee_reserved > 0.0) && !(self->size_scaling.slope > 0.0) &&
           !(self->size_scaling.sqrt > 0.0) &&
           self->size_scaling.open_interest == NULL &&
           self->size_scaling.minimum_usd == NULL;
}

void
rip_venue_free(rip_venue *self)
{
    if (self->tiers != NULL) {
        for (size_t i = 0; i < self->n_asset; i++) {
            rip_margin_tiers_free(&self->tiers[i]);
        }
    }
    free(self->tiers);
    free(self->portfolio.scenario);
    free(self->portfolio.spot_range);
    free(self->portfolio.correlation);
    free(self->size_scaling.open_interest);
    free(self->size_scaling.minimum_usd);
    free(self->collateral.haircut);
    free(self->portfolio.ladder);
    *self = (rip_venue){0};
}

void
rip_venues_free(rip_venues *self)
{
    for (size_t i = 0; i < RIP_N_MODE; i++) {
        rip_venue_free(&self->distinct[i]);
    }
    *self = (rip_venues){0};
}
