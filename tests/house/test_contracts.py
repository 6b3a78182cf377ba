"""The order of the stages, as import-linter reads it from pyproject.toml, and proof that it would object."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from tests.house.tree import ROOT, files, read, tracked

STAGES = (
    "kernel",
    "evidence",
    "facts",
    "sampling",
    "relations",
    "book",
    "patterns",
    "engines",
    "indicators",
    "lights",
    "scoring",
    "telemetry",
    "runs",
    "desk",
    "mqtt",
    "reports",
    "sources",
    "generator",
    "casework",
    "web",
    "config",
    "cli",
)
FORBIDDEN = [
    ("zhunsheng/kernel/money.py", "from zhunsheng.facts import table", "stages"),
    ("zhunsheng/facts/table.py", "from zhunsheng.sources import load", "stages"),
    ("zhunsheng/evidence/tree.py", "from zhunsheng.facts import table", "stages"),
    ("zhunsheng/evidence/tree.py", "import django.db", "finders-are-pure"),
    ("zhunsheng/patterns/base.py", "import zhunsheng.runs", "stages"),
    ("zhunsheng/indicators/__init__.py", "import zhunsheng.runs", "stages"),
    ("zhunsheng/runs/__init__.py", "import django.db", "finders-are-pure"),
    ("zhunsheng/desk/__init__.py", "import django.db", "finders-are-pure"),
    ("zhunsheng/reports/__init__.py", "import django.db", "finders-are-pure"),
    ("zhunsheng/telemetry/wire.py", "import django.db", "finders-are-pure"),
    ("zhunsheng/mqtt/link.py", "import zhunsheng.casework", "stages"),
    ("zhunsheng/sources/__init__.py", "import zhunsheng.book", "sources-do-not-judge"),
    ("zhunsheng/generator/__init__.py", "import zhunsheng.patterns", "generator-does-not-peek"),
]


def lint(folder, *arguments):
    code = "import sys; from importlinter.cli import lint_imports_command as c; c(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--no-cache", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)})


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tracked package in which a test may write a forbidden import."""
    folder = tmp_path_factory.mktemp("copy")
    for path in tracked():
        if path == "pyproject.toml" or (path.startswith("zhunsheng/") and path.endswith(".py")):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
    return folder


@pytest.fixture(scope="module")
def kept(copy):
    """What the linter says of the package as it is."""
    return lint(copy)


@pytest.fixture(scope="module")
def refused(copy, kept):
    """What it says of each contract once all forbidden imports were written, by the contract's name."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    for path, line, _ in FORBIDDEN:
        with (copy / path).open("a") as file:
            file.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    names = {one["name"]: one["id"] for one in contracts}
    heads = "|".join(map(re.escape, names))
    _, *told = re.split(rf"^({heads})\n-+\n", done.stdout, flags=re.MULTILINE)
    return {names[name]: text for name, text in zip(told[::2], told[1::2], strict=True)}


def test_the_contracts_are_kept(kept):
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "0 broken" in kept.stdout


@pytest.mark.parametrize(("path", "line", "contract"), FORBIDDEN, ids=[f"{c}:{p}" for p, _, c in FORBIDDEN])
def test_a_forbidden_import_is_refused(refused, path, line, contract):
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imported = line.split()[1].removesuffix(".db")  # of a foreign package the linter names the top
    assert f"{module} -> {imported} (" in refused[contract] or f"{module} -> {imported}." in refused[contract]


def test_every_folder_of_the_package_is_a_stage():
    folders = {path.split("/")[1] for path in tracked() if path.startswith("zhunsheng/") and path.count("/") > 1}
    assert folders == set(STAGES)
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {name.strip().removeprefix("zhunsheng.") for layer in layers for name in layer.split("|")}
    assert named == set(STAGES)


#: Users and bodies are what every action is done by and for: their models may be used everywhere.
SHARED_MODELS = {"bodies"}


def foreign_models(path, text):
    """Return the apps whose models a file outside them uses. Naming a model in an annotation is no use."""
    parts = path.split("/")
    own = parts[2] if parts[1] == "casework" else ""
    tree = ast.parse(text)
    annotations = {id(part) for note in _annotations(tree) for part in ast.walk(note)}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in annotations}
    return sorted({app for app, name in _models(tree) if name in used and app not in {own, *SHARED_MODELS}})


def _annotations(tree):
    for node in ast.walk(tree):
        for note in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if note is not None:
                yield note


def _models(tree):
    """Yield (app, local name) of everything imported from the models of a casework app."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("zhunsheng.casework."):
            app, *rest = node.module.split(".")[2:]
            for name in node.names:
                if rest == ["models"] or (not rest and name.name == "models"):
                    yield app, name.asname or name.name


def test_apps_talk_through_queries_and_actions():
    paths = files("zhunsheng/casework/*.py", "zhunsheng/web/*.py", "zhunsheng/cli/*.py", "zhunsheng/config/*.py")
    assert not {path: found for path in paths if (found := foreign_models(path, read(path)))}


def test_the_check_of_models_can_fail():
    line = "from zhunsheng.casework.imports.models import Import\n"
    used = line + "def f(pk): return Import.objects.get(pk=pk)\n"
    named = line + "def f(item: Import) -> Import: return item\n"
    module = "from zhunsheng.casework.imports import models\nx = models.Import\n"
    assert foreign_models("zhunsheng/casework/judgements/queries.py", used) == ["imports"]
    assert foreign_models("zhunsheng/web/views/imports.py", module) == ["imports"]
    assert foreign_models("zhunsheng/web/views/imports.py", named) == []
    assert foreign_models("zhunsheng/casework/imports/queries.py", used) == []
    assert foreign_models("zhunsheng/web/views/imports.py", used.replace("imports", "bodies")) == []
