"""The working copy: the first two commands, lock files, sizes, nothing built under version control."""

import json
import re

import pytest

from tests.house.tree import ROOT, read, tracked

LARGEST = 300_000
BUILT = re.compile(
    r"\.(whl|parquet|sqlite3?|duckdb|db|pyc|mo|woff2?|min\.js|min\.css)$|(^|/)(node_modules|built|dist|var|__pycache__)/"
)
LOCKS = ("base", "dev", "bench", "build")


def commands(page):
    """Return the commands of a page's code fences, in order."""
    fences = re.findall(r"^```[a-z]*\n(.*?)^```", page, re.M | re.S)
    return [line.split("#")[0].strip() for fence in fences for line in fence.splitlines() if line.strip()]


def unhashed(lock):
    """Return the requirements of a lock that carry no hash or no exact version."""
    entries = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", lock, flags=re.M).strip())
    return [
        e.split()[0]
        for e in entries
        if e.strip() and not re.search(r"^[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", e, re.S)
    ]


def incomplete(lock):
    """Return the packages of an npm lock without an integrity digest, or with a download address."""
    packages = json.loads(lock)["packages"]
    return [name for name, entry in packages.items() if name and ("integrity" not in entry or "resolved" in entry)]


def test_the_readme_starts_with_the_two_commands():
    assert commands(read("README.md"))[:2] == ["make demo", "make test"]
    assert commands("```sh\nmake test\nmake demo # x\n```\n") == ["make test", "make demo"]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_carry_versions_and_hashes(name):
    lock = read(f"requirements/{name}.txt")
    assert unhashed(lock) == []
    assert len(re.findall("==", lock)) >= 1


def test_every_requirement_stands_in_its_lock():
    for name in LOCKS:
        wanted = {
            re.split(r"[=<>\[]", line)[0] for line in read(f"requirements/{name}.in").split("\n") if line[:1].isalnum()
        }
        locked = {
            re.split(r"[=\[]", line)[0].lower() for line in read(f"requirements/{name}.txt").split("\n") if "==" in line
        }
        assert {w.lower() for w in wanted} <= locked


def test_the_npm_lock_carries_digests_and_no_address():
    assert incomplete(read("package-lock.json")) == []


def test_no_large_and_no_built_file_is_tracked():
    large = [path for path in tracked() if (ROOT / path).stat().st_size > LARGEST]
    built = [path for path in tracked() if BUILT.search(path)]
    assert (large, built) == ([], [])


def test_the_checks_themselves_can_fail():
    digest = "--hash=sha256:" + "0" * 64
    assert unhashed(f"a==1 \\\n    {digest}\nb==2\n") == ["b==2"]
    assert unhashed(f"a==1 \\\n    {digest}\n    # via b\nc>=2 \\\n    {digest}\n") == ["c>=2"]
    assert incomplete(
        '{"packages": {"": {}, "a": {"integrity": "x"}, "b": {}, "c": {"integrity": "x", "resolved": "y"}}}'
    ) == ["b", "c"]
    assert BUILT.search("zhunsheng/web/static/built/site.css") and BUILT.search("a/b.parquet")
    assert not BUILT.search("docs/images/overview.png")
