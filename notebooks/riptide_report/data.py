"""Reading a result: datasets on demand, facts of the run, and what is derived from them.

Nothing here simulates. Sums over accounts, shares of batches and intervals are taken from
the counts and moments in the file; the formulas stand where they are used.
"""
import functools
import re
import statistics

import h5py
import numpy as np

Z99 = 2.5758293035489004  # two-sided 99 % quantile of the normal law


def text(value):
    """A string of a file, whichever way it is stored."""
    return value.decode() if isinstance(value, bytes) else str(value)


def wilson(share, n, z=Z99):
    """Ends of Wilson's interval of a proportion seen among n independent trials.

    For the mean over paths of a share in [0, 1] it is conservative: a variable in [0, 1] with
    mean p has at most the variance p (1 - p) of an indicator.
    """
    share, n = np.asarray(share, float), np.asarray(n, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        lower = np.where(share <= 0, 0.0, np.maximum(middle - half, 0.0))
        upper = np.where(share >= 1, 1.0, np.minimum(middle + half, 1.0))
    unknown = ~(n > 1)
    return np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper)


def z_of(tail):
    """The two-sided normal quantile that leaves `tail` outside."""
    return statistics.NormalDist().inv_cdf(1 - tail / 2)


class Config:
    """The resolved configuration. Blocks are parsed one by one, and never a long list of accounts."""

    LONGEST = 200_000  # characters of a block that is still parsed

    def __init__(self, source):
        self.source = source
        self.blocks = {}
        for block in re.split(r"(?m)^(?=[A-Za-z_])", source):
            if ":" in block and not block.startswith("#"):
                self.blocks[block.partition(":")[0]] = block

    @functools.lru_cache(maxsize=None)
    def block(self, key):
        import yaml
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        body = self.blocks.get(key, "")
        if not body or len(body) > self.LONGEST:
            return None
        return yaml.load(body, Loader=loader)[key]

    @functools.lru_cache(maxsize=None)
    def assets(self):
        """The assets of the market, one a line; read without the matrix that may stand below them."""
        import yaml
        lines = re.findall(r"(?m)^    - (\{symbol: .*\})$", self.blocks.get("market", ""))
        return yaml.load("[" + ",\n".join(lines) + "]", Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    def get(self, dotted, fallback=None):
        """The value of a dotted key, or the fallback where it is absent."""
        first, *rest = dotted.split(".")
        node = self.block(first)
        for key in rest:
            if not isinstance(node, dict) or key not in node:
                return fallback
            node = node[key]
        return fallback if node is None else node


class Run:
    """A result of `riptide run`, open for reading. run["NAME"] is a dataset."""

    def __init__(self, path):
        self.path = str(path)
        self.file = h5py.File(path, "r")
        self.config = self.read_config()
        self.modes = [text(m) for m in self.file["mode"][()]]

    def read_config(self):
        return Config(text(self.file["config/yaml"][()]))

    @functools.lru_cache(maxsize=None)
    def __getitem__(self, name):
        values = self.file[name][()]
        if isinstance(values, np.ndarray) and values.dtype == object:
            return np.array([text(v) for v in values.ravel()], dtype=object).reshape(values.shape)
        return values

    def __contains__(self, name):
        return name in self.file

    def attr(self, name, fallback=""):
        return text(self.file.attrs[name]) if name in self.file.attrs else fallback

    @property
    def title(self):
        return self.attr("title") or "A riptide result"

    @functools.cached_property
    def paths(self):
        return int(self.file.attrs["paths_done"])

    @functools.cached_property
    def n_account(self):
        return len(self["initial_equity"])

    @functools.cached_property
    def hours(self):
        return float(self["time"][-1])

    @functools.cached_property
    def threshold(self):
        return float(self.config.get("run.wipeout_threshold", 0.10))

    @functools.cached_property
    def weight(self):
        return (np.asarray(self["accounts/weight"], float) if "accounts/weight" in self
                else np.ones(self.n_account))

    @functools.cached_property
    def equity(self):
        """Initial equity of all accounts by weight [USD]."""
        return float(np.nansum(self["initial_equity"] * self.weight))

    @functools.cached_property
    def breached(self):
        """Accounts in breach before any shock, by mode."""
        return (self["initially_breached"] > 0).sum(axis=1)

    @functools.cached_property
    def loss_counts(self):
        """[mode][loss_bin] account-paths by loss / initial equity, accounts by weight."""
        return np.array([self.weight @ self.file["loss_histogram"][m].astype(float)
                         for m in range(len(self.modes))])

    @functools.cached_property
    def position_account(self):
        """Row of /accounts of every position."""
        owner = self["positions/account"]
        if owner.dtype == object:
            row = {name: i for i, name in enumerate(self["account"])}
            return np.array([row[name] for name in owner])
        return np.asarray(owner, int)

    @functools.cached_property
    def notional(self):
        """Notional of every position at the start [USD], by the table of instruments in domain.md.

        |q| S; of a future |q| F with F = S exp(basis * years to expiry); of an inverse perpetual,
        whose quantity is in USD contracts, |q| / S coins, which are |q| USD.
        """
        asset = {a["symbol"]: a for a in self.config.assets()}
        held = [asset[symbol] for symbol in self["positions/symbol"]]
        mark = np.array([float(a["price"]) for a in held])
        basis = np.array([float(a.get("basis", 0)) for a in held])
        kind, years = self["positions/kind"], self["positions/expiry"] / (24 * 365)
        mark = np.where(kind == "linear_future", mark * np.exp(basis * np.nan_to_num(years)), mark)
        return np.abs(self["positions/quantity"]) * np.where(kind == "inverse_perp", 1.0, mark)

    @functools.cached_property
    def gross_leverage(self):
        """Gross notional at the start / initial equity of every account; an option counts with its underlying."""
        gross = np.bincount(self.position_account, weights=self.notional, minlength=self.n_account)
        return gross / self["initial_equity"]

    @functools.cached_property
    def set_leverage(self):
        """Leverage of every account's positions as set, weighted by notional; options have none."""
        owner, n = self.position_account, self.n_account
        weight = np.where(self["positions/kind"] == "option", 0.0, self.notional)
        gross = np.bincount(owner, weights=weight, minlength=n)
        sums = np.bincount(owner, weights=weight * self["positions/leverage"], minlength=n)
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums / gross

    def batch_paths(self):
        """Paths of each batch: path p belongs to batch p mod 64."""
        n = len(self["batch"])
        return np.array([len(range(b, self.paths, n)) for b in range(n)], float)

    def group_share(self, name, members):
        """Mean share of some accounts with an event, by mode: estimate, lower, upper.

        From the counts of the batches: batches are independent, so their means give the error
        whatever the dependence between accounts on one path is.
        """
        counts = self[f"batches/{name}"][:, members, :]
        counted = np.isfinite(self["wipeout_probability"][:, members])  # by the mode
        weight = self.weight[members] * counted
        with np.errstate(invalid="ignore"):
            per_batch = np.einsum("mab,ma->mb", counts, weight) / weight.sum(axis=1, keepdims=True)
        size = self.batch_paths()
        used = size > 0
        share = per_batch.sum(axis=1) / size.sum()
        spread = per_batch[:, used] - share[:, None] * size[used]
        k = used.sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            se = np.sqrt(k / (k - 1) * (spread ** 2).sum(axis=1)) / size.sum()
            effective = np.where(se > 0, share * (1 - share) / se ** 2, size.sum())
        lower, upper = wilson(share, effective if self.paths > 1 else np.ones(len(share)))
        return share, lower, upper


def open_result(path):
    """A Run, or a Sweep if swept keys stand before the margin mode."""
    from .sweep_data import Sweep
    with h5py.File(path, "r") as file:
        if "population_wipeout" not in file:
            raise ValueError(f"{path}: not a riptide result (no dataset population_wipeout)")
        swept = file["population_wipeout"].ndim > 1
    return Sweep(path) if swept else Run(path)
