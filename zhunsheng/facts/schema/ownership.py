"""ownership 出资与任职: who holds a share of a company or has a post in it or in an institution, with its days."""

from zhunsheng.facts.table import Column, Kind, Table

OWNERSHIP = Table(
    name="ownership",
    zh="出资与任职",
    grain="one row per holder, company, role and period",
    key=("holder_id", "company_id", "role", "valid_from"),
    columns=(
        Column(
            "holder_id",
            Kind.TEXT,
            "持有人标识",
            "code of the person, or credit code of the company, that holds",
            required=True,
        ),
        Column(
            "company_id",
            Kind.TEXT,
            "企业或机构代码",
            "credit code of the company, or code of the institution",
            required=True,
        ),
        Column(
            "role",
            Kind.TEXT,
            "角色",
            "shareholder of a company; manager, director, legal representative or buyer of a company or institution",
            required=True,
            codes=("shareholder", "manager", "director", "legal_representative", "buyer"),
        ),
        Column("holder_name", Kind.TEXT, "持有人名称", "as registered; empty when not stated"),
        Column(
            "holder_kind",
            Kind.TEXT,
            "持有人类别",
            "person or company; empty when not stated",
            codes=("person", "company"),
        ),
        Column("share_ppm", Kind.COUNT, "出资比例", "share in parts per million; empty for a post"),
        Column("valid_from", Kind.DATE, "起始日", "first day", required=True),
        Column("valid_to", Kind.DATE, "终止日", "first day on which it no longer holds; empty when open"),
    ),
)
