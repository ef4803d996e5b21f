#!/usr/bin/env bash
# From a fresh Debian machine to a result and a page about it, without a question: installs what
# is missing, builds riptide, runs experiments/quickstart.yaml (2,000 generated accounts on
# the market of 2026, three margin modes, 20,000 paths of 72 hours), prints the summary.
#
# Leaves results/quickstart/result.h5 and results/quickstart/report.html; run again, it
# replaces them.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${RIPTIDE_BUILD:-build}
out=results/quickstart

bash experiments/install.sh quickstart

mkdir -p "$out"
log=$out/build.log
echo "building (log: $log)"
[ -f "$build/build.ninja" ] || rm -rf "$build"
if ! {
    if [ ! -f "$build/build.ninja" ]; then
        meson setup "$build" --buildtype=release -Dtests=false
    fi &&
        meson compile -C "$build"
} >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "experiments/quickstart.sh: the build failed, see $log" >&2
    exit 1
fi

echo "running experiments/quickstart.yaml"
"$build/riptide" run experiments/quickstart.yaml -o "$out/result.h5" --force
"$build/riptide" report "$out/result.h5" -o "$out/report.html" --force >/dev/null
echo
echo "result: $out/result.h5"
echo "report: $out/report.html"
