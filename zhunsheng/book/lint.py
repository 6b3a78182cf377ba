"""Checks of the rule book that need no pattern: who signed, what is cited, what falls due, periods, overlays.

What a rule waits for is what they say of it, and of the lists and batches that it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import Literal

from zhunsheng.book.lifecycle import Hold, holds, loosens, narrower, subjects, successors
from zhunsheng.book.models import Batch, Book, ListKind, Parameter, ParameterValue, Point, Rule, Signed


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the linter says of a rule, a knowledge list, a batch, a life-cycle or a reward scheme.

    ``level`` is ``error`` or ``warning``.
    """

    kind: Literal[
        "rule", "list", "batch", "cycle", "handling", "scheme", "indicator", "light", "scorecard", "vendor",
        "telemetry",
    ]  # fmt: skip
    about: str
    level: Literal["error", "warning"]
    code: str
    zh: str
    en: str


def about_book(book: Book, today: date) -> list[Remark]:
    """Return the remarks on every rule, list and batch of a book."""
    found = [remark for rule in book.rules.values() for remark in _rule(book, rule, today)]
    found += [remark for name in book.knowledge for remark in _list(book, name)]
    found += [remark for name, batch in book.batches.items() for remark in _batch(name, batch, today)]
    return [*found, *_chain(book)]


def waits(book: Book, remarks: list[Remark]) -> dict[str, list[Remark]]:
    """Return for every rule what it waits for: the remarks on itself, its lists, and the batches of their points."""
    told: dict[tuple[str, str], list[Remark]] = defaultdict(list)
    for remark in remarks:
        told[remark.kind, remark.about].append(remark)
    batches = {name: dict.fromkeys(point.batch for point in known.points) for name, known in book.knowledge.items()}
    found = {}
    for rule in book.rules.values():
        named = {batch: None for name in rule.lists for batch in batches[name]}
        keys = [("rule", rule.id), *(("list", name) for name in rule.lists), *(("batch", name) for name in named)]
        found[rule.id] = [remark for key in keys for remark in told[key]]
    return found


def _rule(book: Book, rule: Rule, today: date) -> Iterator[Remark]:
    yield from _signature("rule", rule.id, rule)
    yield from _review("rule", rule.id, rule, today)
    yield from _awaiting(book, rule)
    yield from _placed(book, rule)
    if not rule.waits_for and not any(example.known_false_positive for example in rule.examples):
        yield Remark(
            "rule", rule.id, "error", "no_false_positive",
            "缺少已知误判的算例", "No example of a known false positive",
        )  # fmt: skip
    for ref in rule.law:
        _, article = book.article(ref)
        if article.certainty == "to_verify":
            place = f"{ref.instrument} {ref.article}"
            yield Remark("rule", rule.id, "warning", "law_to_verify", f"法条待核对：{place}", f"To verify: {place}")
    for parameter in rule.parameters:
        yield from _parameter(rule, parameter)
    for name in rule.lists:
        if not book.knowledge[name].points:
            zh, en = book.knowledge[name].kind.zh, book.knowledge[name].kind.en
            yield Remark(
                "rule", rule.id, "warning", "empty_list", f"知识表“{zh}”没有知识点", f"The list '{en}' is empty"
            )  # fmt: skip


def _awaiting(book: Book, rule: Rule) -> Iterator[Remark]:
    for name in rule.waits_for:
        one = book.awaited[name]
        yield Remark("rule", rule.id, "warning", "waiting", f"等待{one.zh}", f"Waits for {one.en}")


def _placed(book: Book, rule: Rule) -> Iterator[Remark]:
    """A rule bears the code of its place in the scheme, so that the two lists cannot part."""
    place = book.scheme.get(rule.seq)
    if place and place.code != rule.code:
        yield Remark(
            "rule", rule.id, "error", "code",
            f"编码 {rule.code} 与规则目录第 {rule.seq} 条的 {place.code} 不一致",
            f"Code {rule.code} differs from {place.code} of place {rule.seq} in the scheme",
        )  # fmt: skip


def _parameter(rule: Rule, parameter: Parameter) -> Iterator[Remark]:
    zh, en = parameter.zh, parameter.en
    for value in parameter.values:
        if not value.citation.strip():
            yield Remark(
                "rule", rule.id, "error", "uncited",
                f"参数“{zh}”的值 {value.value} 没有出处", f"Value {value.value} of '{en}' has no citation",
            )  # fmt: skip
    if local := sum(value.ground == "local" for value in parameter.values):
        yield Remark(
            "rule", rule.id, "warning", "local_value",
            f"参数“{zh}”有 {local} 个值为本地默认，待确认", f"{local} values of '{en}' are local defaults to confirm",
        )  # fmt: skip
    groups: dict[tuple[tuple[str, str], ...], list[ParameterValue]] = defaultdict(list)
    for value in parameter.values:
        groups[tuple(sorted(value.when.items()))].append(value)
    for values in groups.values():
        for one, other in pairwise(sorted(values, key=lambda value: value.valid_from)):
            if told := _between(one.period.end, other.period.start):
                yield Remark("rule", rule.id, "error", told[0], f"参数“{zh}”{told[1]}", f"Parameter '{en}': {told[2]}")


def _between(end: date, start: date) -> tuple[str, str, str] | None:
    """Say what lies between the end of one period and the start of the next."""
    if start < end:
        return "overlap", f"自 {start} 起有两个值", f"two values from {start}"
    if start > end:
        return "gap", f"{end} 至 {start} 之间没有值", f"no value from {end} to {start}"
    return None


def _list(book: Book, name: str) -> Iterator[Remark]:
    """Yield what two points of one subject say against each other, once per kind with how often."""
    known, later = book.knowledge[name], successors(book.batches)
    hold = holds(book, name)
    told: dict[str, list[str]] = defaultdict(list)
    for subject, group in subjects(known).items():
        for one, other in combinations(group, 2) if len(group) > 1 else ():
            if fault := _fault(book, known.kind, (one, other), hold, later):
                told[fault].append(" ".join(subject))
        if len(group) > 1 and _has_gap(group, hold):
            told["gap"].append(" ".join(subject))
    for code, (level, zh, en) in LIST_FAULTS.items():
        if found := told[code]:
            n, first = len(found), found[0]
            yield Remark("list", name, level, code, zh.format(n=n, first=first), en.format(n=n, first=first))


LIST_FAULTS: dict[str, tuple[Literal["error", "warning"], str, str]] = {
    "loosens": (
        "error",
        "{n} 处叠加放宽了上级的限定而未注明出处，放宽不生效，例如 {first}",
        "{n} overlays loosen a broader limit without a citation and have no effect, for example {first}",
    ),
    "overlap": (
        "warning",
        "{n} 处同一对象同时有两个批次的知识点，未说明先后，例如 {first}",
        "{n} subjects have points of two batches at once and no stated order, for example {first}",
    ),
    "gap": (
        "warning",
        "{n} 个对象的知识点之间有空档，例如 {first}",
        "{n} subjects have a gap between their points, for example {first}",
    ),
}


def _fault(
    book: Book, kind: ListKind, pair: tuple[Point, Point], hold: dict[str, Hold], later: dict[str, set[str]]
) -> str:
    one, other = pair
    if narrower(one, other, book.batches) or narrower(other, one, book.batches):
        narrow, broad = pair if narrower(one, other, book.batches) else (other, one)
        silent = not narrow.citation and narrow.period.meets(broad.period)
        return "loosens" if silent and loosens(kind, broad, narrow) else ""
    if one.batch == other.batch or one.batch in later[other.batch] or other.batch in later[one.batch]:
        return ""
    held = [(a, b) for a in hold[one.point_id].periods for b in hold[other.point_id].periods]
    return "overlap" if any(a.meets(b) for a, b in held) else ""


def _has_gap(group: list[Point], hold: dict[str, Hold]) -> bool:
    held = sorted(period for point in group for period in hold[point.point_id].periods)
    reached = held[0].end if held else None
    for period in held[1:]:
        if reached and period.start > reached:
            return True
        reached = max(reached or period.end, period.end)
    return False


def _batch(name: str, batch: Batch, today: date) -> Iterator[Remark]:
    yield from _signature("batch", name, batch)
    yield from _review("batch", name, batch, today)
    if not batch.citation.strip():
        yield Remark("batch", name, "error", "uncited", "批次没有出处", "The batch has no citation")
    if batch.date_to_confirm:
        yield Remark(
            "batch", name, "warning", "date_to_confirm",
            f"起始日 {batch.valid_from} 待对照原通知确认", f"The start {batch.valid_from} is to be confirmed",
        )  # fmt: skip


def _chain(book: Book) -> Iterator[Remark]:
    """One site lies in one chain of jurisdictions: two regions of one level cannot both be above it."""
    regions: dict[str, set[str]] = defaultdict(set)
    for batch in book.batches.values():
        regions[batch.level].add(batch.region)
    for name, batch in book.batches.items():
        if (batch.level == "national") != (batch.region == ""):
            yield Remark(
                "batch", name, "error", "region",
                "国家批次不写区划，其他批次须写区划", "A national batch names no region, every other one does",
            )  # fmt: skip
        elif len(regions[batch.level]) > 1:
            others = "、".join(sorted(regions[batch.level]))
            yield Remark(
                "batch", name, "error", "region",
                f"同一层级有两个区划：{others}", f"Two regions of one level: {others}",
            )  # fmt: skip


def _signature(kind: Literal["rule", "batch"], about: str, one: Signed) -> Iterator[Remark]:
    said = SIGNATURES.get(one.sign_off)
    if said:
        yield Remark(kind, about, *said)
    if not one.authored_by:
        yield Remark(kind, about, "warning", "no_author", "没有编写人", "No author is named")


SIGNATURES: dict[str, tuple[Literal["error", "warning"], str, str, str]] = {
    "unchecked": ("warning", "unchecked", "尚无第二人核对", "No second person has checked it"),
    "self_checked": ("error", "self_checked", "编写与核对为同一人", "Author and checker are the same"),
    "undated": ("warning", "undated", "核对人未写签署日期", "The checker's signature has no date"),
}


def _review(kind: Literal["rule", "batch"], about: str, one: Signed, today: date) -> Iterator[Remark]:
    due = one.next_review
    if one.overdue(today):
        yield Remark(kind, about, "warning", "overdue", f"复核已于 {due} 到期", f"Review was due {due}")
