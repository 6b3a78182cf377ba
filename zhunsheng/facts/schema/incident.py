"""incident 不良事件: something that went wrong at a vendor."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

INCIDENT = Table(
    name="incident",
    zh="不良事件",
    grain="one row per incident",
    key=("vendor_id", "incident_id"),
    columns=(
        VENDOR_ID,
        Column("incident_id", Kind.TEXT, "事件编号", "unique within the vendor", required=True),
        Column(
            "institution_id",
            Kind.TEXT,
            "机构编码",
            "member institution concerned; empty when it concerns all or is not stated",
        ),
        Column("occurred_on", Kind.DATE, "发生日期", "day on which it happened", required=True),
        Column(
            "reported_on",
            Kind.DATE,
            "报告日期",
            "day on which the consortium learnt of it; empty: the day on which it happened",
        ),
        Column(
            "kind",
            Kind.TEXT,
            "事件类别",
            "what it was",
            codes=(
                "medical_accident",
                "data_leak",
                "false_qualification",
                "cold_chain",
                "delay",
                "pact_breach",
                "other",
            ),
        ),
        Column(
            "weight",
            Kind.TEXT,
            "严重程度",
            "how heavy it was; empty when not yet judged",
            codes=("minor", "moderate", "major"),
        ),
    ),
)
