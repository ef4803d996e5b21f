"""Equity and requirement of the buckets of an account: MAR-3, MAR-4, MAR-5, DEF-2.

isolated     a bucket a position: bucket + value, against its own MM (MAR-4).
pool         one bucket, or one a settlement currency (`collateral.pooled: false`): wallet + values
             of the positions, against the sum of their MM (MAR-5) or against the requirement
             of scenarios (portfolio.py).

Margin equity (DEF-2) is not net worth. In the pool each currency's total - balance, profits
settled in it, coins of spot positions - counts at its price less its haircut if it is positive,
in full if it is negative. Long options count with `long_option_value` (in full in portfolio
mode); a short option is inside its requirement already (options.py), so its value is left out,
except in portfolio mode, where it counts in full.
"""
from dataclasses import dataclass

import options
import portfolio
import tiers
from configuration import USD
from holdings import interest_due, is_margined, position_worth
from instruments import value


@dataclass
class Bucket:
    holdings: list
    mode: str            # isolated, cross, portfolio
    currency: str = None  # None: all currencies pooled
    venue: dict = None


def buckets_of(state):
    """Buckets of the open positions: isolated ones in their order, then the pool's."""
    found = [Bucket([h], "isolated", h.position.currency(), state.isolated_venue)
             for h in state.holdings if h.is_open() and h.isolated]
    pool = state.open_pool()
    if not pool:
        return found
    if state.venue["collateral"]["pooled"] or state.pool_mode == "portfolio":
        return found + [Bucket(pool, state.pool_mode, None, state.venue)]
    for currency in sorted({h.position.currency() for h in pool}, key=lambda c: (c != USD, c)):
        own = [h for h in pool if h.position.currency() == currency]
        found.append(Bucket(own, state.pool_mode, currency, state.venue))
    return found


def option_weight(state, bucket, position):
    """Share of an option's value that counts as margin equity (INS-2, DEF-2)."""
    if bucket.mode == "portfolio":
        return 1.0
    if position.quantity < 0:
        return 0.0
    return 1.0 if bucket.mode == "isolated" else bucket.venue["collateral"]["long_option_value"]


def counted(state, bucket, position, point):
    amount = value(position, point)
    if position.kind == "option":
        amount *= option_weight(state, bucket, position)
    return amount


def currency_totals(state, bucket, point):
    """What the pool has in each currency."""
    totals = dict(state.cash)
    for holding in bucket.holdings:
        position = holding.position
        if position.kind == "spot":
            owed = interest_due(state, holding, point) / point.prices[position.symbol]
            coins = position.quantity - owed
            totals[position.symbol] = totals.get(position.symbol, 0.0) + coins
            totals[USD] = totals.get(USD, 0.0) - position.quantity * position.entry
        else:
            currency = position.currency()
            totals[currency] = totals.get(currency, 0.0) + counted(state, bucket, position, point)
    return totals


def equity(state, bucket, point):
    """Margin equity in USD (DEF-2)."""
    if bucket.mode == "isolated":
        holding = bucket.holdings[0]
        price = point.price_of(bucket.currency)
        if holding.position.kind == "option":
            return (holding.bucket + counted(state, bucket, holding.position, point)) * price
        return holding.bucket * price + position_worth(state, holding, point)
    haircuts = bucket.venue["collateral"]["haircut"]
    total = 0.0
    for currency, amount in currency_totals(state, bucket, point).items():
        if bucket.currency is not None and currency != bucket.currency:
            continue
        share = 1.0
        if amount > 0.0 and currency != USD and bucket.currency is None:
            share = 1.0 - haircuts.get(currency, 0.0)
        total += amount * point.price_of(currency) * share
    return total


def position_margins(state, holding, point):
    """(MM, IM) of a position alone, USD; (0, 0) if it needs none."""
    position, venue = holding.position, state.venue_of(holding)
    if state.pool_mode == "portfolio" and not holding.isolated:
        alone = portfolio.requirement(venue, [position], point)
        return alone.maintenance, alone.initial
    if position.kind == "option":
        return options.margins(venue, position, point)
    if not is_margined(state, holding):
        opening = tiers.initial(venue, position, point) if holding.isolated else 0.0
        return 0.0, opening
    return tiers.maintenance(venue, position, point), tiers.initial(venue, position, point)


def maintenance(state, bucket, point):
    if bucket.mode == "portfolio":
        return portfolio.requirement(bucket.venue, positions_of(bucket), point).maintenance
    return sum(position_margins(state, h, point)[0] for h in bucket.holdings)


def initial(state, bucket, point):
    if bucket.mode == "portfolio":
        return portfolio.requirement(bucket.venue, positions_of(bucket), point).initial
    return sum(position_margins(state, h, point)[1] for h in bucket.holdings)


def positions_of(bucket):
    return [h.position for h in bucket.holdings]


def needs_margin(state, bucket):
    return bucket.mode == "portfolio" or any(is_margined(state, h) for h in bucket.holdings)


def is_breached(state, bucket, point):
    """MAR-3: EQ <= ratio * MM, or < where the venue says so. What needs no margin is in breach
    only if it owes: then cash is missing, and there is no margin for that loan."""
    if not needs_margin(state, bucket):
        return equity(state, bucket, point) < 0.0
    trigger = bucket.venue["trigger"]
    have, need = equity(state, bucket, point), maintenance(state, bucket, point)
    limit = trigger["ratio"] * need
    return have <= limit if trigger["inclusive"] else have < limit


def is_below_backstop(state, bucket, point):
    """MAR-3: EQ < backstop * MM."""
    backstop = bucket.venue["trigger"]["backstop"]
    if backstop is None:
        return False
    return equity(state, bucket, point) < backstop * maintenance(state, bucket, point)
