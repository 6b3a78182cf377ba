"""nursing_record 护理记录: what the ward wrote down of a patient on a day."""

from zhunsheng.facts.table import Column, Kind, Table

NURSING_RECORD = Table(
    name="nursing_record",
    zh="护理记录",
    grain="one row per record (nurscare_sn within an institution)",
    key=("record_id",),
    columns=(
        Column("record_id", Kind.TEXT, "记录标识", "institution code, a dash, nurscare_sn", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution of the ward", required=True),
        Column("observed_on", Kind.DATE, "记录日期", "day of the record, Asia/Shanghai", required=True),
        Column("observed_at", Kind.MOMENT, "记录时间", "empty when only the day is stated"),
        Column(
            "level",
            Kind.TEXT,
            "护理级别",
            "special, 1, 2 or 3; empty when the record states none",
            codes=("special", "1", "2", "3"),
        ),
        Column(
            "has_vital_signs", Kind.FLAG, "有生命体征", "temperature, pulse, respiration or blood pressure is recorded"
        ),
    ),
)
