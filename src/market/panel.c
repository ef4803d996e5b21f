#include "riptide/market/panel.h"

#include <stdlib.h>
#include <string.h>

rip_status
rip_panel_init(rip_panel *self, size_t n_step, size_t n_factor)
{
    const size_t size = n_step * n_factor * RIP_LANES * sizeof(*self->value);
    *self = (rip_panel){.n_step = n_step, .n_factor = n_factor};
    self->value = aligned_alloc(64, size > 0 ? size : 64);
    self->weight = aligned_alloc(64, RIP_LANES * sizeof(*self->weight));
    if (self->value == NULL || self->weight == NULL) {
        rip_panel_free(self);
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memset(self->value, 0, size);
    for (size_t i = 0; i < RIP_LANES; i++) {
        self->weight[i] = 1.0;
    }
    return RIP_OK;
}

void
rip_panel_free(rip_panel *self)
{
    free(self->value);
    free(self->weight);
    *self = (rip_panel){0};
}
