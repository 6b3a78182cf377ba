"""The outside formats: which headers make which kind of file, what each column must hold and where it goes."""

from __future__ import annotations

from pathlib import Path

from tools.docs.markdown import table
from zhunsheng.sources.mapping import SOURCES, Field, FileKind, Mapping, mapping

TYPES = {
    "id": "identifier",
    "person": "identifier, becomes a pseudonym",
    "contact": "phone or account, becomes a pseudonym and is never stored or shown; masked ones count as absent",
    "text": "text",
    "code": "code",
    "birth": "day",
    "day": "day",
    "last_day": "last day on which the row holds",
    "moment": "day or day and time",
    "fen": "yuan, 2 decimals",
    "e4": "number, 4 decimals",
    "e6": "yuan, 6 decimals",
    "count": "whole number from 1",
}
HEAD = ["列 column", "中文", "也接受 also accepted", "必填 required", "内容 content", "去处 goes to", "代码 codes"]


def pages() -> dict[str, str]:
    """Return the one page: what holds for every file, written by hand, then each source out of its mapping."""
    head = Path(__file__).with_name("sources_head.md").read_text("utf-8")
    return {"sources.md": "\n".join([head, *(_source(mapping(source)) for source in SOURCES)])}


#: What a source that is no table says of itself beyond its kinds: key of the mapping -> heading.
REST = {
    "identifiers": "标识取自此类型的 identifier，否则取 id · number: the identifier of this type, else the id",
    "systems": "编码体系的取用次序 · code systems in order of preference",
    "out_of_force": "处于这些状态的资源只计数 · resources in these states are only counted",
    "adjudication": "给付裁定类别的含义 · what a category of an adjudication means",
    "unread": "不读取的元素 · elements that are not read",
}


def _source(source: Mapping) -> str:
    kinds = "\n".join(_kind(kind) for kind in source.kinds.values() if kind.across_batches != "unused")
    unused = ", ".join(f"`{kind.name}`" for kind in source.kinds.values() if kind.across_batches == "unused")
    tail = f"认得但不入库 · known and not stored: {unused}\n" if unused else ""
    money = f"币种 · currency: {source.currency}\n\n" if source.currency else ""
    rest = "".join(f"\n**{title}**\n\n{_listed(source.rest[key])}" for key, title in REST.items() if key in source.rest)
    return f"## {source.zh} · {source.source}\n\n{money}{kinds}\n{tail}{rest}"


def _listed(told: object) -> str:
    """Return nested names as a list of one line each."""
    if not isinstance(told, dict):
        return f"- {_joined(told)}\n"
    return "".join(f"- `{name}`: {_joined(value)}\n" for name, value in told.items())


def _joined(told: object) -> str:
    if isinstance(told, dict):
        return "; ".join(f"`{name}` {_joined(value)}" for name, value in told.items())
    return ", ".join(f"`{one}`" for one in told) if isinstance(told, list) else f"`{told}`"


def _kind(kind: FileKind) -> str:
    key = ", ".join(f"`{kind.key_table}.{name}`" for name in kind.key_columns)
    head = f"### {kind.zh} · {kind.name}\n\n主键 · key: {key}\n\n"
    cut = any(one.element is not None for one in kind.fields)
    columns = ["元素 element", *HEAD[1:2], *HEAD[3:]] if cut else HEAD
    return head + table(columns, [_element(one) if cut else _row(one) for one in kind.fields])


def _element(one: Field) -> list[str]:
    _, zh, _, *rest = _row(one)
    return [f"`{one.element}`" if one.element else "-", zh, *rest]


def _row(one: Field) -> list[str]:
    codes = "; ".join(f"{code} → {value or '-'}" for code, value in one.codes.items())
    to = ", ".join(f"`{name}.{column}`" for name, column in one.to)
    also = "、".join(one.aliases)
    return [f"`{one.name}`", one.zh, also, "是 yes" if one.required else "", TYPES[one.type], to, codes]
