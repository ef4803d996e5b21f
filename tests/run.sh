#!/usr/bin/env bash
# Builds everything and runs every test of the default run; installs what is needed first.
#
# usage: tests/run.sh          release build by gcc with all unit, lint, golden and command-
#                              line tests; clang build and comparison of bits; unit tests under
#                              ASan and UBSan; the report and a notebook; job scripts on
#                              a Slurm on loopback. Under 15 minutes on two cores.
#        tests/run.sh --all    adds ThreadSanitizer, valgrind, clang-tidy, the fuzz targets
#                              (60 s each) and the statistical suites.
#
# The last line is `N passed, N failed`; the exit code is 0 only if none failed. Build
# folders are build-test/* ($RIPTIDE_TEST_BUILD puts them elsewhere) and are used again.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

all=false
case "${1:-}" in
'') ;;
--all) all=true ;;
*)
    echo "usage: tests/run.sh [--all]" >&2
    exit 2
    ;;
esac

export PYTHON=${PYTHON:-/usr/bin/python3}
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
# The lints list files with git, which by itself refuses a checkout of another user.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
root=${RIPTIDE_TEST_BUILD:-build-test}
mkdir -p "$root"
root=$(cd "$root" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
counts=$work/counts
: >"$counts"
started=$SECONDS
stage_started=$SECONDS

# A header for what follows, with the time the whole run has taken so far.
stage() {
    stage_started=$SECONDS
    printf '\n== %s (at %d s)\n' "$1" "$((SECONDS - started))"
}

# One named test whose result is a command's exit code; its output is shown if it fails.
named() {
    local name=$1
    shift
    if "$@" >"$work/named.log" 2>&1; then
        echo "  good: $name ($((SECONDS - stage_started)) s)"
        echo "1 0" >>"$counts"
    else
        echo "  FAILED: $name"
        tail -n 80 "$work/named.log" | sed 's/^/    | /'
        echo "0 1" >>"$counts"
        return 1
    fi
}

# build FOLDER COMPILER [MESON OPTIONS]: configures once, then compiles.
build() {
    local folder=$root/$1 compiler=$2
    shift 2
    if [ ! -f "$folder/build.ninja" ]; then
        rm -rf "$folder"
        CC=$compiler meson setup "$folder" "$@" || return 1
    fi
    ninja -C "$folder"
}

# suites FOLDER ARGUMENTS: runs meson's tests and counts the tests inside the programs.
suites() {
    local folder=$root/$1
    shift
    # A log of an earlier run would be counted for one that runs no test.
    rm -f "$folder/meson-logs/testlog.json"
    meson test -C "$folder" --no-rebuild "$@" >"$work/meson.log" 2>&1
    if [ ! -s "$folder/meson-logs/testlog.json" ]; then
        tail -n 40 "$work/meson.log" | sed 's/^/    | /'
        echo "0 1" >>"$counts"
        return
    fi
    "$PYTHON" tests/summarise.py --meson "$folder" --append "$counts"
    echo "  took $((SECONDS - stage_started)) s"
}

# program LABEL COMMAND: a program of our own that prints `ok` and `not ok` lines.
program() {
    local label=$1 log=$work/program.log
    shift
    if ! "$@" >"$log" 2>&1 && ! grep -q '^not ok' "$log"; then
        echo "not ok $label ended with an error" >>"$log"
    fi
    grep -q '^\(not \)\?ok ' "$log" || echo "not ok $label ran no test" >>"$log"
    "$PYTHON" tests/summarise.py --log "$log" --append "$counts"
    echo "  took $((SECONDS - stage_started)) s"
}

finish() {
    printf '\n== total (%d s)\n' "$((SECONDS - started))"
    "$PYTHON" tests/summarise.py --total "$counts"
    exit $?
}

stage "packages"
bash experiments/install.sh "$($all && echo all || echo tests)" || exit 1

stage "release build by gcc, all warnings are errors"
named "gcc build" build gcc gcc -Dwerror=true || finish
stage "unit, lint, golden and command-line tests"
suites gcc
riptide=$root/gcc/riptide

stage "losses path by path against a plain twin of the rules"
program twin "$PYTHON" tests/cli/twin.py "$riptide"

stage "published figures, and random accounts, against plain twins of the margin rules"
program twins "$PYTHON" tests/reference/self_check.py
program vectors "$PYTHON" tests/vectors/run.py "$riptide"
program compare "$PYTHON" tests/reference/compare.py "$riptide" 6

stage "release build by clang"
if named "clang build" build clang clang-14 -Dwerror=true; then
    stage "the same bits by threads, SIMD level, compiler and libm"
    program same_bits "$PYTHON" tests/cli/same_bits.py "$riptide" "$root/clang/riptide"
fi

stage "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer (gcc)"
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
named "sanitized build" build asan gcc -Db_sanitize=address,undefined \
    -Dbuildtype=debugoptimized -Dchecks=true &&
    suites asan --suite unit -t 4

stage "reading a result with xarray; the examples run"
program pages "$PYTHON" tests/cli/pages.py "$riptide"

stage "job scripts on a Slurm of their own"
program slurm "$PYTHON" tests/slurm/test_slurm.py "$riptide" $($all && echo --all)

stage "faults: what the system refuses, damaged files"
for script in tests/faults/test_*.py; do
    program "$(basename "$script")" "$PYTHON" "$script" "$riptide" $($all && echo --all)
done

if $all; then
    # shellcheck source=tests/run_long.sh
    . tests/run_long.sh
fi
finish
