#!/usr/bin/env python3
"""`riptide run`: outputs, overwriting, signals, exit codes, progress, worked examples.

usage: test_run.py RIPTIDE
"""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

from harness import BASE, contents, main, merged

LEFT_BEHIND = ("*.tmp*", "*.checkpoint*")
# A run that takes minutes; it is always stopped.
LONG = merged({"run.paths": 2_000_000_000, "run.step": "15m"})


def read(path, *names):
    with h5py.File(path, "r") as file:
        return [file[name][()] for name in names]


def nothing_left(folder):
    found = [str(path) for pattern in LEFT_BEHIND for path in folder.glob(pattern)]
    assert not found, f"left behind: {found}"


def replay(moves, **changes):
    """A scenario of one path: the given simple returns, a step each."""
    text = "time,BTC\n" + "".join(f"{n},{move}\n" for n, move in enumerate(moves))
    config = merged({"run.paths": 1, "run.horizon": f"{4 * len(moves)}h",
                     "shocks": {"model": "replay", "file": "moves.csv"}, **changes})
    return text, config


def test_result_and_summary(program):
    program.write("c.yaml", merged({"title": "one alice"}))
    done = program.expect(0, "run", "c.yaml", "-o", "a.h5", out="one alice")
    again = program.expect(0, "summary", "a.h5")
    assert done.stdout == again.stdout, f"{done.stdout}\nbut `summary` says\n{again.stdout}"
    assert (program.folder / "a.h5").read_bytes()[:8] == b"RIPTIDE1"
    nothing_left(program.folder)


def test_figures_never_fall_as_the_level_grows(program):
    """Of 65 paths, several levels have the same order statistic, each in cells of its own."""
    program.write("c.yaml", merged({
        "run.paths": 65, "outputs.levels": [0.9, 0.95, 0.985, 0.99, 0.995, 0.999, 0.9999]}))
    for seed in range(6):
        program.expect(0, "run", "c.yaml", "-q", "--force", "-o", "a.h5", "-s", f"run.seed={seed}")
        for prefix in ("", "population_"):
            var, tail = read(program.folder / "a.h5", prefix + "value_at_risk",
                             prefix + "expected_shortfall")
            assert (np.diff(var) >= 0).all(), f"seed {seed}: {prefix}value_at_risk is {var}"
            assert (np.diff(tail) >= 0).all(), f"seed {seed}: {prefix}expected_shortfall is {tail}"
            # The mean of a tail adds the losses up, of equal ones with a rounding.
            assert (tail >= var * (1 - 1e-12)).all(), f"seed {seed}: {tail} is below {var}"
        lower, upper = read(program.folder / "a.h5", "value_at_risk_lower", "value_at_risk_upper")
        var, = read(program.folder / "a.h5", "value_at_risk")
        assert ((lower <= var) & (var <= upper)).all(), f"seed {seed}: {lower} {var} {upper}"


def test_default_output_is_beside_the_configuration(program):
    """outputs.file is relative to the configuration file, -o to the working directory."""
    program.write("sub/c.yaml", merged({"outputs": {"file": "mine.h5"}}))
    program.expect(0, "run", "sub/c.yaml", "-q")
    assert (program.folder / "sub/mine.h5").is_file()
    program.expect(0, "run", "sub/c.yaml", "-q", "-o", "here.h5")
    assert (program.folder / "here.h5").is_file()


def test_quiet(program):
    program.write("c.yaml", BASE)
    done = program.expect(0, "run", "c.yaml", "-q", "-o", "q.h5")
    assert done.stdout == "" and done.stderr == "", (done.stdout, done.stderr)


def test_existing_file_is_kept(program):
    program.write("c.yaml", BASE)
    (program.folder / "old.h5").write_text("precious")
    done = program.expect(2, "run", "c.yaml", "-o", "old.h5")
    assert done.stderr == "old.h5: exists already (--force overwrites it)\n", done.stderr
    assert (program.folder / "old.h5").read_text() == "precious"
    program.expect(0, "run", "c.yaml", "-o", "old.h5", "-q", "--force")
    assert (program.folder / "old.h5").read_bytes()[:8] == b"RIPTIDE1"
    nothing_left(program.folder)


def test_configuration_is_never_overwritten(program):
    program.write("c.yaml", BASE)
    os.link(program.folder / "c.yaml", program.folder / "same.yaml")
    for name in ("c.yaml", "same.yaml"):
        done = program.expect(2, "run", "c.yaml", "-o", name, "--force")
        assert done.stderr == f"{name}: is read by the command (what it writes needs another name)\n"
    assert json.loads((program.folder / "c.yaml").read_text()) == BASE


def test_failing_run_keeps_the_old_file(program):
    program.write("c.yaml", BASE)
    (program.folder / "keep.h5").write_text("precious")
    program.expect(2, "run", "c.yaml", "-o", "keep.h5", "--force", "-s", "run.paths=-1")
    assert (program.folder / "keep.h5").read_text() == "precious"


def test_bad_outputs(program):
    program.write("c.yaml", BASE)
    (program.folder / "dir.h5").mkdir(exist_ok=True)
    for name, words in (("nowhere/x.h5", "No such file or directory"),
                        ("dir.h5", "Is a directory"),
                        ("c.yaml/x.h5", "Not a directory")):
        for force in ([], ["--force"]):
            done = program.expect(4, "run", "c.yaml", "-o", name, *force)
            assert done.stderr == f"{name}: {words}\n", done.stderr


def test_unwritable_folder(program):
    program.write("c.yaml", BASE)
    name = "/proc/riptide.h5"
    if os.geteuid() != 0:
        (program.folder / "locked").mkdir(mode=0o500)
        name = "locked/x.h5"
    for path, words in ((name, "[A-Z].*"), ("n" * 300 + ".h5", "File name too long")):
        done = program.expect(4, "run", "c.yaml", "-o", path)
        assert re.fullmatch(rf"{re.escape(path)}: {words}\n", done.stderr), done.stderr


def test_full_disk(program):
    """A limit on file sizes stands in for a full disk; SIGXFSZ must not end the run."""
    program.write("c.yaml", BASE)
    done = subprocess.run(
        [program.path, "run", "c.yaml", "-o", "big.h5"], cwd=program.folder, text=True,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
    assert done.returncode == 4, done
    assert "big.h5" in done.stderr and "File too large" in done.stderr, done.stderr
    assert not (program.folder / "big.h5").exists()
    nothing_left(program.folder)


def test_bad_inputs(program):
    """A named input that is missing: 2; one that is malformed: 3."""
    program.write("c.yaml", merged({"accounts": {"files": {"accounts": "a.csv",
                                                           "positions": "p.csv"}}}))
    program.expect(2, "run", "c.yaml", "-o", "x.h5", err="a.csv: No such file or directory")
    program.write("a.csv", "id,balance\nalice,x1\n")
    program.write("p.csv", "account,symbol,kind,quantity\nalice,BTC,linear_perp,0.1\n")
    program.expect(3, "run", "c.yaml", "-o", "x.h5", err="a.csv:2:")
    program.write("a.csv", "id,balance\nalice,9000\n")
    program.expect(0, "run", "c.yaml", "-o", "x.h5", "-q")


def under_way(program, output, *options):
    """A long run that has saved its first checkpoint."""
    process = program.begin("run", "long.yaml", "-o", output, "-j", "2", "--checkpoint", "50ms", *options)
    checkpoint = program.folder / f"{output}.checkpoint"
    while not checkpoint.exists():
        assert process.poll() is None, f"the run ended before the signal: {process.communicate()}"
        time.sleep(0.01)
    return process


def cpu_seconds(process):
    """What a process has computed so far, over its threads."""
    after_name = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def stop(program, number, output):
    """Sends a signal once the run is under way; its words, and how long its two threads went on
    for it (computing: on a machine with other work the clock says nothing of the program)."""
    process = under_way(program, output, "--progress", "plain")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = children.ru_utime + children.ru_stime + cpu_seconds(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process.returncode, (children.ru_utime + children.ru_stime - before) / 2, out, err


def test_signals_end_a_run_cleanly(program):
    program.write("long.yaml", LONG)
    for number in (signal.SIGINT, signal.SIGTERM):
        code, took, out, err = stop(program, number, "long.h5")
        assert code == 75, f"exit {code}: {err}"
        assert took < 2.0, f"took {took:.2f} s"
        assert re.search(r"^riptide: run: interrupted after [1-9][\d,]* of 2,000,000,000 paths, "
                         r"which are kept in long.h5.checkpoint \(go on with --resume\)$", err,
                         re.M), err
        assert out == "", out
        assert not (program.folder / "long.h5").exists()
        (program.folder / "long.h5.checkpoint").unlink()
        nothing_left(program.folder)


def test_signal_before_the_first_path(program):
    """While the run waits for its configuration, which is a pipe here."""
    os.mkfifo(program.folder / "pipe.yaml")
    process = program.begin("run", "pipe.yaml", "-o", "early.h5")
    with open(program.folder / "pipe.yaml", "w"):  # returns once the run is reading
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert process.returncode == 143 and out == ""
    assert err == "riptide: run: interrupted before the first path; nothing was saved\n", err


def test_interrupted_run_keeps_the_old_file(program):
    program.write("long.yaml", LONG)
    (program.folder / "kept.h5").write_text("precious")
    process = under_way(program, "kept.h5", "--force")
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 75
    assert (program.folder / "kept.h5").read_text() == "precious"
    (program.folder / "kept.h5.checkpoint").unlink()
    nothing_left(program.folder)


def test_progress(program):
    program.write("c.yaml", BASE)
    args = ("run", "c.yaml", "--force", "-o", "p.h5")
    plain = program.expect(0, *args).stderr  # not a terminal: plain
    assert re.fullmatch(r"200 of 200 paths, 100 %, [\d,]+ paths/s, took 0:0\d\n", plain), plain
    assert program.expect(0, *args, "--progress", "plain").stderr.startswith("200 of 200")
    assert program.expect(0, *args, "--progress", "none").stderr == ""
    bar = subprocess.run([program.path, *args, "--progress", "bar"], cwd=program.folder,
                         stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, check=True).stderr
    assert bar.startswith(b"\r[#") and bar.endswith(b"\033[K\n"), bar
    quiet = program.expect(0, *args, "-q", "--progress", "plain")
    assert quiet.stderr.startswith("200 of 200") and quiet.stdout == "", quiet


def test_same_datasets_for_any_number_of_threads(program):
    program.write("c.yaml", merged({"run.paths": 1000, "outputs": {"losses": True,
                                                                   "system": True}}))
    program.expect(0, "run", "c.yaml", "-o", "t1.h5", "-q", "-j", 1)
    want = contents(program.folder / "t1.h5")
    assert len(want) > 60
    for threads, level in ((2, "baseline"), (5, "v3"), (3, "v4")):
        program.expect(0, "run", "c.yaml", "-o", "tn.h5", "-q", "-j", threads, "--force",
                       RIPTIDE_SIMD=level)
        got = contents(program.folder / "tn.h5")
        different = [name for name in want if want[name] != got.get(name)]
        assert not different and len(want) == len(got), f"{threads} threads: {different}"


def test_threads_default_to_the_smallest_limit(program):
    program.write("c.yaml", BASE)
    cpus = len(os.sched_getaffinity(0))
    for omp, slurm, want in ((None, None, cpus), ("1", None, 1), ("64", "1", 1), ("1,4", "8", 1)):
        limits = {"OMP_NUM_THREADS": omp, "SLURM_CPUS_PER_TASK": slurm}
        limits = {name: value for name, value in limits.items() if value}
        saved = {name: os.environ.pop(name, None)
                 for name in ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK")}
        program.expect(0, "run", "c.yaml", "-o", "n.h5", "-q", "--force", **limits)
        os.environ.update({name: value for name, value in saved.items() if value})
        with h5py.File(program.folder / "n.h5", "r") as file:
            assert file.attrs["threads"] == want, (omp, slurm, file.attrs["threads"])


def test_attributes_say_what_was_run(program):
    program.write("c.yaml", merged({"title": "it's \"quoted\""}))
    program.expect(0, "run", "c.yaml", "-o", "at.h5", "-q", "-s", "run.seed=18446744073709551615")
    with h5py.File(program.folder / "at.h5", "r") as file:
        assert file.attrs["seed"] == 2 ** 64 - 1
        assert file.attrs["paths"] == file.attrs["paths_done"] == 200
        assert file.attrs["status"] == "complete" and file.attrs["shard"] == ""
        assert file.attrs["title"] == "it's \"quoted\""
        assert "run.seed=18446744073709551615" in file.attrs["command"]
        assert file.attrs["wall_time_s"] > 0 and file.attrs["peak_memory_bytes"] > 2 ** 20
        text = file["config/yaml"][()].decode()
    assert "18446744073709551615" in text
    # The stored configuration reproduces the result.
    program.write("stored.yaml", text)
    program.expect(0, "run", "stored.yaml", "-o", "at2.h5", "-q")
    first, second = (contents(program.folder / name) for name in ("at.h5", "at2.h5"))
    assert first == second


def test_flash_crash_isolated_and_cross(program):
    """Worked example 1 (MAR-4, MAR-5, LIQ-6): 5,000 at 10x, one step of -20 %: the bucket of
    500 is at -500, deficit 500, loss 500; cross stands at 9,000."""
    text, config = replay([-0.2], **{
        "run.modes": ["isolated", "cross"],
        "accounts.list.0.positions.0.quantity": 5000 / 60000})
    program.write("moves.csv", text)
    program.write("c.yaml", config)
    program.expect(0, "run", "c.yaml", "-o", "crash.h5", "-q")
    loss, deficit, closed = read(program.folder / "crash.h5", "mean_loss", "mean_deficit",
                                 "liquidation_probability")
    assert np.allclose(loss[:, 0], [500, 1000], rtol=1e-9), loss
    assert np.allclose(deficit[:, 0], [500, 0], rtol=1e-9, atol=1e-9), deficit
    assert closed[:, 0].tolist() == [1, 0], closed


def test_flash_crash_takes_all_under_cross(program):
    """Worked example 1: 30,000 at 3x; -40 % in one step loses all 10,000, deficit 2,000.
    Wiped out (DEF-3)."""
    text, config = replay([-0.4], **{"run.modes": ["cross"], "accounts.list.0.leverage": 3})
    program.write("moves.csv", text)
    program.write("c.yaml", config)
    program.expect(0, "run", "c.yaml", "-o", "all.h5", "-q")
    loss, deficit, wiped = read(program.folder / "all.h5", "mean_loss", "mean_deficit",
                                "wipeout_probability")
    assert np.allclose([loss[0, 0], deficit[0, 0], wiped[0, 0]], [10000, 2000, 1]), (loss, deficit)
    # Just above and below the breach near -33 %: (10000 - 30000) / (0.5 (0.005 - 1)) =
    # 40201.005 is a move of -0.32998325.
    for move, want in ((-0.329983, 0), (-0.329984, 1)):
        program.write("moves.csv", f"time,BTC\n0,{move}\n")
        program.expect(0, "run", "c.yaml", "-o", "edge.h5", "-q", "--force")
        assert read(program.folder / "edge.h5", "liquidation_probability")[0][0, 0] == want, move


def test_other_bucket_is_untouched(program):
    """Worked example 2: 5x long BTC and 3x short ETH, isolated; ETH doubles: its bucket of
    2,000 is gone, the BTC bucket is as it was."""
    config = merged({
        "run": {"paths": 1, "horizon": "1h", "step": "1h", "modes": ["isolated"]},
        "market": {"assets": [{"symbol": "BTC", "price": 60000.0, "volatility": 0.8},
                              {"symbol": "ETH", "price": 2500.0, "volatility": 0.9}],
                   "correlation": 0.5},
        "shocks": {"model": "replay", "file": "two.csv"},
        "accounts": {"list": [{"id": "bob", "balance": 10000.0, "positions": [
            {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.25, "leverage": 5},
            {"symbol": "ETH", "kind": "linear_perp", "quantity": -2.4, "leverage": 3}]}]}})
    program.write("two.csv", "time,BTC,ETH\n0,0,1\n")
    program.write("c.yaml", config)
    program.expect(0, "run", "c.yaml", "-o", "two.h5", "-q")
    loss, deficit, full = read(program.folder / "two.h5", "mean_loss", "mean_deficit",
                               "full_liquidation_probability")
    assert np.isclose(loss[0, 0], 2000) and np.isclose(deficit[0, 0], 4000), (loss, deficit)
    assert full[0, 0] == 0


def test_timing_is_told_if_asked_for(program):
    program.write("c.yaml", merged({"run.paths": 6400}))
    said = program.expect(0, "run", "c.yaml", "-o", "t.h5", "-q", RIPTIDE_TIMING="1").stderr
    rows = dict(re.match(r"(\S.*?) {2,}(\d+\.\d+) ", line).groups() for line in said.splitlines()[1:])
    assert list(rows) == ["reading", "planning", "normals", "correlation and tails", "prices", "extremes",
                          "screening", "events", "population", "accounts", "output", "all"], said
    seconds = [float(value) for value in rows.values()]
    assert abs(sum(seconds[:-1]) - seconds[-1]) < 0.001 and seconds[2] > 0, said
    for off in ("", "0"):
        assert program.expect(0, "run", "c.yaml", "-o", f"t{off}.h5", "-q", "--force",
                              RIPTIDE_TIMING=off).stderr == ""


def test_seed_decides(program):
    program.write("c.yaml", BASE)
    for seed, name in ((1, "s1"), (1, "s1b"), (2, "s2")):
        program.expect(0, "run", "c.yaml", "-q", "-o", f"{name}.h5", "-s", f"run.seed={seed}")
    first, same, other = (read(program.folder / f"{name}.h5", "mean_loss")[0]
                          for name in ("s1", "s1b", "s2"))
    assert first.tobytes() == same.tobytes() != other.tobytes()


def test_summary_json_agrees_with_the_file(program):
    program.write("c.yaml", merged({"run.paths": 640}))
    program.expect(0, "run", "c.yaml", "-o", "j.h5", "-q")
    summary = json.loads(program.expect(0, "summary", "j.h5", "--json").stdout)
    assert summary["paths_done"] == 640 and summary["seed"] == 11
    wiped, = read(program.folder / "j.h5", "population_wipeout")
    assert [mode["wipeout"]["estimate"] for mode in summary["modes"]] == wiped.tolist()
    assert [mode["mode"] for mode in summary["modes"]] == ["isolated", "cross", "portfolio"]


if __name__ == "__main__":
    sys.exit(main(globals()))
