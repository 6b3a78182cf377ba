"""The pages: generated ones are current, links lead somewhere, decisions are numbered."""

import re
from pathlib import PurePosixPath

import pytest

from tests.house.tree import files, read, tracked
from tools.docs import CHAPTERS, committed, generated, stale
from zhunsheng.kernel.errors import catalogue

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def dead_links(path, text, known):
    """Return the relative links of a page that lead to no tracked file or folder."""
    folder = PurePosixPath(path).parent
    targets = {link: _normal(folder / link) for link in LINK.findall(text)}
    return [
        link
        for link, target in targets.items()
        if target not in known and not any(k.startswith(f"{target}/") for k in known)
    ]


def _normal(path):
    parts = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@pytest.fixture(scope="module")
def wanted():
    return generated()


def test_generated_pages_are_current(wanted):
    assert stale(wanted, committed()) == [], "run `make docs` and commit the result"


def test_every_error_code_and_every_rule_has_a_page(wanted):
    assert {f"errors/{code}.md" for code in catalogue()} <= set(wanted)
    rules = {path.removeprefix("rulebook/").removesuffix(".yaml") for path in files("rulebook/rules/*.yaml")}
    assert {f"{rule}.md" for rule in rules} <= set(wanted)


def test_every_chapter_writes_something_in_two_languages(wanted):
    for chapter in CHAPTERS:
        text = "".join(page for path, page in wanted.items() if path.startswith(chapter))
        assert re.search("[\u4e00-\u9fff]", text) and re.search("[a-z]{4}", text), chapter


def test_links_lead_somewhere():
    known = set(tracked())
    dead = {path: links for path in files("*.md") if (links := dead_links(path, read(path), known))}
    assert not dead


def test_decisions_are_numbered_without_gaps_and_say_what_was_decided():
    pages = files("docs/adr/[0-9]*.md")
    assert [int(PurePosixPath(path).name[:4]) for path in pages] == list(range(1, len(pages) + 1))
    for path in pages:
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in read(path), f"{path} has no {heading}"
        name = PurePosixPath(path).name
        assert f"| [{name[:4]}]({name}) |" in read("docs/adr/README.md"), f"{path} is not listed"


def test_every_page_for_readers_is_named_in_the_readme():
    pages = {*files("docs/how-to/*.md"), *files("docs/explanation/*.md"), *files("docs/tutorial/*.md")}
    pages |= {path for path in files("docs/reference/*.md") if path.count("/") == 2}
    assert {path for path in pages if f"]({path})" not in read("README.md")} == set()


def test_the_checks_themselves_can_fail():
    assert stale({"a.md": "1", "b.md": "2"}, {"a.md": "1", "b.md": "old", "c.md": "3"}) == ["b.md", "c.md"]
    assert stale({"a.md": "1"}, {}) == ["a.md"]
    known = {"docs/a.md", "docs/adr/0001-x.md", "README.md"}
    assert dead_links("docs/a.md", "[lost](b.md) [ok](a.md) [up](../README.md)", known) == ["b.md"]
    assert dead_links("docs/b/c.md", "[ok](../a.md) [d](../adr) [w](https://example.org)", known) == []
