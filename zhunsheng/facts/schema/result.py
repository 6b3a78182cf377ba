"""result 检查检验结果: one version of one value or finding of a report."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

RESULT = Table(
    name="result",
    zh="检查检验结果",
    grain="one row per order, analyte and version of the report",
    key=("vendor_id", "order_id", "analyte", "version"),
    columns=(
        VENDOR_ID,
        Column("order_id", Kind.TEXT, "委托单号", "order that it answers", required=True),
        Column(
            "analyte",
            Kind.TEXT,
            "检测指标",
            "code or name of the quantity; of a report without quantities the word report",
            required=True,
        ),
        Column(
            "version", Kind.COUNT, "版本号", "1 for the first release, then one more for each change", required=True
        ),
        Column("institution_id", Kind.TEXT, "委托机构编码", "member institution that ordered; empty when not stated"),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym; empty for a service to nobody in particular"),
        Column("item_code", Kind.TEXT, "项目编码", "item that was performed; may differ from the one ordered"),
        Column("value_e4", Kind.E4, "结果值", "value x 10^4 in the unit; empty for a finding in words"),
        Column("unit", Kind.TEXT, "单位", "unit of the value, as printed"),
        Column("low_e4", Kind.E4, "参考下限", "lower limit of the reference range x 10^4; empty when there is none"),
        Column("high_e4", Kind.E4, "参考上限", "upper limit of the reference range x 10^4; empty when there is none"),
        Column("reported_at", Kind.MOMENT, "发布时间", "empty when only the day is stated"),
        Column(
            "reported_on", Kind.DATE, "发布日期", "day on which this version was released, Asia/Shanghai", required=True
        ),
        Column("practitioner_id", Kind.TEXT, "签发人员", "person who signed this version"),
        Column(
            "reason",
            Kind.TEXT,
            "更正原因",
            "reason of the amendment as recorded; empty on a later version means that none is recorded",
        ),
        Column("digest", Kind.TEXT, "报告摘要", "SHA-256 of the released report, 64 hexadecimal digits"),
    ),
)
