"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The job queue."""

    name = "zhunsheng.casework.jobs"
    label = "jobs"
