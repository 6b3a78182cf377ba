"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Documents of cases."""

    name = "zhunsheng.casework.documents"
    label = "documents"
