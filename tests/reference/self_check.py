#!/usr/bin/env python3
"""The twins against themselves: closed forms against the search, and what the rules promise.

usage: self_check.py
"""
import sys

import buckets
import configuration
import features
import holdings
import instruments
import portfolio
import prices
import trial
from wild import PRICES, Wild

failures = 0


def report(name, problems, checked):
    global failures
    failures += bool(problems) or not checked
    print(f"{'ok' if checked and not problems else 'not ok'} {name}: {checked} looked at")
    for problem in problems[:10]:
        print(f"    {problem}")


def single(seed, kinds, unit):
    """A plain venue and accounts of one position in an isolated bucket."""
    wild = Wild(seed)
    venue = wild.venue(unit, trigger={"ratio": 1})
    venue["tiers"].pop("BTC", None)  # its given deduction may floor the margin at 0
    found = [wild.account(f"a{k}", venue, kinds) for k in range(30)]
    for account in found:
        account["positions"] = account["positions"][:1]
    return configuration.make(wild.config(venue, found, ["isolated"]))


def closed_forms():
    """MAR-7: the formulas tier by tier, and the search over all prices."""
    problems, checked = [], 0
    for seed in range(1, 9):
        kinds, unit = (["linear_perp"], 1.0) if seed % 2 else (["inverse_perp"], 1000.0)
        config = single(seed, kinds, unit)
        point = instruments.start_point(config)
        for account in config.accounts:
            state = holdings.resolve(config, account, "isolated", point)
            bucket = buckets.buckets_of(state)[0]
            position = bucket.holdings[0].position
            got = prices.liquidation_price(state, bucket, position.symbol, point)
            want = prices.closed_form(bucket.venue, position, bucket.holdings[0].bucket,
                                      point.prices[position.symbol])
            checked += 1
            if (got is None) != (want is None) or got and abs(got - want) > 1e-9 * want:
                problems.append(f"{seed} {account.id}: {got}, closed form {want}")
    report("MAR-7: closed forms", problems, checked)


def no_recourse():
    """DEF-1: after every trial of every feature the net worth is not negative."""
    problems, checked = [], 0
    for feature in features.TRIALS:
        for seed in range(1, 5):
            data, path = feature(Wild(seed), 5)
            config = configuration.make(data)
            for account in config.accounts:
                for mode in config.modes:
                    found = trial.run(config, path, account, mode)
                    checked += 1
                    if found.final < -1e-9 * abs(found.initial):
                        problems.append(f"{feature.__name__} {seed} {account.id} {mode}: "
                                        f"{found.final}")
    report("DEF-1: no net worth below zero", problems, checked)


def first_isolated():
    """MAR-5: with the same posted money cross is not in breach before an isolated bucket is."""
    problems, checked = [], 0
    for seed in range(1, 5):
        wild = Wild(seed)
        venue = wild.venue()
        config = configuration.make(wild.config(
            venue, features.accounts(wild, venue, features.LINEAR, 20), ["isolated"]))
        start = instruments.start_point(config)
        for account in config.accounts:
            posted = holdings.resolve(config, account, "isolated", start)
            account.balances = {"USD": sum(h.bucket for h in posted.holdings)}
            for factor in (0.7, 0.85, 0.95, 1.0, 1.06, 1.2):
                point = start.with_prices({s: p * factor for s, p in PRICES.items()})
                breached = {}
                for mode in ("isolated", "cross"):
                    state = holdings.resolve(config, account, mode, start)
                    breached[mode] = any(buckets.is_breached(state, b, point)
                                         for b in buckets.buckets_of(state))
                checked += 1
                if breached["cross"] and not breached["isolated"]:
                    problems.append(f"{seed} {account.id} at {factor}")
    report("MAR-5: cross not before the first isolated bucket", problems, checked)


def scenario_promises():
    """MAR-6: subadditive without offsets and contingencies; a put does not raise its perp's
    requirement; one underlying gives R_u and C = 1 gives R_joint."""
    problems, checked = [], 0
    for seed in range(1, 9):
        wild = Wild(seed)
        rules = wild.portfolio(("down", "same", "up"), gain_offset=1,
                               volatility_shock={"up": 0.4, "down": 0.3},
                               contingency={"perp": 0})
        venue = configuration.load_venue(wild.venue(portfolio=rules), None)
        kinds = ["option", "linear_perp", "inverse_perp"]
        data = wild.config(venue, features.accounts(wild, venue, kinds, 10), ["portfolio"])
        config = configuration.make(data)
        point = instruments.start_point(config)
        for one, two in zip(config.accounts, config.accounts[1:]):
            a, b, both = (portfolio.requirement(venue, held, point).total for held in (
                one.positions, two.positions, one.positions + two.positions))
            checked += 1
            if both > (a + b) * (1 + 1e-12):
                problems.append(f"{seed} {one.id}: {both} above {a} + {b}")
    report("MAR-6: subadditive", problems, checked)


def rules_between():
    """MAR-6: correlated with C = 1 is joint, and joint <= offset <= add."""
    problems, checked = [], 0
    for seed in range(1, 9):
        wild = Wild(seed)
        venue = wild.venue(portfolio=wild.portfolio())
        config = configuration.make(wild.config(
            venue, features.accounts(wild, venue, features.LINEAR, 10), ["portfolio"]))
        point = instruments.start_point(config)
        rules = config.venue["portfolio"]
        for account in config.accounts:
            found = {}
            for name, rule in (("joint", "joint"), ("add", "add"),
                               ("offset", {"rule": "offset", "factor": 0.4}),
                               ("one", {"rule": "correlated", "correlation": 1.0})):
                rules["between_underlyings"] = rule
                groups = portfolio.by_underlying(account.positions)
                found[name] = portfolio.grid_worst(rules, groups, point)
            checked += 1
            slack = 1e-9 * found["add"]
            if not (found["joint"] <= found["offset"] + slack <= found["add"] + 2 * slack
                    and abs(found["one"] - found["joint"]) <= slack):
                problems.append(f"{seed} {account.id}: {found}")
    report("MAR-6: rules between underlyings", problems, checked)


def main():
    closed_forms()
    no_recourse()
    first_isolated()
    scenario_promises()
    rules_between()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
