#!/usr/bin/env bash
# The tests of casework, of the scope and of the desk's interface once more, on a PostgreSQL of their own with its row
# security. Without PostgreSQL a developer is told that they are left out; on a build server that is a failure.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
if ! .venv/bin/python -c 'import sys; from tools.with_postgres import programs; sys.exit(programs() is None)'; then
  say '没有 PostgreSQL，跳过其测试 · no PostgreSQL: its tests are left out'
  say '安装命令 · install with: apt-get install postgresql'
  [ -z "${CI:-}" ]
  exit
fi
exec .venv/bin/python -m tools.with_postgres .venv/bin/python -m pytest -n "${WORKERS:-2}" --dist loadfile --no-loadscope-reorder \
  -m 'not any_database' \
  tests/casework tests/web/test_crawl.py tests/web/test_decisions.py tests/web/test_desk_api.py \
  tests/web/test_tips.py "$@"
