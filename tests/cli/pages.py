#!/usr/bin/env python3
"""A result can be read by others, and the examples run.

usage: pages.py RIPTIDE
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import xarray as xr

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
AXES = {"mode", "account", "level", "time", "loss_bin", "asset", "cause", "share_bin", "move_bin",
        "rank"}
failures = 0


def test(name, check, *args):
    """Runs one named test; a check raises or returns a text when something is wrong."""
    global failures
    try:
        problem = check(*args)
    except Exception as error:  # a test program reports every failure and goes on
        problem = f"{type(error).__name__}: {error}"
    failures += bool(problem)
    print(f"{'not ok' if problem else 'ok'} {name}", flush=True)
    for line in (problem or "").splitlines()[-25:]:
        print("    " + line)


def call(command, **environment):
    done = subprocess.run([str(part) for part in command], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=600)
    return "" if done.returncode == 0 else f"exit {done.returncode}\n{done.stdout}{done.stderr}"


def opens_in_xarray(result):
    with xr.open_dataset(result, engine="h5netcdf") as run:
        if missing := AXES - set(run.sizes):
            return f"no axis {missing}"
        if unnamed := [name for name in run.sizes if name.startswith("phony")]:
            return f"axes without a scale: {unnamed}"
        bare = [name for name in run.data_vars
                if "units" not in run[name].attrs or not run[name].attrs.get("long_name")]
        if bare:
            return f"without units or long_name: {bare}"
    return ""


def groups_open(result):
    with h5py.File(result, "r") as file:
        groups = [name for name, node in file.items() if isinstance(node, h5py.Group)]
    for group in groups:
        with xr.open_dataset(result, engine="h5netcdf", group=group) as data:
            if unnamed := [name for name in data.sizes if name.startswith("phony")]:
                return f"/{group} has axes without a scale: {unnamed}"
    return "" if {"accounts", "positions", "config"} <= set(groups) else f"groups: {groups}"


def figures_agree(result):
    """Relations between datasets that hold whatever the numbers are."""
    with xr.open_dataset(result, engine="h5netcdf") as run:
        paths = int(run.attrs["paths_done"])
        causes = run["mean_loss_by_cause"].sum("cause")
        scale = float(run["initial_equity"].max())
        checks = {
            "causes sum to the mean loss": np.allclose(causes, run["mean_loss"], atol=1e-9 * scale),
            "every path is in the loss histogram":
                bool((run["loss_histogram"].sum("loss_bin") == paths).all()),
            "every path is in the joint distribution":
                bool((run["wiped_share_histogram"].sum("share_bin") == paths).all()),
            "shares and their intervals are ordered": bool(
                ((run["population_wipeout_lower"] <= run["population_wipeout"])
                 & (run["population_wipeout"] <= run["population_wipeout_upper"])).all()),
            "the mean over accounts is the population's figure": np.allclose(
                run["wipeout_probability"].mean("account"), run["population_wipeout"], rtol=1e-9),
            "survival ends at one minus the forced closes": np.allclose(
                run["survival"].isel(time=-1), 1 - run["population_liquidation"], atol=1e-9),
            "wiped_by ends at the wipeouts": np.allclose(
                run["wiped_by"].isel(time=-1), run["population_wipeout"], atol=1e-9),
            "expected shortfall is at least value at risk": bool(
                (run["expected_shortfall"] >= run["value_at_risk"] - 1e-6 * scale).all()),
        }
    return "\n".join(name for name, good in checks.items() if not good)


def readme_example_runs(program, folder):
    """The first YAML block of the README, with fewer paths."""
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[1]
    if block.count("\n") != 10:
        return f"the example has {block.count(chr(10))} lines, not ten"
    config = folder / "readme.yaml"
    config.write_text(block)
    return call([program, "run", config, "-s", "run.paths=200", "-o", folder / "readme.h5", "-q"])


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        result = folder / "result.h5"
        test("the small run succeeds", call,
             [program, "run", HERE / "small.yaml", "-o", result, "-q", "-j", 2])
        if failures:
            return 1
        test("the README's example runs", readme_example_runs, program, folder)
        for config in ("quickstart.yaml", "reference.yaml"):
            test(f"experiments/{config} passes check", call,
                 [program, "check", ROOT / "experiments" / config])
        test("xarray names every axis, unit and meaning", opens_in_xarray, result)
        test("xarray opens every group", groups_open, result)
        test("the figures agree with each other", figures_agree, result)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
