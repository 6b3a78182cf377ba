"""Building and asking the foreign judge: a small Go program over Debian's golang.org/x/mod."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

GOPATH = Path("/usr/share/gocode")
SOURCE = Path(__file__).parent / "judge" / "judge.go"
ABSENT = "no Go with x/mod: apt-get install golang-go golang-golang-x-mod-dev"


def present() -> bool:
    """Whether Go and x/mod are installed."""
    return shutil.which("go") is not None and (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir()


def built(folder: Path):
    """Build the judge; return a function that runs it and returns (accepted, what it said)."""
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


def asked(run, folder: Path):
    """Return a function that puts proof, record and policy before the judge and returns whether it accepts them."""
    paths = [folder / name for name in ("judged.tlog-proof", "judged.record", "judged.policy")]

    def accepts(*parts: bytes) -> bool:
        for path, content in zip(paths, parts, strict=True):
            path.write_bytes(content)
        return run(*paths)[0]

    return accepts
