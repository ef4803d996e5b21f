#!/usr/bin/env python3
"""What the system refuses: disk full, read-only, limits, permission, names, pipes, rivals.

usage: test_system.py RIPTIDE [--all]

A clear line, the right exit code, and nothing lost of a result that was there before. What
needs mounts is left out, and says so, where they are not allowed.
"""
import contextlib
import os
import resource
import shutil
import signal
import subprocess

from common import changed, contents, main

NOBODY = 65534
# Losses make files of some MB.
LARGE = changed(run={"paths": 100000}, outputs={"losses": True})


@contextlib.contextmanager
def mounted(bench, name, options):
    """A tmpfs with options; None where mounting is not allowed."""
    folder = bench.folder / name
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    try:
        yield folder if done.returncode == 0 else None
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def keep_old(bench, folder):
    """A small finished result in a folder, and its bytes."""
    config = bench.write("old.yaml", changed(run={"paths": 64}))
    old = folder / "result.h5"
    bench.expect(0, "run", config, "-o", old, "-q")
    return old, old.read_bytes()


def run_both_ways(bench, folder, config, code, says, **options):
    """A new file and one that is to be replaced; the old one stays as it was."""
    old, before = keep_old(bench, folder)
    bench.expect(code, "run", config, "-o", folder / "new.h5", "-q", says=says, **options)
    assert not (folder / "new.h5").exists()
    bench.expect(code, "run", config, "-o", old, "-q", "--force", says=says, **options)
    assert old.read_bytes() == before, "the old result is not what it was"
    assert not bench.left(folder), bench.left(folder)


def test_disk_full(bench):
    config = bench.write("large.yaml", LARGE)
    with mounted(bench, "full", "size=1m") as folder:
        if folder is None:
            return "left out: no mounts here"
        run_both_ways(bench, folder, config, 4, "No space left on device")
        done = bench.call("run", config, "-o", folder / "new.h5", "-q")
        assert "new.h5" in done[1], done[1]
    return None


def test_disk_full_while_streaming(bench):
    """A result that is too large for memory meets a full disk in the middle of the run."""
    # 3 modes x 2 accounts x 20 million paths x 4 bytes: 480 MB.
    config = bench.write("stream.yaml", changed(run={"paths": 20_000_000, "step": "24h", "modes": ["cross"]},
                                                outputs={"losses": True, "system": True}))
    with mounted(bench, "stream", "size=300m") as folder:
        if folder is None or not bench.everything:
            return "left out"
        bench.expect(4, "run", config, "-o", folder / "new.h5", "-q", says="No space left on device", timeout=600)
        assert not (folder / "new.h5").exists() and not bench.left(folder)
    return None


def test_disk_full_for_a_merge(bench):
    config = bench.write("merge.yaml", {**changed(run={"paths": 256}), "sweep": {"grid": {
        "run.wipeout_threshold": [0.1, 0.2, 0.3, 0.4]}}})
    for k in range(4):
        bench.expect(0, "sweep", config, "--point", k, "-o", "points", "-q")
    points = [f"points/point-{k}.h5" for k in range(4)]
    with mounted(bench, "merge", "size=400k") as folder:
        if folder is None:
            return "left out: no mounts here"
        bench.expect(4, "merge", "-o", folder / "sweep.h5", *points, says="No space left on device")
        assert not list(folder.iterdir())
    return None


def test_disk_full_keeps_the_checkpoint(bench):
    """A disk that fills up costs what came after the last checkpoint; with room again the run goes on."""
    config = bench.write("keeps.yaml", changed(run={"paths": 400_000}, outputs={"losses": True}))
    bench.expect(0, "run", config, "-o", "undisturbed.h5", "-q")
    with mounted(bench, "keeps", "size=6m") as folder:
        if folder is None:
            return "left out: no mounts here"
        path, checkpoint = folder / "result.h5", folder / "result.h5.checkpoint"
        # The losses, 9.6 MB, fill the disk long after a first checkpoint.
        words = ("run", config, "-o", path, "-q", "--checkpoint", "1ms", "--resume")
        for _ in range(2):
            bench.expect(4, *words, says="No space left on device")
            assert checkpoint.exists() and not path.exists(), list(folder.iterdir())
        subprocess.run(["mount", "-o", "remount,size=100m", str(folder)], check=True)
        bench.expect(0, *words)
        assert contents(path) == contents(bench.folder / "undisturbed.h5") and not bench.left(folder)
    return None


def test_read_only(bench):
    config = bench.write("small.yaml", changed(run={"paths": 64}))
    with mounted(bench, "readonly", "size=4m") as folder:
        if folder is None:
            return "left out: no mounts here"
        old, before = keep_old(bench, folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        bench.expect(4, "run", config, "-o", folder / "new.h5", says="new.h5: Read-only file system")
        bench.expect(4, "run", config, "-o", old, "--force", says="result.h5: Read-only file system")
        bench.expect(4, "merge", "-o", folder / "m.h5", old, says="m.h5: Read-only file system")
        assert old.read_bytes() == before
    return None


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def test_no_permission(bench):
    """A folder that takes no files, a result that cannot be read."""
    config = bench.write("small.yaml", changed(run={"paths": 64}))
    folder = bench.folder / "closed"
    folder.mkdir(mode=0o755)
    old, before = keep_old(bench, folder)
    options = {"preexec_fn": as_nobody} if os.getuid() == 0 else {}
    folder.chmod(0o555)
    bench.expect(4, "run", config, "-o", folder / "new.h5", says="new.h5: Permission denied", **options)
    bench.expect(4, "run", config, "-o", old, "--force", says="result.h5: Permission denied", **options)
    assert old.read_bytes() == before
    old.chmod(0)
    bench.expect(4, "summary", old, says="result.h5: Permission denied", **options)
    config.chmod(0)
    bench.expect(2, "run", config, "-o", "x.h5", says="Permission denied", **options)
    folder.chmod(0o755)


def test_file_limit(bench):
    """RLIMIT_FSIZE: an error, not the end by SIGXFSZ."""
    config = bench.write("large.yaml", LARGE)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    folder = bench.folder / "limit"
    folder.mkdir()
    run_both_ways(bench, folder, config, 4, "File too large", preexec_fn=limit)


def test_names(bench):
    """Names and paths that are too long, folders that are not there or are files."""
    config = bench.write("small.yaml", changed(run={"paths": 64}))
    bench.expect(4, "run", config, "-o", "x" * 300 + ".h5", says="File name too long")
    # The name itself fits, its temporary does not.
    bench.expect(4, "run", config, "-o", "y" * 252 + ".h5", says="File name too long")
    bench.expect(4, "run", config, "-o", "/".join(["z" * 200] * 30), says="File name too long")
    bench.expect(4, "run", config, "-o", "no/such/folder.h5", says="No such file or directory")
    (bench.folder / "file").touch()
    bench.expect(4, "run", config, "-o", "file/result.h5", says="Not a directory")
    (bench.folder / "folder.h5").mkdir()
    bench.expect(4, "run", config, "-o", "folder.h5", says="Is a directory")
    bench.expect(4, "run", config, "-o", "folder.h5", "--force", says="Is a directory")
    bench.expect(4, "run", config, "-o", "", says="")
    assert not bench.left(), bench.left()


def test_no_regular_file(bench):
    """A pipe, a device and a socket are not replaced by a result."""
    config = bench.write("small.yaml", changed(run={"paths": 64}))
    os.mkfifo(bench.folder / "fifo.h5")
    for name in ("fifo.h5", "/dev/null"):
        code, said = bench.call("run", config, "-o", name, "--force")
        assert code == 4 and "not a regular file" in said, said
        bench.call("summary", name)
    assert (bench.folder / "fifo.h5").is_fifo() and os.path.exists("/dev/null")
    code, said = bench.call("run", config, "-o", "/dev/stdout", "--force")
    assert code in (2, 4) and "/dev/stdout" in said, said


def test_summary_that_nobody_reads(bench):
    """The result is whole although its summary could not be printed."""
    config = bench.write("small.yaml", changed(run={"paths": 64}))
    with open("/dev/full", "w") as full:
        bench.expect(4, "run", config, "-o", "full.h5", stdout=full, says="standard output: No space left on device")
    read, write = os.pipe()
    os.close(read)
    code, said = bench.call("run", config, "-o", "pipe.h5", stdout=write)
    assert code == 141 and "standard output" not in said, (code, said)  # a closed pipe: silent
    os.close(write)
    assert contents(bench.folder / "full.h5") == contents(bench.folder / "pipe.h5")
    closed = bench.begin("run", config, "-o", "closed.h5", "-q", preexec_fn=lambda: os.close(1))
    assert closed.wait(60) == 0, closed.stderr.read()
    assert contents(bench.folder / "closed.h5") == contents(bench.folder / "pipe.h5")


def test_two_on_one_file(bench):
    """Both end, the file is whole; without --force one is told, with it the last one stays."""
    config = bench.write("rivals.yaml", changed(run={"paths": 60000}))
    bench.expect(0, "run", config, "-o", "alone.h5", "-q")
    for force in ([], ["--force"]):
        for path in bench.folder.glob("rivals.h5*"):
            path.unlink()
        rivals = [bench.begin("run", config, "-o", "rivals.h5", "-q", *force) for _ in range(2)]
        said = [rival.communicate(timeout=120)[1].decode() for rival in rivals]
        codes = sorted(rival.returncode for rival in rivals)
        assert codes in ([0, 0], [0, 2]), (codes, said)
        assert force or codes == [0, 2], (codes, said)
        assert contents(bench.folder / "rivals.h5") == contents(bench.folder / "alone.h5")
        # The one that came second kept what it had done, and says where.
        kept = bench.left()
        assert all(name in "".join(said) for name in kept), (kept, said)
        for name in kept:
            assert contents(bench.folder / name) == contents(bench.folder / "alone.h5"), name
            (bench.folder / name).unlink()


def test_folder_that_disappears(bench):
    """The folder of the result is removed during the run."""
    folder = bench.folder / "going"
    folder.mkdir()
    config = bench.write("long.yaml", changed(run={"paths": 400000}))
    process = bench.begin("run", config, "-o", folder / "result.h5", "-q")
    shutil.rmtree(folder, ignore_errors=True)
    err = process.communicate(timeout=120)[1].decode()
    assert process.returncode == 4 and "No such file or directory" in err, (process.returncode, err)


def test_signals_leave_nothing_behind(bench):
    """A signal before there is anything to save ends the program, and nothing lies about."""
    config = bench.write("big.yaml", changed(run={"paths": 50_000_000}))
    for number in (signal.SIGINT, signal.SIGTERM):
        process = bench.begin("run", config, "-o", "never.h5", "-q")
        process.send_signal(number)
        process.communicate(timeout=20)
        assert process.returncode in (-number, 128 + number, 75), process.returncode
        assert not (bench.folder / "never.h5").exists()
        for path in bench.folder.glob("never.h5*"):
            assert ".checkpoint" in path.name, path


if __name__ == "__main__":
    raise SystemExit(main(globals(), __doc__))
