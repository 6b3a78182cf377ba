"""The site itself asked about a random world: written to its database and lake, answered by scope and permissions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction

from tests.policy.worlds import World
from zhunsheng.book.cycles import Who
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, Duty, User
from zhunsheng.casework.bodies.permissions import Verb, may, remembering
from zhunsheng.casework.bodies.scope import Scope, scope
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Attachment, Case, CaseEvent, CycleVersion
from zhunsheng.casework.cases.permissions import acts
from zhunsheng.casework.grants.models import Grant
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import now

TABLES = """
CREATE TABLE meta (key VARCHAR, value VARCHAR);
CREATE TABLE institution (institution_id VARCHAR, name VARCHAR, kind VARCHAR, level VARCHAR, parent_id VARCHAR,
    region VARCHAR);
CREATE TABLE encounter (encounter_id VARCHAR, person_id VARCHAR, institution_id VARCHAR, batch VARCHAR);
CREATE TABLE charge_line (line_id VARCHAR, institution_id VARCHAR, batch VARCHAR);
CREATE TABLE person (person_id VARCHAR);
CREATE TABLE finding (finding_id VARCHAR, institution_id VARCHAR, subject_key VARCHAR, person_id VARCHAR);
CREATE TABLE finding_row (finding_id VARCHAR, row_id VARCHAR, amount_fen BIGINT, encounter_id VARCHAR,
    institution_id VARCHAR);
"""


class Site:
    """A world on the site. Numbers of the world are found again by ``Site.<kind>[number]``."""

    def __init__(self, world: World, file: lake.RunFile) -> None:
        self.world, self.file = world, file
        self.today, self.at = now().date(), now()
        self.bodies = self._made(Body, [
            Body(kind=one.kind, name=f"B{one.number}", institution_code=one.place, region=one.region)
            for one in world.bodies
        ])  # fmt: skip
        self.people = self._made(User, [
            User(login=f"u{one.number}", display_name="x", is_active=one.open,
                 body=None if one.body is None else self.bodies[one.body])
            for one in world.people
        ])  # fmt: skip
        self._duties()
        self._cases()
        self.evidence = [self._row(owner) for owner in world.evidence]
        self.grants = self._made(Grant, [self._grant(one) for one in world.grants])

    @staticmethod
    def _made(model: Any, rows: list[Any]) -> list[Any]:
        return list(model.objects.bulk_create(rows))

    def _day(self, day: int) -> date:
        return self.today + timedelta(days=day)

    def _duties(self) -> None:
        self._made(Duty, [
            Duty(user=self.people[one.person], body=self.bodies[one.body], name=one.name,
                 valid_from=self._day(one.start), valid_to=None if one.end is None else self._day(one.end))
            for one in self.world.duties
        ])  # fmt: skip

    def _cases(self) -> None:
        bound, _ = CycleVersion.objects.get_or_create(
            digest="w", defaults={"name": "w", "version": 1, "content": {}, "kept_at": self.at}
        )
        self.cases = self._made(Case, [
            Case(bound=bound, cycle=one.cycle, number=f"N{one.number}", state="s", institution_id=one.place,
                 subject_body=None if one.subject is None else self.bodies[one.subject], body=self.bodies[one.body],
                 opened_at=self.at, party_sees=one.party_sees)
            for one in self.world.cases
        ])  # fmt: skip
        self.events, self.files = {}, {}
        for one, case in zip(self.world.cases, self.cases, strict=True):
            for number, shown in enumerate(one.events):
                self.events[one.number, number] = self._event(case, number, shown, [])
            for number, (internal, shown, of_party) in enumerate(one.files):
                digest = f"{one.number}-{number}"
                self.files[one.number, number] = Attachment(
                    case=case, name=digest, digest=digest, size=1, media="text/plain", internal=internal,
                    of_party=of_party,
                    added_by=self.people[0], added_at=self.at,
                )  # fmt: skip
                self.events[one.number, 10 + number] = self._event(case, 10 + number, shown, [digest])
        CaseEvent.objects.bulk_create(self.events.values())
        Attachment.objects.bulk_create(self.files.values())

    def _event(self, case: Case, number: int, shown: bool, files: list[str]) -> CaseEvent:
        return CaseEvent(
            case=case, body=case.body, sequence=number, kind="attached" if files else "moved", about="w",
            to_state="s", actor_key="x",
            day=self.today, at=self.at, attachments=files, shown=shown, evidence=0,
        )  # fmt: skip

    def _row(self, owner: int | None) -> EvidenceOutbox:
        body = "" if owner is None else str(self.bodies[owner].pk)
        row = EvidenceOutbox(kind="x", actor="x", body=body, subject="x", payload="{}", digest="", at=self.at)
        row.save(force_insert=True)
        return row

    def _grant(self, one: Any) -> Grant:
        case = None if one.case is None else self.cases[one.case]
        by = next(person for person, told in zip(self.people, self.world.people, strict=True) if told.number >= 0)
        return Grant(
            body=self.bodies[one.owner], receiver=self.bodies[one.receiver], duty=one.duty, opens=one.opens,
            person=None if one.person is None else self.people[one.person], case=case, state=one.state,
            number=case.number if case else "", institutions=one.places, cycle=one.cycle, internal=one.internal,
            purpose="x", valid_from=self._day(one.start), valid_to=self._day(one.end), asked_by=by, asked_at=self.at,
            settled_by=self.people[1], settled_at=self.at,
        )  # fmt: skip

    def reader(self, person: int) -> Reader:
        """Return what one person may see and do."""
        return Reader(self, User.objects.select_related("body").get(pk=self.people[person].pk))


class Reader:
    """What the site lets one person see, set by set, and do."""

    def __init__(self, site: Site, user: User) -> None:
        self.site, self.user = site, user
        self.scope = scope(user)
        self.rights = {verb for verb in Verb if may(user, verb)}
        self.sees: dict[str, set[Any]] = {
            "account": self._keys(User, Verb.READ_PEOPLE),
            "evidence": self._keys(EvidenceOutbox, Verb.READ_EVIDENCE),
            "grant": self._keys(Grant, Verb.READ_GRANTS),
            "case": self._keys(Case, Verb.READ_CASES),
        }
        self._case_parts()
        facts = Verb.READ_FINDINGS in self.rights
        self.sees |= self._facts(self.scope) if facts else {"finding": set(), "row": set(), "patient": set()}
        decides = facts and Verb.DECIDE_FINDINGS in self.rights
        self.sees["decide"] = self._facts(self.scope.own)["finding"] if decides else set()

    def _keys(self, model: Any, verb: Verb) -> set[Any]:
        found = set(self.scope.rows(model.objects.all()).order_by().values_list("pk", flat=True))
        if connection.vendor == "postgresql" and model._meta.label not in walls.BEFORE_SCOPE:
            with walls.within(walls.wall_of(self.scope)):
                behind = set(model.objects.order_by().values_list("pk", flat=True))
            if behind != found:
                raise AssertionError(f"{model.__name__}: the wall shows {behind ^ found} otherwise than the scope")
        return found if verb in self.rights else set()

    def _case_parts(self) -> None:
        """Events and files as the timeline of a case and its list of files show them."""
        events, files = set(), set()
        for case in Case.objects.filter(pk__in=self.sees["case"]):
            whole = case_queries.sees_all(self.scope, case)
            shown = case.events.all() if whole else case.events.filter(shown=True)
            events |= set(shown.values_list("pk", flat=True))
            files |= set(case_queries.attachments(self.scope, case).values_list("pk", flat=True))
        self.sees |= {"event": events, "file": files}

    def _facts(self, within: Scope) -> dict[str, set[Any]]:
        with within.lake() as reader:
            return {
                "finding": {row["finding_id"] for row in reader.rows("SELECT finding_id FROM finding")},
                "row": {row["row_id"] for row in reader.rows("SELECT row_id FROM finding_row") if row["row_id"]},
                "patient": {row["person_id"] for row in reader.rows("SELECT person_id FROM person")},
            }

    def steps(self, case: int, who: Who) -> bool:
        """Whether the person is one of the people of a step."""
        return acts(self.user, self.site.cases[case], [who])


def run_file(world: World, folder: Path) -> lake.RunFile:
    """Write the facts of a world as a serving file and open it."""
    path = folder / "serving.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(TABLES)
        rows: dict[str, list[Any]] = {
            "institution": [[one.code, one.code, "hospital", "1", one.lead, one.region] for one in world.places],
            "finding": [[f"f{one.number}", one.place, "s", f"p{one.number}"] for one in world.findings],
            "finding_row": [
                [f"f{one.number}", f"f{one.number}-{n}", 1, None, code]
                for one in world.findings
                for n, code in enumerate(one.rows)
            ],
            "person": [[f"t{number}"] for number in range(len(world.patients))],
            "encounter": [
                [f"e{number}{code}", f"t{number}", code, "b"]
                for number, codes in enumerate(world.patients)
                for code in codes
            ],
        }
        for table, values in rows.items():
            row = f"({', '.join('?' * len(values[0]))})"
            con.execute(
                f"INSERT INTO {table} VALUES {', '.join([row] * len(values))}", [one for v in values for one in v]
            )
    return lake.RunFile(path)


@contextmanager
def site_of(world: World) -> Iterator[Site]:
    """Lend a site that holds one world; afterwards nothing of it is left."""
    before = lake.current_run
    with tempfile.TemporaryDirectory() as folder, transaction.atomic(), remembering():
        file = run_file(world, Path(folder))
        lake.current_run = lambda: file  # type: ignore[assignment]
        try:
            yield Site(world, file)
        finally:
            lake.current_run = before
            transaction.set_rollback(True)
