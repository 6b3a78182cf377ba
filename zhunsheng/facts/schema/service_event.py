"""service_event 服务节点记录: one node of the course of an order: where, when, who, with which device."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

SERVICE_EVENT = Table(
    name="service_event",
    zh="服务节点记录",
    grain="one row per event of a vendor",
    key=("vendor_id", "event_id"),
    columns=(
        VENDOR_ID,
        Column("event_id", Kind.TEXT, "节点记录号", "unique within the vendor", required=True),
        Column(
            "order_id",
            Kind.TEXT,
            "委托单号",
            "order that it belongs to; empty for one about the vendor as a whole, such as data_destroyed at its exit",
        ),
        Column(
            "service_kind", Kind.TEXT, "服务类别", "code of rulebook/vendors/service_kinds.yaml, such as laboratory"
        ),
        Column(
            "node",
            Kind.TEXT,
            "节点",
            "code of the node, such as collected, picked_up, in_transit, received, tested, reviewed, reported",
            required=True,
        ),
        Column("happened_at", Kind.MOMENT, "发生时间", "empty when only the day is stated"),
        Column("happened_on", Kind.DATE, "发生日期", "day of the event, Asia/Shanghai", required=True),
        Column("practitioner_id", Kind.TEXT, "人员编码", "person of the vendor who did it"),
        Column("device_id", Kind.TEXT, "设备编号", "device of the vendor, as the register of devices names it"),
        Column("place", Kind.TEXT, "地点", "where it happened, as recorded"),
        Column(
            "lowest_e4",
            Kind.E4,
            "最低温度",
            "lowest temperature since the node before, degrees Celsius x 10^4; empty when not recorded",
        ),
        Column(
            "highest_e4",
            Kind.E4,
            "最高温度",
            "highest temperature since the node before, degrees Celsius x 10^4; empty when not recorded",
        ),
    ),
)
