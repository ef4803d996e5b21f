#!/usr/bin/env python3
"""The shipped markets and venues are sound and agree with what was published.

usage: data.py ROOT
"""
import pathlib
import sys

import numpy as np
import yaml

ROOT = pathlib.Path(sys.argv[1])
# The deduction of the last tier as the venue published it (captured 2026-07-02, see the comments
# of binance_usdm.yaml). It depends on every floor and every rate of the ladder.
LAST_DEDUCTION = {
    "BTC": 421482000, "ETH": 280507000, "SOL": 66731475, "XRP": 16683735, "DOGE": 33366280,
    "BNB": 25024810, "ADA": 16681300, "LINK": 13347050, "AVAX": 13345325, "LTC": 13345100,
    "DOT": 9173285, "TRX": 6824335, "default": 1772250,
}
# The same of other presets: (symbol, deduction of the last tier, tolerance) as published (USD, or
# coins for COIN-M), from the sources in the comments of each file.
PUBLISHED = {
    "binance_coinm": [("BTC", 6, 11.81, 1e-9)],           # FAQ of 2021, up to its seventh tier
    "bybit_linear": [("BTC", None, 12663200, 1.0),
                     ("default", None, 232500, 1.0), ("ETH", None, 521400, 1.0)],
    "hyperliquid": [("BTC", None, 1875000, 1), ("ETH", None, 1333333.33, 1),
                    ("SOL", None, 1750000, 1), ("XRP", None, 1000000, 1), ("BNB", None, 150000, 1)],
}
PRESETS = {"flat", "binance_usdm", "binance_coinm", "bybit_linear", "okx", "hyperliquid", "dydx_v4",
           "deribit_pm", "span16", "tims10"}
VENUE_KEYS = set(
    "name sources base tiers whole_position tier_unit maintenance_basis closing_fee_reserved "
    "size_scaling trigger collateral option_margin isolated fees liquidation impact fund adl "
    "socialise portfolio by_mode".split())
bad = False


def report(name, problems):
    global bad
    bad |= bool(problems)
    print(f"{'not ok' if problems else 'ok'} {name}")
    for problem in problems:
        print(f"    {problem}")


def market_problems(data):
    assets = data["market"]["assets"]
    rho = np.array(data["market"]["correlation"])
    problems = []
    if rho.shape != (len(assets), len(assets)) or not (rho == rho.T).all():
        return ["the correlation matrix is not square and symmetric"]
    if not (np.diag(rho) == 1).all():
        problems.append("the diagonal of the correlation matrix is not one")
    if not np.linalg.eigvalsh(rho)[0] > 1e-6:
        problems.append("the correlation matrix is not positive definite")
    for asset in assets:
        if not (asset["price"] > 0 and 0.05 < asset["volatility"] < 3):
            problems.append(f"{asset['symbol']}: price or volatility")
    if len(assets) < 10:
        problems.append("fewer than ten assets")
    return problems


def ladder_problems(symbol, tiers):
    problems = [] if tiers[0]["floor"] == 0 else [f"{symbol}: does not begin at 0"]
    for low, high in zip(tiers, tiers[1:]):
        if not (high["floor"] > low["floor"] and high["mmr"] > low["mmr"]
                and high["max_leverage"] < low["max_leverage"]):
            problems.append(f"{symbol}: the tier from {high['floor']} does not tighten")
    problems += [f"{symbol}: maintenance above initial margin from {tier['floor']}"
                 for tier in tiers if tier["mmr"] * tier["max_leverage"] > 1]
    return problems


def deduction(tiers, last=None):
    """Of the tier with the index `last`, of the last one by default."""
    tiers = tiers if last is None else tiers[:last + 1]
    return sum(high["floor"] * (high["mmr"] - low["mmr"]) for low, high in zip(tiers, tiers[1:]))


def comment_problems(text):
    """Every preset says where its numbers are from, and what is approximate, before its keys."""
    head = text.split("\nname:")[0]
    problems = [] if all(line.startswith("#") for line in head.splitlines()) else [
        "something stands before `name`"]
    if "name: flat" not in text and "APPROXIMATE" not in head:
        problems.append("nothing is said to be approximate")
    return problems


def venue_problems(data):
    problems = [f"unknown key {key}" for key in set(data) - VENUE_KEYS]
    for symbol, tiers in data["tiers"].items():
        problems += ladder_problems(symbol, tiers)
    spots = [spot for spot in data["portfolio"]["scenarios"]["grid"]["spot"]]
    if spots != sorted(spots) or 0 not in spots or -spots[0] != spots[-1]:
        problems.append("the scenario grid is not ordered and symmetric about 0")
    return problems


def main():
    market = yaml.safe_load((ROOT / "experiments/markets/crypto-2026.yaml").read_text())
    report("market crypto-2026", market_problems(market))
    for path in sorted((ROOT / "experiments/venues").glob("*.yaml")):
        text = path.read_text()
        data = yaml.safe_load(text)
        name = [] if data["name"] == path.stem else [f"its name is {data['name']}"]
        report(f"venue {path.stem}", name + venue_problems(data) + comment_problems(text))
        for symbol, last, want, tolerance in PUBLISHED.get(path.stem, []):
            got = deduction(data["tiers"][symbol], last)
            report(f"published deduction of {path.stem}, {symbol}",
                   [] if abs(got - want) <= tolerance else [f"{got:.4f} against {want}"])
    names = {path.stem for path in (ROOT / "experiments/venues").glob("*.yaml")}
    report("the presets of the rules are there", sorted(PRESETS ^ names))
    venue = yaml.safe_load((ROOT / "experiments/venues/binance_usdm.yaml").read_text())
    report("binance_usdm has a ladder for every symbol of the market", [
        asset["symbol"] for asset in market["market"]["assets"]
        if asset["symbol"] not in venue["tiers"] or
        asset["symbol"] not in venue["portfolio"]["spot_range"]])
    report("derived deductions of binance_usdm agree with the published ones", [
        f"{symbol}: {deduction(tiers):.2f} against {LAST_DEDUCTION[symbol]}"
        for symbol, tiers in venue["tiers"].items()
        if not abs(deduction(tiers) - LAST_DEDUCTION[symbol]) <= 0.01])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
