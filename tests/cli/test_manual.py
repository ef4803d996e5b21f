#!/usr/bin/env python3
"""The man page and the completions say what the commands' own help says, and work.

usage: test_manual.py RIPTIDE
"""
import re
import shutil
import subprocess
import sys

from harness import main

OPTION = re.compile(r"^  (--?[a-z-]+)(?: ([A-Z/=]+))? {2,}(.*)$", re.M)


def commands(program):
    words = program.expect(0, "--help").stdout
    return re.findall(r"^  ([a-z]+) +([A-Z]+) +(.*)$", words, re.M)


def options(program, command):
    """(name, value, doc) of the options that are in this version, and names of the others."""
    listed = OPTION.findall(program.expect(0, command, "--help").stdout)
    assert listed, f"{command} has no options?"
    return ([o for o in listed if o[2] != "not in this version"],
            [name for name, _, doc in listed if doc == "not in this version"])


def sections(program):
    """The man page by command."""
    page = program.expect(0, "help", "man").stdout
    parts = re.split(r'^\.SS "riptide ([a-z]+) .*"$', page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def plain(roff):
    return roff.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


def test_man_page_has_every_option(program):
    pages = sections(program)
    assert list(pages) == [name for name, _, _ in commands(program)]
    for name, _, doc in commands(program):
        page = plain(pages[name])
        assert doc + "." in page, f"{name}: {doc}"
        shown, later = options(program, name)
        for option, value, said in shown:
            head = f"\\fB{option}\\fR" + (f" \\fI{value}\\fR" if value else "")
            assert f".TP\n{head}\n{said}\n" in page, f"{name} {option}"
        assert not [option for option in later if f"\\fB{option}\\fR" in page]


def test_man_page_is_good_troff(program):
    if not shutil.which("groff"):
        return
    page = program.expect(0, "help", "man").stdout
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


def complete(program, *words):
    """What bash offers after these words."""
    script = program.write("riptide.bash", program.expect(0, "help", "bash").stdout)
    line = " ".join(f"'{word}'" for word in ("riptide", *words))
    done = subprocess.run(
        ["bash", "-c", f"set -eu; source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words)}\n"
         "_riptide || true; printf '%s\\n' \"${COMPREPLY[@]}\""],
        capture_output=True, text=True, cwd=program.folder)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return set(done.stdout.split())


def test_bash_completes_commands_and_options(program):
    names = {name for name, _, _ in commands(program)}
    assert complete(program, "") == names | {"help", "--version", "--help"}
    assert complete(program, "r") == {name for name in names if name.startswith("r")}
    assert names | {"config", "man", "bash", "zsh"} == complete(program, "help", "")
    for name in names:
        shown, _ = options(program, name)
        assert complete(program, name, "-") == {option for option, _, _ in shown}, name


def test_bash_completes_values_and_files(program):
    for name in ("a.yaml", "b.h5", "c.txt"):
        program.write(name, "")
    (program.folder / "folder").mkdir(exist_ok=True)
    assert complete(program, "run", "--progress", "") == {"auto", "bar", "plain", "none"}
    assert complete(program, "margin", "--mode", "c") == {"cross"}
    assert complete(program, "run", "") == {"a.yaml", "folder"}
    assert complete(program, "summary", "") == {"b.h5", "folder"}
    assert complete(program, "sweep", "-o", "") == {"folder"}
    assert complete(program, "run", "-j", "") == set()
    assert {"a.yaml", "b.h5", "c.txt"} <= complete(program, "report", "-o", "")


def test_zsh_names_every_option(program):
    script = program.expect(0, "help", "zsh").stdout
    assert script.startswith("#compdef riptide\n")
    for name, operand, _ in commands(program):
        part = script[script.index(f"\n    {name})\n"):]
        part = part[:part.index(";;")]
        shown, later = options(program, name)
        assert re.findall(r"'\*?(--?[a-z-]+)\[", part) == [option for option, _, _ in shown], name
        assert f":{operand}:" in part
    if shutil.which("zsh"):
        path = program.write("_riptide", script)
        done = subprocess.run(["zsh", "-n", path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    sys.exit(main(globals()))
