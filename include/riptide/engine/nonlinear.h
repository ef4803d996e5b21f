/*
 * engine/nonlinear.h -- what only accounts of other than linear positions look at.
 *                                                                          floor 6.1
 * Funding in coins and implied volatilities of the paths of a block, path by path.
 */
#ifndef RIP_ENGINE_NONLINEAR_H
#define RIP_ENGINE_NONLINEAR_H

#include <stddef.h>

#include "riptide/base/status.h"
#include "riptide/engine/run.h"
#include "riptide/market/panel.h"
#include "riptide/market/volatility.h"

typedef struct rip_nonlinear {
    const rip_run *run;
    size_t n_point, n_asset;   /* steps and the start */
    double *price;             /* [n_point][n_asset] owned: scratch, of one path */
    double *funding_coin;      /* [RIP_LANES][n_point][n_asset] owned: coins that a long
                                  contract has paid since time 0; NULL: nothing pays */
    rip_volatility volatility; /* of the book's options; zeroed if they stay */
    double *value;             /* [RIP_LANES][n_point][n_volatility] owned, or NULL */
    double *move;              /* [n_asset] owned: scratch of the volatilities */
} rip_nonlinear;

/* Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed. */
RIP_NODISCARD rip_status rip_nonlinear_init(rip_nonlinear *self, const rip_run *run);
void rip_nonlinear_free(rip_nonlinear *self);

/* Bytes it takes. */
size_t rip_nonlinear_size(const rip_run *run);

/* Forms them of the prices of a block. */
void rip_nonlinear_form(rip_nonlinear *self, const rip_panel *panel);

/* On a lane at the end of a step, 0 is the start; NULL: there are none. */
static inline const double *
rip_nonlinear_funding(const rip_nonlinear *self, size_t lane, size_t step)
{
    return self->funding_coin != NULL
               ? self->funding_coin + (self->n_point * lane + step) * self->n_asset
               : NULL;
}

static inline const double *
rip_nonlinear_volatility(const rip_nonlinear *self, size_t lane, size_t step)
{
    return self->value != NULL
               ? self->value + (self->n_point * lane + step) * self->volatility.n_row
               : NULL;
}

#endif /* RIP_ENGINE_NONLINEAR_H */
