"""device 设备: the registered equipment of an institution, by class."""

from zhunsheng.facts.table import Column, Kind, Table

DEVICE = Table(
    name="device",
    zh="设备",
    grain="one row per device of an institution and period in which it was in use",
    key=("institution_id", "device_id", "valid_from"),
    columns=(
        Column("institution_id", Kind.TEXT, "机构编码", "national code of the institution", required=True),
        Column("device_id", Kind.TEXT, "设备编号", "equip_no, unique within the institution", required=True),
        Column(
            "device_class",
            Kind.TEXT,
            "设备类别",
            "class by which prices and permits differ; slices of a CT in the name of its class",
            required=True,
            codes=("ct_16", "ct_64", "ct_128", "mr_15", "mr_30", "dsa", "linac", "pet_ct", "dialysis", "other"),
        ),
        Column("name", Kind.TEXT, "设备名称", "as registered"),
        Column("valid_from", Kind.DATE, "启用日", "first day in use", required=True),
        Column("valid_to", Kind.DATE, "停用日", "first day no longer in use; empty while in use"),
    ),
)
