"""Reads of the evidence outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import SHANGHAI


def evidence_of(scope: Scope, subject: str) -> QuerySet[EvidenceOutbox]:
    """Return the evidence on a subject that the reader's scope holds, oldest first."""
    return scope.rows(EvidenceOutbox.objects.filter(subject=subject))


def recorded_subjects(kind: str) -> set[str]:
    """Return the subjects that have evidence of a kind. For the site's own book-keeping: it shows nobody a row."""
    return set(EvidenceOutbox.objects.filter(kind=kind).values_list("subject", flat=True))


def one_in(scope: Scope, sequence: int) -> EvidenceOutbox | None:
    """Return a row in view, or None."""
    return scope.rows(EvidenceOutbox.objects.filter(pk=sequence)).first()


def row(sequence: int) -> EvidenceOutbox | None:
    """Return a row whatever the scope. For who has shown otherwise that the reader may see it, and for the log."""
    return EvidenceOutbox.objects.filter(pk=sequence).first()


def beyond(floor: int, settled: Exists, limit: int, without_bodies: Sequence[str]) -> list[EvidenceOutbox]:
    """Return rows above a number that are not settled, oldest first. For the site's own book-keeping."""
    found = EvidenceOutbox.objects.filter(~settled, pk__gt=floor).exclude(body__in=without_bodies)
    return list(found.order_by("pk")[:limit])


def unsettled(settled: Exists) -> QuerySet[EvidenceOutbox]:
    """Return the rows that are not settled. For the site's own book-keeping."""
    return EvidenceOutbox.objects.order_by().filter(~settled)


def after(floor: int, limit: int) -> list[EvidenceOutbox]:
    """Return rows above a number, oldest first. For the site's own book-keeping."""
    return list(EvidenceOutbox.objects.filter(pk__gt=floor).order_by("pk")[:limit])


def payloads(kind: str) -> list[str]:
    """Return what the rows of a kind say, oldest first. For the site's own book-keeping."""
    return list(EvidenceOutbox.objects.filter(kind=kind).order_by("pk").values_list("payload", flat=True))


def last(before: datetime | None = None) -> int:
    """Return the number of the newest row, or of the newest before a moment; 0 when there is none."""
    found = EvidenceOutbox.objects.filter(at__lt=before) if before else EvidenceOutbox.objects.all()
    return found.order_by("-pk").values_list("pk", flat=True).first() or 0


def last_at() -> datetime | None:
    """Return the time of the newest row; None before the first."""
    return EvidenceOutbox.objects.order_by("-pk").values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Sought:
    """Which evidence a list shows: kind, actor, subject, first and last day."""

    kind: str = ""
    actor: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None


def evidence(scope: Scope, sought: Sought) -> QuerySet[EvidenceOutbox]:
    """Return the evidence in view, latest first."""
    found = scope.rows(EvidenceOutbox.objects.order_by("-sequence"))
    for name in ("kind", "actor", "subject"):
        if text := getattr(sought, name):
            found = found.filter(**{name: text})
    if sought.first:
        found = found.filter(at__gte=_midnight(sought.first))
    return found.filter(at__lt=_midnight(sought.last + timedelta(days=1))) if sought.last else found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def kinds(scope: Scope) -> list[str]:
    """Return the kinds of evidence in view, by name."""
    return sorted(scope.rows(EvidenceOutbox.objects.order_by()).values_list("kind", flat=True).distinct())


def refuses_changes() -> bool:
    """Whether the database itself refuses to change evidence. Nothing is changed in trying."""
    table = EvidenceOutbox._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET kind = kind WHERE sequence = (SELECT MAX(sequence) FROM {table})")  # noqa: S608
            touched = cursor.rowcount
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return touched == 0  # an empty table has nothing to guard


def count(kind: str) -> int:
    """Return how many rows of a kind there are. For the site's own figures."""
    return EvidenceOutbox.objects.filter(kind=kind).count()
