#!/usr/bin/env bash
# Merges the points or shards of experiments/slurm/submit.sh. It runs when all have
# ended, however they did: the merge itself knows which results are there and whole,
# and names what is missing.
#
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#
# usage: sbatch merge.sh RIPTIDE OUTDIR point|shard COUNT MERGED
set -u
riptide=$1 out=$2 kind=$3 count=$4 merged=$5

cd "$out" || exit 4
files=()
for ((k = 0; k < count; k++)); do
    [ -f "$kind-$k.h5" ] && files+=("$kind-$k.h5")
done
echo "$(date -u +%FT%TZ) merge of ${#files[@]} of $count ${kind}s: job $SLURM_JOB_ID, ${SLURMD_NODENAME:-?}"
[ ${#files[@]} -gt 0 ] || {
    echo "$out: no $kind is finished, see log/" >&2
    exit 4
}
exec "$riptide" merge -o "$merged" --force "${files[@]}"
