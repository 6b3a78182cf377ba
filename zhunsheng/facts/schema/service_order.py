"""service_order 服务委托单: what a member institution asked a vendor to do, once per order."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

SERVICE_ORDER = Table(
    name="service_order",
    zh="服务委托单",
    grain="one row per order of a vendor; a later statement of the same order takes the place of the earlier",
    key=("vendor_id", "order_id"),
    columns=(
        VENDOR_ID,
        Column("order_id", Kind.TEXT, "委托单号", "number of the order, unique within the vendor", required=True),
        Column(
            "service_kind",
            Kind.TEXT,
            "服务类别",
            "code of rulebook/vendors/service_kinds.yaml, such as laboratory",
            required=True,
        ),
        Column("institution_id", Kind.TEXT, "委托机构编码", "member institution that ordered", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym; empty for a service to nobody in particular"),
        Column(
            "encounter_id",
            Kind.TEXT,
            "就诊标识",
            "mdtrt_id of the encounter the service belongs to; empty when there is none",
        ),
        Column(
            "item_code", Kind.TEXT, "项目编码", "code of the item as filed and licensed; national code where it has one"
        ),
        Column("item_name", Kind.TEXT, "项目名称", "as the order prints it"),
        Column("ordered_on", Kind.DATE, "委托日期", "day of the order, Asia/Shanghai", required=True),
        Column("ordered_at", Kind.MOMENT, "委托时间", "empty when only the day is stated"),
        Column(
            "due_at",
            Kind.MOMENT,
            "应完成时间",
            "moment by which it was agreed to be done; empty when nothing was agreed",
        ),
        Column(
            "done_at", Kind.MOMENT, "完成时间", "report released, goods delivered or work accepted; empty while open"
        ),
        Column("quantity_e4", Kind.E4, "数量", "in the unit of the price; empty when not stated"),
        Column("unit_price_e6", Kind.E6, "单价", "price charged; empty when not stated"),
        Column("amount_fen", Kind.FEN, "金额", "amount charged; empty when not stated"),
        Column(
            "told", Kind.FLAG, "已告知患者", "the patient was told who performs the service; empty when not recorded"
        ),
        Column("declined", Kind.FLAG, "患者拒绝", "the patient declined this vendor; empty when not recorded"),
        Column("urgent", Kind.FLAG, "加急", "asked for as urgent; empty when not stated"),
        Column(
            "state",
            Kind.TEXT,
            "状态",
            "accepted and not yet done, rejected (sample or order refused), cancelled, or done; empty when not stated",
            codes=("accepted", "rejected", "cancelled", "done"),
        ),
    ),
)
