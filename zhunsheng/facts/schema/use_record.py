"""use_record 使用记录: what was actually performed or used, as ward, theatre or pharmacy recorded it."""

from zhunsheng.facts.table import Column, Kind, Table

USE_RECORD = Table(
    name="use_record",
    zh="使用记录",
    grain="one row per record of performance or use (exe_sn within an institution)",
    key=("record_id",),
    columns=(
        Column("record_id", Kind.TEXT, "记录标识", "institution code, a dash, exe_sn", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that performed", required=True),
        Column("order_id", Kind.TEXT, "医嘱标识", "order that was carried out; empty if not said"),
        Column("item_code", Kind.TEXT, "医保目录编码", "med_list_codg of what was performed or used", required=True),
        Column("performed_on", Kind.DATE, "执行日期", "day of exe_time, Asia/Shanghai", required=True),
        Column("performed_at", Kind.MOMENT, "执行时间", "empty when only the day is stated"),
        Column("quantity_e4", Kind.E4, "执行数量", "exe_cnt x 10^4, in the unit of the price list", required=True),
        Column("practitioner_id", Kind.TEXT, "执行人员", "exe_psn_code"),
    ),
)
