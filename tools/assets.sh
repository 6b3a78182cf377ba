#!/usr/bin/env bash
# Builds the static assets with npm when a source, the lock or the result changed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
built=zhunsheng/web/static/built
stamp=node_modules/.stamp
mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- package.json package-lock.json assets | sort)
digest=$(fingerprint "${sources[@]}")

[ -d "$built" ] && fresh "$stamp" "$digest" && exit 0
for command in node npm; do
  command -v "$command" >/dev/null || fail "没有找到 $command。请先安装 Node.js 18 或更新版本，例如 apt-get install nodejs npm。" \
    "$command was not found. Install Node.js 18 or newer first, for example: apt-get install nodejs npm."
done
node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' ||
  fail "Node.js $(node --version) 过旧，需要 18 或更新版本。" "Node.js $(node --version) is too old: 18 or newer is needed."
say '正在构建前端文件 · building the static assets'
npm ci --no-audit --no-fund --loglevel=error >&2
npm run --silent build >&2
printf '%s\n' "$digest" >"$stamp"
