"""Who may draw and judge samples, and what was typed, checked."""

from __future__ import annotations

import re
from typing import Any

from zhunsheng.casework.bodies.models import BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.samples.models import Sample
from zhunsheng.casework.samples.states import Method, Outcome, SizeBy, View
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import fen_from_yuan, yuan
from zhunsheng.kernel.text import kept
from zhunsheng.sampling import plans

#: A population of more is sampled by part: rule by rule, month by month.
MOST = 20_000
JUDGES = frozenset({DutyName.HEAD, DutyName.REVIEWER, DutyName.OFFICE})


def may_draw(user: User) -> bool:
    """Whether a user may draw samples: whoever may open a clue or an inspection."""
    return any(one.name in ("clue", "inspection") for one in cases.openings(user))


def check_draws(user: User) -> None:
    """Raise Problem ZS702 unless the user may draw samples."""
    if not may_draw(user):
        raise Problem("ZS702")


def view_of(user: User, sample: Sample) -> View | None:
    """Return as whom a user judges a sample: one of three, or not at all."""
    body = user.body
    if body is None or not duties_held(user) & JUDGES:
        return None
    if body.pk == sample.body_id:
        return View.AGENCY
    if not sample.shared:
        return None
    if body.kind == BodyKind.INSTITUTION and body.institution_code == sample.institution_id:
        return View.SELF
    return View.INDEPENDENT if body.pk == sample.subject_body_id else None


def wrong(zh: str, en: str) -> Problem:
    """Return the Problem of a sample that cannot be drawn or judged so."""
    return Problem("ZS937", reason=said(zh, en))


def plan_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return how a sample is drawn, checked. Raises Problem ZS937."""
    method, size_by = given.get("method"), given.get("size_by")
    if method not in Method.values or size_by not in SizeBy.values:
        raise wrong("未选择抽样方法或者样本量依据", "method or ground of the size is not chosen")
    if size_by == SizeBy.MONEY and method != Method.AMOUNT:
        raise wrong("可容忍错报率只用于按金额概率抽样", "a tolerable share of money goes with sampling by amount")
    title = kept(str(given.get("title", "")))
    if not 2 <= len(title) <= 120:
        raise wrong("名称须为 2 至 120 字", "the title takes 2 to 120 characters")
    return {
        "title": title, "method": method, "size_by": size_by,
        "confidence": _number(given, "confidence", 50, 99), "tolerable": _number(given, "tolerable", 5, 500),
        "count": _number(given, "count", 1, MOST) if size_by == SizeBy.FIXED else 0,
    }  # fmt: skip


def _number(given: dict[str, Any], name: str, least: int, most: int) -> int:
    text = str(given.get(name, "")).strip()
    number = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else -1
    if not least <= number <= most:
        raise wrong(f"{WORDS[name][0]}须为 {least} 至 {most}", f"{WORDS[name][1]} takes {least} to {most}")
    return number


WORDS = {
    "confidence": ("置信度（%）", "the confidence in percent"),
    "tolerable": ("允许误差（‰）", "the tolerable error in permille"),
    "count": ("样本量", "the size"),
}


def size(fields: dict[str, Any], population: int) -> int:
    """Return how many are drawn, by the formula that was chosen."""
    if fields["size_by"] == SizeBy.PROPORTION:
        return plans.size_of_proportion(population, fields["confidence"], fields["tolerable"])
    if fields["size_by"] == SizeBy.MONEY:
        return plans.size_of_amount(fields["confidence"], fields["tolerable"])
    return int(fields["count"])


def answer_of(given: dict[str, str], at_stake_fen: int) -> tuple[str, int, str]:
    """Return outcome, amount in fen and note of one unit. Raises Problem ZS937."""
    outcome, note = given.get("outcome", ""), kept(given.get("note", ""))
    if outcome not in Outcome.values:
        raise wrong("结论不在可选项中", "the outcome is none of the choices")
    if len(note) > 500:
        raise wrong("说明不超过 500 字", "the note takes at most 500 characters")
    if outcome != Outcome.ESTABLISHED:
        return outcome, 0, note
    try:
        fen = fen_from_yuan(kept(given.get("yuan", "")).replace(",", ""))
    except Problem as problem:
        raise wrong("成立的须填写精确到分的金额", "what is established names an amount exact to the fen") from problem
    if not 0 <= fen <= at_stake_fen:
        told = yuan(at_stake_fen)
        raise wrong(f"金额须在 0 至 {told} 元之间", f"the amount lies between 0 and {told}")
    return outcome, fen, note
