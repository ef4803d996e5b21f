#!/usr/bin/env python3
"""Published figures against the twins of the rules, and against the program.

usage: run.py [RIPTIDE]      without a program the twins alone
       run.py --table        the table of README.md

Each FILE.yaml beside this one holds the cases of one source in this program's keys: `mode`,
`market` (symbol: price, or keys of an asset), `extra` (other keys of `market`), `venue` (a map, or a
name of the file's `venues`), `account`, and what must come out: `expect` by the dotted keys of
`margin --json`, also

    headroom, initial_headroom      equity less maintenance / initial margin
    positions.N.margin_ratio        maintenance over bucket equity
    loss, causes.NAME, deficit, forced_notional, final    after a `path` of prices, one row a step

or `refused`, a word of the refusal. `changes`: keys laid over the venue's. `repriced_at`: the case is looked at again with the first
asset at the price found under that key. `part` says what of a published case is left out;
`left_out` names the cases that the rules here do not cover, and why. A name with ~ is a further
look at the case before the sign.

A figure passes if |got - expected| <= max(abs, rel |expected|). What the program refuses as not in
this version is listed as waiting and counted as nothing.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))

import configuration  # noqa: E402
import margin  # noqa: E402
import program  # noqa: E402
import trial  # noqa: E402

failures = 0
waiting = []


def report(name, problems):
    global failures
    failures += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {name}")
    for problem in problems:
        print(f"    {problem}")


def load(path):
    data = yaml.safe_load(path.read_text())
    for case in data["cases"]:
        if isinstance(case["venue"], str):
            case["venue"] = data["venues"][case["venue"]]
        case["venue"] = configuration.merged(case["venue"], case.get("changes", {}))
    return data


def config_of(case, prices=None):
    """The configuration of a case."""
    assets = []
    for symbol, value in case["market"].items():
        asset = dict(value) if isinstance(value, dict) else {"price": value}
        assets.append({"symbol": symbol, "volatility": 0.5, **asset})
    for asset, price in zip(assets, prices or []):
        asset["price"] = price
    step = case.get("step", "1h")
    steps = len(case.get("path", [0]))
    horizon = configuration.milliseconds(step) * steps
    market = {"assets": assets, **case.get("extra", {})}
    if len(assets) > 1:
        market["correlation"] = 0.0
    return {
        "run": {"paths": 1, "step": step, "horizon": f"{horizon}ms", "modes": [case["mode"]]},
        "market": market, "venue": case["venue"],
        "accounts": {"list": [{"id": "a", **case["account"]}]}}


def lookup(value, key):
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def derived(found):
    """The figures that `margin` does not print."""
    found["headroom"] = found["equity"] - found["maintenance_margin"]
    found["initial_headroom"] = found["equity"] - found["initial_margin"]
    for position in found["positions"]:
        if position["bucket_equity"]:
            position["margin_ratio"] = (position["maintenance_margin"]
                                        / position["bucket_equity"])
    return found


def compared(found, case):
    """What differs from the published figures."""
    tolerance = case.get("tolerance", {})
    problems = []
    for key, want in case["expect"].items():
        got = lookup(found, key)
        if isinstance(want, bool) or want is None or got is None:
            if got is not want:
                problems.append(f"{key}: {got}, published {want}")
            continue
        limit = max(tolerance.get("abs", 0.0), tolerance.get("rel", 0.0) * abs(want))
        if not abs(got - want) <= limit:
            problems.append(f"{key}: {got!r}, published {want!r} (within {limit:g})")
    return problems


class Twin:
    """The modules of tests/reference."""
    name = "twin"

    def margin(self, config, with_prices):
        try:
            found = margin.report(configuration.make(config), with_prices=with_prices)[0]
            return json.loads(json.dumps(found))
        except configuration.Refused as reason:
            raise program.Refusal(str(reason)) from None

    def trial(self, config, path):
        found = trial.run(configuration.make(config), path)
        return {"loss": found.loss, "causes": found.causes, "deficit": found.deficit,
                "forced_notional": math.fsum(found.forced_notional), "final": found.final}


class Program(Twin):
    """The program itself."""
    name = "riptide"

    def __init__(self, path):
        self.riptide = program.Program(path)

    def margin(self, config, with_prices):
        return self.riptide.margin(config)[0]

    def trial(self, config, path):
        return self.riptide.trials(config, path)["a", config["run"]["modes"][0]]


def run_case(subject, case):
    if "path" in case:
        return compared(subject.trial(config_of(case), case["path"]), case)
    with_prices = any("price" in key for key in [*case.get("expect", {}), *case])
    found = derived(subject.margin(config_of(case), with_prices))
    if "repriced_at" in case:
        price = lookup(found, case["repriced_at"])
        found = derived(subject.margin(repriced(case, price), with_prices))
    return compared(found, case)


def repriced(case, price):
    """The account of a case with its first asset at another price: entries stay."""
    config = config_of(case, [price])
    for position in config["accounts"]["list"][0]["positions"]:
        position.setdefault("entry", next(iter(case["market"].values())))
    return config


def check(subject, name, case):
    try:
        problems = run_case(subject, case)
        if "refused" in case:
            problems = [f"accepted, though {case['refused']} should be refused"]
    except program.NotInThisVersion as reason:
        waiting.append((name, str(reason)))
        return
    except program.Refusal as reason:
        wanted = case.get("refused")
        problems = [] if wanted is not None and wanted in str(reason) else [f"refused: {reason}"]
    report(f"{subject.name} {name}", problems)


def table():
    """Rows of README.md: cases published, covered, in part, left out and why."""
    lines = ["| file | published | covered | of these in part | left out, and why |",
             "| --- | --- | --- | --- | --- |"]
    for path in sorted(HERE.glob("*.yaml")):
        data = load(path)
        names = {case["name"].split("~")[0] for case in data["cases"]}
        part = {case["name"].split("~")[0] for case in data["cases"] if "part" in case}
        reasons = {}
        for reason in data["left_out"].values():
            reasons[reason] = reasons.get(reason, 0) + 1
        why = "; ".join(f"{n}: {reason}" for reason, n in reasons.items())
        lines.append(f"| {path.stem} | {len(names) + len(data['left_out'])} | {len(names)} | "
                     f"{len(part)} | {why or '-'} |")
    return lines


def main():
    if sys.argv[1:] == ["--table"]:
        print("\n".join(table()))
        return 0
    subjects = [Twin()]
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) > 1:
            subjects.append(Program(sys.argv[1]))
            subjects[1].riptide.folder = pathlib.Path(folder)
        for path in sorted(HERE.glob("*.yaml")):
            for case in load(path)["cases"]:
                for subject in subjects:
                    check(subject, f"{path.stem}/{case['name']}", case)
    said = (HERE / "README.md").read_text()
    report("table of README.md", [line for line in table() if line not in said])
    for name, reason in waiting:
        print(f"# waiting: {name}: {reason}")
    if waiting:
        print(f"# {len(waiting)} cases wait for the program")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
