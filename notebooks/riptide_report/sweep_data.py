"""Reading a sweep file: the swept keys, and every dataset with them as leading dimensions."""
import functools
import itertools
import re

import numpy as np

from .data import Config, Run, text, wilson, z_of

DURATION = re.compile(r"\d+(\.\d+)?(ms|s|m|h|d)")


class Axis:
    """A swept key, or the number of a point where several keys change together."""

    def __init__(self, key, values):
        self.key = key
        self.labels = [f"{v:.4g}" if isinstance(v, (int, float, np.number)) else text(v) for v in values]
        self.numeric = all(isinstance(v, (int, float, np.number)) for v in values)
        self.at = np.array(values, float) if self.numeric else np.arange(len(values), dtype=float)
        self.sorted = bool(np.all(np.diff(self.at) > 0))
        # Names in no order, as of venues: a line between them would mean nothing.
        self.nominal = not self.numeric and not all(DURATION.fullmatch(label) for label in self.labels)

    def __len__(self):
        return len(self.labels)

    @property
    def logarithmic(self):
        return self.numeric and self.at.min() > 0 and self.at.max() / self.at.min() >= 20

    def label(self, ax, room=40):
        """Puts the key's name and values on an x axis; labels of more than `room` characters are turned."""
        ax.set_xlabel(self.key)
        if self.logarithmic:
            ax.set_xscale("log")
        if self.nominal:
            ax.set_xlim(-0.6, len(self) - 0.4)
        if not self.numeric or len(self) <= 8:
            ax.set_xticks(self.at, self.labels)
            ax.minorticks_off()
            if max(map(len, self.labels)) * len(self) > room:
                for label in ax.get_xticklabels():
                    label.set(rotation=30, ha="right", rotation_mode="anchor")


class Sweep(Run):
    """A file of `riptide merge` over the points of a sweep."""

    def __init__(self, path):
        super().__init__(path)
        names = [dim.keys()[0] for dim in self.file["population_wipeout"].dims]
        self.dims = names[:-1]
        self.axes = [Axis(name, self.values(name)) for name in self.dims]
        self.shape = tuple(len(axis) for axis in self.axes)
        self.keys = []  # of several that change together, in the order they are written
        if self.dims == ["point"]:
            block = self.plan[self.kind]
            self.keys = [str(key) for key in (block["ranges"] if self.kind == "latin" else block)]

    def values(self, name):
        found = self.file[name][()]
        return [text(v) for v in found] if found.dtype == object else list(found)

    def read_config(self):
        sources = np.atleast_1d(self.file["config/yaml"][()])
        return Config(text(sources.ravel()[0]))

    @functools.cached_property
    def plan(self):
        """The sweep block of the configuration."""
        import yaml
        return yaml.safe_load(self.attr("sweep")) or {}

    @property
    def kind(self):
        return next((kind for kind in ("grid", "zip", "latin") if kind in self.plan), "grid")

    @functools.cached_property
    def points(self):
        """Indices of all points."""
        return list(itertools.product(*(range(n) for n in self.shape)))

    def done(self, point):
        """Whether the point is in the file (a partial sweep lacks some)."""
        return bool(np.isfinite(self["population_wipeout"][point]).any())

    def where(self, point):
        """The values of the swept keys at a point, as (key, value) pairs of text."""
        if self.keys:
            return [(key, Axis(key, self.values(key)).labels[point[0]]) for key in self.keys]
        return [(axis.key, axis.labels[i]) for axis, i in zip(self.axes, point)]

    @functools.cached_property
    def paths(self):
        """Paths of one point."""
        return int(self.config.get("run.paths", 0)) or int(
            self.file.attrs["paths_done"]) // max(len(self.points), 1)

    @functools.cached_property
    def n_account(self):
        return len(self["account"])

    def simultaneous(self, name, tail=0.01):
        """Estimates of a share with intervals that hold at all points and modes together."""
        share, se = self[name], self[name + "_se"]
        z = z_of(tail / share.size)
        with np.errstate(invalid="ignore", divide="ignore"):
            n = np.where(se > 0, share * (1 - share) / se ** 2, self.paths)
        lower, upper = wilson(share, n, z)
        return share, lower, upper
