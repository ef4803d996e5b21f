#!/usr/bin/env python3
"""What riptide costs on SELLOFF-1 and its variants, as ratios measured in one session.

usage: bench.py RIPTIDE FOLDER [--rounds N] [--peer 'NAME=COMMAND']... [--only ROWS]

FOLDER is filled by selloff.py. A peer is another program that does the same job: its command
has {folder}, {paths} and {out} in it, for the folder with market.csv and portfolios.csv, the
number of paths and a file to write; it is timed at two numbers of paths, and its cost at
20,000 follows from the difference. Programs take turns; medians of CPU seconds of whole
processes (user and system) are compared, since wall time counts whoever else is there.

Rows: peers, variants, options, fixed, threads, growth, memory, stages, instructions (the last needs
valgrind); all but instructions unless --only says otherwise.
"""
import argparse
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PATHS = 20000
FEW, MANY = 500, 2000  # paths at which peers are timed


class Cost:
    """Of one process: CPU and wall seconds, peak memory in KiB, what it said on stderr."""

    def __init__(self, command, **environment):
        began = os.times().elapsed
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **environment})
        self.said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{shlex.join(map(str, command))}: exit {status}: {self.said}")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.wall = os.times().elapsed - began
        self.memory = usage.ru_maxrss


class Bench:
    def __init__(self, options):
        self.riptide = str(options.riptide.resolve())
        self.folder = options.folder.resolve()
        self.rounds = options.rounds
        self.peers = [peer.split("=", 1) for peer in options.peer]
        self.out = self.folder / "out.h5"
        self.inputs(self.folder)

    def inputs(self, folder, *words):
        """SELLOFF-1's files, made if they are not there."""
        if not (folder / "calm.yaml").exists():
            subprocess.run([sys.executable, HERE / "selloff.py", folder, *words], check=True)
        return folder

    def command(self, config, paths=PATHS, threads=None):
        words = [self.riptide, "run", str(config), "-s", f"run.paths={paths}", "-o", str(self.out), "-q", "--force"]
        return words + (["-j", str(threads)] if threads else [])

    def medians(self, commands, figure="cpu"):
        """Programs take turns."""
        costs = [[] for _ in commands]
        for _ in range(self.rounds):
            for cost, command in zip(costs, commands):
                cost.append(getattr(Cost(command), figure))
        return [statistics.median(cost) for cost in costs]

    def peers_row(self):
        calm = self.folder / "calm.yaml"
        commands = [self.command(calm)]
        for _, text in self.peers:
            for paths in (FEW, MANY):
                commands.append([word.format(folder=self.folder, paths=paths, out=self.out)
                                 for word in shlex.split(text)])
        own, *others = self.medians(commands)
        print(f"riptide: {own:.3f} CPU s for {PATHS:,} paths, 1,000 portfolios, three modes")
        for (name, _), few, many in zip(self.peers, others[::2], others[1::2]):
            whole = few + (many - few) * (PATHS - FEW) / (MANY - FEW)
            print(f"{name}: {whole:.1f} CPU s (from {FEW:,} and {MANY:,} paths), {whole / own:.1f} times riptide's")

    def variants_row(self):
        names = ("calm", "quantiles", "stressed", "full")
        calm, *others = self.medians([self.command(self.folder / f"{name}.yaml") for name in names])
        for name, cost in zip(names[1:], others):
            print(f"{name}: {cost:.3f} CPU s, {cost / calm:.2f} times calm ({calm:.3f})")

    def fixed_row(self):
        one, = self.medians([self.command(self.folder / "calm.yaml", 1)])
        print(f"fixed: {one:.3f} CPU s for one path")

    def threads_row(self):
        calm = self.folder / "calm.yaml"
        one, two = self.medians([self.command(calm, 320000, n) for n in (1, 2)], "wall")
        print(f"threads: {one:.2f} s of wall time on one, {two:.2f} on two, {one / two:.2f} times as fast")

    def slope(self, config, few, many):
        """Seconds a path, without the fixed cost."""
        low, high = self.medians([self.command(config, n) for n in (few, many)])
        return (high - low) / (many - few)

    def options_row(self):
        """Portfolio margin of 8 positions, none of them and 4 of them options."""
        linear = self.slope(self.folder / "linear.yaml", PATHS // 2, 4 * PATHS)
        options = self.slope(self.folder / "options.yaml", PATHS // 10, PATHS)
        print(f"options: {1e6 * linear:.1f} ns per path and portfolio without, {1e6 * options:.1f} with: "
              f"{options / linear:.1f} times (at most 25)")

    def growth_row(self):
        def slope(folder, few, many):
            return self.slope(folder / "calm.yaml", few, many)

        base = slope(self.folder, PATHS // 10, PATHS)
        print(f"growth: {1e6 * base:.1f} ns per path and portfolio")
        long = slope(self.folder, PATHS, 10 * PATHS)
        print(f"growth: {long / base:.2f} times per path with ten times the paths")
        for words, each, limit in ((("--portfolios", "50000"), 50, 1.5), (("--steps", "168"), 1, 10),
                                   (("--assets", "64"), 1, 2.5), (("--assets", "256"), 1, 9)):
            folder = self.inputs(self.folder.with_name(f"{self.folder.name}{''.join(words)}"), *words,
                                 "--check-paths", "2")
            few = 2560 if each > 1 else PATHS // 10
            ratio = slope(folder, few, 3 * few) / each / base
            print(f"growth: {ratio:.2f} times with {' '.join(words)[2:]} (at most {limit})")

    def memory_row(self):
        folder = self.inputs(self.folder.with_name(self.folder.name + "--portfolios11000"),
                             "--portfolios", "11000", "--check-paths", "2")
        for config in ("calm", "quantiles"):
            few, many = (Cost(self.command(place / f"{config}.yaml", 6400)).memory for place in (self.folder, folder))
            print(f"memory: {few / 1024:.0f} MiB with 1,000 accounts; {(many - few) / 10000:.1f} KiB an account ({config})")
        calm = self.folder / "calm.yaml"
        at = [Cost(self.command(calm, n)).memory / 1024 for n in (PATHS, 10 * PATHS)]
        print(f"memory: {at[0]:.1f} and {at[1]:.1f} MiB with {PATHS:,} and {10 * PATHS:,} paths")

    def stages_row(self):
        """Thread seconds of every stage, least of the rounds."""
        rows = {}
        for _ in range(self.rounds):
            said = Cost(self.command(self.folder / "calm.yaml", threads=1), RIPTIDE_TIMING="1").said
            for line in said.splitlines()[1:]:
                name, seconds = re.match(r"(\S.*?) {2,}(\d+\.\d+) ", line).groups()
                rows.setdefault(name, []).append(float(seconds))
        for name, seconds in rows.items():
            print(f"stage: {min(seconds):8.4f} s  {name}")

    def instructions_row(self):
        """At the AVX2 level, which valgrind knows, from two numbers of paths."""
        def count(config, paths):
            words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}",
                     *self.command(self.folder / config, paths, 1), "--checkpoint", "1h"]
            return int(re.search(r"Collected : (\d+)", Cost(words, RIPTIDE_SIMD="v3").said).group(1))

        for config in ("calm.yaml", "stressed.yaml"):
            few, many = (count(config, n) for n in (1280, 3840))
            print(f"instructions: {(many - few) / 2560 / 1000:.0f} per path and portfolio, {config}; "
                  f"{(few - (many - few) / 2) / 1e9:.2f} billion at no path")


def main():
    rows = [name[:-4] for name in vars(Bench) if name.endswith("_row")]
    parser = argparse.ArgumentParser(description="see the head of this file")
    parser.add_argument("riptide", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[], metavar="'NAME=COMMAND'")
    parser.add_argument("--only", nargs="+", choices=rows, default=[r for r in rows if r != "instructions"])
    options = parser.parse_args()
    bench = Bench(options)
    for name in options.only:
        getattr(bench, f"{name}_row")()


if __name__ == "__main__":
    main()
