"""Columns that several tables about vendors share."""

from zhunsheng.facts.table import Column, Kind

VENDOR_ID = Column(
    "vendor_id", Kind.TEXT, "第三方服务机构代码", "unified social credit code of 18 characters", required=True
)
