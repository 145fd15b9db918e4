#!/usr/bin/env bash
# One search on all nodes of a Slurm job. `env.sh` and `search.sh` lie beside it; submit it from there:
#
#   sbatch slurm.sh SPEC STORAGE [OPTION OF fit search]…
#
# Two minutes before its time is up the search stops as after Ctrl-C, and the job is queued again and goes on.
#SBATCH --job-name=fit-search
#SBATCH --output=fit-search-%j.log
#SBATCH --open-mode=append
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --gpus-per-node=4
#SBATCH --mem=0
#SBATCH --exclusive
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --no-kill
set -euo pipefail

# Here goes what makes `fit` and `ray` known: `module load …`, `source /shared/fit/venv/bin/activate`.
# shellcheck source=env.sh
source ./env.sh

# The first address of this node that is not its own loopback; name another network's where there are several.
addresses=$(hostname -I)
host=${addresses%% *}
port=$((20000 + SLURM_JOB_ID % 10000))
export RAY_ADDRESS=$host:$port
# Slurm has not passed this on to `srun` by itself since 22.05.
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

# Slurm ends all of these with the job. `ray stop` and `ray symmetric-run` would also end other jobs' clusters.
ray start --head --node-ip-address="$host" --port="$port" --num-cpus="$SLURM_CPUS_PER_TASK"
workers=$((SLURM_JOB_NUM_NODES - 1))
if ((workers > 0)); then
  srun --nodes="$workers" --ntasks="$workers" --exclude="$SLURMD_NODENAME" --no-kill --kill-on-bad-exit=0 \
    ray start --address="$RAY_ADDRESS" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
fi

is_late=
stop() {
  is_late=1
  kill -INT "$search" || true # it may be over just now
}
trap stop USR1
./search.sh "$@" &
search=$!
code=0
wait "$search" || code=$?
if [[ -z $is_late ]]; then
  exit "$code"
fi
# The signal has ended the first `wait`.
wait "$search" || true
scontrol requeue "$SLURM_JOB_ID"
