#!/usr/bin/env python3
"""`riptide merge` of the points of a sweep: every figure where it belongs, changes, refusals.

usage: test_merge.py RIPTIDE
"""
import math
import os

import h5py
import numpy as np
import xarray as xr
from scipy import stats

from harness import main, merged

T = stats.t.ppf(0.995, 63)
# Two accounts with a hedge, one of weight 3, so that shares and means are weighted.
ACCOUNTS = [
    {"id": "alice", "balance": 10000.0, "leverage": 10, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 1.1}]},
    {"id": "bob", "balance": 7000.0, "leverage": 20, "weight": 3, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": -1.7}]}]
RUN = {"run.paths": 650, "accounts.list": ACCOUNTS}
VOLATILITY, THRESHOLD = "market.stress.volatility", "run.wipeout_threshold"


def points(program, name, sweep, count, skip=(), **changes):
    """Runs a sweep's points; the folder's name and the files."""
    config = program.write(f"{name}.yaml", merged({**RUN, **changes, "sweep": sweep}))
    for k in range(count):
        if k not in skip:
            program.expect(0, "sweep", config, "--point", k, "-o", name, "-q")
    return [f"{name}/point-{k}.h5" for k in range(count) if k not in skip]


def open_sweep(program, name, group=None):
    return xr.open_dataset(program.folder / name, engine="h5netcdf", group=group)


def datasets(path, group=None):
    """Datasets of a file that are no scales, by path, without the accumulators."""
    found = {}

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset) and thing.attrs.get("CLASS") != b"DIMENSION_SCALE" and "accumulators" not in name:
            found[name] = thing[()]

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def same(a, b):
    return np.array_equal(a, b) if a.dtype == object else a.tobytes() == b.tobytes()


def test_grid(program):
    """Every dataset of every point stands at its place, bit for bit."""
    files = points(program, "grid", {"grid": {VOLATILITY: [1, 2.5], THRESHOLD: [0.1, 0.2, 0.05]}}, 6,
                   **{"outputs.system": True, "outputs.losses": True, "outputs.keep_paths": 3})
    # The order in which the files are named does not matter.
    program.expect(0, "merge", "-o", "grid.h5", *files[3:], *files[:3])
    whole = datasets(program.folder / "grid.h5")
    for k, name in enumerate(files):
        at = (k // 3, k % 3)
        for path, value in datasets(program.folder / name).items():
            got = whole[path] if path.startswith(("accounts/", "positions/")) else whole[path][at]
            assert same(np.asarray(got), np.asarray(value)), f"{path} of point {k}"
    sweep = open_sweep(program, "grid.h5")
    assert sweep["wipeout_probability"].dims == (VOLATILITY, THRESHOLD, "mode", "account")
    assert list(sweep[VOLATILITY].values) == [1, 2.5] and list(sweep[THRESHOLD].values) == [0.1, 0.2, 0.05]
    with h5py.File(program.folder / files[4]) as point:
        want = point["population_wipeout"][()]
    got = sweep["population_wipeout"].sel({VOLATILITY: 2.5, THRESHOLD: 0.2}).values
    assert np.array_equal(got, want)
    assert (sweep["paths_done"].values == 650).all()
    assert sweep.attrs["status"] == "complete" and sweep.attrs["sweep_points"] == 6
    assert open_sweep(program, "grid.h5", "losses")["loss"].dims == (
        VOLATILITY, THRESHOLD, "mode", "account", "path")
    assert not [name for name in whole if name.endswith("_change")]


def test_order_of_files_gives_the_same_bits(program):
    files = points(program, "order", {"grid": {VOLATILITY: [1, 2, 3]}, "baseline": {VOLATILITY: 2}}, 3)
    program.expect(0, "merge", "-o", "order-a.h5", *files)
    program.expect(0, "merge", "-o", "order-b.h5", *reversed(files))
    a, b = datasets(program.folder / "order-a.h5"), datasets(program.folder / "order-b.h5")
    assert a.keys() == b.keys() and all(same(np.asarray(a[name]), np.asarray(b[name])) for name in a)


def test_zip_and_latin(program):
    """One dimension `point` with each key as a coordinate on it."""
    files = points(program, "zip", {"zip": {VOLATILITY: [1, 2], "run.horizon": ["24h", "24h"]}}, 2)
    program.expect(0, "merge", "-o", "zip.h5", *files)
    sweep = open_sweep(program, "zip.h5")
    assert sweep["mean_loss"].dims == ("point", "mode", "account")
    assert sweep.coords[VOLATILITY].dims == ("point",) and list(sweep.coords[VOLATILITY].values) == [1, 2]
    assert list(sweep.coords["run.horizon"].values) == ["24h", "24h"]
    selected = sweep.swap_dims(point=VOLATILITY).sel({VOLATILITY: 2})["mean_loss"].values
    with h5py.File(program.folder / files[1]) as point:
        assert np.array_equal(selected, point["mean_loss"][()])
    files = points(program, "latin", {"latin": {"points": 3, "ranges": {VOLATILITY: [1, 2]}}}, 3)
    program.expect(0, "merge", "-o", "latin.h5", *files)
    values = open_sweep(program, "latin.h5").coords[VOLATILITY].values
    assert sorted(np.floor((values - 1) * 3)) == [0, 1, 2], values


def test_axes_that_differ(program):
    """A swept horizon: the union of the times; what a point does not have is missing."""
    files = points(program, "axes", {"grid": {"run.horizon": ["12h", "24h"], "run.modes": [
        ["isolated", "cross"], ["cross"]]}}, 4)
    program.expect(0, "merge", "-o", "axes.h5", *files)
    sweep = open_sweep(program, "axes.h5")
    assert list(sweep["time"].values) == [0, 4, 8, 12, 16, 20, 24]
    assert list(sweep["mode"].values) == ["isolated", "cross"]
    short = sweep["survival"].sel({"run.horizon": "12h", "run.modes": "[isolated, cross]"})
    assert np.isfinite(short.sel(time=slice(0, 12))).all() and np.isnan(short.sel(time=slice(16, 24))).all()
    one = sweep["time_to_liquidation"].sel({"run.horizon": "12h", "run.modes": "[cross]"})
    assert np.isnan(one.sel(mode="isolated")).all() and np.isnan(one.sel(time=16)).all()
    with h5py.File(program.folder / files[1]) as point:
        assert point["time_to_liquidation"].shape == (1, 4)  # the contract's mode, time
        assert np.array_equal(one.sel(mode="cross", time=slice(0, 12)).values, point["time_to_liquidation"][0])
        each = point["time_to_liquidation_by_account"][()]
        assert np.array_equal(each.sum(axis=1), point["time_to_liquidation"][()])
        assert point["time_to_liquidation"][()].sum() > 0


def test_axes_that_interleave(program):
    """Numbers rise along a united axis, whatever the order of the points."""
    files = points(program, "steps", {"grid": {"run.step": ["4h", "3h"]}}, 2)
    program.expect(0, "merge", "-o", "steps.h5", *files)
    sweep = open_sweep(program, "steps.h5")
    assert list(sweep["time"].values) == [0, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21, 24]
    for step, name in (("4h", files[0]), ("3h", files[1])):
        with h5py.File(program.folder / name) as point:
            got = sweep["survival"].sel({"run.step": step, "time": point["time"][()]}).values
            assert np.array_equal(got, point["survival"][()])


def test_large_datasets(program):
    """What is copied in parts lands where its modes are."""
    files = points(program, "large", {"grid": {"run.modes": [["portfolio", "cross"], ["isolated", "cross", "portfolio"]]}},
                   2, **{"run.paths": 800_000, "run.step": "24h", "outputs.losses": True})
    program.expect(0, "merge", "-o", "large.h5", *files)
    with h5py.File(program.folder / "large.h5") as sweep:
        modes = [mode.decode() for mode in sweep["losses/mode"][()]]
        for k, name in enumerate(files):
            with h5py.File(program.folder / name) as point:
                for m, mode in enumerate(point["mode"][()]):
                    assert np.array_equal(sweep["losses/loss"][k, modes.index(mode.decode())], point["losses/loss"][m])
        assert np.isnan(sweep["losses/loss"][0, modes.index("isolated"), 1, :10]).all()


def test_accounts_that_differ(program):
    """Columns of accounts are stored once only if every point has the same."""
    files = points(program, "differ", {"grid": {"accounts.list.alice.balance": [10000, 12000]}}, 2)
    program.expect(0, "merge", "-o", "differ.h5", *files)
    accounts = open_sweep(program, "differ.h5", "accounts")
    assert accounts["balance"].dims == ("accounts.list.alice.balance", "account")
    assert list(accounts["balance"].sel(account="alice").values) == [10000, 12000]
    assert accounts["weight"].dims == ("account",) and list(accounts["weight"].values) == [1, 3]
    # The same balances under other names.
    other = [dict(ACCOUNTS[0], id="carol"), ACCOUNTS[1]]
    files = points(program, "names", {"grid": {"accounts.list": [ACCOUNTS, other]}}, 2)
    program.expect(0, "merge", "-o", "names.h5", *files)
    balance = open_sweep(program, "names.h5", "accounts")["balance"].values
    assert sorted(balance[~np.isnan(balance)]) == [7000, 7000, 10000, 10000] and balance.shape == (2, 3)


def test_wallets_with_coins(program):
    """Coins [account, asset] are stored once, or by point where they are swept or not everywhere."""
    assets = [{"symbol": symbol, "price": 60000.0, "volatility": 0.8} for symbol in ("BTC", "ETH", "SOL")]
    alice = {key: value for key, value in ACCOUNTS[0].items() if key != "balance"}
    wallet = [{**alice, "balances": {"USD": 8000, "BTC": 0.1, "SOL": 0.7}}, ACCOUNTS[1]]
    book = {"market.assets": assets, "market.correlation": 0.5, "accounts.list": wallet}
    coins = [[0.1, 0, 0.7], [0, 0, 0]]
    files = points(program, "coins", {"grid": {VOLATILITY: [1, 2]}, "baseline": {VOLATILITY: 1}}, 2, **book)
    program.expect(0, "merge", "-o", "coins.h5", *files)
    whole = datasets(program.folder / "coins.h5")
    for k, name in enumerate(files):
        for path, value in datasets(program.folder / name).items():
            got = whole[path] if path.startswith(("accounts/", "positions/")) else whole[path][k]
            assert same(np.asarray(got), np.asarray(value)), f"{path} of point {k}"
    accounts = open_sweep(program, "coins.h5", "accounts")
    assert accounts["balance_coin"].dims == ("account", "asset") and accounts["balance_coin"].values.tolist() == coins
    key = "accounts.list.alice.balances.BTC"
    files = points(program, "more-coins", {"grid": {key: [0.1, 0.2]}}, 2, **book)
    program.expect(0, "merge", "-o", "more-coins.h5", *files)
    swept = open_sweep(program, "more-coins.h5", "accounts")["balance_coin"]
    assert swept.dims == (key, "account", "asset")
    assert swept.values.tolist() == [coins, [[0.2, 0, 0.7], [0, 0, 0]]]
    files = points(program, "some-coins", {"grid": {"accounts.list": [ACCOUNTS, wallet, wallet[:1]]}}, 3, **book)
    program.expect(0, "merge", "-o", "some-coins.h5", *files)
    some = open_sweep(program, "some-coins.h5", "accounts")["balance_coin"]
    assert some.dims == ("accounts.list", "account", "asset")
    assert np.isnan(some[0]).all() and some[1].values.tolist() == coins
    assert some[2].sel(account="alice").values.tolist() == coins[0] and np.isnan(some[2].sel(account="bob")).all()
    assert list(some["asset"].values) == ["BTC", "ETH", "SOL"]


def test_points_that_are_missing(program):
    files = points(program, "holes", {"grid": {VOLATILITY: [1, 2, 3, 4, 5]}}, 5, skip=(1, 3, 4))
    done = program.expect(2, "merge", "-o", "holes.h5", *files)
    assert done.stderr == ("riptide: merge: 3 of 5 points are missing: 1, 3-4 (--partial merges what is "
                           "there)\n"), done.stderr
    assert not (program.folder / "holes.h5").exists()
    program.expect(0, "merge", "-o", "holes.h5", "--partial", *files)
    sweep = open_sweep(program, "holes.h5")
    assert sweep.attrs["status"] == "partial" and sweep.attrs["sweep_points_done"] == 2
    assert list(sweep["paths_done"].values) == [650, 0, 650, 0, 0]
    assert np.isnan(sweep["mean_loss"].sel({VOLATILITY: [2, 4, 5]})).all()
    assert np.isnan(sweep["loss_histogram"].sel({VOLATILITY: 2})).all()
    assert np.isfinite(sweep["loss_histogram"].sel({VOLATILITY: 3})).all()


def test_constants_that_are_missing(program):
    """Figures that no run writes, since they are always 0: there where a point is, missing elsewhere."""
    names = ["cascade_rounds", "adl_notional", "amplification"]
    files = points(program, "zero", {"grid": {VOLATILITY: [1, 2]}}, 2, **{"outputs.system": True})
    program.expect(0, "merge", "-o", "zero.h5", *files)
    program.expect(0, "merge", "-o", "one-zero.h5", "--partial", files[1])
    files = points(program, "modes", {"grid": {"run.modes": [["isolated"], ["cross"]]}}, 2, **{"outputs.system": True})
    program.expect(0, "merge", "-o", "mode-zero.h5", *files)
    whole, part, modes = (open_sweep(program, name, "system") for name in ("zero.h5", "one-zero.h5", "mode-zero.h5"))
    for name, there in zip(names, (0, 0, np.nan)):
        assert np.array_equal(np.unique(whole[name]), [there], equal_nan=True), name
        assert np.isnan(part[name][0]).all(), name
        assert np.array_equal(np.unique(part[name][1]), [there], equal_nan=True), name
        assert np.isnan(modes[name].values[[0, 1], [1, 0]]).all(), name
        assert np.array_equal(np.unique(modes[name].values[[0, 1], [0, 1]]), [there], equal_nan=True), name


def share_change(point, base, n, estimate):
    """sweep/change.h for a share, in numpy."""
    d = point / n - base / n
    share = np.array([n // 64 + (b < n % 64) for b in range(64)]) / n
    v = 64 / 63 * ((d - d.sum() * share) ** 2).sum() * n * n
    if v == 0:
        half = 1 - 0.01 ** (1 / n)
    else:
        u = min(1, v / (np.abs(d) * n).sum())
        half = (T * T * u / 2 + T * math.sqrt(v + T * T * u * u / 4)) / n
    return estimate, max(estimate - half, -1), min(estimate + half, 1)


def test_changes(program):
    """Against a baseline on the same paths: from batches where there are some, else bounds."""
    files = points(program, "change", {"grid": {VOLATILITY: [1, 1.2, 2], THRESHOLD: [0.1, 0.3]},
                                       "baseline": {VOLATILITY: 1.2}}, 6)
    program.expect(0, "merge", "-o", "change.h5", *files)
    with h5py.File(program.folder / "change.h5") as file:
        n = 650
        get = {name: file[name][()] for name in file if isinstance(file[name], h5py.Dataset)}
        batch = {name: file[f"batches/{name}"][()].astype(float) for name in ("wipeouts", "liquidations", "loss_sum")}

    def triple(name, at):
        return tuple(get[f"{name}_change{end}"][at] for end in ("", "_lower", "_upper"))

    moved = 0
    for v in range(3):
        for t in range(2):
            for m in range(3):
                for a in range(2):
                    at, base = (v, t, m, a), (1, t, m, a)
                    for name, sums in (("wipeout_probability", "wipeouts"), ("liquidation_probability", "liquidations")):
                        change = get[name][at] - get[name][base]
                        want = share_change(batch[sums][at], batch[sums][base], n, change) if v != 1 else (0, 0, 0)
                        assert np.allclose(triple(name, at), want, rtol=1e-11, atol=1e-15), (name, at)
                        moved += change != 0
                    d = (batch["loss_sum"][at] - batch["loss_sum"][base]) / n
                    share = np.array([n // 64 + (b < n % 64) for b in range(64)]) / n
                    half = T * math.sqrt(64 / 63 * ((d - d.sum() * share) ** 2).sum())
                    change = get["mean_loss"][at] - get["mean_loss"][base]
                    assert np.allclose(triple("mean_loss", at), (change, change - half, change + half), rtol=1e-9)
                    for name in ("terminal_wipeout_probability", "deficit_probability"):
                        want = (get[name][at] - get[name][base], get[f"{name}_lower"][at] - get[f"{name}_upper"][base],
                                get[f"{name}_upper"][at] - get[f"{name}_lower"][base]) if v != 1 else (0, 0, 0)
                        assert np.allclose(triple(name, at), want, rtol=1e-12, atol=0), (name, at)
    assert moved > 10, "the sweep moves nothing"
    narrow = get["mean_loss_change_upper"][0, 0] - get["mean_loss_change_lower"][0, 0]
    alone = 2 * 2.576 * np.hypot(get["mean_loss_se"][0, 0], get["mean_loss_se"][1, 0])
    assert (narrow < alone).all(), "common random numbers do not help"


POPULATION = {  # share of accounts: its sums by batch, and those of the accounts if there are any
    "population_wipeout": ("population_wipeouts", "wipeouts"),
    "population_terminal_wipeout": ("population_terminal_wipeouts", None),
    "population_liquidation": ("population_liquidations", "liquidations"),
    "population_full_liquidation": ("population_full_liquidations", None),
    "population_deficit": ("population_deficits", None)}


def mean_change(point, base, n, estimate):
    """sweep/change.h for a mean, in numpy; many at once."""
    d = (point - base) / n
    share = np.array([n // 64 + (b < n % 64) for b in range(64)]) / n
    half = T * np.sqrt(64 / 63 * ((d - d.sum(-1, keepdims=True) * share) ** 2).sum(-1))
    return estimate, estimate - half, estimate + half


def test_changes_of_the_population(program):
    """From the batches of the points, also where a mode leaves an account out; narrower than bounds."""
    carol = {"id": "carol", "balance": 5000.0, "leverage": 20, "weight": 5, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.9, "margin": 200.0}]}
    n, weight = 650, np.array([1, 3, 5])
    files = points(program, "people", {"grid": {VOLATILITY: [4, 5]}, "baseline": {VOLATILITY: 4}}, 2,
                   **{"accounts.list": [*ACCOUNTS, carol], "run.initial_breach": "exclude"})
    program.expect(0, "merge", "-o", "people.h5", *files)
    base, point = (datasets(program.folder / name) for name in files)
    get = datasets(program.folder / "people.h5")
    counted = np.where(point["initially_breached"] == 1, 0, weight)
    assert (counted == 0).any() and counted.any(axis=1).all(), "nobody is left out, or everybody"

    def triple(name):
        return np.array([get[f"{name}_change{end}"][1] for end in ("", "_lower", "_upper")])

    def check_narrower(name, wide):
        change, lower, upper = triple(name)
        moved = change != 0
        assert moved.any() and ((upper - lower)[moved] < 0.8 * wide[moved]).all(), name

    for name, (sums, counts) in POPULATION.items():
        for of in (base, point):
            by_batch = of[f"batches/{sums}"]
            assert np.allclose(by_batch.sum(1) / n, of[name], rtol=1e-12)
            if counts is not None:
                want = (counted[:, :, None] * of[f"batches/{counts}"]).sum(1) / counted.sum(1)[:, None]
                assert np.allclose(by_batch, want, rtol=1e-11)
        for m in range(3):
            want = share_change(point[f"batches/{sums}"][m], base[f"batches/{sums}"][m], n, point[name][m] - base[name][m])
            assert np.allclose(triple(name)[:, m], want, rtol=1e-9, atol=1e-15), (name, m)
        check_narrower(name, sum(of[f"{name}_upper"] - of[f"{name}_lower"] for of in (base, point)))
    for name, sums in (("population_mean_loss", "population_loss_sum"),
                       ("population_mean_loss_by_cause", "population_loss_by_cause_sum")):
        for of in (base, point):
            assert np.allclose(of[f"batches/{sums}"].sum(-1) / n, of[name], rtol=1e-9, atol=1e-9)
        want = mean_change(point[f"batches/{sums}"], base[f"batches/{sums}"], n, point[name] - base[name])
        assert np.allclose(triple(name), want, rtol=1e-9, atol=1e-9), name
        check_narrower(name, sum(2 * stats.norm.ppf(0.995) * of[f"{name}_se"] for of in (base, point)))
    assert not any(get[f"{name}_change{end}"][0].any() for name in POPULATION for end in ("", "_lower", "_upper"))


def test_partial_leaves_out_what_is_wrong(program):
    """Damaged, foreign or there twice: named, and merged without; also where such a file comes first."""
    files = points(program, "some", {"grid": {VOLATILITY: [1, 2, 3]}, "baseline": {VOLATILITY: 1}}, 3)
    points(program, "foreign", {"grid": {VOLATILITY: [1, 2, 3]}}, 3, skip=(0, 2), **{"run.seed": 5})
    program.expect(0, "merge", "-o", "some.h5", "--partial", files[0], files[2])
    damaged = bytearray((program.folder / files[1]).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (program.folder / "damaged-point.h5").write_bytes(damaged)
    done = program.expect(0, "merge", "-o", "left.h5", "--partial", "damaged-point.h5", "some.h5", files[2], files[0],
                          files[2], "foreign/point-1.h5", "absent.h5")
    assert done.stderr.splitlines() == [
        "damaged-point.h5: damaged or edited (checksum) (left out)",
        "some.h5: is a sweep of 3 points (a result of one run; `riptide report` reads sweeps) (left out)",
        "some/point-2.h5: is point 2, and so is some/point-2.h5 (left out)",
        "foreign/point-1.h5: is a point of another sweep or configuration than some/point-2.h5 (left out)",
        "absent.h5: No such file or directory (left out)",
        "riptide: merge: 1 of 3 points is missing: 1"], done.stderr
    some, left = datasets(program.folder / "some.h5"), datasets(program.folder / "left.h5")
    assert some.keys() == left.keys() and all(same(np.asarray(some[name]), np.asarray(left[name])) for name in some)
    assert open_sweep(program, "left.h5").attrs["status"] == "partial"
    # Nothing is missing, though something was left out.
    program.expect(0, "merge", "-o", "full.h5", "--partial", "damaged-point.h5", *files, err="(left out)")
    assert open_sweep(program, "full.h5").attrs["status"] == "complete"
    program.expect(4, "merge", "-o", "none.h5", "--partial", "damaged-point.h5", err="damaged or edited (checksum)\n")
    assert not (program.folder / "none.h5").exists()


def proportion(p, n):
    """Wilson's interval at 99 %, one-sided where there is nothing or nothing else."""
    k, z = round(p * n), stats.norm.ppf(0.995)
    if k in (0, n):
        none = 1 - 0.01 ** (1 / n)
        return (0, none) if k == 0 else (1 - none, 1)
    middle, half = k + z * z / 2, z * math.sqrt(k * (n - k) / n + z * z / 4)
    return (middle - half) / (n + z * z), (middle + half) / (n + z * z)


def deficit_interval(get, at, n, weight):
    """A deficit, by its weight, is never more than that of all accounts on the same path."""
    mean, gap = get["mean_deficit"][at], at[:-1] + (5,)
    square = get["population_mean_loss_by_cause_se"][gap] ** 2 * (n - 1) + get["population_mean_loss_by_cause"][gap] ** 2
    half = stats.norm.ppf(0.995) * math.sqrt(max(square / weight ** 2 - mean ** 2, 0) / (n - 1))
    return mean - half, mean + half


def time_interval(get, at):
    """The mean of the times that are counted, with Student's law."""
    count, mean = get["time_to_liquidation_by_account"][at], get["mean_time_to_liquidation"][at]
    events = count.sum()
    if events < 4:
        return math.nan, math.nan
    half = stats.t.ppf(0.995, events - 1) * math.sqrt((count * (get["time"] - mean) ** 2).sum() / (events - 1) / events)
    return mean - half, mean + half


def test_changes_of_figures_without_an_error(program):
    """What a result gives without an error gets its interval from what stands beside it."""
    files = points(program, "bare", {"grid": {VOLATILITY: [1, 2, 4]}, "baseline": {VOLATILITY: 1}}, 3)
    program.expect(0, "merge", "-o", "bare.h5", *files)
    with h5py.File(program.folder / "bare.h5") as file:
        get = {name: file[name][()] for name in file if isinstance(file[name], h5py.Dataset)}
        assert list(file["cause"].asstr())[5] == "gap_through_bankruptcy"
        assert file["mean_loss_by_cause_change_lower"].attrs["long_name"].endswith("(NaN: points hold no error of it)")
        assert "NaN" not in file["mean_deficit_change_lower"].attrs["long_name"]
    seen = {"mean_deficit": 0, "mean_time_to_liquidation": 0, "paired_wipeout": 0}
    n, weight = 650, (1, 3)

    def check(name, at, interval):
        base = (0,) + at[1:]
        got = [get[f"{name}_change{end}"][at] for end in ("", "_lower", "_upper")]
        (low, high), (base_low, base_high) = interval(at), interval(base)
        change = get[name][at] - get[name][base]
        want = (0, 0, 0) if at[0] == 0 and not math.isnan(get[name][at]) else (change, low - base_high, high - base_low)
        assert np.allclose(got, want, rtol=1e-9, atol=1e-12, equal_nan=True), (name, at, got, want)
        seen[name] += at[0] > 0 and np.isfinite(got).all() and got[1] < got[0] < got[2] and change != 0

    for v in range(3):
        for m in range(3):
            for a in range(2):
                check("mean_deficit", (v, m, a), lambda at: deficit_interval(get, at, n, weight[at[-1]]))
                check("mean_time_to_liquidation", (v, m, a), lambda at: time_interval(get, at))
                for o in range(3):
                    check("paired_wipeout", (v, m, o, a), lambda at: (0, 0) if m == o else proportion(get["paired_wipeout"][at], n))
    assert min(seen.values()) > 2, seen
    changes = get["mean_loss_by_cause_change"]
    assert np.array_equal(changes[2], get["mean_loss_by_cause"][2] - get["mean_loss_by_cause"][0]) and changes[2].any()
    assert np.isnan(get["mean_loss_by_cause_change_upper"]).all()


def test_baseline_is_missing(program):
    files = points(program, "base", {"grid": {VOLATILITY: [1, 2, 3]}, "baseline": {VOLATILITY: 2}}, 3, skip=(1,))
    program.expect(0, "merge", "-o", "base.h5", "--partial", *files)
    sweep = open_sweep(program, "base.h5")
    assert np.isnan(sweep["mean_loss_change"]).all() and np.isfinite(sweep["mean_loss"].sel({VOLATILITY: 3})).all()


def test_input_that_has_changed(program):
    """Points that have read different files under one name are no sweep."""
    program.write("a.csv", "id,balance,leverage\nalice,10000,10\n")
    (program.folder / "p.csv").write_text("account,symbol,kind,quantity\nalice,BTC,linear_perp,1.1\n")
    config = program.write("files.yaml", merged({
        "accounts": {"files": {"accounts": "a.csv", "positions": "p.csv"}}, "sweep": {"grid": {VOLATILITY: [1, 2]}}}))
    program.expect(0, "sweep", config, "--point", "0", "-o", "files", "-q")
    program.write("a.csv", "id,balance,leverage\nalice,10001,10\n")
    program.expect(0, "sweep", config, "--point", "1", "-o", "files", "-q")
    program.expect(2, "merge", "-o", "files.h5", "files/point-0.h5", "files/point-1.h5",
                   err="files/point-1.h5: has read another a.csv than the points before it")


def test_refusals(program):
    files = points(program, "one", {"grid": {VOLATILITY: [1, 2]}}, 2)
    points(program, "two", {"grid": {VOLATILITY: [1, 2]}}, 2, **{"run.seed": 5})
    config = program.write("run.yaml", merged(RUN))
    program.expect(0, "run", config, "-o", "run.h5", "-q")
    damaged = bytearray((program.folder / files[1]).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (program.folder / "damaged.h5").write_bytes(damaged)
    (program.folder / "short.h5").write_bytes((program.folder / files[1]).read_bytes()[:-7])
    for code, names, words in (
            (2, [files[0], "two/point-1.h5"], ["two/point-1.h5: is a point of another sweep or configuration than one/point-0.h5",
                                               "1 of 2 points is missing: 1"]),
            (2, [files[0], files[1], files[0]], ["one/point-0.h5: is point 0, and so is one/point-0.h5"]),
            (2, [files[0], "run.h5"], ["run.h5: is not a point of a sweep"]),
            (2, ["run.h5"], ["run.h5: is neither a shard nor a point of a sweep"]),
            (2, ["absent.h5"], ["absent.h5: No such file or directory"]),
            (4, [files[0], "damaged.h5"], ["damaged.h5: damaged or edited (checksum)"]),
            (4, ["damaged.h5", files[0]], ["damaged.h5: damaged or edited (checksum)"]),
            (4, ["short.h5", files[0]], ["short.h5: damaged"]),
            (2, [], ["riptide: merge: no IN given"])):
        done = program.expect(code, "merge", "-o", "out.h5", *names)
        for word in words:
            assert word in done.stderr, done.stderr
        assert not (program.folder / "out.h5").exists()
    program.expect(2, "merge", *files, err="riptide: merge: -o: no file given (-o OUT)")
    program.expect(0, "merge", "-o", "out.h5", *files)
    before = (program.folder / "out.h5").read_bytes()
    program.expect(2, "merge", "-o", "out.h5", *files, err="out.h5: exists already (--force overwrites it)")
    program.expect(4, "merge", "-o", "out.h5", "--force", files[0], "damaged.h5")
    assert (program.folder / "out.h5").read_bytes() == before
    program.expect(0, "merge", "-o", "out.h5", "--force", *files)
    # No file that is read is replaced.
    program.expect(2, "merge", "-o", files[1], "--force", *files, err=f"{files[1]}: is read by the command")
    # What a sweep file is, the readers of runs are told.
    program.expect(2, "summary", "out.h5", err="out.h5: is a sweep of 2 points (a result of one run; "
                   "`riptide report` reads sweeps)")
    assert not [name for name in os.listdir(program.folder) if ".tmp." in name]


if __name__ == "__main__":
    raise SystemExit(main(globals()))
