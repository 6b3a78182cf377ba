"""charge_line 费用明细: what was charged, when, by whom. Refunds are rows of their own that name the line they undo."""

from zhunsheng.facts.table import Column, Kind, Table

CHARGE_LINE = Table(
    name="charge_line",
    zh="费用明细",
    grain="one row per charge or refund line (feedetl_sn within an institution)",
    key=("line_id",),
    partition="month",
    columns=(
        Column("line_id", Kind.TEXT, "明细标识", "institution code, a dash, feedetl_sn", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("settlement_id", Kind.TEXT, "结算标识", "setl_id; empty before settlement"),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that charged", required=True),
        Column("department_id", Kind.TEXT, "开单科室", "bilg_dept_codg"),
        Column("practitioner_id", Kind.TEXT, "开单医师", "bilg_dr_codg"),
        Column(
            "item_code",
            Kind.TEXT,
            "医保目录编码",
            "med_list_codg: national code of drug, service or consumable",
            required=True,
        ),
        Column("item_name", Kind.TEXT, "项目名称", "medins_list_name, as the institution prints it"),
        Column("item_class", Kind.TEXT, "费用类别", "med_chrgitm_type"),
        Column(
            "service_date",
            Kind.DATE,
            "服务日期",
            "day of fee_ocur_time, Asia/Shanghai: the day by which rules act",
            required=True,
        ),
        Column("service_at", Kind.MOMENT, "服务时间", "fee_ocur_time; empty when only the day is stated"),
        Column("quantity_e4", Kind.E4, "数量", "cnt x 10^4; negative on a refund", required=True),
        Column("unit_price_e6", Kind.E6, "单价", "pric in yuan x 10^6", required=True),
        Column("amount_fen", Kind.FEN, "金额", "det_item_fee_sumamt in fen; negative on a refund", required=True),
        Column("in_scope_fen", Kind.FEN, "政策范围内金额", "inscp_scp_amt in fen; empty when not stated"),
        Column(
            "refund_of",
            Kind.TEXT,
            "冲销的明细",
            "line_id of the line that a refund undoes; empty on a charge or if not said",
        ),
        Column("currency", Kind.TEXT, "币种", "empty for CNY, else ISO 4217: amounts are then hundredths of that unit"),
        Column(
            "q_amount_mismatch",
            Kind.FLAG,
            "金额不符",
            "quality flag: amount differs from price x quantity by more than 1 fen",
            required=True,
        ),
        Column("month", Kind.TEXT, "月份", "month of service_date, as 2026-03", required=True),
    ),
)
