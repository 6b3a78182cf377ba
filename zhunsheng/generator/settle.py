"""The money of a month in whole fen: line amounts, what the fund bears, what the person bears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhunsheng.generator import months
from zhunsheng.generator.catalogue import Catalogue
from zhunsheng.generator.county import COUNTY, ELSEWHERE, County
from zhunsheng.generator.frames import NONE, Encounters, Ints, Lines
from zhunsheng.generator.parts import Parts
from zhunsheng.generator.people import EMPLOYEE, People
from zhunsheng.generator.tables import rows


@dataclass(frozen=True)
class LineMoney:
    """By line, in fen: amount, part within the scope of the fund, part outside the catalogue of the fund."""

    amount: Ints
    in_scope: Ints
    outside: Ints

    def settled_amount(self, part: Ints) -> int:
        """Return the sum of the lines that have a settlement (``part`` is not NONE)."""
        return int(self.amount[part != NONE].sum())


@dataclass(frozen=True)
class Settlement:
    """By settlement, in fen: total = fund + copayment + self_paid, and account + cash = copayment + self_paid."""

    total: Ints
    fund: Ints
    copayment: Ints
    self_paid: Ints
    account: Ints
    cash: Ints


def half_up(numerator: Ints, denominator: int) -> Ints:
    """Return numerator / denominator rounded half away from zero."""
    whole = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    return np.sign(numerator) * whole


def line_money(catalogue: Catalogue, lines: Lines) -> LineMoney:
    """Return the money of lines: price x quantity half up to the fen; a share of some items is out of scope."""
    amount = half_up(lines.price_e6 * lines.quantity_e4, 10**8)
    share = catalogue.column("own_share")[lines.item]
    return LineMoney(amount, half_up(amount * (100 - share), 100), np.where(share == 100, amount, 0))


def settle(
    county: County, people: People, encounters: Encounters, parts: Parts, part: Ints, money: LineMoney
) -> Settlement:
    """Settle every part by the table of its setting and insurance; only the first bears the deductible.

    ``part`` is the settlement of each line, NONE for lines without one.
    """
    has = part != NONE
    total, scope, self_paid = (
        _sums(part[has], values[has], len(parts.settled)) for values in (money.amount, money.in_scope, money.outside)
    )
    insurance = people.insurance[encounters.person]
    deductible, fund_percent, account_percent = _terms(_row_of(county, encounters, insurance)[parts.encounter])
    deductible = np.where(parts.first, deductible, 0)
    fund = half_up(np.maximum(scope - deductible, 0) * fund_percent, 100)
    copayment = total - self_paid - fund
    account = half_up((copayment + self_paid) * account_percent, 100)
    return Settlement(total, fund, copayment, self_paid, account, copayment + self_paid - account)


def _sums(owner: Ints, values: Ints, count: int) -> Ints:
    """Return sums of whole numbers by owner."""
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, owner, values)
    return sums


def _terms(row: Ints) -> Ints:
    """Return deductible in fen and the two percentages by row of payment.csv."""
    names = (("deductible_yuan", 100), ("fund_percent", 1), ("account_percent", 1))
    table = np.array(
        [[int(entry[name]) * factor for name, factor in names] for entry in rows("payment")], dtype=np.int64
    )
    return table[row].T


def _row_of(county: County, encounters: Encounters, insurance: Ints) -> Ints:
    position = {(row["setting"], row["insurance"]): i for i, row in enumerate(rows("payment"))}
    at_county = np.isin(county.kind[encounters.institution], (COUNTY, ELSEWHERE))
    stay = np.isin(encounters.setting, (months.STAY_TOWNSHIP, months.STAY_COUNTY))
    chosen = np.where(at_county, position["outpatient_county", "310"], position["outpatient_primary", "310"])
    chosen[stay] = np.where(at_county, position["stay_county", "310"], position["stay_primary", "310"])[stay]
    special = ((months.CHRONIC, "chronic"), (months.EMERGENCY_VISIT, "emergency"), (months.RETAIL, "pharmacy"))
    for setting, name in special:
        chosen[encounters.setting == setting] = position[name, "310"]
    return chosen + (insurance != EMPLOYEE)
