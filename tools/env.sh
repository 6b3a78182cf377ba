#!/usr/bin/env bash
# Makes .venv from a lock: tools/env.sh base|dev|bench. Does nothing when the lock is already installed.
# tools/env.sh spark makes .venv-spark instead and leaves .venv alone.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kind=${1:-base}
venv=.venv
[ "$kind" = spark ] && venv=.venv-spark
lock=requirements/$kind.txt
digest=$(fingerprint "$lock" requirements/build.txt pyproject.toml)

stamp() { printf '%s/.stamp-%s' "$venv" "$1"; }

current() {
  fresh "$(stamp "$kind")" "$digest" && return 0
  [ "$kind" = base ] && fresh "$(stamp dev)" "$(fingerprint requirements/dev.txt requirements/build.txt pyproject.toml)"
}

find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
      command -v "$name" && return 0
    fi
  done
  fail '没有找到 Python 3.11（或 3.12、3.13）。请先安装，例如 apt-get install python3.11 python3.11-venv。' \
    'Python 3.11 (or 3.12, 3.13) was not found. Install it first, for example: apt-get install python3.11 python3.11-venv.'
}

# uv from the path, else from a private environment, else through pipx or pip: never from a script off the web.
find_uv() {
  command -v uv && return 0
  [ -x .venv-uv/bin/uv ] && printf '%s\n' .venv-uv/bin/uv && return 0
  say "uv 未安装，正在装入 .venv-uv · uv is absent: installing it into .venv-uv"
  if "$python" -m venv .venv-uv >/dev/null 2>&1 && .venv-uv/bin/python -m pip install --quiet uv >&2; then
    printf '%s\n' .venv-uv/bin/uv && return 0
  fi
  rm -rf .venv-uv
  if command -v pipx >/dev/null && pipx install --quiet uv >&2; then
    printf '%s\n' "$(pipx environment --value PIPX_BIN_DIR)/uv" && return 0
  fi
  if "$python" -m pip install --quiet --user uv >&2; then
    printf '%s\n' "$("$python" -m site --user-base)/bin/uv" && return 0
  fi
  fail '无法安装 uv。请先执行 apt-get install python3-venv 或 pip install uv，再试一次。' \
    'uv could not be installed. Run apt-get install python3-venv, or pip install uv, then try again.'
}

command -v git >/dev/null || fail '没有找到 git。请先安装，例如 apt-get install git。' 'git was not found. Install it first, for example: apt-get install git.'
current && exit 0
python=$(find_python)
uv=$(find_uv)
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=${UV_LINK_MODE:-hardlink}
if [ ! -x "$venv/bin/python" ]; then
  "$uv" venv --quiet --python "$python" "$venv"
fi
say "正在按锁定文件安装 $lock · installing from the lock $lock"
"$uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --build-constraints requirements/build.txt -e .
printf '%s\n' "$digest" >"$(stamp "$kind")"
