"""Sections of the report on a sweep: heat maps, lines, changes against the baseline, a table.

A grid of more than two keys is shown in slices of the first two; `at` chooses the values of the
others: report.maps(sweep, at={"run.horizon": "72h"}).
"""
import itertools

import matplotlib.pyplot as plt
import numpy as np

from . import words
from .data import Z99
from .form import (WIDTH, Html, cell, dollar_axis, escape, figure, interval, listing,
                   number, percent, percent_axis, plural, row, style, table)
from .plots import arms, beside
from .sweep_data import Axis

SLICES = 4       # of the keys beyond the second
CELLS = 60       # of a heat map whose numbers are written into it
ROWS = 150       # points of the table
EVENTS = [("population_wipeout", "wiped out"), ("population_liquidation", "forced close"),
          ("population_full_liquidation", "closed completely"), ("population_deficit", "deficit")]
LOSS = ("population_mean_loss", "mean loss")
MARKS = "os^Dvp*X"


def breach(sweep):
    """DEF-5: accounts in breach before any shock, at every point."""
    counts = (sweep["initially_breached"] > 0).sum(axis=-1)
    if not counts.any():
        return Html("<p class=breach>Accounts in breach of maintenance margin before any shock: none of "
                    f"{sweep.n_account:,}, at any point, in any mode.</p>")
    parts = []
    for m, mode in enumerate(sweep.modes):
        of = counts[..., m]
        held = f"{(of > 0).sum():,} of {plural(of.size, 'point')}, at most {plural(int(of.max()), 'account')}"
        parts.append(f"{mode}: {held if of.any() else 'none'}")
    return Html("<p class=breach><b>Accounts in breach of maintenance margin before any shock</b>, of "
                f"{sweep.n_account:,}: {escape('; '.join(parts))}. Where they are many, a figure says how the "
                "accounts were opened rather than what the market did.</p>")


def warnings(sweep):
    missing = sum(not sweep.done(point) for point in sweep.points)
    return Html(f"<p class=breach><b>This sweep is partial: {missing:,} of {plural(len(sweep.points), 'point')} "
                "are missing.</b></p>" if missing else "")


def _extent(sweep, key):
    """The values of one of several keys that change together."""
    axis = Axis(key, sweep.values(key))
    if len(axis) <= 8:
        return ", ".join(axis.labels)
    order = np.argsort(axis.at)
    return f"{len(axis)} values from {axis.labels[order[0]]} to {axis.labels[order[-1]]}"


def _simulation(sweep):
    """Paths and horizon, unless they are swept themselves."""
    keys = {key for key, _ in sweep.where(sweep.points[0])}
    paths = "" if "run.paths" in keys else f"{sweep.paths:,} paths "
    over = "" if "run.horizon" in keys else f"of {words.span(sweep.hours)} "
    return (f"{paths}{over}at each of {plural(len(sweep.points), 'point')}, the same paths for every mode and, as "
            f"far as the keys leave them alone, at every point; seed {escape(sweep.attr('seed'))}")


def question(sweep):
    config = sweep.config
    if sweep.keys:
        swept = [(key, _extent(sweep, key)) for key in sweep.keys]
    else:
        swept = [(axis.key, listing(axis.labels) if len(axis) <= 12 else
                  f"{len(axis)} values from {axis.labels[0]} to {axis.labels[-1]}") for axis in sweep.axes]
    base = sweep.plan.get("baseline")
    rows = [(f"Swept: {key}", escape(values)) for key, values in swept]
    if base:
        rows.append(("Baseline", escape(", ".join(f"{key} = {value}" for key, value in base.items()))))
    held = [("Accounts", "accounts.generate.count", f"{sweep.n_account:,}"),
            ("Market", "market.assets", words.assets(config)),
            ("Correlations", "market.correlation", words.correlation(config)),
            ("Shocks", "shocks", escape(words.shocks(config))), ("Venue", "venue", words.venue(config))]
    rows += [(label, value) for label, whole, value in held
             if not any(key == whole or whole.startswith(key + ".") for key, _ in swept)]
    rows.append(("Simulation", _simulation(sweep)))
    body = "".join(f"<tr><th scope=row>{escape(label)}</th><td class=text>{value}</td></tr>"
                   for label, value in rows if value and value is not NotImplemented)
    return Html(f"<p class=lead>How do wipeouts and forced closes under {listing(sweep.modes)} margin change with "
                f"{escape(listing([key for key, _ in swept]))}? Everything that is not swept is as at the first "
                f"point:</p><table class=facts><tbody>{body}</tbody></table>")


def answer(sweep):
    """The range over the points, its ends with bounds that allow for having been selected."""
    parts = []
    share, lower, upper = sweep.simultaneous("population_wipeout")
    for m, mode in enumerate(sweep.modes):
        of = share[..., m]
        if not np.isfinite(of).any():
            continue
        if np.nanmin(of) == np.nanmax(of):
            at = (*np.unravel_index(np.nanargmax(of), of.shape), m)
            same = number(percent.bare(share[at], percent.unit()),
                          f"population_wipeout[{','.join(map(str, at))}]", 0.01)
            worst = float(np.nanmax(upper[..., m]))
            parts.append(f"<li>under <b>{mode}</b> {same} % at every point <i>(at most {percent(worst, worst)})</i></li>")
            continue
        ends = []
        for pick in (np.nanargmin, np.nanargmax):
            point = np.unravel_index(pick(of), of.shape)
            at = (*point, m)
            source = f"population_wipeout[{','.join(map(str, at))}]"
            error = (upper[at] - lower[at]) / 2
            bounds = (f"({percent.bare(lower[at], percent.unit(), error, 1)} to "
                      f"{percent.bare(upper[at], percent.unit(), error, 1)})")
            spot = ", ".join(f"{key} {value}" for key, value in sweep.where(point))
            ends.append(f"{number(percent.bare(of[point], percent.unit(), error, 1), source, 0.01)} % "
                        f"<i>{bounds}</i> at {escape(spot)}")
        parts.append(f"<li>under <b>{mode}</b> from {ends[0]} to {ends[1]}</li>")
    return Html(f"<p class=lead>The share of accounts wiped out lies</p><ul>{''.join(parts)}</ul>"
                "<p class=note>The smallest and the largest of many estimates are in part small or large by chance: the "
                f"bounds hold for all {share.size:,} estimates together with 99 %.</p>")


def slices(sweep, at=None):
    """(words, index) of the slices that are shown: two free dimensions, the others fixed."""
    rest = sweep.axes[2:]
    if not rest:
        return [("", ())]
    wanted = dict(at or {})
    choices = [[axis.labels.index(str(wanted[axis.key]))] if axis.key in wanted else range(len(axis))
               for axis in rest]
    found = list(itertools.product(*choices))
    left = f" ({len(found) - SLICES} further slices are in the file)" if len(found) > SLICES else ""
    return [(", ".join(f"{axis.key} = {axis.labels[i]}" for axis, i in zip(rest, index)) + left, index)
            for index in found[:SLICES]]


def _cut(values, index):
    """[first key][second key][mode] of a dataset at fixed values of the other keys."""
    return values[(slice(None), slice(None), *index)]


def _heat(ax, sweep, values, half, limit, cmap):
    """One heat map; numbers with half their interval in the cells where there is room."""
    first, second = sweep.axes[:2]
    image = ax.imshow(values.T, origin="lower", aspect="auto", cmap=cmap, vmin=limit[0], vmax=limit[1])
    ax.set_xticks(range(len(first)), first.labels)
    ax.set_yticks(range(len(second)), second.labels)
    ax.grid(visible=False)
    if max(map(len, first.labels)) * len(first) > 24:
        ax.tick_params(axis="x", rotation=45)
    if values.size <= CELLS:
        size = 7.5 if values.size <= 25 else 6
        for i, j in np.ndindex(values.shape):
            if not np.isfinite(values[i, j]):
                continue
            red, green, blue, _ = image.cmap(image.norm(values[i, j]))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            unit = percent.unit()
            ax.text(i, j, f"{percent.bare(values[i, j], unit, half[i, j], 1)}\n"
                    f"±{percent.bare(half[i, j], unit, half[i, j], 1)}", ha="center", va="center",
                    fontsize=size, color="white" if dark else "black")
    return image


def maps(sweep, at=None):
    """Heat maps of the share wiped out by mode, and of the differences between the modes."""
    if len(sweep.axes) < 2:
        return Html("")
    parts = []
    for where, index in slices(sweep, at):
        share = _cut(sweep["population_wipeout"], index)
        half = (_cut(sweep["population_wipeout_upper"], index)
                - _cut(sweep["population_wipeout_lower"], index)) / 2
        drawn, axes = plt.subplots(1, len(sweep.modes), figsize=(WIDTH, 3.4), squeeze=False, sharey=True)
        for m, mode in enumerate(sweep.modes):
            image = _heat(axes[0, m], sweep, share[..., m], half[..., m], (0, np.nanmax(share)), "cividis_r")
            axes[0, m].set_title(mode, fontsize=10)
        drawn.supxlabel(sweep.axes[0].key, fontsize=10)
        axes[0, 0].set_ylabel(sweep.axes[1].key)
        bar = drawn.colorbar(image, ax=axes, shrink=0.9)
        percent_axis(bar.ax.yaxis)
        parts.append(figure(drawn, f"Share of accounts wiped out {where}",
                            "Share of accounts wiped out" + (f" at {escape(where)}" if where else "")
                            + " in per cent" * (share[..., 0].size <= CELLS)
                            + (", ± half the 99 % interval" if share[..., 0].size <= CELLS else
                               f"; half the 99 % interval is at most {percent(float(np.nanmax(half)))}") + ".",
                            dense=True))
        if len(sweep.modes) > 1:
            parts.append(_difference_map(sweep, index, where))
    return Html("".join(parts))


def _difference_map(sweep, index, where):
    pairs = list(itertools.combinations(range(len(sweep.modes)), 2))[:3]
    cut = {end: _cut(sweep["population_difference" + end], index) for end in ("", "_lower", "_upper")}
    most = max(np.nanmax(np.abs([cut[""][..., i, j] for i, j in pairs])), 1e-12)
    drawn, axes = plt.subplots(1, len(pairs), figsize=(WIDTH, 3.4), squeeze=False, sharey=True)
    for ax, (i, j) in zip(axes[0], pairs):
        lower, upper = cut["_lower"][..., i, j], cut["_upper"][..., i, j]
        image = _heat(ax, sweep, cut[""][..., i, j], (upper - lower) / 2, (-most, most), "PuOr")
        for a, b in np.argwhere((lower <= 0) & (upper >= 0)):
            ax.add_patch(plt.Rectangle((a - 0.5, b - 0.5), 1, 1, fill=False, hatch="////",
                                       edgecolor="#999999", linewidth=0))
        ax.set_title(f"{sweep.modes[i]} minus {sweep.modes[j]}", fontsize=10)
    drawn.supxlabel(sweep.axes[0].key, fontsize=10)
    axes[0, 0].set_ylabel(sweep.axes[1].key)
    bar = drawn.colorbar(image, ax=axes, shrink=0.9)
    percent_axis(bar.ax.yaxis)
    return figure(drawn, f"Difference between modes {where}",
                  "Share of accounts wiped out, first mode minus second, paired by path"
                  + (f", at {escape(where)}" if where else "") + ". Hatched: the 99 % interval holds 0, so which "
                  "mode is safer there is not known.", dense=True)


def _line(ax, axis, middle, lower, upper, colour, line, mark, label, aside=0.0):
    """A line along a key; over names only marks, `aside` of one another."""
    order = np.argsort(axis.at)
    at = axis.at[order] + (0.12 * aside if axis.nominal else 0)
    ax.errorbar(at, middle[order], yerr=arms(middle, lower, upper)[:, order], color=colour,
                linestyle="none" if axis.nominal else line, marker=mark, markersize=4, capsize=2, elinewidth=1,
                label=label)


def _three(sweep, name):
    """An estimate and the ends of its interval, everywhere."""
    if name + "_lower" not in sweep:
        half = Z99 * sweep[name + "_se"]
        return [sweep[name], sweep[name] - half, sweep[name] + half]
    return [sweep[name + end] for end in ("", "_lower", "_upper")]


def _by_mode(sweep, ax, axis, values, index=()):
    for m, mode in enumerate(sweep.modes):
        _line(ax, axis, *(v[(slice(None), *index, m)] for v in values), *style(mode), mode,
              aside=m - (len(sweep.modes) - 1) / 2)


def lines(sweep, at=None):
    """Shares against the swept keys with their intervals."""
    if sweep.kind == "latin":
        return scatter(sweep)
    if len(sweep.axes) == 1:
        return _lines_of_one(sweep)
    parts = []
    for where, index in slices(sweep, at):
        for name, label in EVENTS[:2] + EVENTS[3:] + [LOSS]:
            parts.append(_lines_of_two(sweep, name, label, where, index))
    return Html("".join(parts))


def _lines_of_one(sweep):
    axis = _along(sweep)
    drawn, axes = plt.subplots(3, 2, figsize=(WIDTH, 8.2), sharex=True)
    axes[2, 1].set_visible(False)
    for ax, (name, label) in zip(axes.ravel(), EVENTS + [LOSS]):
        _by_mode(sweep, ax, axis, _three(sweep, name))
        _share_axis([ax], label, name)
    for ax in (axes[1, 1], axes[2, 0]):
        ax.tick_params(labelbottom=True)
        axis.label(ax)
    beside(axes[0, 0])
    return figure(drawn, "Figures along the sweep",
                  "Mean shares of accounts and mean loss of all accounts together, with 99 % intervals.")


def _along(sweep):
    """The axis to draw along: the first key that rises, where several change together."""
    for key in sweep.keys:
        axis = Axis(key, sweep.values(key))
        if axis.numeric and axis.sorted:
            return axis
    if sweep.keys:
        return Axis(", ".join(sweep.keys),
                    [" / ".join(v for _, v in sweep.where(point)) for point in sweep.points])
    return sweep.axes[0]


def _share_axis(axes, label, name):
    """The y axes of a row of drawings of one figure."""
    if name.startswith("population_mean_loss"):
        axes[0].set_ylabel(f"{label} [USD]")
        dollar_axis(axes[0].yaxis)
    else:
        axes[0].set_ylabel(f"accounts: {label}")
        percent_axis(axes[0].yaxis)
    if name in dict(EVENTS):
        axes[0].set_ylim(0, None)
    else:  # it may have either sign
        for ax in axes:
            ax.axhline(0, color="#57606a", linewidth=0.8)


def _lines_of_two(sweep, name, label, where, index):
    first, second = sweep.axes[:2]
    values = [_cut(v, index) for v in _three(sweep, name)]
    chosen = (range(len(second)) if len(second) <= len(MARKS) else
              np.unique(np.linspace(0, len(second) - 1, len(MARKS)).round().astype(int)))
    colours = plt.get_cmap("cividis")(np.linspace(0, 0.8, len(chosen)))
    drawn, axes = plt.subplots(1, len(sweep.modes), figsize=(WIDTH, 3.3), squeeze=False, sharey=True)
    for m, mode in enumerate(sweep.modes):
        ax = axes[0, m]
        for k, j in enumerate(chosen):
            _line(ax, first, *(v[:, j, m] for v in values), colours[k], "-", MARKS[k], second.labels[j],
                  aside=k - (len(chosen) - 1) / 2)
        ax.set_title(mode, fontsize=10)
        first.label(ax, room=24)
        ax.set_xlabel("")
    drawn.supxlabel(first.key, fontsize=10)
    _share_axis(axes[0], label, name)
    axes[0, -1].legend(title=second.key.rpartition(".")[2], loc="upper left", bbox_to_anchor=(1, 1),
                       fontsize=8, title_fontsize=8)
    what = "Mean loss of all accounts" if name == "population_mean_loss" else f"Share of accounts: {label}"
    return figure(drawn, f"{what} {where}",
                  what + (f", at {escape(where)}" if where else "")
                  + f". {'Marks' if first.nominal else 'Lines'} by {escape(second.key)}"
                  + (f", {len(chosen)} of its {len(second)} values" if len(chosen) < len(second) else "")
                  + "; 99 % intervals.")


def scatter(sweep):
    """A Latin hypercube: every point against each key, and how far the ranks go together."""
    drawn, axes = plt.subplots(1, len(sweep.keys), figsize=(WIDTH, 3.4), squeeze=False, sharey=True)
    values = _three(sweep, "population_wipeout")
    rows = []
    for ax, key in zip(axes[0], sweep.keys):
        at = np.array(sweep.values(key), float)
        for m, mode in enumerate(sweep.modes):
            colour, _, mark = style(mode)
            middle, lower, upper = (v[:, m] for v in values)
            ax.errorbar(at, middle, yerr=arms(middle, lower, upper), color=colour, linestyle="none",
                        marker=mark, markersize=3.5, elinewidth=0.8, label=mode)
        ax.set(xlabel=key, ylim=(0, None))
        rows.append(row(escape(key), [_rank_correlation(at, values[0][:, m]) for m in range(len(sweep.modes))]))
    axes[0, 0].set_ylabel("accounts wiped out")
    percent_axis(axes[0, 0].yaxis)
    beside(axes[0, 0])
    return Html(figure(drawn, "Points of the sweep",
                       "Share of accounts wiped out at every point against each swept key, 99 % intervals.")
                + table(["rank correlation with wipeout", *sweep.modes], rows,
                        "Spearman's, over the points, with its 99 % interval by Fisher's transform."))


def _rank_correlation(x, y):
    good = np.isfinite(y)
    rank = [np.argsort(np.argsort(v[good])) for v in (x, y)]
    if good.sum() < 5 or np.ptp(y[good]) == 0:
        return cell("–")
    r = float(np.corrcoef(*rank)[0, 1])
    centre, half = np.arctanh(np.clip(r, -0.999999, 0.999999)), Z99 / np.sqrt(good.sum() - 3)
    low, high = np.tanh([centre - half, centre + half])
    return cell(f"{r:.2f}".replace("-", "−"), f"{low:.2f} to {high:.2f}".replace("-", "−"))


def changes(sweep, at=None):
    """Change against the baseline, from the same paths."""
    if "population_wipeout_change" not in sweep:
        return Html("<p>The sweep has no baseline: there is no change to show.</p>")
    base = escape(", ".join(f"{key} = {value}" for key, value in sweep.plan["baseline"].items()))
    parts = []
    if len(sweep.axes) > 1:
        for where, index in slices(sweep, at):
            for name, label in EVENTS[:2]:
                parts.append(_lines_of_two(sweep, f"{name}_change", f"{label}, change", where, index))
    else:
        axis = _along(sweep)
        drawn, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.4))
        for ax, (name, label) in zip(axes, EVENTS):
            _by_mode(sweep, ax, axis, _three(sweep, name + "_change"))
            _share_axis([ax], f"{label}, change", name + "_change")
            axis.label(ax)
        beside(axes[0])
        parts.append(figure(drawn, "Change against the baseline", f"Difference from {base}; 99 % intervals."))
    return Html(f"<p class=keep>Every point against its baseline ({base}), on the same paths: the chance of the draw "
                "largely cancels. In points of the share of accounts.</p>" + "".join(parts))


def points_table(sweep):
    """Every point with its shares."""
    shown = [point for point in sweep.points if sweep.done(point)]
    note = f" The first {ROWS} of {len(shown):,} points." if len(shown) > ROWS else ""
    keys = [key for key, _ in sweep.where(sweep.points[0])]
    rows = []
    for point in shown[:ROWS]:
        cells = [cell(escape(value)) for _, value in sweep.where(point)]
        for name in ("population_wipeout", "population_liquidation"):
            for m in range(len(sweep.modes)):
                at = (*point, m)
                values = [float(sweep[name + end][at]) for end in ("", "_lower", "_upper")]
                cells.append(interval(*values, f"{name}[{','.join(map(str, at))}]"))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head = [escape(key.rpartition(".")[2]) for key in keys]
    head += [f"wiped out, {mode}" for mode in sweep.modes] + [f"forced close, {mode}" for mode in sweep.modes]
    return Html(table(head, rows, f"Columns: {escape(listing(keys))}. 99 % intervals, each alone.{note}"))
