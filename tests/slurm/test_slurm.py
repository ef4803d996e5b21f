#!/usr/bin/env python3
"""experiments/slurm and experiments/local on a real Slurm, brought up on loopback.

usage: test_slurm.py RIPTIDE [--all]

Job scripts are tested with a stand-in that sleeps (stand_in.py), so that many jobs fit into
little time; the program itself goes through an array with its merge, scancel and
pre-emption. --all adds what takes minutes: time limits, and a node whose daemon is killed.
"""
import json
import pathlib
import re
import shutil
import sys
import tempfile
import time

import h5py

from cluster import Cluster

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/cli"))
from harness import contents, named, run_all  # noqa: E402
SUBMIT = ROOT / "experiments/slurm/submit.sh"
LOCAL = ROOT / "experiments/local/submit.sh"
STAND_IN = HERE / "stand_in.py"


class Bench:
    """A cluster, the program, and a folder for each test."""

    def __init__(self, cluster, riptide, folder):
        self.cluster, self.riptide, self.folder = cluster, riptide, folder

    def configure(self, name, **config):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(config))
        return path, self.folder / name

    def submit(self, config, out, *words, riptide=STAND_IN, script=SUBMIT, code=0):
        """Runs a submit script and returns the ids that it printed: {'points': '1', ...}."""
        done = self.cluster.run("bash", script, config, out, *words, RIPTIDE=str(riptide))
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == code, f"exit {done.returncode}, want {code}: {said}"
        ids = {}
        for line in done.stdout.splitlines():
            name, _, rest = line.partition(": job ")
            if rest:
                ids.setdefault(name, []).append(rest.split(",")[0])
        return {name: ",".join(found) for name, found in ids.items()}, said

    def running(self, job, n=1):
        self.cluster.until(
            lambda: self.cluster.ask("squeue", "-h", "-r", "-j", job, "-t", "RUNNING")
            .count("\n") >= n, 30, f"{n} running tasks of {job}")

    def saved(self, out, *names):
        """Waits until each of these results that are to be has a checkpoint."""
        self.cluster.until(lambda: all((out / f"{name}.checkpoint").exists() for name in names), 60,
                           f"checkpoints of {', '.join(names)}")

    def finish(self, ids, seconds=90):
        self.cluster.wait(*[job for jobs in ids.values() for job in jobs.split(",")],
                          seconds=seconds)


def log(out, name):
    path = out / "log" / name
    return path.read_text() if path.exists() else ""


def result(out, name):
    return json.loads((out / name).read_text())


def test_array_and_merge(bench):
    """Ten points, four at a time; threads follow the allocation; nothing is done twice."""
    config, out = bench.configure("array", points=10, seconds=0.5)
    ids, _ = bench.submit(config, out, "--", "--cpus-per-task=2", "--time=5")
    assert set(ids) == {"points", "merge"}, ids
    bench.finish(ids)
    assert set(bench.cluster.states(ids["points"]).values()) == {"COMPLETED"}
    assert bench.cluster.states(ids["merge"]) == {None: "COMPLETED"}
    assert result(out, "sweep.h5") == list(range(10))
    assert all(result(out, f"point-{k}.h5")["threads"] == "2" for k in range(10))
    _, said = bench.submit(config, out)
    assert said.startswith("nothing to do"), said
    (out / "point-7.h5").unlink()
    ids, said = bench.submit(config, out)
    assert "array 7," in said, said
    bench.finish(ids)
    assert result(out, "sweep.h5") == list(range(10))


def test_shards(bench):
    config, out = bench.configure("shards", points=1, seconds=0.2)
    ids, _ = bench.submit(config, out, "--shards", "3")
    bench.finish(ids)
    assert result(out, "result.h5") == [0, 1, 2]
    _, said = bench.submit(config, out, "--shards", "4", code=2)
    assert "holds results of another configuration" in said, said


def test_failing_point(bench):
    """The merge says what is missing; after the repair only that is run."""
    config, out = bench.configure("failing", points=4, seconds=0.2, fail=[2])
    ids, _ = bench.submit(config, out)
    bench.finish(ids)
    states = bench.cluster.states(ids["points"])
    assert states == {0: "COMPLETED", 1: "COMPLETED", 2: "FAILED", 3: "COMPLETED"}, states
    assert "fails on purpose" in log(out, "point-2.log")
    assert "missing: [2]" in log(out, "merge.log"), log(out, "merge.log")
    assert not (out / "sweep.h5").exists()
    # The folder is of that configuration, so the repair is not in it.
    (out / "config.yaml").unlink()
    config, _ = bench.configure("failing", points=4, seconds=0.2)
    ids, said = bench.submit(config, out)
    assert "array 2," in said, said
    bench.finish(ids)
    assert result(out, "sweep.h5") == [0, 1, 2, 3]


def test_scancel_and_again(bench):
    """What was cancelled is not put back into the queue, and goes on when asked for."""
    config, out = bench.configure("cancelled", points=2, seconds=4)
    ids, _ = bench.submit(config, out)
    bench.saved(out, "point-0.h5", "point-1.h5")
    bench.cluster.run("scancel", ids["points"])
    bench.finish(ids)
    assert set(bench.cluster.states(ids["points"]).values()) == {"CANCELLED"}
    assert not list(out.glob("*.h5")) and len(list(out.glob("*.checkpoint"))) == 2
    assert "no point is finished" in log(out, "merge.log")
    ids, _ = bench.submit(config, out)
    bench.finish(ids)
    assert result(out, "sweep.h5") == [0, 1]
    assert len(result(out, "point-0.h5")["beats"]) == 40
    assert "goes on after" in log(out, "point-0.log") and "goes on after" in log(out, "point-1.log")
    assert log(out, "point-0.log").count("point 0 of 2") == 2, "the log was truncated"


def test_queue_is_seen(bench):
    """Submitted again while jobs are in the queue: only new work, one merge after all of it."""
    config, out = bench.configure("queue", points=6, seconds=2)
    first, _ = bench.submit(config, out)
    bench.running(first["points"])
    again, said = bench.submit(config, out)
    assert "6 in the queue already" in said and "points" not in again, said
    bench.finish({**first, "again": again["merge"]})
    assert bench.cluster.states(first["merge"]) == {None: "CANCELLED"}
    assert bench.cluster.states(again["merge"]) == {None: "COMPLETED"}
    assert result(out, "sweep.h5") == list(range(6))


def test_more_points_than_an_array_holds(bench):
    """Task numbers end at MaxArraySize; the rest goes into arrays with an offset."""
    config, out = bench.configure("long", points=25, seconds=0)
    ids, _ = bench.submit(config, out)
    assert len(ids["points"].split(",")) == 3, ids
    bench.finish(ids)
    assert result(out, "sweep.h5") == list(range(25))
    assert "point 24 of 25" in log(out, "point-20+4.log")


def test_preemption(bench):
    """A job of a higher partition takes the CPUs; the point goes on at its checkpoint."""
    config, out = bench.configure("preempted", points=1, seconds=5)
    ids, _ = bench.submit(config, out, "--", "--cpus-per-task=4", "--nodelist=n1")
    bench.saved(out, "point-0.h5")
    high = bench.cluster.run("sbatch", "--parsable", "-p", "high", "--cpus-per-task=4",
                             "--nodelist=n1", "--output=/dev/null", "--wrap", "sleep 2").stdout.strip()
    bench.finish({**ids, "high": high})
    beats = result(out, "point-0.h5")["beats"]
    assert len(beats) == 50 and beats[0] == 0 and beats[-1] == 1 and beats.count(0) >= 10, beats
    assert log(out, "point-0.log").count("point 0 of 1") == 2
    assert result(out, "sweep.h5") == [0]


# Two accounts in three modes; the number of paths makes it as long as a test wants.
CONFIG = """
run: {seed: 7, paths: PATHS, horizon: 48h, step: 1h}
market: {assets: [{symbol: BTC, price: 52137.5, volatility: 1.3}, {symbol: ETH, price: 2511.25, volatility: 1.7}], correlation: 0.7}
venue: binance_usdm
accounts:
  list:
    - {id: alice, balance: 10000, leverage: 20, positions: [{symbol: BTC, kind: linear_perp, quantity: 1.27}]}
    - {id: bob, balance: 5213.75, leverage: 15, positions: [{symbol: ETH, kind: linear_perp, quantity: -21.3}]}
"""


def write_config(bench, name, paths, more=""):
    path = bench.folder / f"{name}.yaml"
    path.write_text(CONFIG.replace("PATHS", str(paths)) + more)
    return path, bench.folder / name


def facts(path):
    with h5py.File(path, "r") as file:
        return dict(file.attrs)


def test_program_sweep(bench):
    """The program itself: the array's points and their merge are what they are without Slurm."""
    config, out = write_config(bench, "program", 2000, "sweep: {grid: {market.stress.volatility: [1, 1.5, 2], "
                               "run.wipeout_threshold: [0.1, 0.3]}, baseline: {market.stress.volatility: 1}}\n")
    ids, _ = bench.submit(config, out, "--", "--cpus-per-task=2", riptide=bench.riptide)
    bench.finish(ids)
    assert (out / "sweep.h5").exists(), log(out, "merge.log") + log(out, "point-0.log")
    _, local = write_config(bench, "program_local", 2000)
    bench.submit(config, local, riptide=bench.riptide, script=LOCAL)
    for k in range(6):
        assert contents(out / f"point-{k}.h5") == contents(local / f"point-{k}.h5"), k
    assert contents(out / "sweep.h5") == contents(local / "sweep.h5")
    job = facts(out / "point-5.h5")
    assert job["job_id"] == f"{ids['points']}_5" and job["job_node"] in ("n1", "n2"), job
    assert job["threads"] == 2 and job["job_restarts"] == 0
    assert facts(local / "point-5.h5")["job_id"] == ""


def paths_for(bench, seconds):
    """Paths that one thread simulates in about so long."""
    config, _ = write_config(bench, "speed", 60000)
    done = bench.cluster.run(bench.riptide, "run", config, "-o", bench.folder / "speed.h5", "-q", "-j", "1",
                             "--progress", "plain")
    assert done.returncode == 0, done.stderr
    return int(int(re.search(r"([\d,]+) paths/s", done.stderr)[1].replace(",", "")) * seconds)


def test_program_interrupted(bench):
    """A run in shards: one is pre-empted, the other cancelled and submitted again; same bits."""
    config, out = write_config(bench, "shards_run", 2 * paths_for(bench, 4))
    hasty = bench.folder / "hasty"
    hasty.write_text(f"""#!/bin/sh
[ "$1" = run ] && exec '{bench.riptide}' "$@" --checkpoint 500ms
exec '{bench.riptide}' "$@"
""")
    hasty.chmod(0o755)
    ids, _ = bench.submit(config, out, "--shards", "2", "--", "--cpus-per-task=1", riptide=hasty)
    bench.saved(out, "shard-0.h5", "shard-1.h5")
    high = bench.cluster.run("sbatch", "--parsable", "-p", "high", "--array=0-1", "--cpus-per-task=4",
                             "--output=/dev/null", "--wrap", "sleep 1").stdout.strip()
    bench.cluster.until(lambda: log(out, "shard-0.log").count("are kept in") or log(out, "shard-1.log").count("are kept in"),
                        30, "a checkpoint on pre-emption")
    bench.cluster.run("scancel", f"{ids['shards']}_1")
    bench.finish({**ids, "high": high})
    assert (out / "shard-0.h5").exists() and not (out / "shard-1.h5").exists()
    assert facts(out / "shard-0.h5")["job_restarts"] >= 1
    assert "1" in log(out, "merge.log") and "missing" in log(out, "merge.log"), log(out, "merge.log")
    ids, said = bench.submit(config, out, "--shards", "2", riptide=bench.riptide)
    assert "array 1," in said, said
    bench.finish(ids)
    done = bench.cluster.run(bench.riptide, "run", config, "-o", bench.folder / "single.h5", "-q")
    assert done.returncode == 0, done.stderr
    assert contents(out / "result.h5") == contents(bench.folder / "single.h5")
    assert not list(out.glob("*.checkpoint*")) and not list(out.glob("*.tmp.*"))


def test_help(bench):
    for script in (SUBMIT, LOCAL):
        done = bench.cluster.run("bash", script, "--help")
        lines = done.stdout.splitlines()
        assert done.returncode == 0 and done.stderr == "", done
        assert f"usage: {script.relative_to(ROOT)} CONFIG OUTDIR [--shards N]" in done.stdout, done.stdout
        assert not [line for line in lines if line.startswith(("#", "set "))], lines


def test_errors(bench):
    """What is wrong is said at once, before anything is submitted."""
    config, out = bench.configure("errors", points=2, seconds=0)
    _, said = bench.submit(bench.folder / "absent.json", out, code=2)
    assert "absent.json: No such file" in said, said
    _, said = bench.submit(config, out, "--shards", "0", code=2)
    assert "--shards: 0 is not allowed" in said, said
    _, said = bench.submit(config, out, "--shard", "2", code=2)
    assert "--shard: unknown option (usage" in said, said
    _, said = bench.submit(config, out, riptide="/nowhere/riptide", code=2)
    assert "no program riptide" in said, said
    assert not out.exists()
    assert not bench.cluster.ask("squeue", "-h").strip()


def test_local(bench):
    """The same by GNU parallel: a failing point is named, and only it is run again."""
    config, out = bench.configure("local", points=5, seconds=0.3, fail=[3])
    _, said = bench.submit(config, out, script=LOCAL, code=4)
    assert "point 3: exit 4" in said and "missing: [3]" in said, said
    assert sorted(path.name for path in out.glob("*.h5")) == [f"point-{k}.h5" for k in (0, 1, 2, 4)]
    (out / "config.yaml").unlink()
    config, _ = bench.configure("local", points=5, seconds=0.3)
    _, said = bench.submit(config, out, "--", "--jobs", "1", script=LOCAL)
    assert "points: 1 of 5 to do" in said, said
    assert result(out, "sweep.h5") == [0, 1, 2, 3, 4]
    _, said = bench.submit(config, out, script=LOCAL)
    assert said.startswith("nothing to do"), said
    config, out = bench.configure("local_shards", points=1, seconds=0)
    bench.submit(config, out, "--shards", "7", script=LOCAL)
    assert result(out, "result.h5") == list(range(7))


def test_changed_inputs(bench):
    """Results of input files that have changed since are not taken for those of now."""
    accounts = bench.folder / "inputs.csv"
    (bench.folder / "positions.csv").write_text("account,symbol,kind,quantity\ncarol,BTC,linear_perp,0.5\n")
    whole, _ = write_config(bench, "inputs_run", 640)
    text = whole.read_text()
    text = text[:text.index("accounts:")] + "accounts: {files: {accounts: inputs.csv, positions: positions.csv}}\n"
    whole.write_text(text)
    swept = bench.folder / "inputs_sweep.yaml"
    swept.write_text(text + "sweep: {grid: {run.wipeout_threshold: [0.1, 0.3]}}\n")
    for config, words, first in ((swept, [], "point-0.h5"), (whole, ["--shards", "2"], "shard-0.h5")):
        out = bench.folder / f"of_{config.stem}"
        accounts.write_text("id,balance,leverage\ncarol,10000,10\n")
        bench.submit(config, out, *words, riptide=bench.riptide, script=LOCAL)
        _, said = bench.submit(config, out, *words, riptide=bench.riptide, script=LOCAL)
        assert said.startswith("nothing to do"), said
        accounts.write_text("id,balance,leverage\ncarol,11000,10\n")
        for script in (LOCAL, SUBMIT):
            _, said = bench.submit(config, out, *words, riptide=bench.riptide, script=script, code=2)
            assert f"{first}: inputs.csv has changed since" in said and "nothing to do" not in said, said
            assert "submit.sh: " in said and "remove them or use another folder" in said, said
        for path in out.glob("*.h5"):
            path.unlink()
        bench.submit(config, out, *words, riptide=bench.riptide, script=LOCAL)
        (out / first).write_text("not a result")
        _, said = bench.submit(config, out, *words, riptide=bench.riptide, script=LOCAL, code=4)
        assert f"{first}: " in said and "remove them or use another folder" in said, said
    assert not bench.cluster.ask("squeue", "-h").strip()


def long_test_time_limit(bench):
    """Warned before its time limit a job saves, goes back into the queue and goes on."""
    config, out = bench.configure("limit", points=1, seconds=75)
    ids, _ = bench.submit(config, out, "--", "--time=1", "--signal=TERM@20")
    bench.finish(ids, seconds=240)
    beats = result(out, "point-0.h5")["beats"]
    assert len(beats) == 750 and beats[0] == 0 and beats[-1] >= 1, beats
    assert "saved, back into the queue" in log(out, "point-0.log")
    assert result(out, "sweep.h5") == [0]


def long_test_killed_node(bench):
    """The daemon of a node and its job die; the job runs again elsewhere, from its checkpoint."""
    config, out = bench.configure("killed", points=1, seconds=6)
    ids, _ = bench.submit(config, out, "--", "--nodelist=n2", "--cpus-per-task=4")
    bench.saved(out, "point-0.h5")
    bench.cluster.kill("n2")
    bench.cluster.kill_leftovers()
    bench.cluster.until(lambda: "down" in bench.cluster.ask("sinfo", "-h", "-n", "n2", "-o", "%T"),
                        90, "the node to be down")
    assert not (out / "point-0.h5").exists()
    bench.cluster.start_node(2)
    bench.finish(ids, seconds=120)
    beats = result(out, "point-0.h5")["beats"]
    assert len(beats) == 60 and beats[0] == 0 and beats[-1] >= 1 and beats.count(0) >= 10, beats
    assert result(out, "sweep.h5") == [0]


def main():
    wanted = ("test_", "long_test_") if "--all" in sys.argv else ("test_",)
    only = [word for word in sys.argv[2:] if not word.startswith("-")]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="riptide-slurm-"))
    failed = 0
    try:
        with Cluster(nodes=2, cpus=4, array=10) as cluster:
            bench = Bench(cluster, pathlib.Path(sys.argv[1]).resolve(), folder)
            failed = run_all([test for begins in wanted for test in named(globals(), begins, only)], bench)
    finally:
        if not failed:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
