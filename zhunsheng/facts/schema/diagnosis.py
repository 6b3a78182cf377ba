"""diagnosis 诊断."""

from zhunsheng.facts.table import Column, Kind, Table

DIAGNOSIS = Table(
    name="diagnosis",
    zh="诊断",
    grain="one row per diagnosis of an encounter",
    key=("encounter_id", "sequence"),
    columns=(
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("sequence", Kind.COUNT, "诊断序号", "order within the encounter, from 1", required=True),
        Column("code", Kind.TEXT, "诊断编码", "insurance-edition ICD-10 code as given", required=True),
        Column("name", Kind.TEXT, "诊断名称", "name as given"),
        Column("is_principal", Kind.FLAG, "主诊断标志", "maindiag_flag", required=True),
        Column("present_on_admission", Kind.TEXT, "入院病情", "adm_cond_type 1 to 4"),
    ),
)
