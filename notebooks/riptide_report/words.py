"""The configuration and the outcome of a run in words."""
import numpy as np

from .data import Z99
from .form import Html, dollars, escape, interval, listing, number, percent, plural, row, table

MODELS = {
    "gaussian": "Gaussian steps", "none": "no shocks", "replay": "a replayed price history",
    "given": "given price paths", "merton": "Merton's jump diffusion", "kou": "Kou's jump diffusion",
    "svcj": "stochastic volatility with jumps", "regime": "switching regimes", "garch": "GARCH volatility",
    "bootstrap": "a block bootstrap of price history", "fhs": "filtered historical simulation",
}
MIXING = {"step": "one mixing variable a step, common to all assets",
          "path": "one mixing variable a path, common to all assets",
          "period": "one mixing variable a period, common to all assets",
          "asset": "mixing variables of the assets independent"}
LONGEST = 400    # characters of a fact
TAIL_LEAST = 10  # paths beyond a level, for its figures to rest on
EVENTS = [
    ("population_wipeout", "Wiped out", "net worth at or below {threshold} of its start after some step"),
    ("population_terminal_wipeout", "Wiped out at the horizon", "net worth still there at the end"),
    ("population_liquidation", "Forced close", "any position closed by force"),
    ("population_full_liquidation", "Closed completely", "every margined position closed by force"),
    ("population_deficit", "Deficit", "a loss beyond the collateral, which others paid"),
]


def span(hours):
    """A duration in the largest fitting unit."""
    if hours >= 48 and hours % 24 == 0:
        return plural(int(hours // 24), "day")
    if hours >= 1:
        return f"{hours:g} hour{'' if hours == 1 else 's'}"
    return f"{60 * hours:g} minutes"


def shocks(config):
    """The shock model in words."""
    model = config.get("shocks.model", "gaussian")
    dof, mixing = config.get("shocks.dof"), config.get("shocks.mixing", "step")
    if model in ("student_t", "skewed_t"):
        name = "Student t steps" if model == "student_t" else "skewed Student t steps"
        return f"{name} with {dof:g} degrees of freedom, {MIXING.get(mixing, mixing)}"
    words = MODELS.get(model, model)
    source = config.get("shocks.file") or config.get("shocks.event")
    return f"{words} ({source})" if source else words


def stress(config):
    """The stress of the market in words; empty without one."""
    asked, words = config.get("market.stress", {}), []
    move = asked.get("correlation")
    if isinstance(move, dict):
        words.append("correlations moved toward a given matrix or within blocks")
    elif move:
        words.append(f"correlations moved {percent(float(move))} of the way to one")
    if float(asked.get("volatility", 1)) != 1:
        words.append(f"volatilities times {float(asked['volatility']):g}")
    drift = asked.get("drift") or {}
    words += [f"{symbol} {percent(float(by))} in log-return over the horizon"
              for symbol, by in drift.items()]
    return listing(words) if words else ""


def assets(config):
    held = config.assets()
    if not held:
        return NotImplemented
    volatility = sorted(float(a["volatility"]) for a in held)
    names = [str(a["symbol"]) for a in held]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    words = f"{plural(len(names), 'asset')} ({escape(shown)})"
    if volatility[0] == volatility[-1]:
        return f"{words}, volatility {percent(volatility[0])} a year"
    return f"{words}, volatilities {percent(volatility[0])} to {percent(volatility[-1])} a year"


def correlation(config):
    given = config.get("market.correlation")
    given = given.get("matrix", given.get("value")) if isinstance(given, dict) else given
    if isinstance(given, list) and len(given) > 1:
        matrix = np.array(given, float)
        apart = matrix[np.triu_indices(len(matrix), 1)]
        return f"{apart.min():.2f} to {apart.max():.2f}, mean {apart.mean():.2f}"
    return f"{float(given):g} between all pairs" if isinstance(given, (int, float)) else ""


def venue(config):
    given = config.get("venue", "")
    name = given if isinstance(given, str) else given.get("name", given.get("base", "as configured"))
    return escape(name)


def spread(values, write):
    low, middle, high = np.nanpercentile(values, [10, 50, 90])
    if low == high:
        return write(middle)
    return f"median {write(middle)}, middle four fifths {write(low)} to {write(high)}"


def accounts(run):
    """(label, words) of the accounts."""
    times = "{:.3g}x".format
    rows = [("Accounts", f"{run.n_account:,} with {dollars(run.equity)} USD of equity together"
             + (f", standing for {run.weight.sum():,.6g} real ones"
                if not np.all(run.weight == 1) else "")),
            ("Equity of an account", f"{spread(run['initial_equity'], dollars)} USD")]
    if "positions/quantity" in run:
        rows.append(("Gross notional / equity", spread(run.gross_leverage, times)))
        if np.isfinite(run.set_leverage).any():  # not where all hold nothing but options
            rows.append(("Leverage of positions", spread(run.set_leverage, times)))
    return rows


def breach(run):
    """DEF-5: accounts in breach before any shock, stated first."""
    counts = run.breached
    listed = listing(
        f"{number(f'{count:,}', f'sum(initially_breached[{m}])')} under {mode}"
        for m, (mode, count) in enumerate(zip(run.modes, counts)))
    if not counts.any():
        return Html(f"<p class=breach>Accounts in breach of maintenance margin before any shock: none of "
                    f"{run.n_account:,} ({listed}). What follows is the work of the market.</p>")
    what = {"exclude": "They are left out of every figure of that mode.",
            "liquidate": "They are liquidated at the first step and count in every figure below."}
    policy = run.config.get("run.initial_breach", "liquidate")
    return Html(f"<p class=breach><b>Accounts in breach of maintenance margin before any shock</b>, of "
                f"{run.n_account:,}: {listed}. {what.get(policy, '')}</p>")


def warnings(run):
    """What a reader must know before the numbers."""
    words = []
    if run.attr("status") == "partial" or run.paths < int(run.file.attrs.get("paths", run.paths)):
        words.append(f"This result is partial: {run.paths:,} of {int(run.file.attrs['paths']):,} paths.")
    if run.paths == 1:
        words.append("One path is a scenario, not a probability: no figure has an interval.")
    return Html("".join(f"<p class=breach><b>{word}</b></p>" for word in words))


def question(run):
    config = run.config
    step = config.get("run.step", "")
    asked = (f"How many of {plural(run.n_account, 'account')} are closed by force, and how many are wiped out, "
             f"within {span(run.hours)} under {listing(run.modes)} margin, when and with how many others, and "
             "what do they lose?")
    rows = accounts(run) + [
        ("Market", assets(config)), ("Correlations", correlation(config)),
        ("Shocks", escape(shocks(config))), ("Stress", escape(stress(config)) or "none"),
        ("Venue", venue(config)),
        ("Simulation", f"{run.paths:,} paths of {span(run.hours)}" +
         (f" in steps of {escape(step)}" if step else "") +
         f", the same paths for every mode, seed {escape(run.attr('seed'))}"),
        ("Wiped out means", f"net worth at or below {percent(run.threshold)} of its start at the end of "
         "some step, whatever happens after"),
    ]
    body = "".join(f"<tr><th scope=row>{label}</th><td class=text>{words}</td></tr>"
                   for label, words in rows if words and words is not NotImplemented)
    return Html(f"<p class=lead>{asked}</p><table class=facts><tbody>{body}</tbody></table>")


def three(run, name, *at):
    """An estimate and the ends of its interval, and the expression of the estimate."""
    values = (float(run[name + end][at]) for end in ("", "_lower", "_upper"))
    return *values, f"{name}[{','.join(map(str, at))}]"


def share(run, name, m):
    """A share and its interval inside a sentence, with one digit of the error."""
    return interval(*three(run, name, m), inline=True, digits=1)[len("<td class=line>"):-len("</td>")]


def order(run):
    """The modes in order of wipeouts, as far as the intervals of the differences tell them apart."""
    ranked = sorted(range(len(run.modes)), key=lambda m: run["population_wipeout"][m])
    if len(ranked) < 2 or not np.isfinite(run["population_difference_se"]).all():
        return ""
    groups = [[run.modes[ranked[0]]]]
    for low, high in zip(ranked, ranked[1:]):
        if run["population_difference_upper"][low, high] < 0:
            groups.append([])
        groups[-1].append(run.modes[high])
    if len(groups) == 1:
        return "no mode is clearly safer than the next: chance may explain what they differ by"
    told = ", then ".join(" or ".join(group) for group in groups)
    unclear = " (where it says “or”, chance may explain which)" if any(len(g) > 1 for g in groups) else ""
    return f"the fewest accounts are wiped out under {told}{unclear}"


def answer(run):
    """The outcome in a few sentences; differences are claimed only where the interval says so."""
    forced = listing(f"{share(run, 'population_liquidation', m)} under <b>{mode}</b>"
                     for m, mode in enumerate(run.modes))
    wiped = listing(f"{share(run, 'population_wipeout', m)} under <b>{mode}</b>"
                    for m, mode in enumerate(run.modes))
    compared = order(run)
    compared = f" On the same paths {compared}: see the differences below." if compared else ""
    return Html(f"<p class=lead>Within {span(run.hours)} the share of accounts that are wiped out is {wiped}; "
                f"the share with a position closed by force is {forced} (with 99 % intervals).{compared}</p>")


def _money(run, name, at):
    x, se = float(run[name][at]), float(run[name + "_se"][at])
    spot = ",".join(map(str, at)) if isinstance(at, tuple) else at
    source, error = f"{name}[{spot}]", f"Z99 * {name}_se[{spot}]"
    return interval(x, x - Z99 * se, x + Z99 * se, source,
                    (f"{source} - {error}", f"{source} + {error}"), dollars)


def thin_tails(run):
    """The levels whose tail holds too few paths, as `riptide summary` warns of them."""
    beyond = [(level, run.paths * (1 - level)) for level in run["level"]]
    thin = [f"{n:.2g} beyond {100 * level:g} %" for level, n in beyond if n < TAIL_LEAST]
    if not thin or run.paths == 1:
        return ""
    return (f" <b>Few of the {run.paths:,} paths are in the tails: {listing(thin)}</b>. Value at risk and expected "
            "shortfall there are rough, and so are their intervals.")


def summary(run):
    modes = range(len(run.modes))
    rows = []
    for name, label, note in EVENTS:
        cells = [interval(*three(run, name, m)) for m in modes]
        rows.append(row(label, cells, note.format(threshold=percent(run.threshold))))
    rows.append(row("Mean loss of all accounts together [USD]",
                    [_money(run, "population_mean_loss", m) for m in modes]))
    for key, label in (("value_at_risk", "Value at risk"), ("expected_shortfall", "Expected shortfall")):
        for k, level in enumerate(run["level"]):
            rows.append(row(f"{label}, {100 * level:g} % [USD]",
                            [_money(run, f"population_{key}", (m, k)) for m in modes]))
    return Html(table(["", *run.modes], rows,
                      "Upper rows: mean share of accounts. Small: 99 % interval. The unit of error is the path: "
                      "accounts on one path share its prices. A loss is positive, a profit negative. Value at risk is "
                      "the loss that is exceeded on the remaining share of paths, expected shortfall the mean of the "
                      "losses beyond it." + thin_tails(run)))


def differences(run):
    rows = []
    for i, first in enumerate(run.modes):
        for j in range(i + 1, len(run.modes)):
            rows.append(row(f"{first} minus {run.modes[j]}", [
                interval(*three(run, name, i, j), write=write, inline=True)
                for name, write in (("population_difference", percent),
                                    ("population_mean_loss_difference", dollars))]))
    if not rows:
        return Html("<p>One mode was run: there is nothing to compare.</p>")
    return Html(table(["", "accounts wiped out", "mean loss of all [USD]"], rows,
                      "Both modes run on the same paths and are compared path by path, so the chance of the "
                      "draw largely cancels: a difference may be clear where the two intervals above overlap. Differences of "
                      "shares are in percentage points."))


def limits(run):
    generated = run.config.get("accounts.generate")
    words = [
        "Intervals cover the chance of the draw of price paths. They do not cover the choice of the shock model or "
        "the error of its parameters" + (", nor the draw of the accounts: this population is one of many that the "
                                         "same rules generate." if generated else "."),
        "Accounts do not move prices here." if not run.config.get("run.coupled") else
        "Accounts share one market, and forced closes move its prices by the venue's impact rule.",
        "Traders do nothing but what their account says (top-ups, stops): nobody closes in time because he is "
        "watching, and nobody adds to a loser.",
        "Margin is checked at the end of each step: a breach that has healed by then is not seen."
        if run.config.get("run.monitoring", "step") == "step" else
        "Margin is watched between the steps too, by Brownian bridges.",
    ]
    return Html("<ul>" + "".join(f"<li>{word}</li>" for word in words) + "</ul>")


def provenance(run):
    shown = [("Program", "riptide_version"), ("Revision", "git_revision"), ("Created", "created"),
             ("Seed", "seed"), ("Paths", "paths_done"), ("Status", "status"), ("Shard", "shard"),
             ("Command", "command"), ("Job", "job_id"), ("Node", "job_node")]
    facts = [(label, run.attr(name)) for label, name in shown if run.attr(name)]
    facts = [(label, value if len(value) <= LONGEST else f"{value[:LONGEST]} ...") for label, value in facts]
    facts.append(("Built and run with", f"{run.attr('compiler')}, GSL {run.attr('gsl_version')}, HDF5 "
                  f"{run.attr('hdf5_version')}; {plural(int(run.attr('threads', '1')), 'thread')}, SIMD level "
                  f"{run.attr('simd')}"))
    if "wall_time_s" in run.file.attrs:
        facts.append(("Cost", "{:.3g} s, {:.3g} s of processor time, {:.3g} MB of memory".format(
            *(float(run.file.attrs[name]) * scale for name, scale in
              (("wall_time_s", 1), ("cpu_time_s", 1), ("peak_memory_bytes", 1e-6))))))
    body = "".join(f"<tr><th scope=row>{label}</th><td class=text>{escape(value)}</td></tr>"
                   for label, value in facts)
    inputs = ""
    if "config/input" in run:
        rows = [f"<tr><td class=text>{escape(name)}</td><td class=text><code>{escape(digest)}</code></td></tr>"
                for name, digest in zip(np.atleast_1d(run["config/input"]),
                                        np.atleast_1d(run["config/input_sha256"]))]
        inputs = (f"<table class=facts><thead><tr><th>Input</th><th>SHA-256</th></tr></thead><tbody>"
                  f"{''.join(rows)}</tbody></table>" if rows else "")
    return Html(f"<table class=facts><tbody>{body}</tbody></table>{inputs}{configuration(run)}")


def configuration(run):
    """The resolved configuration, a long one cut in the middle of its blocks."""
    blocks = []
    for block in run.config.blocks.values():
        lines = block.rstrip().split("\n")
        if len(lines) > 80:
            lines = lines[:60] + [f"  # ... {len(lines) - 60:,} more lines: see /config/yaml in the result"]
        blocks.append("\n".join(lines))
    return ("<details><summary>Resolved configuration (reproduces the run)</summary>"
            f"<pre>{escape(chr(10).join(blocks))}</pre></details>")
