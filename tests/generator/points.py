"""What the generator is told in the tests: the six rules that the referee judges by brute force."""

from datetime import date

from tests.generator.referee import RULES
from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.kernel.home import ROOT

LONG_AGO = date(2020, 1, 1)
BOOK = load(ROOT / "rulebook")
KNOWLEDGE = knowledge_of(BOOK.model_copy(update={"rules": {name: BOOK.rules[name] for name in RULES}}))
