"""payment_status 支付资格处理: when the payment qualification of a practitioner was suspended or terminated."""

from zhunsheng.facts.table import Column, Kind, Table

PAYMENT_STATUS = Table(
    name="payment_status",
    zh="支付资格处理",
    grain="one row per practitioner and period without full payment qualification",
    key=("practitioner_id", "valid_from"),
    columns=(
        Column("practitioner_id", Kind.TEXT, "医保医师编码", "national code, D or N and twelve digits", required=True),
        Column(
            "status",
            Kind.TEXT,
            "处理类别",
            "what was decided of the qualification",
            required=True,
            codes=("suspended", "terminated"),
        ),
        Column("valid_from", Kind.DATE, "起始日", "first day of the decision", required=True),
        Column(
            "valid_to", Kind.DATE, "恢复日", "first day on which the qualification held again; empty while it does not"
        ),
    ),
)
