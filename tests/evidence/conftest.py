"""The foreign judge: a small Go program over Debian's golang.org/x/mod, built once per session."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

GOPATH = Path("/usr/share/gocode")
SOURCE = Path(__file__).parent / "judge" / "judge.go"


@pytest.fixture(scope="session")
def judge(tmp_path_factory):
    """Return a function that runs the judge and returns (accepted, what it said)."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        message = "no Go with x/mod: apt-get install golang-go golang-golang-x-mod-dev"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("judge")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(GOPATH),
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPROXY": "off",
    }
    command = ["go", "build", "-o", str(folder / "judge"), str(SOURCE)]
    subprocess.run(command, env=environment, check=True, timeout=170)

    def run(*arguments, text=None):
        done = subprocess.run(
            [str(folder / "judge"), *map(str, arguments)], input=text, capture_output=True, text=True, timeout=60
        )
        return done.returncode == 0, done.stdout if done.returncode == 0 else done.stderr

    return run
