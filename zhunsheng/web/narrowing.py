"""What a list is narrowed to by its address: one of the words that the page offers, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.http import HttpRequest

from zhunsheng.kernel.errors import Problem


def narrowed(request: HttpRequest, known: Mapping[str, Collection[str]], **otherwise: str) -> dict[str, str]:
    """Return the word asked for by name: ``otherwise`` or "" where none is. Raises Problem ZS709 for any other."""
    asked = {name: request.GET.get(name, "") for name in known}
    for name, word in asked.items():
        if word and word not in known[name]:
            raise Problem("ZS709", name=name, value=word[:40])
    return {name: word or otherwise.get(name, "") for name, word in asked.items()}
