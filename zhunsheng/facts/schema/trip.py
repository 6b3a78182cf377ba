"""trip 冷链运输: one trip of a vendor as its readings were judged."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

TRIP = Table(
    name="trip",
    zh="冷链运输",
    grain="one row per trip that has ended; a later judgement of the same trip takes the place of the earlier",
    key=("vendor_id", "trip_id"),
    columns=(
        VENDOR_ID,
        Column("trip_id", Kind.TEXT, "运输单号", "number of the trip, unique within the vendor", required=True),
        Column("institution_id", Kind.TEXT, "收货机构编码", "member institution that the trip serves", required=True),
        Column("service_kind", Kind.TEXT, "服务类别", "code of rulebook/vendors/service_kinds.yaml, such as logistics"),
        Column("regime", Kind.TEXT, "贮运条件", "code of the temperature regime of rulebook/telemetry, such as cold"),
        Column("started_on", Kind.DATE, "启运日期", "day on which it was to start, Asia/Shanghai", required=True),
        Column("judged_on", Kind.DATE, "判定日期", "day on which this judgement was made", required=True),
        Column("judged_at", Kind.MOMENT, "判定时间", "empty when only the day is stated"),
        Column("excursion", Kind.FLAG, "有超限", "any excursion; empty while the readings do not say"),
        Column(
            "breach", Kind.FLAG, "有超标", "a breach that nobody found not to hold; empty while readings do not say"
        ),
        Column("on_time", Kind.FLAG, "按时到达", "each planned stop within its window; empty while not known"),
        Column("outside_e4", Kind.E4, "超限分钟", "minutes out of range x 10^4; empty while not known"),
        Column(
            "excursion_at",
            Kind.MOMENT,
            "首次超限时间",
            "first reading out of range of an excursion; empty without one, or when not stated",
            later=True,
        ),
        Column(
            "plan_started",
            Kind.FLAG,
            "已启动应急预案",
            "an emergency plan for temperature was started; empty when not stated",
            later=True,
        ),
        Column(
            "plan_at",
            Kind.MOMENT,
            "预案启动时间",
            "when the first was started; empty when none was, or not stated",
            later=True,
        ),
    ),
)
