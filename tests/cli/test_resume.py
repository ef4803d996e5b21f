#!/usr/bin/env python3
"""Interrupted runs and shards end with the bits of the run of one piece.

usage: test_resume.py RIPTIDE
"""
import os
import signal
import subprocess
import sys
import time

import h5py

from harness import BASE, main, merged

CONFIG = merged({"run.paths": 100000, "run.step": "10m", "outputs": {"losses": True, "system": True,
                                                                  "keep_paths": 70}})
# Attributes that tell how a result was made, not what is in it.
EXCEPT = {"created", "command", "threads", "simd", "shard", "wall_time_s", "cpu_time_s",
          "peak_memory_bytes", "job_id", "job_node", "job_restarts"}


def content(path):
    """All datasets and promised attributes of a result, as bytes and texts."""
    found = {}
    with h5py.File(path) as file:
        found[""] = {key: str(value) for key, value in file.attrs.items() if key not in EXCEPT}
        file.visititems(lambda name, node: found.__setitem__(
            name, repr(node[()]) if node.dtype == object else bytes(node[()].tobytes()))
            if isinstance(node, h5py.Dataset) and node.shape is not None else None)
    return found


def whole(program):
    path = program.folder / "whole.h5"
    if not path.exists():
        program.write("c.yaml", CONFIG)
        program.expect(0, "run", "c.yaml", "-o", "whole.h5", "-q")
    return content(path)


def interrupt(program, *args, number=signal.SIGTERM):
    """Starts a run and stops it once it has saved something anew; its exit code."""
    name = program.folder / (args[args.index("-o") + 1] + ".checkpoint")
    before = name.stat().st_mtime_ns if name.exists() else 0
    process = program.begin("run", "c.yaml", "-j", "1", "-q", "--checkpoint", "1ms", *args)
    while process.poll() is None and not (name.exists() and name.stat().st_mtime_ns > before):
        time.sleep(0.002)
    process.send_signal(number)
    process.communicate(timeout=60)
    return process.returncode


def test_interrupted_run_goes_on(program):
    want = whole(program)
    codes = [interrupt(program, "-o", "cut.h5", "--resume") for _ in range(3)]
    assert codes == [75] * 3, codes
    program.expect(0, "run", "c.yaml", "-o", "cut.h5", "--resume", "-q")
    assert content(program.folder / "cut.h5") == want
    assert not list(program.folder.glob("cut.h5.*")), "something is left behind"


def test_killed_run_goes_on(program):
    """With checkpoints all the time, whatever kill -9 leaves can be gone on with."""
    want = whole(program)
    for _ in range(3):
        code = interrupt(program, "-o", "kill.h5", "--resume", number=signal.SIGKILL)
        assert code == -signal.SIGKILL, code
    program.expect(0, "run", "c.yaml", "-o", "kill.h5", "--resume", "-q")
    assert content(program.folder / "kill.h5") == want
    assert not list(program.folder.glob("kill.h5.*")), list(program.folder.glob("kill.h5.*"))


def test_finished_run_is_tidied_up(program):
    """Killed between the rename of its result and its end, a run leaves files that the next --resume removes;
    those of a process that lives stay."""
    want = whole(program)
    (program.folder / "tidy.h5").write_bytes((program.folder / "whole.h5").read_bytes())
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = [program.folder / f"tidy.h5.{name}" for name in
            ("checkpoint", f"checkpoint.paths.{gone.pid}", f"tmp.{gone.pid}")]
    mine = program.folder / f"tidy.h5.checkpoint.paths.{os.getpid()}"
    for path in (*left, mine):
        path.write_bytes(b"left over")
    program.expect(0, "run", "c.yaml", "-o", "tidy.h5", "--resume", "-q")
    assert content(program.folder / "tidy.h5") == want
    assert list(program.folder.glob("tidy.h5.*")) == [mine], list(program.folder.glob("tidy.h5.*"))


def test_run_in_place_of_another_goes_on(program):
    """An older result, or a damaged one, stops --resume only as long as --force is not given."""
    want = whole(program)
    program.write("old.yaml", BASE)
    program.expect(0, "run", "old.yaml", "-o", "old.h5", "-q")
    assert interrupt(program, "-o", "old.h5", "--force") == 75
    program.expect(2, "run", "c.yaml", "-o", "old.h5", "--resume", "-q", err="--force overwrites it")
    assert interrupt(program, "-o", "old.h5", "--force", "--resume") == 75
    (program.folder / "old.h5").write_bytes(b"RIPTIDE1 and nothing more")
    program.expect(4, "run", "c.yaml", "-o", "old.h5", "--resume", "-q")
    program.expect(0, "run", "c.yaml", "-o", "old.h5", "--resume", "--force", "-q")
    assert content(program.folder / "old.h5") == want
    assert not list(program.folder.glob("old.h5.*")), list(program.folder.glob("old.h5.*"))
    before = (program.folder / "old.h5").stat().st_mtime_ns
    program.expect(0, "run", "c.yaml", "-o", "old.h5", "--resume", "--force", "-q")
    assert (program.folder / "old.h5").stat().st_mtime_ns == before, "what is finished is done again"


def test_finished_run_has_nothing_to_do(program):
    whole(program)
    before = os.stat(program.folder / "whole.h5").st_mtime_ns
    program.expect(0, "run", "c.yaml", "-o", "whole.h5", "--resume", out="100,000 paths")
    assert os.stat(program.folder / "whole.h5").st_mtime_ns == before
    program.expect(2, "run", "c.yaml", "-o", "whole.h5", "--resume", "-s", "run.seed=12",
                   err="whole.h5: ")


def test_checkpoint_of_something_else_is_refused(program):
    whole(program)
    assert interrupt(program, "-o", "other.h5") == 75
    program.expect(2, "run", "c.yaml", "-o", "other.h5", "--resume", "-s", "run.seed=12",
                   err="other.h5.checkpoint: ")
    assert (program.folder / "other.h5.checkpoint").exists()


def test_damaged_checkpoint_is_set_aside(program):
    want = whole(program)
    assert interrupt(program, "-o", "hurt.h5") == 75
    path = program.folder / "hurt.h5.checkpoint"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    program.expect(0, "run", "c.yaml", "-o", "hurt.h5", "--resume", "-q",
                   err="hurt.h5.checkpoint.damaged")
    assert content(program.folder / "hurt.h5") == want


def test_shards_make_the_whole(program):
    want = whole(program)
    for i in (2, 0, 1):
        program.expect(0, "run", "c.yaml", "--shard", f"{i}/3", "-o", f"shard-{i}.h5", "-q")
    with h5py.File(program.folder / "shard-1.h5") as shard:
        assert shard.attrs["shard"] == "1/3" and shard.attrs["status"] == "complete"
        assert shard.attrs["paths"] == 100000 and 0 < shard.attrs["paths_done"] < 100000
    program.expect(0, "merge", "-o", "merged.h5", "shard-1.h5", "shard-0.h5", "shard-2.h5")
    assert content(program.folder / "merged.h5") == want
    program.expect(2, "merge", "-o", "less.h5", "shard-1.h5", "shard-0.h5",
                   err="1 of 3 shards is missing: 2")
    program.expect(0, "merge", "-o", "less.h5", "shard-1.h5", "shard-0.h5", "--partial")
    with h5py.File(program.folder / "less.h5") as less:
        assert less.attrs["status"] == "partial"


# Coins of several assets in some wallets, and none in others: a column of two axes.
COINS = {"market.assets": [{"symbol": "BTC", "price": 60000.0, "volatility": 0.8},
                           {"symbol": "ETH", "price": 2500.0, "volatility": 1.1}], "market.correlation": 0.6,
         "accounts.list": [
             {"id": "alice", "balances": {"USD": 3000, "BTC": 0.1}, "leverage": 10, "positions": [
                 {"symbol": "ETH", "kind": "linear_perp", "quantity": 4.7}]},
             {"id": "bob", "balance": 700.0, "leverage": 20, "stop_loss": {"BTC": 61000}, "positions": [
                 {"symbol": "BTC", "kind": "linear_perp", "quantity": -0.13}]},
             {"id": "carol", "balances": {"ETH": 1.7, "BTC": 0.03}, "leverage": 5, "positions": [
                 {"symbol": "BTC", "kind": "inverse_perp", "quantity": 4100}]}]}


def test_shards_of_wallets_with_coins(program):
    program.write("c.yaml", merged(COINS, CONFIG))
    program.expect(0, "run", "c.yaml", "-o", "coins.h5", "-q")
    want = content(program.folder / "coins.h5")
    with h5py.File(program.folder / "coins.h5") as file:
        assert file["accounts/balance_coin"][()].tolist() == [[0.1, 0], [0, 0], [0.03, 1.7]]
    for i in range(2):
        program.expect(0, "run", "c.yaml", "--shard", f"{i}/2", "-o", f"coins-{i}.h5", "-q")
    program.expect(0, "merge", "-o", "coins-merged.h5", "coins-1.h5", "coins-0.h5")
    assert content(program.folder / "coins-merged.h5") == want
    program.expect(0, "merge", "-o", "coins-less.h5", "coins-1.h5", "--partial")
    with h5py.File(program.folder / "coins-less.h5") as less, h5py.File(program.folder / "coins-merged.h5") as merge:
        for file in less, merge:
            assert [dim[0].name for dim in file["accounts/balance_coin"].dims] == ["/accounts/account", "/accounts/asset"]
    less = content(program.folder / "coins-less.h5")
    assert all(less[name] == want[name] for name in want if name.startswith(("accounts/", "positions/")))
    assert interrupt(program, "-o", "coins-cut.h5") == 75
    program.expect(0, "run", "c.yaml", "-o", "coins-cut.h5", "--resume", "-q")
    assert content(program.folder / "coins-cut.h5") == want
    program.write("c.yaml", CONFIG)


def test_a_shard_goes_on(program):
    whole(program)
    program.expect(0, "run", "c.yaml", "--shard", "1/2", "-o", "half.h5", "-q")
    want = content(program.folder / "half.h5")
    assert interrupt(program, "-o", "half-cut.h5", "--shard", "1/2") == 75
    program.expect(0, "run", "c.yaml", "--shard", "1/2", "-o", "half-cut.h5", "--resume", "-q")
    assert content(program.folder / "half-cut.h5") == want


if __name__ == "__main__":
    sys.exit(main(globals()))
