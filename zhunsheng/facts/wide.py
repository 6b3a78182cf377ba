"""Wide tables: facts brought together row by row, so that an indicator counts over one table and joins nothing.

They are made from the facts of a run (``indicators/sql``): a stay with its settlement and the next stay of the person,
a settlement or a charge with the kind of encounter that it belongs to. Nothing is judged in them.
"""

from __future__ import annotations

from zhunsheng.facts.schema import TABLES
from zhunsheng.facts.table import Column, Kind, Table

_PLACE = (
    Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
    Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
    Column("institution_id", Kind.TEXT, "机构编码", "institution of the row", required=True),
    Column("department_id", Kind.TEXT, "科室编码", "department; empty when not stated"),
)
_VISIT = (
    Column("visit_type", Kind.TEXT, "就医方式", "of the encounter; empty when no encounter was delivered"),
    Column("insurance_kind", Kind.TEXT, "险种", "national code hi_type of the encounter"),
)

STAY = Table(
    name="stay",
    zh="出院病例",
    grain="one row per inpatient encounter that has ended",
    key=("encounter_id",),
    columns=(
        *_PLACE,
        Column("practitioner_id", Kind.TEXT, "医保医师编码", "responsible clinician"),
        _VISIT[1],
        Column("principal_diagnosis", Kind.TEXT, "主要诊断", "insurance-edition ICD-10 code"),
        Column("start_date", Kind.DATE, "入院日期", "day of admission", required=True),
        Column("end_date", Kind.DATE, "出院日期", "day of discharge", required=True),
        Column("days", Kind.COUNT, "住院天数", "discharge day less admission day, at least 1", required=True),
        Column("weekday", Kind.COUNT, "出院星期", "1 Monday to 7 Sunday", required=True),
        Column("total_fen", Kind.FEN, "总费用", "sum of its settlements in yuan; empty when none was delivered"),
        Column("pooled_fen", Kind.FEN, "基金支付", "sum of its settlements; empty when one does not state it"),
        Column("operations", Kind.COUNT, "手术操作数", "rows of procedures delivered", required=True),
        Column("diagnoses", Kind.COUNT, "诊断数", "rows of diagnoses delivered", required=True),
        Column(
            "next_days", Kind.COUNT, "距再次入院天数", "days to the person's next stay anywhere; empty for none seen"
        ),
        Column("followed_days", Kind.COUNT, "可观察天数", "days from discharge to the day of the run", required=True),
        Column("back_2", Kind.FLAG, "2 日内再入院", "empty while 2 days have not passed and none was seen"),
        Column("back_31", Kind.FLAG, "31 日内再入院", "empty while 31 days have not passed and none was seen"),
    ),
)
SETTLED = Table(
    name="settled",
    zh="结算与就医方式",
    grain="one row per settlement in yuan",
    key=("settlement_id",),
    columns=(
        Column("settlement_id", Kind.TEXT, "结算标识", "setl_id", required=True),
        *_PLACE,
        *_VISIT,
        Column("settled_on", Kind.DATE, "结算日期", "day of settlement", required=True),
        *(one for one in TABLES["settlement"].columns if one.kind is Kind.FEN),
        Column("invoice_number", Kind.TEXT, "票据号码", "bill_no; empty when not stated"),
        Column("q_parts_mismatch", Kind.FLAG, "合计不符", "parts are stated and do not add up", required=True),
    ),
)
CHARGE = Table(
    name="charge",
    zh="费用明细与就医方式",
    grain="one row per charge line in yuan, net of refunds, with what is left of it above zero",
    key=("line_id",),
    columns=(
        Column("line_id", Kind.TEXT, "明细标识", "institution code, a dash, feedetl_sn", required=True),
        *_PLACE,
        Column("practitioner_id", Kind.TEXT, "开单医师", "bilg_dr_codg"),
        *_VISIT,
        Column("item_code", Kind.TEXT, "医保目录编码", "med_list_codg", required=True),
        Column("item_class", Kind.TEXT, "费用类别", "med_chrgitm_type 01 to 14; empty when not stated"),
        Column("service_date", Kind.DATE, "服务日期", "day of service", required=True),
        Column("amount_fen", Kind.FEN, "金额", "net of refunds", required=True),
        Column("in_scope_fen", Kind.FEN, "政策范围内金额", "net of refunds; empty when not stated"),
        Column("service_at", Kind.MOMENT, "服务时间", "empty when only the day is stated"),
    ),
)
CODED = Table(
    name="coded",
    zh="诊断与就医方式",
    grain="one row per diagnosis of an encounter",
    key=("encounter_id", "sequence"),
    columns=(
        *_PLACE,
        *_VISIT,
        Column("start_date", Kind.DATE, "开始日期", "admission or visit day", required=True),
        *TABLES["diagnosis"].columns[1:],
    ),
)
OPERATED = Table(
    name="operated",
    zh="手术操作与就医方式",
    grain="one row per operation or procedure of an encounter",
    key=("encounter_id", "sequence"),
    columns=(
        *_PLACE,
        *_VISIT,
        Column("start_date", Kind.DATE, "开始日期", "admission or visit day", required=True),
        *TABLES["procedure"].columns[1:],
    ),
)
REVIEWED = Table(
    name="reviewed",
    zh="二次复核与服务类别",
    grain="one row per second reading of an order",
    key=("vendor_id", "order_id", "reviewed_on"),
    columns=(
        *TABLES["second_reading"].columns,
        Column("service_kind", Kind.TEXT, "服务类别", "of the order; empty when no order was delivered"),
        Column("institution_id", Kind.TEXT, "委托机构编码", "member that ordered; empty when no order was delivered"),
    ),
)
PATIENT_SERVED = Table(
    name="patient_served",
    zh="受服务患者与死亡登记",
    grain="the last order done in a month per vendor, kind, member and patient; each order that names no patient",
    key=("vendor_id", "order_id"),
    columns=(
        *(TABLES["service_order"].column(name) for name in ("vendor_id", "order_id", "service_kind", "institution_id")),
        TABLES["service_order"].column("person_id"),
        TABLES["service_order"].column("ordered_on"),
        Column("done_on", Kind.DATE, "完成日期", "day on which it was done, Asia/Shanghai; empty while open"),
        Column(
            "died_30",
            Kind.FLAG,
            "服务后 30 日内死亡",
            "registered from the order to 30 days after it was done; empty while the register reaches less far",
        ),
    ),
)
WIDE = {table.name: table for table in (STAY, SETTLED, CHARGE, CODED, OPERATED, REVIEWED, PATIENT_SERVED)}
#: Every table that an indicator may count over, by name.
COUNTED = {**TABLES, **WIDE}
