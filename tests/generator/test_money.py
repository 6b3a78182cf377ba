"""Money: amounts, totals and parts agree to the fen."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from tests.generator.county_files import SAME, meant

FEN = Decimal("0.01")


def half_up(value: Decimal) -> Decimal:
    return value.quantize(FEN, rounding=ROUND_HALF_UP)


def test_an_amount_is_price_times_quantity_half_up(files):
    wrong = [
        row
        for row in files.fees
        if half_up(Decimal(row["pric"]) * Decimal(row["cnt"])) != Decimal(row["det_item_fee_sumamt"])
    ]
    assert not wrong
    assert any(len(row["pric"].partition(".")[2]) == 4 for row in files.fees)


def test_a_settlement_is_the_sum_of_its_lines(files):
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in files.fees:
        sums[row["setl_id"]] += Decimal(row["det_item_fee_sumamt"])
    totals = {row["setl_id"]: Decimal(row["medfee_sumamt"]) for row in files.settlements}
    assert totals == sums


def test_parts_add_up(files, summary):
    for row in files.settlements:
        fund, copayment, own, account, cash = (
            Decimal(row[name]) for name in ("fund_pay_sumamt", "psn_selfpay", "psn_ownpay", "acct_pay", "psn_cashpay")
        )
        assert fund + copayment + own == Decimal(row["medfee_sumamt"])
        assert account + cash == copayment + own
        assert min(fund, copayment, own, account, cash) >= 0
    total = sum(Decimal(row["medfee_sumamt"]) for row in files.settlements)
    assert total * 100 == summary.amount_fen


def test_the_fund_pays_within_scope(files):
    scope: dict[str, Decimal] = defaultdict(Decimal)
    for row in files.fees:
        scope[row["setl_id"]] += Decimal(row["inscp_scp_amt"])
    assert all(Decimal(row["fund_pay_sumamt"]) <= scope[row["setl_id"]] for row in files.settlements)
    assert all(Decimal(row["fund_pay_sumamt"]) == 0 for row in files.settlements if row["med_type"] == "41")


def test_a_refund_undoes_an_earlier_line_of_its_encounter(files, summary):
    lines = {row["feedetl_sn"]: row for row in files.fees}
    refunds = [row for row in files.fees if Decimal(row["cnt"]) < 0]
    assert len(refunds) == summary.refunds > 50
    back: dict[str, Decimal] = defaultdict(Decimal)
    for row in refunds:
        undone = lines[row["init_feedetl_sn"] or meant(files, row)]
        assert [row[name] for name in SAME] == [undone[name] for name in SAME]
        assert row["fee_ocur_time"] >= undone["fee_ocur_time"]
        back[undone["feedetl_sn"]] += Decimal(row["cnt"])
    assert all(-Decimal(lines[number]["cnt"]) <= quantity < 0 for number, quantity in back.items())
    assert any(-Decimal(lines[number]["cnt"]) < quantity for number, quantity in back.items())
    assert 3 < sum(not row["init_feedetl_sn"] for row in refunds) < len(refunds) / 2
