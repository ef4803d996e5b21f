"""What the command-line tests share: named tests, calls of the program, configurations."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent

# One account with one position on one asset: small enough to be worked out by hand.
BASE = {
    "run": {"seed": 11, "paths": 200, "horizon": "24h", "step": "4h"},
    "market": {"assets": [{"symbol": "BTC", "price": 60000.0, "volatility": 0.8}]},
    "venue": {"tiers": {"default": [{"floor": 0, "mmr": 0.005, "max_leverage": 100}]},
              "portfolio": {"scenarios": {"grid": {"spot": [-0.15, 0, 0.15]}}}},
    "accounts": {"list": [{"id": "alice", "balance": 10000.0, "leverage": 10, "positions": [
        {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.5}]}]},
}


def merged(changes, base=None):
    """A copy of a configuration with other values: {'run.seed': 3}; None removes a key."""
    config = copy.deepcopy(BASE if base is None else base)
    for dotted, value in changes.items():
        *parents, last = dotted.split(".")
        node = config
        for key in parents:
            node = node[int(key)] if isinstance(node, list) else node.setdefault(key, {})
        if value is None:
            node.pop(last, None)
        elif isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value
    return config


class Program:
    """The built program, called in a folder of its own."""

    def __init__(self, path):
        self.path = str(pathlib.Path(path).resolve())
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.begun = []

    def write(self, name, config):
        """Writes a configuration, a dictionary or text, and returns its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return str(path)

    def call(self, *args, **environment):
        return subprocess.run([self.path, *map(str, args)], capture_output=True, text=True,
                              cwd=self.folder, timeout=300, env={**os.environ, **environment})

    def begin(self, *args):
        """The program running in the background; ended with the tests, if not before."""
        self.begun.append(subprocess.Popen(
            [self.path, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=self.folder))
        return self.begun[-1]

    def end(self):
        for process in self.begun:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def expect(self, code, *args, out="", err="", **environment):
        """Calls and compares the exit code and, if given, parts of stdout and stderr."""
        done = self.call(*args, **environment)
        said = f"`riptide {' '.join(map(str, args))}` said\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert done.returncode == code, f"exit {done.returncode}, want {code}: {said}"
        assert out in done.stdout, f"stdout lacks {out!r}: {said}"
        assert err in done.stderr, f"stderr lacks {err!r}: {said}"
        return done


def contents(path):
    """Every dataset of a file as bytes, by name; fails on anything that is not whole."""
    found = {}

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset):
            value = thing[()]
            found[name] = repr(value) if thing.dtype.hasobject else np.asarray(value).tobytes()

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def named(module, begins="test_", only=()):
    """Functions of a module (its globals) by what follows `test_` in their names."""
    return [(name.partition("test_")[2], test) for name, test in module.items()
            if name.startswith(begins) and (not only or name in only)]


def run_all(tests, *arguments):
    """Runs tests as `named` gives them, reports each, and returns how many have failed."""
    failed = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            note = test(*arguments)
            print(f"ok {name} ({note + ', ' if note else ''}{time.monotonic() - began:.0f} s)", flush=True)
        except Exception as error:  # report every failure and go on
            failed += 1
            at = traceback.extract_tb(error.__traceback__)[-1]
            words = f"{type(error).__name__} at line {at.lineno} of {at.name}: {error}"
            print(f"not ok {name}: " + words.replace("\n", "\n    "), flush=True)
    return failed


def main(tests):
    """Runs functions named test_... of a module with the program of the command line."""
    program = Program(sys.argv[1])
    failed = run_all(named(tests), program)
    program.end()
    return 1 if failed else 0
