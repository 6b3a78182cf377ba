"""Invents a county and writes the files its systems would export, with planted cases and an answer key apart.

``generate`` writes files and touches nothing else. It imports neither patterns nor engines: what it plants is
described to them by files alone.
"""

from zhunsheng.generator.edition import edition
from zhunsheng.generator.knowledge import Knowledge, Need, NeedPoint
from zhunsheng.generator.plants.cases import RuleText, Turn
from zhunsheng.generator.run import SIZES, generate
from zhunsheng.generator.summary import Summary

__all__ = ["SIZES", "Knowledge", "Need", "NeedPoint", "RuleText", "Summary", "Turn", "edition", "generate"]
