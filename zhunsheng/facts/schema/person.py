"""person 参保人: people appear by pseudonym only."""

from zhunsheng.facts.table import Column, Kind, Table

PERSON = Table(
    name="person",
    zh="参保人",
    grain="one row per person and distinct statement of a batch; statements that contradict each other give unknown",
    key=("person_id",),
    columns=(
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym of psn_no", required=True),
        Column("sex", Kind.TEXT, "性别", "M or F; empty when the source says unknown", codes=("M", "F")),
        Column("birth_date", Kind.DATE, "出生日期", "empty when not stated"),
    ),
)
