"""Answers to programs: JSON as it is written everywhere here."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse


def json_answer(data: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return data as JSON in UTF-8. Half a character that a faulty request had in a name is written as its escape."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    kind = "application/json; charset=utf-8"
    return HttpResponse(text.encode("utf-8", "backslashreplace"), content_type=kind, status=status)
