"""Files of the rule book that are one object each: read, refused in words, and what in them waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from zhunsheng.book.cycle_lint import open_point
from zhunsheng.book.cycles import Cite
from zhunsheng.book.lint import Remark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import check_yaml, from_yaml

Model = TypeVar("Model")


def file_text(path: Path) -> str:
    """Return the text of a file. Raises Problem ZS401."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS401", file=path.name, reason=error) from error


def validated(model: TypeAdapter[Model], text: str, name: str, code: str = "ZS620") -> Model:
    """Return the object that a text holds. Raises Problem ZS401 (no YAML), ``code`` (content wrong)."""
    return checked(model, parsed(text, name), name, code)


def parsed(text: str, name: str) -> Any:
    """Return the plain data that a text holds. Raises Problem ZS401."""
    try:
        return from_yaml(check_yaml(text))
    except yaml.YAMLError as error:
        raise Problem("ZS401", file=name, reason=error) from error


def checked(model: TypeAdapter[Model], data: Any, name: str, code: str = "ZS620") -> Model:
    """Return the object that plain data of a file is. Raises Problem ``code``."""
    try:
        return model.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "-"
        raise Problem(code, file=name, where=place, reason=first["msg"]) from error


def named_by_place(root: Path, path: Path, key: str) -> None:
    """Raise Problem ZS403 unless a file's id is its path below a folder, without the ending."""
    place = path.relative_to(root).with_suffix("").as_posix()
    if key != place:
        raise Problem("ZS403", file=path.name, id=key, place=place)


def check_indicators(folder: Path, file: str, names: Iterable[str]) -> None:
    """Raise Problem ZS404 for an indicator that a rule book does not hold."""
    _check_files(folder / "indicators", file, names)


def check_rules(folder: Path, file: str, names: Iterable[str]) -> None:
    """Raise Problem ZS404 for a rule that a rule book does not hold."""
    _check_files(folder / "rules", file, names)


def _check_files(root: Path, file: str, names: Iterable[str]) -> None:
    for name in names:
        if not (root / f"{name}.yaml").is_file():
            raise Problem("ZS404", file=file, reference=name)


def open_cites(kind: Literal["light", "scorecard"], cited: Iterable[tuple[str, Mapping[str, Cite]]]) -> list[Remark]:
    """Return what waits for a person in the cites of some objects, by their ids."""
    return [
        remark
        for key, cites in cited
        for cite in cites.values()
        for remark in open_point(kind, key, (f"“{cite.zh}”", f"'{cite.en}'"), cite)
    ]
