#!/usr/bin/env python3
"""Hedged books: when cross margin saves and when it sinks; see README.md beside it."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import studies as s  # noqa: E402

EQUITY = 2000.0
EVENTS = {"forced close": "liquidation_probability", "wipeout": "wipeout_probability"}
TAIL = "expected shortfall"  # of the worst 5 %, as a share of equity
STRIKES = ("none", "50000", "55000", "60000")
PUT_EQUITY = 9000.0
CASES = {"cross, put not counted": s.style("cross"), "cross, put counted": ("#56B4E9", ":", "D"),
         "portfolio": s.style("portfolio")}


def insured(strike, balance):
    """The account that is long one BTC, with a put or without."""
    positions = [{"symbol": "BTC", "kind": "linear_perp", "quantity": 1}]
    if strike != "none":
        positions.append({"symbol": "BTC", "kind": "option", "type": "put", "quantity": 1,
                          "strike": float(strike), "expiry": "30d", "settlement": "linear"})
    return {"id": strike, "balance": balance, "positions": positions}


def write_accounts(study, balances):
    path = study.temporary / "put.json"
    path.write_text(json.dumps({"include": str(study.folder / "put.yaml"), "accounts": {"list": [
        insured(strike, balance) for strike, balance in balances.items()]}}))
    return path


def premiums(study):
    """What each put is worth at the start: the equity of the account that has it, less its wallet."""
    path = write_accounts(study, {strike: PUT_EQUITY for strike in STRIKES})
    listed = json.loads(study.call("margin", path, "--mode", "portfolio", "--json"))
    return {entry["account"]: entry["equity"] - entry["wallet"] for entry in listed}


def run_puts(study):
    rows, cost = [], premiums(study)
    path = write_accounts(study, {strike: PUT_EQUITY - cost[strike] for strike in STRIKES})
    # Only cross margin asks whether the put counts; the price paths are the same ones.
    for modes, counted in (("[cross, portfolio]", 0), ("[cross]", 1)):
        file = study.run(path, study.paths(20_000), f"run.modes={modes}",
                         f"venue.collateral.long_option_value={counted}")
        for m, mode in enumerate(s.modes(file)):
            case = mode if mode == "portfolio" else f"cross, put {'counted' if counted else 'not counted'}"
            for a, strike in enumerate(STRIKES):
                rows += measure(file, (m, a), PUT_EQUITY,
                                {"part": "put", "case": case, "mode": mode, "hedge": strike})
    return rows


def measure(file, at, equity, names):
    """Rows of one account: its events, and the mean of its worst 5 % as a share of equity."""
    rows = [{**names, "figure": event, **s.three(file, name, at)} for event, name in EVENTS.items()]
    tail = s.three(file, "expected_shortfall", (*at, 0))
    return rows + [{**names, "figure": TAIL, **{key: x / equity for key, x in tail.items()}}]


def run(study):
    rows = run_puts(study)
    file = study.sweep("book.yaml", study.paths(100_000))
    for k, correlation in enumerate(file["market.correlation"][()]):
        for m, mode in enumerate(s.modes(file)):
            for a, hedge in enumerate(s.accounts(file)):
                rows += measure(file, (k, m, a), EQUITY, {"part": "pair", "case": f"correlation {correlation:g}",
                                                          "mode": mode, "hedge": hedge})
    return rows


def claims(rows):
    def at(correlation, mode, hedge, figure):
        return s.one(rows, case=f"correlation {correlation}", mode=mode, hedge=hedge, figure=figure)

    def put(case, strike, figure):
        return s.one(rows, case=case, hedge=strike, figure=figure)

    pairs = s.select(rows, part="pair")
    return {
        "a second leg makes a forced close more likely under isolated margin, whatever it hedges": all(
            s.above(at(c, "isolated", "0.25", "forced close"), at(c, "isolated", "0", "forced close"))
            for c in ("0", "0.8", "0.95")),
        "and nobody is wiped out there before all equity is posted": all(
            row["value"] == 0 for row in s.select(pairs, mode="isolated", figure="wipeout") if row["hedge"] != "1"),
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
        "a put that does not count makes a forced close more likely, the more the nearer it is": s.rises(
            [put("cross, put not counted", strike, "forced close") for strike in STRIKES]),
        "one that counts all but ends forced closes": all(
            put("cross, put counted", strike, "forced close")["upper"] < 0.0025 for strike in STRIKES[1:]),
        "either way it all but ends wipeouts": all(
            put(case, strike, "wipeout")["upper"] < 0.01 for case in CASES for strike in STRIKES[1:]),
        "and the worst 5 % lose less with it, least where it counts": all(
            s.above(put("cross, put not counted", "none", TAIL), put("cross, put not counted", strike, TAIL))
            and s.above(put("cross, put not counted", strike, TAIL), put("cross, put counted", strike, TAIL))
            for strike in STRIKES[1:]),
        "counted, the far put lets the account be wiped out more often": s.above(
            put("cross, put counted", "50000", "wipeout"), put("cross, put not counted", "50000", "wipeout")),
        "portfolio margin closes the bare long most often, and not at all with a near put": s.above(
            put("portfolio", "none", "forced close"), put("cross, put not counted", "60000", "forced close"))
            and all(put("portfolio", strike, "forced close")["upper"] < 0.001 for strike in ("55000", "60000")),
        "whose tail the far put lengthens": s.above(put("portfolio", "50000", TAIL), put("portfolio", "none", TAIL)),
    }


def draw(rows):
    cases = list(dict.fromkeys(row["case"] for row in s.select(rows, part="pair")))
    figures = [*EVENTS, TAIL]
    figure, axes = s.plt.subplots(3, 4, figsize=(s.WIDTH + 1.6, 7.4), sharex="col")
    for i, what in enumerate(figures):
        for j, case in enumerate(cases):
            for mode in ("isolated", "cross", "portfolio"):
                s.curve(axes[i, j], s.select(rows, case=case, mode=mode, figure=what),
                        "hedge", *s.style(mode), mode)
        for case, look in CASES.items():
            found = s.select(rows, part="put", case=case, figure=what)
            s.curve(axes[i, 3], [{**row, "x": k} for k, row in enumerate(found)], "x", *look, case)
        most = max(ax.get_ylim()[1] for ax in axes[i, :3])
        for ax in axes[i]:
            ax.set_ylim(0, most if ax is not axes[i, 3] else None)
            s.percent_axis(ax.yaxis)
        for ax in axes[i, 1:3]:
            ax.tick_params(labelleft=False)
        axes[i, 0].set_ylabel(what + (" / equity" if what == TAIL else ""))
    for j, case in enumerate(cases):
        axes[0, j].set_title(case, fontsize=10)
        axes[2, j].set_xlabel("short ETH / long BTC")
    axes[0, 3].set_title("long BTC with a put", fontsize=10)
    axes[2, 3].set_xticks(range(len(STRIKES)), ["none", *(f"{float(x) / 1000:g} k" for x in STRIKES[1:])])
    axes[2, 3].set(xlabel="strike [USD], mark 60 k", xlim=(-0.3, len(STRIKES) - 0.7))
    axes[0, 1].legend(fontsize=8, loc="center")
    axes[1, 3].legend(fontsize=8)
    return figure


if __name__ == "__main__":
    s.main(__file__, run, draw, claims)
