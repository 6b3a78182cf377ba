"""The glossary is the law of names: refused words do not stand in identifiers, tables and patterns are listed."""

import ast
import re
from functools import cache

from tests.house.tree import files, read
from zhunsheng.facts.schema import TABLES

PAGE = "docs/glossary.md"


def rows(page, columns):
    """Return the cells of every table row of a page with that many columns, heads left out."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1 : line.rindex("|")].split("|")] for line in lines]
    return [row for row in cells if len(row) == columns and row[0].strip("-") and row[0] not in ("中文", "word")]


def listed(text):
    return [word.strip(" `") for word in text.split(",") if word.strip(" `")]


def refused(page):
    """Return the refused words, each with the name to use instead."""
    return {word: row[1] for row in rows(page, 5) for word in listed(row[3])}


def exceptions(page):
    """Return the identifiers that may hold a refused word: names of the glossary itself, and the listed exceptions."""
    names = {name for row in rows(page, 5) for name in listed(row[1])}
    return names | {name for row in rows(page, 3) for name in listed(row[1])}


@cache
def identifiers(text):
    """Return every name that a Python source gives: functions, classes, arguments, attributes, variables."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


@cache
def words(identifier):
    """Return an identifier as snake words between underscores, plurals cut: ``VendorList`` -> ``_vendor_list_``."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier).lower().strip("_")
    return "_" + "_".join(word.removesuffix("s") for word in snake.split("_")) + "_"


def breaches(names, refusals, allowed):
    """Return identifiers that hold a refused word, with the name to use instead."""
    return {
        name: use
        for name in names - allowed
        for word, use in refusals.items()
        if f"_{word.removesuffix('s')}_" in words(name)
    }


def test_code_uses_the_names_of_the_glossary():
    page = read(PAGE)
    refusals, allowed = refused(page), exceptions(page)
    found = {
        f"{path}: {name}": use
        for path in files("zhunsheng/*.py", "tools/*.py")
        for name, use in breaches(identifiers(read(path)), refusals, allowed).items()
    }
    assert not found


def test_exceptions_are_needed_and_reasoned():
    page = read(PAGE)
    used = set().union(*(identifiers(read(path)) for path in files("zhunsheng/*.py")))
    for word, names, reason in rows(page, 3):
        assert word in refused(page), f"{word} is not refused"
        assert set(listed(names)) <= used, f"{word}: an exception that nothing needs"
        assert len(reason) > 20


def test_fact_tables_stand_in_the_glossary_under_their_chinese_name():
    named = {name: row[0] for row in rows(read(PAGE), 5) for name in listed(row[1])}
    assert {name: named.get(name, "").split("(")[0] for name in TABLES} == {name: t.zh for name, t in TABLES.items()}


def test_a_name_stands_once_and_complete():
    table = rows(read(PAGE), 5)
    names = [name for row in table for name in listed(row[1])]
    assert len(table) > 90
    assert len(names) == len(set(names))
    assert all(row[0] and row[1] and row[2] for row in table)
    assert not set(refused(read(PAGE))) & set(names)


def test_the_check_itself_can_fail():
    refusals = {"supplier": "`vendor`", "kpi": "`indicator`", "head_institution": "`lead_institution`"}
    bad = identifiers("class SupplierList: pass\ndef kpis(head_institution_id): pass\nself.supplier_name = 1\n")
    assert set(breaches(bad, refusals, set())) == {"SupplierList", "kpis", "head_institution_id", "supplier_name"}
    good = identifiers("class VendorList: pass\ndef heads(institution): supplied = 1\nx = row.supplier\n")
    assert breaches(good, refusals, set()) == {}
    assert breaches({"kpi"}, refusals, {"kpi"}) == {}
