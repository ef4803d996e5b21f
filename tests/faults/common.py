"""What the fault tests share: the program in a folder of its own, contents of results, a runner."""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from harness import contents, named, run_all  # noqa: E402, F401

# Two accounts on two assets in three modes: small files, and every event happens.
CONFIG = {
    "run": {"seed": 20251010, "paths": 3000, "horizon": "24h", "step": "2h"},
    "market": {"assets": [{"symbol": "BTC", "price": 60000.0, "volatility": 1.3},
                          {"symbol": "ETH", "price": 2500.0, "volatility": 1.7}], "correlation": 0.7},
    "venue": "binance_usdm",
    "accounts": {"list": [
        {"id": "alice", "balance": 10000.0, "leverage": 20, "positions": [
            {"symbol": "BTC", "kind": "linear_perp", "quantity": 1.27}]},
        {"id": "bob", "balance": 5213.75, "leverage": 15, "positions": [
            {"symbol": "ETH", "kind": "linear_perp", "quantity": -21.3},
            {"symbol": "BTC", "kind": "linear_perp", "quantity": 0.31}]}]},
    "outputs": {"histogram": {"bins": 40}, "levels": [0.95]},
}


def changed(**sections):
    """The configuration with other keys in its sections: changed(run={"paths": 5})."""
    config = json.loads(json.dumps(CONFIG))
    for name, keys in sections.items():
        config.setdefault(name, {}).update(keys)
    return config


class Bench:
    """The program, called in a folder that the test may fill and break."""

    def __init__(self, riptide, everything):
        self.everything = everything
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="riptide-faults-"))
        # A copy that any user may run, whatever the build folder allows.
        self.folder.chmod(0o755)
        self.riptide = self.folder / "riptide"
        shutil.copy(riptide, self.riptide)
        self.riptide.chmod(0o755)
        self.random = random.Random(int(os.environ.get("RIPTIDE_FAULT_SEED", "20251010")))

    def write(self, name, config):
        path = self.folder / name
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return path

    def begin(self, *words, **options):
        return subprocess.Popen([str(self.riptide), *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE,
                                cwd=options.pop("cwd", self.folder), **options)

    def call(self, *words, timeout=60, **options):
        """Exit code and all that was said; a crash or a hang is a failure of the test."""
        process = self.begin(*words, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f"riptide {' '.join(map(str, words))} hangs") from None
        said = (out or b"").decode(errors="replace") + err.decode(errors="replace")
        assert process.returncode >= 0, f"riptide {' '.join(map(str, words))} died of signal " \
                                        f"{-process.returncode}: {said[-500:]}"
        return process.returncode, said

    def expect(self, code, *words, says="", **options):
        got, said = self.call(*words, **options)
        call = f"riptide {' '.join(map(str, words))}"
        assert got == code, f"{call}: exit {got}, want {code}: {said[-1000:]}"
        assert says in said, f"{call}: lacks {says!r}: {said[-1000:]}"
        assert code == 0 or 0 < len(said.strip().splitlines()) < 4, f"{call}: one line, please: {said[-1000:]}"
        return said

    def left(self, folder=None):
        """Temporaries and checkpoints that lie about."""
        return sorted(path.name for path in (folder or self.folder).iterdir()
                      if ".tmp." in path.name or ".checkpoint" in path.name)


def main(tests, usage):
    """Runs functions named test_...; they take a Bench."""
    words = [word for word in sys.argv[1:] if word != "--all"]
    if not words:
        print(usage, file=sys.stderr)
        return 2
    # Begun in the background of a script, SIGINT would be ignored, by the program too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bench = Bench(pathlib.Path(words[0]).resolve(), "--all" in sys.argv)
    try:
        failed = run_all(named(tests, only=words[1:]), bench)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    return 1 if failed else 0
