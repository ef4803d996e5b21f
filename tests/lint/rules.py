#!/usr/bin/env python3
"""Every numbered rule that this version implements is named in a test.

usage: rules.py ROOT
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])

RULES = ([f"DEF-{n}" for n in range(1, 6)] + [f"INS-{n}" for n in range(1, 4)]
         + [f"MAR-{n}" for n in range(1, 9)] + [f"LIQ-{n}" for n in range(1, 9)])

# Rules outside this version. A rule that a test names has no place here.
LATER = {
    "INS-2": "options are refused by name",
    "MAR-2": "size scaling of margin rates is refused by name",
    "LIQ-1": "partial liquidations are refused by name; the size `full` is tested under LIQ-3",
    "LIQ-2": "with full liquidation every position is closed, in position order",
    "LIQ-7": "rankings act in coupled runs only, which are refused by name",
    "LIQ-8": "coupled runs are refused by name",
}


def named_in_tests():
    named = {}
    own = pathlib.Path(__file__).resolve().parent
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix not in (".c", ".h", ".py") or own in path.resolve().parents:
            continue
        for rule in re.findall(r"\b(?:DEF|INS|MAR|LIQ)-\d+\b", path.read_text()):
            named.setdefault(rule, path.name)
    return named


def main():
    named = named_in_tests()
    bad = False
    for rule in RULES:
        if rule in LATER and rule not in named:
            print(f"# {rule} is outside this version: {LATER[rule]}")
            continue
        good = rule in named
        bad |= not good
        print(f"{'ok' if good else 'not ok'} {rule} is named in a test"
              + (f" ({named[rule]})" if good else ""))
    for rule in sorted(set(named) - set(RULES)):
        bad = True
        print(f"not ok {rule} in {named[rule]} is not a rule")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
