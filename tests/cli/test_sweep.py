#!/usr/bin/env python3
"""`riptide sweep`: points are runs, bit for bit; counts, lists, refusals.

usage: test_sweep.py RIPTIDE
"""
import h5py

from harness import contents, main, merged

GRID = {"market.stress.volatility": [1, 1.5], "run.wipeout_threshold": [0.1, 0.2, 0.3]}
# The short form, to be changed by dotted keys.
CONFIG = merged({"sweep": {"grid": GRID, "baseline": {"market.stress.volatility": 1}}})


def facts(path):
    with h5py.File(path, "r") as file:
        return dict(file.attrs)


def listed(program, config, folder, *words):
    """States of the points, and what is said of them on stderr."""
    done = program.expect(0, "sweep", config, "--list", "-o", folder, *words)
    return [line.split()[-1] for line in done.stdout.splitlines()[1:]], done.stderr.splitlines()


def test_count_and_list(program):
    config = program.write("a.yaml", CONFIG)
    assert program.expect(0, "sweep", config, "--count").stdout == "6\n"
    lines = program.expect(0, "sweep", config, "--list").stdout.splitlines()
    assert lines[0].split() == ["point", *GRID]
    assert [line.split() for line in lines[1:4]] == [["0", "1", "0.1"], ["1", "1", "0.2"], ["2", "1", "0.3"]]
    assert lines[6].split() == ["5", "1.5", "0.3"]
    (program.folder / "some").mkdir()
    program.expect(0, "sweep", config, "--point", "1", "-o", "some", "-q")
    (program.folder / "some/point-4.h5.checkpoint").touch()
    (program.folder / "some/point-5.h5").touch()
    states, said = listed(program, config, "some")
    assert states == ["missing", "done", "missing", "missing", "begun", "damaged"], states
    assert len(said) == 1 and said[0].startswith("some/point-5.h5: "), said


def test_list_tells_what_is_stale(program):
    """A result of other input files, or of another configuration, is not done; --resume knows it too."""
    program.write("accounts.csv", "id,balance,leverage\nbob,10000,10\n")
    program.write("positions.csv", "account,symbol,kind,quantity\nbob,BTC,linear_perp,0.5\n")
    files = {"files": {"accounts": "accounts.csv", "positions": "positions.csv"}}
    grid = {"run.wipeout_threshold": [0.1, 0.2]}
    config = program.write("files.yaml", merged({"accounts": files, "sweep": {"grid": grid}}))
    for point in "01":
        program.expect(0, "sweep", config, "--point", point, "-o", "stale", "-q")
    assert listed(program, config, "stale") == (["done", "done"], [])
    program.write("accounts.csv", "id,balance,leverage\nbob,11000,10\n")
    assert listed(program, config, "stale") == (
        ["stale", "stale"], [f"stale/point-{k}.h5: accounts.csv has changed since" for k in (0, 1)])
    program.expect(2, "sweep", config, "--point", "0", "-o", "stale", "-q", "--resume", err="accounts.csv has changed since")
    program.expect(0, "sweep", config, "--point", "0", "-o", "stale", "-q", "--force")
    assert listed(program, config, "stale")[0] == ["done", "stale"]
    states, said = listed(program, config, "stale", "-s", "run.seed=12")
    assert states == ["stale", "stale"] and "of another configuration (there `seed: 11`, here `seed: 12`)" in said[0], said
    # Points that cannot be loaded any more say why once.
    (program.folder / "accounts.csv").unlink()
    states, said = listed(program, config, "stale")
    assert states == ["stale", "stale"] and len(said) == 1 and "accounts.csv: No such file" in said[0], said


def test_a_point_is_a_run(program):
    """The datasets of `run` with the point's values and without `sweep`, the seed unchanged."""
    config = program.write("a.yaml", CONFIG)
    program.expect(0, "sweep", config, "--point", "4", "-o", "points", "-q", "-j", "1")
    program.expect(0, "run", config, "-s", "sweep=null", "-s", "market.stress.volatility=1.5",
                   "-s", "run.wipeout_threshold=0.2", "-o", "run.h5", "-q", "-j", "2")
    assert contents(program.folder / "points/point-4.h5") == contents(program.folder / "run.h5")
    point = facts(program.folder / "points/point-4.h5")
    assert point["sweep_point"] == 4 and point["sweep_points"] == 6
    assert "run.wipeout_threshold: [0.1, 0.2, 0.3]" in point["sweep"], point["sweep"]
    assert not [name for name in facts(program.folder / "run.h5") if name.startswith("sweep")]
    # An override of a key that is not swept reaches the point.
    program.expect(0, "sweep", config, "--point", "4", "-o", "points", "-q", "--force", "-s", "run.seed=12")
    assert facts(program.folder / "points/point-4.h5")["seed"] == 12


def test_point_of_an_array_job(program):
    config = program.write("a.yaml", CONFIG)
    program.expect(0, "sweep", config, "-o", "array", "-q", SLURM_ARRAY_TASK_ID="2")
    assert facts(program.folder / "array/point-2.h5")["sweep_point"] == 2
    program.expect(2, "sweep", config, "-o", "array", SLURM_ARRAY_TASK_ID="6",
                   err="riptide: sweep: SLURM_ARRAY_TASK_ID: 6 is not a point (0 to 5)\n")


def test_existing_point(program):
    config = program.write("a.yaml", CONFIG)
    program.expect(0, "sweep", config, "--point", "0", "-o", "twice", "-q")
    program.expect(2, "sweep", config, "--point", "0", "-o", "twice", "-q",
                   err="twice/point-0.h5: exists already (--force overwrites it)")


def test_run_refuses_a_sweep(program):
    config = program.write("a.yaml", CONFIG)
    done = program.expect(2, "run", config, "-o", "refused.h5", err="sweep: a sweep is not one run")
    assert done.stderr.startswith("a.yaml:1:") or f"{config}:1:" in done.stderr, done.stderr
    done = program.expect(0, "check", config, err="sweep: 6 points; work,")
    assert "sweep:" in done.stdout
    assert "sweep:" not in program.expect(0, "check", config, "-s", "sweep=null").stdout


def test_refusals(program):
    config = program.write("a.yaml", CONFIG)
    bare = program.write("bare.yaml", merged({}))
    for args, text in (
            (["sweep", config, "--count", "--list"], "only one of --count, --list and --point may be given"),
            (["sweep", config], "nothing to do (--count, --list, or --point K -o DIR;"),
            (["sweep", config, "--point", "0"], "-o: no folder given for point 0"),
            (["sweep", config, "--point", "-1", "-o", "x"], "--point: -1 is not a point (0 to 5)"),
            (["sweep", config, "--point", "1x", "-o", "x"], "--point: 1x is not a point (0 to 5)"),
            (["sweep", config, "--count", "-s", "market.stress.volatility=3"],
             "-s market.stress.volatility: market.stress.volatility: takes its values from the sweep"),
            (["sweep", bare, "--count"], "sweep: required key is absent (a map)")):
        program.expect(2, *args, err=text)
    program.expect(4, "sweep", config, "--point", "0", "-o", "no/such/folder", err="No such file or directory")


def test_every_point_is_checked(program):
    """A value that its key does not take is named with its place, before anything runs."""
    config = program.write("bad.yaml", merged({"sweep": {"grid": {"run.paths": [10, 0], "run.sead": [1]}}}))
    done = program.expect(2, "sweep", config, "--count")
    lines = done.stderr.splitlines()
    assert len(lines) == 2, lines
    assert "run.sead: unknown key (did you mean seed?) [point 0 of the sweep: run.paths = 10, run.sead = 1]" in lines[0]
    assert "run.paths: 0 is out of range" in lines[1]
    assert lines[1].endswith("[point 1 of the sweep: run.paths = 0, run.sead = 1]")
    assert program.expect(2, "check", config).stderr.splitlines()[-2:] == lines
    # Point 0 of a sweep that is good there runs, whatever is wrong elsewhere.
    config = program.write("half.yaml", merged({"sweep": {"grid": {"run.paths": [10, 0]}}}))
    program.expect(0, "sweep", config, "--point", "0", "-o", "half", "-q")
    program.expect(2, "sweep", config, "--point", "1", "-o", "half", "-q", err="run.paths: 0 is out of range")


def test_every_point_is_assembled(program):
    """--count says of each point what its run would refuse before the first path."""
    margin = {"accounts.list.0.positions.0.margin": 2200, "accounts.list.0.positions.0.leverage": 20}
    for name, grid, code, wanted in (
            ("wallet", {"accounts.list.alice.balance": [10000, 100, 50]}, 2,
             [(1, "add to 2200 USD, more than its wallet of 100 ["), (2, "more than its wallet of 50 [")]),
            ("negative", {"accounts.list.alice.balance": [-3, 10000]}, 2, [(0, "net worth of -3 USD")]),
            ("leverage", {"accounts.list.0.positions.0.leverage": [20, 500]}, 2, [(1, "leverage")]),
            ("given", {"shocks": [{"model": "gaussian"}, {"model": "given", "file": "nofile.h5"}]}, 2,
             [(1, "nofile.h5: No such file or directory")]),
            ("csv", {"accounts": [{"files": {"accounts": "no.csv", "positions": "bad.csv"}}, {"files": {"accounts": "bad.csv", "positions": "bad.csv"}}]}, 2,
             [(0, "no.csv: No such file or directory"), (1, "bad.csv:2:")])):
        program.write("bad.csv", "id,balance\nbob,much\n")
        config = program.write(f"{name}.yaml", merged({**margin, "sweep": {"grid": grid}}))
        done = program.expect(code, "sweep", config, "--count")
        lines = done.stderr.splitlines()
        assert done.stdout == "" and len(lines) == len(wanted), (name, done.stdout, lines)
        for line, (point, words) in zip(lines, wanted):
            assert words in line and f" [point {point} of the sweep: {next(iter(grid))} = " in line, line
        assert program.expect(code, "check", config).stderr.splitlines()[-len(wanted):] == lines
    ranges = {"accounts.list.0.positions.0.leverage": [2, 200]}
    config = program.write("latin.yaml", merged({**margin, "sweep": {"latin": {"points": 20, "ranges": ranges}}}))
    # The limit is 100, so about half of the points are over it.
    assert 5 < program.expect(2, "sweep", config, "--count").stderr.count("[point ") < 15


if __name__ == "__main__":
    raise SystemExit(main(globals()))
