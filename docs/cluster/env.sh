# shellcheck shell=bash
# What every shell on every machine sets before `ray start`, `ray job …` and `fit search`: `source env.sh`.

shared=/shared/fit # a folder at this path on every machine

# Whoever reaches a cluster's port can run code on it, unless the cluster asks for a token.
export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH=$shared/ray-token
# Finished stages and kept outputs; what one machine has done, the others take from here.
export FITDSL_STORE=$shared/store
# `ray job stop` then does what Ctrl-C does: the search saves its state and ends.
export RAY_JOB_STOP_SIGNAL=SIGINT
export RAY_JOB_STOP_WAIT_TIME_S=60
