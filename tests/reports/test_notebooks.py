#!/usr/bin/env python3
"""The notebooks carry no outputs and run from their first cell to their last.

usage: test_notebooks.py RIPTIDE [--all]

Without --all only the first of them is executed.
"""
import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NOTEBOOKS = ROOT / "notebooks"
sys.path[:0] = [str(ROOT / "tests/cli"), str(NOTEBOOKS)]
from harness import main  # noqa: E402
from make_report import execute  # noqa: E402

ALL = "--all" in sys.argv[2:]


def run_notebook(program, name, result):
    folder = program.folder / f"kernel-{name}"
    folder.mkdir()
    book = execute(NOTEBOOKS / f"{name}.ipynb", result, folder)
    said = [output for cell in book.cells for output in cell.get("outputs", [])
            if output.output_type == "stream" and output.name == "stderr"]
    assert not said, said[0]["text"][:500]
    return book


def test_no_notebook_carries_outputs(program):
    for path in NOTEBOOKS.glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        held = [n for n, cell in enumerate(cells)
                if cell.get("outputs") or cell.get("execution_count")]
        assert not held, f"{path.name}: cells with outputs: {held}"


def test_first_steps(program):
    program.expect(0, "run", ROOT / "tests/cli/small.yaml", "-o", "small.h5", "-q")
    run_notebook(program, "first_steps", program.folder / "small.h5")


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.exit(main(globals()))
