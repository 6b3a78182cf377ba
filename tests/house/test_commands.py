"""The table of contents: `make` alone lists every command, and the scripts behind it say what is missing."""

import os
import re
import subprocess

import pytest

from tests.house.tree import ROOT, files, read

LISTED = ("demo", "test", "bench", "check", "fix", "docs", "assets", "env", "clean")


def run(*command, **environment):
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env, timeout=60)


def test_make_alone_lists_the_commands_with_a_line_each():
    out = run("make", "MAKEFLAGS=").stdout
    shown = dict(re.findall(r"^  make (\S+)\s+(.+)$", out, re.M))
    assert set(LISTED) <= set(shown)
    assert all(re.search("[\u4e00-\u9fff]", text) and re.search("[a-z]{3}", text) for text in shown.values())


def test_every_target_is_phony_and_the_readme_names_real_ones():
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split())
    assert targets <= phony
    named = {name for page in files("*.md") for name in re.findall(r"\bmake ([a-z-]+)`", read(page))}
    assert named <= phony


@pytest.mark.parametrize("path", files("tools/*.sh", ".ci/run"))
def test_scripts_are_sound_and_stop_at_the_first_fault(path):
    assert run("bash", "-n", path).returncode == 0
    if path != "tools/common.sh":  # it is read by the others
        assert "set -euo pipefail" in read(path)
        assert os.access(ROOT / path, os.X_OK)


@pytest.mark.parametrize(
    ("script", "name"), [("tools/env.sh", "git"), ("tools/env.sh", "Python 3.11"), ("tools/assets.sh", "node")]
)
def test_a_missing_tool_is_named_in_two_languages(tmp_path, script, name):
    present = ["bash", "cat", "sha256sum", "cut", "dirname", "sort", "mktemp", *([] if name == "git" else ["git"])]
    folders = os.environ["PATH"].split(":")
    for command in present:
        found = next(f"{folder}/{command}" for folder in folders if os.access(f"{folder}/{command}", os.X_OK))
        (tmp_path / command).symlink_to(found)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (*files("tools/*.sh"), "pyproject.toml", *files("requirements/*")):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_text(read(path), "utf-8")
    done = subprocess.run(
        [str(tmp_path / "bash"), script],
        cwd=copy,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        timeout=60,
    )
    assert done.returncode == 1
    assert f"没有找到 {name}" in done.stderr
    assert f"{name} (or 3.12, 3.13) was not found" in done.stderr or f"{name} was not found" in done.stderr
