#!/usr/bin/env python3
"""Every shipped venue through the program: checked, margined and run in every mode it has
rules for, with listed and with generated accounts.

usage: test_presets.py RIPTIDE
"""
import json
import pathlib
import sys

import h5py
import numpy as np
import yaml

from harness import main

VENUES = pathlib.Path(__file__).resolve().parents[2] / "experiments" / "venues"
PRICES = {"BTC": 60000.0, "ETH": 2513.7, "SOL": 151.3}
MODES = ["isolated", "cross", "portfolio", "mixed"]
# Kinds of positions a venue is for; linear perpetuals where nothing is said.
KINDS = {"binance_coinm": ["inverse_perp"], "bybit_linear": ["linear_perp", "option"],
         "deribit_pm": ["inverse_perp", "linear_perp", "option", "linear_future"],
         "span16": ["linear_future", "option"], "okx": ["linear_perp", "inverse_perp"],
         "flat": ["spot", "linear_perp", "inverse_perp", "linear_future"]}
PROBABILITIES = ["wipeout", "terminal_wipeout", "liquidation", "full_liquidation", "deficit"]


def names():
    found = sorted(path.stem for path in VENUES.glob("*.yaml"))
    assert len(found) == 10, found
    return found


def modes_of(name):
    return ["portfolio"] if name == "span16" else MODES


def position(kind, symbol, side):
    """A position of 20,000 USD of notional, posting a tenth."""
    price, inverse = PRICES[symbol], kind == "inverse_perp"
    found = {"symbol": symbol, "kind": kind, "quantity": side * 20000 / (1 if inverse else price),
             "margin": 2000 / (price if inverse else 1)}
    if kind in ("linear_future", "option"):
        found["expiry"] = "2d"
    if kind == "option":
        found.update(type="put", strike=0.95 * price)
        found["margin"] = 4000
    if kind == "option" and side > 0:
        del found["margin"]  # its premium is paid
    return found


def wallet(positions):
    """A fifth more than the isolated buckets need, in each currency."""
    needs = {"USD": 500.0}
    for one in positions:
        currency = one["symbol"] if one["kind"] == "inverse_perp" else "USD"
        needs[currency] = needs.get(currency, 0.0) + 1.2 * one.get("margin", 0.0)
    return needs


def listed(name):
    accounts = []
    for number, side in enumerate((1, -1, 1)):
        positions = [position(kind, symbol, side if symbol != "ETH" else -side)
                     for kind in KINDS.get(name, ["linear_perp"])
                     for symbol in list(PRICES)[: number + 1]]
        accounts.append({"id": f"a{number}", "mode": modes_of(name)[number % len(modes_of(name))],
                         "positions": positions, "balances": wallet(positions)})
    return {"list": accounts}


def config_of(name, accounts):
    assets = [{"symbol": symbol, "price": price, "volatility": 2.5, "implied_volatility": 0.8,
               "daily_volume": 1e9, "basis": 0.05} for symbol, price in PRICES.items()]
    return {"run": {"seed": 5, "paths": 256, "horizon": "3d", "step": "3h",
                    "modes": modes_of(name)},
            "market": {"assets": assets, "correlation": 0.7,
                       "funding": {"interval": "8h", "rate": 0.0003},
                       "borrow_rate": {"USD": 0.1, "BTC": 0.05}},
            "shocks": {"model": "student_t", "dof": 4,
                       "volatility_dynamics": {"response": -1.0, "vol_of_vol": 0.5}},
            "venue": name, "accounts": accounts}


def check_result(path, name):
    """Whole and consistent: shares, causes that sum to the loss, something force-closed."""
    with h5py.File(path, "r") as file:
        assert file.attrs["status"] == "complete"
        modes = [mode.decode() for mode in file["mode"][()]]
        assert modes == modes_of(name), (name, modes)
        for key in PROBABILITIES:
            share = file[f"{key}_probability"][()]
            assert np.all((share >= 0) & (share <= 1)), (name, key, share)
        loss, causes = file["mean_loss"][()], file["mean_loss_by_cause"][()]
        assert np.all(np.isfinite(loss)), name
        scale = np.abs(causes).sum(axis=-1) + file["initial_equity"][()]
        assert np.all(np.abs(causes.sum(axis=-1) - loss) <= 1e-9 * scale), name
        hit = file["liquidation_probability"][()].max(axis=1)
        assert np.all(hit > 0), (name, hit)
        # Nobody loses more than there is (DEF-1).
        assert np.all(loss <= file["initial_equity"][()] * (1 + 1e-9)), name


def test_every_preset_runs_in_every_mode(program):
    for name in names():
        path = program.write(f"{name}.yaml", config_of(name, listed(name)))
        program.expect(0, "check", path)
        margins = json.loads(program.expect(0, "margin", path, "--json").stdout)
        assert len(margins) == 3 * len(modes_of(name)), name
        assert all(one["maintenance_margin"] > 0 for one in margins), name
        program.expect(0, "run", path, "-o", f"{name}.h5", "-q")
        check_result(program.folder / f"{name}.h5", name)


def test_every_preset_takes_generated_accounts(program):
    for name in names():
        generated = {"generate": {"count": 40, "hedged_fraction": 0.3, "option_fraction": 0.5,
                                  "modes": {mode: 1 for mode in modes_of(name)[:3]}}}
        path = program.write(f"g-{name}.yaml", config_of(name, generated))
        program.expect(0, "run", path, "-o", f"g-{name}.h5", "-q")
        check_result(program.folder / f"g-{name}.h5", name)


def tier_of(tiers, symbol, measure):
    """The tier whose floor is below: a bound belongs to the lower one."""
    ladder = tiers.get(symbol, tiers["default"])
    return [tier for tier in ladder if tier["floor"] == 0 or tier["floor"] < measure][-1]


def test_generated_leverage_follows_tiers_of_quantities(program):
    """MAR-1 on a venue whose tiers count coins: large accounts meet every tier's cap."""
    venue = yaml.safe_load((VENUES / "okx.yaml").read_text())
    assert venue["tier_unit"] == "quantity"
    generated = {"generate": {"count": 400, "leverage": {"values": [100]},
                              "balance": {"distribution": "pareto", "minimum": 1e5, "alpha": 0.6},
                              "positions": 1, "margin_used": {"low": 0.5, "high": 0.9}}}
    path = program.write("tiers.yaml", {**config_of("okx", generated)})
    program.expect(0, "run", path, "-o", "tiers.h5", "-q", "-s", "run.paths=1")
    caps = set()
    with h5py.File(program.folder / "tiers.h5", "r") as file:
        held = file["positions"]
        for symbol, quantity, leverage in zip(held["symbol"][()], held["quantity"][()],
                                              held["leverage"][()]):
            tier = tier_of(venue["tiers"], symbol.decode(), abs(quantity) * (1 - 1e-9))
            assert leverage <= tier["max_leverage"] * (1 + 1e-9), (symbol, quantity, leverage)
            caps.add(tier["max_leverage"])
    assert len(caps) > 3, caps


if __name__ == "__main__":
    sys.exit(main(globals()))
