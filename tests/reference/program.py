"""The program as the comparisons call it: margins, and trials along given paths."""
import json
import pathlib
import re
import subprocess

LATER = re.compile(r"(in|of) this version")


class Refusal(Exception):
    """The program refuses a configuration; the text is what it says."""


class NotInThisVersion(Refusal):
    """It refuses what it does not do yet."""


class Program:
    def __init__(self, path, folder="."):
        self.path = str(pathlib.Path(path).resolve())
        self.folder = pathlib.Path(folder)

    def call(self, *args):
        done = subprocess.run([self.path, *args], capture_output=True, text=True, timeout=600,
                              cwd=self.folder)
        if done.returncode == 2:
            lines = [line for line in done.stderr.splitlines() if line]
            later = [line for line in lines if LATER.search(line)]
            # Only if nothing else is wrong is it a matter of the version.
            if later and len(later) == len(lines):
                raise NotInThisVersion(later[0])
            raise Refusal(done.stderr.strip())
        if done.returncode != 0:
            raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def margin(self, config):
        """The list of `margin --json`."""
        (self.folder / "margin.yaml").write_text(json.dumps(config))
        return json.loads(self.call("margin", "margin.yaml", "--json"))

    def trials(self, config, path):
        """Outcomes by (account, mode) along one path: rows of prices after time 0.

        With one path every mean is that path's figure, to the step of the exact sums
        (2^-40 of an account's initial net worth).
        """
        import h5py
        import numpy as np
        start = [asset["price"] for asset in config["market"]["assets"]]
        with h5py.File(self.folder / "paths.h5", "w") as file:
            file["paths/price"] = np.array([[start, *path]], dtype=np.float64)
        config = {**config, "shocks": {**config.get("shocks", {}), "model": "given",
                                       "file": "paths.h5"}}
        (self.folder / "run.yaml").write_text(json.dumps(config))
        self.call("run", "run.yaml", "-o", "run.h5", "--force", "-q")
        with h5py.File(self.folder / "run.h5", "r") as file:
            return {key: outcome(file, *at) for key, at in places(file).items()}


def places(file):
    """(account, mode) -> (mode index, account index)."""
    modes = [m.decode() if isinstance(m, bytes) else m for m in file["mode"][()]]
    accounts = [a.decode() if isinstance(a, bytes) else a for a in file["account"][()]]
    return {(account, mode): (m, a) for m, mode in enumerate(modes)
            for a, account in enumerate(accounts)}


def outcome(file, m, a):
    causes = [c.decode() if isinstance(c, bytes) else c for c in file["cause"][()]]
    loss = float(file["mean_loss"][m, a])
    initial = float(file["initial_equity"][a])
    found = {
        "loss": loss, "initial": initial, "final": initial - loss,
        "causes": dict(zip(causes, (float(x) for x in file["mean_loss_by_cause"][m, a]))),
        "deficit": float(file["mean_deficit"][m, a]),
        "liquidated": bool(file["liquidation_probability"][m, a]),
        "fully_liquidated": bool(file["full_liquidation_probability"][m, a]),
        "wiped_out": bool(file["wipeout_probability"][m, a]),
        "terminal_wipeout": bool(file["terminal_wipeout_probability"][m, a]),
        "liquidation_hours": float(file["mean_time_to_liquidation"][m, a]),
        "starts_in_breach": bool(file["initially_breached"][m, a]),
    }
    if len(file["account"]) == 1:  # volumes are the population's
        found["forced_notional"] = float(file["forced_volume_mean"][m].sum())
    return found
