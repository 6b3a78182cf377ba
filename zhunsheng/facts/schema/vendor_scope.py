"""vendor_scope 许可服务范围: what a vendor is licensed to perform, item by item, with its days."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

VENDOR_SCOPE = Table(
    name="vendor_scope",
    zh="许可服务范围",
    grain="one row per item and period of the licence",
    key=("vendor_id", "item_code", "valid_from"),
    columns=(
        VENDOR_ID,
        Column("item_code", Kind.TEXT, "项目编码", "item that the licence covers", required=True),
        Column("licence_no", Kind.TEXT, "许可证号", "number of the licence or approval"),
        Column("valid_from", Kind.DATE, "生效日", "first day on which it was licensed", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which it no longer was; empty when open"),
    ),
)
