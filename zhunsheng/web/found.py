"""What a search over the rule book found, as pages and scripts read it: words, counts and addresses."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from zhunsheng.book import Book
from zhunsheng.book.search import Entry, Kind, index
from zhunsheng.web.templatetags.words import english, label, zh_en

LONGEST = 80


def asked(request: HttpRequest) -> str:
    """Return the text that a reader looks for, empty for none."""
    return request.GET.get("q", "").strip()[:LONGEST]


def found(present: Book, text: str, limits: dict[Kind, int]) -> list[dict[str, Any]]:
    """Return a group per kind that has a match: word, total, hits, and for points the lists that hold them."""
    groups = index(present).search(text, limits)
    return [
        {
            "kind": group.kind,
            "word": label(group.kind, "found"),
            "total": group.total,
            "hits": [_hit(present, hit) for hit in group.hits],
            "lists": [_list(present, name, n, text) for name, n in group.by_key.items() if group.kind == "point"],
        }
        for group in groups
        if group.total
    ]


def _hit(present: Book, hit: Entry) -> dict[str, str]:
    title = (hit.title_en if english() else "") or hit.title
    if hit.kind == "rule":
        return {"title": title, "code": hit.code, "note": hit.key, "url": reverse("rule", args=[hit.key])}
    if hit.kind == "article":
        place = _("第 {n} 条").format(n=hit.place)
        law = present.laws[hit.key]
        url = reverse("article", args=[hit.key, hit.place])
        return {"title": title, "code": place, "note": law.title_en if english() else law.title, "url": url}
    note = zh_en(present.knowledge[hit.key].kind)
    if hit.hold and not hit.hold.periods:
        note += " · " + _("已不适用")
    url = reverse("knowledge", args=[hit.key]) + "?" + urlencode({"q": hit.code or hit.title})
    return {"title": title, "code": hit.code, "note": note, "url": url}


def _list(present: Book, name: str, total: int, text: str) -> dict[str, Any]:
    url = reverse("knowledge", args=[name]) + "?" + urlencode({"q": text})
    return {"title": zh_en(present.knowledge[name].kind), "total": total, "url": url}
