"""training 培训记录: hours of training of a person of a vendor."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

TRAINING = Table(
    name="training",
    zh="培训记录",
    grain="one row per person, day and course",
    key=("vendor_id", "practitioner_id", "held_on", "course"),
    columns=(
        VENDOR_ID,
        Column("practitioner_id", Kind.TEXT, "人员编码", "person who was trained", required=True),
        Column("held_on", Kind.DATE, "培训日期", "day, or last day of a course of several", required=True),
        Column("course", Kind.TEXT, "课程", "name of the course", required=True),
        Column("hours_e4", Kind.E4, "学时", "hours x 10^4; empty when not stated"),
        Column("organiser", Kind.TEXT, "组织方", "who ran it", codes=("consortium", "vendor", "other")),
        Column("passed", Kind.FLAG, "合格", "passed; empty when there was no test or no result yet"),
    ),
)
