#!/usr/bin/env bash
# Begin a search, or go on with the one that the folder STORAGE holds: whatever restarts a job runs the same line again.
#
#   search.sh SPEC STORAGE [OPTION OF fit search]…
set -euo pipefail

spec=$1 storage=$2
shift 2
resume=()
if [[ -n $(ls -A "$storage" 2>/dev/null) ]]; then
  resume=(--resume)
fi
exec fit search "$spec" --address auto --storage "$storage" "${resume[@]}" "$@"
