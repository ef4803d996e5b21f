"""What the statistical suites share: running the program on a small configuration."""
import copy
import json
import os
import pathlib
import subprocess
import tempfile

import h5py

failures = 0


def report(name, good, detail=""):
    """Prints one named test and remembers a failure."""
    global failures
    failures += not good
    print(f"{'ok' if good else 'not ok'} {name}{': ' + detail if detail else ''}", flush=True)


def merged(base, changes):
    """A configuration with other values: {'run.seed': 3} replaces one key."""
    config = copy.deepcopy(base)
    for dotted, value in changes.items():
        *parents, last = dotted.split(".")
        node = config
        for key in parents:
            node = node.setdefault(key, {})
        node[last] = value
    return config


class Program:
    """The built program and a folder for its files."""

    def __init__(self, path):
        self.path = str(pathlib.Path(path).resolve())
        self.folder = tempfile.TemporaryDirectory()

    def run(self, config, names):
        """Runs a configuration and returns the named datasets."""
        text = os.path.join(self.folder.name, "config.yaml")
        result = os.path.join(self.folder.name, "result.h5")
        with open(text, "w") as file:
            json.dump(config, file)
        subprocess.run([self.path, "run", text, "-o", result, "--force", "-q"], check=True,
                       stdout=subprocess.DEVNULL, timeout=900)
        with h5py.File(result, "r") as file:
            return {name: file[name][()] for name in names}
