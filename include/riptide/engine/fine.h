/*
 * engine/fine.h -- the fine histogram around one quantile.                 floor 6.2
 *
 * A zone [begin, end) of losses is cut into n bins: equal ones from begin to its knee,
 * where the quantile is expected, and, unless the knee is the end, n / 8 wider ones
 * from there on for what the pilot paths could not foresee. What falls inside is
 * counted in its bin and its position in the bin added in multiples of 2^-20 of the
 * bin's width, so that the mean of a bin is known almost exactly; what lies above is
 * summed as it is.
 */
#ifndef RIP_ENGINE_FINE_H
#define RIP_ENGINE_FINE_H

#include <stddef.h>
#include <stdint.h>

/* Begin <= knee <= end, begin < end [USD]. */
typedef struct rip_fine_zone {
    double begin, knee, end;
} rip_fine_zone;

typedef enum rip_fine_side {
    RIP_FINE_BELOW = 0,
    RIP_FINE_INSIDE,
    RIP_FINE_ABOVE
} rip_fine_side;

typedef struct rip_fine_place {
    size_t bin;
    uint64_t inside; /* 0 .. 2^20 - 1 */
} rip_fine_place;

/* Number of the n bins that lie below the knee. */
static inline size_t
rip_fine_bins_below_knee(const rip_fine_zone *zone, size_t n)
{
    return zone->end > zone->knee ? n - n / 8 : n;
}

/* Where x falls in n equal bins between low and high. */
static inline rip_fine_place
rip_fine_place_in(double low, double high, size_t n, double x)
{
    const double at = (x - low) / (high - low) * (double)n;
    const size_t bin = (size_t)at < n ? (size_t)at : n - 1;
    const uint64_t inside = (uint64_t)((at - (double)bin) * 0x1p20);
    return (rip_fine_place){.bin = bin, .inside = inside < 0xFFFFF ? inside : 0xFFFFF};
}

static inline rip_fine_side
rip_fine_find(const rip_fine_zone *zone, size_t n, double x, rip_fine_place *place)
{
    const size_t below = rip_fine_bins_below_knee(zone, n);
    if (x < zone->begin) {
        return RIP_FINE_BELOW;
    }
    if (x >= zone->end) {
        return RIP_FINE_ABOVE;
    }
    if (x < zone->knee) {
        *place = rip_fine_place_in(zone->begin, zone->knee, below, x);
    } else {
        *place = rip_fine_place_in(zone->knee, zone->end, n - below, x);
        place->bin += below;
    }
    return RIP_FINE_INSIDE;
}

/* Lower edge of bin 0 .. n; that of n is the zone's end [USD]. */
static inline double
rip_fine_edge(const rip_fine_zone *zone, size_t n, size_t bin)
{
    const size_t below = rip_fine_bins_below_knee(zone, n);
    if (bin < below) {
        return zone->begin + (zone->knee - zone->begin) * (double)bin / (double)below;
    }
    return below == n ? zone->end
                      : zone->knee + (zone->end - zone->knee) * (double)(bin - below) /
                                         (double)(n - below);
}

#endif /* RIP_ENGINE_FINE_H */
