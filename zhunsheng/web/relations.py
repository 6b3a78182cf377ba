"""Words and drawing of a conflict of interest: the chain as text, and the nodes and edges of its graph."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.kernel.quantity import plain
from zhunsheng.relations.conflict import Conflict, Standing
from zhunsheng.relations.graph import Chain, Edge

ARROW = " → "


def names_of(scope: Scope, found: list[Conflict]) -> dict[str, str]:
    """Return names by code: of institutions and vendors as registered, of holders as the rows state them."""
    names = {one.institution_id: one.name for one in scope.file.places.values()} if scope.file else {}
    for one in found:
        steps = [step for chain in one.held.chains for step in chain.steps]
        for edge in (*steps, one.post, *(post for post, _chain in one.posts)):
            if edge.holder_name:
                names.setdefault(edge.holder_id, edge.holder_name)
    return names


def role(name: str) -> str:
    """Return a post in words."""
    return {
        "shareholder": _("股东"), "manager": _("管理人员"), "director": _("院长、董事"),
        "legal_representative": _("法定代表人"), "buyer": _("采购人员"),
    }.get(name, name)  # fmt: skip


def relation(name: str | None) -> str:
    """Return a kinship in words."""
    return {
        "spouse": _("配偶"), "parent": _("父母"), "child": _("子女"), "sibling": _("兄弟姐妹"), "in_law": _("姻亲"),
    }.get(name or "", _("其他近亲属"))  # fmt: skip


def standing(value: Standing) -> str:
    """Return in words how a conflict stands."""
    return {
        Standing.UNDECLARED: _("未申报"),
        Standing.DECLARED: _("已申报，未回避"),
        Standing.UNKNOWN: _("比例不明"),
        Standing.RECUSED: _("已申报并回避"),
    }[value]


def percent(part: int | None, whole: int) -> str:
    """Return a share in percent, exact to four decimals; unknown in words."""
    return _("比例不明") if part is None else f"{plain(part * 10**6 // whole, 4)}%"


def chain_text(chain: Chain, names: dict[str, str], whole: int) -> str:
    """Return a chain as text: 甲 40% → 乙 60% → 本公司 = 24%."""
    told = [f"{names.get(step.holder_id, step.holder_id)} {percent(step.share_ppm, 10**6)}" for step in chain.steps]
    last = chain.steps[-1].company_id
    text = ARROW.join([*told, names.get(last, last)])
    return f"{text} = {percent(chain.share, whole)}" if len(told) > 1 else text


def row(one: Conflict, names: dict[str, str]) -> dict[str, Any]:
    """Return a conflict with its words."""
    chains = [chain_text(chain, names, one.whole) for chain in one.held.chains]
    posts = [_post(post, chain, names, one.whole) for post, chain in one.posts]
    return {
        "one": one,
        "key": f"{one.person_id}|{one.holder_id}|{one.vendor_id}",
        "vendor": names.get(one.vendor_id, one.vendor_id),
        "person": names.get(one.person_id, one.person_id),
        "place": names.get(one.post.company_id, one.post.company_id),
        "role": role(one.post.role),
        "relative": _("{relation} {name}").format(
            relation=relation(one.tie.relation), name=names.get(one.holder_id, one.holder_id)
        ) if one.tie else "",
        "share": _share(one),
        "chains": chains,
        "posts": posts,
        "path": [f"{_whose(one, names)}{text}" for text in (*chains, *posts)],
        "standing": standing(one.standing),
        "harmless": one.standing == Standing.RECUSED,
    }  # fmt: skip


def _whose(one: Conflict, names: dict[str, str]) -> str:
    """Return whose relative the holder is, in front of a chain; nothing where it is the person."""
    if one.tie is None:
        return ""
    person = names.get(one.person_id, one.person_id)
    return _("{person}的{relation}：").format(person=person, relation=relation(one.tie.relation))


def _share(one: Conflict) -> str:
    """Return the share over all chains; the least one where a chain is not known, empty without chains."""
    if not one.held.chains:
        return ""
    told = percent(one.held.least, one.whole)
    return _("至少 {share}").format(share=told) if one.held.unknown else told


def _post(post: Edge, chain: Chain | None, names: dict[str, str], whole: int) -> str:
    who, place = (names.get(code, code) for code in (post.holder_id, post.company_id))
    text = _("{who} 任 {place} {role}").format(who=who, place=place, role=role(post.role))
    return f"{text}{ARROW}{chain_text(chain, names, whole)}" if chain else text


def graph(one: Conflict, names: dict[str, str]) -> dict[str, Any]:
    """Return the nodes (with their level, 0 the institution) and edges of a conflict, and its words."""
    levels: dict[str, int] = {one.post.company_id: 0, one.person_id: 1, one.holder_id: 2 if one.tie else 1}
    edges: dict[tuple[str, str, str], str] = {(one.person_id, one.post.company_id, ""): role(one.post.role)}
    if one.tie:
        edges[one.person_id, one.holder_id, ""] = relation(one.tie.relation)
    chains = [*one.held.chains, *(chain for _post, chain in one.posts if chain)]
    longest = max((len(chain.steps) for chain in chains), default=1)
    last = levels[one.holder_id] + max(longest, 2 if any(chain for _post, chain in one.posts) else 1)
    for chain in chains:
        for back, step in enumerate(reversed(chain.steps)):
            levels.setdefault(step.holder_id, max(levels[one.holder_id] + 1, last - back - 1))
            edges[step.holder_id, step.company_id, "share"] = percent(step.share_ppm, 10**6)
    for post, _chain in one.posts:
        edges[post.holder_id, post.company_id, post.role] = role(post.role)
    levels[one.vendor_id] = last
    kinds = {one.post.company_id: "own", one.vendor_id: "vendor", one.person_id: "person", one.holder_id: "person"}
    return {
        "nodes": [
            {"id": code, "name": names.get(code, code), "level": level, "kind": kinds.get(code, "company")}
            for code, level in sorted(levels.items(), key=lambda item: (item[1], item[0]))
        ],
        "edges": [{"from": a, "to": b, "label": label} for (a, b, _kind), label in edges.items()],
        "summary": "；".join(row(one, names)["path"]),
    }
