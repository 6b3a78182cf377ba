"""One small county for all tests that only read it."""

from __future__ import annotations

import pytest

from tests.generator.county_files import CountyFiles
from tests.generator.points import KNOWLEDGE
from zhunsheng.generator import Summary, generate


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountyFiles, Summary]:
    """Return the files of 20,000 lines over twelve months, and the summary."""
    out = tmp_path_factory.mktemp("county")
    summary = generate(out, lines=20_000, knowledge=KNOWLEDGE)
    return CountyFiles(out), summary


@pytest.fixture(scope="session")
def files(county: tuple[CountyFiles, Summary]) -> CountyFiles:
    """Return the files alone."""
    return county[0]


@pytest.fixture(scope="session")
def summary(county: tuple[CountyFiles, Summary]) -> Summary:
    """Return the summary alone."""
    return county[1]
