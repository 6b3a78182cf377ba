"""kinship 亲属关系申报: that two people are related, as one of them declared or a register says."""

from zhunsheng.facts.table import Column, Kind, Table

KINSHIP = Table(
    name="kinship",
    zh="亲属关系申报",
    grain="one row per pair of people",
    key=("person_a", "person_b"),
    columns=(
        Column(
            "person_a",
            Kind.TEXT,
            "申报人标识",
            "code of the person who declares, as in ownership.holder_id",
            required=True,
        ),
        Column("person_b", Kind.TEXT, "亲属标识", "code of the relative, as in ownership.holder_id", required=True),
        Column(
            "relation",
            Kind.TEXT,
            "关系",
            "of person_b to person_a",
            codes=("spouse", "parent", "child", "sibling", "in_law", "other"),
        ),
        Column(
            "declared_on", Kind.DATE, "申报日期", "day of the declaration; empty when it was not declared but found"
        ),
        Column(
            "recused_on",
            Kind.DATE,
            "回避登记日",
            "day from which person_a takes no part in what concerns person_b; empty when no recusal is recorded",
        ),
    ),
)
