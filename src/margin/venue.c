#include "riptide/margin/venue.h"

#include <stdlib.h>

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
    *self = (rip_venue){0};
}
