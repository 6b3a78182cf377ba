"""Planted schemes for the patterns over populations, with people of their own, in files of their own.

A scheme concerns an institution (or a clinician of it) and a month. It adds encounters of people who exist for it
alone, so ordinary traffic and the cases of other rules stay as they are. The answer file names rule, institution,
month, clinician and item; the judges cannot read it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from zhunsheng.generator import export
from zhunsheng.generator.catalogue import Item
from zhunsheng.generator.county import COUNTY, PHARMACY, TOWNSHIP, VILLAGE, County
from zhunsheng.generator.masters import table
from zhunsheng.generator.months import Month
from zhunsheng.generator.supply import CODE, Ledger, Shelf
from zhunsheng.generator.tables import headers
from zhunsheng.generator.tables import rows as rows_of
from zhunsheng.kernel.money import yuan

#: Numbers of the people of schemes, of their encounters and lines lie beyond all others.
PEOPLE, BEYOND, BEYOND_LINES = 990_000_000, 90_000_000, 900_000_000
RESALE = ("XB01ACM064A002010199064", "XC10AAJ061A008010199061", "XR03AKJ035A009010199035")
OPERATION = ("003311000010000", "演示手术项目")
#: Among how many of the dearest items a scheme of shares chooses.
DEAR = 12
OUTPATIENT, STAY, SHOP = "11", "21", "41"
RESIDENT = "390"


class Scheme(NamedTuple):
    """One planted scheme, as the answer file names it."""

    rule_id: str
    institution_id: str
    month: str
    practitioner_id: str
    item_code: str


class Place(NamedTuple):
    """An institution with the clinicians and the department that its schemes use."""

    code: str
    kind: int
    department: str
    doctors: tuple[str, ...]


@dataclass
class Rows:
    """The rows of all schemes by file kind, and what of them the stores gave out. No list names ``plain`` items."""

    ledger: Ledger
    names: dict[str, Item]
    plain: tuple[str, ...]
    written: dict[str, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    kinds: Counter[int] = field(default_factory=Counter)
    people: int = 0
    encounters: int = 0
    lines: int = 0
    amount_fen: int = 0

    def person(self) -> str:
        """Return the number of a new person."""
        self.people += 1
        return str(PEOPLE + self.people)

    def visit(self, place: Place, person: str, start: str, items: list[str], **more: str) -> str:
        """Add an encounter, settled at its end, with a line per item; return its number."""
        self.encounters += 1
        day, month = start[:10], start[:7]
        number = f"{month.replace('-', '')}{BEYOND + self.encounters:08d}"
        end = more.get("end", start)
        prices = [(self.names[item].price_e6 + 5_000) // 10_000 for item in items]
        said = {
            "mdtrt_id": number, "setl_id": f"{number}1", "psn_no": person, "gend": "1" if self.people % 2 else "2",
            "brdy": f"{1950 + self.people % 30}-05-06", "fixmedins_code": place.code, "begntime": start,
            "med_type": more.get("kind", SHOP if place.kind == PHARMACY else OUTPATIENT), "endtime": end,
            "adm_dept_codg": place.department, "chfpdr_code": more.get("doctor", ""), "hi_type": RESIDENT,
            "dise_codg": more.get("diagnosis", "I10.x00"), "setl_time": end,
        }  # fmt: skip
        said |= _settled(place, said["med_type"], sum(prices))
        self.amount_fen += sum(prices)
        self.kinds[int(said["med_type"])] += 1
        self._add("setlinfo", said)
        diagnosis = {"mdtrt_id": number, "diag_srt_no": "1", "diag_code": said["dise_codg"], "maindiag_flag": "1"}
        self._add("diseinfo", diagnosis)
        contact = {"tel": more.get("phone", f"101{person[-8:]}"), "acct": more.get("account", "")}
        self._add("contact", {name: said[name] for name in ("mdtrt_id", "psn_no", "fixmedins_code")} | contact)
        for item, fen in zip(items, prices, strict=True):
            self._line(said, day, item, fen, more.get("code", ""))
        return number

    def _line(self, said: dict[str, str], day: str, item: str, fen: int, code: str) -> None:
        self.lines += 1
        one, number = self.names[item], f"{day[:7].replace('-', '')}{BEYOND_LINES + self.lines}"
        line = {
            "feedetl_sn": number, "med_list_codg": item, "medins_list_name": export.cleared(one.name),
            "med_chrgitm_type": one.item_class, "fee_ocur_time": said["begntime"], "cnt": "1", "pric": _yuan(fen),
            "det_item_fee_sumamt": _yuan(fen), "inscp_scp_amt": _yuan(fen), "bilg_dept_codg": said["adm_dept_codg"],
            "bilg_dr_codg": said["chfpdr_code"],
        }  # fmt: skip
        self._add("feedetail", said | line)
        if item in self.ledger.kept:
            self.ledger.charged[said["fixmedins_code"], item, day[:7]] += 10_000
            read = {"trac_sn": number, "drug_trac_codg": code or f"{CODE}{int(number):016d}"}
            self._add("drugtrac", said | line | read)

    def operated(self, place: Place, number: str, person: str, doctor: str, at: str) -> None:
        """Add a use record of the operation that takes its surgeon wholly."""
        count = len(self.written["exerecd"]) + 1
        record = {
            "exe_sn": f"99{count:08d}", "mdtrt_id": number, "psn_no": person, "fixmedins_code": place.code,
            "med_list_codg": OPERATION[0], "exe_time": at, "exe_cnt": "1", "exe_psn_code": doctor,
        }  # fmt: skip
        self._add("exerecd", record)

    def _add(self, kind: str, said: dict[str, str]) -> None:
        self.written[kind].append([said.get(name, "") for name in headers(kind)])

    def tables(self) -> dict[str, pa.Table]:
        """Return all rows as tables."""
        return {kind: table(kind, rows) for kind, rows in sorted(self.written.items())}


Plant = Callable[[Rows, Place, Month, int], Scheme]


def plant(
    county: County, items: list[Item], plain: tuple[int, ...], ledger: Ledger, months: list[Month], count: int
) -> tuple[Rows, list[Scheme], dict[Shelf, int]]:
    """Plant ``count`` schemes of each kind; return their rows, their answers, and purchases that were not made.

    ``plain`` are the positions of items of which no rule has anything to say.
    """
    rows, told = Rows(ledger, {item.code: item for item in items}, tuple(items[n].code for n in plain)), []
    places = list(_places(county))
    for number, (kinds, scheme) in enumerate(SCHEMES):
        fitting = [place for place in places if place.kind in kinds]
        for n in range(count):
            place = fitting[(7 * n + 3 * number) % len(fitting)]
            month = months[(5 * n + number) % (len(months) - 4) + 4 if len(months) > 5 else -1]
            told.append(scheme(rows, place, month, n))
    short = _short(ledger, months, count)
    answers = [Scheme(_stock_rule(item), place, month, "", item) for place, item, month in short]
    return rows, [*told, *answers], short


def _short(ledger: Ledger, months: list[Month], count: int) -> dict[Shelf, int]:
    """Choose where much was charged, drugs and consumables apart, and half of it never bought."""
    labels = {month.label for month in months[1:]} or {months[0].label}
    most = sorted((-sold, shelf) for shelf, sold in ledger.charged.items() if shelf[2] in labels and sold >= 60_000)
    by_rule: dict[str, list[Shelf]] = defaultdict(list)
    for _, shelf in most:
        by_rule[_stock_rule(shelf[1])].append(shelf)
    spread = (held[:: max(1, len(held) // (count or 1))][:count] for held in by_rule.values())
    return {shelf: 50 for held in spread for shelf in held}


def _stock_rule(item: str) -> str:
    return "fund/consumable-stock-balance" if item.startswith("C") else "fund/drug-stock-balance"


def _places(county: County) -> Iterator[Place]:
    for number, one in enumerate(county.institutions):
        parts = [n for n, part in enumerate(county.departments) if part.institution == number]
        doctors = tuple(p.code for p in county.practitioners if parts and p.department == parts[0])
        if one.kind in (COUNTY, TOWNSHIP, VILLAGE, PHARMACY):
            yield Place(one.code, one.kind, county.departments[parts[0]].code if parts else "", doctors)


def _drugs(rows: Rows, category: str = "drug") -> list[str]:
    """Return drugs, or other items, that nothing limits and whose store nobody balances."""
    free = [code for code in rows.plain if rows.names[code].category == category]
    return [code for code in free if code not in rows.ledger.kept]


def _settled(place: Place, kind: str, fen: int) -> dict[str, str]:
    """Return the parts of a settlement by the table of its setting, the year's deductible already borne."""
    at = "county" if place.kind == COUNTY else "primary"
    setting = {SHOP: "pharmacy", STAY: f"stay_{at}"}.get(kind, f"outpatient_{at}")
    (row,) = (row for row in rows_of("payment") if (row["setting"], row["insurance"]) == (setting, RESIDENT))
    fund = (fen * int(row["fund_percent"]) + 50) // 100
    own = _yuan(fen - fund)
    return {
        "medfee_sumamt": _yuan(fen), "fund_pay_sumamt": _yuan(fund), "psn_selfpay": own, "psn_ownpay": _yuan(0),
        "acct_pay": _yuan(0), "psn_cashpay": own,
    }  # fmt: skip


def _yuan(fen: int) -> str:
    return yuan(fen).replace(",", "")


def _day(month: Month, number: int) -> str:
    return (month.start + timedelta(days=number % month.days)).isoformat()


def _clock(number: int, first: int = 8) -> str:
    """Return a time of the working day, a few minutes after the one before."""
    minutes = 3 * number % 540
    return f"{first + minutes // 60:02d}:{minutes % 60:02d}:00"


def _volume(rows: Rows, place: Place, month: Month) -> int:
    """Return how many encounters a place has in a month of its own, at least a few."""
    return max(25, rows.ledger.met[place.code, month.label])


def _doctor(place: Place, number: int = 0) -> str:
    return place.doctors[number % len(place.doctors)] if place.doctors else ""


def trace_twice(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """The packages of some sales are settled again for other people."""
    for k in range(4):
        code = f"{CODE}99{n:06d}{k:08d}"
        for again in range(2):
            start = f"{_day(month, 3 * k + 9 * again)} {_clock(k)}"
            rows.visit(place, rows.person(), start, [RESALE[k % 3]], code=code, doctor=_doctor(place))
    return Scheme("fund/trace-code-settled-again", place.code, month.label, "", "")


def group_visits(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """Six people come on the same four days."""
    drugs = _drugs(rows)
    for k in range(6):
        person = rows.person()
        for day in range(4):
            start = f"{_day(month, 2 + 6 * day + n % 3)} {_clock(k + day)}"
            rows.visit(place, person, start, [drugs[(k + day + n) % len(drugs)]], doctor=_doctor(place))
    return Scheme("fund/group-visits", place.code, month.label, "", "")


def shared(rule: str, **contact: str) -> Plant:
    """Return the scheme of fourteen people with one phone or account."""

    def scheme(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
        drugs = _drugs(rows)
        same = {name: f"{head}{n:08d}" for name, head in contact.items()}
        for k in range(14):
            start = f"{_day(month, k)} {_clock(5 * k)}"
            rows.visit(place, rows.person(), start, [drugs[(k + n) % len(drugs)]], doctor=_doctor(place), **same)
        return Scheme(rule, place.code, month.label, "", "")

    return scheme


def cloned_charges(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """Eight people are charged the same eight items, no more drugs than one prescription holds."""
    drugs, care = _drugs(rows), _drugs(rows, "treat")
    sheet = [drugs[(11 * n + k) % len(drugs)] for k in range(5)] + [care[(n + k) % len(care)] for k in range(3)]
    for k in range(8):
        rows.visit(place, rows.person(), f"{_day(month, 2 * k)} {_clock(9 * k)}", sheet, doctor=_doctor(place))
    return Scheme("fund/cloned-charges", place.code, month.label, "", "")


def admissions(rule: str, *, night: bool) -> Plant:
    """Return the scheme of stays that begin at weekends, or at night, as many as the place has in half a month."""

    def scheme(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
        drugs = _drugs(rows)
        days = [month.start + timedelta(days=d) for d in range(month.days - 3)]
        chosen = [day for day in days if (day.weekday() < 4 if night else day.weekday() >= 5)]
        for k in range(30):
            start: date = chosen[k % len(chosen)]
            begin = f"{start} {'23' if night else '10'}:{k:02d}:00"
            more = {"kind": STAY, "end": f"{start + timedelta(days=2)} 09:00:00", "doctor": _doctor(place, k)}
            rows.visit(place, rows.person(), begin, [drugs[(k + n) % len(drugs)]], **more)
        return Scheme(rule, place.code, month.label, "", "")

    return scheme


def growth(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """Twice as many encounters again as the place has."""
    drugs = _drugs(rows)
    for k in range(2 * _volume(rows, place, month)):
        items = [drugs[(k + n) % len(drugs)], drugs[(k + n + 7) % len(drugs)]]
        rows.visit(place, rows.person(), f"{_day(month, k)} {_clock(k)}", items, doctor=_doctor(place, k))
    return Scheme("fund/sudden-growth-of-cases", place.code, month.label, "", "")


def workload(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """A clinician sees 150 people on one day."""
    drugs, doctor = _drugs(rows), _doctor(place, n)
    for k in range(150):
        start = f"{_day(month, 9 + n)} {_clock(k)}"
        rows.visit(place, rows.person(), start, [drugs[(k + n) % len(drugs)]], doctor=doctor)
    return Scheme("fund/impossible-workload", place.code, month.label, doctor, "")


def resale(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """Half as many encounters again, all for drugs that are resold."""
    for k in range(max(20, _volume(rows, place, month) // 2)):
        start = f"{_day(month, k)} {_clock(k)}"
        rows.visit(place, rows.person(), start, [RESALE[(k + n) % 3]], doctor=_doctor(place, k))
    return Scheme("fund/resale-prone-drugs", place.code, month.label, "", "")


def share(rule: str, category: str) -> Plant:
    """Return the scheme of many further encounters, more than the place has itself, for dear items alone."""

    def scheme(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
        dear = sorted(_drugs(rows, category), key=lambda code: -rows.names[code].price_e6)[:DEAR]
        for k in range(3 * _volume(rows, place, month) // 2):
            items = [dear[(k + step + n) % len(dear)] for step in (0, 1, 3)]
            rows.visit(place, rows.person(), f"{_day(month, k)} {_clock(k)}", items, doctor=_doctor(place, k))
        return Scheme(rule, place.code, month.label, "", "")

    return scheme


def two_places(rows: Rows, place: Place, month: Month, n: int) -> Scheme:
    """A surgeon operates on three people within twenty minutes."""
    drugs, doctor = _drugs(rows), _doctor(place, n)
    for k in range(3):
        person, day = rows.person(), _day(month, 10 + n)
        number = rows.visit(place, person, f"{day} 08:{k:02d}:00", [drugs[(k + n) % len(drugs)]], doctor=doctor)
        rows.operated(place, number, person, doctor, f"{day} 10:{10 * k:02d}:00")
    return Scheme("fund/clinician-in-two-places", place.code, month.label, doctor, "")


#: The kinds of place that a scheme suits, and how it is planted.
SCHEMES: tuple[tuple[tuple[int, ...], Plant], ...] = (
    ((PHARMACY,), trace_twice),
    ((TOWNSHIP, VILLAGE), group_visits),
    ((VILLAGE, TOWNSHIP), shared("fund/shared-phone", phone="102")),
    ((TOWNSHIP, VILLAGE), shared("fund/shared-account", account="622200")),
    ((TOWNSHIP,), cloned_charges),
    ((TOWNSHIP,), admissions("fund/weekend-admissions", night=False)),
    ((TOWNSHIP,), admissions("fund/night-admissions", night=True)),
    ((VILLAGE, PHARMACY, TOWNSHIP), growth),
    ((TOWNSHIP,), workload),
    ((PHARMACY,), resale),
    ((COUNTY,), two_places),
    ((TOWNSHIP,), share("fund/drug-share", "drug")),
    ((TOWNSHIP,), share("fund/consumable-share", "material")),
)
