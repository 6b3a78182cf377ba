"""qc_run 室内质控记录: one measurement of a control material."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

QC_RUN = Table(
    name="qc_run",
    zh="室内质控记录",
    grain="one row per measurement of one level of a control",
    key=("vendor_id", "device_id", "analyte", "level", "run_id"),
    columns=(
        VENDOR_ID,
        Column(
            "device_id",
            Kind.TEXT,
            "设备编号",
            "device of the vendor, as the register of devices names it",
            required=True,
        ),
        Column("analyte", Kind.TEXT, "检测指标", "code or name of the quantity", required=True),
        Column("level", Kind.TEXT, "质控水平", "level of the control, such as 1 or 2", required=True),
        Column("run_id", Kind.TEXT, "批次号", "number of the run; the levels of one run share it", required=True),
        Column("run_at", Kind.MOMENT, "测定时间", "empty when only the day is stated"),
        Column("run_on", Kind.DATE, "测定日期", "day of the measurement, Asia/Shanghai", required=True),
        Column("value_e4", Kind.E4, "测定值", "value x 10^4", required=True),
        Column(
            "mean_e4", Kind.E4, "靶值", "mean in force for device, analyte, level and lot x 10^4; empty when not stated"
        ),
        Column("sd_e4", Kind.E4, "标准差", "standard deviation in force x 10^4; empty when not stated"),
        Column("lot", Kind.TEXT, "质控品批号", "lot of the control material; a new lot has a mean of its own"),
        Column(
            "accepted",
            Kind.FLAG,
            "在控",
            "the vendor took the run as in control and released results; empty when not stated",
        ),
    ),
)
