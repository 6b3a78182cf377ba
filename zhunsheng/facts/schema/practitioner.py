"""practitioner 医务人员: dated licence, one row per licence period."""

from zhunsheng.facts.table import Column, Kind, Table

PRACTITIONER = Table(
    name="practitioner",
    zh="医务人员",
    grain="one row per practitioner, institution and licence period",
    key=("practitioner_id", "institution_id", "valid_from"),
    columns=(
        Column("practitioner_id", Kind.TEXT, "医保医师编码", "national code, D or N and twelve digits", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution of practice", required=True),
        Column("department_id", Kind.TEXT, "科室编码", "department of practice"),
        Column("name", Kind.TEXT, "姓名", "name as registered", required=True),
        Column("title", Kind.TEXT, "职称", "professional title as registered"),
        Column("valid_from", Kind.DATE, "执业起", "first day of the licence", required=True),
        Column("valid_to", Kind.DATE, "执业止", "first day without the licence; empty when open"),
    ),
)
