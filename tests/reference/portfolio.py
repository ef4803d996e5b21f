"""Portfolio margin: MAR-6.

A scenario moves the underlyings by m * spot_range (never below -0.99) and the implied volatility
by its state. The loss of a position is that of its settlement currency, at today's price:

    linear, spot, future   -q S m            (future: F for S)
    inverse                -q m / (1 + m)    in USD, q USD contracts: a coin loss at today's price
    option                 -q (mark at the moved F and volatility - mark)

loss_u(m) sums the positions on one underlying. With `gain_offset` g < 1 profits are summed per
instrument first, and where there are several instruments loss = losses - g * gains.

Between underlyings, R_u = max(0, worst of loss_u) and R_joint = max(0, worst of the sum):
add, joint, offset, correlated as in the text. `extra` scenarios are joint, their loss times
their weight, and compete with whatever the rule gives for the grid.

Contingencies (per unit of notional, USD): perp, future and roll on the net quantity of each
instrument (roll: perpetuals and futures); short options on max(0, short - long) per underlying
and type. R = max(R + contingencies, ladder(gross notional)); the ladder charges each slice of
the gross notional its factor. Requirements: mm_factor R and im_factor R.

Readings where the text leaves room: `basis` is charged on what futures and perpetuals of an
underlying hedge of each other, min(|futures|, |perpetuals|) in notional if they are opposite; the
last factor of a ladder goes on above its last bound; the volatility floor is that of the state
`up`, as on the venues that have one; balances are no positions, so a scenario
does not move them.
"""
import math
from dataclasses import dataclass

from configuration import UNITS_MS, Refused, milliseconds
from instruments import (black_76, days_left, forward, notional_price, notional_usd, option_mark,
                         option_volatility, years_left)

LOWEST_MOVE = -0.99


@dataclass
class Scenario:
    label: str
    spot: float
    volatility: str
    weight: float = 1.0
    extra: bool = False


@dataclass
class Requirement:
    scenarios: list      # (label, loss in USD), all underlyings together
    worst: float         # R of the scenarios, before contingencies
    contingencies: dict
    total: float         # R
    maintenance: float
    initial: float


def scenarios_of(rules):
    """Every move of the grid with every volatility state, then the extra ones."""
    grid = rules["scenarios"].get("grid")
    found = []
    if grid:
        for spot in grid["spot"]:
            for state in grid.get("volatility", ["same"]):
                found.append(Scenario(f"spot {spot:.10g}, vol {state}", float(spot), state))
    for entry in rules["scenarios"].get("extra", []):
        spot, state = float(entry["spot"]), entry.get("volatility", "same")
        weight = float(entry.get("weight", 1.0))
        label = f"spot {spot:.10g}, vol {state}"
        label += "" if weight == 1.0 else f", weight {weight:.10g}"
        found.append(Scenario(entry.get("label", label), spot, state, weight, True))
    return found


def shocked_volatility(rules, volatility, days, state):
    """iv * (1 +- range * (30 / days)^power), days = max(remaining, 1), the floor under `up`."""
    shock = rules["volatility_shock"]
    if state == "same":
        return volatility
    days = max(days, 1.0)
    pivot_days = milliseconds(shock["pivot"]) / UNITS_MS["d"]
    power = shock["power_short"] if days < pivot_days else shock["power_long"]
    scale = (30.0 / days) ** power
    if state == "up":
        return max(volatility * (1.0 + shock["up"] * scale), shock["floor"])
    return max(volatility * (1.0 - shock["down"] * scale), 0.0)


def moved(rules, symbol, spot):
    return max(spot * rules["spot_range"].get(symbol, 1.0), LOWEST_MOVE)


def position_loss(rules, position, point, spot, state):
    """Loss of one position in one scenario, USD at today's prices."""
    move = moved(rules, position.symbol, spot)
    if position.kind == "inverse_perp":
        return -position.quantity * move / (1.0 + move)
    if position.kind != "option":
        return -position.quantity * notional_price(position, point) * move
    f = forward(position, point) * (1.0 + move)
    volatility = shocked_volatility(rules, option_volatility(position, point),
                                    days_left(position, point), state)
    after = black_76(f, position.strike, years_left(position, point), volatility, position.type)
    price = 1.0
    if position.settlement == "inverse":
        after, price = after / f, point.prices[position.symbol]
    return -position.quantity * (after - option_mark(position, point)) * price


def underlying_loss(rules, positions, point, spot, state):
    """loss_u: positions on one underlying net fully, but for the gain offset."""
    by_instrument = {}
    for position in positions:
        loss = position_loss(rules, position, point, spot, state)
        key = position.instrument()
        by_instrument[key] = by_instrument.get(key, 0.0) + loss
    if len(by_instrument) < 2:
        return sum(by_instrument.values())
    losses = sum(x for x in by_instrument.values() if x > 0.0)
    gains = -sum(x for x in by_instrument.values() if x < 0.0)
    return losses - rules["gain_offset"] * gains


def by_underlying(positions):
    groups = {}
    for position in positions:
        groups.setdefault(position.symbol, []).append(position)
    return groups


def assumed_correlation(rule, symbols, all_symbols):
    """Rows of C for the underlyings held."""
    given = rule["correlation"]
    if isinstance(given, dict):
        raise Refused("the twin does not read matrix files")
    if isinstance(given, (int, float)):
        return [[1.0 if a == b else float(given) for b in symbols] for a in symbols]
    at = [all_symbols.index(s) for s in symbols]
    return [[float(given[i][j]) for j in at] for i in at]


def correlated_worst(rules, rule, groups, point):
    """The worst over volatility states and moves m > 0 of sqrt(r' C r) + sum c, and of
    sum loss(0)."""
    symbols = list(groups)
    c = assumed_correlation(rule, symbols, list(point.prices))
    grid = rules["scenarios"]["grid"]
    moves = sorted({abs(float(m)) for m in grid["spot"]})
    worst = 0.0
    for state in grid.get("volatility", ["same"]):
        for m in moves:
            down = [underlying_loss(rules, groups[s], point, -m, state) for s in symbols]
            up = [underlying_loss(rules, groups[s], point, m, state) for s in symbols]
            if m == 0.0:
                worst = max(worst, sum(up))
                continue
            r = [(d - u) / 2.0 for d, u in zip(down, up)]
            centre = sum((d + u) / 2.0 for d, u in zip(down, up))
            square = sum(r[i] * c[i][j] * r[j] for i in range(len(r)) for j in range(len(r)))
            worst = max(worst, math.sqrt(max(square, 0.0)) + centre)
    return worst


def grid_worst(rules, groups, point):
    """R of the grid by the venue's rule between underlyings."""
    rule = rules["between_underlyings"]
    name = rule if isinstance(rule, str) else rule["rule"]
    grid = [s for s in scenarios_of(rules) if not s.extra]
    if not grid:
        return 0.0
    if name == "correlated":
        return correlated_worst(rules, rule, groups, point)
    losses = {u: [underlying_loss(rules, held, point, s.spot, s.volatility) for s in grid]
              for u, held in groups.items()}
    alone = sum(max(0.0, max(row)) for row in losses.values())
    joint = max(0.0, max(sum(row[k] for row in losses.values()) for k in range(len(grid))))
    if name == "add":
        return alone
    if name == "joint":
        return joint
    return rule["factor"] * joint + (1.0 - rule["factor"]) * alone


def signed_notional(position, point):
    return position.side() * notional_usd(position, point)


def contingencies(rules, positions, point):
    """USD by name."""
    rate = rules["contingency"]
    found = {"perp": 0.0, "future": 0.0, "short_option": 0.0, "basis": 0.0, "roll": 0.0}
    net, options = {}, {}
    for position in positions:
        key = position.instrument()
        if position.kind == "option":
            side = (position.symbol, position.type)
            options[side] = options.get(side, 0.0) - signed_notional(position, point)
        elif position.kind != "spot":
            net[key] = net.get(key, 0.0) + signed_notional(position, point)
    futures, perpetuals = {}, {}
    for (symbol, kind, *_), amount in net.items():
        dated = kind == "linear_future"
        found["future" if dated else "perp"] += rate["future" if dated else "perp"] * abs(amount)
        found["roll"] += rate["roll"] * abs(amount)
        where = futures if dated else perpetuals
        where[symbol] = where.get(symbol, 0.0) + amount
    for symbol, dated in futures.items():
        other = perpetuals.get(symbol, 0.0)
        if dated * other < 0.0:
            found["basis"] += rate["basis"] * min(abs(dated), abs(other))
    for short in options.values():
        found["short_option"] += rate["short_option"] * max(0.0, short)
    return found


def ladder(rules, gross):
    """The minimum charge: each slice of the gross notional times its factor."""
    total, below, factor = 0.0, 0.0, 0.0
    for step in rules["minimum_ladder"]:
        factor = float(step["factor"])
        top = step.get("up_to")
        top = math.inf if top is None else float(top)
        if gross <= top:
            return total + (gross - below) * factor
        total, below = total + (top - below) * factor, top
    return total + (gross - below) * factor


def requirement(venue, positions, point):
    """MAR-6 for positions that share one bucket."""
    rules = venue["portfolio"]
    groups = by_underlying(positions)
    losses, worst = [], grid_worst(rules, groups, point)
    for scenario in scenarios_of(rules):
        loss = scenario.weight * sum(
            underlying_loss(rules, held, point, scenario.spot, scenario.volatility)
            for held in groups.values())
        losses.append((scenario.label, loss))
        if scenario.extra:
            worst = max(worst, loss)
    worst = max(worst, 0.0)
    extra = contingencies(rules, positions, point)
    total = max(worst + sum(extra.values()),
                ladder(rules, sum(notional_usd(p, point) for p in positions)))
    return Requirement(losses, worst, extra, total, rules["mm_factor"] * total,
                       rules["im_factor"] * total)
