"""One Spark for all of these tests: starting it takes longer than any of them."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from zhunsheng.engines import spark


@pytest.fixture(scope="session")
def away():
    pytest.importorskip("pyspark", reason="pyspark has an environment of its own: make test-spark")
    if spark.java() is None:
        pytest.skip("Spark needs Java 17: apt-get install openjdk-17-jre-headless")
    # each part of a question is a task of its own: two show that a result hangs on no order among them
    with patch.dict(spark._LOCAL, {"spark.sql.shuffle.partitions": "2"}), spark.opened(spark.Where()) as session:
        yield session
