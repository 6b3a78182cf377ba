"""Tags of lists: a field that narrows one, the buttons that export it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from zhunsheng.web.templatetags.words import label

register = template.Library()


@register.filter
def worded(values: Iterable[str], kind: str) -> list[tuple[str, str]]:
    """Codes, each with the word for it: choices of a list to pick from."""
    return [(value, label(value, kind)) for value in values]


@register.inclusion_tag("web/parts/pick.html")
def pick(
    identity: str, name: str, word: str, every: str, choices: Iterable[tuple[str, str]], chosen: str
) -> dict[str, Any]:
    """Narrow a list: a field with pairs of code and word, and ``every`` for none of them."""
    return {"id": identity, "name": name, "word": word, "every": every, "choices": choices, "chosen": chosen}


@register.inclusion_tag("web/parts/exports.html")
def exports(route: str, wanted: Mapping[str, str] | str = "", *path: object) -> dict[str, str]:
    """Export a list as it is narrowed: ``path`` is what its address holds before the kind of the file."""
    asked = wanted if isinstance(wanted, str) else urlencode(wanted)
    return {kind: f"{reverse(route, args=[*path, kind])}?{asked}".rstrip("?") for kind in ("xlsx", "csv")}
