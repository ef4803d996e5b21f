#!/usr/bin/env python3
"""`riptide check`: the resolved configuration, the estimates, breaches at the start.

usage: test_check.py RIPTIDE
"""
import re
import sys

import h5py
import yaml

from harness import BASE, HERE, main, merged

ROOT = HERE.parents[1]


def test_resolved_configuration_resolves_to_itself(program):
    for source in (ROOT / "experiments/quickstart.yaml", HERE / "small.yaml",
                   ROOT / "experiments/reference.yaml", program.write("base.yaml", BASE)):
        first = program.expect(0, "check", source).stdout
        # The paths of other files stay relative to the configuration's folder.
        copy = program.write("resolved.yaml", first)
        if re.search(r"^\s*(file|accounts|positions): \S+\.(csv|h5)", first, re.M):
            continue
        second = program.expect(0, "check", copy).stdout
        assert first == second, f"{source}: the resolved text resolves to another one"


def test_another_model_by_override(program):
    """The keys of the model in the file stay, and the message says how to be rid of them."""
    program.write("c.yaml", merged({"shocks": {"model": "student_t", "dof": 4}}))
    done = program.expect(2, "check", "c.yaml", "-s", "shocks.model=gaussian")
    assert done.stderr.endswith(
        ": shocks.dof: unknown key with model gaussian (allowed: model, period, volatility_dynamics, "
        "volatility_is; -s 'shocks={model: gaussian}' replaces the whole map)\n"), done.stderr
    program.expect(0, "check", "c.yaml", "-s", "shocks={model: gaussian}")
    done = program.expect(2, "check", "c.yaml", "-s", "shocks={model: gaussian, dof: 4}")
    assert "replaces" not in done.stderr, done.stderr


def test_reference_starts_sound(program):
    """A template in which an account is in breach before anything has moved helps nobody."""
    program.expect(0, "check", ROOT / "experiments/reference.yaml",
                   err="starts in breach: isolated 0, cross 0, portfolio 0")


def test_defaults_are_filled_in(program):
    program.write("c.yaml", BASE)
    config = yaml.safe_load(program.expect(0, "check", "c.yaml").stdout)
    assert config["run"]["wipeout_threshold"] == 0.1
    assert config["run"]["modes"] == ["isolated", "cross", "portfolio"]
    assert config["run"]["initial_breach"] == "liquidate"
    assert config["outputs"]["levels"] == [0.95, 0.99, 0.999]
    assert config["shocks"]["model"] == "gaussian"


def test_overrides(program):
    """Later overrides win; lists of assets and accounts go by symbol and id."""
    program.write("c.yaml", BASE)
    done = program.expect(0, "check", "c.yaml", "-s", "market.assets.BTC.price=54000", "-s",
                          "accounts.list.alice.leverage=3", "-s", "run.paths=5", "-s",
                          "run.paths=6", "-s", "run.modes=[cross]")
    config = yaml.safe_load(done.stdout)
    assert config["market"]["assets"][0]["price"] == 54000
    assert config["accounts"]["list"][0]["leverage"] == 3
    assert config["run"]["paths"] == 6 and config["run"]["modes"] == ["cross"]
    program.expect(2, "check", "c.yaml", "-s", "run.paths", err="-s run.paths: ")
    program.expect(2, "check", "c.yaml", "-s", "market.assets.ETH.price=1",
                   err="-s market.assets.ETH.price: ")


def test_estimates(program):
    program.write("c.yaml", BASE)
    said = program.expect(0, "check", "c.yaml", OMP_NUM_THREADS="1").stderr
    assert "work: 200 paths x 1 accounts x 3 modes = 600 trials of 6 steps\n" in said, said
    assert re.search(r"^memory: about [\d.]+ [KMG]iB \(program .*, sums .*, 1 thread with", said, re.M), said
    assert re.search(r"^output: at most [\d.]+ [KMG]iB", said, re.M), said


def bytes_of(words, said):
    """The figure that stands behind some words."""
    number, name = re.search(words + r" ([\d.]+) (\w+)", said).groups()
    return float(number) * {"bytes": 1, "KiB": 2 ** 10, "MiB": 2 ** 20, "GiB": 2 ** 30}[name]


def test_estimates_hold_what_a_run_takes(program):
    """The file is no larger, and not a wild part of what was said; memory is about that."""
    program.write("one.yaml", BASE)
    for config in (HERE / "small.yaml", "one.yaml"):
        said = program.expect(0, "check", config).stderr
        program.expect(0, "run", config, "-o", "size.h5", "-q", "--force")
        size = (program.folder / "size.h5").stat().st_size
        most = bytes_of("output: at most", said)
        assert most / 4 < size <= most, f"{size} bytes, said at most {most}"
        with h5py.File(program.folder / "size.h5") as file:
            peak = file.attrs["peak_memory_bytes"]
        about = bytes_of("memory: about", said)
        assert about / 3 < peak < 1.5 * about, f"{peak} bytes, said about {about}"


def test_breaches_at_the_start(program):
    """DEF-5: 10,000 of equity against the requirement of each mode at time 0. Isolated: a
    bucket of 30,000 / 10 = 3,000; with an entry 10 % above the mark its equity is 0."""
    program.write("c.yaml", BASE)
    said = program.expect(0, "check", "c.yaml").stderr
    assert "starts in breach: isolated 0, cross 0, portfolio 0 of 1 accounts\n" in said, said
    under_water = merged({"accounts.list.0.positions.0.entry": 66666.0})
    program.write("c.yaml", under_water)
    said = program.expect(0, "check", "c.yaml").stderr
    assert "starts in breach: isolated 1, cross 0, portfolio 0 of 1 accounts\n" in said, said
    for command in ("check", "run"):
        done = program.expect(2, command, "c.yaml", "-s", "run.initial_breach=error")
        want = ("-s run.initial_breach: run.initial_breach: error: account alice starts in "
                "breach under isolated margin")
        assert done.stderr.strip() == want, done.stderr
        assert done.stdout == "", done.stdout
    program.write("e.yaml", "include: c.yaml\nrun:\n  initial_breach: error\n")
    program.expect(2, "check", "e.yaml", err="e.yaml:3:3: run.initial_breach: error: account")


def test_insolvent_account_is_an_error(program):
    """DEF-1: initial net worth at or below zero."""
    program.write("c.yaml", merged({"accounts.list.0.positions.0.entry": 90000.0,
                                    "run.modes": ["cross"]}))
    for command in ("check", "run"):
        program.expect(2, command, "c.yaml", err="alice")


if __name__ == "__main__":
    sys.exit(main(globals()))
