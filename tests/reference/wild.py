"""Random venues, accounts and paths, a generator a feature; one seed gives one configuration.

Numbers are awkward on purpose, leverages are what the tiers allow, and wallets a little above
what the isolated buckets need, so that a good part of the accounts meets a breach.
"""
import math
import random

import configuration
import instruments
import tiers

SYMBOLS = ["BTC", "ETH", "XRP", "SOL"]
PRICES = {"BTC": 52137.5, "ETH": 2013.7, "XRP": 0.731, "SOL": 131.27}
GRID = [-0.131, -0.07, 0, 0.07, 0.131]


class Wild:
    def __init__(self, seed):
        self.draw = random.Random(seed)

    def one_of(self, *values):
        return self.draw.choice(values)

    def chance(self, p):
        return self.draw.random() < p

    def between(self, low, high):
        return self.draw.uniform(low, high)

    def log_between(self, low, high):
        return math.exp(self.draw.uniform(math.log(low), math.log(high)))

    # Venues

    def ladder(self, unit=1.0, top=40.0):
        """Three tiers; unit: USD in one unit of the floors."""
        floors = [0, self.between(5e3, 3e4) / unit, self.between(4e4, 2e5) / unit]
        rates = [self.between(0.003, 0.008), self.between(0.009, 0.02), self.between(0.025, 0.06)]
        most = [top, round(top * 0.5, 1), round(top * 0.2, 1)]
        return [{"floor": f, "mmr": m, "max_leverage": x} for f, m, x in zip(floors, rates, most)]

    def venue(self, unit=1.0, **keys):
        found = {"name": "wild", "tiers": {"default": self.ladder(unit)}}
        if self.chance(0.5):
            found["tiers"]["ETH"] = self.ladder(unit)
        if self.chance(0.3):
            found["tiers"]["BTC"] = [{"floor": 0, "mmr": 0.0127, "max_leverage": 31,
                                      "deduction": self.between(0, 40) / unit}]
        found["trigger"] = {"inclusive": self.chance(0.5), "ratio": self.one_of(1, 1, 1.07, 0.93)}
        found.update(keys)
        return found

    def costs(self):
        return {"fees": {"taker": self.between(0, 0.001), "liquidation": self.between(0, 0.02)},
                "isolated": {"leftover": self.one_of("returned", "confiscated"),
                             "top_up": self.policy()}}

    def policy(self):
        return self.one_of("none", "none", "to_maintenance", "to_initial",
                           {"times": 2, "fraction": self.between(0.2, 0.8)})

    def close(self, **keys):
        return {"half_spread": self.between(0, 0.003), **keys}

    def portfolio(self, volatility=("same",), **keys):
        matrix = [[1 if a == b else self.between(0.3, 0.7) for b in range(4)] for a in range(4)]
        for a in range(4):
            for b in range(a):
                matrix[a][b] = matrix[b][a]
        rule = self.one_of("add", "joint", {"rule": "offset", "factor": self.between(0, 1)},
                           {"rule": "correlated", "correlation": self.between(0, 1)},
                           {"rule": "correlated", "correlation": matrix})
        scenarios = {"grid": {"spot": GRID, "volatility": list(volatility)}}
        if self.chance(0.5):
            scenarios["extra"] = [
                {"spot": -0.61, "volatility": volatility[-1], "weight": self.between(0.2, 0.4)},
                {"spot": 1.3, "volatility": volatility[-1], "weight": self.between(0.05, 0.2)}]
        return {"scenarios": scenarios,
                "spot_range": {"ETH": self.between(1, 1.6), "XRP": self.between(1.2, 8)},
                "gain_offset": self.one_of(1, self.between(0.3, 0.95)),
                "between_underlyings": rule,
                "contingency": {"perp": self.one_of(0, self.between(0, 0.01))},
                "mm_factor": self.between(0.5, 1), "im_factor": self.between(1, 1.3), **keys}

    # Accounts

    def quantity(self, notional, symbol, kind, side):
        q = notional if kind == "inverse_perp" else notional / PRICES[symbol]
        return side * q

    def position(self, kinds, low=2e3, high=2e5):
        symbol, kind = self.one_of(*SYMBOLS), self.one_of(*kinds)
        side = 1 if self.chance(0.6) else -1
        found = {"symbol": symbol, "kind": kind,
                 "quantity": self.quantity(self.log_between(low, high), symbol, kind, side)}
        if kind in ("linear_future", "option"):
            found["expiry"] = f"{self.draw.randint(3, 2500)}h"
        if kind == "option":
            found["type"] = self.one_of("call", "put")
            found["strike"] = PRICES[symbol] * self.log_between(0.6, 1.6)
            found["settlement"] = self.one_of("linear", "inverse")
            found["implied_volatility"] = self.between(0.2, 1.4)
            found["quantity"] *= 0.3
        elif self.chance(0.5):
            found["entry"] = PRICES[symbol] * (1 - side * self.between(-0.02, 0.03))
        return found

    def fits(self, position, venue, point):
        """Gives a leverage the tiers allow."""
        if position["kind"] == "option":
            return
        held = configuration.make_position(position, {})
        held.entry = held.entry or PRICES[held.symbol]
        most = tiers.max_leverage(venue, held, point)
        position["leverage"] = min(round(self.log_between(1.5, 40), 2), most)
        if position["kind"] == "spot":
            position["leverage"] = self.one_of(1, min(position["leverage"], 5))

    def account(self, name, venue, kinds, wallet=(1.01, 2.0), **keys):
        """Positions, and balances that hold what their buckets need times a share."""
        loaded = configuration.load_venue(venue, None)
        point = instruments.Point(prices=dict(PRICES))
        found = {"id": name, "balances": {}, "positions": [], **keys}
        needs = {"USD": 1.0}
        for _ in range(self.draw.randint(1, 4)):
            position = self.position(kinds)
            self.fits(position, loaded, point)
            found["positions"].append(position)
            currency, posted = self.posted(position)
            needs[currency] = needs.get(currency, 0.0) + posted
        for currency, need in needs.items():
            found["balances"][currency] = need * self.between(*wallet)
        return found

    def posted(self, position):
        """Settlement currency and a bucket that is large enough."""
        held = configuration.make_position(position, {})
        price = PRICES[held.symbol]
        usd = abs(held.quantity) * (1.0 if held.kind == "inverse_perp" else price)
        if held.kind == "option":
            usd *= 1.2 if held.quantity < 0 else 0.1
        else:
            usd *= 1.05 / position["leverage"]
        currency = held.currency()
        return currency, usd / (1.0 if currency == "USD" else price)

    def stops(self, account):
        """A stop on the losing side of the first position, sometimes."""
        first = account["positions"][0]
        side = 1 if first["quantity"] > 0 else -1
        if first["kind"] in ("linear_perp", "spot") and self.chance(0.3):
            stop = PRICES[first["symbol"]] * (1 - side * self.between(0.02, 0.1))
            account["stop_loss"] = {first["symbol"]: stop}

    def config(self, venue, accounts, modes, hours=24, step=3, **market):
        assets = [{"symbol": s, "price": p, "volatility": 0.8, "implied_volatility": 0.7}
                  for s, p in PRICES.items()]
        for asset in assets:
            asset.update(market.pop("asset", {}).get(asset["symbol"], {}))
        return {"run": {"paths": 1, "horizon": f"{hours}h", "step": f"{step}h", "modes": modes,
                        "wipeout_threshold": 0.17},
                "market": {"assets": assets, "correlation": 0.3, **market},
                "venue": venue, "accounts": {"list": accounts}}

    def path(self, steps, scale=0.05):
        """A rough path with a common crash somewhere."""
        crash, depth = self.draw.randrange(steps), self.between(-0.35, 0.2)
        prices, rows = list(PRICES.values()), []
        for k in range(steps):
            shock = depth if k == crash else 0.0
            prices = [p * math.exp(self.draw.gauss(shock, scale)) for p in prices]
            rows.append(list(prices))
        return rows
