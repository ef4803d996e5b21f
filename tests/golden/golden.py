#!/usr/bin/env python3
"""Small runs whose every figure is known, to the last bit.

usage: golden.py RIPTIDE [--update]

Each NAME.yaml beside this file is run and its figures compared with NAME.txt. Figures are
equal on every machine, so the comparison is of text, with numbers in the fewest digits that
read back to the same bits. --update writes the texts anew; the commit says why figures changed.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# Tables by bin and by time are in the text as their sums and a weighted sum, by which a count
# in a wrong bin shows; the rest stands there number by number.
LARGE = 64


def lines_of(name, value):
    value = np.asarray(value)
    if value.size > LARGE:
        # Whole numbers below 2^53 have an exact sum; of others the sum is of bit patterns.
        raw = np.ascontiguousarray(value)
        bits = raw.view({4: np.uint32, 8: np.uint64}[raw.dtype.itemsize]).astype(object).ravel()
        weighted = sum((n % 9973 + 1) * int(b) for n, b in enumerate(bits))
        yield f"{name} {list(value.shape)} digest {weighted % (1 << 64):016x}"
        return
    for index in np.ndindex(value.shape):
        at = "".join(f"[{i}]" for i in index)
        yield f"{name}{at} = {value[index].item()!r}"


def figures(program, config):
    """The text of a run: every root dataset and those of /batches, in order of name."""
    with tempfile.TemporaryDirectory() as folder:
        result = str(pathlib.Path(folder) / "result.h5")
        subprocess.run([program, "run", str(config), "-o", result, "-q"], check=True, timeout=300)
        with h5py.File(result, "r") as file:
            found = {name: node for name, node in file.items() if isinstance(node, h5py.Dataset)}
            found |= {f"batches/{name}": node for name, node in file["batches"].items()}
            numbers = [(name, node[()]) for name, node in sorted(found.items())
                       if not node.dtype.hasobject]
    return "\n".join(line for name, value in numbers for line in lines_of(name, value)) + "\n"


def by_name(text):
    """Values by name; a digest goes by the name and the shape."""
    return dict(re.split(r" = | digest ", line, maxsplit=1) for line in text.splitlines())


def describe(got, want):
    """Lines on what changed, at most twenty of each kind."""
    got, want = by_name(got), by_name(want)
    for word, names in (("new", got.keys() - want.keys()), ("gone", want.keys() - got.keys())):
        for name in sorted(names)[:20]:
            yield f"{word}: {name}"
    changed = [name for name in got if name in want and got[name] != want[name]]
    for name in changed[:20]:
        yield f"{name} = {got[name]} (kept: {want[name]})"
    yield f"{len(changed)} of {len(got)} values changed"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    update = sys.argv[2:] == ["--update"]
    failed = 0
    for config in sorted(HERE.glob("*.yaml")):
        kept = config.with_suffix(".txt")
        got = figures(program, config)
        if update:
            kept.write_text(got)
        want = kept.read_text() if kept.exists() else ""
        if got == want:
            print(f"ok golden {config.stem}")
            continue
        failed += 1
        print(f"not ok golden {config.stem}")
        for line in describe(got, want):
            print(f"    {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
