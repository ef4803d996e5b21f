/*
 * engine/fine.h -- the fine histogram around one quantile.                 floor 6.2
 *
 * A zone [edge[0], edge[1]) is cut into n equal bins. What falls inside is counted in
 * its bin and its position in the bin added in multiples of 2^-20 of the bin's width,
 * so that the mean of a bin is known almost exactly; what lies above is summed as it
 * is.
 */
#ifndef RIP_ENGINE_FINE_H
#define RIP_ENGINE_FINE_H

#include <stddef.h>
#include <stdint.h>

typedef enum rip_fine_side {
    RIP_FINE_BELOW = 0,
    RIP_FINE_INSIDE,
    RIP_FINE_ABOVE
} rip_fine_side;

typedef struct rip_fine_place {
    size_t bin;
    uint64_t inside; /* 0 .. 2^20 - 1 */
} rip_fine_place;

static inline rip_fine_side
rip_fine_find(const double *edge, size_t n, double x, rip_fine_place *place)
{
    double at;
    if (x < edge[0]) {
        return RIP_FINE_BELOW;
    }
    if (x >= edge[1]) {
        return RIP_FINE_ABOVE;
    }
    at = (x - edge[0]) / (edge[1] - edge[0]) * (double)n;
    place->bin = (size_t)at < n ? (size_t)at : n - 1;
    place->inside = (uint64_t)((at - (double)place->bin) * 0x1p20);
    place->inside = place->inside < 0xFFFFF ? place->inside : 0xFFFFF;
    return RIP_FINE_INSIDE;
}

/* The loss [USD] at a position of a bin. */
static inline double
rip_fine_value(const double *edge, size_t n, double bin)
{
    return edge[0] + (edge[1] - edge[0]) * bin / (double)n;
}

#endif /* RIP_ENGINE_FINE_H */
