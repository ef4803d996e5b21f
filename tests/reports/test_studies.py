#!/usr/bin/env python3
"""The studies: their numbers again at a reduced size with another seed, their claims, their words.

usage: test_studies.py RIPTIDE

The published tables are results/tables. A number of the reduced run may differ from the
published one by 4.5 standard errors of the difference, each taken from the interval on the
side of the other.
"""
import importlib.util
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "experiments")]
from harness import main  # noqa: E402
import studies  # noqa: E402

SCALE = {"correlation": 0.02, "hedges": 0.05, "leverage": 0.1, "top_up": 0.05, "together": 0.1}
SIGMAS = 4.5
SEED = 20261
TRIPLE = re.compile(r"(\u2212?[\d.]+)(?: %)? \((\u2212?[\d.]+) to (\u2212?[\d.]+)\)")


def module(name):
    spec = importlib.util.spec_from_file_location(f"study_{name}", ROOT / f"experiments/{name}/study.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def published(name):
    return studies.read_rows(ROOT / f"results/tables/{name}.csv")


def key(row):
    return tuple(value for name, value in row.items() if name not in ("value", "lower", "upper"))


def distance(row, other):
    """How far two estimates are apart, in standard errors of their difference."""
    gap = other["value"] - row["value"]
    if not gap == gap or abs(gap) < 1e-5:  # the tables have six digits
        return 0.0
    low, high = (row, other) if gap > 0 else (other, row)
    halves = (low["upper"] - low["value"], high["value"] - high["lower"])
    return abs(gap) * studies.Z99 / max(sum(h * h for h in halves) ** 0.5, 1e-12)


def check_numbers(program, name):
    study = module(name)
    rows = studies.execute(ROOT / "experiments" / name, study.run, program.path, SCALE[name], SEED)
    want = {key(row): row for row in published(name)}
    assert {key(row) for row in rows} == set(want), "the rows are not those of the published table"
    apart = sorted(((distance(want[key(row)], row), key(row), row["value"], want[key(row)]["value"])
                    for row in rows), reverse=True)
    bad = [f"{at}: {got:.4g}, published {said:.4g}, {sigma:.1f} standard errors"
           for sigma, at, got, said in apart if sigma > SIGMAS]
    assert not bad, "\n".join(bad[:6])
    assert apart[0][0] > 0.5, "the two runs do not differ: were the paths the same?"


def test_correlation(program):
    check_numbers(program, "correlation")


def test_hedges(program):
    check_numbers(program, "hedges")


def test_leverage(program):
    check_numbers(program, "leverage")


def test_top_up(program):
    check_numbers(program, "top_up")


def test_together(program):
    check_numbers(program, "together")


def test_published_tables_bear_out_the_claims(program):
    for name in SCALE:
        for sentence, holds in module(name).claims(published(name)).items():
            assert holds, f"{name}: {sentence}"


def stands_in(triple, rows):
    """Whether an estimate with its interval, as printed in per cent, is one of the table."""
    shown = [part.replace("\u2212", "-") for part in triple]
    for row in rows:
        for scale in (100.0, 1.0):
            numbers = (row["value"] * scale, row["lower"] * scale, row["upper"] * scale)
            if all(abs(float(part) - x) <= 0.5000001 * 10.0 ** -len(part.partition(".")[2]) + 1e-12
                   for part, x in zip(shown, numbers)):
                return True
    return False


def test_numbers_of_the_words_are_those_of_the_tables(program):
    for name in SCALE:
        words = (ROOT / f"experiments/{name}/README.md").read_text()
        found = TRIPLE.findall(words)
        assert len(found) >= 10, f"{name}: only {len(found)} numbers with intervals"
        rows = published(name)
        wrong = [f"{a} ({b} to {c})" for a, b, c in found if not stands_in((a, b, c), rows)]
        assert not wrong, f"{name}: {'; '.join(wrong)}"


def test_readme_shows_numbers_of_a_study(program):
    words = (ROOT / "README.md").read_text()
    first = words[:words.index("\n## ")]
    assert "results/figures/correlation.svg" in first, "no figure of a study on the first screen"
    found = TRIPLE.findall(first)
    assert len(found) >= 6
    wrong = [triple for triple in found if not stands_in(triple, published("correlation"))]
    assert not wrong, wrong


def test_figures_can_be_drawn_from_the_tables(program):
    for name in SCALE:
        studies.save(module(name).draw(published(name)), program.folder / f"{name}.svg")
        assert (program.folder / f"{name}.svg").stat().st_size > 10_000


if __name__ == "__main__":
    sys.exit(main(globals()))
