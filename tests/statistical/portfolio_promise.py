#!/usr/bin/env python3
"""Where the promise of portfolio margin breaks: losses beyond a requirement that assumes a
correlation of 0.5, when the true one is higher (worked example 4 of the rules; MAR-6, LIQ-6).

usage: portfolio_promise.py RIPTIDE

Five equal longs, volatility 0.8, one step of 24 hours, no costs; scenario moves of +-15 %,
so the requirement is 0.15 sqrt(5 + 20 C) = 0.581 of a leg's notional, and the wallet is just
that. A deficit is a sum of the five returns below -0.581: a closed form at correlation one,
elsewhere an independent simulation in numpy. Tolerance: 4.5 standard errors.
"""
import sys

import numpy as np
from scipy.stats import norm

import program
from program import Program, merged, report

LEGS, NOTIONAL, PRICE, VOLATILITY, ASSUMED = 5, 1000.0, 100.0, 0.8, 0.5
REQUIREMENT = 0.15 * np.sqrt(LEGS + LEGS * (LEGS - 1) * ASSUMED)
PATHS = 1_000_000
SYMBOLS = ["A", "B", "C", "D", "E"]

CONFIG = {
    "run": {"seed": 9, "paths": PATHS, "horizon": "24h", "step": "24h", "modes": ["portfolio"]},
    "market": {"assets": [{"symbol": s, "price": PRICE, "volatility": VOLATILITY} for s in SYMBOLS],
               "correlation": 0.5},
    "venue": {"tiers": {"default": [{"floor": 0, "mmr": 0.005, "max_leverage": 50}]},
              "portfolio": {"scenarios": {"grid": {"spot": [-0.15, 0, 0.15]}},
                            "between_underlyings": {"rule": "correlated", "correlation": ASSUMED},
                            "mm_factor": 0.8, "im_factor": 1.0}},
    "accounts": {"list": [{"id": "five", "balance": REQUIREMENT * NOTIONAL, "positions": [
        {"symbol": s, "kind": "linear_perp", "quantity": NOTIONAL / PRICE, "leverage": 50}
        for s in SYMBOLS]}]},
}


def simulated(rho, paths, seed):
    """Share of draws whose five returns add to less than minus the requirement."""
    draw = np.random.default_rng(seed)
    s = VOLATILITY * np.sqrt(1 / 365)
    hits = 0
    for _ in range(paths // 500_000):
        common, own = draw.standard_normal((500_000, 1)), draw.standard_normal((500_000, LEGS))
        z = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
        hits += int(((np.exp(-s * s / 2 + s * z) - 1).sum(axis=1) < -REQUIREMENT).sum())
    return hits / paths


def main():
    riptide = Program(sys.argv[1])
    found = []
    for rho in (0.5, 0.75, 1.0):
        run = riptide.run(merged(CONFIG, {"market.correlation": rho}),
                          ["deficit_probability", "initial_margin", "initially_breached"])
        got = run["deficit_probability"][0, 0]
        if rho == 1.0:
            s = VOLATILITY * np.sqrt(1 / 365)
            want = norm.cdf((np.log(1 - REQUIREMENT / LEGS) + s * s / 2) / s)
            error = np.sqrt(want * (1 - want) / PATHS)
        else:
            draws = 4_000_000
            want = simulated(rho, draws, seed=5)
            error = np.sqrt(want * (1 / PATHS + 1 / draws))
        report(f"deficit beyond the portfolio requirement at correlation {rho}",
               abs(got - want) < 4.5 * error, f"{got:.2e} against {want:.2e} +- {error:.1e}")
        found.append(got)
    margin = run["initial_margin"][0, 0]
    report("the requirement is 0.581 of a leg", abs(margin - 580.947502) < 1e-4, f"{margin:.6f}")
    report("deficits rise with the true correlation", found[0] < found[1] < found[2])
    rounded = [7e-5, 5e-4, 1.6e-3]
    report("deficits are as stated with the rules",
           all(abs(np.log(p / q)) < 0.35 for p, q in zip(found, rounded)),
           ", ".join(f"{p:.1e}" for p in found))
    return 1 if program.failures else 0


if __name__ == "__main__":
    sys.exit(main())
