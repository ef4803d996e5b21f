"""What the studies share: running the program, figures with their errors, tables, one look.

A study is a folder with a YAML configuration and a script study.py, which defines
run(study) -> rows (dictionaries whose `value`, `lower` and `upper` are what the study says),
draw(rows) -> the figure, claims(rows) -> {sentence of the README: whether the rows bear it
out, intervals included}, and calls main. It writes

    results/studies/NAME.csv      the rows
    results/studies/NAME.svg      the figure

and, with --publish, the same into results/tables and results/figures, which are kept under
version control. Options: --riptide PROGRAM, --scale X (X times the paths), --out FOLDER.
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))
import h5py  # noqa: E402
import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from riptide_report.data import Z99, text, wilson  # noqa: E402, F401  (for the studies)
from riptide_report.form import WIDTH, percent, percent_axis, style  # noqa: E402, F401
from riptide_report.plots import arms, beside  # noqa: E402, F401


class Study:
    """One run of a study: where its configuration is, how large it is, where it writes."""

    def __init__(self, folder, program, scale, seed, temporary):
        self.folder, self.program, self.scale = folder, program, scale
        self.seed = [] if seed is None else [f"run.seed={seed}"]
        self.temporary = pathlib.Path(temporary)
        self.count = 0

    def paths(self, full):
        """The number of paths at this scale, a multiple of 64."""
        return max(int(full * self.scale) // 64, 4) * 64

    def call(self, *words):
        done = subprocess.run([self.program, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"riptide {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def run(self, config, paths, *options):
        """Runs a configuration of the folder; an open result."""
        self.count += 1
        result = self.temporary / f"{self.count}.h5"
        self.call("run", self.folder / config, "-o", result, "-q", "-s", f"run.paths={paths}",
                  *(word for option in [*options, *self.seed] for word in ("-s", option)))
        return h5py.File(result)

    def sweep(self, config, paths, *options):
        """Runs all points of a configuration's sweep and merges them; an open sweep file."""
        self.count += 1
        points = self.temporary / f"{self.count}"
        points.mkdir()
        changed = [word for option in (f"run.paths={paths}", *options, *self.seed)
                   for word in ("-s", option)]
        n = int(self.call("sweep", self.folder / config, "--count", *changed).split()[0])
        for k in range(n):
            self.call("sweep", self.folder / config, "--point", k, "-o", points, "-q", *changed)
        merged = self.temporary / f"{self.count}.h5"
        self.call("merge", "-o", merged, *sorted(points.glob("*.h5")))
        return h5py.File(merged)


def modes(file):
    return [text(m) for m in file["mode"][()]]


def accounts(file):
    return [text(a) for a in file["account"][()]]


def three(file, name, at):
    """A dataset's estimate and interval at an index, as the keys of a row."""
    if name + "_lower" in file:
        ends = [float(file[name + end][at]) for end in ("", "_lower", "_upper")]
    else:
        x, half = float(file[name][at]), Z99 * float(file[name + "_se"][at])
        ends = [x, x - half, x + half]
    return dict(zip(("value", "lower", "upper"), ends))


def difference(file, first, second, per, paths):
    """Mean difference of two accounts on the same paths from the batches' sums of loss.

    first and second are (mode, account) indices; per is what a loss is divided by. Batches are
    independent, so the spread of their means is the error whatever the accounts share.
    """
    sums = [file["batches/loss_sum"][at] / per for at in (first, second)]
    batch = (sums[0] - sums[1]) / (paths / len(sums[0]))
    half = Z99 * batch.std(ddof=1) / np.sqrt(len(batch))
    return {"value": batch.mean(), "lower": batch.mean() - half, "upper": batch.mean() + half}


def above(first, second):
    """Whether one row's interval lies above another's."""
    return first["lower"] > second["upper"]


def rises(rows):
    """Whether every interval lies above the one before."""
    return all(above(later, earlier) for earlier, later in zip(rows, rows[1:]))


def select(rows, **wanted):
    """Rows that have the given values."""
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def one(rows, **wanted):
    found = select(rows, **wanted)
    assert len(found) == 1, f"{len(found)} rows with {wanted}"
    return found[0]


def curve(ax, rows, x, colour, line, mark, label, log=False):
    """A line through rows with their intervals."""
    at = np.array([float(row[x]) for row in rows])
    middle, lower, upper = (np.array([row[key] for row in rows], float)
                            for key in ("value", "lower", "upper"))
    if log:  # nothing seen: only the upper end can be shown
        middle = np.where(middle > 0, middle, np.nan)
    ax.errorbar(at, middle, yerr=arms(middle, lower, upper), color=colour, linestyle=line, marker=mark,
                markersize=4.5, capsize=2.5, elinewidth=1, label=label)


def shared_legend(figure, ax):
    """One legend below all drawings of a figure."""
    engine = figure.get_layout_engine()
    engine.set(rect=(0, 0.07, 1, 0.93))
    figure.legend(*ax.get_legend_handles_labels(), loc="lower center", ncol=4, fontsize=9)


def write_rows(path, rows):
    """The rows as CSV, numbers with six digits."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, keys, lineterminator="\n")
        out.writeheader()
        for row in rows:
            out.writerow({key: f"{value:.6g}" if isinstance(value, float) else value
                          for key, value in row.items()})


def read_rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [{key: float(value) if key in ("value", "lower", "upper") else value
                 for key, value in row.items()} for row in csv.DictReader(file)]


def save(figure, path):
    matplotlib.rcParams["svg.hashsalt"] = path.stem
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def built_program():
    return os.environ.get("RIPTIDE", str(ROOT / "build/riptide"))


def execute(folder, run, program, scale=1.0, seed=None):
    """The rows of a study, nothing written; another seed draws other paths."""
    with tempfile.TemporaryDirectory(prefix="riptide-study-") as temporary:
        return run(Study(folder, program, scale, seed, temporary))


def main(script, run, draw, claims):
    folder = pathlib.Path(script).resolve().parent
    asked = argparse.ArgumentParser(description=f"Runs the study {folder.name}.")
    asked.add_argument("--riptide", default=built_program(), help="the program (default: build/riptide)")
    asked.add_argument("--scale", type=float, default=1.0, help="times the paths of the full study")
    asked.add_argument("--out", type=pathlib.Path, default=ROOT / "results/studies")
    asked.add_argument("--publish", action="store_true", help="write results/tables and results/figures")
    given = asked.parse_args()
    rows = execute(folder, run, given.riptide, given.scale)
    for sentence, holds in claims(rows).items():
        print(f"{'holds' if holds else 'DOES NOT HOLD'}: {sentence}")
    tables, figures = ((ROOT / "results/tables", ROOT / "results/figures") if given.publish
                       else (given.out, given.out))
    for path in (tables, figures):
        path.mkdir(parents=True, exist_ok=True)
    write_rows(tables / f"{folder.name}.csv", rows)
    save(draw(rows), figures / f"{folder.name}.svg")
    print(tables / f"{folder.name}.csv")
    print(figures / f"{folder.name}.svg")
