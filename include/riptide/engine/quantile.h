/*
 * engine/quantile.h -- VaR and ES from counted cells, with the error of the cells.
 *                                                                          floor 6.5
 * A cell is an interval of losses with the number of paths in it and the sum of their
 * losses. With N paths and rank k = ceil(level N), VaR is the k-th smallest loss,
 * placed inside its cell so that the cell keeps its mean; ES is the Acerbi-Tasche tail
 * mean
 *
 *     ES = [ sum of losses above rank k + (k - level N) VaR ] / (N (1 - level)).
 *
 * A value inside a cell is wrong by at most the cell's width w; w is added to each end
 * of the interval of VaR, whose ranks are those of the binomial law
 * (rip_statistics_ranks), and the standard errors are widened accordingly. With the
 * rank's standard deviation s = sqrt(N level (1 - level)) and x(r) the value at a rank,
 *
 *     se(VaR) = [x(k + s) - x(k - s)] / 2 + w / z
 *     se(ES)  = sqrt(Var[(X - VaR)+] / N) / (1 - level) + w (paths of the cell above k)
 *               / (N (1 - level))
 *
 * of which the first takes values as close to the rank as its error reaches: at a far
 * level the upper end of the interval is one of the largest losses. Where too few paths
 * lie above for that end, it is what can be lost at most, and se(VaR) is taken from the
 * lower half of the interval, (value - lower) / z; where too few lie below, there is no
 * lower end (NaN), nor then a standard error. A single path has no error at all.
 */
#ifndef RIP_ENGINE_QUANTILE_H
#define RIP_ENGINE_QUANTILE_H

#include <stddef.h>
#include <stdint.h>

/* A level among n paths, with what depends on both alone. */
typedef struct rip_quantile_level {
    double n, level;
    double rank;         /* ceil(level n) */
    double lower, upper; /* ranks of the 99 % interval: 0 or n + 1 for no bound */
} rip_quantile_level;

rip_quantile_level rip_quantile_level_of(uint64_t n, double level);

typedef struct rip_quantile_cell {
    double count;      /* paths */
    double sum;        /* of their losses [USD] */
    double sum_square; /* of their squares [USD^2] */
    double low, high;  /* [USD] */
} rip_quantile_cell;

typedef struct rip_quantile {
    double value, se, lower, upper; /* VaR [USD] */
    double shortfall, shortfall_se; /* ES [USD] */
    double most, shortfall_most;    /* of VaR and ES, by the cell's upper end [USD] */
} rip_quantile;

/*
 * From cells in descending order that hold the upper tail of the paths (all but the
 * smallest losses, which may be missing); losses never exceed most. NaN where the cells
 * do not reach the rank.
 */
rip_quantile rip_quantile_estimate(size_t n_cell, const rip_quantile_cell *cell,
                                   const rip_quantile_level *at, double most);

/*
 * Estimates of growing levels, made not to fall. Each level may have cells of its own,
 * so that two levels that come to the same path place it differently. Every value stays
 * inside its cell, so that the errors stay as they are.
 */
void rip_quantile_in_order(size_t n_level, rip_quantile *q);

#endif /* RIP_ENGINE_QUANTILE_H */
