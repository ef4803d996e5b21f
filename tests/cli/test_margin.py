#!/usr/bin/env python3
"""`riptide margin`: requirements and prices worked out by hand, the JSON and the table.

usage: test_margin.py RIPTIDE
"""
import json
import math
import sys

from harness import BASE, main, merged

ACCOUNT_KEYS = ["account", "mode", "equity", "wallet", "initial_margin", "maintenance_margin",
                "margin_ratio", "free_collateral", "liquidatable", "common_move_price",
                "positions", "portfolio_risk"]
POSITION_KEYS = ["symbol", "kind", "quantity", "mark_price", "notional", "unrealised_pnl",
                 "initial_margin", "maintenance_margin", "bucket", "bucket_equity",
                 "liquidation_price", "bankruptcy_price"]


def margins(program, config, *args):
    """The objects of the JSON by (account, mode)."""
    name = program.write("c.yaml", config)
    objects = json.loads(program.expect(0, "margin", name, "--json", *args).stdout)
    return {(one["account"], one["mode"]): one for one in objects}


def close(got, want, tolerance=1e-9):
    assert math.isclose(got, want, rel_tol=tolerance, abs_tol=1e-9), f"{got}, want {want}"


def test_json_has_the_keys_in_order(program):
    for one in margins(program, BASE).values():
        assert list(one) == ACCOUNT_KEYS, list(one)
        assert list(one["positions"][0]) == POSITION_KEYS, list(one["positions"][0])


def test_isolated(program):
    """MAR-4, MAR-7, MAR-8: a bucket of 3,000 under 0.5 BTC at 60,000, 0.5 % maintenance.
    Breach at (30,000 - 3,000) / (0.5 x 0.995); empty at 60,000 - 3,000 / 0.5."""
    one = margins(program, BASE)["alice", "isolated"]
    position, = one["positions"]
    for key, want in (("equity", 10000), ("wallet", 10000), ("initial_margin", 3000),
                      ("maintenance_margin", 150), ("margin_ratio", 0.015),
                      ("free_collateral", 7000),
                      ("common_move_price", math.log(27000 / 0.4975 / 60000))):
        close(one[key], want)
    for key, want in (("quantity", 0.5), ("mark_price", 60000), ("notional", 30000),
                      ("unrealised_pnl", 0), ("initial_margin", 3000),
                      ("maintenance_margin", 150), ("bucket", 3000), ("bucket_equity", 3000),
                      ("liquidation_price", 27000 / 0.4975), ("bankruptcy_price", 54000)):
        close(position[key], want)
    assert one["liquidatable"] is False and one["portfolio_risk"] is None
    assert position["symbol"] == "BTC" and position["kind"] == "linear_perp"


def test_cross(program):
    """MAR-5: the whole wallet stands behind the position: (30,000 - 10,000) / 0.4975."""
    one = margins(program, BASE)["alice", "cross"]
    position, = one["positions"]
    close(position["liquidation_price"], 20000 / 0.4975)
    close(position["bankruptcy_price"], 40000)
    close(position["bucket_equity"], 10000)
    close(one["common_move_price"], math.log(20000 / 0.4975 / 60000))
    close(one["free_collateral"], 7000)
    assert position["bucket"] is None and one["portfolio_risk"] is None


def test_portfolio(program):
    """MAR-6: the worst of a grid of +-15 % is 4,500, with a contingency of 0.2 % of 30,000
    more; maintenance is 0.8 of that. Breach where 10,000 + 0.5 (S - 60,000) = 0.8 x 0.152 x
    0.5 S."""
    one = margins(program, merged({
        "venue.portfolio.mm_factor": 0.8,
        "venue.portfolio.contingency": {"perp": 0.002}}))["alice", "portfolio"]
    close(one["maintenance_margin"], 0.8 * 4560)
    close(one["initial_margin"], 4560)
    close(one["free_collateral"], 5440)
    position, = one["positions"]
    close(position["initial_margin"], 4560)
    close(position["maintenance_margin"], 0.8 * 4560)
    close(position["liquidation_price"], 20000 / (0.5 - 0.8 * 0.152 * 0.5))
    close(position["bankruptcy_price"], 40000)
    risk = one["portfolio_risk"]
    close(risk["worst"], 4500)
    close(max(scenario["loss"] for scenario in risk["scenarios"]), 4500)
    assert all("spot" in scenario["label"] for scenario in risk["scenarios"])
    assert list(risk["contingencies"]) == ["perp", "future", "short_option", "basis", "roll"]
    close(risk["contingencies"]["perp"], 60)


def test_two_positions(program):
    """Two buckets add up to the account; in cross the underlyings' prices are those with the
    other one fixed (MAR-7)."""
    config = merged({"accounts.list.0.positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.5, "entry": 61000.0},
        {"symbol": "ETH", "kind": "linear_perp", "quantity": -4.0, "leverage": 5}],
        "market.assets": [{"symbol": "BTC", "price": 60000.0, "volatility": 0.8},
                          {"symbol": "ETH", "price": 2500.0, "volatility": 0.9}],
        "market.correlation": 0.5})
    got = margins(program, config)
    one = got["alice", "isolated"]
    first, second = one["positions"]
    close(first["bucket"], 3050)
    close(first["bucket_equity"], 2550)
    close(second["bucket"], 2000)
    close(second["bucket_equity"], 2000)
    close(one["initial_margin"], 3000 + 2000)
    close(one["maintenance_margin"], 150 + 50)
    close(one["equity"], 9500)
    close(one["free_collateral"], 10000 - 5050)
    close(second["liquidation_price"], 12000 / (4 * 1.005))
    one = got["alice", "cross"]
    first, second = one["positions"]
    # 9,500 + 0.5 (S - 60,000) = 0.005 x 0.5 S + 50, and 9,500 - 4 (S - 2,500) = 0.02 S + 150.
    close(first["liquidation_price"], (30000 - 9500 + 50) / (0.5 * 0.995))
    close(second["liquidation_price"], (9500 + 10000 - 150) / (4 * 1.005))


def test_what_if(program):
    """The mark price is the market's; the root is given even beyond it."""
    config = merged({"accounts.list.0.positions.0.entry": 60000.0})
    one = margins(program, config, "-s", "market.assets.BTC.price=54000")["alice", "isolated"]
    position, = one["positions"]
    assert one["liquidatable"] is True
    close(position["unrealised_pnl"], -3000)
    close(position["bucket_equity"], 0)
    close(position["liquidation_price"], 27000 / 0.4975)
    close(position["mark_price"], 54000)


def test_what_if_of_positions_without_entry(program):
    """They are held already, opened at the price in the file: 0.5 BTC lose 0.5 x 6,000 and
    what was posted stays, so no liquidation price moves. A stop order it has passed, and a
    tier it has grown into, are no errors."""
    what_if = "-s", "market.assets.BTC.price=54000"
    config = merged({"accounts.list.0.stop_loss": {"BTC": 56000}})
    got = margins(program, config, *what_if)
    for mode, liquidation in (("isolated", 27000 / 0.4975), ("cross", 20000 / 0.4975)):
        one = got["alice", mode]
        position, = one["positions"]
        close(one["equity"], 7000)
        close(position["unrealised_pnl"], -3000)
        close(position["liquidation_price"], liquidation)
    assert got["alice", "isolated"]["liquidatable"] is True
    close(got["alice", "isolated"]["positions"][0]["bucket"], 3000)
    tiers = [{"floor": 0, "mmr": 0.005, "max_leverage": 100},
             {"floor": 32000, "mmr": 0.01, "max_leverage": 5}]
    grown = merged({"venue.tiers.default": tiers})
    one = margins(program, grown, "-s", "market.assets.BTC.price=70000")["alice", "isolated"]
    close(one["equity"], 15000)
    close(one["positions"][0]["bucket"], 3000)
    # A list in place of the file's: an asset that the file has not was opened at its mark.
    one = margins(program, config, "-s", "market.assets=[{symbol: BTC, price: 57000, volatility: 1},"
                  "{symbol: ETH, price: 2000, volatility: 1}]", "-s", "market.correlation=0", "-s",
                  "accounts.list.0.positions=[{symbol: BTC, kind: linear_perp, quantity: 0.5},"
                  "{symbol: ETH, kind: linear_perp, quantity: 2}]")["alice", "cross"]
    close(one["equity"], 10000 - 0.5 * 3000)


def test_a_run_opens_at_its_own_prices(program):
    """`run` and `check` have no what if: the bucket that 54,000 empties there is full here."""
    config = program.write("c.yaml", BASE)
    price = "-s", "market.assets.BTC.price=54000"
    assert margins(program, BASE, *price)["alice", "isolated"]["liquidatable"] is True
    program.expect(0, "check", config, *price, err="starts in breach: isolated 0, cross 0")
    program.expect(0, "run", config, *price, "-o", "run.h5", "-q", "-s", "run.initial_breach=error")


def test_what_if_of_a_generated_population(program):
    """The same accounts, whose prices have moved."""
    config = merged({"accounts": {"generate": {"count": 3, "assets": {"BTC": 1}}}})
    before = margins(program, config)
    after = margins(program, config, "-s", "market.assets.BTC.price=54000")
    for key, one in before.items():
        held, moved = one["positions"], after[key]["positions"]
        assert [p["quantity"] for p in held] == [p["quantity"] for p in moved], key
        for position in moved:
            close(position["unrealised_pnl"], -6000 * position["quantity"])
        close(after[key]["equity"], one["equity"] - 6000 * sum(p["quantity"] for p in held))


def test_short_and_hedge(program):
    """A short is liquidated above the mark; a full hedge nowhere: null."""
    config = merged({"accounts.list.0.positions.0.quantity": -0.5})
    position, = margins(program, config)["alice", "isolated"]["positions"]
    close(position["liquidation_price"], 33000 / (0.5 * 1.005))
    close(position["bankruptcy_price"], 66000)
    hedge = merged({"accounts.list.0.positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.5},
        {"symbol": "BTC", "kind": "linear_perp", "quantity": -0.5}],
        "venue.tiers.default": [{"floor": 0, "mmr": 0, "max_leverage": 100}]})
    for position in margins(program, hedge)["alice", "cross"]["positions"]:
        assert position["liquidation_price"] is None, position


def test_insolvent_account_is_shown(program):
    """DEF-1: an error of run and check, not of margin."""
    config = merged({"accounts.list.0.positions.0.entry": 90000.0, "run.modes": ["cross"]})
    one, = margins(program, config).values()
    close(one["equity"], -5000)
    assert one["liquidatable"] is True


def test_selection(program):
    two = merged({})
    two["accounts"]["list"].append({"id": "bob", "balance": 500.0, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.01}]})
    assert len(margins(program, two)) == 6
    for name in ("alice", "bob"):
        assert list(margins(program, two, "--account", name, "--mode", "cross")) == [(name, "cross")]
    # A mode that the run leaves out, with all its checks.
    only = merged({"run.modes": ["cross"]})
    assert list(margins(program, only, "--mode", "isolated")) == [("alice", "isolated")]
    bare = merged({"run.modes": ["cross"], "venue.portfolio": None})
    program.expect(2, "margin", program.write("c.yaml", bare), "--mode", "portfolio",
                   err="scenarios")


def test_table(program):
    name = program.write("c.yaml", merged({"accounts.list.0.positions.0.entry": 60000.0}))
    said = program.expect(0, "margin", name).stdout
    for words in ("alice, isolated margin\n", "54,271.36  -9.55 %", "54,000.00  -10.00 %",
                  "equity 10,000.00 USD, maintenance margin 150.00, initial margin 3,000.00, "
                  "free 7,000.00\n", "worst scenario: spot -0.15", "at a move of -33.00 %"):
        assert words in said, f"{words!r} is not in\n{said}"
    assert "\033" not in said and "LIQUIDATABLE" not in said, said
    said = program.expect(0, "margin", name, "-s", "market.assets.BTC.price=54100").stdout
    assert "alice, isolated margin: LIQUIDATABLE\n" in said, said
    assert ("  liquidatable: BTC bucket, equity 50.00 USD is at or below the maintenance margin "
            "135.25\n") in said, said
    # The columns stand under each other.
    head, row = [next(line for line in said.splitlines() if word in line)
                 for word in ("notional", "0.5 BTC linear_perp")]
    for word, value in (("mark", "54,100.00"), ("notional", "27,050.00")):
        assert head.index(word) + len(word) == row.index(value) + len(value), said


if __name__ == "__main__":
    sys.exit(main(globals()))
