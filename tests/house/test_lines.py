"""The line rules of rules.py: each can fail, each holds over the working copy."""

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from tests.house.rules import RULES
from tests.house.tree import VIEWS, files, read

NAMES = [rule.name for rule in RULES]


def offences(rule, text, suffix):
    view = VIEWS[rule.view](text, suffix)
    return [(number, line.strip()) for number, line in view if re.search(rule.pattern, line)]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_bad_samples_are_refused_and_good_ones_pass(rule):
    for line in rule.bad:
        assert offences(rule, line + "\n", rule.suffix), f"not refused: {line}"
    for line in rule.good:
        assert not offences(rule, line + "\n", rule.suffix), f"refused: {line}"
    assert rule.bad and rule.good


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_the_working_copy_keeps_the_rule(rule):
    found = {}
    for path in files(*rule.where):
        if not any(fnmatch(path, glob) for glob in rule.outside):
            lines = offences(rule, read(path), PurePosixPath(path).suffix)
            if lines:
                found[path] = lines
    broken = [
        f"{path}:{n}: {line[:120]}" for path, lines in found.items() if path not in rule.allow for n, line in lines
    ]
    assert not broken, f"{rule.name}: {rule.why}\n" + "\n".join(broken)
    idle = set(rule.allow) - set(found)
    assert not idle, f"{rule.name} allows what nothing needs any more: {sorted(idle)}"
    assert all(rule.allow.values()), f"{rule.name} allows something without a reason"


def test_names_are_unique_and_reasons_given():
    assert len(set(NAMES)) == len(NAMES)
    assert all(len(rule.why) > 20 for rule in RULES)
