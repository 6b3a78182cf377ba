"""A decision on payment qualification acts at the desk with the next ask and in the next run, and both say the same."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest

from tests.desk.county import AS_OF, hits_of, judged, told
from zhunsheng import runs
from zhunsheng.desk.desk import Desk
from zhunsheng.desk.forms import OrderForm
from zhunsheng.engines import duck
from zhunsheng.facts import rulings
from zhunsheng.facts.rulings import InForce, Ruling
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.quantity import plain

RULE = "fund/prescriber-not-qualified"


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rulings")
    found = judged(folder, 4_000)
    ready = iter([found.compiled])
    desk = Desk(found.store, lambda _held: next(ready, None), InForce(Home(folder / "var")))
    desk.renew()
    return Home(folder / "var"), found, desk


def barred(home, count):
    """Rulings on the busiest prescribers, ending and beginning amid the year."""
    with duck.connect(str(runs.current(home)), read_only=True) as con:
        rows = con.execute(
            "SELECT practitioner_id FROM line WHERE practitioner_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
        ).fetchmany(count)
    kinds, ends = ("suspended", "terminated"), (None, date(2026, 8, 5))
    return [
        Ruling(who, kinds[n % 2], date(2026, 1 + n, 11), ends[n % 2], f"ZG2026-{n:05d}")
        for n, (who,) in enumerate(rows)
    ]


def order_of(case, encounter):
    stay = next(one for one in case.stays if one.encounter_id == encounter)
    lines = [
        {"line_id": one.line_id, "item_code": one.item_code, "at": str(one.service_date),
         "quantity": plain(one.quantity_e4, 4), "unit_price": plain(one.unit_price_e6, 6),
         "practitioner_id": one.practitioner_id}
        for one in case.lines if one.encounter_id == encounter
    ]  # fmt: skip
    about = {"encounter_id": encounter, "visit_type": stay.visit_type, "start": str(stay.start_date)}
    return OrderForm.model_validate({"person": {"person_id": case.person_id}, "encounter": about, "lines": lines})


def differing(county, hits):
    """Compare desk and run over the last encounter of everyone; return what differs, and the reasons found."""
    _, found, desk = county
    wrong, reasons = [], []
    for person in found.people:
        case = found.store.open().case(person)
        last = max(case.stays, key=lambda one: (one.start_date, one.start_at or 0, one.encounter_id)).encounter_id
        order = order_of(case, last)
        if not order.lines:
            continue
        answer = desk.ask(
            order, person, next(o.institution_id for o in case.stays if o.encounter_id == last), 1e9
        ).answer
        seen = sorted(told(hit)[:7] for one in answer.findings if one.rule_id == RULE for hit in one.hits)
        lines = {line.line_id for line in order.lines}
        subjects = {h.subject_key for h in hits.get(person, ()) if h.rule_id == RULE and h.row_id in lines}
        expected = sorted(told(hit)[:7] for hit in hits.get(person, ()) if hit.subject_key in subjects)
        wrong += [] if seen == expected else [(person, seen, expected)]
        reasons += [row[4] for row in seen]
    return wrong, reasons


def test_desk_and_run_agree_while_barred_and_after_the_decisions_are_lifted(county):
    home, _, _ = county
    decided = barred(home, 6)
    first = rulings.publish(home, decided)
    assert rulings.publish(home, decided[::-1]) == first
    manifest = runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    assert manifest.rulings == first
    with duck.connect(str(runs.current(home)), read_only=True) as con:
        hits = hits_of(con)
    wrong, reasons = differing(county, hits)
    assert not wrong
    assert reasons.count("barred") > 20
    named = {h.expected for rows in hits.values() for h in rows if h.reason == "barred"}
    assert named - {""} == {one.decision for one in decided}

    rulings.publish(home, [])
    wrong, after = differing(county, hits)
    assert wrong
    assert "barred" not in after
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    with duck.connect(str(runs.current(home)), read_only=True) as con:
        assert not differing(county, hits_of(con))[0]

    assert runs.replay(home, manifest.run_id).result_digest == manifest.result_digest
    (rulings.folder(home) / f"{first}.parquet").unlink()
    with pytest.raises(Problem, match="ZS946"):
        runs.replay(home, manifest.run_id)


def test_the_next_ask_obeys_on_its_first_and_last_day_and_leaves_rescue_to_a_person(county):
    home, _, desk = county
    start = date(2026, 3, 10)

    def reasons(day, visit="outpatient"):
        order = OrderForm.model_validate({
            "person": {"person_id": "nobody"},
            "encounter": {"encounter_id": "E", "visit_type": visit, "start": str(day)},
            "lines": [{"line_id": "L", "item_code": "X", "at": str(day), "quantity": "1", "unit_price": "1",
                       "practitioner_id": "D000000000001"}],
        })  # fmt: skip
        answer = desk.ask(order, "nobody", "A", 1e9).answer
        return [(hit.reason, hit.expected) for one in answer.findings if one.rule_id == RULE for hit in one.hits]

    free = [("register_missing", "")]
    rulings.publish(home, [])
    assert reasons(start) == free
    began = time.perf_counter()
    rulings.publish(home, [Ruling("D000000000001", "suspended", start, start + timedelta(days=31), "ZG2026-00009")])
    assert reasons(start) == [("barred", "ZG2026-00009")]
    assert time.perf_counter() - began < 1
    assert reasons(start - timedelta(days=1)) == free
    assert reasons(start + timedelta(days=30)) == [("barred", "ZG2026-00009")]
    assert reasons(start + timedelta(days=31)) == free
    assert reasons(start, "emergency") == [("barred_emergency", "ZG2026-00009")]
    rulings.publish(home, [])
    assert reasons(start) == free
