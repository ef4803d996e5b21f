#!/usr/bin/env python3
"""Hedged books: when cross margin saves and when it sinks; see README.md beside it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

EQUITY = 2000.0
EVENTS = {"forced close": "liquidation_probability", "wipeout": "wipeout_probability"}
TAIL = "expected shortfall"  # of the worst 5 %, as a share of equity


def run(study):
    rows = []
    file = study.sweep("book.yaml", study.paths(100_000))
    for k, correlation in enumerate(file["market.correlation"][()]):
        for m, mode in enumerate(s.modes(file)):
            for a, hedge in enumerate(s.accounts(file)):
                at = {"correlation": f"{correlation:g}", "mode": mode, "hedge": hedge}
                for event, name in EVENTS.items():
                    rows.append({**at, "figure": event, **s.three(file, name, (k, m, a))})
                tail = s.three(file, "expected_shortfall", (k, m, a, 0))
                rows.append({**at, "figure": TAIL, **{key: x / EQUITY for key, x in tail.items()}})
    return rows


def claims(rows):
    def at(correlation, mode, hedge, figure):
        return s.one(rows, correlation=correlation, mode=mode, hedge=hedge, figure=figure)

    return {
        "a second leg makes a forced close more likely under isolated margin, whatever it hedges": all(
            s.above(at(c, "isolated", "0.25", "forced close"), at(c, "isolated", "0", "forced close"))
            for c in ("0", "0.8", "0.95")),
        "and nobody is wiped out there before all equity is posted": all(
            row["value"] == 0 for row in s.select(rows, mode="isolated", figure="wipeout") if row["hedge"] != "1"),
        "cross saves a hedge of half at correlation 0.95": s.above(
            at("0.95", "isolated", "0.5", "forced close"), at("0.95", "cross", "0.5", "forced close"))
            and at("0.95", "cross", "0.5", "wipeout")["upper"] < 0.001,
        "and loses less there in the worst 5 %": s.above(at("0.95", "isolated", "0.5", TAIL),
                                                         at("0.95", "cross", "0.5", TAIL)),
        "cross sinks the lone long": s.above(at("0.8", "cross", "0", "wipeout"), at("0.8", "isolated", "0", "wipeout")),
        "cross sinks a pair that is no hedge": s.above(at("0", "cross", "1", "wipeout"),
                                                       at("0", "cross", "0", "wipeout")),
        "with all equity posted and correlation 0.8 cross is the safer one": s.above(
            at("0.8", "isolated", "1", "wipeout"), at("0.8", "cross", "1", "wipeout")),
    }


def draw(rows):
    correlations = list(dict.fromkeys(row["correlation"] for row in rows))
    figures = [*EVENTS, TAIL]
    figure, axes = s.plt.subplots(3, 3, figsize=(s.WIDTH, 7.4), sharex=True, sharey="row")
    for i, what in enumerate(figures):
        for j, correlation in enumerate(correlations):
            for mode in ("isolated", "cross", "portfolio"):
                s.curve(axes[i, j], s.select(rows, correlation=correlation, mode=mode, figure=what),
                        "hedge", *s.style(mode), mode)
            s.percent_axis(axes[i, j].yaxis)
        axes[i, 0].set(ylabel=what + (" / equity" if what == TAIL else ""), ylim=(0, None))
    for j, correlation in enumerate(correlations):
        axes[0, j].set_title(f"correlation {correlation}", fontsize=10)
        axes[2, j].set_xlabel("short ETH / long BTC")
    axes[0, 0].legend()
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
