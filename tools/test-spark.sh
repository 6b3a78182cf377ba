#!/usr/bin/env bash
# The tests that need Apache Spark, in the environment of their own. Without Java a developer is told that they are left
# out; on a build server that is a failure.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if ! command -v "$java" >/dev/null; then
  say '没有 Java，跳过 Spark 测试 · no Java: the Spark tests are left out'
  say '安装命令 · install with: apt-get install openjdk-17-jre-headless'
  [ -z "${CI:-}" ]
  exit
fi
tools/env.sh spark
# many small questions: their plans are compiled once and hardly run, so the quick compiler does, with room for its code;
# and one thread that collects rubbish takes no core from the tests beside
export JDK_JAVA_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m ${JDK_JAVA_OPTIONS:-}"
export SPARK_CONF_DIR=$PWD/tests/engines/spark-conf
exec .venv-spark/bin/python -m pytest -m spark tests/engines "$@"
