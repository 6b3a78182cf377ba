"""What the national settlement list needs beyond one column to one column."""

from __future__ import annotations

from zhunsheng.sources.convert import Across, Check, Derivation, Notice

_PARTS = (
    "coalesce(w.v_fund_pay_sumamt + w.v_psn_selfpay + w.v_psn_ownpay <> w.v_medfee_sumamt, false) "
    "OR coalesce(w.v_fund_pay_sumamt + w.v_acct_pay + w.v_psn_cashpay <> w.v_medfee_sumamt, false)"
)
_AMOUNT = "abs(CAST(w.v_det_item_fee_sumamt AS HUGEINT) * 100000000 - CAST(w.v_pric AS HUGEINT) * w.v_cnt) > 100000000"
_AMOUNT_PAIR = "t_cnt || ' / ' || t_det_item_fee_sumamt"
_FIRST = """ JOIN (
    SELECT f AS of, v_mdtrt_id AS m, arg_min(v_psn_no, rowid) AS p, arg_min(v_fixmedins_code, rowid) AS i
    FROM rows_setlinfo WHERE state = 0 GROUP BY ALL
) o ON o.of = w.f AND o.m = w.v_mdtrt_id"""

DERIVATIONS = {
    "medins": Derivation({}),
    "dept": Derivation({}),
    "prac": Derivation({}),
    "device": Derivation({}),
    "facility": Derivation({}),
    "death": Derivation({}),
    "licdept": Derivation({}),
    "payqual": Derivation({}),
    "pracpts": Derivation(
        {},
        checks=(
            Check("pts", "ZS948", "e_pts = 0 AND NOT v_pts BETWEEN 1 AND 12", "t_pts"),
            Check("rep_pts", "ZS948", "e_rep_pts = 0 AND NOT coalesce(v_rep_pts, 0) BETWEEN 0 AND 12", "t_rep_pts"),
        ),
    ),
    "diseinfo": Derivation({}),
    "oprninfo": Derivation({}),
    "setlinfo": Derivation(
        {"settlement": {"q_parts_mismatch": _PARTS}},
        notices=(Notice("ZS247", _PARTS),),
        across=(
            Across("mdtrt_id", "ZS236", "o.p <> w.v_psn_no OR o.i <> w.v_fixmedins_code", "w.v_mdtrt_id", "", _FIRST),
        ),
    ),
    "feedetail": Derivation(
        {
            "charge_line": {
                "line_id": "w.v_fixmedins_code || '-' || w.v_feedetl_sn",
                "refund_of": "CASE WHEN w.v_cnt < 0 THEN w.v_fixmedins_code || '-' || w.v_init_feedetl_sn END",
                "q_amount_mismatch": _AMOUNT,
                "month": "strftime(w.v_fee_ocur_time, '%Y-%m')",
            }
        },
        checks=(
            Check("cnt", "ZS224", "v_cnt = 0 AND e_cnt = 0", "t_cnt"),
            Check(
                "det_item_fee_sumamt",
                "ZS225",
                "e_cnt = 0 AND e_det_item_fee_sumamt = 0 AND v_cnt <> 0 "
                "AND (v_cnt < 0 AND v_det_item_fee_sumamt > 0 OR v_cnt > 0 AND v_det_item_fee_sumamt < 0)",
                _AMOUNT_PAIR,
            ),
        ),
        notices=(
            Notice("ZS242", "w.v_cnt < 0 AND w.v_init_feedetl_sn IS NULL"),
            Notice("ZS243", "w.v_cnt > 0 AND w.v_init_feedetl_sn IS NOT NULL"),
            Notice("ZS246", _AMOUNT),
        ),
    ),
    "invchg": Derivation({"stock_move": {"move_id": "w.v_fixmedins_code || '-' || w.v_inv_chg_sn"}}),
    "drugtrac": Derivation(
        {
            "trace_code": {
                "trace_id": "w.v_fixmedins_code || '-' || w.v_trac_sn",
                "line_id": "w.v_fixmedins_code || '-' || w.v_feedetl_sn",
            }
        }
    ),
    "contact": Derivation({}),
    "drord": Derivation({"medical_order": {"order_id": "w.v_fixmedins_code || '-' || w.v_drord_no"}}),
    "nurscare": Derivation({"nursing_record": {"record_id": "w.v_fixmedins_code || '-' || w.v_nurscare_sn"}}),
    "idchk": Derivation({"identity_check": {"check_id": "w.v_fixmedins_code || '-' || w.v_check_sn"}}),
    "exerecd": Derivation(
        {
            "use_record": {
                "record_id": "w.v_fixmedins_code || '-' || w.v_exe_sn",
                "order_id": "w.v_fixmedins_code || '-' || w.v_drord_no",
            }
        }
    ),
}
