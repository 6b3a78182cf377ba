"""encounter 就诊: one contact with one institution, from registration or admission to its end."""

from zhunsheng.facts.table import Column, Kind, Table

ENCOUNTER = Table(
    name="encounter",
    zh="就诊",
    grain="one row per encounter (mdtrt_id) and distinct statement of a batch: an interim settlement states it again",
    key=("encounter_id",),
    columns=(
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution visited", required=True),
        Column("department_id", Kind.TEXT, "科室编码", "department at the start"),
        Column("practitioner_id", Kind.TEXT, "医保医师编码", "responsible clinician"),
        Column(
            "visit_type",
            Kind.TEXT,
            "就医方式",
            "kind of encounter",
            required=True,
            codes=("outpatient", "emergency", "inpatient", "pharmacy", "internet"),
        ),
        Column("insurance_kind", Kind.TEXT, "险种", "national code hi_type (310 employee, 390 resident)"),
        Column("start_date", Kind.DATE, "开始日期", "admission or visit day, Asia/Shanghai", required=True),
        Column("start_at", Kind.MOMENT, "开始时间", "empty when only the day is stated"),
        Column("end_date", Kind.DATE, "结束日期", "discharge day; empty while open or not stated"),
        Column("end_at", Kind.MOMENT, "结束时间", "empty when only the day is stated"),
        Column("principal_diagnosis", Kind.TEXT, "主要诊断", "insurance-edition ICD-10 code"),
    ),
)
