"""settlement 结算: the money of one encounter as settled.

Parts are kept apart: copayment and self-paid are never merged.
"""

from zhunsheng.facts.table import Column, Kind, Table

SETTLEMENT = Table(
    name="settlement",
    zh="结算",
    grain="one row per settlement (setl_id)",
    key=("settlement_id",),
    columns=(
        Column("settlement_id", Kind.TEXT, "结算标识", "setl_id", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that settled", required=True),
        Column("invoice_code", Kind.TEXT, "票据代码", "bill_code; empty when not stated"),
        Column("invoice_number", Kind.TEXT, "票据号码", "bill_no; empty when not stated"),
        Column("settled_on", Kind.DATE, "结算日期", "day of settlement, Asia/Shanghai", required=True),
        Column("total_fen", Kind.FEN, "总费用", "medfee_sumamt", required=True),
        Column("pooled_fen", Kind.FEN, "基金支付", "fund_pay_sumamt; empty when not stated"),
        Column("copayment_fen", Kind.FEN, "个人自付", "psn_selfpay; empty when not stated"),
        Column("self_paid_fen", Kind.FEN, "个人自费", "psn_ownpay; empty when not stated"),
        Column("account_fen", Kind.FEN, "个人账户支付", "acct_pay; empty when not stated"),
        Column("cash_fen", Kind.FEN, "个人现金支付", "psn_cashpay; empty when not stated"),
        Column("currency", Kind.TEXT, "币种", "empty for CNY, else ISO 4217: amounts are then hundredths of that unit"),
        Column(
            "q_parts_mismatch",
            Kind.FLAG,
            "合计不符",
            "quality flag: fund and personal parts are stated and do not add up",
            required=True,
        ),
    ),
)
