#!/usr/bin/env python3
"""Leverage against mode: the map of where each mode is safer; see README.md beside it."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

EQUITY = 10_000.0
PRICE = {"BTC": 65255.5, "ETH": 1904.77}
SIZES = (2, 3, 5, 8, 12, 16)      # gross notional / equity
USED = (0.25, 0.5, 1.0)              # share of the equity that isolated margin posts
HEDGES = {"none": (0.5, 0.5), "half": (0.75, -0.25), "full": (0.5, -0.5)}  # BTC, ETH in gross
HABITS = {"none": {}, "top up": {"top_up": "to_initial"}, "stop": {"stop": 0.05}}


def account(name, size, used, hedge, habit):
    """One account as an entry of accounts.list."""
    habits, positions, stops = HABITS[habit], [], {}
    for symbol, share in zip(PRICE, HEDGES[hedge]):
        positions.append({"symbol": symbol, "kind": "linear_perp", "leverage": size / used,
                          "quantity": share * size * EQUITY / PRICE[symbol]})
        if "stop" in habits:
            stops[symbol] = PRICE[symbol] * (1 - habits["stop"] if share > 0 else 1 + habits["stop"])
    extra = {"top_up": habits["top_up"]} if "top_up" in habits else {}
    return {"id": name, "balance": EQUITY * (1 + 1e-9), "positions": positions, **extra,
            **({"stop_loss": stops} if stops else {})}


def paired(file, first, second, a, paths):
    """Wiped out under the first mode less under the second, on the same paths."""
    one_way, other = (float(file["paired_wipeout"][i, j, a]) for i, j in ((first, second), (second, first)))
    middle = one_way - other
    half = s.Z99 * max(one_way + other - middle ** 2, 0.0) ** 0.5 / paths ** 0.5
    # No path at all on which the modes part: the bound of zero events.
    if one_way + other == 0:
        half = 4.6 / paths
    return {"value": middle, "lower": middle - half, "upper": middle + half}


def run(study):
    cases = [(size, used, hedge, habit) for hedge in HEDGES for habit in HABITS for used in USED
             for size in SIZES]
    config = {"include": str(study.folder / "market.yaml"),
              "accounts": {"list": [account(str(k), *case) for k, case in enumerate(cases)]}}
    path = study.temporary / "accounts.json"
    path.write_text(json.dumps(config))
    paths = study.paths(40_000)
    file = study.run(path, paths)
    order, rows = s.modes(file), []
    for k, (size, used, hedge, habit) in enumerate(cases):
        at = {"hedge": hedge, "habit": habit, "used": f"{used:g}", "size": str(size)}
        for m, mode in enumerate(order):
            rows.append({**at, "mode": mode, "figure": "wipeout",
                         **s.three(file, "wipeout_probability", (m, k))})
            rows.append({**at, "mode": mode, "figure": "forced close",
                         **s.three(file, "liquidation_probability", (m, k))})
        first, second = order.index("isolated"), order.index("cross")
        rows.append({**at, "mode": "isolated minus cross", "figure": "wipeout",
                     **paired(file, first, second, k, paths)})
        cost = s.three(file, "mean_loss_difference", (first, second, k))
        rows.append({**at, "mode": "isolated minus cross", "figure": "mean loss / equity",
                     **{key: x / EQUITY for key, x in cost.items()}})
    return rows


def claims(rows):
    def gap(hedge, habit, used, size):
        return s.one(rows, hedge=hedge, habit=habit, used=used, size=size, mode="isolated minus cross",
                     figure="wipeout")

    def at(hedge, habit, used, size, mode, figure):
        return s.one(rows, hedge=hedge, habit=habit, used=used, size=size, mode=mode, figure=figure)

    sizes = [str(size) for size in SIZES]
    plain = s.select(rows, habit="none", figure="wipeout", mode="isolated minus cross")
    return {
        "without a hedge isolated wipes out fewer accounts at every size from 5 on": all(
            gap("none", "none", used, size)["upper"] < 0 for used in ("0.25", "0.5", "1") for size in sizes[2:]),
        "cross is the safer one only for hedged books at 16x with all equity posted, and half hedges at 12x": {
            (row["hedge"], row["used"], row["size"]) for row in plain if row["lower"] > 0}
            == {("half", "1", "12"), ("half", "1", "16"), ("full", "1", "16")},
        "cross closes fewer positions by force wherever either closes any to speak of": all(
            at(hedge, "none", used, size, "isolated", "forced close")["value"]
            >= at(hedge, "none", used, size, "cross", "forced close")["value"]
            for hedge in HEDGES for used in ("0.25", "0.5", "1") for size in sizes),
        "topping up brings isolated most of the way to cross": all(
            s.above(at("none", "top up", "0.25", size, "isolated", "wipeout"),
                    at("none", "none", "0.25", size, "isolated", "wipeout")) for size in sizes[3:]),
        "a stop at 5 % takes most wipeouts from cross at 12x": s.above(
            at("none", "none", "0.5", "12", "cross", "wipeout"), at("none", "stop", "0.5", "12", "cross", "wipeout"))
            and at("none", "stop", "0.5", "12", "cross", "wipeout")["upper"] < 0.02,
        "and is of no use to an isolated position that is closed before it": at(
            "none", "stop", "0.25", "12", "isolated", "forced close")["lower"] > 0.8,
    }


def panel(ax, values, clear, most, text):
    """A map over size and use; hatched where the two modes cannot be told apart."""
    ax.imshow(values, origin="lower", aspect="auto", cmap="PuOr", vmin=-most, vmax=most)
    for i, j in s.np.ndindex(values.shape):
        if not clear[i, j]:
            ax.add_patch(s.plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="////",
                                         edgecolor="#bbbbbb", linewidth=0))
        elif abs(values[i, j]) >= 0.0005:
            words = f"{100 * values[i, j]:+.{0 if abs(values[i, j]) >= 0.0995 else 1}f}".replace("-", "\u2212")
            ax.text(j, i, words, ha="center", va="center", fontsize=text,
                    color="white" if abs(values[i, j]) > 0.6 * most else "black")
    ax.set_xticks(range(len(SIZES)), SIZES)
    ax.set_yticks(range(len(USED)), [f"{used:g}" for used in USED])
    ax.grid(visible=False)


def draw(rows):
    columns = [("wipeout", "none", "wipeout"), ("wipeout", "top up", "wipeout, topping up"),
               ("wipeout", "stop", "wipeout, stop at 5 %"), ("forced close", "none", "forced close")]
    figure, axes = s.plt.subplots(3, 4, figsize=(s.WIDTH + 1.2, 5.4), sharex=True, sharey=True)
    for i, hedge in enumerate(HEDGES):
        for j, (what, habit, title) in enumerate(columns):
            values, clear = s.np.zeros((len(USED), len(SIZES))), s.np.zeros((len(USED), len(SIZES)), bool)
            for a, used in enumerate(USED):
                for b, size in enumerate(SIZES):
                    at = {"hedge": hedge, "habit": habit, "used": f"{used:g}", "size": str(size), "figure": what}
                    first, second = (s.one(rows, mode=mode, **at) for mode in ("isolated", "cross"))
                    values[a, b] = first["value"] - second["value"]
                    if what == "wipeout":
                        found = s.one(rows, mode="isolated minus cross", **at)
                        clear[a, b] = found["lower"] > 0 or found["upper"] < 0
                    else:  # each has its own interval
                        clear[a, b] = first["lower"] > second["upper"] or first["upper"] < second["lower"]
            most = 0.4 if what == "wipeout" else 1.0
            panel(axes[i, j], values, clear, most, 7)
            axes[0, j].set_title(title, fontsize=10)
            axes[2, j].set_xlabel("gross / equity")
        axes[i, 0].set_ylabel(f"hedge: {hedge}\nequity posted")
    figure.suptitle("isolated minus cross, in points: below 0 isolated is safer, above 0 cross", fontsize=10)
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
