"""A problem in words, as it stands in the list that the institution is heard on. Chinese: the list is a document."""

from __future__ import annotations

from typing import Any

from zhunsheng.book.checklists import CheckList
from zhunsheng.casework.inspections.models import ItemVersion
from zhunsheng.kernel.money import yuan


def check_name(checks: CheckList, key: str) -> tuple[str, str]:
    """Return the words of a kind or an item of the check-list in both languages, or nothing."""
    return next(((one.zh, one.en) for one in (*checks.kinds, *checks.items) if one.id == key), ("", ""))


def problem_words(checks: CheckList, content: dict[str, Any]) -> str:
    """Return one problem: what, the finding of the sample, the note."""
    parts = [check_name(checks, content["check"])[0], content["finding"] and f"疑点 {content['finding']}"]
    return "；".join(part for part in [*parts, content["note"]] if part)


def listed(words: list[str], items: list[ItemVersion]) -> str:
    """Return the numbered list: words, article, amount. An amount that is not known is said to be so."""
    rows = []
    for number, (text, one) in enumerate(zip(words, items, strict=True), start=1):
        fen = one.content["fen"]
        amount = "金额待核" if fen is None else f"金额 {yuan(fen)} 元"
        rows.append(f"{number}. {text}（{article_words(one.content['article'])}，{amount}）")
    return "\n".join(rows)[:20_000]


def article_words(key: str) -> str:
    """Return an article that is written ``instrument/article/item`` as people write it."""
    instrument, number, *item = key.split("/")
    name = {"reg-735": "条例"}.get(instrument, instrument)
    return f"{name}第 {number} 条" + (f"第 {item[0]} 项" if item else "")
