#!/usr/bin/env python3
"""Damaged and forged files before every reader: never a crash, a hang or a silent wrong number.

usage: test_damage.py RIPTIDE [--all]

A file whose bytes have changed is refused, unless all it says is as before. A forged file,
whose checksum is right, is refused or read, but does not take the program down. 500 files
with --all, else 60. Another $RIPTIDE_FAULT_SEED damages them in other ways.
"""
import shutil
import time

import h5py

from common import changed, contents, main
from damage import blindly, checksum, forge, sign

REFUSED = (2, 3, 4)


def share(bench, whole):
    """How many of `whole` files are damaged in this run."""
    return whole if bench.everything else max(whole * 60 // 500, 2)


def result(bench):
    """A small result, and what `summary --json` says of it."""
    path = bench.folder / "result.h5"
    if not path.exists():
        bench.expect(0, "run", bench.write("c.yaml", changed(run={"paths": 200})), "-o", path, "-q")
    return path, bench.expect(0, "summary", path, "--json")


def points(bench):
    config = bench.write("s.yaml", {**changed(run={"paths": 200}), "sweep": {"grid": {
        "run.wipeout_threshold": [0.1, 0.3]}, "baseline": {"run.wipeout_threshold": 0.1}}})
    for k in range(2):
        if not (bench.folder / f"point-{k}.h5").exists():
            bench.expect(0, "sweep", config, "--point", k, "-o", ".", "-q")
    return [bench.folder / f"point-{k}.h5" for k in range(2)]


def test_checksum(bench):
    """The forger of this test knows the checksum: what it signs unchanged is accepted."""
    assert checksum(b"123456789") == 0x995DC9BBDF1939FA
    path, before = result(bench)
    forged = bench.folder / "signed.h5"
    shutil.copy(path, forged)
    sign(forged)
    assert forged.read_bytes() == path.read_bytes()
    assert bench.expect(0, "summary", forged, "--json") == before


def test_damaged_results(bench):
    path, before = result(bench)
    whole, broken = path.read_bytes(), bench.folder / "broken.h5"
    refused = 0
    for i in range(share(bench, 150)):
        broken.write_bytes(blindly(bench.random, whole))
        code, said = bench.call("summary", broken, "--json", timeout=20)
        assert code in REFUSED or said == before, f"file {i}: exit {code}: {said[:400]}"
        assert code == 0 or (said.startswith(str(broken)) and said.count("\n") == 1), said
        refused += code != 0
        other, said = bench.call("trace", broken, "--path", "3", "--account", "bob", "--mode", "cross", timeout=20)
        assert (other == 0) == (code == 0), f"file {i}: trace: exit {other}: {said[:400]}"
        if i < 3:
            other, said = bench.call("report", broken, "-o", "page.html", "--force", timeout=60)
            assert (other == 0) == (code == 0), f"file {i}: report: exit {other}: {said[:400]}"
    assert refused > share(bench, 150) * 3 // 4, refused
    return f"{refused} of {share(bench, 150)} refused"


def test_damaged_points(bench):
    """A merge with one damaged point refuses, and leaves an older merged file as it was."""
    first, second = points(bench)
    merged, broken = bench.folder / "merged.h5", bench.folder / "broken.h5"
    bench.expect(0, "merge", "-o", merged, "--force", first, second)
    before, data, whole = merged.read_bytes(), contents(merged), second.read_bytes()
    refused = 0
    for i in range(share(bench, 100)):
        broken.write_bytes(blindly(bench.random, whole))
        code, said = bench.call("merge", "-o", merged, "--force", first, broken, timeout=20)
        assert code in (*REFUSED, 0), f"file {i}: exit {code}: {said}"
        assert code == 0 or merged.read_bytes() == before, f"file {i}"
        assert code == 0 or str(broken) in said, said
        if code == 0:
            assert contents(merged) == data, f"file {i}: a wrong number"
            before = merged.read_bytes()
        refused += code != 0
    return f"{refused} of {share(bench, 100)} refused"


def test_damaged_shards(bench):
    """A merge with one damaged shard refuses, or has the bits of the undamaged ones."""
    config = bench.write("shards.yaml", changed(run={"paths": 600}, outputs={"system": True}))
    shards = [bench.folder / f"shard-{i}.h5" for i in range(2)]
    for i, shard in enumerate(shards):
        bench.expect(0, "run", config, "-o", shard, "-q", "--shard", f"{i}/2")
    joined, broken = bench.folder / "joined.h5", bench.folder / "broken.h5"
    bench.expect(0, "merge", "-o", joined, *shards)
    data, whole, refused = contents(joined), shards[1].read_bytes(), 0
    bench.expect(0, "merge", "-o", "alone.h5", "--partial", shards[0])
    alone = contents(bench.folder / "alone.h5")
    for i in range(share(bench, 80)):
        broken.write_bytes(blindly(bench.random, whole))
        code, said = bench.call("merge", "-o", joined, "--force", shards[0], broken, timeout=20)
        assert code in (*REFUSED, 0), f"file {i}: exit {code}: {said}"
        assert code == 0 or str(broken) in said, said
        assert contents(joined) == data, f"file {i}: a wrong number"
        refused += code != 0
        if code != 0:
            bench.expect(0, "merge", "-o", bench.folder / "rest.h5", "--force", "--partial", broken, shards[0],
                         says=f"{broken}: ", timeout=20)
            assert contents(bench.folder / "rest.h5") == alone, f"file {i}: not what is left without it"
    forged = 0
    for i in range(share(bench, 60)):
        shutil.copy(shards[1], broken)
        done = forge(bench.random, broken)
        for words in ([shards[0], broken], [broken, shards[0]]):
            code, said = bench.call("merge", "-o", bench.folder / "forged-out.h5", "--force", *words, timeout=20)
            assert code in (*REFUSED, 0), f"file {i}, {done}: exit {code}: {said}"
        forged += code != 0
    return f"{refused} of {share(bench, 80)} and, forged, {forged} of {share(bench, 60)} refused"


def signed(bench, source, name, value):
    """A copy of a result with another attribute and a right checksum."""
    path = bench.folder / f"{name}-{source.name}"
    shutil.copy(source, path)
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    sign(path)
    return path


def test_partial_sweeps(bench):
    """A point that is itself partial makes the sweep partial; an unreadable first one is left out alone."""
    config = bench.write("three.yaml", {**changed(run={"paths": 300}), "sweep": {
        "grid": {"run.wipeout_threshold": [0.1, 0.2, 0.3]}, "baseline": {"run.wipeout_threshold": 0.1}}})
    for k in range(3):
        bench.expect(0, "sweep", config, "--point", k, "-o", "three", "-q")
    point = [bench.folder / "three" / f"point-{k}.h5" for k in range(3)]
    merged = bench.folder / "three.h5"

    def merge(*files):
        code, said = bench.call("merge", "-o", merged, "--force", "--partial", *files)
        assert code == 0, (code, said)
        with h5py.File(merged) as file:
            return said, file.attrs["status"], int(file.attrs["sweep_points_done"])

    assert merge(*point)[1:] == ("complete", 3)
    assert merge(signed(bench, point[0], "status", "partial"), *point[1:])[1:] == ("partial", 3)
    unreadable = signed(bench, point[0], "sweep", "[")
    said, status, done = merge(unreadable, *point[1:])
    assert (status, done) == ("partial", 2) and str(unreadable) in said and "(left out)" in said, (status, done, said)
    said, status, done = merge(unreadable, *point)
    assert (status, done) == ("complete", 3) and str(unreadable) in said, (status, done, said)


def interrupted(bench, config):
    """A run that was killed when it had a checkpoint: the files that it left, by name."""
    for _ in range(100):
        process = bench.begin("run", config, "-o", "cut.h5", "-q", "--checkpoint", "10ms", "-j", "1")
        while not (bench.folder / "cut.h5.checkpoint").exists() and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        process.communicate()
        saved = {name: (bench.folder / name).read_bytes() for name in bench.left() if name.startswith("cut.h5.checkpoint")}
        if saved:
            return saved
        # It was done before it could be killed.
        (bench.folder / "cut.h5").unlink()
    raise AssertionError("no checkpoint is left in 100 tries")


def test_damaged_checkpoints(bench):
    """Set aside, said so, and the run starts afresh: the bits are those of an undisturbed run."""
    config = bench.write("cut.yaml", changed(run={"paths": 100000}, outputs={"system": True}))
    bench.expect(0, "run", config, "-o", "uncut.h5", "-q")
    want, saved = contents(bench.folder / "uncut.h5"), interrupted(bench, config)
    assert len(saved) == 2, sorted(saved)
    aside = 0
    for i in range(share(bench, 110)):
        for name in bench.left():
            (bench.folder / name).unlink()
        victim = "cut.h5.checkpoint" if i % 4 else max(saved)
        for name, data in saved.items():
            (bench.folder / name).write_bytes(blindly(bench.random, data) if name == victim else data)
        (bench.folder / "cut.h5").unlink(missing_ok=True)
        code, said = bench.call("run", config, "-o", "cut.h5", "-q", "--resume", timeout=30)
        assert code == 0, f"file {i}, {victim}: exit {code}: {said}"
        assert contents(bench.folder / "cut.h5") == want, f"file {i}, {victim}: a wrong number"
        damaged = (bench.folder / "cut.h5.checkpoint.damaged").exists()
        assert damaged == ("cut.h5.checkpoint.damaged" in said), said
        aside += damaged
    for name in bench.left():
        (bench.folder / name).unlink()
    return f"{aside} of {share(bench, 110)} set aside"


def test_forged_results(bench):
    """Files with a right checksum, of another making."""
    path, _ = result(bench)
    broken, refused = bench.folder / "forged.h5", 0
    for i in range(share(bench, 100)):
        shutil.copy(path, broken)
        done = forge(bench.random, broken)
        for words in (["trace", broken, "--path", "3", "--account", "bob", "--mode", "cross"], ["summary", broken],
                      ["summary", broken, "--account", "bob", "--json"]):
            code, said = bench.call(*words, timeout=20)
            assert code in (0, *REFUSED), f"file {i}, {done}: {words[0]}: exit {code}: {said[:400]}"
        refused += code != 0
    return f"{refused} of {share(bench, 100)} refused"


def test_forged_points(bench):
    first, second = points(bench)
    broken, out, refused = bench.folder / "forged.h5", bench.folder / "forged-out.h5", 0
    for i in range(share(bench, 60)):
        shutil.copy(second, broken)
        done = forge(bench.random, broken)
        code, said = bench.call("merge", "-o", out, "--force", first, broken, timeout=20)
        assert code in (0, *REFUSED), f"file {i}, {done}: exit {code}: {said[:400]}"
        refused += code != 0
        code, said = bench.call("merge", "-o", out, "--force", broken, first, timeout=20)
        assert code in (0, *REFUSED), f"file {i} first, {done}: exit {code}: {said[:400]}"
    return f"{refused} of {share(bench, 60)} refused"


def test_points_of_two_versions(bench):
    """Points made by different programs are not compared."""
    first, second = points(bench)
    other = bench.folder / "other.h5"
    for name in ("riptide_version", "git_revision"):
        shutil.copy(second, other)
        with h5py.File(other, "r+") as file:
            file.attrs[name] = "0.0.1"
        sign(other)
        bench.expect(2, "merge", "-o", "versions.h5", first, other, says="one version for all points")


def test_not_a_result(bench):
    """Files of other kinds, small ones, and what is no file."""
    (bench.folder / "empty.h5").touch()
    (bench.folder / "text.h5").write_text("RIPTIDE1 is how a result begins\n" * 100)
    (bench.folder / "short.h5").write_bytes(b"RIPTIDE1")
    (bench.folder / "zeros.h5").write_bytes(bytes(1 << 20))
    for name in ("empty.h5", "text.h5", "short.h5", "zeros.h5", ".", "/dev/null", "/dev/zero"):
        for words in (["summary", name], ["merge", "-o", "out.h5", name]):
            code, said = bench.call(*words, timeout=20)
            assert code in REFUSED and name in said, (name, code, said)
    assert not (bench.folder / "out.h5").exists()


if __name__ == "__main__":
    raise SystemExit(main(globals(), __doc__))
