"""What the generator is told in the tests: the rule book of the project, as the command tells it."""

from datetime import date

from zhunsheng.book import load
from zhunsheng.cli.county import knowledge_of
from zhunsheng.kernel.home import ROOT

LONG_AGO = date(2020, 1, 1)
KNOWLEDGE = knowledge_of(load(ROOT / "rulebook"))
