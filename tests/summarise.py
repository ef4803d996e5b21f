#!/usr/bin/env python3
"""Counts tests in what the test programs wrote.

usage: summarise.py [--meson BUILDDIR[:LOGBASE]]... [--log FILE]... [--append COUNTS]
       summarise.py --total COUNTS

A program counts by, in this order: cmocka's closing lines (`[  PASSED  ] 5 test(s).`),
lines that begin with `ok ` or `not ok ` (the named tests of our Python programs), or as
one test by its exit code. A program that fails without a failed test in its output
(a crash, a timeout, a sanitizer's report after the closing lines) adds one failure.

Every failure is shown with the output of its program, each line indented so that a
reader of the whole log counts nothing twice. --append adds the two numbers as a line to
a file; --total adds such lines up, prints `N passed, N failed` and exits 1 unless there
is a passed and no failed test.
"""
import argparse
import json
import pathlib
import re
import sys

CMOCKA = {kind: re.compile(r"^\[\s+" + kind + r"\s+\]\s+(\d+) test\(s\)", re.M)
          for kind in ("PASSED", "FAILED")}
NAMED = {"PASSED": re.compile(r"^ok\b", re.M), "FAILED": re.compile(r"^not ok\b", re.M)}
GOOD = ("OK", "EXPECTEDFAIL")
SHOWN_LINES = 60


def count(text, result):
    """(passed, failed) of one program from its output and meson's word for its exit."""
    if result == "SKIP":
        return 0, 0
    passed = sum(map(int, CMOCKA["PASSED"].findall(text)))
    failed = sum(map(int, CMOCKA["FAILED"].findall(text)))
    if not passed and not failed:
        passed = len(NAMED["PASSED"].findall(text))
        failed = len(NAMED["FAILED"].findall(text))
    if not passed and not failed:
        return (1, 0) if result in GOOD else (0, 1)
    if result not in GOOD and not failed:
        failed = 1
    return passed, failed


def show(name, result, text):
    """Prints what a failed program said: its failed named tests, or its last lines."""
    print(f"  FAILED: {name} ({result})")
    lines, wanted, inside = text.splitlines(), [], False
    for line in lines:
        if NAMED["FAILED"].match(line) or NAMED["PASSED"].match(line):
            inside = line.startswith("not")
        if inside or re.search(r"\[\s+(FAILED|ERROR|LINE)\s+\]|error:", line):
            wanted.append(line)
    for line in (wanted or lines[-SHOWN_LINES:])[:2 * SHOWN_LINES]:
        print("    | " + line)


def programs(args):
    """(name, result, output) of every program in the logs named on the command line."""
    for spec in args.meson:
        build, _, base = spec.partition(":")
        path = pathlib.Path(build) / "meson-logs" / f"{base or 'testlog'}.json"
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            text = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
            yield entry["name"], entry["result"], text
    for path in args.log:
        text = pathlib.Path(path).read_text(errors="replace")
        yield path, "FAIL" if NAMED["FAILED"].search(text) else "OK", text


def total(path):
    passed = failed = 0
    for line in pathlib.Path(path).read_text().splitlines():
        good, bad = map(int, line.split())
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meson", action="append", default=[])
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--append")
    parser.add_argument("--total")
    args = parser.parse_args()
    if args.total:
        return total(args.total)
    passed = failed = 0
    for name, result, text in programs(args):
        good, bad = count(text, result)
        if bad:
            show(name, result, text)
        passed, failed = passed + good, failed + bad
    print(f"  {passed} good, {failed} bad")
    if args.append:
        with open(args.append, "a") as file:
            file.write(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
