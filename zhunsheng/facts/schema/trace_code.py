"""trace_code 追溯码: the code of one package of a drug or consumable, as settled for one person."""

from zhunsheng.facts.table import Column, Kind, Table

TRACE_CODE = Table(
    name="trace_code",
    zh="追溯码",
    grain="one row per code read for an encounter (trac_sn within an institution); a package read twice stands twice",
    key=("trace_id",),
    columns=(
        Column("trace_id", Kind.TEXT, "记录标识", "institution code, a dash, trac_sn", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that settled", required=True),
        Column("line_id", Kind.TEXT, "费用明细标识", "line that the package was charged by; empty if not said"),
        Column("item_code", Kind.TEXT, "医保目录编码", "med_list_codg", required=True),
        Column("trace_code", Kind.TEXT, "追溯码", "drug_trac_codg, unique per package", required=True),
        Column("settled_on", Kind.DATE, "结算日期", "day on which the package was settled", required=True),
    ),
)
