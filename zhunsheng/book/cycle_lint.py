"""What a life-cycle must keep to: each state is reached, owned, timed and left; each name exists; each clock cites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from zhunsheng.book.cycles import Cite, Clock, Cycle, Input, Move, Names, Opening, State
from zhunsheng.book.lint import Remark

Place = tuple[Any, ...]
#: Fields that hold a list of things of the site.
LISTED = ("people", "attachment", "bodies")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a place of the file, in words."""

    place: Place
    zh: str
    en: str


def faults(cycle: Cycle, names: Names) -> list[Fault]:
    """Return what is wrong, names before what is built on them: the first one is worth mending first."""
    found = list(_names(cycle, names))
    return found or [
        *_states(cycle),
        *_graph(cycle),
        *_moves(cycle),
        *_clocks(cycle),
        *_bands(cycle),
        *_recovery(cycle),
    ]


def about_cycles(cycles: Iterable[Cycle]) -> list[Remark]:
    """Return what waits for a person: limits of local making or to be checked against the original."""
    return [remark for cycle in cycles for remark in _open_points(cycle)]


def reached(cycle: Cycle) -> set[str]:
    """Return the states that some row of moves reaches from the opening."""
    return _spread({cycle.opening.to}, cycle, forward=True)


def _spread(start: set[str], cycle: Cycle, *, forward: bool) -> set[str]:
    found, fresh = set(start), set(start)
    while fresh:
        steps = [(a, cycle.target(move, a)) for move in cycle.moves for a in move.source]
        pairs = steps if forward else [(b, a) for a, b in steps]
        fresh = {b for a, b in pairs if a in fresh} - found
        found |= fresh
    return found


def _names(cycle: Cycle, names: Names) -> Iterator[Fault]:
    yield from _twice(cycle)
    states, clocks = {one.id for one in cycle.states}, {one.id for one in cycle.clocks}
    moves, guards = {one.id for one in cycle.moves}, names.guards
    named: list[tuple[Place, str, set[str] | frozenset[str]]] = [(("opening", "to"), cycle.opening.to, states)]
    for n, state in enumerate(cycle.states):
        named += [(("states", n, "clocks"), key, clocks) for key in state.clocks]
    for n, clock in enumerate(cycle.clocks):
        named += [(("clocks", n, "excluded"), key, states) for key in clock.excluded]
        named += [(("clocks", n, "cite"), key, set(cycle.cites)) for key in _cites(clock)]
        named += [(("clocks", n, "move"), clock.move, moves)] if clock.at_end == "move" else []
    for n, move in enumerate(cycle.moves):
        named += [(("moves", n, "from"), key, states) for key in move.source]
        named += [(("moves", n, "to"), move.to, states | {"same"})]
        named += [(("moves", n, "guards"), key, guards) for key in move.guards]
    named += [(("opening", "guards"), key, guards) for key in cycle.opening.guards]
    named += [(("bands", n, "cite"), band.cite, set(cycle.cites)) for n, band in enumerate(cycle.bands)]
    named += [(place, key, set(cycle.people)) for place, keys in _people(cycle) for key in keys]
    for key, who in cycle.people.items():
        named += [(("people", key, "bodies"), name, names.bodies) for name in who.bodies]
        named += [(("people", key, "duties"), name, names.duties) for name in who.duties]
    for place, needs in _inputs(cycle):
        named += [(place, key, names.bodies) for one in needs for key in one.of]
    for place, key, known in named:
        if key not in known:
            yield Fault(place, f"没有名为“{key}”的定义。", f"Nothing is named '{key}'.")
    for key, cite in cycle.cites.items():
        instrument = names.laws.get(cite.law.instrument) if cite.law else None
        if cite.law and (instrument is None or cite.law.article not in instrument.articles):
            told = f"{cite.law.instrument} {cite.law.article}"
            yield Fault(("cites", key), f"法规库中没有 {told}。", f"The book of law has no {told}.")


def _cites(clock: Clock) -> list[str]:
    return [clock.cite, *(extension.cite for extension in clock.extensions)]


def _people(cycle: Cycle) -> Iterator[tuple[Place, tuple[str, ...]]]:
    yield ("opening", "who"), cycle.opening.who
    yield from ((("states", n, "owner"), state.owner) for n, state in enumerate(cycle.states))
    yield from ((("moves", n, "who"), move.who) for n, move in enumerate(cycle.moves))
    for n, clock in enumerate(cycle.clocks):
        yield from ((("clocks", n, "extensions"), one.who) for one in clock.extensions)


def _twice(cycle: Cycle) -> Iterator[Fault]:
    for part in ("states", "clocks", "moves"):
        seen: set[str] = set()
        for n, one in enumerate(getattr(cycle, part)):
            if one.id in seen:
                yield Fault((part, n, "id"), f"“{one.id}”重复。", f"'{one.id}' stands twice.")
            seen.add(one.id)
    for place, needs in _inputs(cycle):
        if len({one.id for one in needs}) < len(needs):
            yield Fault(place, "字段名重复。", "A field stands twice.")


def _inputs(cycle: Cycle) -> Iterator[tuple[Place, tuple[Input, ...]]]:
    yield ("opening", "needs"), cycle.opening.needs
    yield from ((("moves", n, "needs"), move.needs) for n, move in enumerate(cycle.moves))


def _graph(cycle: Cycle) -> Iterator[Fault]:
    known, ends = reached(cycle), {state.id for state in cycle.states if state.final}
    ending = _spread(ends, cycle, forward=False)
    for n, state in enumerate(cycle.states):
        if state.id not in known:
            yield Fault(("states", n), f"状态“{state.zh}”无法到达。", f"No move reaches '{state.id}'.")
        if state.id not in ending:
            yield Fault(("states", n), f"从状态“{state.zh}”不能办结。", f"No row of moves ends '{state.id}'.")


def _states(cycle: Cycle) -> Iterator[Fault]:
    for n, state in enumerate(cycle.states):
        yield from (Fault(("states", n), zh, en) for wrong, zh, en in _of_state(cycle, state) if wrong)


def _of_state(cycle: Cycle, state: State) -> list[tuple[bool, str, str]]:
    leaving = [move for move in cycle.moves_from(state.id) if move.to not in ("same", state.id)]
    if state.final:
        return [
            (bool(cycle.moves_from(state.id)), f"办结状态“{state.zh}”不得再有动作。", "A final state has a move."),
            (bool(state.clocks), f"办结状态“{state.zh}”不得有期限。", "A final state has a clock."),
        ]
    return [
        (
            not any(who.duties for who in cycle.named(state.owner)),
            f"状态“{state.zh}”没有承办人。",
            "The state has no owner.",
        ),
        (not state.clocks, f"状态“{state.zh}”没有期限。", "The state has no clock."),
        (not leaving, f"状态“{state.zh}”没有出口。", "The state has no way out."),
    ]


def _moves(cycle: Cycle) -> Iterator[Fault]:
    seen_by_party = {state.id for state in cycle.states if state.party_sees}
    if any(who.side == "party" for who in cycle.named(cycle.opening.who)) and cycle.opening.to not in seen_by_party:
        yield Fault(
            ("opening", "to"), "当事人发起后看不到该状态。", "The party opens a case that it does not see then."
        )
    timed = {clock.move for clock in cycle.clocks if clock.at_end == "move"}
    for n, move in enumerate(cycle.moves):
        sides = {who.side for who in cycle.named(move.who)}
        people = [who for who in cycle.named(move.who) if who.side in ("handling", "party")]
        told = [
            ("public" in sides, "公众只能发起事项。", "The public opens cases and moves none."),
            (any(not who.duties for who in people), "没有写明职责。", "No duty is named."),
            (move.two_person and sides != {"handling"}, "双人动作须由承办单位两人办理。",
             "Two people of the handling body make a move of two."),
            ("party" in sides and not set(move.source) <= seen_by_party, "当事人看不到该状态，不能办理。",
             "The party does not see a state in which it acts."),
            (("clock" in sides) != (move.id in timed), "期限届满的动作与期限不对应。",
             "A move of the clock and the clock that makes it do not agree."),
            ("clock" in sides and (move.two_person or any(one.required for one in move.needs)),
             "期限届满的动作不得要求填写或双人办理。", "A move of the clock needs fields or two people."),
            (bool(move.names_party) and move.names_party not in {one.id for one in move.needs if one.kind == "code"},
             "指明当事人的字段不存在。", "The field that names the party is no code of this move."),
        ]  # fmt: skip
        yield from (Fault(("moves", n), f"“{move.zh}”：{zh}", f"'{move.id}': {en}") for wrong, zh, en in told if wrong)
    for place, needs in _inputs(cycle):
        yield from (Fault(place, zh, en) for one in needs for wrong, zh, en in _of_input(one) if wrong)


def _of_input(one: Input) -> list[tuple[bool, str, str]]:
    turned = one.least is not None and one.most is not None and one.least > one.most
    unlimited = one.kind in ("text", "amount", "integer", *LISTED, "codes", "plan") and one.most is None
    return [
        (turned, f"字段“{one.zh}”下限大于上限。", f"'{one.id}': least is above most."),
        (unlimited, f"字段“{one.zh}”没有上限。", f"'{one.id}' has no upper limit."),
        ((one.kind in ("choice", "several")) != bool(one.choices), f"字段“{one.zh}”的选项不对。",
         f"'{one.id}': wrong choices."),
        ((one.kind == "bodies") != bool(one.of), f"字段“{one.zh}”须写明单位类别，且仅单位字段填写。",
         f"'{one.id}': bodies, and they alone, name their kinds."),
        ((one.kind == "amount") != one.id.endswith("_fen"), f"金额字段“{one.zh}”须以 _fen 结尾。",
         f"'{one.id}': amounts, and they alone, end in _fen."),
    ]  # fmt: skip


def _clocks(cycle: Cycle) -> Iterator[Fault]:
    days = {one.id for _place, needs in _inputs(cycle) for one in needs if one.kind == "date"}
    for n, clock in enumerate(cycle.clocks):
        runs = {state.id for state in cycle.states if clock.id in state.clocks}
        sources = set(cycle.move(clock.move).source) if clock.at_end == "move" else runs
        told = [
            (not runs, "没有状态使用。", "no state runs it."),
            (bool(runs & set(clock.excluded)), "同一状态既计时又扣除。", "it both runs and stands still in a state."),
            (not runs <= sources, "届满的动作不能在每个计时状态办理。", "its move is not open wherever it runs."),
            ((clock.kind in ("year_end", "planned")) != (clock.days == 0), "天数与计法不合。",
             "its days and kind do not agree."),
            (bool(clock.by) and (clock.kind != "planned" or clock.by not in days), "所依据的日期字段不存在。",
             "the field that names its day is no date of a step, or it has days of its own."),
            (any(not who.duties for one in clock.extensions for who in cycle.named(one.who)), "延长未写明职责。",
             "an extension names no duty."),
        ]  # fmt: skip
        yield from (
            Fault(("clocks", n), f"期限“{clock.zh}”：{zh}", f"Clock '{clock.id}': {en}")
            for wrong, zh, en in told
            if wrong
        )


def _bands(cycle: Cycle) -> Iterator[Fault]:
    steps: tuple[Opening | Move, ...] = (cycle.opening, *cycle.moves)
    banded = [step for step in steps if "within_bands" in step.guards]
    fields = {one.id for step in banded for one in step.needs}
    if banded and not cycle.bands:
        yield Fault(("bands",), "没有幅度。", "A guard asks for bands and there are none.")
    for n, band in enumerate(cycle.bands):
        missing = {band.when, band.field, *([band.times_of] if band.times_of else [])} - fields
        if missing or band.least > band.most:
            yield Fault(("bands", n), "幅度所指字段不存在或上下限颠倒。", "A band names no field of a guarded move.")


def _recovery(cycle: Cycle) -> Iterator[Fault]:
    """Money needs its accounts; each charge a field and an account, the late penalty two charges, plans a clock."""
    found, booked = cycle.recovery, [move for move in cycle.moves if move.books]
    if found is None:
        if booked:
            yield Fault(("moves",), "有动作涉及款项，却没有写明账户。", "A move books money and no account is named.")
        return
    charges, accounts = {one.id for one in found.charges}, {one.id for one in found.accounts}
    fields = {one.id for move in booked for one in move.needs}
    clocks = {one.id: one.kind for one in cycle.clocks}
    cites = {found.late.cite, found.plan_cite, *(one.cite for one in found.accounts)}
    wrong = [
        *(one.id for one in found.charges if one.account not in accounts or one.field not in fields),
        *({found.late.of, found.late.charge} - charges),
        *(cites - set(cycle.cites)),
        *([] if clocks.get(found.due_clock) == "calendar" else [found.due_clock]),
        *([] if clocks.get(found.plan_clock) == "planned" else [found.plan_clock]),
    ]
    for name in wrong:
        yield Fault(("recovery",), f"款项中的“{name}”没有定义。", f"The money names '{name}', which nothing defines.")


def _open_points(cycle: Cycle) -> Iterator[Remark]:
    for clock in cycle.clocks:
        for key in dict.fromkeys(_cites(clock)):
            told = (f"期限“{clock.zh}”", f"Clock '{clock.en}'")
            yield from open_point("cycle", cycle.name, told, cycle.cites[key])


def open_point(
    kind: Literal["cycle", "scheme", "vendor", "light", "scorecard", "telemetry"],
    name: str,
    told: tuple[str, str],
    cite: Cite,
) -> Iterator[Remark]:
    """Yield what a figure (``told`` in both languages) still waits for, by how surely its place was seen."""
    open_words = {
        "local": ("local_value", "为本地默认，待确认", "is a local default to confirm"),
        "to_verify": ("law_to_verify", "待对照原文核实", "is to be checked against the original"),
    }
    if found := open_words.get(cite.certainty):
        code, zh, en = found
        yield Remark(kind, name, "warning", code, f"{told[0]}{zh}", f"{told[1]} {en}")
