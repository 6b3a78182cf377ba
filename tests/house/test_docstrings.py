"""Everything public in the strict stages says what it is."""

import ast

from tests.house.tree import files, read

STRICT = tuple(
    f"zhunsheng/{stage}/*.py" for stage in ("kernel", "evidence", "facts", "book", "patterns", "engines", "runs")
)


def undocumented(text):
    """Yield the public names of a module that have no docstring: the module itself, classes, functions, methods."""
    tree = ast.parse(text)
    if tree.body and not ast.get_docstring(tree):
        yield "the module"
    yield from _undocumented(tree, "")


def _undocumented(node, prefix):
    for child in getattr(node, "body", []):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            if not ast.get_docstring(child):
                yield prefix + child.name
            if isinstance(child, ast.ClassDef):
                yield from _undocumented(child, f"{child.name}.")


def test_public_names_of_the_strict_stages_are_documented():
    missing = [f"{path}: {name}" for path in files(*STRICT) for name in undocumented(read(path))]
    assert not missing, "\n".join(missing)


def test_the_check_itself_can_fail():
    assert list(undocumented("def f(): pass")) == ["the module", "f"]
    assert list(undocumented('"""M."""\nclass A:\n    """A."""\n    def g(self): pass')) == ["A.g"]
    assert list(undocumented('"""M."""\ndef f():\n    """F."""\n    def inner(): pass\ndef _g(): pass')) == []
    assert list(undocumented("")) == []
