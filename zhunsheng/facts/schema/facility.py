"""facility 服务设施: the registered functional places of an institution, such as a recovery room."""

from zhunsheng.facts.table import Column, Kind, Table

FACILITY = Table(
    name="facility",
    zh="服务设施",
    grain="one row per functional place of an institution and period in which it was in service",
    key=("institution_id", "facility_id", "valid_from"),
    columns=(
        Column("institution_id", Kind.TEXT, "机构编码", "national code of the institution", required=True),
        Column("facility_id", Kind.TEXT, "设施编号", "fac_no, unique within the institution", required=True),
        Column(
            "kind",
            Kind.TEXT,
            "设施类别",
            "what the place is for",
            required=True,
            codes=(
                "recovery_room",
                "admixture_centre",
                "operating_room",
                "intensive_care",
                "newborn_ward",
                "dialysis_room",
                "other",
            ),
        ),
        Column("name", Kind.TEXT, "设施名称", "as registered"),
        Column("valid_from", Kind.DATE, "启用日", "first day in service", required=True),
        Column("valid_to", Kind.DATE, "停用日", "first day no longer in service; empty while in service"),
    ),
)
