"""Sizes: a function has at most 50 lines, half of them at most 10, a file at most 500."""

import ast
import tomllib
from functools import cache
from statistics import median

from tests.house.tree import ROOT, files, read

FUNCTION, MEDIAN, FILE = 50, 10, 500
SOURCES = ("*.py", "*.sql", "*.js", "*.mjs", "*.css", "*.html", "*.sh", "Makefile")
GENERATED = "/migrations/"
EXCEPTIONS = tomllib.loads((ROOT / "tests/house/exceptions.toml").read_text("utf-8"))


@cache
def functions(text):
    """Return (name, lines) of every function of a source, nested ones included, decorators left out."""
    return [
        (node.name, node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def oversized(sources, exceptions):
    """Return complaints about functions and files over budget, and about exceptions without need or reason."""
    sizes = {(path, ""): (text.count("\n"), FILE) for path, text in sources.items()}
    for path, text in sources.items():
        if path.endswith(".py"):
            sizes |= {(path, name): (lines, FUNCTION) for name, lines in functions(text) if lines > FUNCTION}
    allowed = {(e["path"], e.get("function", "")): e for e in exceptions}
    over = {key: lines for key, (lines, budget) in sizes.items() if lines > budget}
    complaints = [
        f"{path} {name}: {lines} lines" for (path, name), lines in over.items() if lines > _most(allowed, path, name)
    ]
    complaints += [f"{path} {name}: exception no longer needed" for path, name in allowed if (path, name) not in over]
    return complaints + [f"{e['path']}: exception without a reason" for e in exceptions if len(e["reason"]) < 20]


def _most(allowed, path, name):
    return allowed[path, name]["lines"] if (path, name) in allowed else 0


def sources():
    return {path: read(path) for path in files(*SOURCES) if GENERATED not in path}


def test_no_function_and_no_file_is_over_budget():
    exceptions = EXCEPTIONS.get("exception", [])
    assert not oversized(sources(), exceptions)
    assert len(exceptions) <= EXCEPTIONS["longest"]


def test_half_of_the_functions_are_short():
    lengths = [
        n
        for path, text in sources().items()
        if path.startswith("zhunsheng/") and path.endswith(".py")
        for _, n in functions(text)
    ]
    assert median(lengths) <= MEDIAN


def test_the_check_itself_can_fail():
    long = "def f():\n" + "    x = 1\n" * FUNCTION
    fine = "def f():\n" + "    x = 1\n" * (FUNCTION - 1)
    wide = "x = 1\n" * (FILE + 1)
    entry = {"path": "a.py", "function": "f", "lines": FUNCTION + 1, "reason": "one table that reads as a whole"}
    assert oversized({"a.py": long}, []) == ["a.py f: 51 lines"]
    assert oversized({"a.py": fine}, []) == []
    assert oversized({"a.css": wide}, []) == ["a.css : 501 lines"]
    assert oversized({"a.py": long}, [entry]) == []
    assert oversized({"a.py": long}, [entry | {"lines": FUNCTION}]) == ["a.py f: 51 lines"]
    assert oversized({"a.py": fine}, [entry]) == ["a.py f: exception no longer needed"]
    assert oversized({"a.py": long}, [entry | {"reason": "long"}]) == ["a.py: exception without a reason"]
