"""A run file with the facts and counts of one laboratory, small enough to be made for each test that reads one."""

from __future__ import annotations

import json

import duckdb

from tests.casework.vendoring import CODE, LEAD
from zhunsheng.book.load import load_indicators
from zhunsheng.casework.bodies import lake
from zhunsheng.kernel.home import ROOT

INDICATOR, RUN = "vendors/test_accuracy", "r20261031-arch"
#: Two laboratories: one in view, and one that another consortium buys from.
OTHER = "91330781MA2LABX09X"
TABLES = """
CREATE TABLE institution (institution_id VARCHAR, name VARCHAR, kind VARCHAR, level VARCHAR, parent_id VARCHAR,
    region VARCHAR);
CREATE TABLE meta (key VARCHAR, value VARCHAR);
CREATE TABLE indicator (indicator_id VARCHAR, counting VARCHAR);
CREATE TABLE indicator_count (indicator_id VARCHAR, subject_kind VARCHAR, subject_id VARCHAR, institution_id VARCHAR,
    month VARCHAR, numerator BIGINT, denominator BIGINT, excluded BIGINT, unknown BIGINT, rows BIGINT);
CREATE TABLE indicator_peer (indicator_id VARCHAR, peer_group VARCHAR, month VARCHAR, subjects BIGINT, numerator BIGINT,
    denominator BIGINT, deciles DOUBLE[], spread DOUBLE,
    parts STRUCT(id VARCHAR, n BIGINT, d BIGINT)[]);
CREATE TABLE service_order (vendor_id VARCHAR, order_id VARCHAR, institution_id VARCHAR, batch VARCHAR);
CREATE TABLE complaint (vendor_id VARCHAR, complaint_id VARCHAR, institution_id VARCHAR, service_kind VARCHAR,
    received_on DATE, closed_on DATE, kind VARCHAR, upheld BOOLEAN, satisfied BOOLEAN, batch VARCHAR);
CREATE TABLE incident (vendor_id VARCHAR, incident_id VARCHAR, institution_id VARCHAR, occurred_on DATE,
    reported_on DATE, kind VARCHAR, weight VARCHAR, batch VARCHAR);
CREATE TABLE charge_line (institution_id VARCHAR, batch VARCHAR);
CREATE TABLE encounter (institution_id VARCHAR, batch VARCHAR);
CREATE TABLE finding (finding_id VARCHAR, rule_id VARCHAR, verdict VARCHAR, institution_id VARCHAR, service_date DATE,
    month VARCHAR, subject_key VARCHAR, state VARCHAR, person_id VARCHAR)
"""


def served(folder, monkeypatch):
    """Write the file and let everybody read it as the current run; return it."""
    path = folder / RUN / "serving.duckdb"
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as con:
        for statement in TABLES.split(";"):
            con.execute(statement)
        manifest = {"run_id": RUN, "as_of": "2026-10-31", "book_digest": "0" * 64}
        con.execute("INSERT INTO meta VALUES ('manifest', ?)", [json.dumps(manifest)])
        con.execute("INSERT INTO institution VALUES (?, '县人民医院', 'hospital', '3', NULL, '330781')", [LEAD])
        for code, name in ((CODE, "恒诺医学检验"), (OTHER, "邻县医学检验")):
            con.execute("INSERT INTO institution VALUES (?, ?, 'vendor', NULL, NULL, NULL)", [code, name])
            fill(con, code)
    file = lake.RunFile(path)
    monkeypatch.setattr(lake, "current_run", lambda: file)
    return file


def fill(con, code):
    """Give a laboratory ten months of accuracy (one unknown), two complaints, an incident and a finding."""
    one = load_indicators(ROOT / "rulebook", "vendors")[INDICATOR]
    con.execute("INSERT INTO indicator VALUES (?, ?)", [INDICATOR, one.counting])
    for month in range(1, 11):
        known = (0, 0, 300) if month == 5 else (960 if month > 7 else 990, 1000, 0)
        row = [INDICATOR, "vendor", code, "", f"2026-{month:02d}", *known[:2], 0, known[2], 1000]
        con.execute(f"INSERT INTO indicator_count VALUES ({', '.join('?' * 10)})", row)
    con.execute("INSERT INTO service_order VALUES (?, 'o1', ?, 'b')", [code, LEAD if code == CODE else "H33078299999"])
    told = [[code, f"TS-{code[-3:]}-1", LEAD, "2026-08-03", "2026-08-09", True],
            [code, f"TS-{code[-3:]}-2", LEAD, "2026-09-07", None, None]]  # fmt: skip
    for vendor, key, place, received, closed, upheld in told:
        con.execute("INSERT INTO complaint VALUES (?, ?, ?, 'laboratory', ?, ?, 'delay', ?, NULL, 'b')",
                    [vendor, key, place, received, closed, upheld])  # fmt: skip
    con.execute("INSERT INTO incident VALUES (?, ?, ?, '2026-08-12', '2026-08-15', 'data_leak', 'major', 'b')",
                [code, f"SJ-{code[-3:]}", LEAD])  # fmt: skip
    con.execute("INSERT INTO finding VALUES (?, 'vendors/late-service', 'suspected', ?, '2026-08-20', '2026-08', '', "
                "'new', NULL)", [f"f{code[-3:]}", code])  # fmt: skip
