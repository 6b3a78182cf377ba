"""Zhunsheng 准绳: facts judged by a written, dated rule book, with the evidence kept."""

__version__ = "0.1.0"
