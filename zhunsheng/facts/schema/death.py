"""death 死亡登记: the day on which a person died, from the register of deaths."""

from zhunsheng.facts.table import Column, Kind, Table

DEATH = Table(
    name="death",
    zh="死亡登记",
    grain="one row per person and statement of a batch; where statements differ, the day lies between them",
    key=("person_id",),
    columns=(
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym of psn_no", required=True),
        Column("died_on", Kind.DATE, "死亡日期", "registered day of death, Asia/Shanghai", required=True),
    ),
)
