#!/usr/bin/env python3
"""The file of a run as others read it: xarray, h5py, and its first block by hand.

usage: test_result.py RIPTIDE
"""
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys

import h5py
import numpy as np
import xarray

from harness import BASE, HERE, main, merged

GROUPS = ["accounts", "accumulators", "batches", "config", "losses", "paths", "positions", "system"]
AXES = {
    "": {"mode": 3, "other_mode": 3, "account": 37, "level": 2, "loss_bin": 202, "bin_edge": 201,
         "cause": 8, "time": 25, "batch": 64, "share_bin": 102, "move_bin": 20, "rank": 100},
    "accounts": {"account": 37},
    "batches": {"mode": 3, "account": 37, "cause": 8, "batch": 64},
    "losses": {"mode": 3, "account": 37, "path": 700},
    "paths": {"path": 5, "time": 25},
    "system": {"mode": 3, "path": 700},
}


def result(program):
    """A run that keeps everything, made once."""
    path = program.folder / "small.h5"
    if not path.exists():
        program.expect(0, "run", HERE / "small.yaml", "-o", path, "-q")
    return path


def test_accounts_left_out_have_no_losses(program):
    """DEF-5: NaN by path, as in their figures; the totals are those of the others."""
    sunk = {"id": "sunk", "balance": 10000.0, "leverage": 10, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.9, "entry": 66000.0}]}
    config = program.write("left.yaml", merged({
        "run.initial_breach": "exclude", "run.paths": 70, "outputs.losses": True, "outputs.system": True,
        "accounts.list": [*BASE["accounts"]["list"], sunk]}))
    program.expect(0, "run", config, "-o", "left.h5", "-q")
    with h5py.File(program.folder / "left.h5") as file:
        loss, mean = file["losses/loss"][()], file["mean_loss"][()]
        out = np.isnan(mean)
        assert out.any() and not out.all()
        assert np.isnan(loss[out]).all() and np.isfinite(loss[~out]).all()
        assert np.allclose(np.nansum(loss, axis=1), file["system/total_loss"][()], atol=0.01)


def test_xarray_opens_every_group_with_named_axes(program):
    path = result(program)
    with h5py.File(path, "r") as file:
        assert sorted(name for name in file if isinstance(file[name], h5py.Group)) == GROUPS
    for group in ["", *GROUPS]:
        with xarray.open_dataset(path, engine="h5netcdf", group=group or None) as data:
            sizes = dict(data.sizes)
            for axis, size in AXES.get(group, {}).items():
                assert sizes[axis] == size, (group, axis, sizes)
            assert not any(axis.startswith("phony") for axis in sizes), (group, sizes)
            for name, variable in data.variables.items():
                assert variable.attrs.get("units"), (group, name)
                assert variable.attrs.get("long_name"), (group, name)
            assert not any(np.issubdtype(v.dtype, np.timedelta64) for v in data.variables.values())


def test_values_are_found_by_name(program):
    with xarray.open_dataset(result(program), engine="h5netcdf") as data:
        wiped = data.wipeout_probability.sel(mode="cross")
        low, high = (data["wipeout_probability" + end].sel(mode="cross")
                     for end in ("_lower", "_upper"))
        assert ((low <= wiped) & (wiped <= high)).all()
        assert data.mode.values.tolist() == ["isolated", "cross", "portfolio"]
        assert data.time.values[-1] == 48.0 and data.move_bin.values[1] == 0.05
        by_cause = data.mean_loss_by_cause.sum("cause")
        assert np.allclose(by_cause, data.mean_loss, rtol=1e-9, atol=1e-6)


def test_groups_agree_with_the_root(program):
    path = result(program)
    with h5py.File(path, "r") as file:
        total = file["system/total_loss"][()]
        assert np.allclose(total.mean(axis=1), file["population_mean_loss"][()], rtol=1e-9)
        batches = file["batches/loss_sum"][()].sum(axis=2) / 700
        assert np.allclose(batches, file["mean_loss"][()], rtol=1e-9, atol=1e-6)
        by_path = np.zeros((3, 64))
        np.add.at(by_path, (slice(None), np.arange(700) % 64), total)
        assert np.allclose(file["batches/population_loss_sum"][()], by_path, rtol=1e-9, atol=1e-6)
        assert np.allclose(file["batches/population_loss_by_cause_sum"][()].sum(axis=1), by_path, rtol=1e-9, atol=1e-6)
        loss = file["losses/loss"][()].astype(float)
        assert np.allclose(loss.mean(axis=2), file["mean_loss"][()], rtol=1e-4, atol=0.01)
        price = file["paths/price"][()]
        moved = price[:, -1, :] / price[:, 0, :] - 1.0
        assert np.allclose(moved, file["system/asset_return"][:5], rtol=1e-5, atol=1e-6)
        worst = file["worst_paths"][()]
        order = np.argsort(-total, axis=1, kind="stable")[:, :3]
        assert (worst[:, :3] == order).all(), (worst[:, :3], order)


def checksum(data):
    """CRC-64/XZ, byte by byte."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xC96C5795D7870F42 if value & 1 else 0)
        table.append(value)
    value = 2**64 - 1
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return value ^ 2**64 - 1


def test_the_first_block(program):
    data = result(program).read_bytes()
    magic, form, zero, length, check = struct.unpack("<8sIIQQ", data[:32])
    assert magic == b"RIPTIDE1" and form == 1 and zero == 0
    assert length == len(data) and data[32:512] == bytes(480)
    assert check == checksum(data[512:])


def test_a_damaged_file_is_refused(program):
    bad = program.folder / "bad.h5"
    data = bytearray(result(program).read_bytes())
    data[len(data) // 2] ^= 4
    bad.write_bytes(data)
    got = program.expect(4, "summary", bad)
    assert got.stderr.strip() == f"{bad}: damaged or edited (checksum)", got.stderr


def datasets(file):
    found = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]
    file.visititems(visit)
    return found


def same(a, b):
    if a.dtype == object:
        return a.tolist() == b.tolist() if a.shape else a.item() == b.item()
    return a.tobytes() == b.tobytes()


EXCEPT = {"created", "command", "threads", "simd", "shard", "wall_time_s", "cpu_time_s",
          "peak_memory_bytes", "job_id", "job_node", "job_restarts"}


def test_reruns_are_equal(program):
    path, again = result(program), program.folder / "again.h5"
    program.expect(0, "run", HERE / "small.yaml", "-o", again, "-q", "-j", "1")
    with h5py.File(path, "r") as a, h5py.File(again, "r") as b:
        first, second = datasets(a), datasets(b)
        assert first.keys() == second.keys()
        for name in first:
            assert same(np.asarray(first[name]), np.asarray(second[name])), name
        assert a.attrs.keys() == b.attrs.keys()
        for name in set(a.attrs) - EXCEPT:
            assert a.attrs[name] == b.attrs[name], name


def test_given_paths_are_those_of_a_result(program):
    """A run on the paths that another one kept meets the same prices."""
    path, given = result(program), program.folder / "given.h5"
    program.expect(0, "run", HERE / "small.yaml", "-o", given, "-q", "-s", "run.paths=5", "-s",
                   f"shocks={{model: given, file: {path}}}")
    with h5py.File(path, "r") as a, h5py.File(given, "r") as b:
        assert (a["paths/price"][()] == b["paths/price"][()]).all()
        assert (a["losses/loss"][:, :, :5] == b["losses/loss"][()]).all()
    got = program.expect(2, "run", HERE / "small.yaml", "-o", program.folder / "x.h5", "-s",
                         "run.paths=6", "-s", f"shocks={{model: given, file: {path}}}")
    assert "at most 5" in got.stderr, got.stderr


def limit_files(size):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    return limit


def test_a_full_disk_loses_nothing(program):
    path = program.folder / "kept.h5"
    path.write_bytes(result(program).read_bytes())
    before = path.read_bytes()
    for size in (0, 1000, 100_000, len(before) - 1):
        got = subprocess.run([program.path, "run", HERE / "small.yaml", "-o", path, "-q", "--force"],
                             capture_output=True, text=True, preexec_fn=limit_files(size), timeout=300)
        assert got.returncode == 4, (size, got.returncode, got.stderr)
        # Whichever file did not fit is named: the result, or a checkpoint's.
        assert re.fullmatch(rf"{re.escape(str(path))}(\.checkpoint\S*)?: File too large\n",
                            got.stderr), got.stderr
        assert path.read_bytes() == before
        assert [p.name for p in program.folder.glob("kept.h5*")] == ["kept.h5"]


def test_leftovers_of_the_dead_are_removed(program):
    dead = subprocess.Popen(["true"])
    dead.wait()
    path = program.folder / "clean.h5"
    left = pathlib.Path(f"{path}.tmp.{dead.pid}")
    left.write_bytes(b"cut")
    program.expect(0, "run", HERE / "small.yaml", "-o", path, "-q")
    assert path.exists() and not left.exists()


def test_the_revision_is_recorded(program):
    version = program.expect(0, "--version").stdout
    with h5py.File(result(program), "r") as file:
        assert re.fullmatch(r"[0-9a-f]{7,40}(-dirty)?|v.*|", file.attrs["git_revision"])
        assert file.attrs["riptide_version"] in version
        for name in ("compiler", "gsl_version", "hdf5_version"):
            assert file.attrs[name] in version, name


if __name__ == "__main__":
    sys.exit(main(globals()))
