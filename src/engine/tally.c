#include "riptide/engine/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Hands out aligned pieces of one allocation; counts only while base is NULL. */
static void *
take(char *base, size_t *used, size_t bytes)
{
    void *at = base != NULL ? base + *used : NULL;
    *used += (bytes + 63) / 64 * 64;
    return at;
}

static size_t
lay_out(rip_tally *self, char *base)
{
    const size_t rows = self->n_mode * RIP_LANES;
    const size_t cells = self->n_mode * self->n_time;
    rip_forced *forced = &self->forced;
    size_t used = 0;
    self->held = take(base, &used, RIP_LANES * sizeof(*self->held));
    self->held_funding = take(base, &used, RIP_LANES * sizeof(*self->held_funding));
    self->change = take(base, &used, rows * sizeof(*self->change));
    self->cause = take(base, &used, rows * RIP_N_CAUSE * sizeof(*self->cause));
    self->share = take(base, &used, rows * RIP_N_SHARE * sizeof(*self->share));
    self->n_wiped = take(base, &used, rows * sizeof(*self->n_wiped));
    self->liquidated_at =
        take(base, &used, cells * RIP_LANES * sizeof(*self->liquidated_at));
    self->wiped_at = take(base, &used, cells * RIP_LANES * sizeof(*self->wiped_at));
    forced->any =
        take(base, &used, self->n_mode * self->n_asset * sizeof(*forced->any));
    self->size = used; /* what a clear zeroes at once */
    forced->sum =
        take(base, &used, cells * self->n_asset * RIP_LANES * sizeof(*forced->sum));
    return used;
}

static rip_tally
sized(const rip_sums *sums)
{
    return (rip_tally){
        .n_mode = sums->n_mode, .n_time = sums->n_step + 1, .n_asset = sums->n_asset};
}

size_t
rip_tally_size(const rip_sums *sums)
{
    rip_tally tally = sized(sums);
    return lay_out(&tally, NULL);
}

rip_status
rip_tally_init(rip_tally *self, const rip_sums *sums)
{
    const size_t size = rip_tally_size(sums);
    *self = sized(sums);
    self->storage = aligned_alloc(64, size);
    if (self->storage == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    memset(self->storage, 0, size);
    (void)lay_out(self, self->storage);
    self->forced.n_mode = self->n_mode;
    self->forced.n_time = self->n_time;
    self->forced.n_asset = self->n_asset;
    self->forced.to_quantum = ldexp(1.0, RIP_EXACT_MONEY_BITS) / sums->population_scale;
    return RIP_OK;
}

void
rip_tally_free(rip_tally *self)
{
    free(self->storage);
    *self = (rip_tally){0};
}

void
rip_tally_clear(rip_tally *self)
{
    rip_forced *forced = &self->forced;
    for (size_t i = 0; i < self->n_mode * self->n_asset; i++) {
        const rip_forced_rows rows =
            rip_forced_rows_of(forced, i / self->n_asset, i % self->n_asset);
        for (size_t t = 0; t < self->n_time; t++) {
            int64_t *row = rip_forced_row(&rows, t);
            if (row != NULL) {
                memset(row, 0, RIP_LANES * sizeof(*row));
            }
        }
    }
    memset(self->storage, 0, self->size);
    forced->failed = false;
    self->failed = false;
}

int64_t
rip_tally_total(const rip_tally *self, size_t mode, size_t lane)
{
    return self->held[lane] + self->change[mode * RIP_LANES + lane];
}

int64_t
rip_tally_cause(const rip_tally *self, size_t mode, rip_cause cause, size_t lane)
{
    const int64_t *row = self->cause + mode * RIP_N_CAUSE * RIP_LANES + lane;
    int64_t rest;
    if (cause == RIP_CAUSE_FUNDING) {
        return self->held_funding[lane] + row[(size_t)RIP_CAUSE_FUNDING * RIP_LANES];
    }
    if (cause != RIP_CAUSE_MARKET) {
        return row[(size_t)cause * RIP_LANES];
    }
    rest = rip_tally_total(self, mode, lane) - self->held_funding[lane];
    for (size_t c = 0; c < RIP_N_CAUSE; c++) {
        rest -= row[c * RIP_LANES];
    }
    return rest;
}
