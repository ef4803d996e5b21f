#!/usr/bin/python3
"""Stands in for riptide where only the job scripts are tested: it sleeps instead of computing.

The interface is the program's: `check`, `sweep --count`, `--list`, `--point`, `run --shard`,
`merge`, checkpoints, TERM, --resume, exit codes. A configuration is JSON:
{"points": 4, "seconds": 2, "fail": [1]}. A result is JSON with the beats it took, and the
numbers of the attempts that made them.
"""
import json
import os
import pathlib
import signal
import sys
import time

BEAT = 0.1  # seconds


def value(name):
    return sys.argv[sys.argv.index(name) + 1]


def write(path, content):
    """Whole under its name, or not at all."""
    temporary = pathlib.Path(f"{path}.tmp.{os.getpid()}")
    temporary.write_text(json.dumps(content))
    temporary.rename(path)


def work(config, k, path):
    """Beats until all are done; a checkpoint every tenth, and when TERM comes."""
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    checkpoint = pathlib.Path(f"{path}.checkpoint")
    if path.exists():
        print(f"{path}: is finished", file=sys.stderr)
        return 0 if "--resume" in sys.argv else 2
    if k in config.get("fail", []):
        print(f"{path}: fails on purpose", file=sys.stderr)
        return 4
    beats = json.loads(checkpoint.read_text()) if checkpoint.exists() else []
    if beats:
        print(f"{path}: goes on after {len(beats)} beats", file=sys.stderr)
    while len(beats) < config["seconds"] / BEAT:
        time.sleep(BEAT)
        beats.append(int(os.environ.get("SLURM_RESTART_COUNT", 0)))
        if asked or len(beats) % 10 == 0:
            write(checkpoint, beats)
        if asked:
            print(f"{path}: interrupted after {len(beats)} beats", file=sys.stderr)
            return 75
    write(path, {"k": k, "beats": beats, "job": os.environ.get("SLURM_JOB_ID"), "threads": value("-j")})
    checkpoint.unlink(missing_ok=True)
    return 0


def merge():
    out = pathlib.Path(value("-o"))
    files = [word for word in sys.argv[2:] if word.endswith(".h5") and word != str(out)]
    results = [json.loads(pathlib.Path(name).read_text()) for name in files]
    count = len(results) and 1 + max(result["k"] for result in results)
    absent = sorted(set(range(count)) - {result["k"] for result in results})
    if absent:
        print(f"missing: {absent}", file=sys.stderr)
        return 4
    out.write_text(json.dumps([result["k"] for result in results]))
    return 0


def main():
    command = sys.argv[1]
    if command == "merge":
        return merge()
    config = json.loads(pathlib.Path(sys.argv[2]).read_text())
    if command == "check":
        print(json.dumps(config))
        return 0
    if "--count" in sys.argv:
        print(config["points"])
        return 0
    if "--list" in sys.argv:
        there = pathlib.Path(value("-o"))
        print("point result")
        for k in range(config["points"]):
            print(k, "done" if (there / f"point-{k}.h5").exists() else "missing")
        return 0
    if command == "sweep":
        k = int(value("--point"))
        return work(config, k, pathlib.Path(value("-o")) / f"point-{k}.h5")
    return work(config, int(value("--shard").partition("/")[0]), pathlib.Path(value("-o")))


if __name__ == "__main__":
    sys.exit(main())
