"""survey_answer 满意度调查答卷: one answer to the monthly survey, without a name."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

SURVEY_ANSWER = Table(
    name="survey_answer",
    zh="满意度调查答卷",
    grain="one row per answer",
    key=("vendor_id", "answer_id"),
    columns=(
        VENDOR_ID,
        Column("answer_id", Kind.TEXT, "答卷号", "unique within the vendor", required=True),
        Column(
            "institution_id", Kind.TEXT, "机构编码", "member institution at which it was asked; empty when not stated"
        ),
        Column(
            "service_kind", Kind.TEXT, "服务类别", "code of rulebook/vendors/service_kinds.yaml, such as laboratory"
        ),
        Column("answered_on", Kind.DATE, "答卷日期", "day of the answer", required=True),
        Column("respondent", Kind.TEXT, "答卷人", "who answered", codes=("patient", "staff")),
        Column("attitude", Kind.COUNT, "服务态度", "1 (very bad) to 5 (very good); empty when not answered"),
        Column("professional", Kind.COUNT, "专业水平", "1 (very bad) to 5 (very good); empty when not answered"),
        Column("waiting", Kind.COUNT, "等候时间", "1 (very bad) to 5 (very good); empty when not answered"),
        Column("cost", Kind.COUNT, "费用", "1 (very bad) to 5 (very good); empty when not answered"),
    ),
)
