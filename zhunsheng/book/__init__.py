"""The rule book: loads, dates and checks law, rules and knowledge."""

from zhunsheng.book.archive import keep, kept
from zhunsheng.book.load import draft, load
from zhunsheng.book.models import Book, Rule

__all__ = ["Book", "Rule", "draft", "keep", "kept", "load"]
