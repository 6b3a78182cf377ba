"""vendor_staff 第三方服务人员: who works for a vendor, with the certificate of the profession and its days."""

from zhunsheng.facts.schema.shared import VENDOR_ID
from zhunsheng.facts.table import Column, Kind, Table

VENDOR_STAFF = Table(
    name="vendor_staff",
    zh="第三方服务人员",
    grain="one row per person, certificate and period in which it was valid; renewed is another row",
    key=("vendor_id", "practitioner_id", "certificate_kind", "valid_from"),
    columns=(
        VENDOR_ID,
        Column(
            "practitioner_id",
            Kind.TEXT,
            "人员编码",
            "code of the person, unique within the vendor; national code where there is one",
            required=True,
        ),
        Column("name", Kind.TEXT, "姓名", "as registered; empty when not stated"),
        Column(
            "profession",
            Kind.TEXT,
            "职业类别",
            "code of the profession",
            codes=(
                "physician",
                "technician",
                "nurse",
                "pharmacist",
                "therapist",
                "engineer",
                "driver",
                "manager",
                "other",
            ),
        ),
        Column(
            "title",
            Kind.TEXT,
            "职称",
            "level of the professional title",
            codes=("junior", "intermediate", "associate_senior", "senior"),
        ),
        Column(
            "certificate_kind",
            Kind.TEXT,
            "证书种类",
            "code, such as physician_licence or rehabilitation_therapist; none where the person has none; engagement "
            "for the engagement itself, by which alone it is then told whether the person has left",
            required=True,
        ),
        Column("certificate_no", Kind.TEXT, "证书编号", "as printed; empty when not stated"),
        Column(
            "valid_from",
            Kind.DATE,
            "有效期起",
            "first day of the certificate, or of the engagement where there is none",
            required=True,
        ),
        Column("valid_to", Kind.DATE, "有效期止", "first day without it; empty when open"),
    ),
)
