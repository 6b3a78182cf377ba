#!/usr/bin/env bash
# The tests that need Apache Spark, in the environment of their own. Without Java they are left out, and that is said.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null; then
  say '没有 Java，跳过 Spark 测试 · no Java: the Spark tests are left out'
  say '安装命令 · install with: apt-get install openjdk-17-jre-headless'
  exit 0
fi
tools/env.sh spark
# the code of these many small questions is compiled once and hardly run: the quick compiler alone halves the time
export JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 ${JDK_JAVA_OPTIONS:-}"
exec .venv-spark/bin/python -m pytest -m spark tests/engines
