"""Filters by which pages tell of trips, alarms and their plans in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils.translation import gettext as _

from zhunsheng.casework.cases.words import named
from zhunsheng.casework.trips.intake import Kind
from zhunsheng.casework.trips.models import Alarm, PlanStep
from zhunsheng.web.service import node_name
from zhunsheng.web.templatetags.words import english

register = template.Library()


@register.filter
def pair(words: Sequence[str] | None) -> str:
    """Return the Chinese or the English of a pair."""
    return (words[1 if english() else 0]) if words else ""


@register.filter
def role_word(step: PlanStep) -> str:
    """Return who does a step."""
    return step.role_en if english() else step.role_zh


@register.filter
def alarm_state(alarm: Alarm) -> str:
    """Return the state of the case of an alarm."""
    return str(named(alarm.case.life.state(alarm.case.state)))


@register.filter
def plan_progress(steps: Sequence[PlanStep] | None, moment: datetime) -> dict[str, int]:
    """Return how many steps of a plan are done, of how many, and how many are late."""
    held = list(steps or ())
    late = sum(one.done_at is None and one.due_at <= moment and not one.alarm.outcome for one in held)
    return {"all": len(held), "done": sum(one.done_at is not None for one in held), "late": late}


@register.filter
def device_shape(colour: str) -> str:
    """Return the shape of a device's light: one that is not in use looks like one that is well."""
    return "normal" if colour == "idle" else colour


@register.filter
def headings(kind: Kind) -> str:
    """Return the headings of a kind of file; those that may be left out say so."""
    told = [f"{name}{_('（可无）')}" if name in kind.optional else name for name in kind.columns]
    return "、".join(told)


@register.filter
def node_word(step: str) -> str:
    """Return the name of a node of the course of a service; its code where it has none."""
    return node_name(step)


@register.filter
def hours(seconds: float | None) -> str:
    """Return seconds as hours with one decimal."""
    return "" if seconds is None else f"{seconds / 3600:,.1f}"
