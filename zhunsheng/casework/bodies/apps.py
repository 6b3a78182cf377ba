"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class BodiesConfig(AppConfig):
    """Bodies, users and duties."""

    name = "zhunsheng.casework.bodies"
    label = "bodies"
