#!/usr/bin/env python3
"""`riptide summary`: every figure is the file's; JSON, CSV and the table; damaged files.

usage: test_summary.py RIPTIDE
"""
import csv
import io
import json
import math
import os
import pty
import re
import subprocess
import sys

import h5py
import numpy as np

from harness import HERE, main, merged

EVENTS = {"wipeout": "wipeout", "terminal_wipeout": "terminal_wipeout",
          "liquidation": "liquidation", "full_liquidation": "full_liquidation",
          "deficit": "deficit"}
KEYS = ["title", "seed", "paths_done", "status", "modes", "paired", "warnings"]
MODE_KEYS = ["mode", *EVENTS, "mean_loss", "var", "es", "initially_breached"]


def result(program):
    """A run in which everything happens, made once."""
    path = program.folder / "small.h5"
    if not path.exists():
        program.expect(0, "run", HERE / "small.yaml", "-o", path, "-q")
    return path


def summary(program, *args):
    return json.loads(program.expect(0, "summary", result(program), "--json", *args).stdout)


def test_json_is_the_contracts(program):
    got = summary(program)
    assert list(got) == KEYS, list(got)
    assert [list(mode) for mode in got["modes"]] == [MODE_KEYS] * 3
    assert got["title"] == "small" and got["seed"] == 9007199254740993
    assert got["paths_done"] == 700 and got["status"] == "complete"
    assert [(pair["first"], pair["second"]) for pair in got["paired"]] == [
        ("isolated", "cross"), ("isolated", "portfolio"), ("cross", "portfolio")]
    assert all(list(pair) == ["first", "second", "wipeout_difference", "mean_loss_difference"]
               for pair in got["paired"])


def test_population_figures_are_the_files(program):
    got = summary(program)
    with h5py.File(result(program), "r") as file:
        for m, mode in enumerate(got["modes"]):
            for key in EVENTS:
                for part, suffix in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper")):
                    assert mode[key][part] == file[f"population_{key}{suffix}"][m], (key, part)
            assert mode["mean_loss"] == {"estimate": file["population_mean_loss"][m],
                                         "se": file["population_mean_loss_se"][m]}
            for key, name in (("var", "value_at_risk"), ("es", "expected_shortfall")):
                for k, entry in enumerate(mode[key]):
                    assert entry == {"level": file["level"][k],
                                     "value": file[f"population_{name}"][m, k],
                                     "se": file[f"population_{name}_se"][m, k]}, (key, k)
            assert mode["initially_breached"] == file["initially_breached"][m].sum()
        modes = [mode["mode"] for mode in got["modes"]]
        for pair in got["paired"]:
            at = modes.index(pair["first"]), modes.index(pair["second"])
            for part, suffix in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper")):
                assert pair["wipeout_difference"][part] == file[f"population_difference{suffix}"][at]
            assert pair["mean_loss_difference"] == {
                "estimate": file["population_mean_loss_difference"][at],
                "se": file["population_mean_loss_difference_se"][at]}


def test_account_figures_are_the_files(program):
    with h5py.File(result(program), "r") as file:
        a = int(file["wipeout_probability"][:].sum(axis=0).argmax())
        got = summary(program, "--account", file["account"].asstr()[a])
        for m, mode in enumerate(got["modes"]):
            for key in EVENTS:
                for part, suffix in (("estimate", ""), ("lower", "_lower"), ("upper", "_upper")):
                    assert mode[key][part] == file[f"{key}_probability{suffix}"][m, a], (key, part)
            assert mode["mean_loss"] == {"estimate": file["mean_loss"][m, a],
                                         "se": file["mean_loss_se"][m, a]}
            assert mode["var"][1]["value"] == file["value_at_risk"][m, a, 1]
            assert mode["es"][0]["se"] == file["expected_shortfall_se"][m, a, 0]
            assert mode["initially_breached"] == file["initially_breached"][m, a]
        for pair in got["paired"]:
            modes = [mode["mode"] for mode in got["modes"]]
            i, j = modes.index(pair["first"]), modes.index(pair["second"])
            first, second = file["paired_wipeout"][i, j, a], file["paired_wipeout"][j, i, a]
            difference, wiped = pair["wipeout_difference"], file["wipeout_probability"]
            assert math.isclose(difference["estimate"], wiped[i, a] - wiped[j, a], abs_tol=1e-12)
            # The variance of +1, -1 and 0 that occur with these shares.
            d, n = first - second, 700
            reach = 2.5758293035489004 * math.sqrt((first + second - d * d) / (n - 1))
            if first + second > 0:
                assert math.isclose(difference["upper"] - difference["estimate"], reach,
                                    rel_tol=1e-12), pair
            assert pair["mean_loss_difference"]["estimate"] == file["mean_loss_difference"][i, j, a]


def test_paired_interval_without_events(program):
    """Modes that never differ: at most 1 - 0.01^(1/n) either way, not an interval of 0."""
    name = program.write("calm.yaml", merged({"market.assets.0.volatility": 0.01}))
    program.expect(0, "run", name, "-o", "calm.h5", "-q")
    got = json.loads(program.expect(0, "summary", "calm.h5", "--json", "--account",
                                    "alice").stdout)
    bound = 1 - 0.01 ** (1 / 200)
    for pair in got["paired"]:
        difference = pair["wipeout_difference"]
        assert difference["estimate"] == 0, difference
        assert math.isclose(difference["upper"], bound, rel_tol=1e-9), difference
        assert math.isclose(difference["lower"], -bound, rel_tol=1e-9), difference


def test_csv_agrees_with_json(program):
    got = summary(program)
    text = program.expect(0, "summary", result(program), "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["quantity", "mode", "other_mode", "level", "estimate", "se", "lower",
                             "upper"]
    table = {(row["quantity"], row["mode"], row["other_mode"], row["level"]): row for row in rows}
    assert len(table) == len(rows) == 3 * (5 + 1 + 2 * 2 + 1) + 2 * 3
    for mode in got["modes"]:
        for key in EVENTS:
            row = table[key, mode["mode"], "", ""]
            assert {part: float(row[part]) for part in mode[key]} == mode[key] and not row["se"]
        row = table["mean_loss", mode["mode"], "", ""]
        assert float(row["estimate"]) == mode["mean_loss"]["estimate"]
        assert float(row["se"]) == mode["mean_loss"]["se"] and not row["lower"]
        for key in ("var", "es"):
            for entry in mode[key]:
                row = table[key, mode["mode"], "", f"{entry['level']:g}"]
                assert float(row["estimate"]) == entry["value"]
        row = table["initially_breached", mode["mode"], "", ""]
        assert float(row["estimate"]) == mode["initially_breached"]
    for pair in got["paired"]:
        row = table["wipeout_difference", pair["first"], pair["second"], ""]
        assert float(row["lower"]) == pair["wipeout_difference"]["lower"]


def test_table(program):
    got = summary(program)
    text = program.expect(0, "summary", result(program), LC_ALL="C").stdout
    assert text.startswith("small\n700 paths of 48 h in 24 steps, seed 9007199254740993; "
                           "37 accounts with "), text
    assert text.isascii() and "\033" not in text
    rows = {line[:20].strip(): re.findall(r"(-?[\d.,]+) \(([\d.,]+)-([\d.,]+)\)", line)
            for line in text.splitlines()}
    for label, key in (("wiped out", "wipeout"), ("... at the horizon", "terminal_wipeout"),
                       ("forced close", "liquidation"), ("closed completely", "full_liquidation"),
                       ("deficit", "deficit")):
        assert len(rows[label]) == 3, f"{label}: {rows[label]}"
        for cell, mode in zip(rows[label], got["modes"]):
            want = [100 * mode[key][part] for part in ("estimate", "lower", "upper")]
            half = (want[2] - want[1]) / 2
            assert np.allclose([float(x) for x in cell], want, atol=0.5 * half), (cell, want)
    # The bars are shares of all losses.
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if "by loss in %" in line) + 1
    bars = [re.findall(r"([\d.]+) #*", line[20:]) for line in lines[first:first + 11]]
    for m in range(3):
        total = sum(float(row[m]) for row in bars)
        assert abs(total - 100) < 0.06, total
    assert max(map(len, lines)) <= 100, max(lines, key=len)


def test_weights_count(program):
    """In the population an account counts as many times as its weight says."""
    program.expect(0, "run", HERE.parent / "golden/book.yaml", "-o", "w.h5", "-q")
    text = program.expect(0, "summary", "w.h5", LC_ALL="C").stdout
    with h5py.File(program.folder / "w.h5", "r") as file:
        weight = file["accounts/weight"][:]
        equity = weight @ file["initial_equity"][:]
        share = np.einsum("a,mab->mb", weight, file["loss_histogram"][:].astype(float))
        edge = file["bin_edge"][:]
    assert f"4 accounts (by weight 6) with {equity:,.0f} USD of equity\n" in text, text
    share /= share.sum(axis=1, keepdims=True)
    last = 100 * share[:, np.abs(edge - 1).argmin() + 1:].sum(axis=1)
    line = next(line for line in text.splitlines() if "loss from" in line)
    got = [float(x) for x in re.findall(r"(\d+\.\d\d)(?: |$)", line[20:])]
    assert np.allclose(got, last, atol=0.0051), (line, last)


def test_unicode_where_the_locale_has_it(program):
    text = program.expect(0, "summary", result(program), LC_ALL="C.UTF-8").stdout
    assert "\u2588" in text and "\u00b1" in text and "#" not in text


def on_a_terminal(program, **environment):
    """What the program writes where stdout is a terminal."""
    lead, follow = pty.openpty()
    subprocess.run([program.path, "summary", str(result(program))], stdout=follow,
                   env={**os.environ, "TERM": "xterm", **environment}, check=True, timeout=60)
    os.close(follow)
    text = b""
    while True:
        try:
            part = os.read(lead, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(lead)
    return text


def test_colours_on_a_terminal_only(program):
    environment = {"NO_COLOR": "", "LC_ALL": "C"}
    assert b"\033[1m" in on_a_terminal(program, **environment)
    assert b"\033" not in on_a_terminal(program, **{**environment, "NO_COLOR": "1"})
    assert b"\033" not in on_a_terminal(program, **{**environment, "TERM": "dumb"})


def test_breaches_are_said_first(program):
    name = program.write("c.yaml", merged({"accounts.list.0.positions.0.entry": 66666.0}))
    for rule, words in (("liquidate", "closed at the first step's check if still in breach"),
                        ("exclude", "left out of that mode's figures")):
        program.expect(0, "run", name, "-o", "b.h5", "-q", "--force", "-s",
                       f"run.initial_breach={rule}")
        want = (f"accounts in breach at the start, of 1: isolated 1, cross 0, portfolio 0 "
                f"({words})")
        got = json.loads(program.expect(0, "summary", "b.h5", "--json").stdout)
        assert got["warnings"][0] == want, got["warnings"]
        text = program.expect(0, "summary", "b.h5").stdout
        assert text.splitlines()[1] == f"warning: {want}", text
    # Left out of the isolated mode, there is no figure, in the table nor in JSON.
    assert got["modes"][0]["wipeout"]["estimate"] is None, got["modes"][0]
    assert re.search(r"^  wiped out +none ", text, re.M), text


def test_shard_is_said(program):
    """640 paths are ten blocks of 64: 320 a shard."""
    name = program.write("c.yaml", merged({"run.paths": 640}))
    program.expect(0, "run", name, "-o", "s.h5", "-q", "--shard", "1/2")
    got = json.loads(program.expect(0, "summary", "s.h5", "--json").stdout)
    assert got["warnings"][0] == "shard 1/2: 320 of 640 paths", got["warnings"]
    program.expect(0, "summary", "s.h5", out="warning: shard 1/2: 320 of 640 paths\n")


def test_thin_tails_are_said(program):
    name = program.write("c.yaml", merged({"run.paths": 640}))
    program.expect(0, "run", name, "-o", "t.h5", "-q")
    got = json.loads(program.expect(0, "summary", "t.h5", "--json").stdout)
    assert got["warnings"] == ["VaR and ES at 99 % rest on 6.4 of 640 paths",
                               "VaR and ES at 99.9 % rest on 0.64 of 640 paths"], got["warnings"]


def test_without_levels(program):
    """`outputs.levels: []` asks for no VaR and no ES."""
    name = program.write("c.yaml", merged({"outputs.levels": []}))
    done = program.expect(0, "run", name, "-o", "none.h5")
    assert "VaR" not in done.stdout and "  mean " in done.stdout, done.stdout
    got = json.loads(program.expect(0, "summary", "none.h5", "--json").stdout)
    assert got["modes"][0]["var"] == got["modes"][0]["es"] == got["warnings"] == [], got


def test_a_single_path_has_no_intervals(program):
    program.write("moves.csv", "time,BTC\n0,-0.2\n")
    name = program.write("c.yaml", merged({
        "run.paths": 1, "run.horizon": "4h",
        "shocks": {"model": "replay", "file": "moves.csv"}}))
    done = program.expect(0, "run", name, "-o", "path.h5")
    assert "warning: one path is a scenario, not a probability\n" in done.stdout, done.stdout
    assert re.search(r"^  forced close +100 +0 +0$", done.stdout, re.M), done.stdout
    got = json.loads(program.expect(0, "summary", "path.h5", "--json").stdout)
    assert got["modes"][0]["liquidation"] == {"estimate": 1, "lower": None, "upper": None}
    assert got["modes"][0]["mean_loss"]["se"] is None


def test_what_is_no_result(program):
    whole = result(program).read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0x40
    (program.folder / "damaged.h5").write_bytes(damaged)
    (program.folder / "cut.h5").write_bytes(whole[:-100])
    (program.folder / "text.h5").write_text("not a result")
    done = program.expect(4, "summary", "damaged.h5")
    assert done.stderr == "damaged.h5: damaged or edited (checksum)\n", done.stderr
    for name in ("cut.h5", "text.h5"):
        done = program.expect(4, "summary", name)
        assert re.fullmatch(rf"{name}: .+\n", done.stderr), done.stderr
        assert done.stdout == ""
    program.expect(2, "summary", "missing.h5", err="missing.h5: No such file or directory\n")
    done = program.expect(2, "summary", result(program), "--account", "nobody")
    assert "--account: there is no account nobody in " in done.stderr
    program.expect(2, "summary", result(program), "--json", "--csv", err="riptide: summary: --csv")


if __name__ == "__main__":
    sys.exit(main(globals()))
