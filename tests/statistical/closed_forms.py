#!/usr/bin/env python3
"""Estimates of the built program against closed forms, and the rightness of its errors.

usage: closed_forms.py RIPTIDE

Every comparison allows 4.5 standard errors (4 for value at risk and expected shortfall); seeds
are fixed, so a run either passes always or never.
"""
import sys

import numpy as np
from scipy.stats import binom, norm, t as student

import program
from program import Program, merged, report

HOURS_PER_YEAR = 8760.0
PRICE, QUANTITY, VOLATILITY = 52137.5, 0.731, 0.62
WALLET = 1.0e6  # so large that the account of the closed forms is never closed

BASE = {
    "run": {"seed": 1, "paths": 20000, "horizon": "72h", "step": "72h", "modes": ["cross"]},
    "market": {"assets": [{"symbol": "BTC", "price": PRICE, "volatility": VOLATILITY}]},
    "shocks": {"model": "gaussian"},
    "venue": {"name": "plain",
              "tiers": {"default": [{"floor": 0, "mmr": 0.0127, "max_leverage": 50}]}},
    "accounts": {"list": [{"id": "one", "balance": WALLET, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": QUANTITY, "leverage": 10}]}]},
    "outputs": {"levels": [0.95, 0.99]},
}


def spread(hours):
    return VOLATILITY * np.sqrt(hours / HOURS_PER_YEAR)


def lognormal_tail(level, hours):
    """(VaR, ES) of a long position whose price is lognormal with mean one."""
    s = spread(hours)
    z = norm.ppf(1 - level)
    value = QUANTITY * PRICE
    return (value * (1 - np.exp(-s * s / 2 + s * z)),
            value * (1 - norm.cdf(z - s) / (1 - level)))


def check_var_and_es(riptide, seeds=200):
    """The closed form within 4 standard errors, and standard errors that are right:
    over many seeds the standardised errors must have mean 0 and standard deviation 1."""
    names = ["value_at_risk", "value_at_risk_se", "expected_shortfall", "expected_shortfall_se",
             "value_at_risk_lower", "value_at_risk_upper", "mean_loss", "mean_loss_se"]
    runs = [riptide.run(merged(BASE, {"run.seed": seed}), names) for seed in range(seeds)]
    for k, level in enumerate(BASE["outputs"]["levels"]):
        exact = dict(zip(("value_at_risk", "expected_shortfall"), lognormal_tail(level, 72)))
        for name, want in exact.items():
            z = np.array([(run[name][0, 0, k] - want) / run[name + "_se"][0, 0, k] for run in runs])
            report(f"{name} at {level} equals the lognormal closed form (seed 0)", abs(z[0]) < 4,
                   f"z = {z[0]:.2f}")
            # The standard error of the mean of z is 1/sqrt(200) = 0.07; that of its standard
            # deviation 0.05, to which the noise of the error estimates themselves adds.
            report(f"{name} at {level} has no bias over {seeds} seeds", abs(z.mean()) < 0.32,
                   f"mean z = {z.mean():.3f}")
            report(f"{name} at {level} has the right standard error", 0.8 < z.std(ddof=1) < 1.25,
                   f"sd z = {z.std(ddof=1):.3f}")
        covered = sum(run["value_at_risk_lower"][0, 0, k] <= exact["value_at_risk"]
                      <= run["value_at_risk_upper"][0, 0, k] for run in runs)
        report(f"the 99 % interval of value_at_risk at {level} covers", covered >= 192,
               f"{covered} of {seeds}")
    z = np.array([run["mean_loss"][0, 0] / run["mean_loss_se"][0, 0] for run in runs])
    report("the mean loss of a martingale is zero", abs(z.mean()) < 0.32 and 0.8 < z.std() < 1.25,
           f"mean z = {z.mean():.3f}, sd z = {z.std():.3f}")


def first_passage(log_barrier, hours):
    """P(minimum of the log-price <= log_barrier < 0) of a price that is a martingale."""
    s = spread(hours)
    drift = -s * s / 2
    return (norm.cdf((log_barrier - drift) / s)
            + np.exp(2 * drift * log_barrier / (s * s)) * norm.cdf((log_barrier + drift) / s))


def check_first_passage(riptide):
    """MAR-4, MAR-7: an isolated long is closed when the price first is at or below its
    liquidation price. With steps of length h the barrier acts as if it were lower by
    0.5826 sigma sqrt(h) (Broadie, Glasserman and Kou 1997); with finer steps the
    frequency tends to the continuous closed form."""
    leverage, mmr, paths = 10, 0.0127, 100000
    barrier = np.log((1 - 1 / leverage) / (1 - mmr))
    base = merged(BASE, {"run.modes": ["isolated"], "run.paths": paths})
    limit, gaps = first_passage(barrier, 72), []
    for step, hours in (("4h", 4.0), ("1h", 1.0), ("15m", 0.25)):
        got = riptide.run(merged(base, {"run.step": step}),
                          ["liquidation_probability"])["liquidation_probability"][0, 0]
        want = first_passage(barrier - 0.5826 * spread(hours), 72)
        error = np.sqrt(want * (1 - want) / paths)
        # The correction itself is good to o(1/sqrt(steps)): 18 steps leave some 0.002.
        slack = 4.5 * error + 0.003 / np.sqrt(72 / hours)
        report(f"first passage with steps of {step}", abs(got - want) < slack,
               f"{got:.4f} against {want:.4f}, limit {limit:.4f}")
        gaps.append(limit - got)
    report("first passage tends to the continuous limit", gaps[0] > gaps[1] > gaps[2] > 0,
           " > ".join(f"{gap:.4f}" for gap in gaps))


def check_intervals_of_probabilities(riptide, seeds=200):
    """The 99 % Wilson interval of a forced close covers in about 99 % of the seeds."""
    leverage, mmr = 10, 0.0127
    drop = np.log((1 - 1 / leverage) / (1 - mmr))
    s = spread(72)
    exact = norm.cdf((drop + s * s / 2) / s)
    base = merged(BASE, {"run.modes": ["isolated"], "run.paths": 2000})
    names = ["liquidation_probability" + end for end in ("", "_lower", "_upper")]
    missed = 0
    for seed in range(seeds):
        run = riptide.run(merged(base, {"run.seed": seed}), names)
        low, high = (run[name][0, 0] for name in names[1:])
        missed += not low <= exact <= high
    limit = int(binom.ppf(1 - 1e-4, seeds, 0.01))
    report("the interval of liquidation_probability covers the closed form", missed <= limit,
           f"missed {missed} of {seeds}, exact {exact:.4f}")


def check_student_t(riptide):
    """One mixing variable a path: the horizon's law is a t of unit variance."""
    dof, level, paths = 4, 0.99, 200000
    config = merged(BASE, {"shocks": {"model": "student_t", "dof": dof, "mixing": "path"},
                           "run.step": "12h", "run.paths": paths})
    run = riptide.run(config, ["value_at_risk", "value_at_risk_se"])
    s = spread(72)
    quantile = student.ppf(1 - level, dof) * np.sqrt((dof - 2) / dof)
    want = QUANTITY * PRICE * (1 - np.exp(-s * s / 2 + s * quantile))
    z = (run["value_at_risk"][0, 0, 1] - want) / run["value_at_risk_se"][0, 0, 1]
    report("value_at_risk under Student-t shocks equals the closed form", abs(z) < 4, f"z = {z:.2f}")


def check_correlation(riptide):
    """Log-returns of the stored paths have the variances and the correlation asked for."""
    rho, paths = 0.37, 20000
    config = merged(BASE, {
        "market": {"assets": [{"symbol": "BTC", "price": PRICE, "volatility": VOLATILITY},
                              {"symbol": "ETH", "price": 2013.7, "volatility": 0.91}],
                   "correlation": rho},
        "run.step": "24h", "run.paths": paths, "outputs.keep_paths": paths})
    log_return = np.diff(np.log(riptide.run(config, ["paths/price"])["paths/price"]), axis=1)
    x, y = log_return.reshape(-1, 2).T
    n = len(x)
    z = (np.corrcoef(x, y)[0, 1] - rho) / ((1 - rho * rho) / np.sqrt(n))
    report("correlation of the stored paths", abs(z) < 4.5, f"z = {z:.2f}")
    for name, values, volatility in (("BTC", x, VOLATILITY), ("ETH", y, 0.91)):
        z = (values.var(ddof=1) / (volatility ** 2 * 24 / HOURS_PER_YEAR) - 1) / np.sqrt(2 / n)
        report(f"variance of the stored paths of {name}", abs(z) < 4.5, f"z = {z:.2f}")
    z = np.corrcoef(log_return[:, 0, 0], log_return[:, 1, 0])[0, 1] * np.sqrt(len(log_return))
    report("steps are independent", abs(z) < 4.5, f"z = {z:.2f}")


def check_reference_draws(riptide):
    """run.draws: gsl is a second implementation of the shocks; both must agree in law."""
    for model in ({"model": "gaussian"}, {"model": "student_t", "dof": 3.5},
                  {"model": "student_t", "dof": 3.5, "mixing": "path"}):
        config = merged(BASE, {"run.modes": ["isolated", "cross"], "run.step": "4h", "shocks": model,
                               "run.paths": 40000})
        config["accounts"]["list"][0]["balance"] = 4800.0
        names = ["mean_loss", "mean_loss_se", "liquidation_probability"]
        fast = riptide.run(config, names)
        slow = riptide.run(merged(config, {"run.draws": "gsl", "run.seed": 77}), names)
        for m, mode in enumerate(config["run"]["modes"]):
            z = ((fast["mean_loss"][m, 0] - slow["mean_loss"][m, 0])
                 / np.hypot(fast["mean_loss_se"][m, 0], slow["mean_loss_se"][m, 0]))
            p, q = (run["liquidation_probability"][m, 0] for run in (fast, slow))
            middle = (p + q) / 2
            u = (p - q) / np.sqrt(2 * middle * (1 - middle) / 40000)
            report(f"draws fast and gsl agree: {model}, {mode}",
                   abs(z) < 4.5 and abs(u) < 4.5 and 0.01 < middle < 0.99,
                   f"mean loss z = {z:.2f}, forced close z = {u:.2f} at {middle:.3f}")


def check_five_longs(riptide):
    """Worked example 4 of the domain's rules: more correlation helps isolated accounts to
    avoid forced closes and hurts cross accounts, and at one they meet. Expected figures
    are the rounded ones stated there; wiped out is DEF-3."""
    symbols = ["A", "B", "C", "D", "E"]
    price, notional = 100.0, 1000.0
    config = merged(BASE, {
        "run": {"seed": 3, "paths": 40000, "horizon": "72h", "step": "1h",
                "modes": ["isolated", "cross"]},
        "market": {"assets": [{"symbol": s, "price": price, "volatility": 0.8} for s in symbols],
                   "correlation": 0.5},
        "venue.tiers": {"default": [{"floor": 0, "mmr": 0.005, "max_leverage": 50}]},
        "accounts": {"list": [{"id": "five", "balance": 500.0, "positions": [
            {"symbol": s, "kind": "linear_perp", "quantity": notional / price, "leverage": 10}
            for s in symbols]}]}})
    names = ["liquidation_probability", "wipeout_probability"]
    expected = {0.5: ((0.41, 0.07), (0.04, 0.08)), 1.0: ((0.15, 0.15), (0.18, 0.18))}
    for rho, (closed, wiped) in expected.items():
        run = riptide.run(merged(config, {"market.correlation": rho}), names)
        got = [run[name][:, 0] for name in names]
        good = (np.abs(got[0] - closed) < 0.02).all() and (np.abs(got[1] - wiped) < 0.02).all()
        report(f"five longs at correlation {rho}", good,
               f"forced close {np.round(got[0], 3)}, wiped out {np.round(got[1], 3)}")
        if rho == 1.0:
            report("isolated and cross meet at correlation one", abs(got[0][0] - got[0][1]) < 0.003)


def main():
    riptide = Program(sys.argv[1])
    check_var_and_es(riptide)
    check_first_passage(riptide)
    check_intervals_of_probabilities(riptide)
    check_student_t(riptide)
    check_correlation(riptide)
    check_reference_draws(riptide)
    check_five_longs(riptide)
    return 1 if program.failures else 0


if __name__ == "__main__":
    sys.exit(main())
