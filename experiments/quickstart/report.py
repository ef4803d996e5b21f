#!/usr/bin/env python3
"""Writes one self-contained HTML page about a result.

usage: report.py RESULT.h5 REPORT.html

Needs h5py and matplotlib. Figures are SVG inside the page; nothing is loaded from
elsewhere. The page holds no time of its own: the same result gives the same bytes.
"""
import base64
import html
import io
import os
import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend comes first)
from matplotlib.ticker import FuncFormatter, PercentFormatter  # noqa: E402

# Okabe-Ito colours, told apart by colour-blind readers, and by line style in grey.
STYLE = {
    "isolated": ("#0072B2", "-", "o"),
    "cross": ("#D55E00", "--", "s"),
    "portfolio": ("#009E73", "-.", "^"),
    "mixed": ("#CC79A7", ":", "D"),
}
CAUSE_COLOURS = ["#0072B2", "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#F0E442",
                 "#999999"]
matplotlib.rcParams.update({
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.6, "legend.frameon": False,
    "figure.constrained_layout.use": True, "axes.axisbelow": True,
})
CSS = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin-bottom: .3rem; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #d0d7de; }
p.lead { font-size: 1.1rem; }
p.breach { background: #f6f8fa; border-left: 4px solid #57606a; padding: .6rem .9rem; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .95rem; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid #d0d7de; text-align: right;
         font-variant-numeric: tabular-nums; vertical-align: top; }
th:first-child, td:first-child { text-align: left; font-weight: normal; }
thead th { border-bottom: 2px solid #57606a; }
td small { display: block; color: #57606a; }
figure { margin: 1rem 0; } figure img { width: 100%; height: auto; }
figcaption { color: #424a53; font-size: .93rem; }
td.text { text-align: left; word-break: break-all; }
pre { background: #f6f8fa; padding: .8rem; overflow-x: auto; font-size: .82rem; }
@media print { body { margin: 0; max-width: none; } figure, tr { break-inside: avoid; } }
"""


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Result:
    """What the page needs from a result file."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.attrs = {key: value for key, value in file.attrs.items()}
            self.data = {name: node[()] for name, node in file.items()
                         if isinstance(node, h5py.Dataset) and node.ndim <= 2}
            self.modes = [text(m) for m in file["mode"][()]]
            self.causes = [text(c) for c in file["cause"][()]]
            histogram = file["loss_histogram"]
            self.losses = np.array([histogram[m].sum(axis=0, dtype=float)
                                    for m in range(len(self.modes))])
            self.cause_usd = np.array([np.nansum(file["mean_loss_by_cause"][m], axis=0)
                                       for m in range(len(self.modes))])
            self.config = text(file["config/yaml"][()])
            self.weight = (file["accounts/weight"][()] if "accounts/weight" in file
                           else np.ones(len(self.data["initial_equity"])))
        self.equity = float(np.nansum(self.data["initial_equity"] * self.weight))
        self.n_account = len(self.data["initial_equity"])
        self.hours = float(self.data["time"][-1])
        self.threshold = config_number(self.config, "wipeout_threshold", 0.10)

    def __getitem__(self, name):
        return self.data[name]

    def attr(self, name):
        return text(self.attrs.get(name, ""))


def config_number(config, key, fallback):
    """The value of a key that occurs once in the resolved configuration."""
    for line in config.splitlines():
        name, _, value = line.strip().partition(":")
        if name == key:
            return float(value)
    return fallback


def percent(x, digits=2):
    """A share in per cent; a small one keeps two significant digits instead of reading 0."""
    if not np.isfinite(x):
        return "–"
    if x != 0 and abs(x) < 0.5 * 10.0 ** -(digits + 1):
        return f"{100 * x:.2g} %"
    return f"{100 * x:.{digits}f} %"


def dollars(x):
    if not np.isfinite(x):
        return "–"
    size = abs(x)
    for limit, unit in ((1e9, " bn"), (1e6, " m"), (1e4, " k")):
        if size >= limit:
            scaled = x / {" bn": 1e9, " m": 1e6, " k": 1e3}[unit]
            return f"{scaled:,.{2 if abs(scaled) < 100 else 0}f}{unit}"
    return f"{x:,.0f}"


def cell(main, small):
    return f"<td>{main}<small>{small}</small></td>"


def share_row(result, label, name):
    cells = "".join(
        cell(percent(result[name][m]),
             f"{percent(result[name + '_lower'][m])} to {percent(result[name + '_upper'][m])}")
        for m in range(len(result.modes)))
    return f"<tr><td>{label}</td>{cells}</tr>"


def money_row(result, label, values, errors):
    cells = "".join(
        cell(f"{dollars(values[m])} USD",
             f"± {dollars(errors[m])}; {percent(values[m] / result.equity)} of equity")
        for m in range(len(result.modes)))
    return f"<tr><td>{label}</td>{cells}</tr>"


def summary_table(result):
    head = "".join(f"<th>{mode}</th>" for mode in result.modes)
    below = percent(result.threshold, 0)
    rows = [
        share_row(result, f"Accounts wiped out <small>net worth at or below {below} of its start, "
                          "at some time</small>", "population_wipeout"),
        share_row(result, "Accounts with a forced close", "population_liquidation"),
        share_row(result, "Accounts closed completely", "population_full_liquidation"),
        share_row(result, "Accounts whose loss exceeded their collateral", "population_deficit"),
        money_row(result, "Mean total loss", result["population_mean_loss"],
                  result["population_mean_loss_se"]),
    ]
    for k, level in enumerate(result["level"]):
        name = f"{100 * level:g} %"
        rows.append(money_row(result, f"Value at risk, {name}",
                              result["population_value_at_risk"][:, k],
                              result["population_value_at_risk_se"][:, k]))
        rows.append(money_row(result, f"Expected shortfall, {name}",
                              result["population_expected_shortfall"][:, k],
                              result["population_expected_shortfall_se"][:, k]))
    return (f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
            "<p>Shares are means over accounts and paths with their 99 % interval; money is the "
            "total over all accounts, with one standard error (±). Losses are positive, "
            "profits negative. The unit of error is the path: accounts on one path share its prices.</p>")


def paired_table(result):
    rows = []
    for i, first in enumerate(result.modes):
        for j, second in enumerate(result.modes):
            if i >= j:
                continue
            wiped = [result["population_difference" + end][i, j] for end in ("", "_lower", "_upper")]
            loss = [result["population_mean_loss_difference" + end][i, j] for end in ("", "_se")]
            rows.append(
                f"<tr><td>{first} minus {second}</td>"
                + cell(percent(wiped[0]), f"{percent(wiped[1])} to {percent(wiped[2])}")
                + cell(f"{dollars(loss[0])} USD", f"± {dollars(loss[1])}") + "</tr>")
    if not rows:
        return ""
    return ("<h2>The same accounts on the same paths</h2><table><thead><tr><th>Difference</th>"
            "<th>share of accounts wiped out</th><th>mean total loss</th></tr></thead><tbody>"
            + "".join(rows) + "</tbody></table><p>Modes are compared path by path, so the chance of "
            "the draw largely cancels.</p>")


def headline(result):
    def listed(name):
        shares = [f"{percent(result[name][m], 1)} under <b>{mode}</b> margin"
                  for m, mode in enumerate(result.modes)]
        return ", ".join(shares[:-1]) + (" and " if len(shares) > 1 else "") + shares[-1]

    days = result.hours / 24
    span = f"{days:g} days" if result.hours % 24 == 0 and days > 1 else f"{result.hours:g} hours"
    words = (f"the share of accounts with a position closed by force is "
             f"{listed('population_liquidation')}; the share wiped out is "
             f"{listed('population_wipeout')}")
    return (f"<p class=lead>Over {span}, {words}. These are means over "
            f"{int(result.attrs['paths_done']):,} simulated price paths and {result.n_account:,} "
            f"accounts holding {dollars(result.equity)} USD of equity.</p>")


def breach_note(result):
    counts = (result["initially_breached"] > 0).sum(axis=1)
    listed = ", ".join(f"{mode} {count:,}" for mode, count in zip(result.modes, counts))
    if not counts.any():
        return ("<p class=breach>Accounts in breach before any shock: none in any mode. What follows is "
                "the work of the market.</p>")
    return (f"<p class=breach>Accounts in breach of maintenance margin before any shock, of "
            f"{result.n_account:,}: {listed}. They are liquidated at the first step (unless "
            "<code>run.initial_breach</code> says otherwise) and count in every figure below.</p>")


def embed(figure, alt, caption):
    """A figure as an image in the page; ids inside cannot clash with another figure's."""
    buffer = io.StringIO()
    matplotlib.rcParams["svg.hashsalt"] = alt
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    encoded = base64.b64encode(buffer.getvalue().encode()).decode()
    return (f'<figure><img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{encoded}">'
            f"<figcaption>{caption}</figcaption></figure>")


def style(mode):
    return STYLE.get(mode, ("#444444", "-", "o"))


def survival_figure(result):
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.5), sharex=True)
    for m, mode in enumerate(result.modes):
        colour, line, _ = style(mode)
        time = result["time"]
        axes[0].fill_between(time, result["survival_lower"][m], result["survival_upper"][m],
                             color=colour, alpha=0.2, linewidth=0)
        axes[0].plot(time, result["survival"][m], line, color=colour, label=mode)
        axes[1].plot(time, result["wiped_by"][m], line, color=colour, label=mode)
    axes[0].set(ylabel="share without a forced close", xlabel="time [h]", ylim=(None, 1.0))
    axes[1].set(ylabel="share wiped out", xlabel="time [h]", ylim=(0, None))
    for ax in axes:
        ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        ax.set_xlim(0, result.hours)
    axes[0].legend()
    return embed(figure, "Survival by margin mode",
                 "Left: share of accounts that have not had a forced close by the hour, mean over paths, "
                 "with the 99 % band. Right: share of accounts wiped out by the hour.")


def shown_bins(result):
    """The range of bins that hold all but a millionth of the mass, a margin around it."""
    inner = result.losses[:, 1:-1].sum(axis=0)
    held = np.flatnonzero(inner > 1e-6 * inner.sum())
    edges = result["bin_edge"]
    first, last = max(held[0] - 2, 0), min(held[-1] + 3, len(edges) - 1)
    return edges[first], edges[last]


def loss_figure(result):
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.7), sharex=True)
    edges = result["bin_edge"]
    for m, mode in enumerate(result.modes):
        colour, line, _ = style(mode)
        share = result.losses[m] / result.losses[m].sum()
        axes[0].stairs(share[1:-1], edges, color=colour, linestyle=line, label=mode, linewidth=1.4)
        beyond = np.concatenate((np.cumsum(share[::-1])[::-1][1:], [0.0]))[:len(edges)]
        axes[1].step(edges, beyond, line, where="post", color=colour, label=mode)
    width = 100 * (edges[1] - edges[0])
    axes[0].set(yscale="log", xlabel="loss / initial equity of the account",
                ylabel=f"share of account-paths\nin bins of {width:.3g} %")
    axes[1].set(yscale="log", xlabel="loss / initial equity of the account",
                ylabel="share with at least this loss")
    for ax in axes:
        ax.set_xlim(*shown_bins(result))
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
        ax.axvline(0, color="#57606a", linewidth=0.8)
    low = max(0.5 / result.losses[0].sum(), 1e-7)
    axes[0].set_ylim(bottom=low)
    axes[1].set_ylim(bottom=low, top=1.3)
    axes[0].legend()
    ends = "; ".join(
        f"{mode} {percent(result.losses[m][0] / result.losses[m].sum())} left, "
        f"{percent(result.losses[m][-1] / result.losses[m].sum())} right"
        for m, mode in enumerate(result.modes))
    return embed(figure, "Distribution of losses by margin mode",
                 "Loss of an account over the horizon as a share of its initial equity, all accounts and "
                 "paths together; negative is a profit. Left: how often each loss occurs. Right: how often at "
                 f"least that loss occurs. Outside the histogram: {ends}.")


def joint_figure(result):
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.5))
    for m, mode in enumerate(result.modes):
        colour, line, marker = style(mode)
        counts = result["wiped_share_histogram"][m].astype(float)
        beyond = np.cumsum(counts[::-1])[::-1] / counts.sum()
        # Bin 0 is the exact zero and 101 the exact one; bin k between them begins at (k - 1) %.
        share = np.concatenate(([0.0], np.arange(100) / 100, [1.0]))
        axes[0].step(share[1:], np.where(beyond[1:] > 0, beyond[1:], np.nan), line, where="pre",
                     color=colour, label=mode)
        paths = result["paths_by_move"][m].astype(float)
        good = paths >= 20
        middle = result["move_bin"][good] + 0.025
        axes[1].plot(middle, result["wipeout_by_move"][m][good], line, marker=marker,
                     markersize=4, color=colour, label=mode)
    axes[0].set(yscale="log", xlabel="share of accounts wiped out on one path",
                ylabel="share of paths with at least as many", xlim=(0, None))
    axes[1].set(xlabel="deepest fall of the equal-weighted index on the path",
                ylabel="share of accounts wiped out", ylim=(0, None), xlim=(0, None))
    axes[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
    axes[1].yaxis.set_major_formatter(PercentFormatter(1.0))
    for ax in axes:
        ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes[0].legend()
    return embed(figure, "Joint wipeouts",
                 "Left: how many accounts are wiped out together. A mean over accounts hides that wipeouts come "
                 "in clusters: accounts share the prices. Right: mean share of accounts wiped out against the "
                 "market's deepest fall on the path (drawdown in bins of 5 %, bins with fewer than 20 paths left out).")


def cause_figure(result):
    figure, ax = plt.subplots(figsize=(9.2, 1.3 + 0.45 * len(result.modes)))
    used = [c for c in range(len(result.causes)) if np.abs(result.cause_usd[:, c]).max() > 0]
    for m in range(len(result.modes)):
        right = left = 0.0
        for c in used:
            share = result.cause_usd[m, c] / result.equity
            start = right if share >= 0 else left
            ax.barh(len(result.modes) - 1 - m, share, left=start, height=0.6,
                    color=CAUSE_COLOURS[c % len(CAUSE_COLOURS)],
                    label=result.causes[c].replace("_", " ") if m == 0 else None)
            right, left = (right + share, left) if share >= 0 else (right, left + share)
    ax.set_yticks(range(len(result.modes)), result.modes[::-1])
    ax.axvline(0, color="#1b1f24", linewidth=0.8)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    ax.set_xlabel("mean loss / initial equity, all accounts together")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=4, fontsize=9)
    return embed(figure, "Mean loss by cause",
                 "What the mean loss consists of. “Gap through bankruptcy” is negative: it is the part of "
                 "the accounts' loss that others had to bear.")


def provenance(result):
    shown = [("Title", "title"), ("Program", "riptide_version"), ("Revision", "git_revision"),
             ("Created", "created"), ("Seed", "seed"), ("Paths", "paths_done"), ("Status", "status"),
             ("Threads", "threads"), ("SIMD level", "simd"), ("Compiler", "compiler"),
             ("GSL", "gsl_version"), ("HDF5", "hdf5_version"), ("Wall time [s]", "wall_time_s"),
             ("CPU time [s]", "cpu_time_s"), ("Peak memory [bytes]", "peak_memory_bytes"),
             ("Command", "command")]
    rows = "".join(f"<tr><td>{label}</td><td class=text>{html.escape(result.attr(name))}</td></tr>"
                   for label, name in shown if name in result.attrs)
    return (f"<h2>Provenance</h2><table><tbody>{rows}</tbody></table>"
            "<details><summary>Resolved configuration (reproduces the run)</summary>"
            f"<pre>{html.escape(result.config)}</pre></details>")


def page(result):
    title = html.escape(result.attr("title") or "riptide result")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{CSS}</style></head><body>
<h1>{title}</h1>
{breach_note(result)}
{headline(result)}
<h2>Summary</h2>
{summary_table(result)}
{paired_table(result)}
<h2>Survival</h2>
{survival_figure(result)}
<h2>Losses</h2>
{loss_figure(result)}
{cause_figure(result)}
<h2>Wiped out together</h2>
{joint_figure(result)}
<h2>What the figures do not say</h2>
<p>Intervals cover the chance of the draw of price paths. They do not cover the choice of the shock model, the error of
its parameters, or the draw of the accounts. Accounts do not move prices here, and traders do nothing but what
their account says (top-ups, stops).</p>
{provenance(result)}
</body></html>
"""


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    result = Result(sys.argv[1])
    temporary = f"{sys.argv[2]}.tmp.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(page(result))
    os.replace(temporary, sys.argv[2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
