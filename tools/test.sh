#!/usr/bin/env bash
# Every test. Those of Spark, which wait for much, run beside the main ones, which wait for much as well: for processes,
# browsers and clocks. What they said is told at the end. A stage that fails leaves out none of the others.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
told=$(mktemp) spark='' quick='' failed=0
trap 'kill $spark 2>/dev/null || true; rm -rf "$told" ${quick:+"$quick"}' EXIT
# Files of the tests lie in memory where there is plenty: they wait for no disk, and no test cuts the power.
memory=$(awk '/^MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo 0)
room=$(df --output=avail -B 1G /dev/shm 2>/dev/null | tail -n 1 || echo 0)
if [ "$memory" -ge 10 ] && [ "$room" -ge 5 ]; then
  quick=$(mktemp -d /dev/shm/zhunsheng-XXXXXX)
  chmod 711 "$quick" # PostgreSQL runs as a user of its own
  export TMPDIR=$quick
fi
tools/test-spark.sh -k 'not (connect or county or group_visits or cloned_charges or shared_contact)' >"$told" 2>&1 &
spark=$!
.venv/bin/python -m pytest -n "${WORKERS:-2}" --dist loadfile --no-loadscope-reorder || failed=$?
say 'PostgreSQL'
tools/test-postgres.sh || failed=$?
say 'Spark'
wait "$spark" || failed=$?
cat "$told"
exit "$failed"
