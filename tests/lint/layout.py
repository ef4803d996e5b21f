#!/usr/bin/env python3
"""Checks the rules of the source tree that a compiler cannot check.

usage: layout.py ROOT LIBRARY.a...

Each check is a named test (`ok`/`not ok` lines): floors, where OpenMP and HDF5 appear,
exported names, libm symbols, lengths of files and functions, header guards, paths of a
machine, and notes to be done that name no issue.
"""
import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])
LIBRARIES = sys.argv[2:]

FILE_LINES = 500
FUNCTION_LINES = 60

# libm functions whose bits are the same everywhere: IEEE 754 demands a correctly rounded
# (or exact) result, or they only move bits.
EXACT_LIBM = {
    "sqrt", "fabs", "floor", "ceil", "trunc", "rint", "nearbyint", "round", "fmax", "fmin",
    "copysign", "ldexp", "scalbn", "frexp", "modf", "lround", "llround", "lrint", "llrint",
    "fma", "remainder", "fmod", "nextafter", "ilogb", "logb",
}
# Any other libm function is refused, except in these objects. Each has its reason.
LIBM_ALLOWED = {
    "random_gsl": "run.draws: gsl is the independent reference and promises no bits",
    "market_gsl": "run.draws: gsl is the independent reference and promises no bits",
}
# GSL functions that call libm inside; refused outside the same objects.
GSL_LIBM = re.compile(r"^gsl_((ran|cdf|sf|complex|pow)_|log1p|expm1|hypot|a(co|si|ta)nh)")

problems = {}


def report(check, text):
    problems.setdefault(check, []).append(text)


def tracked(*patterns):
    """Files under version control, or to be, that match; build folders are never among them."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "--", *patterns],
        capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def module(path):
    """`margin/tiers` of include/riptide/margin/tiers.h and of src/margin/tiers.c."""
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    return re.sub(r"^(include/riptide|src)/", "", name)


def read_floors(headers):
    floors = {}
    for path in headers:
        found = re.search(r"floor (\d+(?:\.\d+)?)", path.read_text()[:600])
        if found:
            whole, _, part = found[1].partition(".")
            floors[module(path)] = (int(whole), int(part or 0))
        else:
            report("floors", f"{module(path)}.h states no floor in its first lines")
    return floors


def own_header(name, floors):
    """The header whose floor a source file stands on: its own, or its folder's shared one."""
    while name not in floors and "_" in name:
        name = name.rpartition("_")[0]
    if name in floors:
        return name
    folder = name.partition("/")[0]
    return f"{folder}/{folder}" if f"{folder}/{folder}" in floors else None


def check_floors(headers, sources, floors):
    for path in headers + sources:
        name = module(path)
        own = own_header(name, floors)
        if own is None:
            folder = [f for m, f in floors.items() if m.startswith(name.split("/")[0] + "/")]
            floor = max(folder, default=(99, 0))
        else:
            floor = floors[own]
        for other in re.findall(r'^#include "riptide/(.+?)\.h"', path.read_text(), re.M):
            if other in (name, own, "base/status"):
                continue
            if other not in floors:
                report("floors", f"{path.relative_to(ROOT)} includes {other}.h, which has no floor")
            # Headers stand strictly on lower floors, so there is no circle; a source may
            # also use its neighbours of the same whole floor.
            elif (floors[other] >= floor if path.suffix == ".h" else
                  floors[other][0] > floor[0]):
                report("floors", f"{path.relative_to(ROOT)} (floor {floor[0]}.{floor[1]}) includes "
                                 f"{other}.h (floor {floors[other][0]}.{floors[other][1]})")


def check_places(files):
    for path in files:
        name = module(path)
        text = path.read_text()
        if not name.startswith("engine/"):
            if re.search(r"^\s*#\s*pragma omp (?!simd|declare simd)", text, re.M) or "<omp.h>" in text:
                report("OpenMP only in src/engine", name)
        if "<hdf5" in text and not path.match("src/io/*.c"):
            report("HDF5 only in src/io", path.relative_to(ROOT).as_posix())
        if re.search(r"reduction\s*\(\s*[+*-]", text):
            report("no floating-point reduction", name)


def object_stem(member):
    """`margin_tiers` of the archive member src_margin_tiers.c.o, lane suffixes removed."""
    found = re.search(r"(?:^|[/_])src_(\w+)\.c\.o", member) or re.search(r"(\w+)\.c\.o", member)
    return found[1] if found else member


def check_symbols():
    folders = "base|random|numerics|market|account|margin|engine|io|cli|calibrate|sweep"
    for library in LIBRARIES:
        listing = subprocess.run(["nm", "-A", "-g", library], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            fields = line.split()
            if len(fields) < 2:
                continue
            kind, symbol = fields[-2], fields[-1].partition("@")[0]
            member = re.sub(r":[0-9a-fA-F]*$", "", fields[0].rstrip(":"))
            stem = re.sub(rf"^.*?(?=(?:{folders})_)", "", object_stem(member.split(":")[-1]), count=1)
            if kind == "U":
                check_undefined(stem, symbol)
            elif kind in "TDBRVW" and not symbol.startswith((".", "__")):
                check_exported(stem.removeprefix("base_"), symbol)


def check_undefined(stem, symbol):
    if any(stem.startswith(allowed) for allowed in LIBM_ALLOWED):
        return
    if symbol in LIBM_NAMES and symbol not in EXACT_LIBM:
        report("libm only where its bits do not matter", f"src/{stem}: {symbol}")
    if GSL_LIBM.match(symbol):
        report("libm only where its bits do not matter", f"src/{stem}: {symbol}")


def check_exported(stem, symbol):
    """A name begins with its path, or its folder's headers declare it as rip_...

    A module may be split into files (x.c, x_part.c); both export what x.h declares."""
    symbol = re.sub(r"_(baseline|v3|v4)$", "", symbol)  # the SIMD level of a kernel
    parts = stem.split("_")
    prefixes = ["rip_" + "_".join(parts[:n]) for n in range(1, len(parts) + 1)]
    if any(symbol == p or symbol.startswith(p + "_") for p in prefixes):
        return
    folder = "base" if not (ROOT / "include/riptide" / parts[0]).is_dir() else parts[0]
    if not (symbol.startswith("rip_") and symbol in declared_in(folder)):
        report("exported names follow the path", f"src/{stem}.c exports {symbol}")


@functools.lru_cache(maxsize=None)
def declared_in(folder):
    """Words of the headers of a folder, public or beside the sources."""
    paths = [*(ROOT / "include/riptide" / folder).glob("*.h"), *(ROOT / "src" / folder).glob("*.h")]
    return set(re.findall(r"\brip_\w+", "".join(path.read_text() for path in paths)))


def libm_names():
    """Functions of libm without their finite-math and vector variants."""
    base = ("acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 exp10 "
            "hypot lgamma log log10 log1p log2 pow sin sincos sinh tan tanh tgamma j0 j1 jn y0 y1 "
            "yn fdim drem gamma significand pow10").split()
    exact = list(EXACT_LIBM)
    return {name + suffix for name in base + exact for suffix in ("", "f", "l")} - {"f", "l"}


LIBM_NAMES = libm_names()


def check_lengths(files):
    for path in files:
        lines = path.read_text().splitlines()
        where = path.relative_to(ROOT).as_posix()
        if len(lines) > FILE_LINES:
            report(f"files of at most {FILE_LINES} lines", f"{where}: {len(lines)}")
        if path.suffix not in (".c", ".h"):
            continue
        begin = None
        for number, line in enumerate(lines):
            # The formatter puts a function's braces, and only those, in column one.
            if line == "{":
                begin = number
            elif line.startswith("}") and begin is not None:
                length = number - begin + 1
                if length > FUNCTION_LINES:
                    name = re.search(r"(\w+)\s*\(", "\n".join(lines[max(0, begin - 6):begin]))
                    report(f"functions of at most {FUNCTION_LINES} lines",
                           f"{where}:{begin + 1}: {name[1] if name else '?'} has {length}")
                begin = None


def check_guards(headers):
    for path in headers:
        guard = "RIP_" + module(path).upper().replace("/", "_") + "_H"
        if f"#ifndef {guard}\n#define {guard}\n" not in path.read_text():
            report("header guards follow the path", f"{module(path)}.h wants {guard}")


def check_words(files):
    own = pathlib.Path(__file__).resolve()
    home = re.compile(r"/(?:home|work|root|Users|tmp/b-)[/\w]")
    for path in files:
        if path.resolve() == own or path.suffix in (".png", ".svg"):
            continue
        text = path.read_text(errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            if home.search(line):
                report("no path of a machine", where)
            if re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))", line):
                report("notes to be done name an issue", where)


CHECKS = ["floors", "OpenMP only in src/engine", "HDF5 only in src/io",
          "no floating-point reduction", "exported names follow the path",
          "libm only where its bits do not matter", f"files of at most {FILE_LINES} lines",
          f"functions of at most {FUNCTION_LINES} lines", "header guards follow the path",
          "no path of a machine", "notes to be done name an issue"]


def main():
    headers = tracked("include/riptide/**.h", "include/riptide/*.h")
    sources = tracked("src/**.c", "src/**.h")
    code = headers + sources + tracked("tests/**.c", "tests/**.h", "*.py", "*.sh")
    floors = read_floors(headers)
    check_floors(headers, sources, floors)
    check_places(headers + sources)
    check_symbols()
    check_lengths(code)
    check_guards(headers)
    check_words(tracked("."))
    for check in CHECKS:
        found = sorted(set(problems.get(check, [])))
        print(f"{'not ok' if found else 'ok'} {check}")
        for text in found:
            print(f"    {text}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
