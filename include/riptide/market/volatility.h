/*
 * market/volatility.h -- implied volatilities that move with the prices.    floor 3.1
 *
 * With the underlying's log-return r of a step and a standard normal z of the asset at
 * the address (seed, path, step, RIP_PURPOSE_VOLATILITY), contract section 2:
 *
 *     ln iv += (30 d / max(tenor, 1 d))^tenor_power
 *              * (response * r + vol_of_vol sqrt(dt) z)
 *
 * where the tenor is the time to expiry at the beginning of the step; iv is kept in
 * [0.05, 5] after every step. Rows of one asset share z. Without response and
 * vol_of_vol nothing moves and there is no such object.
 *
 * Worked example: response -2, tenor_power 0.4, an iv of 0.6 with 7.5 days to go and a
 * return of -0.05: ln iv rises by 4^0.4 * 0.1 = 0.1741, to 0.7141.
 */
#ifndef RIP_MARKET_VOLATILITY_H
#define RIP_MARKET_VOLATILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/account/book.h"
#include "riptide/base/status.h"
#include "riptide/market/shock.h"

#define RIP_VOLATILITY_LOWEST  0.05
#define RIP_VOLATILITY_HIGHEST 5.0

/* What the rows of a book do; read-only once made. */
typedef struct rip_volatility {
    size_t n_asset, n_row, n_step;
    const rip_volatility_row *row; /* [n_row] borrowed */
    uint64_t seed;
    double response;
    double deviation; /* vol_of_vol sqrt(dt) */
    double *tenor;    /* [n_step][n_row] owned: the factor of each step */
} rip_volatility;

/* Whether the implied volatilities of a book move. */
bool rip_volatility_moves(const rip_shock_spec *shock, const rip_book *book);

/* Errors: RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed. */
RIP_NODISCARD rip_status rip_volatility_init(rip_volatility *self,
                                             const rip_shock_spec *shock,
                                             const rip_book *book, size_t n_asset,
                                             size_t n_step, uint64_t step_ms);
void rip_volatility_free(rip_volatility *self);

/*
 * Volatilities of one path at time 0 and after every step into value[n_step +
 * 1][n_row], from its prices price_usd[n_step + 1][n_asset]. move: scratch [n_asset].
 */
void rip_volatility_path(const rip_volatility *self, uint64_t path,
                         const double *price_usd, double *move, double *value);

#endif /* RIP_MARKET_VOLATILITY_H */
