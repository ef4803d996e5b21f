#!/usr/bin/env python3
"""The command line itself: help, version, unknown and later names, wrong options.

usage: test_help.py RIPTIDE
"""
import os
import re
import subprocess
import sys

from harness import BASE, HERE, main

COMMANDS = ("run", "check", "margin", "merge", "summary", "report", "sweep")
LATER = ("calibrate", "reverse", "reweight")

# (arguments, exact text on stderr); CONFIG stands for a valid configuration.
REFUSED = [
    ([], "riptide: no command given (see `riptide --help`)"),
    (["rn"], "riptide: rn: unknown command (did you mean run?)"),
    (["margins"], "riptide: margins: unknown command (did you mean margin?)"),
    (["frobnicate"], "riptide: frobnicate: unknown command (see `riptide --help`)"),
    (["--frob"], "riptide: --frob: unknown command (see `riptide --help`)"),
    (["help", "config", "x"], "riptide: help: x: one word too many"),
    (["help", "nothing"], "riptide: nothing: unknown command (see `riptide --help`)"),
    (["run"], "riptide: run: no CONFIG given (see `riptide run --help`)"),
    (["check"], "riptide: check: no CONFIG given (see `riptide check --help`)"),
    (["margin"], "riptide: margin: no CONFIG given (see `riptide margin --help`)"),
    (["run", "a", "b"], "riptide: run: b: one CONFIG too many (there is already a)"),
    (["run", "CONFIG", "--fource"],
     "riptide: run: --fource: unknown option (did you mean --force?)"),
    (["run", "CONFIG", "-x"], "riptide: run: -x: unknown option (see `riptide run --help`)"),
    (["check", "CONFIG", "-o", "x"],
     "riptide: check: -o: unknown option (see `riptide check --help`)\n"
     "riptide: check: x: one CONFIG too many (there is already CONFIG)"),
    (["run", "CONFIG", "-o"], "riptide: run: -o: needs a value (FILE)"),
    (["run", "CONFIG", "--force=yes"], "riptide: run: --force: takes no value"),
    (["run", "CONFIG", "-o", "a", "-o", "b"],
     "riptide: run: -o: given twice (it may be given once)"),
    (["run", "CONFIG", "-j", "0"],
     "riptide: run: -j: 0 is not allowed (a whole number from 1 to 1024)"),
    (["run", "CONFIG", "-j", "2x"],
     "riptide: run: -j: 2x is not allowed (a whole number from 1 to 1024)"),
    (["run", "CONFIG", "-j", "-3"],
     "riptide: run: -j: -3 is not allowed (a whole number from 1 to 1024)"),
    (["run", "CONFIG", "--progress", "fancy"],
     "riptide: run: --progress: fancy is not allowed (auto, bar, plain, none)"),
    (["run", "CONFIG", "--shard", "2/2"], "riptide: run: --shard: 2/2 is not allowed (I/N, part I "
     "from 0 to N - 1 of at most 1000000)"),
    (["run", "CONFIG", "--shard", "1"], "riptide: run: --shard: 1 is not allowed (I/N, part "
     "I from 0 to N - 1 of at most 1000000)"),
    (["run", "CONFIG", "--checkpoint", "10"],
     "riptide: run: --checkpoint: 10 is not allowed (a duration: 500ms, 90s, 15m)"),
    (["margin", "CONFIG", "--mode", "crosss"],
     "riptide: margin: --mode: crosss is not allowed (isolated, cross, portfolio, mixed)"),
    (["margin", "CONFIG", "--account", "bob"],
     "riptide: margin: --account: there is no account bob in CONFIG"),
    (["run", "missing.yaml"], "missing.yaml: No such file or directory"),
]


def test_help_lists_the_commands(program):
    text = program.expect(0, "--help").stdout
    assert program.expect(0, "help").stdout == text
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", text, re.M), command
    assert "75" in text and "128" in text, "the exit codes lack those of a signal"


def test_every_command_has_help(program):
    for command in COMMANDS:
        text = program.expect(0, command, "--help").stdout
        assert text.startswith(f"usage: riptide {command} [OPTIONS] "), text
        assert program.expect(0, "help", command).stdout == text
    text = program.expect(0, "run", "--help").stdout
    for option in ("-o FILE", "-s KEY=VALUE", "-j N", "--force", "--progress", "-q", "75"):
        assert option in text, option
    # Help wins over whatever else is wrong.
    program.expect(0, "run", "--shard", "x", "--help", out="usage: riptide run")


def test_help_is_narrow(program):
    for command in COMMANDS:
        for line in program.expect(0, command, "--help").stdout.splitlines():
            assert len(line) <= 110, line


def test_help_config_is_the_reference(program):
    text = program.expect(0, "help", "config").stdout
    kept = (HERE.parents[1] / "experiments/reference.yaml").read_text()
    assert text == kept, "experiments/reference.yaml is not `riptide help config`"


def test_version(program):
    text = program.expect(0, "--version").stdout
    assert re.match(r"riptide \d+\.\d+\.\d+\n", text), text
    for word in ("revision", "compiler", "GSL", "HDF5", "SIMD"):
        assert word in text, f"{word} is missing in {text}"
    assert "baseline" in program.expect(0, "--version", RIPTIDE_SIMD="baseline").stdout


def test_later_commands_are_refused_by_name(program):
    for command in LATER:
        for rest in ([], ["x.h5"], ["--help"]):
            done = program.expect(2, command, *rest)
            assert done.stderr == f"riptide: {command}: not in this version\n", done.stderr


def test_wrong_command_lines(program):
    config = program.write("CONFIG", BASE)
    for args, text in REFUSED:
        done = program.expect(2, *args)
        assert done.stderr == text + "\n", f"{args} said {done.stderr!r}, want {text!r}"
        assert done.stdout == "", f"{args} printed {done.stdout!r}"
    assert not (program.folder / "result.h5").exists()
    assert config


def test_all_problems_at_once(program):
    program.write("CONFIG", BASE)
    done = program.expect(2, "run", "CONFIG", "-x", "--shart", "--fource")
    assert len(done.stderr.splitlines()) == 3, done.stderr
    done = program.expect(2, "check", "CONFIG", "-s", "run.path=3", "-s", "run.step=5h",
                          "-s", "market.assets.BTC.price=-1")
    assert len(done.stderr.splitlines()) == 3, done.stderr
    assert "did you mean" in done.stderr and "-s run.path" in done.stderr, done.stderr


def test_options_in_any_spelling(program):
    program.write("CONFIG", BASE)
    program.expect(0, "check", "-srun.paths=7", "--", "CONFIG", out="paths: 7")
    program.expect(0, "check", "CONFIG", "-s", "run.paths=8", out="paths: 8")
    program.write("-odd", BASE)
    program.expect(0, "check", "--", "-odd")


def test_closed_pipe_is_silent(program):
    """As of a program that SIGPIPE ended: `riptide help config | head -1`."""
    for words in (["help", "config"], ["--version"]):  # more, and less, than a buffer holds
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([program.path, *words], stdout=write, stderr=subprocess.PIPE, text=True)
        os.close(write)
        assert (done.returncode, done.stderr) == (141, ""), done


def test_full_standard_output_is_an_error(program):
    program.write("CONFIG", BASE)
    with open("/dev/full", "w") as full:
        done = subprocess.run([program.path, "check", "CONFIG"], cwd=program.folder, stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4, done
    assert "standard output: No space left on device" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(main(globals()))
