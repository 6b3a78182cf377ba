"""A rule and a knowledge point as people read them: names, law, why, what to do, citation."""

from __future__ import annotations

from typing import Any

from zhunsheng.book.models import Book, Point, Rule


def told(book: Book, rule: Rule, language: str = "zh") -> dict[str, Any]:
    """Return a rule as plain data in one language (``zh`` or ``en``)."""
    english = language == "en"
    return {
        "id": rule.id,
        "code": rule.code,
        "name": rule.name_en if english else rule.name,
        "version": rule.version,
        "digest": book.sources[rule.id],
        "ground": rule.ground,
        "law": [_article(book, rule, place, english) for place in range(len(rule.law))],
        "why": rule.why_en if english else rule.why,
        "advice": rule.advice_en if english else rule.advice,
        "known_false_positives": list(rule.known_false_positives_en if english else rule.known_false_positives),
    }


def _article(book: Book, rule: Rule, place: int, english: bool) -> dict[str, Any]:
    ref = rule.law[place]
    instrument, article = book.article(ref)
    items = article.items_en if english else article.items
    return {
        "instrument": instrument.title_en if english else f"《{instrument.title}》",
        "number": instrument.number,
        "article": ref.article,
        "item": ref.item,
        "item_text": items.get(ref.item, ""),
        "summary": article.summary_en if english else article.summary,
    }


def named(point: Point) -> str:
    """Return what a point speaks of, in the names of its row."""
    return " × ".join(value for key, value in point.values.items() if key.endswith("_name"))


def citation(book: Book, point: Point) -> str:
    """Return where a point was published: its own place, or else that of its batch."""
    return point.citation or book.batches[point.batch].citation
