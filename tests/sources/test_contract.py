"""The contract of each kind of the national settlement list: what a row becomes in the facts."""

from datetime import date

import pytest

from tests.sources.samples import ROWS, SETLINFO, headers, line, write_csv
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.ids import pseudonym, site_key
from zhunsheng.sources.mapping import mapping

LANGUAGES = ("national", "zh")


def who(site, number):
    return pseudonym(site_key(site.home.key), "psn_no", number)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_loads_whole(site, language):
    for kind, rows in ROWS.items():
        write_csv(site.inbox, kind, rows, language=language)
    report = site.load()
    assert {one.kind: (one.state, one.rows_loaded) for one in report.files} == {
        kind: ("loaded", len(rows)) for kind, rows in ROWS.items()
    }
    assert report.store.count == 0
    assert report.snapshot == "s000001"


def test_medins_becomes_institutions(site):
    site.load(write_csv(site.inbox, "medins", ROWS["medins"]))
    columns = "institution_id, name, kind, level, parent_id, region, valid_from, valid_to, source_row"
    assert site.rows("institution", columns) == [
        ("H33010200001", "第一县人民医院", "hospital", "2", None, "330102", date(2020, 1, 1), None, 2),
        # the last day is 31 May: from 1 June on the row no longer holds
        (
            "H33010200002",
            "城关镇卫生院",
            "township_centre",
            "1",
            "H33010200001",
            "330102",
            date(2020, 1, 1),
            date(2026, 6, 1),
            3,
        ),
    ]


def test_dept_and_prac_become_departments_and_practitioners(site):
    site.load(write_csv(site.inbox, "dept", ROWS["dept"]), write_csv(site.inbox, "prac", ROWS["prac"]))
    assert site.one("department", "institution_id, department_id, name, specialty, valid_from, valid_to") == (
        "H33010200001",
        "D01",
        "内科",
        "A03",
        date(2020, 1, 1),
        None,
    )
    columns = "practitioner_id, institution_id, department_id, name, title, valid_from, valid_to"
    assert site.one("practitioner", columns) == (
        "D330102000001",
        "H33010200001",
        "D01",
        "张三",
        "主治医师",
        date(2020, 1, 1),
        date(2028, 1, 1),
    )


def test_registers_become_devices_and_facilities(site):
    site.load(write_csv(site.inbox, "device", ROWS["device"]), write_csv(site.inbox, "facility", ROWS["facility"]))
    columns = "institution_id, device_id, device_class, name, valid_from, valid_to"
    # in use until 31 May: from 1 June on no longer
    expected = ("H33010200001", "CT-01", "ct_64", "64 排螺旋 CT", date(2021, 1, 1), date(2026, 6, 1))
    assert site.one("device", columns) == expected
    columns = "institution_id, facility_id, kind, name, valid_from, valid_to"
    expected = ("H33010200001", "PACU", "recovery_room", "麻醉恢复室", date(2021, 1, 1), None)
    assert site.one("facility", columns) == expected


@pytest.mark.parametrize(("kind", "column"), [("device", "equip_type"), ("facility", "fac_type")])
def test_a_class_that_no_register_knows_is_rejected(site, kind, column):
    report = site.load(write_csv(site.inbox, kind, [{**ROWS[kind][0], column: "候诊大厅"}]))
    assert [(one.row, one.column, one.code) for one in report.store.rows()] == [(2, column, "ZS221")]


def test_death_becomes_a_day_of_a_pseudonym(site):
    site.load(write_csv(site.inbox, "death", ROWS["death"]))
    assert site.one("death", "person_id, died_on") == (who(site, "330000000001"), date(2026, 4, 2))


def test_drord_and_exerecd_become_orders_and_use_records(site):
    site.load(write_csv(site.inbox, "drord", ROWS["drord"]), write_csv(site.inbox, "exerecd", ROWS["exerecd"]))
    columns = "order_id, encounter_id, person_id, item_code, ordered_on, ordered_at, stopped_on"
    person, item = who(site, "330000000001"), "XA01ABD075A002010100001"
    expected = ("H33010200001-O1", "M1", person, item, date(2026, 3, 1), 1772326800, date(2026, 3, 4), 240_000, 3)
    assert site.one("medical_order", f"{columns}, quantity_e4, supply_days") == expected
    columns = "record_id, order_id, encounter_id, person_id, institution_id, item_code, performed_on, performed_at"
    expected = ("H33010200001-X1", "H33010200001-O1", "M1", person, "H33010200001", item, date(2026, 3, 1))
    assert site.one("use_record", f"{columns}, quantity_e4") == (*expected, 1772327700, 20_000)


def test_invchg_and_drugtrac_become_stock_moves_and_trace_codes(site):
    site.load(write_csv(site.inbox, "invchg", ROWS["invchg"]), write_csv(site.inbox, "drugtrac", ROWS["drugtrac"]))
    item = "XA01ABD075A002010100001"
    expected = ("H33010200001-I1", "H33010200001", item, date(2026, 3, 1), "purchase", 2_400_000, "B20260201")
    assert site.one("stock_move", "move_id, institution_id, item_code, moved_on, kind, quantity_e4, lot") == expected
    expected = ("H33010200001-T1", "M1", who(site, "330000000001"), "H33010200001-F000001", "81234567890123456789")
    assert site.one("trace_code", "trace_id, encounter_id, person_id, line_id, trace_code") == expected


def test_a_phone_becomes_one_key_however_it_is_written(site):
    written = ["13800001111", "138-0000-1111", "+86 13800001111", "138****1111", ""]
    rows = [{**ROWS["contact"][0], "mdtrt_id": f"M{n}", "tel": text} for n, text in enumerate(written)]
    site.load(write_csv(site.inbox, "contact", rows))
    keys = [row[0] for row in site.rows("contact", "phone_key")]
    assert [len(key) for key in keys if key] == [20, 20, 20] and len({key for key in keys if key}) == 1
    assert keys.count(None) == 2, "a masked number would make one key of many people"


def test_a_phone_is_neither_a_person_nor_told_in_clear(site):
    alike = {**ROWS["contact"][0], "psn_no": "13800001111"}
    report = site.load(write_csv(site.inbox, "contact", [alike, {**alike, "mdtrt_id": "M2", "tel": "1" * 80}]))
    person, phone = site.one("contact", "person_id, phone_key")
    assert person != phone
    (told,) = report.store.rows()
    assert told.column == "tel" and "1111" not in told.value


def test_licences_and_qualifications_become_dated_rows(site):
    site.load(*(write_csv(site.inbox, kind, ROWS[kind]) for kind in ("licdept", "payqual")))
    expected = ("H33010200001", "A03.01", "呼吸内科专业", date(2021, 1, 1), date(2026, 6, 1))
    assert site.one("licence", "institution_id, specialty, name, valid_from, valid_to") == expected
    assert site.rows("payment_status", "practitioner_id, status, valid_from, valid_to") == [
        ("D330102000001", "suspended", date(2026, 4, 1), date(2026, 7, 1)),
        ("D330102000001", "terminated", date(2026, 9, 1), None),
    ]


def test_points_become_dated_rows_and_a_wrong_row_says_why(site):
    wrong = {**ROWS["pracpts"][0], "doc_no": "JF2026-00003", "pts": "13"}
    path = write_csv(site.inbox, "pracpts", [*ROWS["pracpts"], wrong, {**wrong, "doc_no": "", "pts": "3"}])
    report = site.load(path)
    columns = "practitioner_id, institution_id, decision, act, responsibility, points, repaired, valid_from, valid_to"
    place = "H33010200001"
    assert site.rows("penalty_points", columns) == [
        ("D330102000001", place, "JF2026-00001", "重复收费", "main", 6, 1, date(2026, 4, 1), None),
        ("D330102000002", place, "JF2026-00002", None, None, 2, None, date(2026, 5, 1), date(2026, 7, 1)),
    ]
    assert {(one.row, one.column, one.code) for one in report.store.rows()} >= {(4, "pts", "ZS948")}
    assert {one.row for one in report.store.rows()} == {4, 5}


def test_nurscare_and_idchk_become_nursing_records_and_identity_checks(site):
    site.load(*(write_csv(site.inbox, kind, ROWS[kind]) for kind in ("nurscare", "idchk")))
    person = who(site, "330000000001")
    columns = "record_id, encounter_id, person_id, institution_id, observed_on, level, has_vital_signs"
    expected = ("H33010200001-N1", "M1", person, "H33010200001", date(2026, 3, 1), "1", True)
    assert site.one("nursing_record", columns) == expected
    columns = "check_id, encounter_id, person_id, institution_id, checked_on, method, result"
    expected = ("H33010200001-C1", "M1", person, "H33010200001", date(2026, 3, 1), "face", "differed")
    assert site.one("identity_check", columns) == expected


def test_a_settlement_states_its_invoice_or_none(site):
    site.load(write_csv(site.inbox, "setlinfo", SETLINFO))
    told = site.rows("settlement", "settlement_id, invoice_code, invoice_number")
    assert told == [("S1", "33060126", "0001234567"), ("S2", None, None)]


def test_a_use_record_without_an_order_names_none(site):
    site.load(write_csv(site.inbox, "exerecd", [{**ROWS["exerecd"][0], "drord_no": ""}]))
    assert site.one("use_record", "order_id") == (None,)


def test_setlinfo_becomes_person_encounter_and_settlement(site):
    site.load(write_csv(site.inbox, "setlinfo", SETLINFO))
    first, second = who(site, "330000000001"), who(site, "330000000002")
    assert site.rows("person", "person_id, sex, birth_date") == [(first, "M", date(1960, 2, 29)), (second, None, None)]
    columns = "encounter_id, person_id, visit_type, insurance_kind, start_date, start_at, end_date, end_at"
    assert site.rows("encounter", f"{columns}, principal_diagnosis") == [
        ("M1", first, "inpatient", "310", date(2026, 3, 1), 1772325000, date(2026, 3, 5), 1772676000, "I10.x00x002"),
        ("M2", second, "outpatient", "390", date(2026, 3, 2), None, None, None, None),
    ]
    columns = "settlement_id, settled_on, total_fen, pooled_fen, copayment_fen, self_paid_fen, account_fen, cash_fen"
    assert site.rows("settlement", f"{columns}, currency, q_parts_mismatch") == [
        ("S1", date(2026, 3, 5), 12050, 8000, 3050, 1000, 0, 4050, None, False),
        # one yuan from each of three payers does not make five
        ("S2", date(2026, 3, 2), 500, 100, 100, 100, None, None, None, True),
    ]


@pytest.mark.parametrize(
    ("code", "visit"),
    [("11", "outpatient"), ("12", "outpatient"), ("14", "outpatient"), ("51", "outpatient"), ("13", "emergency"),
     ("21", "inpatient"), ("22", "inpatient"), ("23", "inpatient"), ("24", "inpatient"), ("52", "inpatient"),
     ("41", "pharmacy"), ("住院", "inpatient")],
)  # fmt: skip
def test_med_type_says_the_kind_of_visit(site, code, visit):
    site.load(write_csv(site.inbox, "setlinfo", [{**SETLINFO[0], "med_type": code}]))
    assert site.one("encounter", "visit_type") == (visit,)


def test_one_encounter_settled_twice_stays_one_encounter(site):
    rows = [SETLINFO[0], {**SETLINFO[0], "setl_id": "S9", "medfee_sumamt": "120.50"}]
    site.load(write_csv(site.inbox, "setlinfo", rows))
    assert len(site.rows("settlement")) == 2
    assert site.one("encounter", "encounter_id, source_row") == ("M1", 2)
    assert len(site.rows("person")) == 1


def test_diseinfo_and_oprninfo_become_diagnoses_and_procedures(site):
    site.load(write_csv(site.inbox, "diseinfo", ROWS["diseinfo"]), write_csv(site.inbox, "oprninfo", ROWS["oprninfo"]))
    columns = "encounter_id, sequence, code, name, is_principal, present_on_admission"
    assert site.one("diagnosis", columns) == ("M1", 1, "I10.x00x002", "高血压", True, "1")
    columns = "encounter_id, sequence, code, name, performed_on, practitioner_id"
    expected = ("M1", 1, "00.6600", "经皮冠状动脉成形术", date(2026, 3, 2), "D330102000001")
    assert site.one("procedure", columns) == expected


def test_feedetail_becomes_charge_lines(site):
    rows = [
        line(1),
        line(2, cnt="-2", det_item_fee_sumamt="-24.68", init_feedetl_sn="F000001", inscp_scp_amt=""),
        line(3, fee_ocur_time="20260301", pric="12.345678", cnt="0.3333", det_item_fee_sumamt="4.11"),
    ]
    site.load(write_csv(site.inbox, "feedetail", rows))
    columns = (
        "line_id, service_date, service_at, quantity_e4, unit_price_e6, amount_fen, in_scope_fen, refund_of, month"
    )
    day = date(2026, 3, 1)
    assert site.rows("charge_line", columns) == [
        ("H33010200001-F000001", day, 1772327700, 20_000, 12_340_000, 2468, 2468, None, "2026-03"),
        ("H33010200001-F000002", day, 1772327700, -20_000, 12_340_000, -2468, None, "H33010200001-F000001", "2026-03"),
        ("H33010200001-F000003", day, None, 3_333, 12_345_678, 411, 2468, None, "2026-03"),
    ]
    assert site.rows("charge_line", "DISTINCT person_id, batch, 1 AS source_row")[0][0] == who(site, "330000000001")


@pytest.mark.parametrize(("amount", "marked"), [("24.68", False), ("24.69", False), ("24.67", False), ("24.70", True)])
def test_an_amount_off_by_more_than_a_fen_is_marked_not_rejected(site, amount, marked):
    report = site.load(write_csv(site.inbox, "feedetail", [line(1, det_item_fee_sumamt=amount)]))
    assert site.one("charge_line", "q_amount_mismatch") == (marked,)
    assert [one["code"] for one in report.files[0].notices] == (["ZS246"] if marked else [])


def test_every_mapped_column_exists_in_the_facts():
    for kind in mapping("settlement_list").kinds.values():
        for one in kind.fields:
            for table, column in one.to:
                assert TABLES[table].column(column)
        assert set(kind.key_columns) <= set(TABLES[kind.key_table].names)
        assert len(headers(kind.name, "zh")) == len(set(headers(kind.name, "zh")))


def test_pseudonyms_of_files_are_those_of_the_kernel(site):
    numbers = ["330102196001011234", "abcÖß", "x y", "参保人1", "a" * 64, "0", "'; --", "ﬁ"]
    site.load(write_csv(site.inbox, "feedetail", [line(i, psn_no=number) for i, number in enumerate(numbers)]))
    assert [row[0] for row in site.rows("charge_line", "person_id")] == [who(site, number) for number in numbers]


def test_people_appear_by_pseudonym_only(site):
    site.load(write_csv(site.inbox, "setlinfo", SETLINFO), write_csv(site.inbox, "feedetail", [line(1)]))
    for path in site.home.root.rglob("*.parquet"):
        assert b"330000000001" not in path.read_bytes()
    assert not (site.home.root / "scratch").exists() or not any((site.home.root / "scratch").iterdir())
