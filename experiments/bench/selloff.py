#!/usr/bin/env python3
"""SELLOFF-1 as a riptide configuration: 16 assets, 24 hourly steps, portfolios of 8 perpetuals.

usage: selloff.py FOLDER [--portfolios N] [--assets N] [--steps N] [--check-paths N]

Writes into FOLDER market.csv and portfolios.csv (the job's own files, which other programs
read), accounts.csv and positions.csv (the same portfolios for riptide), paths_check.bin and
paths_check.h5 (given paths: float64 [path][step][asset] without time 0, and for riptide with
it), and the configurations

  calm.yaml       the job: no costs, no funding, what is left of a bucket confiscated
  check.yaml      the same on the given paths
  quantiles.yaml  calm with value at risk and expected shortfall at three levels
  stressed.yaml   calm with every position at 20x: most accounts are liquidated
  full.yaml       calm with Student-t shocks, fees, slippage, funding and real ladders
  linear.yaml     calm in portfolio mode alone, with volatility states in the venue's grid
  options.yaml    linear with every second position of an account replaced by a European
                  option of the same side and notional: strikes 0.9 to 1.1, expiries 7 to 90
                  days; wallets after the premiums, so that net worth is that of linear

The portfolios come from splitmix64 (seed 0x5E110FF1), so that every program on every machine
reads the same numbers.
"""
import argparse
import json
import math
import pathlib

import h5py
import numpy as np

POSITIONS = 8
SEED = 0x5E110FF1
OPTION_SEED = 0x0B5E110FF
MASK = (1 << 64) - 1


class Splitmix:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def ladder(low, high, n):
    """Equal steps over the assets, with the job's rounding."""
    return np.array([low + (high - low) * a / (n - 1) for a in range(n)])


def portfolios(n, n_asset):
    """(asset, quantity, bucket) of each position of each portfolio; prices are 1."""
    draw = Splitmix(SEED)
    for _ in range(n):
        assets = list(range(n_asset))
        for k in range(POSITIONS):
            j = k + int(draw.uniform() * (n_asset - k))
            assets[k], assets[j] = assets[j], assets[k]
        rows = []
        for asset in sorted(assets[:POSITIONS]):
            notional = 1000 * 10 ** (2 * draw.uniform())
            side = 1 if draw.uniform() < 0.7 else -1
            rows.append((asset, side * notional, notional / (3 + 17 * draw.uniform())))
        yield rows


def write_books(folder, books, bucket):
    """accounts.csv and positions.csv; bucket gives the margin posted for a position."""
    with open(folder / "accounts.csv", "w") as accounts, \
            open(folder / "positions.csv", "w") as positions:
        accounts.write("id,balance\n")
        positions.write("account,symbol,kind,quantity,margin\n")
        for p, rows in enumerate(books):
            balance = 0.0
            for asset, quantity, margin in rows:
                posted = bucket(quantity, margin)
                balance += posted
                positions.write(f"p{p},A{asset},linear_perp,{quantity!r},{posted!r}\n")
            accounts.write(f"p{p},{balance!r}\n")


def black(strike, deviation, is_put):
    """Black-76 on a forward of 1."""
    def cdf(x):
        return 0.5 * math.erfc(-x / math.sqrt(2))

    d1 = -math.log(strike) / deviation + 0.5 * deviation
    call = cdf(d1) - strike * cdf(d1 - deviation)
    return call - (1 - strike) if is_put else call


def write_options(folder, books, volatility):
    """The same books, every second position an option."""
    draw = Splitmix(OPTION_SEED)
    with open(folder / "accounts.csv", "w") as accounts, \
            open(folder / "positions.csv", "w") as positions:
        accounts.write("id,balance\n")
        positions.write("account,symbol,kind,quantity,type,strike,expiry,implied_volatility\n")
        for p, rows in enumerate(books):
            balance = sum(margin for _, _, margin in rows)
            for k, (asset, quantity, _) in enumerate(rows):
                if k % 2 == 0:
                    positions.write(f"p{p},A{asset},linear_perp,{quantity!r},,,,\n")
                    continue
                strike, days = 0.9 + 0.2 * draw.uniform(), 7 + int(84 * draw.uniform())
                is_put, sigma = draw.uniform() < 0.5, float(volatility[asset])
                balance -= quantity * black(strike, sigma * math.sqrt(days / 365), is_put)
                positions.write(f"p{p},A{asset},option,{quantity!r},{'put' if is_put else 'call'},"
                                f"{strike!r},{days}d,{sigma!r}\n")
            accounts.write(f"p{p},{balance!r}\n")


def write_job(folder, books, volatility, rates):
    """The job's own files, as other programs read them."""
    with open(folder / "market.csv", "w") as out:
        for a, (sigma, rate) in enumerate(zip(volatility, rates)):
            out.write(f"{a},{sigma:.17g},{rate:.17g},{sigma / 0.9:.17g}\n")
    with open(folder / "portfolios.csv", "w") as out:
        for p, rows in enumerate(books):
            for asset, quantity, margin in rows:
                out.write(f"{p},{asset},{quantity:.17g},{margin:.17g}\n")


def write_paths(folder, volatility, n_path, n_step):
    n = len(volatility)
    dt = 1 / 8760
    factor = np.linalg.cholesky(0.6 * np.ones((n, n)) + 0.4 * np.eye(n))
    z = np.random.Generator(np.random.PCG64(12345)).standard_normal((n_path, n_step, n)) @ factor.T
    price = np.exp(np.cumsum(-volatility**2 * dt / 2 + volatility * np.sqrt(dt) * z, axis=1))
    price.astype("<f8").tofile(folder / "paths_check.bin")
    with h5py.File(folder / "paths_check.h5", "w") as file:
        file["paths/price"] = np.concatenate([np.ones((n_path, 1, n)), price], axis=1)


def configuration(volatility, rates, n_step):
    symbols = [f"A{a}" for a in range(len(volatility))]
    return {
        "run": {"seed": 1, "paths": 20000, "horizon": f"{n_step}h", "step": "1h"},
        "market": {
            "assets": [{"symbol": s, "price": 1, "volatility": float(v)}
                       for s, v in zip(symbols, volatility)],
            "correlation": 0.6,
        },
        "shocks": {"model": "gaussian"},
        "venue": {
            "name": "selloff",
            "tiers": {s: [{"floor": 0, "mmr": float(r), "max_leverage": 125}]
                      for s, r in zip(symbols, rates)},
            "isolated": {"leftover": "confiscated"},
            "portfolio": {
                "scenarios": {"grid": {"spot": [-0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03],
                                       "volatility": ["same"]}},
                "spot_range": {s: float(v) / 0.9 for s, v in zip(symbols, volatility)},
                "between_underlyings": {"rule": "offset", "factor": 1 - 0.004 / 0.03},
                "mm_factor": 1.0,
            },
        },
        "accounts": {"files": {"accounts": "accounts.csv", "positions": "positions.csv"}},
        "outputs": {"levels": [], "histogram": {"bins": 200, "low": -1.0, "high": 1.0}},
    }


def variant(base, **changes):
    """A deep copy with sections of the configuration updated."""
    copy = json.loads(json.dumps(base))
    for section, values in changes.items():
        copy.setdefault(section, {}).update(values)
    return copy


def full_venue(base):
    """Ladders of the preset for majors, which serve the 16 assets in turn."""
    venue = dict(base["venue"], base="binance_usdm")
    del venue["tiers"], venue["isolated"], venue["name"]
    return venue


def portfolio_venue(base):
    """The job's scenarios in three states of volatility each."""
    venue = json.loads(json.dumps(base["venue"]))
    venue["portfolio"]["scenarios"]["grid"]["volatility"] = ["down", "same", "up"]
    venue["portfolio"]["volatility_shock"] = {"up": 0.25, "down": 0.25, "power_short": 0.3,
                                              "power_long": 0.13, "pivot": "30d"}
    return venue


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--portfolios", type=int, default=1000)
    parser.add_argument("--assets", type=int, default=16)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--check-paths", type=int, default=2000)
    options = parser.parse_args()
    folder = options.folder
    for name in ("stressed", "options"):
        (folder / name).mkdir(parents=True, exist_ok=True)

    volatility = ladder(0.6, 1.2, options.assets)
    rates = ladder(0.005, 0.01, options.assets)
    books = list(portfolios(options.portfolios, options.assets))
    write_job(folder, books, volatility, rates)
    write_books(folder, books, lambda quantity, margin: margin)
    write_books(folder / "stressed", books, lambda quantity, margin: abs(quantity) / 20)
    write_options(folder / "options", books, volatility)
    write_paths(folder, volatility, options.check_paths, options.steps)

    base = configuration(volatility, rates, options.steps)
    linear = variant(dict(base, venue=portfolio_venue(base)), run={"modes": ["portfolio"]})
    configurations = {
        "calm": base,
        "check": variant(base, run={"paths": options.check_paths},
                         shocks={"model": "given", "file": "paths_check.h5"}),
        "quantiles": variant(base, outputs={"levels": [0.95, 0.99, 0.999]}),
        "stressed": variant(base, accounts={"files": {"accounts": "stressed/accounts.csv",
                                                      "positions": "stressed/positions.csv"}}),
        "full": variant(dict(base, venue=full_venue(base)),
                        shocks={"model": "student_t", "dof": 4},
                        market={"funding": {"interval": "8h", "rate": 0.0001}}),
        "linear": linear,
        "options": variant(linear, accounts={"files": {"accounts": "options/accounts.csv",
                                                       "positions": "options/positions.csv"}}),
    }
    for name, config in configurations.items():
        # JSON is YAML.
        (folder / f"{name}.yaml").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    main()
