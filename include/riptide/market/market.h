/*
 * market/market.h -- assets, their joint law's parameters, funding.          floor 2
 *
 * rip_market_spec is what the user asked for; rip_market is what the engine simulates:
 * stress applied, correlation checked (and repaired if asked), everything per asset.
 * A built market is read-only and shared by threads.
 */
#ifndef RIP_MARKET_MARKET_H
#define RIP_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "riptide/base/status.h"

#define RIP_NAME_MAX 64 /* bytes of a symbol or id, terminator included */

typedef struct rip_asset {
    char symbol[RIP_NAME_MAX];
    double price_usd;          /* at time 0, > 0 */
    double volatility;         /* per sqrt(365 d), >= 0 */
    double drift;              /* per 365 d */
    double daily_volume_usd;   /* NaN: not given */
    double implied_volatility; /* NaN: not given; used by options */
    double basis;              /* per 365 d; used by dated futures */
    double funding_rate;       /* per funding interval; > 0: longs pay */
    double borrow_rate;        /* per 365 d, on a borrowed coin */
} rip_asset;

/* market.stress.correlation as one of its forms. */
typedef enum rip_correlation_stress {
    RIP_CORRELATION_STRESS_NONE = 0,
    RIP_CORRELATION_STRESS_ONE,    /* toward 11' by weight */
    RIP_CORRELATION_STRESS_MATRIX, /* toward `target` by weight */
    RIP_CORRELATION_STRESS_BLOCKS  /* pairs inside each block toward a number */
} rip_correlation_stress;

typedef struct rip_correlation_block {
    size_t n_member;
    size_t *member; /* [n_member] owned, asset indices */
    double correlation, weight;
} rip_correlation_block;

typedef struct rip_market_spec {
    size_t n_asset;
    rip_asset *asset;    /* [n_asset] owned */
    double *correlation; /* [n_asset][n_asset] owned; as given (one number expanded) */
    bool repair;         /* nearest correlation matrix (Higham 2002) if indefinite */
    struct {
        rip_correlation_stress kind;
        double weight;
        double *target; /* [n_asset][n_asset] owned, for MATRIX */
        size_t n_block;
        rip_correlation_block *block; /* [n_block] owned, for BLOCKS */
        bool *exclude; /* [n_asset] owned or NULL: left alone by correlation stress */
        double volatility;         /* multiplies every volatility */
        double implied_volatility; /* multiplies every implied volatility */
        double *drift; /* [n_asset] owned or NULL: log-return added over the horizon */
    } stress;
    uint64_t funding_interval_ms; /* 0: no funding */
    double borrow_rate_usd;       /* per 365 d */
} rip_market_spec;

typedef struct rip_market {
    size_t n_asset;
    rip_asset *asset;     /* [n_asset] owned; volatilities after stress */
    double *stress_drift; /* [n_asset] owned; log-return over the whole horizon */
    double *correlation;  /* [n_asset][n_asset] owned; after repair and stress */
    double *factor; /* [n_asset][n_asset] owned; lower triangular, factor factor' =
                       correlation; zero columns where it is singular */
    bool repaired;
    double repair_distance;     /* Frobenius norm of the change by the repair */
    double smallest_eigenvalue; /* of the matrix as given, or of the one refused */
    uint64_t funding_interval_ms;
    double borrow_rate_usd;
} rip_market;

/*
 * Builds a market from a spec (copied). Without repair, a correlation that is
 * indefinite, as given or by the stress, is refused; with it, either is repaired.
 * Errors: RIP_ERR_NOT_POSITIVE (smallest_eigenvalue is then valid);
 * RIP_ERR_INVALID_ARGUMENT for entries that rip_correlation_check refuses or no asset;
 * RIP_ERR_NO_MEMORY. Whatever it returns, self may be freed.
 */
RIP_NODISCARD rip_status rip_market_init(rip_market *self, const rip_market_spec *spec);
void rip_market_free(rip_market *self);
void rip_market_spec_free(rip_market_spec *self);

/* Index of a symbol, or n_asset if there is none. */
size_t rip_market_find(const rip_market_spec *spec, const char *symbol);

#endif /* RIP_MARKET_MARKET_H */
