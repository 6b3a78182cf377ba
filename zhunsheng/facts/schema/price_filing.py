"""price_filing 价格备案: the price that a vendor filed for an item, with its days."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

PRICE_FILING = Table(
    name="price_filing",
    zh="价格备案",
    grain="one row per item and period in which the price held",
    key=("vendor_id", "item_code", "valid_from"),
    columns=(
        VENDOR_ID,
        Column("item_code", Kind.TEXT, "项目编码", "item as filed; national code where it has one", required=True),
        Column("item_name", Kind.TEXT, "项目名称", "as filed"),
        Column("unit_price_e6", Kind.E6, "备案单价", "filed price", required=True),
        Column("valid_from", Kind.DATE, "生效日", "first day of the price", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which it no longer holds; empty: until the next row"),
    ),
)
