#!/usr/bin/env python3
"""Isolated top-ups: does saving a losing trade pay; see README.md beside it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

BUCKET, EQUITY = 1000.0, 4000.0
LEVERAGES = (10, 25)
POLICIES = {"let-go": "let it go", "to-initial": "top up to initial margin",
            "half-thrice": "top up by half a bucket, 3 times at most"}
GAIN = "gain by topping up"  # per position that would have been closed, in units of its bucket
TAIL = "expected shortfall"  # of the worst 1 %, as a share of equity


def gain(file, k, saver, quitter):
    """What topping up changes in the loss for each position it tries to save.

    A ratio of sums over paths, the error from the spread of the batches around it. On all other
    paths the two accounts do the same.
    """
    better = (file["batches/loss_sum"][k, 0, quitter] - file["batches/loss_sum"][k, 0, saver]) / BUCKET
    tried = file["batches/liquidations"][k, 0, quitter].astype(float)
    ratio = better.sum() / tried.sum()
    rest = better - ratio * tried
    half = s.Z99 * rest.std(ddof=1) * len(rest) ** 0.5 / tried.sum()
    return {"value": ratio, "lower": ratio - half, "upper": ratio + half}


def run(study):
    rows = []
    file = study.sweep("book.yaml", study.paths(200_000))
    ids = s.accounts(file)
    for k, drift in enumerate(file["market.stress.drift.BTC"][()]):
        for leverage in LEVERAGES:
            quitter = ids.index(f"{leverage}x-let-go")
            for policy in POLICIES:
                a = ids.index(f"{leverage}x-{policy}")
                at = {"drift": f"{drift:g}", "leverage": str(leverage), "policy": policy}
                for event, name in (("forced close", "liquidation_probability"),
                                    ("wipeout", "wipeout_probability")):
                    rows.append({**at, "figure": event, **s.three(file, name, (k, 0, a))})
                tail = s.three(file, "expected_shortfall", (k, 0, a, 1))
                rows.append({**at, "figure": TAIL, **{key: x / EQUITY for key, x in tail.items()}})
                if a != quitter:
                    rows.append({**at, "figure": GAIN, **gain(file, k, a, quitter)})
    return rows


def claims(rows):
    def at(drift, leverage, policy, figure):
        return s.one(rows, drift=drift, leverage=leverage, policy=policy, figure=figure)

    saved = [policy for policy in POLICIES if policy != "let-go"]
    return {
        "topping up avoids nearly every forced close at 10x": all(
            at("0", "10", policy, "forced close")["upper"] < 0.001 for policy in saved),
        "where no move is expected it is worth next to nothing: within 4 % of a bucket either way": all(
            -0.04 < row["lower"] and row["upper"] < 0.04 for row in s.select(rows, drift="0", figure=GAIN)),
        "its sign is that of the expected move": all(
            row["upper"] < 0 for row in s.select(rows, drift="-0.02", figure=GAIN)) and all(
            row["lower"] > 0 for row in s.select(rows, drift="0.02", figure=GAIN)),
        "and the tail is always worse": all(
            s.above(at(drift, leverage, policy, TAIL), at(drift, leverage, "let-go", TAIL))
            for drift in ("-0.02", "0", "0.02") for leverage in ("10", "25") for policy in saved),
        "only who tops up without end is wiped out": at("0", "25", "to-initial", "wipeout")["lower"] > 0.005
            and at("0", "25", "half-thrice", "wipeout")["value"] == 0,
    }


def draw(rows):
    figures = ["forced close", TAIL, GAIN]
    figure, axes = s.plt.subplots(2, 3, figsize=(s.WIDTH, 5.2))
    colours = dict(zip(POLICIES, ("#0072B2", "#D55E00", "#009E73")))
    marks = dict(zip(POLICIES, "os^"))
    for i, leverage in enumerate(LEVERAGES):
        for j, what in enumerate(figures):
            for policy, words in POLICIES.items():
                found = s.select(rows, leverage=str(leverage), policy=policy, figure=what)
                if found:
                    s.curve(axes[i, j], found, "drift", colours[policy], "-", marks[policy], words)
            s.percent_axis(axes[i, j].yaxis)
            s.percent_axis(axes[i, j].xaxis)
            axes[i, j].set_xticks([-0.02, 0, 0.02])
            if what == GAIN:
                axes[i, j].axhline(0, color="#57606a", linewidth=0.8)
            else:
                axes[i, j].set_ylim(0, None)
            if i == 0:
                axes[i, j].set_title(what + {TAIL: ", 1 % / equity", GAIN: ", per bucket"}.get(what, ""),
                                     fontsize=9.5)
            else:
                axes[i, j].set_xlabel("expected move in the week")
        axes[i, 0].set_ylabel(f"{leverage}x")
    s.shared_legend(figure, axes[0, 0])
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
