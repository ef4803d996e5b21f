"""Requirements of one position by its size: MAR-1 and MAR-2.

MAR-1   MM(N) = N mmr_k - cum_k, cum_k = cum_{k-1} + floor_k (mmr_k - mmr_{k-1}), cum_0 = 0,
        tier k by N, upper bound inclusive, never below 0. `whole_position`: N mmr_k.
        IM(N) = max(N / leverage, N / max_leverage_k).
MAR-2   sqrt: a rate becomes max(rate, 0.8 rate + sqrt * square root of the size);
        slope: slope * size is added to the rates; `closing_fee_reserved` to the maintenance
        rate; `maintenance_basis: entry` takes N of the maintenance at the entry price;
        `open_interest`: the initial rate rises from its base at `lower` to 1 at `upper`;
        `minimum`: a floor of MM in USD.

Readings where the text leaves room: the size of an inverse perpetual is in coins (its
notional), so that one slope serves both kinds; a tier by `quantity` counts the key `quantity`
as it is, and its derived deduction is in the same unit. A trader's own leverage is not scaled.
"""
import math

from instruments import notional_at, notional_price, size


def ladder(venue, symbol):
    """Rows of (floor, mmr, max_leverage, deduction) for a symbol."""
    tiers = venue["tiers"].get(symbol, venue["tiers"].get("default"))
    rows, deduction = [], 0.0
    for k, tier in enumerate(tiers):
        floor, rate = float(tier["floor"]), float(tier["mmr"])
        if k > 0:
            deduction += floor * (rate - rows[-1][1])
        if tier.get("deduction") is not None:
            deduction = float(tier["deduction"])
        rows.append((floor, rate, float(tier["max_leverage"]), deduction))
    return rows


def tier_of(rows, measure):
    """The tier begins above its floor."""
    k = 0
    while k + 1 < len(rows) and rows[k + 1][0] < measure:
        k += 1
    return rows[k]


def measure_of(venue, position, price):
    """What the floors of the tiers count."""
    if venue["tier_unit"] == "quantity":
        return abs(position.quantity)
    return notional_at(position, price)


def counted_price(venue, position, point):
    """The price at which the maintenance takes N (MAR-2)."""
    return position.entry if venue["maintenance_basis"] == "entry" else notional_price(position, point)


def max_leverage(venue, position, point):
    price = notional_price(position, point)
    return tier_of(ladder(venue, position.symbol), measure_of(venue, position, price))[2]


def scaled(venue, rate, amount):
    """MAR-2: sqrt, then slope."""
    scaling = venue["size_scaling"]
    if scaling["sqrt"] > 0.0:
        rate = max(rate, 0.8 * rate + scaling["sqrt"] * math.sqrt(amount))
    return rate + scaling["slope"] * amount


def maintenance(venue, position, point):
    """MM of one position in USD; options have rules of their own."""
    price = counted_price(venue, position, point)
    n = notional_at(position, price)
    _, rate, _, deduction = tier_of(ladder(venue, position.symbol),
                                    measure_of(venue, position, price))
    rate = scaled(venue, rate, size(position, price)) + venue["closing_fee_reserved"]
    if venue["whole_position"]:
        margin = n * rate
    elif venue["tier_unit"] == "quantity":
        margin = n * rate - deduction * n / abs(position.quantity)
    else:
        margin = n * rate - deduction
    margin_usd = max(margin, 0.0) * coin_price(position, point)
    return max(margin_usd, venue["size_scaling"]["minimum"].get(position.symbol, 0.0))


def marginal(venue, position, point):
    """Maintenance per USD of notional inside the position's tier: dMM / dN."""
    price = counted_price(venue, position, point)
    rate = tier_of(ladder(venue, position.symbol), measure_of(venue, position, price))[1]
    rate = scaled(venue, rate, size(position, price)) + venue["closing_fee_reserved"]
    return rate * notional_at(position, price) / notional_at(position, notional_price(position, point))


def step_share(venue, position, point, steps):
    """LIQ-1 `tier_steps`: the share to close so that what is left is at the top of the tier
    `steps` below, or a rounding below that so that it surely is in that tier; 1 if there is no
    such tier."""
    rows = ladder(venue, position.symbol)
    measure = measure_of(venue, position, counted_price(venue, position, point))
    k = rows.index(tier_of(rows, measure))
    return 1.0 if k < steps else 1.0 - (1.0 - 1e-14) * rows[k - steps + 1][0] / measure


def initial(venue, position, point):
    """IM of one position in USD."""
    price = notional_price(position, point)
    n = notional_at(position, price)
    most = max_leverage(venue, position, point)
    rate = scaled(venue, 1.0 / most, size(position, price))
    rate = with_open_interest(venue, position.symbol, rate)
    return max(n / position.leverage, n * rate) * coin_price(position, point)


def with_open_interest(venue, symbol, rate):
    window = venue["size_scaling"]["open_interest"].get(symbol)
    if window is None:
        return rate
    share = (window["value"] - window["lower"]) / (window["upper"] - window["lower"])
    return rate + max(1.0 - rate, 0.0) * min(max(share, 0.0), 1.0)


def coin_price(position, point):
    return point.prices[position.symbol] if position.kind == "inverse_perp" else 1.0
