"""department 科室: dated as institutions are: until its end or the next row, the first also before it."""

from zhunsheng.facts.table import Column, Kind, Table

DEPARTMENT = Table(
    name="department",
    zh="科室",
    grain="one row per department of an institution and period in which it held; the first also speaks before it",
    key=("institution_id", "department_id", "valid_from"),
    columns=(
        Column("institution_id", Kind.TEXT, "机构编码", "national code of the institution", required=True),
        Column("department_id", Kind.TEXT, "科室编码", "hosp_dept_codg, unique within the institution", required=True),
        Column("name", Kind.TEXT, "科室名称", "name within the institution", required=True),
        Column("specialty", Kind.TEXT, "诊疗科目", "national specialty code caty"),
        Column("valid_from", Kind.DATE, "生效日", "first day on which the row holds", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which it no longer holds; empty: until the next row"),
    ),
)
