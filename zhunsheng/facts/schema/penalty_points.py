"""penalty_points 记分登记: points that registers of the country or a province report of practitioners."""

from zhunsheng.facts.table import Column, Kind, Table

PENALTY_POINTS = Table(
    name="penalty_points",
    zh="记分登记",
    grain="one row per practitioner and decision",
    key=("practitioner_id", "decision"),
    columns=(
        Column("practitioner_id", Kind.TEXT, "医保医师编码", "national code, D or N and twelve digits", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution in which the act was done", required=True),
        Column("decision", Kind.TEXT, "处理文书号", "number of the decision", required=True),
        Column("act", Kind.TEXT, "行为", "article or act as the register says it"),
        Column(
            "responsibility",
            Kind.TEXT,
            "责任",
            "how far the person was responsible",
            codes=("general", "important", "main"),
        ),
        Column("points", Kind.COUNT, "记分", "points given, 1 to 12", required=True),
        Column("repaired", Kind.COUNT, "修复分值", "points taken back by repair; empty where nothing is said"),
        Column("valid_from", Kind.DATE, "生效日", "day on which the points entered into force", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which they no longer hold; empty while they do"),
    ),
)
