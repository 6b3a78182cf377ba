#!/usr/bin/env bash
# Every test. Those of Spark, which wait for much, run beside the main ones, which wait for much as well: for processes,
# browsers and clocks. What they said is told at the end.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
told=$(mktemp)
tools/test-spark.sh -k 'not (connect or county or group_visits or cloned_charges or shared_contact)' >"$told" 2>&1 &
spark=$!
trap 'kill "$spark" 2>/dev/null || true; rm -f "$told"' EXIT
.venv/bin/python -m pytest -n "${WORKERS:-2}" --dist loadfile --no-loadscope-reorder
say 'PostgreSQL'
tools/test-postgres.sh
say 'Spark'
wait "$spark" && failed=0 || failed=$?
cat "$told"
exit "$failed"
