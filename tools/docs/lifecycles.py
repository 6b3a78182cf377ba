"""One page per life-cycle: its diagram, states with owners and clocks, moves with people, guards and fields."""

from __future__ import annotations

from tools.docs.markdown import both, table
from zhunsheng.book.cycles import Clock, Cycle, Input, Move, Names, State, Who, load_cycles
from zhunsheng.book.load import load_laws
from zhunsheng.kernel.home import ROOT

CERTAIN = {
    "seen": "见于原文 seen",
    "secondary": "见于转载 seen in a copy",
    "to_verify": "待对照原文 to be checked",
    "local": "本地默认，待确认 local default",
}
KINDS = {"working": "工作日 working days", "calendar": "日 days", "year_end": "至当年年底 to the end of the year",
         "planned": "按分期表 by the plan"}  # fmt: skip
ENDS = {"remind": "提醒 reminds", "escalate": "上报 escalates", "move": "自动办理 moves"}
SIDES = {"handling": "承办 handling", "party": "当事人 party", "public": "公众 public", "clock": "期限 clock",
         "run": "系统判定 run"}  # fmt: skip


def pages() -> dict[str, str]:
    """Return the pages by name."""
    folder = ROOT / "rulebook"
    cycles = load_cycles(folder, _any_name(folder))
    return {"README.md": _index(cycles)} | {f"{name}.md": _page(cycle) for name, cycle in cycles.items()}


def _any_name(folder: object) -> Names:
    """Duties, bodies and guards are checked where the code that provides them is loaded: here any name will do."""
    return Names(_Any(), _Any(), _Any(), load_laws(folder))  # type: ignore[arg-type]


class _Any(frozenset[str]):
    """A set that holds every name."""

    def __contains__(self, _name: object) -> bool:
        return True


def _index(cycles: dict[str, Cycle]) -> str:
    rows = [
        [f"[{one.zh}]({name}.md)", one.en, one.prefix, len(one.states), len(one.moves), _two(one)]
        for name, one in cycles.items()
    ]
    head = ["生命周期", "life-cycle", "编号 prefix", "状态 states", "动作 moves", "双人 of two people"]
    return (
        "# 生命周期 · Life-cycles\n\n"
        + both(
            "每类事项的状态、动作、办理人和期限是规则库的数据；同一段程序办理全部事项，并留存存证。",
            "States, moves, people and clocks of each kind of case are data of the rule book, walked by one engine.",
        )
        + "\n"
        + table(head, rows)
    )


def _two(cycle: Cycle) -> int:
    return sum(move.two_person for move in cycle.moves)


def _page(cycle: Cycle) -> str:
    parts = [
        f"# {cycle.zh} · {cycle.en}\n",
        both(cycle.about, cycle.about_en),
        both(f"版本 {cycle.version}，自 {cycle.valid_from} 起。", f"Version {cycle.version}, from {cycle.valid_from}."),
        _diagram(cycle),
        "## 状态 · States\n",
        table(
            ["状态", "state", "承办 owner", "期限 clocks", "当事人可见 party sees"],
            [_state(cycle, one) for one in cycle.states],
        ),
        "## 期限 · Clocks\n",
        table(
            ["期限", "clock", "长度 length", "延长 extensions", "扣除 stands still in", "届满 at the end", "出处 cite"],
            [_clock(cycle, one) for one in cycle.clocks],
        ),
        "## 动作 · Moves\n",
        table(
            ["动作", "move", "从 from", "到 to", "办理人 who", "双人 two", "条件 guards", "字段 fields"],
            [_opening(cycle), *(_move(cycle, one) for one in cycle.moves)],
        ),
        _bands(cycle),
    ]
    return "\n".join(part for part in parts if part)


def _diagram(cycle: Cycle) -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{one.zh} {one.en}" as {one.id}' for one in cycle.states]
    lines.append(f"    [*] --> {cycle.opening.to}")
    for move in cycle.moves:
        mark = " (2)" if move.two_person else ""
        lines += [f"    {source} --> {cycle.target(move, source)}: {move.zh}{mark}" for source in move.source]
    lines += [f"    {one.id} --> [*]" for one in cycle.states if one.final]
    return "\n".join([*lines, "```", ""])


def _state(cycle: Cycle, state: State) -> list[object]:
    clocks = "；".join(cycle.clock(key).zh for key in state.clocks)
    seen = "是 yes" if state.party_sees else ""
    return [
        state.zh,
        f"`{state.id}` {state.en}",
        "办结 final" if state.final else _people(cycle, state.owner),
        clocks,
        seen,
    ]


def _people(cycle: Cycle, keys: tuple[str, ...]) -> str:
    return "；".join(_who(who) for who in cycle.named(keys))


def _who(who: Who) -> str:
    duties = ", ".join(f"`{name}`" for name in who.duties)
    bodies = f" ({', '.join(f'`{name}`' for name in who.bodies)})" if who.bodies else ""
    return f"{SIDES[who.side]} {duties}{bodies}".strip()


def _clock(cycle: Cycle, clock: Clock) -> list[object]:
    length = KINDS[clock.kind] if clock.days == 0 else f"{clock.days} {KINDS[clock.kind]}"
    length = f"至步骤写明之日 until the day of the field `{clock.by}`" if clock.by else length
    more = "；".join(f"{one.days} ({_people(cycle, one.who)})" for one in clock.extensions)
    still = "、".join(cycle.state(key).zh for key in clock.excluded)
    end = ENDS[clock.at_end] + (f"：{cycle.move(clock.move).zh}" if clock.move else "")
    cite = cycle.cites[clock.cite]
    return [clock.zh, f"`{clock.id}` {clock.en}", length, more, still, end, f"{cite.zh}（{CERTAIN[cite.certainty]}）"]


def _opening(cycle: Cycle) -> list[object]:
    one = cycle.opening
    people, to = _people(cycle, one.who), cycle.state(one.to).zh
    return ["发起", "open", "", to, people, "", _guards(one.guards), _fields(one.needs)]


def _move(cycle: Cycle, move: Move) -> list[object]:
    source = "、".join(cycle.state(key).zh for key in move.source)
    to = "不变 same" if move.to == "same" else cycle.state(move.to).zh
    two = "是 yes" if move.two_person else ""
    people = _people(cycle, move.who)
    return [move.zh, f"`{move.id}` {move.en}", source, to, people, two, _guards(move.guards), _fields(move.needs)]


def _guards(guards: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in guards)


def _fields(needs: tuple[Input, ...]) -> str:
    return "；".join(f"{one.zh}{'' if one.required else '（可不填 optional）'}" for one in needs)


def _bands(cycle: Cycle) -> str:
    if not cycle.bands:
        return ""
    rows = [
        [
            f"`{one.when}` = `{one.equals}`",
            f"`{one.field}`",
            f"`{one.times_of}`",
            one.least,
            one.most,
            cycle.cites[one.cite].zh,
        ]
        for one in cycle.bands
    ]
    head = ["当 when", "字段 field", "倍数于 times of", "至少 least", "至多 most", "出处 cite"]
    return "## 幅度 · Bands\n\n" + table(head, rows)
