"""The figures of a run. Every line and bar carries its 99 % interval."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from .data import Z99, wilson
from .form import (WIDTH, Html, dollar_axis, dollars, figure, interval, percent, percent_axis, row,
                   style, table)

FEW = 12        # accounts that are shown one by one
LEAST_PATHS = 30  # of a bin that is shown


def band(ax, x, middle, lower, upper, mode, step=None, label=True):
    colour, line, _ = style(mode)
    ax.fill_between(x, lower, upper, color=colour, alpha=0.18, linewidth=0, step=step)
    if step:
        ax.step(x, middle, line, where=step, color=colour, label=mode if label else None)
    else:
        ax.plot(x, middle, line, color=colour, label=mode if label else None)


def arms(middle, lower, upper):
    """Lengths of error bars; none where there is no interval, which matplotlib does not forgive."""
    return np.nan_to_num(np.maximum([middle - lower, upper - middle], 0))


def points(ax, x, middle, lower, upper, mode):
    colour, line, mark = style(mode)
    ax.errorbar(x, middle, yerr=arms(middle, lower, upper), color=colour,
                linestyle=line, marker=mark, markersize=4.5, capsize=2.5, elinewidth=1, label=mode)


def beside(ax):
    """The legend above the axes, where no line runs."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=4, borderaxespad=0.2, fontsize=9)


def survival(run):
    drawn, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.5), sharex=True)
    time = run["time"]
    for m, mode in enumerate(run.modes):
        for ax, name, start in ((left, "survival", 1.0), (right, "wiped_by", 0.0)):
            lower, upper = run[name + "_lower"][m].copy(), run[name + "_upper"][m].copy()
            lower[0] = upper[0] = start  # before the first step nothing can have happened
            band(ax, time, run[name][m], lower, upper, mode)
    left.set(ylabel="accounts without a forced close", xlabel="time [h]", ylim=(None, 1.0),
             xlim=(0, run.hours))
    right.set(ylabel="accounts wiped out", xlabel="time [h]", ylim=(0, None))
    for ax in (left, right):
        percent_axis(ax.yaxis)
    beside(left)
    return figure(drawn, "Survival by margin mode",
                  "Left: share of accounts that have had no forced close by the hour. Right: share wiped out by "
                  "the hour. Means over accounts and paths with the 99 % band.")


def shown_bins(run, tail):
    """The range of the histogram that holds all but `tail` of the mass at either end."""
    counts = run.loss_counts[run.loss_counts.sum(axis=1) > 0]
    share = counts / counts.sum(axis=1, keepdims=True)
    low = np.cumsum(share, axis=1)[:, 1:-1].max(axis=0)
    high = np.cumsum(share[:, ::-1], axis=1)[:, ::-1][:, 1:-1].max(axis=0)
    inside = np.flatnonzero((low > tail) & (high > tail))
    edges = run["bin_edge"]
    return max(inside[0] - 1, 0), min(inside[-1] + 2, len(edges) - 1)


def _rate(share, n):
    """A share of account-paths with its interval, in words."""
    lower, upper = (float(x) for x in wilson(share, n))
    error, unit = (upper - lower) / 2, percent.unit()
    if not np.isfinite(error):
        return percent(share)
    low, middle, high = (percent.bare(x, unit, error) for x in (lower, share, upper))
    return f"{middle} % ({low} to {high})"


def losses(run):
    if not run.loss_counts.any():
        return ""
    drawn, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.7))
    edges, counts = run["bin_edge"], run.loss_counts
    # A mode that leaves out every account, in breach before any shock, has no losses.
    modes = [(m, mode) for m, mode in enumerate(run.modes) if counts[m].sum() > 0]
    for m, mode in modes:
        share = counts[m] / counts[m].sum()
        lower, upper = wilson(share, run.paths)
        inner = np.append(share[1:-1], share[-2])
        band(left, edges, inner, np.append(lower[1:-1], lower[-2]),
             np.append(upper[1:-1], upper[-2]), mode, step="post")
        beyond = np.cumsum(share[::-1])[::-1][1:]
        lower, upper = wilson(beyond, run.paths)
        shown = beyond > 0
        band(right, edges[shown], beyond[shown], np.maximum(lower, 1e-12)[shown], upper[shown], mode)
    ends = [edges[k] for k in shown_bins(run, 2e-3)]
    left.set(xlabel="loss / initial equity", xlim=ends, ylim=(0, None),
             ylabel=f"account-paths in bins of {percent(edges[1] - edges[0])}")
    tail = min(counts[m].sum() for m, _ in modes)
    floor = max(0.3 / run.paths, 0.3 / tail)
    right.set(xlabel="loss / initial equity", ylabel="account-paths with at least this loss", yscale="log",
              xlim=(0, edges[shown_bins(run, 1 / (3 * tail))[1]]), ylim=(floor, 1.5))
    for ax in (left, right):
        percent_axis(ax.xaxis)
        percent_axis(ax.yaxis)
    left.xaxis.set_major_locator(MaxNLocator(6))
    left.axvline(0, color="#57606a", linewidth=0.8)
    beside(left)
    outside = "; ".join(
        f"{mode} {_rate(counts[m][0] / counts[m].sum(), run.paths)} below and "
        f"{_rate(counts[m][-1] / counts[m].sum(), run.paths)} above" for m, mode in modes)
    return figure(drawn, "Distribution of losses by margin mode",
                  "Loss of an account over the horizon as a share of its initial equity, all accounts and paths; "
                  "negative is a profit. Left: how often each loss occurs. Right: how often at least that loss occurs. The "
                  "99 % bands are at least as wide as they should be: they take all accounts on a path for one. "
                  f"Beyond the ends of the histogram: {outside}.")


def causes(run):
    """A table and bars of what the mean loss consists of."""
    names, modes = run["cause"], range(len(run.modes))
    mean, error = run["population_mean_loss_by_cause"], Z99 * run["population_mean_loss_by_cause_se"]
    used = [c for c in range(len(names)) if np.nanmax(np.abs(mean[:, c])) > 0]
    rows = []
    for c in used:
        cells = []
        for m in modes:
            at = f"population_mean_loss_by_cause[{m},{c}]"
            off = f"Z99 * population_mean_loss_by_cause_se[{m},{c}]"
            cells.append(interval(mean[m, c], mean[m, c] - error[m, c], mean[m, c] + error[m, c], at,
                                  (f"{at} - {off}", f"{at} + {off}"), dollars))
        rows.append(row(names[c].replace("_", " "), cells))
    drawn, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.19 * len(used) * len(run.modes)))
    height = 0.8 / len(run.modes)
    for m, mode in enumerate(run.modes):
        at = np.arange(len(used)) + (m - (len(run.modes) - 1) / 2) * height
        ax.barh(at, mean[m, used] / run.equity, height=0.9 * height, color=style(mode)[0], label=mode,
                xerr=np.nan_to_num(error[m, used]) / run.equity, error_kw={"elinewidth": 1, "capsize": 2})
    ax.set_yticks(range(len(used)), [names[c].replace("_", " ") for c in used])
    ax.invert_yaxis()
    ax.axvline(0, color="#1b1f24", linewidth=0.8)
    percent_axis(ax.xaxis)
    ax.set_xlabel("mean loss / initial equity of all accounts")
    ax.grid(axis="y", visible=False)
    beside(ax)
    return Html(figure(drawn, "Mean loss by cause",
                       "What the mean loss of all accounts consists of, with 99 % intervals. “Gap through bankruptcy” is "
                       "negative: that part of the accounts' loss was borne by others.")
                + table(["USD", *run.modes], rows))


def groups_of(values, most=10):
    """Members of up to `most` groups of equal or neighbouring values."""
    known = values[np.isfinite(values)]
    distinct = np.unique(np.round(known, 6))
    if len(distinct) <= most:
        return [np.flatnonzero(np.isclose(values, d)) for d in distinct]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, most + 1)))
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return [members for k in range(len(edges) - 1)
            if len(members := np.flatnonzero((bins == k) & np.isfinite(values)))]


def _each_account(run):
    """Wipeout and forced close of every account, in order of leverage."""
    drawn, axes = plt.subplots(1, 2, figsize=(WIDTH, 1.2 + 0.42 * run.n_account), sharey=True)
    order = np.argsort(run.gross_leverage)
    for ax, name, label in ((axes[0], "wipeout_probability", "probability of being wiped out"),
                            (axes[1], "liquidation_probability", "probability of a forced close")):
        for m, mode in enumerate(run.modes):
            colour, _, mark = style(mode)
            middle, lower, upper = (run[name + end][m][order] for end in ("", "_lower", "_upper"))
            at = np.arange(run.n_account) + 0.2 * (m - (len(run.modes) - 1) / 2)
            known = np.isfinite(middle)  # an account in breach at the start may be left out
            ax.errorbar(middle[known], at[known], xerr=arms(middle, lower, upper)[:, known], color=colour,
                        linestyle="none", marker=mark, markersize=5, capsize=2.5, elinewidth=1.2,
                        label=mode, clip_on=False)
        ax.set(xlabel=label, xlim=(0, None), ylim=(-0.6, run.n_account - 0.4))
        ax.xaxis.set_major_locator(MaxNLocator(5))
        percent_axis(ax.xaxis)
    axes[0].set_yticks(range(run.n_account),
                       [f"{run['account'][i]} ({run.gross_leverage[i]:.3g}x)" for i in order])
    beside(axes[0])
    return figure(drawn, "Wipeout of every account",
                  "Every account in order of leverage, gross notional / equity in brackets, with 99 % intervals of "
                  "each alone.")


def _against(run, ax, values):
    """Wipeouts of groups of accounts of equal or neighbouring leverage."""
    groups = groups_of(values)
    middle = np.array([np.average(values[g], weights=run.weight[g]) for g in groups])
    found = np.array([run.group_share("wipeouts", np.array(g)) for g in groups])
    shift = 1.012 if len(run.modes) > 1 else 1.0
    for m, mode in enumerate(run.modes):
        points(ax, middle * shift ** (m - 1), *found[:, :, m].T, mode)
    ax.set_xscale("log")
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
             if middle.min() / 1.5 <= t <= middle.max() * 1.5]
    ax.set_xticks(ticks, [f"{t:g}x" for t in ticks])
    ax.minorticks_off()


def leverage(run):
    """Wipeout against leverage: account by account where they are few, else by groups."""
    if run.n_account <= FEW:
        return _each_account(run)
    shown = [(values, label) for values, label in (
        (run.set_leverage, "leverage the positions were opened with"),
        (run.gross_leverage, "gross notional / equity of the account")) if np.isfinite(values).any()]
    drawn, axes = plt.subplots(1, len(shown), figsize=(WIDTH, 3.6), sharey=True, squeeze=False)
    axes = axes[0]
    for ax, (values, label) in zip(axes, shown):
        _against(run, ax, values)
        ax.set_xlabel(label)
    axes[0].set(ylabel="accounts wiped out", ylim=(0, None))
    percent_axis(axes[0].yaxis)
    beside(axes[0])
    return figure(drawn, "Wipeout against leverage",
                  "Each mark is a group of accounts, those of equal leverage or a tenth of them in order of "
                  "leverage, with its 99 % interval. The leverage that was set decides the margin of an isolated position; "
                  "what the account holds against all its equity decides how far prices may move before it is gone. "
                  "Notional is taken at the mark, an option's at the price of its underlying.")


def joint(run):
    """How many accounts are wiped out together, as a figure and a table."""
    counts = run["wiped_share_histogram"].astype(float)
    beyond = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1] / counts.sum(axis=1, keepdims=True)
    share = np.concatenate(([0.0], np.arange(100) / 100, [1.0]))
    shown = [1] + [1 + round(100 * s) for s in (0.05, 0.10, 0.25, 0.50)] + [101]
    few = (run.n_account <= FEW and np.all(run.weight == 1)
           and np.isfinite(run["wipeout_probability"]).all())  # no mode leaves an account out
    if few:  # k of n accounts are a share of k / n
        bins = [0] + [1 + (100 * k) // run.n_account for k in range(1, run.n_account)] + [101]
        shown = bins[1:]
    listed = _joint_table(run, beyond, shown, few)
    return Html(listed if few or not beyond[:, 1].any() else _joint_figure(run, share, beyond) + listed)


def _joint_figure(run, share, beyond):
    drawn, ax = plt.subplots(figsize=(WIDTH, 3.2))
    for m, mode in enumerate(run.modes):
        held = np.flatnonzero((beyond[m] > 0) & (share > 0) | (np.arange(102) == 1))
        lower, upper = wilson(beyond[m][held], run.paths)
        band(ax, share[held], beyond[m][held], np.maximum(lower, 1e-9), upper, mode, step="pre")
    ax.set(yscale="log", ylabel="paths with at least as many", ylim=(0.5 / run.paths, 1.3),
           xlabel="share of accounts wiped out on one path", xlim=(0, None))
    percent_axis(ax.xaxis)
    percent_axis(ax.yaxis)
    beside(ax)
    return figure(drawn, "Joint wipeouts",
                  "How many accounts are wiped out together, with the 99 % band. A mean over accounts hides that "
                  "wipeouts come in clusters: accounts share the prices.")


def _joint_table(run, beyond, shown, few):
    rows = []
    for k, b in enumerate(shown):
        if few:
            label = f"at least {k + 1} of {run.n_account}" if k + 1 < run.n_account else f"all {run.n_account}"
        else:
            label = {1: "any account", 101: "all accounts"}.get(b, f"at least {b - 1} % of the accounts")
        cells = []
        for m in range(len(run.modes)):
            source = f"sum(wiped_share_histogram[{m},{b}:]) / sum(wiped_share_histogram[{m},0:])"
            lower, upper = (float(x) for x in wilson(beyond[m][b], run.paths))
            cells.append(interval(float(beyond[m][b]), lower, upper, source,
                                  (f"wilson_lower({source})", f"wilson_upper({source})")))
        rows.append(row(label, cells))
    return table(["wiped out together", *run.modes], rows,
                 "Share of paths on which so many accounts are wiped out.")


def moves(run):
    """Wipeout and forced volume against the fall of the market."""
    if not (run["paths_by_move"] >= LEAST_PATHS).any():
        return Html(f"<p>No fall of the market was seen on {LEAST_PATHS} paths or more.</p>")
    drawn, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.6), sharex=True)
    width = float(run["move_bin"][1] - run["move_bin"][0])
    for m, mode in enumerate(run.modes):
        good = (run["paths_by_move"][m] >= LEAST_PATHS) & ~np.isnan(run["wipeout_by_move"][m])
        middle = run["move_bin"][good] + width / 2 + 0.04 * width * (m - 1)
        points(left, middle, *(run["wipeout_by_move" + end][m][good] for end in ("", "_lower", "_upper")),
               mode)
        volume, error = run["forced_volume_by_move"][m][good], Z99 * run["forced_volume_by_move_se"][m][good]
        points(right, middle, volume, np.maximum(volume - error, 0), volume + error, mode)
    left.set(xlabel="deepest fall of the index on the path", ylabel="accounts wiped out", ylim=(0, None),
             xlim=(0, None))
    right.set(xlabel="deepest fall of the index on the path", ylabel="forced volume of a path [USD]",
              ylim=(0, None))
    top = width * (np.flatnonzero(run["paths_by_move"][0] >= LEAST_PATHS)[-1] + 1)
    left.set_xticks(np.arange(0, top + width / 2, width * max(round(top / width / 8), 1)))
    percent_axis(left.xaxis)
    percent_axis(left.yaxis)
    dollar_axis(right.yaxis)
    beside(left)
    counts = run["paths_by_move"][0]
    listed = ", ".join(f"{100 * run['move_bin'][b]:.0f} to {100 * (run['move_bin'][b] + width):.0f} %: {counts[b]:,}"
                       for b in np.flatnonzero(counts))
    return figure(drawn, "Wipeout and forced volume against the fall of the market",
                  "Paths grouped by their deepest fall (drawdown of the equal-weighted index of all assets, groups of "
                  f"{percent(width)}). Left: mean share of accounts wiped out. Right: mean notional closed by force on a path. "
                  f"99 % intervals; groups of fewer than {LEAST_PATHS} paths are left out. Paths by fall: {listed}.")
