#!/usr/bin/env python3
"""`riptide trace`: events worked out by hand, their sum against the recorded losses.

usage: test_trace.py RIPTIDE
"""
import json
import math
import sys

import h5py

from harness import BASE, main, merged

KEYS = ["t_hours", "round", "event", "symbol", "position", "quantity", "price", "amount",
        "equity", "maintenance", "bucket"]

# One step of -20 %, then back up: the isolated bucket of 3,000 is gone beyond its bottom.
CRASH = "time,BTC\n0,-0.20\n1,0.10\n"
HELD = merged({"run.paths": 1, "run.horizon": "8h", "venue.fees": {"liquidation": 0.01},
               "venue.liquidation": {"close": {"half_spread": 0.001}},
               "shocks": {"model": "replay", "file": "crash.csv"},
               "outputs": {"losses": True}})


def events(program, result, path, account, mode, *more):
    done = program.expect(0, "trace", result, "--path", path, "--account", account, "--mode", mode,
                          "--json", *more)
    return json.loads(done.stdout)


def close(got, want, tolerance=1e-9):
    assert math.isclose(got, want, rel_tol=tolerance, abs_tol=1e-9), f"{got}, want {want}"


def crash(program):
    program.write("crash.csv", CRASH)
    name = program.write("crash.yaml", HELD)
    program.expect(0, "run", name, "-o", "crash.h5", "--force", "-q")
    return "crash.h5"


def test_a_liquidation_event_by_event(program):
    """MAR-3, LIQ-3, LIQ-6: 0.5 BTC from 60,000 to 48,000 loses 6,000 of a bucket of 3,000;
    the fill costs 24 more, no fee makes debt, and 3,024 are others' loss."""
    told = events(program, crash(program), 0, "alice", "isolated")
    assert all(list(one) == KEYS for one in told), told
    assert [one["event"] for one in told] == ["price", "breach", "close", "deficit", "price"], told
    price, breach, closed, deficit, after = told
    assert price["symbol"] == "BTC" and price["t_hours"] == 4 and price["round"] == 0
    close(price["price"], 48000)
    close(price["amount"], 6000)
    assert breach["bucket"] == 0 and breach["amount"] == 0
    close(breach["equity"], -3000)
    close(breach["maintenance"], 120)
    close(closed["quantity"], 0.5)
    close(closed["price"], 48000 * 0.999)
    close(closed["amount"], 24)
    close(deficit["amount"], -3024)
    close(after["amount"], 0)
    close(sum(one["amount"] for one in told), 3000)


def test_cross_survives_the_same_path(program):
    told = events(program, crash(program), 0, "alice", "cross")
    assert [one["event"] for one in told] == ["price", "price"], told
    close(sum(one["amount"] for one in told), 0.5 * (60000 - 60000 * 0.8 * 1.1))


def test_sums_are_the_recorded_losses(program):
    """DEF-1: with stops, funding, top-ups and fees, the amounts add to every stored loss."""
    config = merged({
        "run.paths": 40, "market.funding": {"interval": "8h", "rate": 0.0004},
        "market.assets.0.volatility": 2.5, "outputs": {"losses": True},
        "venue.fees": {"taker": 0.0005, "liquidation": 0.0125},
        "accounts.list.0.top_up": "to_initial"})
    config["accounts"]["list"].append({
        "id": "bob", "balance": 9000.0, "leverage": 20, "stop_loss": {"BTC": 57000},
        "positions": [{"symbol": "BTC", "quantity": 0.9}, {"symbol": "BTC", "quantity": -0.3}]})
    name = program.write("sums.yaml", config)
    program.expect(0, "run", name, "-o", "sums.h5", "--force", "-q")
    seen = set()
    with h5py.File(program.folder / "sums.h5") as stored:
        losses = stored["losses/loss"][:]
        modes = [mode.decode() for mode in stored["mode"][:]]
        accounts = [account.decode() for account in stored["account"][:]]
    for m, mode in enumerate(modes):
        for a, account in enumerate(accounts):
            for path in range(0, 40, 3):
                told = events(program, "sums.h5", path, account, mode)
                seen |= {one["event"] for one in told}
                close(sum(one["amount"] for one in told), float(losses[m, a, path]), 1e-5)
    assert {"price", "funding", "stop", "breach", "top_up", "close", "fee"} <= seen, seen


def test_table_tells_the_story(program):
    done = program.expect(0, "trace", crash(program), "--path", 0, "--account", "alice", "--mode",
                          "isolated", out="starts with 10,000.00 USD, loses 3,000.00")
    for word in ("breach", "close", "deficit", "48,000.00", "-3,024.00"):
        assert word in done.stdout, done.stdout


def test_what_it_refuses(program):
    result = crash(program)
    common = ("trace", result, "--path", 0)
    program.expect(2, "trace", result, err="trace: --path: required option is absent")
    program.expect(2, *common, "--account", "bob", "--mode", "cross", err="has no account bob")
    program.expect(2, *common, "--account", "alice", "--mode", "mixed",
                   err="--mode: mixed is not among the run's modes")
    program.expect(2, "trace", result, "--path", 1, "--account", "alice", "--mode", "cross",
                   err="--path: 1 is not allowed (a whole number from 0 to 0)")
    program.write("crash.csv", CRASH.replace("0.10", "0.11"))
    program.expect(2, *common, "--account", "alice", "--mode", "cross",
                   err="not the file that the run read")
    program.write("elsewhere/crash.csv", CRASH)
    program.expect(0, *common, "--account", "alice", "--mode", "cross", "--inputs", "elsewhere")
    (program.folder / "crash.csv").unlink()
    program.expect(2, *common, "--account", "alice", "--mode", "cross",
                   err=f"{result}: crash.csv: No such file or directory (the run read it; --inputs DIR "
                       "is the folder of its configuration)\n")
    program.expect(2, *common, "--account", "alice", "--mode", "cross", "--inputs", "nowhere",
                   err=f"{result}: nowhere/crash.csv: No such file or directory (")


if __name__ == "__main__":
    sys.exit(main(globals()))
