"""One page per rule: law left, rule right, examples below."""

from __future__ import annotations

from tools.docs.markdown import both, table
from zhunsheng.book import Book, Rule, load
from zhunsheng.book.models import Example, ExampleLine, ParameterValue
from zhunsheng.kernel.home import ROOT

GROUNDS = {"published": "国家公布 published", "local": "本地默认，待确认 local default to confirm", "demo": "演示 demo"}
VERDICTS = {"violation": "明确违规 violation", "suspected": "可疑 suspected", "unknown": "不明 unknown"}


def pages() -> dict[str, str]:
    """Return the pages by name, a rule's page at the path of its file."""
    book = load(ROOT / "rulebook")
    return {"README.md": _index(book)} | {f"{rule.id}.md": _page(book, rule) for rule in book.rules.values()}


def _index(book: Book) -> str:
    rows = [
        [f"[{r.name}]({r.id}.md)", r.name_en, f"`{r.pattern}`", GROUNDS[r.ground], r.version]
        for r in book.rules.values()
    ]
    knowledge = [[f"`{k.name}`", k.kind.zh, k.kind.en, len(k.points)] for k in book.knowledge.values()]
    return (
        "# 规则 · Rules\n\n"
        + table(["规则", "rule", "范式 pattern", "依据 ground", "版本 version"], rows)
        + "\n## 知识点清单 · Knowledge lists\n\n仓库内只有少量注明出处的样例；完整清单由使用单位导入。\n\n"
        "The repository holds a small cited seed; sites import the complete lists.\n\n"
        + table(["清单 list", "中文", "English", "仓库内条数 rows here"], knowledge)
    )


def _page(book: Book, rule: Rule) -> str:
    parts = [
        f"# {rule.name} · {rule.name_en}\n",
        table(["", ""], _facts(rule)),
        "## 法律依据 · Law\n",
        _law(book, rule),
        "## 规则 · Rule\n",
        both(rule.why, rule.why_en),
        both(f"依据情况：{rule.stands_on}", f"Stands on: {rule.stands_on_en}"),
        _parameters(rule),
        _knowledge(book, rule),
        "## 示例 · Examples\n",
        _examples(rule),
        "## 已知误判 · Known false positives\n",
        *(f"- {zh}\n- {en}" for zh, en in zip(rule.known_false_positives, rule.known_false_positives_en, strict=True)),
        "\n## 建议 · Advice\n",
        both(rule.advice, rule.advice_en),
    ]
    return "\n".join(part for part in parts if part)


def _facts(rule: Rule) -> list[list[object]]:
    signed = f"{rule.authored_by} / {rule.checked_by or '待复核 not yet checked'}"
    return [
        ["编号 id", f"`{rule.id}` {rule.code}"],
        ["范式 pattern", f"`{rule.pattern}`"],
        ["结论 verdict", VERDICTS[rule.verdict]],
        ["依据 ground", GROUNDS[rule.ground]],
        ["版本 version", rule.version],
        ["有效期 in force", f"{rule.valid_from} – {rule.valid_to or ''}"],
        ["编写 / 复核 authored / checked", signed],
        ["复审 reviewed / next", f"{rule.reviewed_on} / {rule.next_review}"],
    ]


def _law(book: Book, rule: Rule) -> str:
    parts = []
    for ref in rule.law:
        law, article = book.article(ref)
        zh, en = article.items.get(ref.item, ""), article.items_en.get(ref.item, "")
        parts += [
            f"**《{law.title}》（{law.number}）第 {ref.article} 条** {article.subject}",
            f"**{law.title_en}, article {ref.article}** {article.subject_en}\n",
            both(article.summary, article.summary_en),
            f"- 第 {ref.item} 项 {zh}\n- item {ref.item}: {en}\n" if ref.item else "",
        ]
    return "\n".join(part for part in parts if part)


def _parameters(rule: Rule) -> str:
    rows = [
        [
            p.zh,
            p.en,
            _when(v),
            f"{v.value} {v.unit}",
            f"{v.valid_from} – {v.valid_to or ''}",
            v.citation,
            v.confirmed_on,
        ]
        for p in rule.parameters
        for v in p.values
    ]
    return (
        table(
            ["参数", "parameter", "适用 when", "值 value", "有效期 in force", "出处 citation", "确认日 confirmed"], rows
        )
        if rows
        else ""
    )


def _when(value: ParameterValue) -> str:
    return ", ".join(f"{key} = {wanted}" for key, wanted in value.when.items())


def _knowledge(book: Book, rule: Rule) -> str:
    lists = [book.knowledge[name] for name in rule.lists]
    only = ", ".join(f"{column} = {text or '–'}" for column, text in rule.where.items())
    rows = [[f"`{one.name}` {only}", one.kind.zh, one.kind.en, len(one.points)] for one in lists]
    return table(["清单 list", "中文", "English", "仓库内条数 rows here"], rows) if rows else ""


def _examples(rule: Rule) -> str:
    rows = [[e.name, e.name_en, _rows(e), _expected(e), e.work, e.work_en] for e in rule.examples]
    return table(["示例", "example", "事实 facts", "结论 finding", "算式", "arithmetic"], rows)


def _rows(example: Example) -> str:
    person = [f"性别 sex {example.person.sex or '–'}", f"出生 born {example.person.birth_date or '–'}"]
    lines = [
        f"{x.id}: {x.item} {x.at} × {x.quantity} @ {x.price} ({x.institution}, {x.encounter}){_more(x)}"
        for x in example.lines
    ]
    stays = [
        " ".join(
            [f"{s.id}: {s.visit_type} {s.start} – {s.end or ''} ({s.institution})", s.insurance or "–", *s.diagnoses]
        )
        for s in example.stays
    ]
    places = [f"{i.id}: {i.kind} {i.level or '–'} {i.days}".rstrip() for i in example.institutions]
    places += [f"{d.id}: {d.name} {d.specialty or '–'} {d.days}".rstrip() for d in example.departments]
    return "<br>".join([", ".join(person), *lines, *stays, *places, *_registers(example)])


def _registers(example: Example) -> list[str]:
    died = [f"死亡登记 registered death {day}" for day in example.person.died_on]
    uses = [
        f"{u.id}: 使用记录 use {u.item} {u.day} × {u.quantity} ({u.institution}, {u.encounter})" for u in example.uses
    ]
    orders = [
        f"{o.id}: 医嘱 order {o.item or '–'} {o.start} {'–' if o.supply_days is None else o.supply_days} 天 days"
        f" ({o.institution}, {o.encounter})"
        for o in example.orders
    ]
    placed = [
        f"登记 registered {one.kind} {one.valid_from} – {one.valid_to or ''} ({one.institution})"
        for one in (*example.facilities, *example.devices)
    ]
    return [*died, *orders, *uses, *placed]


def _more(line: ExampleLine) -> str:
    scope = f" 政策范围内 in scope {line.in_scope}" if line.in_scope is not None else ""
    return scope + ("" if line.department else " 科室不明 no department")


def _expected(example: Example) -> str:
    found = [
        f"{VERDICTS[x.verdict]}: {', '.join(x.subject)}; {', '.join(x.reasons)}; ¥{x.amount}" for x in example.expect
    ]
    return "<br>".join(found) or "无 none"
