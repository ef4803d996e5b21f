#!/usr/bin/env bash
# Runs a sweep, or one run cut into shards, on this machine by GNU parallel, then merges:
# what experiments/slurm/submit.sh does with Slurm, in the same folder layout. Run again
# it does only what is missing; what was interrupted goes on from its checkpoint.
#
# usage: experiments/local/submit.sh CONFIG OUTDIR [--shards N] [-- PARALLEL OPTIONS]
#
#   experiments/local/submit.sh sweep.yaml results/sweep
#   experiments/local/submit.sh sweep.yaml results/sweep -- --jobs 4
#
# One thread a job, as many jobs as CPUs; $RIPTIDE_THREADS gives each job more. Returns
# when all is done, with the program's exit code of the merge.
set -euo pipefail
usage="usage: submit.sh CONFIG OUTDIR [--shards N] [-- PARALLEL OPTIONS]"
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=experiments/slurm/common.sh
. "$here/../slurm/common.sh"

read_arguments "$@"
command -v parallel >/dev/null || fail "no GNU parallel on this machine (Debian: apt-get install parallel)"
find_riptide
make_folder
plan
claim_folder
check_results
export riptide config out kind count
export threads=${RIPTIDE_THREADS:-1}

attempt() {
    local k=$1 run
    if [ "$kind" = point ]; then
        run=(sweep "$config" --point "$k" -o "$out")
    else
        run=(run "$config" --shard "$k/$count" -o "$out/shard-$k.h5")
    fi
    exec "$riptide" "${run[@]}" --resume -j "$threads" --progress plain -q >>"$out/log/$kind-$k.log" 2>&1
}
export -f attempt

todo=$(missing)
if [ -z "$todo" ] && [ -f "$merged" ]; then
    echo "nothing to do: all $count ${kind}s and $merged are there"
    exit 0
fi
if [ -n "$todo" ]; then
    echo "${kind}s: $(wc -l <<<"$todo") of $count to do, logs $out/log/$kind-K.log"
    SHELL=$(command -v bash) parallel --will-cite --jobs "$(nproc)" --joblog "$out/log/jobs" \
        --termseq TERM,10000,KILL,25 "${options[@]}" attempt <<<"$todo" || true
    awk -v kind="$kind" -v log_folder="$out/log" \
        'NR > 1 && $7 != 0 { print kind " " $NF ": exit " $7 ", see " log_folder "/" kind "-" $NF ".log" }' \
        "$out/log/jobs" >&2
fi
cd "$out"
files=()
for ((k = 0; k < count; k++)); do
    [ -f "$kind-$k.h5" ] && files+=("$kind-$k.h5")
done
[ ${#files[@]} -gt 0 ] || fail "$out: no $kind is finished, see its log" 4
"$riptide" merge -o "$merged" --force "${files[@]}" 2>&1 | tee -a "$out/log/merge.log"
