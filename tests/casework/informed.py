"""A run with the orders of a laboratory, for the tests of notices, of the public pages and of a vendor's own page."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.casework.vendoring import CODE
from tests.web.serving import AS_OF, LEAD, OTHER, TOWN, County, load_facts, places
from zhunsheng.casework.agreements.facts import RULE
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.vendors.models import ServiceLine, Vendor, VendorPaper
from zhunsheng.kernel.files import canonical
from zhunsheng.kernel.quantity import scaled
from zhunsheng.kernel.time import now

#: Another vendor of the same site, and what nobody but the reader of rows may learn.
RIVAL = "91330781MA2LABX02H"
SECRETS = ("PERSON-TOWN", "PERSON-OTHER", "HIV抗体检测", "ITEM-9", "HIV-AB", "7.7777", "确诊更正")
DAY, RUN = date(2026, 10, 20), "r20261031-cccccccccccc"
#: Item, price filed, lines and sum of its last comparison.
FILED = {"CT": ("260", 20, "4000"), "FEW": ("10", 3, "9")}


def orders(built: County) -> None:
    """O1 of the town: amended, untold. O2 of another hospital. O3 of nobody, priced. O4 declined and done."""
    told = {"O1": (TOWN, "PERSON-TOWN", False, False), "O2": (OTHER, "PERSON-OTHER", True, False),
            "O3": (TOWN, None, None, None), "O4": (TOWN, "PERSON-TOWN", True, True)}  # fmt: skip
    for number, (place, who, was_told, declined) in told.items():
        order = {"vendor_id": CODE, "order_id": number}
        built.add("service_order", **order, service_kind="laboratory", institution_id=place.id, person_id=who,
                  item_code="ITEM-9", item_name="HIV抗体检测", ordered_on=DAY, state="done", told=was_told,
                  declined=declined, amount_fen=12_345 if number == "O3" else None)  # fmt: skip
        for at, node in enumerate(("collected", "tested", "reported")):
            built.add("service_event", **order, event_id=f"{number}-{at}", node=node, happened_on=DAY)
    for version, reason in ((1, None), (2, "确诊更正")):
        built.add("result", vendor_id=CODE, order_id="O1", analyte="HIV-AB", version=version, institution_id=TOWN.id,
                  person_id="PERSON-TOWN", value_e4=77_777, reported_on=DAY, practitioner_id="D1",
                  reason=reason)  # fmt: skip


def facts() -> County:
    """Return the facts: two vendors, orders, who signs, what is licensed, prices and charges of two hospitals."""
    built = County()
    places(built)
    for code, name in ((CODE, "恒诺医学检验"), (RIVAL, "对手检验")):
        built.add("institution", institution_id=code, name=name, kind="vendor", valid_from=date(2020, 1, 1))
        for item, (price, _lines, _sum) in FILED.items():
            built.add("price_filing", vendor_id=code, item_code=item, item_name=f"项目{item}",
                      unit_price_e6=scaled(price, 6), valid_from=date(2026, 1, 1))  # fmt: skip
    orders(built)
    built.add("vendor_staff", vendor_id=CODE, practitioner_id="D1", name="沈签发", title="senior",
              certificate_kind="physician_licence", valid_from=date(2020, 1, 1))  # fmt: skip
    built.add("vendor_scope", vendor_id=CODE, item_code="ITEM-9", valid_from=date(2020, 1, 1))
    for place, price in ((LEAD, "100"), (OTHER, "200")):
        for number in range(10):
            built.add("charge_line", line_id=f"L-{place.id}-{number}", encounter_id="E", institution_id=place.id,
                      item_code="CT", service_date=DAY, quantity_e4=10_000, unit_price_e6=scaled(price, 6),
                      amount_fen=100)  # fmt: skip
    return built


def run_file(folder: Any) -> RunFile:
    """Return the run of these facts with the comparisons of its prices."""
    path = folder / RUN / "serving.duckdb"
    path.parent.mkdir()
    with duckdb.connect(str(path)) as con:
        load_facts(con, facts())
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute(
            "INSERT INTO meta VALUES ('manifest', ?)", [canonical({"as_of": AS_OF.isoformat(), "run_id": RUN}).decode()]
        )
        con.execute("CREATE TABLE measure (rule_id VARCHAR, institution_id VARCHAR, period VARCHAR, item_code VARCHAR, "
                    "subject_id VARCHAR, point_id VARCHAR, peer_group VARCHAR, numerator BIGINT, denominator BIGINT, "
                    "weight BIGINT, gap VARCHAR)")  # fmt: skip
        for code in (CODE, RIVAL):
            for item, (price, lines, total) in FILED.items():
                row = [RULE, code, "2026-10", item, code, "", "", scaled(price, 6) * lines, scaled(total, 6), lines,
                       "peers_few" if lines < 20 else ""]  # fmt: skip
                con.execute("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return RunFile(path)


@pytest.fixture(scope="session")
def ordered(tmp_path_factory):
    """The run of the orders, opened once."""
    return run_file(tmp_path_factory.mktemp("informed"))


@pytest.fixture
def served(people, ordered, monkeypatch):
    """The laboratory in service at the consortium, with a licence, and the run in which its orders stand."""
    monkeypatch.setattr(lake, "current_run", lambda: ordered)
    Body.objects.filter(kind="vendor").update(institution_code=CODE)
    vendor = Vendor.objects.create(institution_id=CODE, name="恒诺医学检验", registered_at=now())
    ServiceLine.objects.create(vendor=vendor, institution_id=CODE, body=people["consortium"].body, kind="laboratory",
                               tier="medium", state="in_service", applied_on=DAY, entered_on=DAY,
                               history=[[str(DAY), "in_service", "FW-1"]])  # fmt: skip
    VendorPaper.objects.create(vendor=vendor, institution_id=CODE, kind="practice_licence", number="PDY-001",
                               issuer="县卫健局", valid_from="2020-01-01", valid_to="2026-10-20", accepted=True,
                               told_by=people["consortium"], told_at=now())  # fmt: skip
    return {login: User.objects.select_related("body").get(pk=one.pk) for login, one in people.items()}
