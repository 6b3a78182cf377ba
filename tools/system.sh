#!/usr/bin/env bash
# Debian packages that the tests need: a browser, a Chinese font, Java for Spark, PostgreSQL, Mosquitto, Go with x/mod as a foreign judge.
# Installed when root, named otherwise.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
missing=()
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
for face in Sans Serif; do  # pages are set in the one, documents in the other
  [ -n "$(find /usr/share/fonts ~/.local/share/fonts \( -name "Noto$face*CJK*" -o -name "Noto${face}SC*" \) -print -quit 2>/dev/null || true)" ] ||
    { missing+=(fonts-noto-cjk); break; }
done
command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java" >/dev/null || missing+=(openjdk-17-jre-headless)
command -v go >/dev/null || missing+=(golang-go)
[ -d /usr/share/gocode/src/golang.org/x/mod ] || missing+=(golang-golang-x-mod-dev)
[ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null || true)" ] || command -v initdb >/dev/null || missing+=(postgresql)
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "正在安装系统软件包 · installing system packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null
  say '软件包目录已更新 · package lists are current'
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  say "缺少 ${missing[*]}，要用到的测试将跳过 · missing ${missing[*]}: the tests that need them will be skipped"
  say "安装命令 · install with: sudo apt-get install ${missing[*]}"
fi
