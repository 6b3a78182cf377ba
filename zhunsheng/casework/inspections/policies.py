"""Whether a plan, a draw or an item from the site may be taken, and what was typed, checked. All input is hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from zhunsheng.book.checklists import CheckList
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.permissions import opens
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.inspections.models import InspectionPlan, ItemVersion, Visit
from zhunsheng.casework.inspections.states import PlanKind, PlanState, Result, Role, Trigger
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan
from zhunsheng.kernel.text import kept

KEY = re.compile(r"[0-9a-z-]{8,40}")
DIGEST = re.compile(r"[0-9a-f]{64}")
NOTE, NAMES, NAME, PHOTOS, BASES = 2000, 10, 60, 12, 20
#: Items are taken until the list of problems is handed over.
COLLECTING = frozenset({"drawn", "on_site"})
MOST_SUBJECTS, MOST_TEAM, MOST_EXPERTS = 500, 10, 10


def check_plans(actor: User) -> None:
    """Raise Problem ZS702 unless the actor may open inspections in the own body."""
    if not may_plan(actor):
        raise Problem("ZS702")


def may_plan(user: User) -> bool:
    """Whether a user may plan inspections: whoever may open their cases."""
    cycle = library.cycle("inspection")
    return user.body is not None and opens(user, user.body, cycle.named(cycle.opening.who), cycle.name) is not None


def wrong(zh: str, en: str, reason_zh: str, reason_en: str) -> Problem:
    """Return the Problem of a field that says nothing that can be taken."""
    return Problem("ZS931", field=said(zh, en), reason=said(reason_zh, reason_en))


def text_of(value: Any, zh: str, en: str, most: int, least: int = 1) -> str:
    """Return a text, trimmed. Raises Problem ZS931."""
    found = kept(value) if isinstance(value, str) else ""
    if not least <= len(found) <= most:
        raise wrong(zh, en, f"须为 {least} 至 {most} 字", f"takes {least} to {most:,} characters")
    return found


def number_of(value: Any, zh: str, en: str, least: int, most: int) -> int:
    """Return a whole number within limits. Raises Problem ZS931."""
    number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value.strip()) else -1
    if not least <= number <= most:
        raise wrong(zh, en, f"须为 {least} 至 {most}", f"takes {least} to {most}")
    return number


def plan_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a plan, checked. Raises Problem ZS931."""
    if given.get("kind") not in PlanKind.values:
        raise wrong("检查类型", "Kind", "不在可选项中", "is none of the choices")
    if given.get("trigger") not in Trigger.values:
        raise wrong("启动情形", "Trigger", "不在可选项中", "is none of the choices")
    return {
        "kind": given["kind"],
        "trigger": given["trigger"],
        "title": text_of(given.get("title"), "名称", "Title", 120, 2),
        "outline": text_of(given.get("outline"), "检查方案", "Plan", 5000, 2),
        "count": number_of(given.get("count"), "抽取机构数", "Subjects to draw", 1, 100),
        "team": number_of(given.get("team"), "每组检查人员", "Inspectors each", 2, MOST_TEAM),
        "experts": number_of(given.get("experts") or "0", "每组专家", "Experts each", 0, MOST_EXPERTS),
    }


def check_state(plan: InspectionPlan, state: PlanState, zh: str, en: str) -> None:
    """Raise Problem ZS932 unless a plan stands where a deed starts from."""
    if plan.state != state:
        raise Problem("ZS932", move=said(zh, en), state=PlanState(plan.state).label)


def check_pools(plan: InspectionPlan, subjects: list[dict[str, str]], people: list[dict[str, Any]]) -> None:
    """Raise Problem ZS931 or ZS934 where a pool is too small, also after those are left out who have a tie."""
    if not plan.count <= len(subjects) <= MOST_SUBJECTS:
        told = f"须为 {plan.count} 至 {MOST_SUBJECTS} 家", f"takes {plan.count} to {MOST_SUBJECTS}"
        raise wrong("对象库", "Pool of subjects", *told)
    for role, needed in ((Role.INSPECTOR, plan.team), (Role.EXPERT, plan.experts)):
        of_role = [one for one in people if one["role"] == role]
        for subject in subjects:
            left = sum(subject["id"] not in one["ties"] for one in of_role)
            if left < needed:
                raise Problem("ZS934", institution=subject["name"], role=role.label, left=left, needed=needed)


def check_other(actor: User, first: User | None) -> None:
    """Raise Problem ZS933 where one person would do what two have to."""
    if first is None or actor.pk == first.pk:
        raise Problem("ZS933")


def check_collecting(actor: User, visit: Visit) -> None:
    """Raise Problem ZS702 for one who is not of the team, ZS932 once the list of problems was handed over."""
    if actor.pk not in officers_of(visit):
        raise Problem("ZS702")
    if visit.case.state not in COLLECTING:
        state = visit.case.life.state(visit.case.state)
        raise Problem("ZS932", move=said("现场记录", "Collect on site"), state=said(state.zh, state.en))


def officers_of(visit: Visit) -> set[int]:
    """Return the numbers of the accounts of a team."""
    users = {one["code"]: one["user"] for one in visit.plan.people}
    return {users[code] for code in visit.team}


@dataclass(frozen=True, slots=True)
class Around:
    """What an item may name: the check-list, articles, drawn findings, and the files that the case holds."""

    checks: CheckList
    articles: frozenset[str]
    findings: frozenset[str]
    files: frozenset[str]


def _bad(zh: str, en: str) -> Problem:
    return Problem("ZS935", reason=said(zh, en))


def envelope_of(sent: Any) -> tuple[str, str, list[str]]:
    """Return item, key and bases of a submission. Raises Problem ZS935."""
    if not isinstance(sent, dict):
        raise _bad("不是一条记录", "it is no record")
    item, key, bases = sent.get("item"), sent.get("key"), sent.get("bases", [])
    named = isinstance(bases, list) and len(bases) <= BASES and all(isinstance(one, str) for one in bases)
    if not named or not all(isinstance(one, str) and KEY.fullmatch(one) for one in (item, key, *bases)):
        raise _bad("标识不合格式", "its keys are malformed")
    return str(item), str(key), sorted(set(bases))


def content_of(content: Any, around: Around) -> dict[str, Any]:
    """Return what an item says, checked and without anything else. Raises Problem ZS935."""
    if not isinstance(content, dict):
        raise _bad("没有内容", "it says nothing")
    check, article, finding = (_str(content, name, 80) for name in ("check", "article", "finding"))
    if check and check not in {one.id for one in (*around.checks.kinds, *around.checks.items)}:
        raise _bad("检查要点不在清单中", "its check is not on the list")
    if article and article not in around.articles:
        raise _bad("法规库中没有这一条款", "its article is not in the book of law")
    if finding and finding not in around.findings:
        raise _bad("疑点不在抽样清单中", "its finding is not in the sample")
    result = content.get("result")
    if result not in Result.values:
        raise _bad("未写明成立、不成立或者不明", "it does not say established, not established or unknown")
    note = _str(content, "note", NOTE)
    if not (check or finding or note):
        raise _bad("没有内容", "it says nothing")
    if result == Result.ESTABLISHED and not article:
        raise _bad("成立的问题须写明条款", "an established problem names its article")
    return {
        "check": check, "article": article, "finding": finding, "result": result, "note": note,
        "fen": _fen(content.get("yuan", "")), "photos": _photos(content.get("photos", []), around.files),
        "signed": _names(content.get("signed", [])), "removed": content.get("removed") is True,
    }  # fmt: skip


def _str(content: dict[str, Any], name: str, most: int) -> str:
    value = content.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise _bad(f"{name} 须为不超过 {most} 字的文字", f"{name} takes at most {most:,} characters")
    return kept(value)


def _fen(value: Any) -> int | None:
    """An amount that nobody typed is not known, and not nothing."""
    if value in ("", None):
        return None
    try:
        fen = fen_from_yuan(kept(str(value)).replace(",", ""))
    except Problem as problem:
        raise _bad("金额须精确到分", "its amount is not exact to the fen") from problem
    if not 0 <= fen <= 100_000_000_000:
        raise _bad("金额超出范围", "its amount is out of range")
    return fen


def _photos(value: Any, files: frozenset[str]) -> list[str]:
    if not isinstance(value, list) or len(value) > PHOTOS or not all(isinstance(one, str) for one in value):
        raise _bad(f"照片最多 {PHOTOS} 张", f"it takes at most {PHOTOS} photos")
    if not set(value) <= files:
        raise _bad("照片还没有送到", "a photo has not arrived")
    return list(dict.fromkeys(value))


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > NAMES or not all(isinstance(one, str) for one in value):
        raise _bad("签名须为姓名列表", "its signatures are no list of names")
    names = [kept(one) for one in value]
    if any(len(one) > NAME for one in names):
        raise _bad(f"签名每个不超过 {NAME} 字", f"a signature takes at most {NAME} characters")
    return [one for one in names if one]


def heads(versions: list[ItemVersion]) -> dict[str, list[ItemVersion]]:
    """Return for each item the versions that stand: those that no other version of the item is based on."""
    seen = {(one.item, base) for one in versions for base in one.bases}
    found: dict[str, list[ItemVersion]] = {}
    for one in versions:
        if (one.item, one.key) not in seen:
            found.setdefault(one.item, []).append(one)
    return found


def check_settled(standing: dict[str, list[ItemVersion]]) -> list[ItemVersion]:
    """Return the version that stands of each item that was not removed. Raises Problem ZS936 where two stand."""
    torn = sum(len(one) > 1 for one in standing.values())
    if torn:
        raise Problem("ZS936", count=torn)
    return [one[0] for one in standing.values() if not one[0].content["removed"]]
