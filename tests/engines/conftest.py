"""One Spark for all of these tests: starting it takes longer than any of them."""

from __future__ import annotations

import pytest

from zhunsheng.engines import spark


@pytest.fixture(scope="session")
def away():
    pytest.importorskip("pyspark", reason="pyspark has an environment of its own: make test-spark")
    if spark.java() is None:
        pytest.skip("Spark needs Java 17: apt-get install openjdk-17-jre-headless")
    with spark.opened(spark.Where()) as session:
        yield session
