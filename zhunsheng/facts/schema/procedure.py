"""procedure 手术操作."""

from zhunsheng.facts.table import Column, Kind, Table

PROCEDURE = Table(
    name="procedure",
    zh="手术操作",
    grain="one row per operation or procedure of an encounter",
    key=("encounter_id", "sequence"),
    columns=(
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("sequence", Kind.COUNT, "手术序号", "order within the encounter, from 1", required=True),
        Column("code", Kind.TEXT, "手术操作编码", "insurance-edition ICD-9-CM-3 code as given", required=True),
        Column("name", Kind.TEXT, "手术操作名称", "name as given"),
        Column("performed_on", Kind.DATE, "手术日期", "empty when not stated"),
        Column("practitioner_id", Kind.TEXT, "主刀医师编码", "oper_dr_code"),
    ),
)
