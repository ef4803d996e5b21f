#include "riptide/market/volatility.h"

#include <math.h>
#include <stdlib.h>

#include "riptide/numerics/math.h"
#include "riptide/random/stream.h"

#define DAY_MS   86400000.0
#define YEAR_MS  (365.0 * DAY_MS)
#define PIVOT_MS (30.0 * DAY_MS) /* tenor at which the factor is 1 */
#define LEAST_MS DAY_MS          /* shorter tenors count as this one */

bool
rip_volatility_moves(const rip_shock_spec *shock, const rip_book *book)
{
    return book->n_volatility > 0 && (shock->volatility_dynamics.response != 0.0 ||
                                      shock->volatility_dynamics.vol_of_vol > 0.0);
}

/* Time to expiry when a step begins [ms]. */
static double
tenor_ms(const rip_volatility_row *row, uint64_t time_ms)
{
    const double left =
        row->expiry_ms > time_ms ? (double)(row->expiry_ms - time_ms) : 0.0;

    return left > LEAST_MS ? left : LEAST_MS;
}

rip_status
rip_volatility_init(rip_volatility *self, const rip_shock_spec *shock,
                    const rip_book *book, size_t n_asset, size_t n_step,
                    uint64_t step_ms)
{
    const double power = shock->volatility_dynamics.tenor_power;

    *self = (rip_volatility){.n_asset = n_asset,
                             .n_row = book->n_volatility,
                             .n_step = n_step,
                             .row = book->volatility,
                             .seed = shock->seed,
                             .response = shock->volatility_dynamics.response,
                             .deviation = shock->volatility_dynamics.vol_of_vol *
                                          sqrt((double)step_ms / YEAR_MS)};
    self->tenor = calloc(n_step * self->n_row + 1, sizeof(*self->tenor));
    if (self->tenor == NULL) {
        return RIP_RAISE(RIP_ERR_NO_MEMORY);
    }
    for (size_t t = 0; t < n_step; t++) {
        for (size_t i = 0; i < self->n_row; i++) {
            const double share = PIVOT_MS / tenor_ms(&self->row[i], t * step_ms);
            self->tenor[t * self->n_row + i] = rip_math_pow(share, power);
        }
    }
    return RIP_OK;
}

void
rip_volatility_free(rip_volatility *self)
{
    free(self->tenor);
    *self = (rip_volatility){0};
}

static double
kept(double volatility)
{
    if (volatility < RIP_VOLATILITY_LOWEST) {
        return RIP_VOLATILITY_LOWEST;
    }
    return volatility > RIP_VOLATILITY_HIGHEST ? RIP_VOLATILITY_HIGHEST : volatility;
}

/* What each asset does to the log of its volatilities in a step, the tenor aside. */
static void
moves_of_step(const rip_volatility *self, uint64_t path, size_t step,
              const double *before, const double *after, double *move)
{
    for (size_t a = 0; a < self->n_asset; a++) {
        move[a] = self->response * rip_math_log(after[a] / before[a]);
        if (self->deviation > 0.0) {
            const double u = rip_stream_uniform(self->seed, a, (uint32_t)step, path,
                                                RIP_PURPOSE_VOLATILITY, 0);
            move[a] += self->deviation * rip_math_normal_inverse(u);
        }
    }
}

void
rip_volatility_path(const rip_volatility *self, uint64_t path, const double *price_usd,
                    double *move, double *value)
{
    for (size_t i = 0; i < self->n_row; i++) {
        value[i] = self->row[i].volatility;
    }
    for (size_t t = 0; t < self->n_step; t++) {
        const double *tenor = self->tenor + t * self->n_row;
        const double *price = price_usd + t * self->n_asset;
        const double *before = value + t * self->n_row;
        double *after = value + (t + 1) * self->n_row;
        moves_of_step(self, path, t, price, price + self->n_asset, move);
        for (size_t i = 0; i < self->n_row; i++) {
            const double log_move = tenor[i] * move[self->row[i].asset];
            after[i] = kept(before[i] * rip_math_exp(log_move));
        }
    }
}
