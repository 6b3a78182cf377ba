"""medical_order 医嘱: what a clinician ordered, drug or treatment, whether or not it was charged."""

from zhunsheng.facts.table import Column, Kind, Table

MEDICAL_ORDER = Table(
    name="medical_order",
    zh="医嘱",
    grain="one row per order (drord_no within an institution)",
    key=("order_id",),
    columns=(
        Column("order_id", Kind.TEXT, "医嘱标识", "institution code, a dash, drord_no", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that ordered", required=True),
        Column("department_id", Kind.TEXT, "开单科室", "bilg_dept_codg"),
        Column("practitioner_id", Kind.TEXT, "开单医师", "bilg_dr_codg"),
        Column("item_code", Kind.TEXT, "医保目录编码", "med_list_codg; empty for an order that nothing is charged for"),
        Column("item_name", Kind.TEXT, "医嘱内容", "drord_detl_name, as the institution prints it"),
        Column("ordered_on", Kind.DATE, "开始日期", "first day on which the order holds", required=True),
        Column("ordered_at", Kind.MOMENT, "开始时间", "empty when only the day is stated"),
        Column("stopped_on", Kind.DATE, "停止日期", "last day on which the order held; empty while it runs"),
        Column("quantity_e4", Kind.E4, "数量", "cnt x 10^4; empty when not stated"),
        Column("supply_days", Kind.COUNT, "用药天数", "medc_days: days for which the drug suffices"),
    ),
)
