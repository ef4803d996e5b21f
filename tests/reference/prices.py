"""Liquidation, bankruptcy and common-move prices: MAR-7 and MAR-8.

The slow way: the gap between equity and ratio * requirement is a function of the price of one
underlying, everything on it repriced and the others fixed. Its sign is looked at on a fine grid
of prices joined with every price at which a tier, an option or an entry bends it; the change
of sign nearest to the mark is refined by bisection to the last bit. The closed forms of MAR-7
are special cases; closed_linear and closed_inverse state them, and the vectors hold both
against each other.

Where the requirement jumps (`whole_position`) across the equity, that price is the answer: it is
where the bucket breaches.
"""
import math

import buckets
import tiers
from instruments import forward

HIGHEST = 100.0        # times the mark
LOWEST = 1e-9          # times the mark
PER_OCTAVE = 12        # grid points


def gap(state, bucket, point):
    """Positive: not in breach."""
    ratio = bucket.venue["trigger"]["ratio"]
    return buckets.equity(state, bucket, point) - ratio * buckets.maintenance(
        state, bucket, point)


def grid(mark):
    steps = int(PER_OCTAVE * math.log2(HIGHEST / LOWEST))
    inner = [mark * LOWEST * (HIGHEST / LOWEST) ** (k / steps) for k in range(1, steps)]
    return inner + [math.nextafter(mark * HIGHEST, 0.0)]


def bends(state, bucket, symbol, point):
    """Prices of the underlying at which a tier begins or an option has its strike."""
    found = []
    for holding in bucket.holdings:
        position = holding.position
        if position.symbol != symbol:
            continue
        growth = 1.0
        if position.kind == "linear_future":
            growth = forward(position, point) / point.prices[symbol]
        if position.strike is not None:
            found.append(position.strike)
        if bucket.venue["tier_unit"] == "notional":
            for floor, _, _, _ in tiers.ladder(bucket.venue, symbol)[1:]:
                q = abs(position.quantity)
                found.append(q / floor if position.kind == "inverse_perp"
                             else floor / q / growth)
    return found


def bisect(function, low, high):
    """The price between low and high where the sign changes; function(low) > 0 >= function(high)
    or the other way round."""
    positive_low = function(low) > 0.0
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high if positive_low else low
        if (function(middle) > 0.0) == positive_low:
            low = middle
        else:
            high = middle


def nearest_change(function, points, mark):
    """The change of sign nearest to the mark, or None."""
    points = sorted(set(points) | {mark})
    signs = [function(p) > 0.0 for p in points]
    roots = [bisect(function, points[k], points[k + 1]) for k in range(len(points) - 1)
             if signs[k] != signs[k + 1]]
    return min(roots, key=lambda p: abs(p - mark)) if roots else None


def liquidation_price(state, bucket, symbol, point):
    """MAR-7: the price of the underlying at which the bucket breaches; None: none."""
    if not buckets.needs_margin(state, bucket):
        return None
    mark = point.prices[symbol]

    def at(price):
        return gap(state, bucket, point.at(**{symbol: price}))

    points = [p for p in grid(mark) + bends(state, bucket, symbol, point)
              if LOWEST * mark < p < HIGHEST * mark]
    return nearest_change(at, points, mark)


def common_move(state, point):
    """Log-return of all underlyings at which the first bucket breaches; None: none."""
    found = []
    for bucket in buckets.buckets_of(state):
        if not buckets.needs_margin(state, bucket):
            continue

        def at(factor, bucket=bucket):
            return gap(state, bucket, point.with_prices(
                {s: p * factor for s, p in point.prices.items()}))

        symbols = {h.position.symbol for h in bucket.holdings}
        points = grid(1.0)
        for symbol in symbols:
            points += [p / point.prices[symbol] for p in bends(state, bucket, symbol, point)]
        factor = nearest_change(at, [p for p in points if LOWEST < p < HIGHEST], 1.0)
        if factor is not None:
            found.append(math.log(factor))
    return min(found, key=abs) if found else None


def bankruptcy_price(position, equity, price):
    """MAR-8: where equity (in the settlement currency) is gone, by the full position.

    price is the mark; None where there is no such price (what is below 1e-9 of the mark is
    the rounding of 0).
    """
    if position.kind == "inverse_perp":
        inverse = 1.0 / price + equity / position.quantity
        return 1.0 / inverse if inverse > 0.0 else None
    found = price - equity / position.quantity
    return found if found > LOWEST * price else None


def allotted_equity(state, bucket, holding, point):
    """Equity of one position, USD: in proportion to maintenance (MAR-8), in portfolio margin
    to what the venue asks for the position alone; None: no share."""
    have = buckets.equity(state, bucket, point)
    if len(bucket.holdings) == 1:
        return have
    need = buckets.position_margins(state, holding, point)[0]
    total = sum(buckets.position_margins(state, h, point)[0] for h in bucket.holdings)
    return have * need / total if need > 0.0 else None


def closed_linear(wallet, side, quantity, entry, mmr, deduction):
    """MAR-7 for one linear position in one tier."""
    denominator = quantity * mmr - side * quantity
    return (wallet + deduction - side * quantity * entry) / denominator if denominator else None


def closed_inverse(wallet, side, contracts, entry, mmr, deduction):
    """MAR-7 for one inverse position in one tier; wallet and deduction in coins."""
    if side > 0:
        return contracts * (1.0 + mmr) / (wallet + deduction + contracts / entry)
    denominator = contracts / entry - wallet - deduction
    return contracts * (1.0 - mmr) / denominator if denominator else None


def closed_form(venue, position, wallet, mark):
    """MAR-7 as it stands: each tier is tried, the root inside its own bracket kept.

    For a venue without scaling and jumps and with trigger ratio 1.
    """
    formula = closed_inverse if position.kind == "inverse_perp" else closed_linear
    rows = tiers.ladder(venue, position.symbol)
    found = []
    for k, (floor, rate, _, deduction) in enumerate(rows):
        price = formula(wallet, position.side(), abs(position.quantity), position.entry, rate,
                        deduction)
        if price is None or not LOWEST * mark < price < HIGHEST * mark:
            continue
        cap = rows[k + 1][0] if k + 1 < len(rows) else math.inf
        if floor < tiers.measure_of(venue, position, price) <= cap:
            found.append(price)
    return min(found, key=lambda p: abs(p - mark)) if found else None
