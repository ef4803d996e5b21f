#!/usr/bin/env python3
"""Random accounts and paths through the program and through its twin.

usage: compare.py RIPTIDE [N]      N accounts a configuration (default 12)

Money may differ by 1e-12 of what the account has at stake (gross notional and wallet); a price by
1e-12 of itself or of the price that so much money stands for; the outcome of a trial by
1e-11 of the initial net worth more (the program sums in steps of 2^-40 of it). A feature the
program refuses as not in this version is named at the end and counted as nothing.
"""
import pathlib
import sys
import tempfile

import buckets
import configuration
import features
import holdings
import margin
import prices
import program
import trial
from instruments import start_point
from wild import Wild

MONEY, STEP_OF_SUMS = 1e-12, 1e-11
CONFIGS = 6   # a feature
failures = 0
skipped = []


def report(name, problems, checked):
    global failures
    failures += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {name}: {checked} figures", flush=True)
    for problem in problems[:12]:
        print(f"    {problem}")
    if len(problems) > 12:
        print(f"    ... {len(problems)} in all")


class Comparison:
    """Differences beyond the tolerance, and how many figures were looked at."""

    def __init__(self):
        self.problems, self.checked = [], 0

    def same(self, where, got, want):
        self.checked += 1
        if got != want:
            self.problems.append(f"{where}: {got!r}, twin {want!r}")

    def close(self, where, got, want, tolerance):
        self.checked += 1
        if got is None or want is None:
            good = got is None and want is None
        else:
            good = abs(got - want) <= tolerance
        if not good:
            self.problems.append(f"{where}: {got!r}, twin {want!r} (within {tolerance:.1e})")


def stake(report_of_account):
    """Gross notional and wallet: what roundings are measured by."""
    return abs(report_of_account["wallet"]) + sum(p["notional"]
                                                  for p in report_of_account["positions"])


def price_tolerance(state, bucket, symbol, point, price, money):
    """1e-12 of the price, and what 1e-12 of the money at stake moves it by."""
    if price is None:
        return 0.0

    def at(p):
        return prices.gap(state, bucket, point.at(**{symbol: p}))

    slope = abs(at(price * (1 + 1e-6)) - at(price * (1 - 1e-6))) / (2e-6 * price)
    return MONEY * (price + (money / slope if slope > 0.0 else 0.0)) * 4


def compare_position(found, where, got, want, state, holding, point):
    bucket = [b for b in buckets.buckets_of(state) if any(h is holding for h in b.holdings)][0]
    money = found.money
    for key in ("symbol", "kind"):
        found.same(f"{where}.{key}", got[key], want[key])
    for key in ("notional", "unrealised_pnl", "initial_margin", "maintenance_margin", "bucket",
                "bucket_equity"):
        found.close(f"{where}.{key}", got[key], want[key], MONEY * money)
    found.close(f"{where}.mark_price", got["mark_price"], want["mark_price"],
                MONEY * abs(want["mark_price"]) + 1e-12 * point.prices[want["symbol"]])
    found.close(f"{where}.liquidation_price", got["liquidation_price"],
                want["liquidation_price"],
                price_tolerance(state, bucket, want["symbol"], point, want["liquidation_price"],
                                money))
    if want["bankruptcy_price"] is not None:
        size = want["notional"] / want["mark_price"]
        found.close(f"{where}.bankruptcy_price", got["bankruptcy_price"],
                    want["bankruptcy_price"],
                    MONEY * (want["bankruptcy_price"] + money / size) * 4)


def compare_risk(found, where, got, want):
    if want is None:
        found.same(where, got, None)
        return
    found.close(f"{where}.worst", got["worst"], want["worst"], MONEY * found.money)
    for a, b in zip(got["scenarios"], want["scenarios"]):
        found.close(f"{where}.{b['label']}", a["loss"], b["loss"], 10 * MONEY * found.money)
    found.same(f"{where}.scenarios", len(got["scenarios"]), len(want["scenarios"]))
    for name, amount in got["contingencies"].items():
        found.close(f"{where}.{name}", amount, want["contingencies"][name], MONEY * found.money)


def compare_account(found, config, account, mode, got, point):
    want = margin.account_report(config, account, mode, point)
    state = holdings.resolve(config, account, mode, point)
    where = f"{account.id} {mode}"
    found.money = stake(want)
    for key in ("account", "mode", "liquidatable"):
        found.same(f"{where} {key}", got[key], want[key])
    for key in ("equity", "wallet", "initial_margin", "maintenance_margin", "free_collateral"):
        found.close(f"{where} {key}", got[key], want[key], MONEY * found.money)
    found.close(f"{where} common_move_price", got["common_move_price"],
                want["common_move_price"], 1e-9)
    for k, holding in enumerate(state.holdings):
        compare_position(found, f"{where} positions.{k}", got["positions"][k],
                         want["positions"][k], state, holding, point)
    compare_risk(found, f"{where} risk", got["portfolio_risk"], want["portfolio_risk"])


def compare_margins(riptide, feature, seed, count, found):
    data = feature(Wild(seed), count)
    config = configuration.make(data)
    got = {(one["account"], one["mode"]): one for one in riptide.margin(data)}
    point = start_point(config)
    for account in config.accounts:
        for mode in config.modes:
            compare_account(found, config, account, mode, got[account.id, mode], point)


def compare_trials(riptide, feature, seed, count, found):
    data, path = feature(Wild(seed), count)
    config = configuration.make(data)
    outcomes = riptide.trials(data, path)
    for account in config.accounts:
        for mode in config.modes:
            want = trial.run(config, path, account, mode)
            compare_outcome(found, f"{seed} {account.id} {mode}", outcomes[account.id, mode],
                            want)


def compare_outcome(found, where, got, want):
    flows = sum(abs(x) for x in want.causes.values()) + abs(want.initial)
    tolerance = MONEY * flows * 10 + STEP_OF_SUMS * abs(want.initial)
    found.close(f"{where} initial", got["initial"], want.initial, MONEY * flows)
    found.close(f"{where} loss", got["loss"], want.loss, tolerance)
    found.close(f"{where} deficit", got["deficit"], want.deficit, tolerance)
    for name, amount in want.causes.items():
        found.close(f"{where} {name}", got["causes"][name], amount, tolerance)
    for key, value in (("starts_in_breach", want.starts_in_breach),
                       ("liquidated", want.liquidation_step > 0),
                       ("fully_liquidated", want.fully_liquidated),
                       ("wiped_out", want.wipeout_step > 0),
                       ("terminal_wipeout", want.terminal_wipeout)):
        found.same(f"{where} {key}", got[key], value)
    if want.liquidation_step > 0:
        found.close(f"{where} liquidation_hours", got["liquidation_hours"],
                    want.liquidation_step * want.step_hours, 1e-9)


def run_feature(riptide, compare, feature, count):
    found = Comparison()
    later, done = set(), 0
    for seed in range(1, CONFIGS + 1):
        try:
            compare(riptide, feature, seed, count, found)
            done += 1
        except program.NotInThisVersion as reason:
            later.add(str(reason).split(": ", 1)[-1])
        except program.Refusal as reason:
            found.problems.append(f"seed {seed}: refused: {reason}")
    name = feature.__name__.replace("_", " ")
    if later:
        skipped.append(f"{name}: {CONFIGS - done} of {CONFIGS}: {'; '.join(sorted(later))}")
    if done or found.problems:
        report(f"compare {name}", found.problems, found.checked)


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    with tempfile.TemporaryDirectory() as folder:
        riptide = program.Program(sys.argv[1], pathlib.Path(folder))
        for feature in features.MARGINS:
            run_feature(riptide, compare_margins, feature, count)
        for feature in features.TRIALS:
            run_feature(riptide, compare_trials, feature, count)
    for line in skipped:
        print(f"# skipped: {line}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
