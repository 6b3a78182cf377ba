"""The rule book: loads, dates and checks law, rules and knowledge."""

from zhunsheng.book.load import load
from zhunsheng.book.models import Book, Rule

__all__ = ["Book", "Rule", "load"]
