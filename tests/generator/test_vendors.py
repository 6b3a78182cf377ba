"""The vendors of the county: files that load whole, stories that are really there, look-alikes that are harmless.

Each story is looked for again in the files by plain Python; nothing of the generator is asked but the key.
"""

import csv
import hashlib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.generator.points import KNOWLEDGE
from zhunsheng.facts import lake
from zhunsheng.generator import generate
from zhunsheng.generator.vendors import year
from zhunsheng.kernel.home import Home
from zhunsheng.sources import load

LAB, PATHOLOGY, IMAGING = "91990124MA7QH00016", "91990124MA7QH00029", "91990124MA7QH0003C"
COURIER, ECG, REHAB = "91990124MA7QH0004F", "91990124MA7QH0005J", "91990124MA7QH0006M"
LONG_AGO, FAR = date(1900, 1, 1), date(9999, 12, 31)


class Files:
    """The files of vendors as rows of text."""

    def __init__(self, out: Path, summary):
        self.out, self.summary = out, summary
        self.key = {row["story"]: row for row in self.read(out / "vendor_key.csv")}

    @staticmethod
    def read(path):
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def rows(self, kind, vendor=None):
        (path,) = (self.out / "import" / "vendors").glob(f"*_{kind}.csv")
        return [row for row in self.read(path) if vendor in (None, row.get("vendor_id"))]

    def days(self, story, verdict, vendor):
        row = self.key[story]
        assert (row["verdict"], row["vendor_id"]) == (verdict, vendor)
        return date.fromisoformat(row["first_day"]), date.fromisoformat(row["known_day"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("vendors")
    return Files(out, generate(out, lines=60_000, knowledge=KNOWLEDGE))


def at(text):
    return datetime.fromisoformat(text)


def day(text):
    return date.fromisoformat(text[:10])


def month_end(one):
    following = (one.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)


def done(orders):
    return [row for row in orders if row["done_at"]]


def shares(rows, of, what):
    """Return by month how many rows there are and how many of them are so."""
    total, hits = Counter(), Counter()
    for row in rows:
        total[row[of][:7]] += 1
        hits[row[of][:7]] += what(row)
    return {month: (hits[month], total[month]) for month in sorted(total)}


def late_shares(made, vendor):
    return shares(done(made.rows("order", vendor)), "ordered_at", lambda row: row["done_at"] > row["due_at"])


def first_month(figures, percent):
    return next(month for month, (hits, total) in figures.items() if hits * 100 >= percent * total)


def valid(rows, one):
    """Whether a period of any of the rows holds a day; the last day is held."""
    return any(day(r["valid_from"]) <= one <= (day(r["valid_to"]) if r["valid_to"] else FAR) for r in rows)


def test_the_files_load_whole_and_their_counts_reconcile(made, tmp_path):
    home = Home(tmp_path)
    report = load(home, [made.out / "import" / "vendors"], recorded_at=1_790_000_000)
    assert report.store.count == 0
    told = {name.removeprefix("vendors/"): count for name, count in made.summary.kinds.items() if "/" in name}
    assert {one.kind: one.rows_loaded for one in report.files} == told
    assert told["order"] > 10_000
    snapshot = lake.latest(home)
    assert snapshot.tables.keys() >= {"service_order", "kinship", "institution", "device"}


def test_no_two_files_of_the_county_have_the_same_stem(made):
    stems = [path.stem for path in (made.out / "import").rglob("*") if path.is_file()]
    assert len(stems) == len(set(stems))


def test_orders_are_of_encounters_of_the_county_and_of_the_people_in_them(made):
    visits = {}
    for path in sorted((made.out / "import").glob("*_setlinfo.csv")):
        raw = path.read_bytes()
        if raw.startswith((b"mdtrt_id", b"\xef\xbb\xbf")):
            for row in csv.DictReader(raw.decode("utf-8-sig").splitlines()):
                known = visits.setdefault(row["mdtrt_id"], row)  # a long stay is settled more than once
                known["begntime"] = min(known["begntime"], row["begntime"])
    checked = 0
    for row in made.rows("order"):
        visit = visits.get(row["encounter_id"])
        if visit:  # months in other encodings are left aside
            checked += 1
            assert (visit["psn_no"], visit["fixmedins_code"]) == (row["psn_no"], row["institution_id"])
            assert timedelta(minutes=10) <= at(row["ordered_at"]) - at(visit["begntime"]) <= timedelta(minutes=90)
    assert checked > 5_000
    known = {row["order_id"] for row in made.rows("order")}
    for kind in ("event", "result", "reading"):
        assert {row["order_id"] for row in made.rows(kind) if row["order_id"]} <= known


def test_the_courier_states_a_trip_a_day_and_of_two_warm_ones_one_without_a_plan(made):
    trips = made.rows("trip")
    assert {row["vendor_id"] for row in trips} == {COURIER}
    assert len(trips) == len({row["started_on"] for row in trips}) >= 364
    warm = [row for row in trips if row["excursion"] == "是"]
    assert [(row["plan_started"], bool(row["plan_at"])) for row in warm] == [("是", True), ("否", False)]
    story = made.key["cold_excursion"]
    assert warm[1]["started_on"] == story["first_day"]


def test_the_county_is_the_same_with_and_without_vendors(tmp_path, monkeypatch):
    def digests(name):
        generate(tmp_path / name, lines=4_000, seed=3, knowledge=KNOWLEDGE)
        paths = (path for path in (tmp_path / name).rglob("*") if path.is_file() and path.name != "summary.json")
        return {str(p.relative_to(tmp_path / name)): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}

    one, two = digests("one"), digests("two")
    assert one == two
    monkeypatch.setattr(year, "MONTHS", 13)
    without = digests("without")
    assert {name: text for name, text in one.items() if "vendor" not in name} == without
    assert len(one) - len(without) == 18


def test_the_pathology_laboratory_misses_more_and_more(made):
    first, known = made.days("misdiagnosis_rising", "planted", PATHOLOGY)
    figures = shares(made.rows("reading", PATHOLOGY), "reviewed_on", lambda row: row["concordant"] == "否")
    assert all(hits * 100 < 2 * total for month, (hits, total) in figures.items() if month <= first.isoformat()[:7])
    assert month_end(date.fromisoformat(f"{first_month(figures, 2)}-01")) == known
    (hits, total) = list(figures.values())[-1]
    assert hits * 10 > total


def test_the_courier_slips_from_one_in_twenty_to_one_in_five(made):
    first, known = made.days("late_rising", "planted", COURIER)
    figures = late_shares(made, COURIER)
    assert {hits * 100 // total for month, (hits, total) in figures.items() if month < first.isoformat()[:7]} == {5}
    assert month_end(date.fromisoformat(f"{first_month(figures, 10)}-01")) == known
    assert list(figures.values())[-1] == (52, 260)


def hospital_mean(made, item):
    hospitals = {r["fixmedins_code"] for r in Files.read(made.out / "import" / "00_medins.csv")
                 if r["fixmedins_type"] == "医院" and r["lead_fixmedins_code"] == ""}  # fmt: skip
    found = []
    for path in (made.out / "import").glob("*_feedetail.csv"):
        data = path.read_bytes()
        text = data.decode("utf-8-sig" if data[:8].isascii() or data[:3] == b"\xef\xbb\xbf" else "gb18030")
        rows = (row for row in csv.reader(text.splitlines()) if len(row) == 16)
        own = (row for row in rows if row[8] == item and row[5] in hospitals and not row[12].startswith("-"))
        found.extend(Decimal(row[13]) for row in own)
    assert len(found) > 20
    return sum(found) / len(found)


@pytest.mark.parametrize(("item", "story", "verdict", "thousandths"), [
    ("002103000010000", "price_at_limit", "planted", 1300),
    ("009900000030000", "price_below_limit", "harmless", 1299),
])  # fmt: skip
def test_the_imaging_centre_files_its_ct_at_and_just_below_the_limit(made, item, story, verdict, thousandths):
    first, _ = made.days(story, verdict, IMAGING)
    (filed,) = [row for row in made.rows("price", IMAGING) if row["item_code"] == item and not row["valid_to"]]
    assert day(filed["valid_from"]) == first
    assert Decimal(filed["unit_price"]) * 1000 == hospital_mean(made, item) * thousandths
    charged = {Decimal(r["unit_price"]) for r in done(made.rows("order", IMAGING))
               if r["item_code"] == item and day(r["ordered_at"]) >= first}  # fmt: skip
    assert charged <= {Decimal(filed["unit_price"])}


def held_through(rows, holder, company, seen=()):
    """Return the share that a holder has of a company, directly and through others, as a fraction of 1."""
    direct = [r for r in rows if r["company_id"] == company and r["share_ppm"] and company not in seen]
    parts = [Decimal(r["share_ppm"]) / 1_000_000 * (1 if r["holder_id"] == holder
             else held_through(rows, holder, r["holder_id"], (*seen, company))) for r in direct]  # fmt: skip
    return sum(parts, Decimal(0))


def test_a_director_owns_the_courier_through_two_companies_and_a_relative(made):
    _, known = made.days("hidden_owner", "planted", COURIER)
    rows = made.rows("holding")
    (relative,) = [row for row in made.rows("kinship") if not row["recused_on"]]
    (post,) = [row for row in rows if row["holder_id"] == relative["person_a"]]
    assert (post["role"], post["company_id"][:1]) == ("director", "H")
    assert held_through(rows, relative["person_b"], COURIER) == Decimal("0.336")
    assert day(relative["declared_on"]) == known
    assert all(day(row["valid_from"]) < known for row in rows)


def test_a_relative_who_recused_and_a_share_that_ended_are_harmless(made):
    first, known = made.days("recused_relative", "harmless", IMAGING)
    (relative,) = [row for row in made.rows("kinship") if row["recused_on"]]
    assert (day(relative["declared_on"]), day(relative["recused_on"])) == (first, known)
    assert relative["person_b"] in {row["holder_id"] for row in made.rows("holding") if row["company_id"] == IMAGING}
    begins, _ = made.days("share_ended", "harmless", LAB)
    (ended,) = [row for row in made.rows("holding") if row["valid_to"]]
    posts = {row["company_id"] for row in made.rows("holding") if row["holder_id"] == ended["holder_id"]}
    assert ended["company_id"] == LAB
    assert any(code.startswith("H") for code in posts)
    assert day(ended["valid_to"]) < begins <= min(day(row["ordered_at"]) for row in made.rows("order", LAB))


def test_data_leak_after_the_exit_and_nobody_destroyed_them(made):
    first, known = made.days("leak_at_exit", "planted", ECG)
    (leak,) = made.rows("incident", ECG)
    assert (leak["kind"], day(leak["occurred_on"]), day(leak["reported_on"])) == ("data_leak", first, known)
    nodes = {row["node"]: day(row["happened_at"]) for row in made.rows("event", ECG) if not row["order_id"]}
    assert max(day(row["ordered_at"]) for row in made.rows("order", ECG)) < nodes["data_handed_over"] < first
    assert "data_destroyed" not in {row["node"] for row in made.rows("event")}


def test_reports_are_altered_without_and_amended_with_a_reason(made):
    versions = defaultdict(list)
    for row in made.rows("result"):
        versions[row["vendor_id"], row["order_id"], row["analyte"]].append(row)
    later = [(one, two) for one, two in (v for v in versions.values() if len(v) == 2)]
    assert all(one["digest"] != two["digest"] and one["value"] != two["value"] for one, two in later)
    assert all(at(one["reported_at"]) < at(two["reported_at"]) for one, two in later)
    silent = [two for _, two in later if not two["reason"]]
    told = [two for _, two in later if two["reason"]]
    assert (len(silent), len(told)) == (5, 4)
    for story, verdict, rows in (("altered_reports", "planted", silent), ("amended_reports", "harmless", told)):
        first, _ = made.days(story, verdict, LAB)
        assert {row["vendor_id"] for row in rows} == {LAB}
        assert min(day(row["reported_at"]) for row in rows) == first


def test_items_outside_the_licensed_scope_are_performed(made):
    first, known = made.days("outside_scope", "planted", LAB)
    licensed = {(row["vendor_id"], row["item_code"]) for row in made.rows("scope")}
    outside = [row for row in made.rows("order") if (row["vendor_id"], row["item_code"]) not in licensed]
    assert {row["vendor_id"] for row in outside} == {LAB}
    assert first <= min(day(row["ordered_at"]) for row in outside) <= first + timedelta(days=6)
    assert known == first


def test_one_therapist_serves_without_a_certificate_and_one_reader_does_not_in_the_gap(made):
    first, _ = made.days("no_certificate", "planted", REHAB)
    papers = defaultdict(list)
    for row in made.rows("staff"):
        papers[row["vendor_id"], row["practitioner_id"]].append(row)
    bare = [row for row in made.rows("event") if row["practitioner_id"]
            and not valid(papers[row["vendor_id"], row["practitioner_id"]], day(row["happened_at"]))]  # fmt: skip
    assert {(row["vendor_id"], row["practitioner_id"]) for row in bare} == {(REHAB, "AX004")}
    assert len(bare) == 6
    assert first <= min(day(row["happened_at"]) for row in bare) <= first + timedelta(days=4)
    lapsed, renewed = made.days("renewed_certificate", "harmless", ECG)
    assert len(papers[ECG, "XL002"]) == 2
    assert not valid(papers[ECG, "XL002"], lapsed)
    assert valid(papers[ECG, "XL002"], renewed)
    assert any(day(r["happened_at"]) >= renewed for r in made.rows("event", ECG) if r["practitioner_id"] == "XL002")


def test_three_orders_miss_a_node_and_two_loads_get_warm(made):
    first, _ = made.days("missing_node", "planted", ECG)
    nodes = defaultdict(set)
    for row in made.rows("event"):
        nodes[row["vendor_id"], row["order_id"]].add(row["node"])
    every = defaultdict(set)
    for (vendor, order), found in nodes.items():
        every[vendor] |= found if order else set()
    short = [key for key, found in nodes.items() if key[1] and every[key[0]] - found]
    assert [every[vendor] - nodes[vendor, order] for vendor, order in short] == [{"read"}] * 3
    reported = [day(row["happened_at"]) for row in made.rows("event", ECG) if (ECG, row["order_id"]) in short]
    assert first <= min(reported) <= first + timedelta(days=2)
    warm = [row for row in made.rows("event") if row["highest"] and Decimal(row["highest"]) > 8]
    assert {(row["vendor_id"], row["node"], row["highest"]) for row in warm} == {(COURIER, "in_transit", "9.6")}
    assert made.days("cold_excursion", "planted", COURIER)[0] <= min(day(row["happened_at"]) for row in warm)
    assert len(warm) == 2


def test_one_patient_stays_out_of_range_and_nobody_else_does(made):
    first, known = made.days("abnormal_run", "planted", LAB)
    series = defaultdict(list)
    for row in made.rows("result", LAB):
        if row["version"] == "1":
            inside = Decimal(row["low"]) <= Decimal(row["value"]) <= Decimal(row["high"])
            series[row["psn_no"], row["analyte"]].append((row["reported_at"], inside))
    runs = {}
    for key, rows in series.items():
        marks = [inside for _, inside in sorted(rows)]
        if any(not any(marks[n : n + 3]) for n in range(len(marks) - 2)):
            runs[key] = sorted(rows)
    ((_, analyte),) = runs
    (rows,) = runs.values()
    assert analyte == "CREA"
    assert (day(rows[0][0]), day(rows[2][0])) == (first, known)


def distances(made):
    """Return by device, analyte and level the days and distances from the mean, in standard deviations."""
    found = defaultdict(list)
    for row in made.rows("qc", LAB):
        far = (Decimal(row["value"]) - Decimal(row["mean"])) / Decimal(row["sd"])
        found[row["device_id"], row["analyte"], row["level"]].append((day(row["run_at"]), far))
    return found


def broken(runs):
    """Return the days on which a series breaks 1-3s, 2-2s, 4-1s or 10-x."""
    days = []
    for n, (one, _) in enumerate(runs):

        def side(count, limit, n=n):
            last = [far for _, far in runs[max(n - count + 1, 0) : n + 1]]
            return len(last) == count and (all(f > limit for f in last) or all(f < -limit for f in last))

        if side(1, 3) or side(2, 2) or side(4, 1) or side(10, 0):
            days.append(one)
    return days


def test_one_shift_breaks_the_rules_and_is_taken_as_in_control(made):
    first, known = made.days("qc_shift", "planted", LAB)
    series = distances(made)
    rows = {name: broken(runs) for name, runs in series.items()}
    assert {name for name, days in rows.items() if days} == {("KY-A1", "GLU", "1"), ("KY-A1", "GLU", "2")}
    both = dict(series["KY-A1", "GLU", "2"])
    across = [one for one, far in series["KY-A1", "GLU", "1"] if far > 2 and both[one] > 2]
    assert min(across) == known
    assert min(day for days in rows.values() for day in days) == known + timedelta(days=1)
    assert first < known
    assert {row["accepted"] for row in made.rows("qc", LAB)} == {"是"}


def test_the_new_analyser_has_a_new_lot_and_a_mean_of_its_own(made):
    first, _ = made.days("new_analyser", "harmless", LAB)
    alt = [row for row in made.rows("qc", LAB) if row["analyte"] == "ALT"]
    before = {(row["device_id"], row["lot"], row["mean"]) for row in alt if day(row["run_at"]) < first}
    after = {(row["device_id"], row["lot"], row["mean"]) for row in alt if day(row["run_at"]) >= first}
    assert (before, after) == ({("KY-A1", "QC2510", "40")}, {("KY-B1", "QC2606", "46")})


def test_imaging_doubles_and_falls_behind(made):
    first, known = made.days("surge_and_delay", "planted", IMAGING)
    figures = late_shares(made, IMAGING)
    month = known.isoformat()[:7]
    before = [total for name, (_, total) in figures.items() if name < month]
    assert all(hits * 100 < 5 * total for name, (hits, total) in figures.items() if name < month)
    assert figures[month][1] > 1.5 * max(before)
    assert figures[month][0] * 100 > 5 * figures[month][1]
    assert (first, month_end(first)) == (date.fromisoformat(f"{month}-01"), known)


def test_the_holiday_piles_up_work_that_is_still_done_in_time(made):
    first, _ = made.days("holiday_backlog", "harmless", LAB)
    week = [
        row for row in done(made.rows("order", LAB)) if first <= day(row["ordered_at"]) <= first + timedelta(days=4)
    ]
    took = [at(row["done_at"]) - at(row["ordered_at"]) for row in week]
    assert len(week) > 5
    assert min(took) > timedelta(days=2)
    assert sum(row["done_at"] > row["due_at"] for row in week) <= 2
    figures = late_shares(made, LAB)
    assert all(hits * 100 <= 2 * total for hits, total in figures.values())


def test_a_small_vendor_has_few_answers_of_which_some_are_bad(made):
    first, known = made.days("few_answers", "harmless", REHAB)
    bad = shares(made.rows("survey", REHAB), "answered_on", lambda row: int(row["attitude"]) < 3)
    assert set(bad.values()) == {(0, 3), (1, 3)}
    assert month_end(first) == known


def test_everybody_else_keeps_the_targets_that_the_policies_print(made):
    assert {row["verdict"] for row in made.key.values()} == {"planted", "harmless"}
    assert Counter(row["verdict"] for row in made.key.values()) == {"planted": 13, "harmless": 8}
    for vendor in (LAB, PATHOLOGY, ECG, REHAB):
        assert all(hits * 100 <= 5 * total for hits, total in late_shares(made, vendor).values())
    for vendor in (IMAGING, ECG):
        figures = shares(made.rows("reading", vendor), "reviewed_on", lambda row: row["concordant"] == "否")
        assert {hits for hits, _ in figures.values()} == {0}
    hours = Counter()
    for row in made.rows("training"):
        hours[row["vendor_id"], row["practitioner_id"]] += Decimal(row["hours"])
    assert set(hours.values()) == {Decimal(48)}
