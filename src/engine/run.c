#include "riptide/engine/run.h"

#include <stdlib.h>

void
rip_run_free(rip_run *self)
{
    free(self->outputs.level);
    rip_market_free(&self->market);
    rip_venues_free(&self->venues);
    rip_book_free(&self->book);
    free(self->table);
    *self = (rip_run){0};
}
