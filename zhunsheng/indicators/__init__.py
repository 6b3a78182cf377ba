"""Indicators: counted in one pass of each table, kept as raw integers, judged when read."""

from zhunsheng.indicators.counting import count, logic

__all__ = ["count", "logic"]
