"""licence 诊疗科目登记: the specialties that an institution is licensed for, with dates."""

from zhunsheng.facts.table import Column, Kind, Table

LICENCE = Table(
    name="licence",
    zh="诊疗科目登记",
    grain="one row per institution, specialty and period in which it was licensed",
    key=("institution_id", "specialty", "valid_from"),
    columns=(
        Column("institution_id", Kind.TEXT, "机构编码", "national code of the institution", required=True),
        Column("specialty", Kind.TEXT, "诊疗科目代码", "national specialty code caty as registered", required=True),
        Column("name", Kind.TEXT, "诊疗科目名称", "name as registered"),
        Column("valid_from", Kind.DATE, "生效日", "first day on which it was licensed", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which it no longer was; empty when open"),
    ),
)
