#!/usr/bin/env python3
"""Coins, dated positions and their funding in a result, against figures worked out here.

usage: test_instruments.py RIPTIDE
"""
import math
import sys

import h5py
import numpy as np

from harness import main, merged

SPOT, BASIS = 50000.0, 0.1
COINS = {"market": {"assets": [
    {"symbol": "BTC", "price": SPOT, "volatility": 0.8, "implied_volatility": 0.6, "basis": BASIS},
    {"symbol": "ETH", "price": 2500.0, "volatility": 0.9}], "correlation": 0.5},
    "venue.option_margin": {"rule": "deribit"}, "run.modes": ["cross"]}


def given(program, rows):
    """A file of one path: prices after time 0."""
    with h5py.File(program.folder / "paths.h5", "w") as file:
        file["paths/price"] = np.array([[[SPOT, 2500.0], *rows]])
    return {"model": "given", "file": "paths.h5"}


def account(*positions, **balances):
    return [{"id": "alice", "balances": {"USD": 10000.0, **balances},
             "positions": list(positions)}]


def read(program, name, *keys):
    with h5py.File(program.folder / name, "r") as file:
        causes = [cause.decode() for cause in file["cause"][()]]
        found = dict(zip(causes, file["mean_loss_by_cause"][0, 0]))
        return [found, float(file["initial_equity"][0]), float(file["mean_loss"][0, 0]),
                *(file[key][()] for key in keys)]


def close(got, want, tolerance=1e-8):
    assert abs(got - want) <= tolerance * max(1.0, abs(want)), (got, want)


def test_funding_of_coin_settled_perpetuals(program):
    """INS-3: q / mark * rate coins a payment. Each costs q * rate USD when it is paid, whatever
    the mark; the coins it took are missing at the last price."""
    quantity, rate, marks = 31000.0, 0.0004, [48123.5, 55017.0, 46350.0]
    changes = {**COINS, "run.paths": 1, "run.horizon": "24h", "run.step": "8h",
               "market.funding": {"interval": "8h", "rate": rate, "per_asset": {"ETH": 0.01}},
               "shocks": given(program, [[mark, 2500.0] for mark in marks]),
               "accounts.list": account(
                   {"symbol": "BTC", "kind": "inverse_perp", "quantity": quantity}, BTC=0.7)}
    path = program.write("funding.yaml", merged(changes))
    program.expect(0, "run", path, "-o", "funding.h5", "-q")
    causes, initial, loss = read(program, "funding.h5")
    close(causes["funding"], 3 * quantity * rate)
    paid = sum(quantity * rate / mark for mark in marks)
    coins = 0.7 + quantity * (1 / SPOT - 1 / marks[-1]) - paid
    close(initial, 10000.0 + 0.7 * SPOT)
    close(initial - loss, 10000.0 + coins * marks[-1])


def test_funding_interval_longer_and_shorter_than_a_step(program):
    """Payments at 5 h, 10 h, ..., 20 h fall to the ends of the steps that contain them."""
    quantity, rate, marks = -17000.0, 0.0003, [51000.0, 43000.0]
    changes = {**COINS, "run.paths": 1, "run.horizon": "24h", "run.step": "12h",
               "market.funding": {"interval": "5h", "rate": rate},
               "shocks": given(program, [[mark, 2500.0] for mark in marks]),
               "accounts.list": account(
                   {"symbol": "BTC", "kind": "inverse_perp", "quantity": quantity}, BTC=0.7)}
    path = program.write("interval.yaml", merged(changes))
    program.expect(0, "run", path, "-o", "interval.h5", "-q")
    causes, initial, loss = read(program, "interval.h5")
    close(causes["funding"], 4 * quantity * rate)  # 2 payments in each step
    paid = sum(2 * quantity * rate / mark for mark in marks)
    coins = 0.7 + quantity * (1 / SPOT - 1 / marks[-1]) - paid
    close(initial - loss, 10000.0 + coins * marks[-1])


def put_in_coins(strike, days, volatility):
    """Black-76 on the forward, divided by it."""
    years = days / 365
    forward = SPOT * math.exp(BASIS * years)
    spread = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / spread + spread / 2

    def cdf(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    return (strike * cdf(spread - d1) - forward * cdf(-d1)) / forward


def test_columns_of_accounts_and_positions(program):
    """What was run: coins by account, terms, entries at the model's marks, buckets in the
    settlement currency."""
    held = account({"symbol": "BTC", "kind": "inverse_perp", "quantity": 31000, "leverage": 25},
                   {"symbol": "BTC", "kind": "option", "type": "put", "strike": 45000,
                    "expiry": "30d", "quantity": 1.5, "settlement": "inverse"},
                   {"symbol": "BTC", "kind": "option", "type": "call", "strike": 61000,
                    "expiry": "36h", "quantity": -0.1, "implied_volatility": 0.9},
                   {"symbol": "BTC", "kind": "linear_future", "quantity": -0.2, "expiry": "90d",
                    "leverage": 8}, BTC=0.7)
    held.append({"id": "bob", "balances": {"USD": 500.0, "ETH": 3.25},
                 "positions": [{"symbol": "ETH", "kind": "linear_perp", "quantity": 0.1}]})
    path = program.write("columns.yaml", merged(
        {**COINS, "run.paths": 2, "accounts.list": held,
         "market.stress": {"implied_volatility": 1.25}}))
    program.expect(0, "run", path, "-o", "columns.h5", "-q")
    with h5py.File(program.folder / "columns.h5", "r") as file:
        accounts = {key: file["accounts"][key][()] for key in file["accounts"]}
        rows = {key: file["positions"][key][()] for key in file["positions"]}
    assert [asset.decode() for asset in accounts["asset"]] == ["BTC", "ETH"]
    assert accounts["balance"].tolist() == [10000.0, 500.0]
    assert accounts["balance_coin"].tolist() == [[0.7, 0.0], [0.0, 3.25]]
    assert [x.decode() for x in rows["settlement"]] == ["BTC", "BTC", "USD", "USD", "USD"]
    assert [x.decode() for x in rows["type"]] == ["", "put", "call", "", ""]
    assert np.array_equal(rows["strike"], [np.nan, 45000, 61000, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(rows["expiry"], [np.nan, 720, 36, 2160, np.nan], equal_nan=True)
    assert np.allclose(rows["implied_volatility"], [np.nan, 0.75, 1.125, np.nan, np.nan],
                       rtol=1e-14, equal_nan=True)
    close(rows["entry"][1], put_in_coins(45000, 30, 0.75), 1e-12)
    close(rows["entry"][3], SPOT * math.exp(BASIS * 90 / 365))
    close(rows["margin"][0], 31000 / SPOT / 25, 1e-14)
    assert rows["margin"][1] == 0.0  # paid
    close(rows["margin"][3], 0.2 * SPOT * math.exp(BASIS * 90 / 365) / 8)


if __name__ == "__main__":
    sys.exit(main(globals()))
