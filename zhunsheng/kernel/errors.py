"""Errors with stable codes: the catalogue is data (errors.toml), each code has a page in docs and on the site.

Every error says what happened, what was kept, and what to do next. Codes are never reused.
ZS1xx kernel · ZS2xx rows and files · ZS3xx lake · ZS4xx rule book · ZS5xx runs · ZS6xx command line · ZS7xx site
ZS8xx evidence log · ZS9xx cases
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One entry of the catalogue. The texts are templates over the values given to Problem."""

    code: str
    zh: str
    en: str
    kept_zh: str
    kept_en: str
    mend_zh: str
    mend_en: str

    def message(self, language: str, values: dict[str, object]) -> str:
        """Return what happened, in ``zh`` or ``en``, with the values filled in."""
        return _fill(self.en if language == "en" else self.zh, values)

    def mend(self, language: str, values: dict[str, object]) -> str:
        """Return what to do about it, in ``zh`` or ``en``."""
        return _fill(self.mend_en if language == "en" else self.mend_zh, values)


class Problem(Exception):
    """An error for a person: a stable code and the values that belong to it."""

    def __init__(self, code: str, **values: object) -> None:
        self.kind = kind(code)
        self.code = code
        self.values = values
        super().__init__(f"{code} {self.kind.message('zh', values)}")

    def as_dict(self, language: str = "zh") -> dict[str, object]:
        """Return the error as plain data for JSON; with its values it can be told again in the other language."""
        kept = self.kind.kept_en if language == "en" else self.kind.kept_zh
        return {
            "code": self.code,
            "message": self.kind.message(language, self.values),
            "kept": kept,
            "mend": self.kind.mend(language, self.values),
            "values": {name: str(value)[:200] for name, value in self.values.items()},
        }


@cache
def catalogue() -> dict[str, ErrorKind]:
    """Return all error kinds by code, in the order of the file."""
    text = resources.files("zhunsheng.kernel").joinpath("errors.toml").read_text("utf-8")
    return {code: ErrorKind(code=code, **entry) for code, entry in tomllib.loads(text).items()}


def kind(code: str) -> ErrorKind:
    """Return the kind of a code. Raises KeyError for a code that the catalogue does not hold."""
    return catalogue()[code]


def _fill(template: str, values: dict[str, object]) -> str:
    """Put values in for their names in one pass: a value that looks like a placeholder stays a value."""
    return re.sub(r"\{(\w+)\}", lambda m: str(values.get(m[1], m[0]))[:120], template)
