#!/usr/bin/env python3
"""Given that one account dies, who dies with it; see README.md beside it."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

THRESHOLD = 0.9  # of the equity lost at the horizon: wiped out and not come back


def share(dead, given):
    """Share of the paths with `given` on which `dead` is true, Wilson's interval."""
    n = int(given.sum())
    if n == 0:
        return {"value": float("nan"), "lower": float("nan"), "upper": float("nan")}
    value = float((dead & given).sum() / n)
    lower, upper = s.wilson(value, n)
    return {"value": value, "lower": float(lower), "upper": float(upper)}


def run(study):
    file = study.run("book.yaml", study.paths(100_000))
    names, rows = s.accounts(file), []
    dead = file["losses/loss"][0] >= THRESHOLD * file["initial_equity"][()][:, None]
    always = s.np.ones(dead.shape[1], bool)
    for j, other in enumerate(names):
        rows.append({"given": "any path", "dies": other, **share(dead[j], always)})
    for i, name in enumerate(names):
        for j, other in enumerate(names):
            if i != j:
                rows.append({"given": name, "dies": other, **share(dead[j], dead[i])})
    return rows


def claims(rows):
    def at(given, dies):
        return s.one(rows, given=given, dies=dies)

    return {
        "when a long in BTC dies, nine longs of ten in ETH die with it": at("long-BTC", "long-ETH")["lower"] > 0.88,
        "the other way round it is three of ten": at("long-ETH", "long-BTC")["upper"] < 0.35,
        "five longs die more often than the one in BTC": s.above(at("any path", "long-five"),
                                                                 at("any path", "long-BTC")),
        "five longs die with whichever single one dies, more often than not only with BTC and TRX": {
            name for name in ("long-BTC", "long-ETH", "long-SOL", "long-DOGE", "long-TRX")
            if at(name, "long-five")["lower"] > 0.5} == {"long-BTC", "long-ETH", "long-TRX"},
        "a hedge dies with the leg that runs away": at("SOL-less-BTC", "long-SOL")["lower"] > 0.85
            and at("BTC-less-ETH", "short-DOGE")["lower"] > 0.85,
        "longs and shorts hardly ever die together": at("long-BTC", "short-BTC")["upper"] < 0.01,
    }


def draw(rows):
    names = list(dict.fromkeys(row["dies"] for row in rows))
    order = [*names, "any path"]
    figure, ax = s.plt.subplots(figsize=(s.WIDTH, 5.4))
    values = s.np.full((len(order), len(names)), s.np.nan)
    for row in rows:
        values[order.index(row["given"]), names.index(row["dies"])] = row["value"]
    image = ax.imshow(values, cmap="cividis_r", vmin=0, vmax=1, aspect="auto")
    for row in rows:
        i, j = order.index(row["given"]), names.index(row["dies"])
        half = (row["upper"] - row["lower"]) / 2
        ax.text(j, i, f"{s.percent(row['value'], half, 1)}\n±{s.percent.bare(half, s.percent.unit(), half, 1)}",
                ha="center", va="center", fontsize=7.5, color="white" if row["value"] > 0.55 else "black")
    ax.set_xticks(range(len(names)), names, rotation=35, ha="right")
    ax.set_yticks(range(len(order)), [*(f"given {name}" for name in names), "all paths"])
    ax.axhline(len(names) - 0.5, color="white", linewidth=3)
    ax.grid(visible=False)
    ax.set_xlabel("dies on the same path")
    bar = figure.colorbar(image)
    s.percent_axis(bar.ax.yaxis)
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
