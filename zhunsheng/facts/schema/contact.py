"""contact 就诊联系信息: pseudonymous keys of the phone and the account that an encounter was registered with."""

from zhunsheng.facts.table import Column, Kind, Table

CONTACT = Table(
    name="contact",
    zh="就诊联系信息",
    grain="one row per encounter",
    key=("encounter_id",),
    columns=(
        Column("encounter_id", Kind.TEXT, "就诊标识", "mdtrt_id", required=True),
        Column("person_id", Kind.TEXT, "参保人假名", "keyed pseudonym", required=True),
        Column("institution_id", Kind.TEXT, "机构编码", "institution visited", required=True),
        Column("phone_key", Kind.TEXT, "电话假名", "keyed pseudonym of the number; the number itself is never stored"),
        Column("account_key", Kind.TEXT, "账户假名", "keyed pseudonym of the account; never the account itself"),
    ),
)
