"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class SamplesConfig(AppConfig):
    """Samples of findings."""

    name = "zhunsheng.casework.samples"
    label = "samples"
