"""second_reading 二次复核: a reading of a report by somebody other than who signed it."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

SECOND_READING = Table(
    name="second_reading",
    zh="二次复核",
    grain="one row per order and day of the second reading",
    key=("vendor_id", "order_id", "reviewed_on"),
    columns=(
        VENDOR_ID,
        Column("order_id", Kind.TEXT, "委托单号", "order whose report was read again", required=True),
        Column("reviewed_on", Kind.DATE, "复核日期", "day on which the second reading was known", required=True),
        Column("practitioner_id", Kind.TEXT, "复核人员", "person who read it, of the vendor or from outside"),
        Column("concordant", Kind.FLAG, "诊断一致", "agrees with the report; empty while undecided"),
        Column(
            "weight",
            Kind.TEXT,
            "差异程度",
            "of a disagreement: minor without, major with consequence for the treatment",
            codes=("none", "minor", "major"),
        ),
    ),
)
