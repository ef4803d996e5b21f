"""Selected maxima: the most endangered accounts and the worst paths.

Whoever is picked for being the largest of many is in part picked for his luck. Accounts are
therefore chosen on the even batches of paths and measured on the odd ones, which know
nothing of the choice; the intervals hold for all rows of a table together.
"""
import numpy as np

from .data import wilson, z_of
from .form import NONE, Html, cell, dollars, escape, interval, number, percent, row, table

ROWS = 8     # accounts of a table
PATHS = 5    # paths of a table


# What stands behind a symbol; a linear perpetual is what is meant without a word.
NAMES = {"linear_perp": "", "inverse_perp": " inverse", "linear_future": " future", "spot": " spot"}


def _positions(run, i):
    """What an account holds: long BTC, BTC put; short ETH future."""
    sides = {"long": {}, "short": {}}  # dictionaries keep the order
    for k in np.flatnonzero(run.position_account == i):
        kind = run["positions/kind"][k]
        name = run["positions/symbol"][k] + (f" {run['positions/type'][k]}" if kind == "option" else NAMES[kind])
        sides["long" if run["positions/quantity"][k] > 0 else "short"][name] = True
    return "; ".join(f"{side} {escape(', '.join(names))}" for side, names in sides.items() if names)


def _describe(run, i):
    usd = float(run["initial_equity"][i])
    unit = dollars.unit(usd)
    equity = f"{number(dollars.bare(usd, unit), f'initial_equity[{i}]', unit[1])}{unit[2]}"
    if "positions/quantity" not in run:
        return [cell(equity)]
    return [cell(equity), cell(f"{run.gross_leverage[i]:.3g}x"), f"<td class=text>{_positions(run, i)}</td>"]


def _rate(run, name, m, i, rule, z, inline=True):
    """A share of paths on the odd batches (or all) with its simultaneous interval."""
    if not np.isfinite(run["wipeout_probability"][m, i]):  # the mode leaves the account out
        return cell(NONE)
    counts = run[f"batches/{name}"][m, i]
    size = run.batch_paths()
    part = slice(1, None, 2) if rule == "odd" else slice(None)
    n = size[part].sum()
    share = float(counts[part].sum() / n)
    lower, upper = (float(x) for x in wilson(share, n, z))
    where = f"{'1::2' if rule == 'odd' else ':'}"
    source = f"sum(batches/{name}[{m},{i},{where}]) / {n:.0f}"
    return interval(share, lower, upper, source, (f"wilson_lower({source}, {n:.0f}, {z!r})",
                                                  f"wilson_upper({source}, {n:.0f}, {z!r})"), inline=inline)


def _all_accounts(run):
    """Every account, where there are few: nothing is selected, all intervals hold together."""
    z = z_of(0.01 / (run.n_account * len(run.modes)))
    rows = [row(escape(name), _describe(run, i)
                + [_rate(run, "wipeouts", m, i, "all", z, inline=False) for m in range(len(run.modes))])
            for i, name in enumerate(run["account"])]
    facts = ["equity [USD]", "gross / equity", "positions"] if "positions/quantity" in run else ["equity [USD]"]
    return Html(table(["account", *facts, *run.modes], rows,
                      "How often each account is wiped out. Intervals hold for the whole table together with 99 % (each is Wilson's at a level "
                      "raised for their number), so the largest may be read off.", words=("positions",)))


def endangered(run):
    if run.n_account <= ROWS:
        return _all_accounts(run)
    if run.paths < 128:
        return Html("<p>Too few paths to choose accounts on one half and measure them on the other.</p>")
    z = z_of(0.01 / (2 * ROWS))
    facts = ["equity [USD]", "gross / equity", "positions"] if "positions/quantity" in run else ["equity [USD]"]
    parts = []
    for m, mode in enumerate(run.modes):
        even, closed = (run[f"batches/{name}"][m][:, ::2].sum(axis=1).astype(float)
                        for name in ("wipeouts", "liquidations"))
        parts.append(f"<h3>Under {mode} margin</h3>")
        if not even.any() and not closed.any():
            parts.append("<p>On the half that chooses, no account was wiped out or had a forced close.</p>")
            continue
        # Ties go to more forced closes, then to the earlier account.
        order = np.lexsort((np.arange(run.n_account), -closed, -even))[:ROWS]
        rows = [row(escape(run["account"][i]), _describe(run, i)
                    + [_rate(run, "wipeouts", m, i, "odd", z), _rate(run, "liquidations", m, i, "odd", z)])
                for i in order]
        parts.append(table(["account", *facts, "wiped out", "forced close"], rows, words=("positions",)))
    n = run.batch_paths()
    return Html(f"<p>The {ROWS} accounts wiped out most often in each mode (among equals, those closed by force most "
                "often), chosen on one half of the paths "
                f"({n[::2].sum():,.0f}) and measured on the other ({n[1::2].sum():,.0f}), which knows nothing of the choice. "
                "Intervals hold for all rows of a table together with 99 %.</p>" + "".join(parts))


def _path(run, m, path):
    """What happened on one path; of a shard, only some are in the file."""
    found = np.flatnonzero(run["system/path"] == path)
    if not len(found):
        return ""
    p = int(found[0])
    usd, fall = float(run["system/total_loss"][m, p]), float(run["system/market_drawdown"][p])
    unit = dollars.unit(usd)
    return "<br>".join([
        f"loss {number(dollars.bare(usd, unit), f'system/total_loss[{m},{p}]', unit[1])}{unit[2]} USD",
        f"index falls {number(percent.bare(fall, percent.unit()), f'system/market_drawdown[{p}]', 0.01)} %",
        f"{number(format(int(run['system/wiped_accounts'][m, p]), ','), f'system/wiped_accounts[{m},{p}]')} wiped out"])


def worst(run):
    """The paths of the largest total losses, and how far the modes agree on them."""
    paths, modes = run["worst_paths"], range(len(run.modes))
    n = paths.shape[1]
    per_path = "system/total_loss" in run
    rows = []
    for k in range(min(PATHS, n)):
        cells = []
        for m in modes:
            p = int(paths[m, k])
            cells.append(cell(number(f"{p:,}", f"worst_paths[{m},{k}]"),
                              _path(run, m, p) if per_path else ""))
        rows.append(row(str(k + 1), cells))
    shared = [f"{len(set(paths[i]) & set(paths[j])):,} under both {first} and {run.modes[j]}"
              for i, first in enumerate(run.modes) for j in modes if j > i]
    agree = (f" Of the {n:,} worst paths of each mode, " + "; ".join(shared) + "." if shared else "")
    return Html(table(["rank", *(f"path, {mode}" for mode in run.modes)], rows,
                      f"Paths by the total loss of all accounts, worst first.{agree} These are facts of the {run.paths:,} "
                      "paths drawn, selected for being the largest: another seed gives other ones. What such losses "
                      "are in general is estimated, with errors, by value at risk and expected shortfall above."
                      + ("" if per_path else " What happened on a path stands here if outputs.system is true.")))
