"""A database with many cases: a few walked by real actions, whose rows are then written again under other numbers.

    python -m benchmarks._crowd CASES            (with ZHUNSHENG_HOME and DATABASE_URL of the site to fill)

Every row is as an action would have left it: case, events, evidence with a right digest. What is the same in all
copies is what was done; numbers, institutions and days differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

BUREAU = tuple(f"officer-{n:02d}" for n in range(12))
OFFICES = tuple(f"office-{n:02d}" for n in range(8))
LAW = "reg-735/38"


def people() -> dict[str, Any]:
    """Create a bureau of twelve and eight institutions of the run with one person each; return people by login."""
    from benchmarks._person import PASSWORD
    from zhunsheng.casework.bodies import actions, lake
    from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
    from zhunsheng.casework.outbox.actions import Process

    actor, since = Process("bench"), date(2020, 1, 1)
    if User.objects.filter(login=BUREAU[0]).exists():
        return {one.login: one for one in User.objects.select_related("body")}
    run = lake.current_run()
    codes = sorted(run.places)[: len(OFFICES)] if run else [f"H{n:05d}" for n in range(len(OFFICES))]
    bureau = actions.create_body(actor, BodyKind.INSURANCE_AUTHORITY, "measured bureau")
    actions.create_body(actor, BodyKind.HEALTH_AUTHORITY, "measured health authority")
    bodies = [actions.create_body(actor, BodyKind.INSTITUTION, f"measured {code}", code=code) for code in codes]
    wanted = [(login, bureau, DutyName.HEAD if n < 2 else DutyName.REVIEWER) for n, login in enumerate(BUREAU)]
    wanted += [(login, body, DutyName.OFFICE) for login, body in zip(OFFICES, bodies, strict=True)]
    made: dict[str, Any] = {}
    for login, body, duty in wanted:
        made[login] = actions.create_user(actor, login, login, Body.objects.get(pk=body.pk), PASSWORD)
        actions.assign_duty(actor, made[login], duty, since)
    return made


def walked(who: dict[str, Any]) -> list[Any]:
    """Walk one clue and one case per institution to a stage of its own, by the actions; return all of them."""
    from zhunsheng.casework.cases import actions
    from zhunsheng.casework.cases.models import Case

    one, two = who[BUREAU[2]], who[BUREAU[3]]
    officers = [str(one.pk), str(two.pk)]

    def step(case: Any, user: Any, move: str, **given: Any) -> None:
        actions.move(user, case, move, given, version=Case.objects.get(pk=case.pk).version)

    for stage, office in enumerate(OFFICES):
        place = who[office].body.institution_code
        clue = actions.open_case(
            one, "clue", {"source": "media", "summary": f"{office} {stage}"}, body=one.body, institution_id=place
        )
        if stage % 4:
            step(clue, one, "assign", officers=officers)
        if stage % 4 > 1:
            given = {"article": LAW, "reason": "bench"}
            found = actions.propose(one, clue, "file", given, version=Case.objects.get(pk=clue.pk).version)
            if stage % 4 == 3:
                actions.confirm(two, found, version=Case.objects.get(pk=clue.pk).version)
        case = actions.open_case(
            one, "fund_case", {"officers": officers, "article": LAW, "reason": "bench"}, body=one.body,
            institution_id=place,
        )  # fmt: skip
        if stage % 4:
            step(case, one, "notify", article=LAW, loss_fen="1000.00", facts="ten characters of facts")
        if stage % 4 > 1:
            step(case, who[office], "defend", statement="bench")
        away = actions.open_case(
            one, "clue", {"source": "media", "summary": "away"}, body=one.body, institution_id=place
        )
        given = {"receiver": "market", "reason": "bench"}
        found = actions.propose(one, away, "transfer", given, version=Case.objects.get(pk=away.pk).version)
        actions.confirm(two, found, version=Case.objects.get(pk=away.pk).version)
    return list(Case.objects.order_by("pk"))


def copies(cases: list[Any], wanted: int) -> Iterator[tuple[Any, int]]:
    """Yield (template, number of the copy) until so many cases are there: six of seven have ended."""
    ended, going = ([one for one in cases if bool(one.closed_at) is done] for done in (True, False))
    for number in range(wanted - len(cases)):
        among = ended if number % 7 else going
        yield among[number // 7 % len(among)], number + 1


def write(cases: list[Any], wanted: int, *, shift: bool = True) -> int:
    """Write the rows of the copies, ``shift`` their days, too; return how many cases there are."""
    from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
    from zhunsheng.casework.outbox.models import EvidenceOutbox

    events = {one.pk: list(one.events.select_related(None)) for one in cases}
    evidence = {one.pk: one for one in EvidenceOutbox.objects.all()}
    waiting = {one.case_id: one for one in Proposal.objects.filter(state="open")}
    last = max(evidence)
    pairs = copies(cases, wanted)
    while part := list(islice(pairs, 2_000)):
        made = Case.objects.bulk_create([_case(case, number, shift=shift) for case, number in part])
        rows, seals = [], []
        for (case, number), fresh in zip(part, made, strict=True):
            for event in events[case.pk]:
                last += 1
                seals.append(_seal(evidence[event.evidence], last, case, fresh))
                rows.append(_event(event, fresh, last, number))
        EvidenceOutbox.objects.bulk_create(seals, batch_size=2_000)
        CaseEvent.objects.bulk_create(rows, batch_size=2_000)
        both = zip(part, made, strict=True)
        Proposal.objects.bulk_create([_copy(waiting[c.pk], case=f) for (c, _), f in both if c.pk in waiting])
    return Case.objects.count()


def _copy(row: Any, **changed: Any) -> Any:
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return type(row)(**{**values, **{f"{k}_id" if k == "case" else k: getattr(v, "pk", v) for k, v in changed.items()}})


def _case(case: Any, number: int, *, shift: bool) -> Any:
    """A copy opened so many minutes earlier, due within a quarter; one in a hundred is late and was told of."""
    if not shift:
        return _copy(case, number=f"{case.number}-{number}")
    due = case.due_on and case.due_on + timedelta(days=number % 90)
    late = due is not None and number % 100 == 0
    if late:
        due = case.opened_at.date() - timedelta(days=number % 30 + 1)
    opened = case.opened_at - timedelta(minutes=number)
    return _copy(case, number=f"{case.number}-{number}", due_on=due, next_on=None if late else due, opened_at=opened)


def _event(event: Any, case: Any, sequence: int, number: int) -> Any:
    key = f"{event.key[:40]}-{number}" if event.key else ""
    return _copy(event, case=case, evidence=sequence, key=key)


def _seal(row: Any, sequence: int, template: Any, case: Any) -> Any:
    from zhunsheng.casework.outbox.actions import content
    from zhunsheng.kernel.files import digest

    made = type(row)(
        sequence=sequence, kind=row.kind, actor=row.actor, body=row.body, subject=f"case:{case.pk}",
        payload=row.payload.replace(template.number, case.number), at=row.at,
    )  # fmt: skip
    made.digest = digest(content(made))
    return made


def main() -> None:
    """Fill the site of the environment."""
    import django
    from django.core.management import call_command
    from django.db import connection, transaction

    django.setup()
    call_command("migrate", verbosity=0)
    from zhunsheng.casework.bodies import walls
    from zhunsheng.casework.cases.models import Case

    with walls.within(walls.SITE), transaction.atomic():
        who = people()
        there = Case.objects.count()
        if there < int(sys.argv[1]):
            there = write(walked(who), int(sys.argv[1]))
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # the number that the next row gets, after rows that brought their own
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence('outbox_evidenceoutbox', 'sequence'), "
                    "(SELECT max(sequence) FROM outbox_evidenceoutbox))"
                )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    sys.stdout.write(f"{there}\n")


if __name__ == "__main__":
    main()
