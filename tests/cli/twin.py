#!/usr/bin/env python3
"""A slow and plain twin of the margin rules against the built program, path by path.

usage: twin.py RIPTIDE

The program runs accounts written out here and keeps every price path and every loss. The
twin computes the same losses from the same paths by the numbered rules, one account and
mode at a time, in numpy over paths and without any of the program's shortcuts (screening,
blocks, exact sums). Rules at work: DEF-1, DEF-3, DEF-4, INS-3, MAR-1, MAR-3, MAR-4, MAR-5,
MAR-6, LIQ-3, LIQ-4, LIQ-5, LIQ-6.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

SYMBOLS = ["AAA", "BBB", "CCC"]
PRICES = [52137.5, 2013.7, 0.731]
FUNDING = [3.1e-4, -2.3e-4, 1.7e-4]
TIERS = [(0, 0.0043, 50), (9000, 0.0127, 40), (40000, 0.031, 12)]
TAKER, LIQUIDATION, HALF_SPREAD = 0.0007, 0.0113, 0.0017
THRESHOLD = 0.17
GRID = [-0.071, -0.03, 0.0, 0.03, 0.071]
SPOT_RANGE = [1.0, 1.31, 1.73]
OFFSET, MM_FACTOR = 0.37, 0.61
HOURS, STEP, PATHS = 48, 2, 400
MODES = ["isolated", "cross", "portfolio"]

failures = 0


def report(name, good, detail=""):
    global failures
    failures += not good
    print(f"{'ok' if good else 'not ok'} {name}{': ' + detail if detail else ''}", flush=True)


def make_accounts(count=60, seed=5):
    """Accounts with every policy, from a generator of this file's own."""
    draw = np.random.default_rng(seed)
    accounts = []
    for number in range(count):
        n = int(draw.integers(1, 4))
        assets = draw.choice(3, size=n, replace=False)
        positions, leverage = [], float(draw.choice([4, 9, 12]))
        for a in assets:
            notional = float(np.round(draw.lognormal(8.7, 0.9), 2))
            side = 1 if draw.random() < 0.65 else -1
            positions.append({"symbol": SYMBOLS[a], "kind": "linear_perp", "leverage": leverage,
                              "quantity": side * notional / PRICES[a]})
            if number % 5 == 0:  # an entry away from the mark: unrealised profit at time 0
                positions[-1]["entry"] = PRICES[a] * (1 - side * 0.013)
        margin = sum(abs(p["quantity"]) * p.get("entry", PRICES[SYMBOLS.index(p["symbol"])])
                     / leverage for p in positions)
        account = {"id": f"t{number}", "balance": round(margin * draw.uniform(1.02, 2.2), 2),
                   "positions": positions}
        if number % 3 == 1:
            account["top_up"] = ["to_maintenance", "to_initial",
                                 {"times": 2, "fraction": 0.6}][number // 3 % 3]
        if number % 4 == 2:
            first = positions[0]
            side = np.sign(first["quantity"])
            account["stop_loss"] = {first["symbol"]: PRICES[SYMBOLS.index(first["symbol"])]
                                    * (1 - side * 0.06)}
        accounts.append(account)
    return accounts


def configuration(accounts, leftover):
    return {
        "run": {"seed": 11, "paths": PATHS, "horizon": f"{HOURS}h", "step": f"{STEP}h",
                "modes": MODES, "wipeout_threshold": THRESHOLD},
        "market": {
            "assets": [{"symbol": s, "price": p, "volatility": v}
                       for s, p, v in zip(SYMBOLS, PRICES, (0.9, 1.2, 1.5))],
            "correlation": [[1, 0.7, 0.4], [0.7, 1, 0.5], [0.4, 0.5, 1]],
            "funding": {"interval": "8h", "rate": FUNDING[0],
                        "per_asset": {"BBB": FUNDING[1], "CCC": FUNDING[2]}}},
        "shocks": {"model": "student_t", "dof": 3},
        "venue": {
            "name": "twin",
            "tiers": {"default": [{"floor": f, "mmr": m, "max_leverage": x} for f, m, x in TIERS]},
            "isolated": {"leftover": leftover},
            "fees": {"taker": TAKER, "liquidation": LIQUIDATION},
            "liquidation": {"close": {"half_spread": HALF_SPREAD}},
            "portfolio": {
                "scenarios": {"grid": {"spot": GRID, "volatility": ["same"]}},
                "spot_range": dict(zip(SYMBOLS, SPOT_RANGE)),
                "between_underlyings": {"rule": "offset", "factor": OFFSET},
                "mm_factor": MM_FACTOR}},
        "accounts": {"list": accounts},
        "outputs": {"losses": True, "keep_paths": PATHS},
    }


def tier_of(notional):
    """Index of the tier of each notional: the cap is inclusive."""
    k = np.zeros(np.shape(notional), dtype=int)
    for j, (floor, _, _) in enumerate(TIERS):
        k = np.where(notional > floor, j, k)
    return k


def maintenance(notional):
    """MAR-1: continuous, by the marginal rate of each bracket."""
    total = np.zeros(np.shape(notional))
    for j, (floor, rate, _) in enumerate(TIERS):
        cap = TIERS[j + 1][0] if j + 1 < len(TIERS) else np.inf
        total += rate * np.clip(notional - floor, 0, cap - floor)
    return total


def initial(notional, leverage):
    best = np.array([x for _, _, x in TIERS], dtype=float)[tier_of(notional)]
    return np.maximum(notional / leverage, notional / best)


class Twin:
    """One account on all paths; arrays are [path] or [position][path]."""

    def __init__(self, account, price, leftover):
        self.leftover = leftover
        self.price = price  # [path, time, asset]
        n_path = price.shape[0]
        positions = account["positions"]
        self.asset = [SYMBOLS.index(p["symbol"]) for p in positions]
        self.quantity = [p["quantity"] for p in positions]
        self.entry = [p.get("entry", PRICES[a]) for p, a in zip(positions, self.asset)]
        self.leverage = [p["leverage"] for p in positions]
        self.top_up = account.get("top_up", "none")
        self.stop = [account.get("stop_loss", {}).get(p["symbol"]) for p in positions]
        self.posted = [abs(q) * e / x for q, e, x in zip(self.quantity, self.entry, self.leverage)]
        self.balance = account["balance"]
        self.worth_at_start = self.balance + sum(
            q * (PRICES[a] - e) for q, a, e in zip(self.quantity, self.asset, self.entry))
        self.open = [np.ones(n_path, dtype=bool) for _ in positions]
        self.wiped = np.zeros(n_path, dtype=bool)
        self.liquidated = np.zeros(n_path, dtype=bool)

    def marks(self, t):
        return [self.price[:, t, a] for a in self.asset]

    def fill(self, i, mark):
        """LIQ-3: the mark less (for a long) or plus half the spread."""
        return mark * (1 - np.sign(self.quantity[i]) * HALF_SPREAD)

    def profit(self, i, price):
        return self.quantity[i] * (price - self.entry[i])

    def funding(self, t):
        """INS-3: what each position pays after the move of a step that ends an interval."""
        due = (t * STEP) // 8 - ((t - 1) * STEP) // 8
        return [due * q * mark * FUNDING[a]
                for q, mark, a in zip(self.quantity, self.marks(t), self.asset)]

    def stopped(self, i, mark):
        if self.stop[i] is None:
            return np.zeros(len(mark), dtype=bool)
        beyond = mark <= self.stop[i] if self.quantity[i] > 0 else mark >= self.stop[i]
        return self.open[i] & beyond


class Isolated(Twin):
    def __init__(self, account, price, leftover):
        super().__init__(account, price, leftover)
        n_path = price.shape[0]
        self.bucket = [np.full(n_path, posted) for posted in self.posted]
        self.free = np.full(n_path, self.balance - sum(self.posted))
        self.used = [np.zeros(n_path, dtype=int) for _ in self.posted]

    def close(self, i, mark, where, rate, forced):
        """LIQ-3 to LIQ-6: fill, then the fee on notional at the mark, then what is left."""
        equity = self.bucket[i] + self.profit(i, self.fill(i, mark))
        fee = np.minimum(rate * abs(self.quantity[i]) * mark, np.maximum(equity, 0))
        left = np.maximum(equity - fee, 0)  # a negative rest is paid by others
        if forced and self.leftover == "confiscated":
            left = np.zeros_like(left)
        self.free += np.where(where, left, 0)
        self.open[i] &= ~where

    def top(self, i, mark, breach):
        """MAR-4: from the free balance, only if it lifts equity above maintenance."""
        notional = abs(self.quantity[i]) * mark
        equity = self.bucket[i] + self.profit(i, mark)
        need = maintenance(notional)
        if self.top_up == "none":
            return
        if isinstance(self.top_up, dict):
            amount = np.where(self.used[i] < self.top_up["times"],
                              self.top_up["fraction"] * self.posted[i], 0.0)
        elif self.top_up == "to_maintenance":
            # Equity at maintenance would still be a breach (MAR-3).
            amount = need - equity + 1e-9 * self.posted[i]
        else:
            amount = initial(notional, self.leverage[i]) - equity
        amount = np.minimum(amount, self.free)
        helps = breach & (equity + amount > need)
        self.bucket[i] = self.bucket[i] + np.where(helps, amount, 0)
        self.free -= np.where(helps, amount, 0)
        self.used[i] += helps

    def step(self, t):
        marks = self.marks(t)
        for i, paid in enumerate(self.funding(t)):
            self.bucket[i] = self.bucket[i] - np.where(self.open[i], paid, 0)
        for i, mark in enumerate(marks):
            self.close(i, mark, self.stopped(i, mark), TAKER, False)
        for i, mark in enumerate(marks):
            self.top(i, mark, self.open[i] & self.breached(i, mark))
        for i, mark in enumerate(marks):
            breach = self.open[i] & self.breached(i, mark)
            self.liquidated |= breach
            self.close(i, mark, breach, TAKER + LIQUIDATION, True)
        self.wiped |= self.worth(t) <= THRESHOLD * self.worth_at_start

    def breached(self, i, mark):
        equity = self.bucket[i] + self.profit(i, mark)
        return equity <= maintenance(abs(self.quantity[i]) * mark)

    def worth(self, t):
        return self.free + sum(np.where(self.open[i], self.bucket[i] + self.profit(i, mark), 0)
                               for i, mark in enumerate(self.marks(t)))


class Pooled(Twin):
    """Cross and portfolio margin: one wallet, one requirement."""

    def __init__(self, account, price, leftover, requirement):
        super().__init__(account, price, leftover)
        self.wallet = np.full(price.shape[0], self.balance)
        self.requirement = requirement

    def equity(self, marks):
        return self.wallet + sum(np.where(self.open[i], self.profit(i, mark), 0)
                                 for i, mark in enumerate(marks))

    def step(self, t):
        marks = self.marks(t)
        for i, paid in enumerate(self.funding(t)):
            self.wallet -= np.where(self.open[i], paid, 0)
        for i, mark in enumerate(marks):
            where, fill = self.stopped(i, mark), self.fill(i, mark)
            self.wallet += np.where(where, self.profit(i, fill), 0)
            self.open[i] &= ~where
            fee = np.minimum(TAKER * abs(self.quantity[i]) * mark,
                             np.maximum(self.equity(marks), 0))
            self.wallet -= np.where(where, fee, 0)
        held = np.any(self.open, axis=0)
        breach = held & (self.equity(marks) <= self.requirement(self, marks))
        self.liquidated |= breach
        notional = np.zeros(len(self.wallet))
        for i, mark in enumerate(marks):
            where, fill = breach & self.open[i], self.fill(i, mark)
            self.wallet += np.where(where, self.profit(i, fill), 0)
            notional += np.where(where, abs(self.quantity[i]) * mark, 0)
            self.open[i] &= ~where
        fee = np.minimum((TAKER + LIQUIDATION) * notional, np.maximum(self.wallet, 0))
        self.wallet -= fee
        closed = ~np.any(self.open, axis=0)
        self.wallet = np.where(closed, np.maximum(self.wallet, 0), self.wallet)
        self.wiped |= self.worth(t) <= THRESHOLD * self.worth_at_start

    def worth(self, t):
        return self.equity(self.marks(t))


def cross_requirement(account, marks):
    return sum(np.where(account.open[i], maintenance(abs(account.quantity[i]) * mark), 0)
               for i, mark in enumerate(marks))


def portfolio_requirement(account, marks):
    """MAR-6 with the rule `offset`: each underlying's own worst, and the joint worst."""
    losses = {}
    for i, mark in enumerate(marks):
        a = account.asset[i]
        value = np.where(account.open[i], account.quantity[i] * mark, 0)
        moves = np.maximum(np.array(GRID) * SPOT_RANGE[a], -0.99)
        losses[a] = losses.get(a, 0) - moves[:, None] * value
    own = sum(np.maximum(table.max(axis=0), 0) for table in losses.values())
    joint = np.maximum(sum(losses.values()).max(axis=0), 0)
    return MM_FACTOR * (OFFSET * joint + (1 - OFFSET) * own)


def simulate(account, mode, price, leftover):
    if mode == "isolated":
        twin = Isolated(account, price, leftover)
    else:
        rule = cross_requirement if mode == "cross" else portfolio_requirement
        twin = Pooled(account, price, leftover, rule)
    for t in range(1, price.shape[1]):
        twin.step(t)
    loss = twin.worth_at_start - twin.worth(price.shape[1] - 1)
    return loss, twin.wiped, twin.liquidated


def run(program, config, folder):
    text, result = folder / "twin.yaml", folder / "twin.h5"
    text.write_text(json.dumps(config))
    done = subprocess.run([program, "run", text, "-o", result, "--force", "-q"],
                          capture_output=True, text=True, timeout=600)
    if done.returncode:
        report("the run succeeds", False, done.stderr)
        return None
    with h5py.File(result, "r") as file:
        return {"price": file["paths/price"][()], "loss": file["losses/loss"][()],
                "wipeout": file["wipeout_probability"][()],
                "liquidation": file["liquidation_probability"][()]}


def check(program, leftover, folder):
    accounts = make_accounts()
    got = run(program, configuration(accounts, leftover), folder)
    if got is None:
        return
    for m, mode in enumerate(MODES):
        worst, where, wiped, closed = 0.0, "", [], []
        for a, account in enumerate(accounts):
            loss, gone, liquidated = simulate(account, mode, got["price"], leftover)
            # Losses are stored as float32: seven digits of the larger of loss and balance.
            error = np.abs(loss - got["loss"][m, a]) / max(account["balance"], np.abs(loss).max())
            if error.max() > worst:
                worst = error.max()
                where = f"{account['id']} path {int(error.argmax())}"
            wiped.append(gone.mean())
            closed.append(liquidated.mean())
        report(f"{leftover}, {mode}: losses on every path", worst < 1e-6,
               f"largest difference {worst:.1e} of the balance ({where})")
        report(f"{leftover}, {mode}: wipeouts", np.array_equal(wiped, got["wipeout"][m]),
               f"mean {np.mean(wiped):.4f} against {got['wipeout'][m].mean():.4f}")
        report(f"{leftover}, {mode}: forced closes", np.array_equal(closed, got["liquidation"][m]),
               f"mean {np.mean(closed):.4f} against {got['liquidation'][m].mean():.4f}")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        for leftover in ("returned", "confiscated"):
            check(program, leftover, pathlib.Path(folder))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
