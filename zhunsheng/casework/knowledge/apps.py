"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Imports of published workbooks into the rule book."""

    name = "zhunsheng.casework.knowledge"
    label = "knowledge"
