"""What Synthea's files need beyond one column to one column.

A claim states no amount of its own: its total is the sum of its CHARGE transactions, and so the claim equals its
transactions by construction as long as none of them was sent back. ECHECK payments come from the payers; COPAY and
all other methods come from the patient. A copayment above the charge stays visible as parts that do not add up.
"""

from __future__ import annotations

from zhunsheng.sources.convert import Across, Check, Derivation

_ALWAYS = "DATE '1900-01-01'"  # the files state no start of an institution or a licence
_SEQUENCE = "row_number() OVER (PARTITION BY f, v_ENCOUNTER ORDER BY rowid) AS v_sequence"
_AMOUNT = "abs(CAST(w.v_AMOUNT AS HUGEINT) * 100000000 - CAST(w.v_UNITAMOUNT AS HUGEINT) * w.v_UNITS) > 100000000"
_TRANSACTIONS = """ LEFT JOIN (
    SELECT v_CLAIMID AS claim, max(v_PLACEOFSERVICE) AS place, count(*) FILTER (state = 1) AS broken,
        coalesce(sum(v_AMOUNT) FILTER (v_TYPE = 'CHARGE'), 0) AS charged,
        coalesce(sum(v_PAYMENTS) FILTER (v_TYPE = 'PAYMENT' AND v_METHOD = 'ECHECK'), 0) AS payers,
        coalesce(sum(v_PAYMENTS) FILTER (v_TYPE = 'PAYMENT' AND v_METHOD <> 'ECHECK'), 0) AS patient
    FROM look_claims_transactions GROUP BY v_CLAIMID
) s ON s.claim = w.v_Id"""

DERIVATIONS = {
    "patients": Derivation({}),
    "organizations": Derivation(
        {
            "institution": {
                "kind": "CASE WHEN contains(upper(w.v_NAME), 'HOSPITAL') THEN 'hospital' ELSE 'other' END",
                "valid_from": _ALWAYS,
            }
        }
    ),
    "providers": Derivation({"practitioner": {"valid_from": _ALWAYS}}),
    "encounters": Derivation({}),
    "conditions": Derivation(
        {"diagnosis": {"sequence": "w.v_sequence", "is_principal": "false"}},
        extra=_SEQUENCE,
    ),
    "procedures": Derivation({"procedure": {"sequence": "w.v_sequence"}}, extra=_SEQUENCE),
    "claims": Derivation(
        {
            "settlement": {
                "institution_id": "s.place",
                "settled_on": "CAST(coalesce(w.v_LASTBILLEDDATE1, w.v_SERVICEDATE) AS DATE)",
                "total_fen": "s.charged",
                "pooled_fen": "s.payers",
                "cash_fen": "s.patient",
                "currency": "'USD'",
                "q_parts_mismatch": "s.payers + s.patient <> s.charged",
            }
        },
        needs=("claims_transactions",),
        join=_TRANSACTIONS,
        across=(
            Across("Id", "ZS237", "s.claim IS NULL", "w.v_Id", "claims_transactions"),
            Across("Id", "ZS238", "s.broken > 0", "w.v_Id", "claims_transactions"),
        ),
    ),
    "claims_transactions": Derivation(
        {
            "charge_line": {
                "currency": "'USD'",
                "q_amount_mismatch": _AMOUNT,
                "month": "strftime(w.v_FROMDATE, '%Y-%m')",
            }
        },
        checks=(
            Check("AMOUNT", "ZS220", "v_TYPE = 'CHARGE' AND t_AMOUNT IS NULL", "t_AMOUNT"),
            Check("UNITAMOUNT", "ZS220", "v_TYPE = 'CHARGE' AND t_UNITAMOUNT IS NULL", "t_UNITAMOUNT"),
            Check("PAYMENTS", "ZS220", "v_TYPE = 'PAYMENT' AND t_PAYMENTS IS NULL", "t_PAYMENTS"),
            Check("UNITS", "ZS224", "v_TYPE = 'CHARGE' AND v_UNITS = 0 AND e_UNITS = 0", "t_UNITS"),
        ),
        where={"charge_line": "w.v_TYPE = 'CHARGE'"},
    ),
}
