"""The foreign judge: a small Go program over Debian's golang.org/x/mod, built once per session."""

import os

import pytest

from tests.evidence import judging


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    """Return a function that runs the judge and returns (accepted, what it said)."""
    if not judging.present():
        if os.environ.get("CI"):
            pytest.fail(judging.ABSENT)
        pytest.skip(judging.ABSENT)
    return judging.built(tmp_path_factory.mktemp("judge"))
