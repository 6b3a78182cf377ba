"""institution 机构: dated, because level and kind change and acts are judged by what held on the day.

A row holds until its stated end or until the next row of the institution begins. The first row also speaks for the days
before it: nothing else is known of them.
"""

from zhunsheng.facts.table import Column, Kind, Table

INSTITUTION = Table(
    name="institution",
    zh="机构",
    grain="one row per institution and period in which level, kind and parent held; the first also speaks before it",
    key=("institution_id", "valid_from"),
    columns=(
        Column(
            "institution_id",
            Kind.TEXT,
            "机构编码",
            "national code fixmedins_code; of a vendor its unified social credit code",
            required=True,
        ),
        Column("name", Kind.TEXT, "机构名称", "registered name", required=True),
        Column(
            "kind",
            Kind.TEXT,
            "机构类别",
            "kind of provider; a vendor serves members of a consortium",
            required=True,
            codes=("hospital", "township_centre", "village_clinic", "pharmacy", "vendor", "other"),
        ),
        Column(
            "level", Kind.TEXT, "机构级别", "3, 2, 1 or 0 (unrated); empty when not stated", codes=("3", "2", "1", "0")
        ),
        Column("parent_id", Kind.TEXT, "牵头机构", "lead institution within the consortium; empty for none"),
        Column("region", Kind.TEXT, "行政区划", "GB/T 2260 code of six digits"),
        Column("valid_from", Kind.DATE, "生效日", "first day on which the row holds", required=True),
        Column("valid_to", Kind.DATE, "失效日", "first day on which it no longer holds; empty: until the next row"),
    ),
)
