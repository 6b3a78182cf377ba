"""complaint 服务投诉: a complaint about a vendor, without its author."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

COMPLAINT = Table(
    name="complaint",
    zh="服务投诉",
    grain="one row per complaint",
    key=("vendor_id", "complaint_id"),
    columns=(
        VENDOR_ID,
        Column("complaint_id", Kind.TEXT, "投诉编号", "unique within the vendor", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "member institution concerned; empty when not stated"),
        Column(
            "service_kind", Kind.TEXT, "服务类别", "code of rulebook/vendors/service_kinds.yaml, such as laboratory"
        ),
        Column("received_on", Kind.DATE, "收到日期", "day on which it came in", required=True),
        Column("closed_on", Kind.DATE, "办结日期", "empty while open"),
        Column(
            "kind",
            Kind.TEXT,
            "投诉类别",
            "what it is about",
            codes=("quality", "attitude", "delay", "cost", "privacy", "other"),
        ),
        Column("upheld", Kind.FLAG, "属实", "found to be so; empty while undecided"),
        Column(
            "satisfied",
            Kind.FLAG,
            "对处理满意",
            "whoever complained is satisfied with how it was handled; empty when not asked",
        ),
    ),
)
