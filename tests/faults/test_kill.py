#!/usr/bin/env python3
"""kill -9 at random moments of run, resume and merge.

usage: test_kill.py RIPTIDE [--all]

Whatever moment it was: a file under a final name is whole, and what is begun again with
--resume ends with the bits of the undisturbed run and leaves nothing behind. 200 moments
with --all, else 24; $RIPTIDE_FAULT_SEED moves them.
"""
import time

from common import changed, contents, main

# Long enough that several checkpoints of 20 ms fall into a run.
RUN = changed(run={"paths": 240000}, outputs={"system": True, "losses": True, "keep_paths": 50})
RUN_WORDS = ("-q", "--checkpoint", "20ms", "-j", "2")


def share(bench, whole):
    return whole if bench.everything else whole * 24 // 200


def killed(bench, seconds, *words):
    """Begins the program and kills it after a while; its exit code, None if it was killed."""
    process = bench.begin(*words)
    try:
        err = process.communicate(timeout=max(seconds, 0.001))[1]
        assert process.returncode in (0, 75), f"riptide {words}: exit {process.returncode}: {err.decode()}"
        return process.returncode
    except Exception as error:
        if not type(error).__name__ == "TimeoutExpired":
            raise
        process.kill()
        process.communicate()
        return None


def took(bench, *words):
    began = time.monotonic()
    bench.expect(0, *words)
    return time.monotonic() - began


def finish(bench, path, words, want, seconds):
    """Goes on until the end, disturbed a few times more."""
    for _ in range(bench.random.randrange(3)):
        killed(bench, bench.random.uniform(0, seconds), *words)
        if path.exists():
            assert contents(path) == want, "a file under its final name is not whole"
    bench.expect(0, *words)
    assert contents(path) == want, "the resumed run has other bits"
    assert not bench.left(), bench.left()


def test_run_and_resume(bench):
    """As many moments as asked for that leave a checkpoint; earlier and later ones come on top."""
    config = bench.write("run.yaml", RUN)
    seconds = took(bench, "run", config, "-o", "whole.h5", *RUN_WORDS)
    want, path = contents(bench.folder / "whole.h5"), bench.folder / "killed.h5"
    checkpoint, words = bench.folder / "killed.h5.checkpoint", ("run", config, "-o", path, *RUN_WORDS, "--resume")
    moments, resumed, wanted = 0, 0, share(bench, 50)
    while resumed < wanted or moments < share(bench, 100):
        assert moments < 100 * wanted, f"only {resumed} of {moments} moments left a checkpoint"
        code = killed(bench, bench.random.uniform(0, 1.1 * seconds), *words)
        assert code is None or path.exists()
        moments, resumed = moments + 1, resumed + checkpoint.exists()
        if path.exists():
            assert contents(path) == want, "a file under its final name is not whole"
        finish(bench, path, words, want, seconds)
        path.unlink()
    return f"{resumed} of {moments} went on from a checkpoint"


def test_overwriting(bench):
    """With --force: the old file or the new one, whole, at every moment."""
    config = bench.write("small.yaml", changed(run={"paths": 5000}))
    path = bench.folder / "over.h5"
    bench.expect(0, "run", config, "-o", path, "-q", "-s", "run.seed=1")
    old, old_bytes = contents(path), path.read_bytes()
    seconds = took(bench, "run", config, "-o", "new.h5", "-q")
    new = contents(bench.folder / "new.h5")
    for _ in range(share(bench, 30)):
        killed(bench, bench.random.uniform(0, 1.1 * seconds), "run", config, "-o", path, "-q", "--force")
        assert contents(path) in (old, new), "neither the old file nor the new one"
        path.write_bytes(old_bytes)
    bench.expect(0, "run", config, "-o", path, "-q", "--force")
    assert contents(path) == new and not bench.left(), bench.left()


def merge_again_and_again(bench, name, parts, n):
    words = ("merge", "-o", name, "--force", *parts)
    seconds = took(bench, *words)
    path = bench.folder / name
    want, finished = contents(path), 0
    for i in range(n):
        if i % 2 == 0:
            path.unlink()
        finished += killed(bench, bench.random.uniform(0, 1.1 * seconds), *words) == 0
        assert not path.exists() or contents(path) == want, "a merged file is not whole"
        bench.expect(0, *words)
        assert contents(path) == want and not bench.left(), bench.left()
    return f"{n - finished} of {n} killed in time"


def test_merge_of_points(bench):
    config = bench.write("sweep.yaml", {**changed(run={"paths": 500}), "sweep": {"grid": {
        "run.wipeout_threshold": [0.1, 0.2, 0.3, 0.4, 0.5]}, "baseline": {"run.wipeout_threshold": 0.1}}})
    for k in range(5):
        bench.expect(0, "sweep", config, "--point", k, "-o", "points", "-q")
    return merge_again_and_again(bench, "sweep.h5", [f"points/point-{k}.h5" for k in range(5)], share(bench, 35))


def test_merge_of_shards(bench):
    config = bench.write("run.yaml", RUN)
    bench.expect(0, "run", config, "-o", "single.h5", *RUN_WORDS)
    for i in range(4):
        bench.expect(0, "run", config, "-o", f"shard-{i}.h5", "--shard", f"{i}/4", *RUN_WORDS)
    note = merge_again_and_again(bench, "merged.h5", [f"shard-{i}.h5" for i in range(4)], share(bench, 35))
    assert contents(bench.folder / "merged.h5") == contents(bench.folder / "single.h5")
    return note


if __name__ == "__main__":
    raise SystemExit(main(globals(), __doc__))
