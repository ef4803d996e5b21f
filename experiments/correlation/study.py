#!/usr/bin/env python3
"""True correlation from 0 to 1 under three margin modes; see README.md beside it."""
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

EVENTS = {"forced close": "population_liquidation", "full liquidation": "population_full_liquidation",
          "wipeout": "population_wipeout", "deficit": "population_deficit"}
ASSUMED = (0.0, 0.5, 1.0)
LEG = 1000.0


def run(study):
    rows = []
    file = study.sweep("book.yaml", study.paths(200_000))
    correlations = file["market.correlation"][()]
    for k, correlation in enumerate(correlations):
        for m, mode in enumerate(s.modes(file)):
            for event, name in EVENTS.items():
                rows.append({"part": "book", "case": mode, "correlation": f"{correlation:g}",
                             "figure": event, **s.three(file, name, (k, m))})
    for assumed in ASSUMED:
        # A hair above the requirement: rounding must not begin in breach.
        money = 0.15 * LEG * math.sqrt(5 + 20 * assumed) * (1 + 1e-9)
        file = study.sweep("requirement.yaml", study.paths(1_000_000),
                           f"venue.portfolio.between_underlyings.correlation={assumed}",
                           f"accounts.list.five.balance={money!r}")
        for k, correlation in enumerate(correlations):
            at = {"part": "requirement", "case": f"assumes {assumed:g}", "correlation": f"{correlation:g}"}
            rows.append({**at, "figure": "deficit", **s.three(file, "population_deficit", (k, 0))})
    return rows


def claims(rows):
    def book(mode, figure):
        return s.select(rows, part="book", case=mode, figure=figure)

    low, assumed, high = (s.select(rows, part="requirement", case=f"assumes {c:g}") for c in ASSUMED)
    isolated, cross, portfolio = (book(mode, "wipeout") for mode in ("isolated", "cross", "portfolio"))
    last = [s.one(book("isolated", figure), correlation="1") == {**s.one(book("cross", figure), correlation="1"),
                                                                 "case": "isolated"} for figure in EVENTS]
    return {
        "forced closes fall with correlation under isolated margin": s.rises(book("isolated", "forced close")[::-1]),
        "and rise under cross and portfolio": all(s.rises(book(mode, "forced close"))
                                                  for mode in ("cross", "portfolio")),
        "wipeouts rise under all three": all(map(s.rises, (isolated, cross, portfolio))),
        "at correlation one isolated and cross are the same": all(last),
        "portfolio closes more often than cross and wipes out less often, from 0.25 on": all(
            s.above(a, b) for a, b in [*zip(book("portfolio", "forced close")[1:], book("cross", "forced close")[1:]),
                                       *zip(cross[1:], portfolio[1:])]),
        "a requirement that assumes 0.5 is exceeded more often the higher the true correlation is":
            s.rises(assumed[2:]),
        "and assuming 0 is worse, assuming 1 better": s.above(low[-1], assumed[-1]) and s.above(assumed[-1], high[-1]),
    }


def draw(rows):
    figure, axes = s.plt.subplots(2, 3, figsize=(s.WIDTH, 5.8))
    for ax, event in zip(axes.ravel(), EVENTS):
        for mode in ("isolated", "cross", "portfolio"):
            s.curve(ax, s.select(rows, part="book", case=mode, figure=event), "correlation",
                    *s.style(mode), mode)
        ax.set_title(event, fontsize=10, loc="left")
        ax.set_ylim(0, None)
        s.percent_axis(ax.yaxis)
    right, last = axes[1, 1], axes[1, 2]
    for assumed, colour, line, mark in zip(ASSUMED, ("#CC79A7", "#009E73", "#56B4E9"), ("-", "-.", ":"), "Dv*"):
        s.curve(right, s.select(rows, part="requirement", case=f"assumes {assumed:g}"), "correlation",
                colour, line, mark, f"assumed {assumed:g}", log=True)
    right.set_yscale("log")
    right.set_title("loss beyond the requirement", fontsize=10, loc="left")
    s.percent_axis(right.yaxis)
    for ax in axes[1]:
        ax.set_xlabel("true correlation")
    handles = axes[0, 0].get_legend_handles_labels()
    more = right.get_legend_handles_labels()
    last.set_axis_off()
    top = last.legend(*handles, loc="upper left", title="margin mode", alignment="left")
    last.add_artist(top)
    last.legend(*more, loc="lower left", title="portfolio margin, one step of a day", alignment="left")
    axes[0, 0].set_ylabel("probability within 72 h")
    axes[1, 0].set_ylabel("probability")
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
