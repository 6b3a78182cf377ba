"""The app of tip-offs."""

from __future__ import annotations

from django.apps import AppConfig


class TipsConfig(AppConfig):
    """Tip-offs."""

    name = "zhunsheng.casework.tips"
    label = "tips"
