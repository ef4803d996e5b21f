"""What a position is worth: INS-1 to INS-3 and the table of domain.md, section 2.

A Point is the market seen by an account: prices of the underlyings in USD, the time since the
start in years, the implied volatility of each option held. Amounts are in a position's
settlement currency unless a name says usd.
"""
import math
from dataclasses import dataclass, field

from configuration import DAYS_PER_YEAR, USD, Refused


@dataclass
class Point:
    prices: dict                                    # symbol -> USD
    years: float = 0.0
    volatilities: dict = field(default_factory=dict)  # id(position) -> implied volatility
    basis: dict = field(default_factory=dict)       # symbol -> basis per year

    def at(self, **changes):
        """The same market with other prices."""
        return self.with_prices({**self.prices, **changes})

    def with_prices(self, prices):
        return Point(prices, self.years, self.volatilities, self.basis)

    def price_of(self, currency):
        return 1.0 if currency == USD else self.prices[currency]


def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def black_76(forward, strike, years, volatility, kind):
    """Black (1976), not discounted, in USD; the payoff where no time or no volatility is left."""
    spread = volatility * math.sqrt(max(years, 0.0))
    sign = 1.0 if kind == "call" else -1.0
    if spread == 0.0 or forward <= 0.0:
        return max(sign * (forward - strike), 0.0)
    d1 = math.log(forward / strike) / spread + 0.5 * spread
    d2 = d1 - spread
    return sign * (forward * normal_cdf(sign * d1) - strike * normal_cdf(sign * d2))


def years_left(position, point):
    return max(position.expiry_years - point.years, 0.0)


def forward(position, point):
    """F = S exp(basis * time to expiry)."""
    growth = math.exp(point.basis.get(position.symbol, 0.0) * years_left(position, point))
    return point.prices[position.symbol] * growth


def option_volatility(position, point):
    return point.volatilities[id(position)]


def option_mark(position, point, volatility=None):
    """Price of one option in its settlement currency.

    An inverse option pays max(S - K, 0) / S coins, worth Black-76 divided by the forward: what
    the real chains of the venue that lists them say (median error below a tick, with the index
    as divisor ten times more on dated ones).
    """
    if volatility is None:
        volatility = option_volatility(position, point)
    f = forward(position, point)
    usd = black_76(f, position.strike, years_left(position, point), volatility, position.type)
    return usd / f if position.settlement == "inverse" else usd


def mark(position, point):
    """The price a position is marked at: S, the future's F, or the option's own."""
    if position.kind == "option":
        return option_mark(position, point)
    if position.kind == "linear_future":
        return forward(position, point)
    return point.prices[position.symbol]


def profit(position, point):
    """Unrealised profit since entry."""
    m = mark(position, point)
    if position.kind == "inverse_perp":
        return position.quantity * (1.0 / position.entry - 1.0 / m)
    return position.quantity * (m - position.entry)


def value(position, point):
    """What the position adds to the equity of its currency: an option's value (INS-2: the
    premium is in or out of the wallet already), any other position's profit."""
    if position.kind == "option":
        return position.quantity * option_mark(position, point)
    return profit(position, point)


def funding_due(position, rate, price):
    """INS-3: one payment. rate > 0, longs pay shorts; inverse perpetuals in coins."""
    if position.kind == "linear_perp":
        return position.quantity * price * rate
    if position.kind == "inverse_perp":
        return position.quantity / price * rate
    return 0.0


def notional(position, point):
    """|q| S, |q| F for a dated future, |q| / S coins for an inverse perpetual."""
    return notional_at(position, notional_price(position, point))


def notional_price(position, point):
    if position.kind == "linear_future":
        return forward(position, point)
    return point.prices[position.symbol]


def notional_at(position, price):
    if position.kind == "inverse_perp":
        return abs(position.quantity) / price
    return abs(position.quantity) * price


def notional_usd(position, point):
    in_coin = position.kind == "inverse_perp"
    return notional(position, point) * (point.prices[position.symbol] if in_coin else 1.0)


def size(position, price):
    """Base units held: what MAR-2 scales by."""
    return notional_at(position, price) if position.kind == "inverse_perp" else abs(
        position.quantity)


def days_left(position, point):
    return years_left(position, point) * DAYS_PER_YEAR


def start_point(configuration):
    """The market of a configuration at time 0."""
    volatilities = {}
    for account in configuration.accounts:
        for position in account.positions:
            if position.kind == "option":
                volatilities[id(position)] = start_volatility(position, configuration)
    return Point(prices={s: a.price for s, a in configuration.assets.items()},
                 basis={s: a.basis for s, a in configuration.assets.items()},
                 volatilities=volatilities)


def start_volatility(position, configuration):
    """The position's implied volatility, else its asset's; in a stressed market from time 0 on."""
    asset = configuration.assets[position.symbol]
    for volatility in (position.implied_volatility, asset.implied_volatility):
        if volatility is not None:
            return volatility * configuration.stress_implied_volatility
    raise Refused(f"option on {position.symbol} without an implied volatility")
