#!/usr/bin/env bash
# One point of a sweep, or one shard of a run: the job of experiments/slurm/submit.sh.
#
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=TERM@120
#
# How an attempt ends:
#   finished            the result has its name; exit 0.
#   time is nearly up   Slurm sends TERM to the step, not to this script (that is
#                       --signal without B:, and why the program runs under srun). It
#                       saves its checkpoint and exits with 75; the job is put back into
#                       the queue and goes on from there.
#   scancel             TERM goes to this script too, which ends it: no requeue. The
#                       checkpoint stays for the next submit.sh.
#   pre-empted, node    Slurm puts the job back by itself (--requeue), with TERM first if
#   lost                the node is alive; from the last checkpoint in any case.
#   a failure           its message is in the log, its exit code is the job's.
#
# usage: sbatch --array=... attempt.sh RIPTIDE CONFIG OUTDIR point|shard COUNT OFFSET
set -u
riptide=$1 config=$2 out=$3 kind=$4 count=$5
k=$((SLURM_ARRAY_TASK_ID + $6))
threads=${SLURM_CPUS_PER_TASK:-1}
restarts=${SLURM_RESTART_COUNT:-0}

echo "$(date -u +%FT%TZ) $kind $k of $count: job ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID," \
    "${SLURMD_NODENAME:-?}, $threads threads, restart $restarts"
if [ "$kind" = point ]; then
    run=(sweep "$config" --point "$k" -o "$out")
else
    run=(run "$config" --shard "$k/$count" -o "$out/shard-$k.h5")
fi
# Since Slurm 22.05 srun does not take over --cpus-per-task by itself.
srun --ntasks=1 --cpus-per-task="$threads" --mpi=none \
    "$riptide" "${run[@]}" --resume -j "$threads" --progress plain -q
code=$?
if [ $code -eq 75 ] && [ "$restarts" -lt "${RIPTIDE_MAX_RESTARTS:-1000}" ]; then
    echo "$(date -u +%FT%TZ) $kind $k: saved, back into the queue"
    scontrol requeue "$SLURM_JOB_ID" && sleep 60
fi
exit $code
