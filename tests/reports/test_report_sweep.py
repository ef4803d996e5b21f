#!/usr/bin/env python3
"""`riptide report` on sweeps: a grid, a zip, a Latin hypercube, a hundred points.

usage: test_report_sweep.py RIPTIDE
"""
import pathlib
import re
import sys
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/cli"), str(ROOT / "notebooks")]
from harness import main, merged  # noqa: E402
from page_numbers import Expressions, Page, disagreements  # noqa: E402
import riptide_report  # noqa: E402

SCALES = [1, 2, 4, 7]
GRID = {"market.stress.volatility": SCALES, "market.assets.BTC.drift": [-20, 0]}


def swept(program, name, plan, partial=False, **changes):
    """A merged sweep of the small book."""
    config = program.write(f"{name}.yaml", merged({"run.paths": 128, "market.stress": {"volatility": 1},
                                                   "sweep": plan, **changes}))
    n = int(program.expect(0, "sweep", config, "--count").stdout.split()[0])
    for k in range(n - partial):
        program.expect(0, "sweep", config, "--point", k, "-o", f"{name}.d", "-q")
    points = sorted((program.folder / f"{name}.d").glob("*.h5"))
    program.expect(0, "merge", "-o", f"{name}.h5", *points, *(["--partial"] if partial else []))
    return program.folder / f"{name}.h5"


def check(program, path, least):
    program.expect(0, "report", path, "-o", path.with_suffix(".html"), "--force")
    words = path.with_suffix(".html").read_text()
    page = Page(words)
    bad = disagreements(page, Expressions(path))
    assert not bad, "\n".join(bad[:8])
    assert len(page.numbers) >= least, f"only {len(page.numbers)} numbers name their source"
    assert not [r for r in page.references if not r.startswith("data:image/")]
    assert len(words) < 5 << 20 and not re.search(r"\bnan\b", page.text)
    return page


def test_grid_with_a_baseline(program):
    path = swept(program, "grid", {"grid": GRID, "baseline": {"market.stress.volatility": 1}})
    page = check(program, path, 8 * 6 * 3)
    assert "market.stress.volatility = 1" in page.text
    # 2 heat maps; wiped out, forced close, deficit, mean loss; 2 changes
    assert len(page.images) == 8, len(page.images)


def test_range_has_bounds_for_all_points_together(program):
    """The bounds are wider than those of a point alone, and hold the estimate."""
    sweep = riptide_report.open_result(program.folder / "grid.h5")
    share, lower, upper = sweep.simultaneous("population_wipeout")
    alone = sweep["population_wipeout_upper"] - sweep["population_wipeout_lower"]
    some = (share > 0) & (share < 1)
    assert some.sum() > 5 and ((upper - lower) > 1.15 * alone)[some].all()
    assert ((lower <= share) & (share <= upper)).all()


def test_names_are_marked_and_durations_joined(program):
    """A line between venues would mean nothing; between horizons it does."""
    path = swept(program, "names", {"grid": {"venue": ["flat", "okx"], "run.horizon": ["8h", "24h", "36h"]}})
    page = check(program, path, 6 * 6 * 3)
    assert "Marks by run.horizon" in page.text and "Venue" not in page.text
    sweep = riptide_report.open_result(path)
    assert [axis.nominal for axis in sweep.axes] == [True, False]


def test_partial_sweep_says_so(program):
    path = swept(program, "part", {"grid": GRID}, partial=True)
    page = check(program, path, 7 * 6 * 3)
    assert "1 of 8 points are missing" in page.text.replace("\n", " "), page.text[:400]
    assert "no baseline" in page.text


def test_keys_that_change_together(program):
    path = swept(program, "zip", {"zip": {"market.stress.volatility": [1, 1.5, 2],
                                          "venue.fees.taker": [0, 0.001, 0.002]},
                                  "baseline": {"market.stress.volatility": 1, "venue.fees.taker": 0}})
    page = check(program, path, 3 * 6 * 3)
    assert "venue.fees.taker" in page.text and len(page.images) == 2


def test_wallets_with_coins(program):
    alice = {"id": "alice", "balances": {"USD": 7000, "BTC": 0.1}, "leverage": 10, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.7}]}
    path = swept(program, "coins", {"grid": {"accounts.list.alice.balances.BTC": [0.1, 0.2, 0.4]}},
                 **{"accounts.list": [alice]})
    check(program, path, 3 * 6)


def test_latin_hypercube(program):
    path = swept(program, "latin", {"latin": {"points": 9, "seed": 3, "ranges": {
        "market.stress.volatility": [1, 3], "market.assets.BTC.drift": [-9, 9]}}})
    page = check(program, path, 9 * 6 * 3)
    assert "rank correlation" in page.text


def test_rank_correlation_is_spearmans(program):
    x = np.array([0.3, 0.1, 0.9, 0.5, 0.7, 0.2])
    y = np.array([3.0, 1.0, 5.5, 4.0, 9.0, 2.5])
    from riptide_report.sweep import _rank_correlation
    want = 1 - 6 * sum((np.argsort(np.argsort(x)) - np.argsort(np.argsort(y))) ** 2) / (6 * 35)
    assert f"{want:.2f}" in _rank_correlation(x, y)


def test_a_hundred_points_in_a_minute(program):
    path = swept(program, "hundred", {"grid": {
        "market.stress.volatility": [1 + 0.1 * k for k in range(10)],
        "market.assets.BTC.drift": [-30 + 3 * k for k in range(10)]}})
    began = time.monotonic()
    check(program, path, 100 * 6 * 3)
    took = time.monotonic() - began
    assert took < 60, f"{took:.0f} s"


if __name__ == "__main__":
    sys.exit(main(globals()))
