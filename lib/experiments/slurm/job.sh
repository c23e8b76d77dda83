#!/bin/bash
# What runs as one task of a grid on a cluster. To change it, copy this file, and name the copy in HABA_SLURM, or in
# slurm({ template: 'FILE' }). Everything in double braces is filled in when a grid is submitted; the name of the job, its array,
# its log and what it waits for are given to sbatch on its command line.
#SBATCH --cpus-per-task=1
# A task that is preempted, or whose node is lost, is queued again, and goes on from its checkpoint.
#SBATCH --requeue
#SBATCH --open-mode=append
# Before the time limit it is asked to stop: it keeps what is done, and queues itself again.
#SBATCH --signal=B:TERM@120
{{sbatch}}

{{modules}}

cd {{project}} || {
  echo "The project's folder is not to be had on $(hostname): it must lie where all nodes see it." >&2
  exit 1
}
node={{node}}
[ -x "$node" ] || node=$(command -v node) || {
  echo "There is no Node.js on $(hostname): name a module that has it, or install it where all nodes see it." >&2
  exit 1
}
# In the place of this shell, so that signals come to it once.
exec "$node" --import {{loader}} {{program}} grid work "$1"
