#!/usr/bin/env python3
"""Estimates a market file (volatilities, correlation, tail) from price histories.

usage: estimate.py [options] HOURLY.csv... --daily DAILY.csv [--funding FUNDING.csv...]

HOURLY and DAILY are wide tables of closes: a column `date` (ISO 8601, UTC), then one
column a symbol; an empty cell is a missing price. FUNDING has the same shape with the
rate per eight hours (positive: longs pay). The market file goes to standard output.

What is estimated, and how
  price        last daily close of the window.
  volatility   standard deviation of daily log-returns times sqrt(365). Daily closes are
               used because they are complete for every asset; the hourly figure is
               printed beside it. A return is used only between two consecutive closes.
  correlation  of hourly log-returns: the scatter matrix of a multivariate Student-t law,
               by maximum likelihood (EM algorithm). One extreme hour weighs little in
               it, unlike in the sample correlation. Where an asset's hourly history ends
               early its rows enter with that component missing, which the EM algorithm
               integrates out; an hour in which fewer than half of the assets have a
               return is dropped.
  dof          of the same law, by maximum likelihood, so it belongs to a step of 1 h.
  funding      mean of all observations inside the window.

Standard errors come from a moving-block bootstrap (blocks of 5 days for volatilities,
of 24 hours for the t law, so that volatility clustering is kept inside a block).
"""
import argparse
import csv
import datetime
import sys

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

DAYS_PER_YEAR = 365.0
EM_TOLERANCE = 1e-7  # relative change of the log-likelihood that ends the iteration
DOF_RANGE = (2.05, 50.0)

# Assumed, not estimated: rounded magnitudes of daily turnover in perpetual futures, USD.
# They only serve as weights when a population of accounts is generated.
ASSUMED_DAILY_VOLUME = {
    "BTC": 1.5e10, "ETH": 1.2e10, "SOL": 4e9, "XRP": 2e9, "DOGE": 1e9, "BNB": 8e8,
    "ADA": 4e8, "LINK": 4e8, "AVAX": 3e8, "LTC": 2.5e8, "DOT": 1.5e8, "TRX": 1e8,
}


def parse_time(text):
    """Hours since 1970 of an ISO date or date-time, read as UTC."""
    text = text.rstrip("Z")
    moment = datetime.datetime.fromisoformat(text)
    return int((moment - datetime.datetime(1970, 1, 1)).total_seconds() // 3600)


def read_table(paths, symbols):
    """Times [hours] and values [time, symbol] of wide CSV files, NaN where empty."""
    rows = {}
    for path in paths:
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                rows[parse_time(row["date"])] = [float(row.get(s) or "nan") for s in symbols]
    times = np.array(sorted(rows))
    return times, np.array([rows[t] for t in times])


def log_returns(times, closes, step):
    """Log-returns between closes exactly one step apart; NaN where either is missing."""
    returns = np.diff(np.log(closes), axis=0)
    returns[np.diff(times) != step] = np.nan
    return returns


def patterns_of(x):
    """Groups of rows that have the same components present: [(rows, present)]."""
    present = ~np.isnan(x)
    keys, inverse = np.unique(present, axis=0, return_inverse=True)
    inverse = np.asarray(inverse).ravel()
    return [(np.flatnonzero(inverse == k), np.flatnonzero(keys[k])) for k in range(len(keys))]


def log_likelihood(groups, distance, log_det, dof):
    """Observed-data log-likelihood of the multivariate t, up to a constant in dof."""
    total = 0.0
    for (rows, seen), d2, ld in zip(groups, distance, log_det):
        p = len(seen)
        total += len(rows) * (gammaln((dof + p) / 2) - gammaln(dof / 2)
                              - p / 2 * np.log(np.pi * dof) - ld / 2)
        total -= (dof + p) / 2 * np.log1p(d2 / dof).sum()
    return total


def distances(x, groups, mean, scatter):
    """Squared Mahalanobis distances and log-determinants, one entry a group."""
    distance, log_det = [], []
    for rows, seen in groups:
        factor = np.linalg.cholesky(scatter[np.ix_(seen, seen)])
        z = np.linalg.solve(factor, (x[np.ix_(rows, seen)] - mean[seen]).T)
        distance.append((z * z).sum(axis=0))
        log_det.append(2 * np.log(np.diag(factor)).sum())
    return distance, log_det


def em_step(x, groups, distance, mean, scatter, dof):
    """One EM update of mean and scatter with missing components filled in."""
    n, p = x.shape
    filled, weight, extra = np.empty_like(x), np.empty(n), np.zeros((p, p))
    for (rows, seen), d2 in zip(groups, distance):
        weight[rows] = (dof + len(seen)) / (dof + d2)
        gone = np.setdiff1d(np.arange(p), seen)
        part = x[np.ix_(rows, seen)]
        filled[np.ix_(rows, seen)] = part
        if len(gone) == 0:
            continue
        slope = np.linalg.solve(scatter[np.ix_(seen, seen)], scatter[np.ix_(seen, gone)])
        filled[np.ix_(rows, gone)] = mean[gone] + (part - mean[seen]) @ slope
        rest = scatter[np.ix_(gone, gone)] - scatter[np.ix_(gone, seen)] @ slope
        extra[np.ix_(gone, gone)] += len(rows) * rest
    mean = (weight[:, None] * filled).sum(axis=0) / weight.sum()
    centred = filled - mean
    return mean, ((weight[:, None] * centred).T @ centred + extra) / n


def fit_t(x, dof=3.0, max_iterations=500):
    """Maximum likelihood of a multivariate t: (mean, scatter, dof, log-likelihood)."""
    groups = patterns_of(x)
    mean = np.nanmean(x, axis=0)
    scatter = np.diag(np.nanvar(x, axis=0) / 3)
    before = -np.inf
    for _ in range(max_iterations):
        distance, log_det = distances(x, groups, mean, scatter)
        found = minimize_scalar(lambda v: -log_likelihood(groups, distance, log_det, v),
                                bounds=DOF_RANGE, method="bounded",
                                options={"xatol": 1e-5})
        dof, now = found.x, -found.fun
        if now - before < EM_TOLERANCE * abs(now):
            break
        before = now
        mean, scatter = em_step(x, groups, distance, mean, scatter, dof)
    return mean, scatter, dof, now


def correlation_of(scatter):
    scale = np.sqrt(np.diag(scatter))
    return scatter / np.outer(scale, scale)


def block_bootstrap(n, block, generator):
    """Row numbers of a moving-block resample of n rows."""
    starts = generator.integers(0, n - block + 1, size=-(-n // block))
    return (starts[:, None] + np.arange(block)).ravel()[:n]


def volatility_with_error(daily, generator, replicates=400):
    volatility = np.nanstd(daily, axis=0, ddof=1) * np.sqrt(DAYS_PER_YEAR)
    draws = [np.nanstd(daily[block_bootstrap(len(daily), 5, generator)], axis=0, ddof=1)
             for _ in range(replicates)]
    return volatility, np.std(draws, axis=0, ddof=1) * np.sqrt(DAYS_PER_YEAR)


def fit_with_error(hourly, generator, replicates):
    fit = fit_t(hourly)
    dofs, correlations = [], []
    for _ in range(replicates):
        sample = hourly[block_bootstrap(len(hourly), 24, generator)]
        _, scatter, dof, _ = fit_t(sample, dof=fit[2])
        dofs.append(dof)
        correlations.append(correlation_of(scatter))
    return fit, np.std(dofs, ddof=1), np.std(correlations, axis=0, ddof=1)


def mean_funding(paths, symbols, first, last):
    """Mean rate and number of observations in the window, by symbol."""
    values = []
    for path in paths:
        times, table = read_table([path], symbols)
        values.append(table[(times >= first) & (times <= last)])
    table = np.vstack(values)
    count = (~np.isnan(table)).sum(axis=0)
    with np.errstate(all="ignore"):
        mean = np.where(count > 0, np.nansum(table, axis=0) / count, np.nan)
    return mean, count


def comment(text, width=86):
    """Wraps a paragraph into YAML comment lines."""
    line, lines = "#", []
    for word in text.split():
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = "#"
        line += " " + word
    return "\n".join(lines + [line])


def window(times, values, first, last):
    keep = (times >= first) & (times <= last)
    return times[keep], values[keep]


def print_market(args, result):
    """Writes the market file with everything a reader needs to judge it."""
    symbols = args.assets
    off = ~np.eye(len(symbols), dtype=bool)
    rho = result["correlation"]
    print(f"# {len(symbols)} perpetual markets, for `include:`. Generated by "
          "experiments/markets/estimate.py.\n#")
    print(comment(f"Source: {args.source}."))
    print(comment(f"Window: {args.first} to {args.last} UTC; {result['n_daily']} daily and "
                  f"{result['n_hourly']} hourly log-returns (hourly returns by asset: "
                  + ", ".join(f"{s} {n}" for s, n in zip(symbols, result["n_by_asset"]))
                  + ")."))
    print(comment(
        "Method: volatility is the standard deviation of daily log-returns times sqrt(365), "
        "because daily closes cover the whole window for every asset. Correlation and dof are "
        "those of a multivariate Student-t law fitted to the hourly returns by maximum "
        "likelihood (EM; hours an asset has no price for are integrated out), so dof belongs "
        "to a step of 1h with one mixing variable a step. Drift is 0: a year says nothing "
        "about it."))
    print(comment(
        f"Standard errors (moving-block bootstrap): volatility beside each asset; dof "
        f"{result['dof']:.2f} +- {result['dof_se']:.2f}; correlations +- "
        f"{result['rho_se'][off].mean():.3f} on average, {result['rho_se'][off].max():.3f} at "
        f"most. Mean correlation {rho[off].mean():.3f} (sample correlation of daily returns: "
        f"{result['rho_daily'][off].mean():.3f}). Smallest eigenvalue of the rounded matrix "
        f"{result['smallest']:.4f}."))
    print(comment(
        "The fitted law implies standard deviations of its own, scale times sqrt(dof / (dof - "
        "2)); they are "
        f"{result['implied_ratio'].min():.2f} to {result['implied_ratio'].max():.2f} times the "
        "volatility given here and are not used."))
    print(comment(
        "daily_volume is assumed, not estimated: rounded magnitudes of turnover in USD, used "
        "only as weights when accounts are generated."))
    print("market:\n  assets:")
    for j, s in enumerate(symbols):
        print(f"    - {{symbol: {s}, price: {result['price'][j]:.6g}, volatility: "
              f"{result['volatility'][j]:.3f}, daily_volume: {ASSUMED_DAILY_VOLUME[s]:.1e}}}"
              f"  # se {result['volatility_se'][j]:.3f}; hourly {result['hourly'][j]:.3f}")
    print("  correlation:")
    for row in result["rounded"]:
        print("    - [" + ", ".join(f"{v:.3f}" for v in row) + "]")
    if result["funding"] is not None:
        print_funding(args, result)
    print("shocks: {model: student_t, dof: %.2f, mixing: step}" % result["dof"])


def print_funding(args, result):
    mean, count = result["funding"]
    known = [j for j in range(len(args.assets)) if count[j] > 0]
    print("  " + comment(f"Mean funding per 8 h of 2026 inside the window "
                         f"({args.funding_source}), {min(count[known])} to "
                         f"{max(count[known])} observations an asset; `rate` is their mean "
                         "and serves the assets without one.", 84).replace("\n", "\n  "))
    print(f"  funding:\n    interval: 8h\n    rate: {np.mean(mean[known]):.2e}")
    pairs = ", ".join(f"{args.assets[j]}: {mean[j]:.2e}" for j in known)
    print(f"    per_asset: {{{pairs}}}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hourly", nargs="+")
    parser.add_argument("--daily", required=True)
    parser.add_argument("--funding", nargs="*", default=[])
    parser.add_argument("--assets", type=lambda text: text.split(","),
                        default=list(ASSUMED_DAILY_VOLUME))
    parser.add_argument("--from", dest="first", default="2025-07-21")
    parser.add_argument("--to", dest="last", default="2026-07-20")
    parser.add_argument("--source", default="closes given on the command line")
    parser.add_argument("--funding-source", default="files given on the command line")
    parser.add_argument("--replicates", type=int, default=60)
    args = parser.parse_args()
    generator = np.random.default_rng(20260720)
    first, last = parse_time(args.first), parse_time(args.last)

    times, closes = read_table([args.daily], args.assets)
    times, closes = window(times, closes, first - 24, last)
    daily = log_returns(times, closes, 24)
    result = {"price": closes[-1], "n_daily": len(daily)}
    result["volatility"], result["volatility_se"] = volatility_with_error(daily, generator)
    result["rho_daily"] = np.corrcoef(daily[~np.isnan(daily).any(axis=1)].T)

    times, closes = window(*read_table(args.hourly, args.assets), first - 1, last + 23)
    hourly = log_returns(times, closes, 1)
    hourly = hourly[(~np.isnan(hourly)).sum(axis=1) >= len(args.assets) / 2]
    result["n_hourly"] = len(hourly)
    result["n_by_asset"] = (~np.isnan(hourly)).sum(axis=0)
    result["hourly"] = np.nanstd(hourly, axis=0, ddof=1) * np.sqrt(24 * DAYS_PER_YEAR)
    fit, result["dof_se"], result["rho_se"] = fit_with_error(hourly, generator,
                                                             args.replicates)
    _, scatter, result["dof"], _ = fit
    result["correlation"] = correlation_of(scatter)
    result["rounded"] = np.round(result["correlation"], 3)
    result["smallest"] = np.linalg.eigvalsh(result["rounded"])[0]
    if not result["smallest"] > 0:
        sys.exit("the rounded correlation matrix is not positive definite")
    spread = np.sqrt(np.diag(scatter) * result["dof"] / (result["dof"] - 2)
                     * 24 * DAYS_PER_YEAR)
    result["implied_ratio"] = spread / result["volatility"]
    result["funding"] = (mean_funding(args.funding, args.assets, first, last + 23)
                         if args.funding else None)
    print_market(args, result)


if __name__ == "__main__":
    main()
