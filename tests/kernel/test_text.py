"""What a stranger sends: texts as they are kept, YAML that could harm."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from zhunsheng.kernel.files import DEEPEST, check_yaml, from_yaml
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.text import kept


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (" 会诊\t后\n使用 ", "会诊\t后\n使用"),
        ("\x00a\x1b[31m\x7f", "a[31m"),
        ("\ud800 \x00", ""),
        ("𠮷", "𠮷"),
    ],
)
def test_a_text_keeps_what_people_type(text, left):
    assert kept(text) == left


@pytest.mark.parametrize(
    "text",
    ["a: 2026-13-45", f"a: {'1' * 5000}", "a: !!bool x", "a: !!timestamp x", "a: !!float x", "a: [", "? {}\n: 1"],
)
def test_a_value_that_is_not_what_it_says_is_an_error_of_the_text(text):
    with pytest.raises(yaml.YAMLError):
        from_yaml(text)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "- " * 100_000, "{a: " * 50_000, "a: &a [1]\nb: *a", "a: &a [*a]", "a: &x {b: 1}\nc: {<<: *x}"],
)
def test_yaml_that_could_harm_is_refused_before_it_is_read(text):
    with pytest.raises(yaml.YAMLError):
        check_yaml(text)


def test_without_the_check_deep_nesting_would_end_the_process():
    """Why there is a check: no exception comes out of the parser in C."""
    if not hasattr(yaml, "CSafeLoader"):
        pytest.skip("the parser in Python raises")
    code = "from zhunsheng.kernel.files import from_yaml; from_yaml('[' * 100_000)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode != 0


def test_a_rule_of_the_book_lies_far_below_the_bound():
    for path in (ROOT / "rulebook" / "rules").rglob("*.yaml"):
        depth = deepest = 0
        for event in yaml.parse(path.read_text("utf-8")):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            deepest = max(deepest, depth)
        assert deepest <= DEEPEST // 4, path.name
