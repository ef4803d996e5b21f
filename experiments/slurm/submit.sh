#!/usr/bin/env bash
# Submits a sweep, or one run cut into shards, to Slurm: a job array and a merge that
# depends on it. Prints the job ids and returns. Run again it submits only what is
# missing and not in the queue.
#
# usage: experiments/slurm/submit.sh CONFIG OUTDIR [--shards N] [-- SBATCH OPTIONS]
#
#   experiments/slurm/submit.sh sweep.yaml /scratch/me/sweep -- --time=60 --cpus-per-task=4
#   experiments/slurm/submit.sh run.yaml /scratch/me/run --shards 64 -- --partition=long
#
# Points are OUTDIR/point-K.h5, shards OUTDIR/shard-I.h5, the merged file is
# OUTDIR/sweep.h5 or OUTDIR/result.h5, logs are in OUTDIR/log. The program is $RIPTIDE,
# else riptide on PATH, else build/riptide of this checkout; the nodes must see it,
# CONFIG and OUTDIR under the same names. One task of one CPU a job unless SBATCH OPTIONS
# say more; threads follow the allocation. $RIPTIDE_MAX_RESTARTS (1000) bounds how often a
# job that runs into its time limit goes back into the queue.
set -euo pipefail
usage="usage: submit.sh CONFIG OUTDIR [--shards N] [-- SBATCH OPTIONS]"
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=experiments/slurm/common.sh
. "$here/common.sh"

read_arguments "$@"
command -v sbatch >/dev/null || fail "no sbatch on this machine (experiments/local/submit.sh needs no Slurm)"
find_riptide
make_folder
plan
claim_folder
check_results

# Jobs of this folder go by a name of their own, with the offset of their array.
name=riptide-$(printf '%s' "$out" | cksum | cut -d' ' -f1)

# Array ids of jobs of this folder that are in the queue, and the points they are.
queued_jobs=()
declare -A queued=()
while read -r job_name array task; do
    case $job_name in
    "$name"-merge) queued_merge=$array ;;
    "$name"-*)
        queued[$((task + ${job_name##*-}))]=1
        [[ " ${queued_jobs[*]} " = *" $array "* ]] || queued_jobs+=("$array")
        ;;
    esac
done < <(squeue --noheader --array --user "$(id -un)" --format '%j %F %K')

# Numbers from stdin, one a line and rising, as the ranges of --array.
ranges() {
    awk 'NR > 1 && $1 == last + 1 { last = $1; next }
         NR > 1 { printf "%s%s", sep, first == last ? first : first "-" last; sep = "," }
         { first = last = $1 }
         END { if (NR) printf "%s%s\n", sep, first == last ? first : first "-" last }'
}

# submit OFFSET RANGES: an array whose task numbers begin at OFFSET.
submit() {
    local log=$out/log/$kind-%a.log
    [ "$1" -eq 0 ] || log=$out/log/$kind-$1+%a.log
    sbatch --parsable --job-name="$name-$1" --array="$2" --output="$log" \
        "${options[@]}" "$here/attempt.sh" "$riptide" "$config" "$out" "$kind" "$count" "$1" | cut -d';' -f1
}

todo=()
for k in $(missing); do
    [ -n "${queued[$k]:-}" ] || todo+=("$k")
done
# Task numbers of an array stay below this; what is beyond goes into further arrays.
most=$(scontrol show config | awk '$1 == "MaxArraySize" { print $3 }')
most=${most:-1001}
jobs=("${queued_jobs[@]}")
for ((offset = 0; offset < count; offset += most)); do
    tasks=$(printf '%s\n' "${todo[@]}" |
        awk -v first="$offset" -v most="$most" '$1 != "" && $1 >= first && $1 < first + most { print $1 - first }' |
        ranges)
    [ -n "$tasks" ] || continue
    jobs+=("$(submit "$offset" "$tasks")")
    echo "${kind}s: job ${jobs[-1]}, array $tasks$([ "$offset" -eq 0 ] || echo " from $offset"), logs $out/log/$kind-K.log"
done
[ ${#queued[@]} -eq 0 ] || echo "${kind}s: ${#queued[@]} in the queue already, jobs ${queued_jobs[*]}"

if [ ${#jobs[@]} -eq 0 ] && [ -f "$merged" ]; then
    echo "nothing to do: all $count ${kind}s and $merged are there"
    exit 0
fi
# A merge that waits for an earlier array only would come too soon.
[ -z "${queued_merge:-}" ] || scancel "$queued_merge"
dependency=()
[ ${#jobs[@]} -eq 0 ] || dependency=(--dependency="afterany$(printf ':%s' "${jobs[@]}")")
merge=$(sbatch --parsable --job-name="$name-merge" --output="$out/log/merge.log" "${options[@]}" \
    --cpus-per-task=1 "${dependency[@]}" "$here/merge.sh" "$riptide" "$out" "$kind" "$count" "$merged" | cut -d';' -f1)
echo "merge: job $merge, writes $merged, log $out/log/merge.log"
