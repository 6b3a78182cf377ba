"""identity_check 人证核验: whether the person present was found to be the one insured."""

from zhunsheng.facts.table import Column, Kind, Table

IDENTITY_CHECK = Table(
    name="identity_check",
    zh="人证核验",
    grain="one row per check (check_sn within an institution)",
    key=("check_id",),
    columns=(
        Column("check_id", Kind.TEXT, "核验标识", "institution code, a dash, check_sn", required=True),
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution that checked", required=True),
        Column("checked_on", Kind.DATE, "核验日期", "day of the check, Asia/Shanghai", required=True),
        Column("checked_at", Kind.MOMENT, "核验时间", "empty when only the day is stated"),
        Column("method", Kind.TEXT, "核验方式", "how it was checked", codes=("face", "card", "certificate", "manual")),
        Column(
            "result",
            Kind.TEXT,
            "核验结果",
            "matched, differed (another person), failed (could not be told)",
            required=True,
            codes=("matched", "differed", "failed"),
        ),
    ),
)
