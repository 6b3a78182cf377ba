"""Synthea's claims: dollars stay dollars, and a claim equals its transactions to the cent."""

import csv
import shutil
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest

from tests.sources.conftest import faults
from zhunsheng.kernel.time import at, epoch_seconds


@pytest.fixture
def folder(shared_data, tmp_path):
    source = shared_data / "synthea_csv"
    if not source.is_dir():
        pytest.skip("synthea_csv is absent from the outside data")
    return shutil.copytree(source, tmp_path / "synthea", copy_function=shutil.copyfile)


def read(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cents(text):
    return int(Decimal(text or 0) * 100)


def test_every_row_loads(site, folder):
    report = site.load(folder)
    assert report.rows_rejected == 0
    stored = {one.kind: one.rows_loaded for one in report.files if one.state == "loaded"}
    assert stored == {
        kind: len(read(folder, kind))
        for kind in ("patients", "organizations", "providers", "encounters", "conditions",
                     "procedures", "claims", "claims_transactions")
    }  # fmt: skip
    assert {one.kind for one in report.files if one.state == "unchanged"} == {"medications", "observations", "payers"}
    assert [one.state for one in site.load(folder).files] == ["unchanged"] * 11


def test_every_claim_equals_its_transactions_to_the_cent(site, folder):
    site.load(folder)
    charged, payers, patient = defaultdict(int), defaultdict(int), defaultdict(int)
    for row in read(folder, "claims_transactions"):
        if row["TYPE"] == "CHARGE":
            charged[row["CLAIMID"]] += cents(row["AMOUNT"])
        elif row["TYPE"] == "PAYMENT":
            paid = payers if row["METHOD"] == "ECHECK" else patient
            paid[row["CLAIMID"]] += cents(row["PAYMENTS"])
    lines = dict(
        site.rows("charge_line", "settlement_id, CAST(sum(amount_fen) OVER (PARTITION BY settlement_id) AS BIGINT)")
    )
    settled = site.rows("settlement", "settlement_id, total_fen, pooled_fen, cash_fen, q_parts_mismatch, currency")
    assert len(settled) == len(read(folder, "claims"))
    for claim, total, pooled, cash, mismatch, currency in settled:
        assert total == charged[claim] == lines[claim]
        assert (pooled, cash) == (payers[claim], patient[claim])
        assert mismatch == (pooled + cash != total)
        assert currency == "USD"
    assert sum(row[1] for row in settled) == sum(charged.values()) == 109_240_273
    assert {row[0] for row in site.rows("charge_line", "currency")} == {"USD"}


def test_only_a_copayment_above_the_charge_leaves_parts_that_do_not_add_up(site, folder):
    site.load(folder)
    copaid = {row["CLAIMID"] for row in read(folder, "claims_transactions") if row["METHOD"] == "COPAY"}
    over = site.rows("settlement", "settlement_id, pooled_fen + cash_fen - total_fen", "q_parts_mismatch")
    assert len(over) == 190
    assert all(claim in copaid and excess > 0 for claim, excess in over)


def test_encounters_keep_their_moments(site, folder):
    site.load(folder)
    starts = {row["Id"]: datetime.fromisoformat(row["START"]) for row in read(folder, "encounters")}
    rows = site.rows("encounter", "encounter_id, start_at, start_date")
    assert len(rows) == len(starts)
    for encounter, moment, day in rows:
        assert moment == epoch_seconds(starts[encounter])
        assert day == at(moment).date()


def test_diagnoses_are_numbered_within_their_encounter(site, folder):
    site.load(folder)
    numbers = defaultdict(list)
    for encounter, sequence in site.rows("diagnosis", "encounter_id, sequence"):
        numbers[encounter].append(sequence)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_a_claim_without_its_transactions_is_sent_back(site, folder):
    (folder / "claims_transactions.csv").unlink()
    report = site.load(folder)
    assert {code for _, _, code in faults(report)} == {"ZS237"}
    claims = next(one for one in report.files if one.kind == "claims")
    assert (claims.rows_loaded, claims.rows_rejected) == (0, 1267)


def test_a_claim_with_a_faulty_transaction_is_sent_back_with_it(site, folder):
    path = folder / "claims_transactions.csv"
    first = read(folder, "claims_transactions")[0]
    path.write_text(path.read_text("utf-8").replace(",CHARGE,77.49,", ",CHARGE,77.495,", 1), "utf-8")
    report = site.load(folder)
    assert sorted(code for _, _, code in faults(report)) == ["ZS102", "ZS238"]
    assert site.rows("settlement", "*", f"settlement_id = '{first['CLAIMID']}'") == []
    assert report.rows_rejected == 2


def test_mended_transactions_settle_their_claims_anew(site, folder):
    path = folder / "claims_transactions.csv"
    good = path.read_text("utf-8")
    path.write_text(good.replace(",CHARGE,77.49,", ",CHARGE,77.48,", 1), "utf-8")
    site.load(folder)
    path.write_text(good, "utf-8")
    report = site.load(folder)
    assert {one.kind for one in report.files if one.state == "replaced"} == {"claims", "claims_transactions"}
    assert sum(row[0] for row in site.rows("settlement", "total_fen")) == 109_240_273
