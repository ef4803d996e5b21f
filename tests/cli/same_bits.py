#!/usr/bin/env python3
"""Equal datasets, bit for bit, whatever computes them.

usage: same_bits.py RIPTIDE [OTHER_RIPTIDE...]

Runs small configurations with the first program as the reference and again with other
numbers of threads, other SIMD levels, the C library's vector and FMA code switched off, and with
the other programs (another compiler's build). Every comparison is a named test: all
groups, all datasets (type, shape, every bit) and all attributes, except those that say when and
where a run was made.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
CASES = {
    "student_t": [],
    "gaussian": ["-s", "shocks={model: gaussian}", "-s", "run.paths=513"],
}
# Root attributes that say when, where and how fast; the contract lets them differ.
MAY_DIFFER = {
    "created", "command", "threads", "simd", "shard", "compiler", "wall_time_s", "cpu_time_s",
    "peak_memory_bytes", "job_id", "job_node", "job_restarts",
}
LEVELS = {"baseline": set(), "v3": {"avx2", "fma"}, "v4": {"avx512f", "avx512dq", "avx512vl"}}
NO_VECTOR_LIBM = "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F"

failures = 0


def report(good, name, detail=""):
    global failures
    failures += not good
    print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    for line in detail.splitlines()[:20]:
        print("    " + line)


def cpu_flags():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return set(line.split())


def run(program, output, case, threads=2, extra=(), **environment):
    """Runs one case; returns the program's words on failure, else an empty string."""
    command = [program, "run", str(HERE / "small.yaml"), "-o", output, "--force", "-q", "-j",
               str(threads), *CASES[case], *extra]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=600)
    return "" if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


def contents(path):
    """Everything in a file by name: bytes of datasets, attributes of objects."""
    found = {}

    def visit(name, thing):
        for key, value in thing.attrs.items():
            if name == "/" and key in MAY_DIFFER:
                continue
            if key in ("DIMENSION_LIST", "REFERENCE_LIST"):
                continue  # object references: addresses in the file, not content
            found[f"{name}@{key}"] = repr(np.asarray(value).tolist())
        if isinstance(thing, h5py.Dataset):
            value = thing[()]
            if thing.dtype.hasobject:
                found[name] = repr(np.asarray(value).tolist())
            else:
                array = np.ascontiguousarray(value)
                found[name] = (str(array.dtype), array.shape, array.tobytes())

    with h5py.File(path, "r") as file:
        visit("/", file)
        file.visititems(visit)
    return found


def differences(want, got):
    lines = [f"only in one file: {name}" for name in sorted(set(want) ^ set(got))]
    lines += [f"differs: {name}" for name in sorted(set(want) & set(got))
              if want[name] != got[name]]
    return "\n".join(lines)


def root_attribute(path, name):
    with h5py.File(path, "r") as file:
        value = file.attrs[name]
        return value.decode() if isinstance(value, bytes) else str(value)


def compare(reference, name, program, output, case, level=None, **options):
    problem = run(program, output, case, **options)
    if not problem:
        problem = differences(reference, contents(output))
    if not problem and level and level not in root_attribute(output, "simd"):
        problem = f"asked for {level}, ran {root_attribute(output, 'simd')}"
    report(not problem, f"{case}: {name}", problem)


def check_not_empty(reference, case):
    """Guards the comparison itself: the run must contain events and many datasets."""
    numbers = {name: value for name, value in reference.items() if isinstance(value, tuple)}
    histogram = [np.frombuffer(raw, dtype=kind) for name, (kind, _, raw) in numbers.items()
                 if name in ("population_liquidation", "population_wipeout")]
    good = len(numbers) > 40 and len(histogram) == 2 and all((h > 0).any() for h in histogram)
    report(good, f"{case}: the reference run has events and {len(numbers)} numeric datasets")


def check_case(programs, case, folder):
    output = str(folder / "reference.h5")
    other = str(folder / "other.h5")
    problem = run(programs[0], output, case)
    report(not problem, f"{case}: reference run", problem)
    if problem:
        return
    reference = contents(output)
    check_not_empty(reference, case)
    for threads in (1, 3, 5):
        compare(reference, f"{threads} threads", programs[0], other, case, threads=threads)
    flags = cpu_flags()
    for level, needs in LEVELS.items():
        if not needs <= flags:
            print(f"# {case}: this processor has no {level}")
            continue
        compare(reference, f"SIMD level {level}", programs[0], other, case, level=level,
                RIPTIDE_SIMD=level)
    compare(reference, "the C library without FMA and AVX", programs[0], other, case,
            GLIBC_TUNABLES=NO_VECTOR_LIBM)
    for number, program in enumerate(programs[1:], 1):
        compare(reference, f"build {number} by another compiler", program, other, case)
        compare(reference, f"build {number}, baseline, one thread", program, other, case,
                threads=1, RIPTIDE_SIMD="baseline")
    problem = run(programs[0], other, case, extra=["-s", "run.seed=1"])
    same = not problem and contents(other)["mean_loss"] == reference["mean_loss"]
    report(not problem and not same, f"{case}: another seed gives other bits", problem)


def main():
    programs = [str(pathlib.Path(p).resolve()) for p in sys.argv[1:]]
    if not programs:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            check_case(programs, case, pathlib.Path(folder))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
