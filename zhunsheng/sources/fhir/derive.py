"""What FHIR's tables need beyond one column to one column.

A claim and the explanation of benefit that judges it are one settlement: where both are in an import the claim gives
the row and its lines, the explanation what the fund and the person pay and what lies in scope. An explanation alone
gives the rows itself, under the number of the claim it names, so that the claim cannot be stored a second time later.
"""

from __future__ import annotations

from zhunsheng.sources.convert import Check, Derivation, Notice

_ALWAYS = "DATE '1900-01-01'"  # no resource states since when an institution has existed
_MONEY = "nullif(w.v_currency, 'CNY')"
_AMOUNT = "abs(CAST(w.v_amount AS HUGEINT) * 100000000 - CAST(w.v_price AS HUGEINT) * w.v_quantity) > 100000000"
_OWN = "w.v_claim_here IS NULL"
_KIND = (
    "CASE WHEN regexp_matches(w.v_name, '卫生院|社区卫生服务中心') THEN 'township_centre' "
    "WHEN regexp_matches(w.v_name, '卫生室|社区卫生服务站') THEN 'village_clinic' "
    "WHEN regexp_matches(w.v_name, '药店|药房') THEN 'pharmacy' "
    "WHEN contains(w.v_name, '医院') OR contains(upper(w.v_name), 'HOSPITAL') THEN 'hospital' ELSE 'other' END"
)
_JUDGED = """ LEFT JOIN (
    SELECT v_number AS claim, v_currency AS money, v_paid AS paid, v_share AS share,
        coalesce(v_paid_on, v_created) AS settled
    FROM rows_benefit WHERE state = 0 AND v_claim_here IS NOT NULL
) b ON b.claim = w.v_number AND b.money = w.v_currency"""
_SCOPED = """ LEFT JOIN (
    SELECT v_number AS line, v_code AS code, v_currency AS money, v_in_scope AS scoped
    FROM rows_benefit_item WHERE state = 0 AND v_claim_here IS NOT NULL
) b ON b.line = w.v_number AND b.code = w.v_code AND b.money = w.v_currency"""


def _settlement(paid: str, share: str, settled: str) -> dict[str, dict[str, str]]:
    """Return the columns of a settlement; what the person pays beyond the share is not stated, so less is no fault."""
    return {
        "settlement": {
            "settled_on": f"CAST({settled} AS DATE)",
            "pooled_fen": paid,
            "copayment_fen": share,
            "currency": _MONEY,
            "q_parts_mismatch": f"coalesce({paid}, 0) + coalesce({share}, 0) > w.v_total",
        }
    }


def _lines(scoped: str) -> dict[str, dict[str, str]]:
    return {
        "charge_line": {
            "in_scope_fen": scoped,
            "currency": _MONEY,
            "q_amount_mismatch": _AMOUNT,
            "month": "strftime(w.v_served, '%Y-%m')",
        }
    }


def _marked(own: str) -> tuple[Notice, ...]:
    return Notice("ZS242", f"{own}w.v_quantity < 0"), Notice("ZS246", f"{own}{_AMOUNT}")


_TOTALS = (
    Notice("ZS273", "w.v_lines IS NOT NULL AND w.v_lines <> w.v_total"),
    Notice("ZS274", "w.v_submitted IS NOT NULL AND w.v_submitted <> w.v_total"),
)
_QUANTITY = (
    Check("quantity", "ZS224", "v_quantity = 0 AND e_quantity = 0", "t_quantity"),
    Check(
        "amount",
        "ZS225",
        "e_quantity = 0 AND e_amount = 0 AND (v_quantity < 0 AND v_amount > 0 OR v_quantity > 0 AND v_amount < 0)",
        "t_quantity || ' / ' || t_amount",
    ),
)

DERIVATIONS = {
    "patient": Derivation({}, where={"death": "w.v_deceased IS NOT NULL"}),
    "organization": Derivation(
        {
            "institution": {"institution_id": "w.v_number", "kind": _KIND, "valid_from": _ALWAYS},
            "department": {"institution_id": "w.v_within", "department_id": "w.v_number", "valid_from": _ALWAYS},
        },
        where={"institution": "w.v_role = 'institution'", "department": "w.v_role = 'department'"},
    ),
    "practitioner_role": Derivation({"practitioner": {"valid_from": f"coalesce(CAST(w.v_starts AS DATE), {_ALWAYS})"}}),
    "encounter": Derivation({}),
    "diagnosis": Derivation({}),
    "procedure": Derivation({}),
    "medication_request": Derivation({}),
    "claim": Derivation(
        _settlement("b.paid", "b.share", "coalesce(b.settled, w.v_created)"), notices=_TOTALS, join=_JUDGED
    ),
    "claim_item": Derivation(_lines("b.scoped"), checks=_QUANTITY, notices=_marked(""), join=_SCOPED),
    "benefit": Derivation(
        _settlement("w.v_paid", "w.v_share", "coalesce(w.v_paid_on, w.v_created)"),
        notices=_TOTALS,
        where={"settlement": _OWN},
    ),
    "benefit_item": Derivation(
        _lines("w.v_in_scope"), checks=_QUANTITY, notices=_marked(f"{_OWN} AND "), where={"charge_line": _OWN}
    ),
}
