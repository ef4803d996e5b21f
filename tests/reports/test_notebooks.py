#!/usr/bin/env python3
"""The notebooks carry no outputs and run from their first cell to their last.

usage: test_notebooks.py RIPTIDE [--all]

Without --all only the first of them is executed.
"""
import ast
import json
import os
import pathlib
import re
import subprocess
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


def code_of(path):
    """The code of a notebook's cells, without the magics of IPython."""
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
    return ["".join(line for line in cell["source"] if not line.startswith("%")) for cell in cells]


def test_missing_packages_are_named_with_the_command_that_installs_them(program):
    """In a Python without packages the first cell says all that the notebook imports."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        code = code_of(path)
        done = subprocess.run([sys.executable, "-S", "-E", "-B", "-c", code[0]], cwd=NOTEBOOKS,
                              capture_output=True, text=True)
        said = done.stderr.strip().splitlines()[-1]
        found = re.fullmatch(r"ModuleNotFoundError: missing ([\w, ]+) \(apt-get install ([\w -]+), or choose.*", said)
        assert found, f"{path.name}: {said}"
        modules, packages = found[1].split(", "), found[2].split()
        assert packages == [f"python3-{module}" for module in modules], f"{path.name}: {packages}"
        wanted = {name.split(".")[0] for cell in code for node in ast.walk(ast.parse(cell))
                  for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else
                               [node.module] if isinstance(node, ast.ImportFrom) else [])}
        ours = {"packages", "riptide_report"} | sys.stdlib_module_names
        assert wanted - ours <= set(modules), f"{path.name}: {wanted - ours} imported, {modules} asked for"
        assert '"h5netcdf"' not in "".join(code) or "h5netcdf" in modules, path.name


def test_first_steps(program):
    program.expect(0, "run", ROOT / "tests/cli/small.yaml", "-o", "small.h5", "-q")
    run_notebook(program, "first_steps", program.folder / "small.h5")


def one_book(program):
    program.expect(0, "run", NOTEBOOKS / "one_book.yaml", "-o", "one_book.h5", "-q",
                   "-s", "run.paths=2000", "-s", "outputs.keep_paths=500")
    book = run_notebook(program, "three_modes", program.folder / "one_book.h5")
    assert "forced close" in str(book.cells)


def swept(program, name, *options):
    """The commands of a notebook's first cell, with fewer paths."""
    config = NOTEBOOKS / f"{name}.yaml"
    n = int(program.expect(0, "sweep", config, "--count").stdout.split()[0])
    for k in range(n):
        program.expect(0, "sweep", config, "--point", k, "-o", f"{name}.d", "-q", *options)
    program.expect(0, "merge", "-o", f"{name}.h5", *sorted((program.folder / f"{name}.d").glob("*.h5")))
    return program.folder / f"{name}.h5"


def market(program):
    book = run_notebook(program, "market", swept(program, "market", "-s", "run.paths=256",
                                                 "-s", "outputs.keep_paths=200"))
    assert "effective number of bets: 1.8" in str(book.cells)


def sweep(program):
    run_notebook(program, "sweep", swept(program, "sweep", "-s", "run.paths=256"))


if ALL:
    test_three_modes, test_market, test_sweep = one_book, market, sweep


if __name__ == "__main__":
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.exit(main(globals()))
