"""Lights as data: which values of an indicator, how many months, which events turn a light on, and what follows.

One file of ``rulebook/lights/<area>`` is one light of one of five kinds: ``band`` (a value of one month falls into a
band), ``streak`` (so many months in a row worse than the target), ``drift`` (a month apart from the subject's own
months before), ``event`` (one event, or one finding of a rule, is enough), ``window`` (so many other lights within so
many months). What lights can open stands in ``light_actions``. Targets have one home, the indicator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.bands import Span, Whole, gaps, holes
from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.indicators import Indicator
from zhunsheng.book.light_actions import load_actions
from zhunsheng.book.lint import Remark
from zhunsheng.book.reading import check_indicators, check_rules, file_text, named_by_place, open_cites, validated
from zhunsheng.kernel.errors import Problem

Colour = Literal["none", "blue", "yellow", "red"]
LitColour = Literal["blue", "yellow", "red"]
#: From the mildest to the gravest.
COLOURS: tuple[Colour, ...] = ("none", "blue", "yellow", "red")
#: Values of indicators are judged in 1/10000.
SCALE = 10_000
#: An example is near an edge within so many of these.
NEAR = 10
#: Fewer peers than these give nothing.
FEWEST = 5
#: What an example expects: a colour, or that nothing can be said.
Expected = Literal["none", "blue", "yellow", "red", "unsure", "unknown"]


def graver(one: str, other: str) -> bool:
    """Whether a colour is graver than another."""
    return COLOURS.index(one) > COLOURS.index(other)


class Band(Span):
    """Values that turn a light on or leave it off. ``sure_over``: what one is surely worse than, if not the target."""

    light: Colour
    sure_over: int | None = None


class BandTable(Dated):
    """Bands from a day on, in the order of the values."""

    bands: tuple[Band, ...] = Field(min_length=2)


class Target(Dated):
    """What was promised, in 1/10000: a month that reaches it is good. It is read from the indicator."""

    value_e4: int


class Noise(Entry):
    """When a value says too little: fewer than ``least`` cases, more unknown ones, or worse by chance alone.

    ``z_e2``: how many hundredths of a standard error a share must lie beyond the target; 0 where no chance is in it.
    ``over_months``: a value is that of so many months together.
    """

    least: int = Field(ge=1)
    z_e2: int = Field(ge=0)
    most_unknown_e4: int = Field(ge=0, le=10_000)
    over_months: int = Field(default=1, ge=1, le=12)
    cite: str


class Release(Entry):
    """What lets a light be released: so many good months in a row; 0: a person alone judges, in words.

    ``ended``: what lit it is over, as a price that was filed anew; of lights on events alone.
    """

    months: int = Field(ge=0)
    ended: bool = False
    zh: str
    en: str
    cite: str


class ValueExample(Entry):
    """A worked example of months, oldest first, each numerator, denominator and unknown cases; None: no value.

    ``peers`` are the counts of others in the last month.
    """

    name: str
    given: tuple[tuple[int, ...] | None, ...] = Field(min_length=1)
    peers: tuple[tuple[int, ...], ...] = ()
    light: Expected


class EventExample(Entry):
    """A worked example of one event: the share that it concerns, and after how many days it ended (None: not yet)."""

    name: str
    kind: str
    weight: str = ""
    share: tuple[int, int] | None = None
    days: int | None = None
    light: Colour


class WindowExample(Entry):
    """A worked example of lights, each with its colour and the month (YYYY-MM) in which it came on."""

    name: str
    given: tuple[tuple[LitColour, str], ...]
    light: Colour


class Base(Dated):
    """What every light says."""

    id: str
    zh: str
    en: str
    why: str
    why_en: str
    subject: Literal["vendor", "institution"]
    version: int = Field(ge=1)
    cites: dict[str, Cite]
    actions: dict[LitColour, tuple[str, ...]]
    release: Release

    def cited(self) -> list[str]:
        """Return the names of all cites that values of the light lean on."""
        return [self.release.cite]

    def colours(self) -> set[str]:
        """Return the colours that the light can take; each kind of light says its own."""
        return set()

    @model_validator(mode="after")
    def _is_whole(self) -> Base:
        """Refuse a cite that is not there and a colour that opens nothing."""
        for cite in self.cited():
            _check(cite in self.cites, f"cite {cite} is not among the cites")
        _check(set(self.actions) == self.colours(), f"actions are for {sorted(self.colours())}, each at least one")
        _check(all(self.actions.values()), "a colour opens no action")
        return self


class Judged(Base):
    """A light on the monthly values of an indicator. ``worse``: which way a value gets worse."""

    indicator: str
    worse: Literal["up", "down"]
    whole: Whole = Whole()
    targets: tuple[Target, ...] = ()
    noise: Noise
    examples: tuple[ValueExample, ...] = Field(min_length=2)

    @property
    def has_chance(self) -> bool:
        """Whether chance can be reckoned: of shares."""
        return self.whole.least == 0 and self.whole.most == 10_000

    def target(self, day: date) -> Target | None:
        """Return the target of a day, None where none is stated."""
        return next((one for one in self.targets if day in one.period), None)

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), self.noise.cite]

    @model_validator(mode="after")
    def _chance_in_shares(self) -> Judged:
        _check(not self.release.ended, "a light on values is released by good months, not by an end")
        _check(self.has_chance or not self.noise.z_e2, "chance is reckoned for shares only: z_e2 must be 0")
        return self


class BandLight(Judged):
    """A light by the value of a month."""

    kind: Literal["band"]
    tables: tuple[BandTable, ...] = Field(min_length=1)

    def table(self, day: date) -> BandTable | None:
        """Return the bands of a day, None where none hold."""
        return next((one for one in self.tables if day in one.period), None)

    def colours(self) -> set[str]:
        """Return the colours of the bands."""
        return {str(band.light) for table in self.tables for band in table.bands} - {"none"}

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), *(band.cite for table in self.tables for band in table.bands)]

    @model_validator(mode="after")
    def _bands_cover(self) -> BandLight:
        for zh, en in gaps(self.tables):
            raise ValueError(f"{zh} {en}")
        for table in self.tables:
            for zh, en in holes(table.bands, self.whole):
                raise ValueError(f"{zh} {en}")
            ranks = [COLOURS.index(band.light) for band in table.bands]
            wanted = sorted(ranks, reverse=self.worse == "down")
            _check(ranks == wanted, "a worse value has a milder light: bands and direction do not agree")
            _check(0 in ranks and len(set(ranks)) == len(ranks), "each colour has one band, and some value has none")
        for told in self._unseen():
            raise ValueError(told)
        return self

    def _unseen(self) -> Iterator[str]:
        """Yield the edges of the last table that no pair of examples would notice moving."""
        alone = [one.given[-1] for one in self.examples if one.light in COLOURS]
        known = [given for given in alone if given and given[1]]
        for band in self.tables[-1].bands[1:]:
            near = [given[0] * SCALE - band.low * given[1] for given in known]
            near = [gap for gap, given in zip(near, known, strict=True) if abs(gap) <= NEAR * given[1]]
            if not any(gap == 0 for gap in near) or not any(gap < 0 for gap in near):
                yield f"no pair of examples stands on both sides of the edge {band.low}"


class StreakLight(Judged):
    """A light by months in a row worse than the target; so many unknown months between do not end the row."""

    kind: Literal["streak"]
    light: LitColour
    months: int = Field(ge=2)
    bridge: int = Field(ge=0)
    cite: str

    def colours(self) -> set[str]:
        """Return its one colour."""
        return {self.light}

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), self.cite]

    @model_validator(mode="after")
    def _both_sides(self) -> StreakLight:
        """An example lights it with exactly the months it takes, and one of a month less does not."""
        told = {(len(one.given), one.light == self.light) for one in self.examples}
        _check((self.months, True) in told and (self.months - 1, False) in told, "examples miss the last month")
        return self


class DriftLight(Judged):
    """A light by a month that lies apart from the subject's own months before, within one agreement.

    ``by``: the share, or the number that was counted. The month must be at least ``times_e2`` hundredths of what it was
    (``worse`` down: what it was that much of the month) and a share ``points_e4`` apart; ``before`` months are taken
    together, at least ``least_before``. ``peers``: it is held against the others in the same month instead, where at
    least so many of them can be told. Chance is reckoned for both sides of the comparison.
    """

    kind: Literal["drift"]
    by: Literal["share", "count"]
    light: LitColour
    before: int = Field(ge=2, le=24)
    least_before: int = Field(ge=2, le=24)
    peers: int = Field(default=0, ge=0)
    times_e2: int = Field(gt=100)
    points_e4: int = Field(default=0, ge=0)
    cite: str

    def colours(self) -> set[str]:
        """Return its one colour."""
        return {self.light}

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), self.cite]

    @property
    def has_chance(self) -> bool:
        """Whether chance can be reckoned: of shares, and of numbers beside numbers."""
        return self.by == "count" or super().has_chance

    def apart(self, now: tuple[int, int], past: tuple[int, int], months: int) -> bool:
        """Whether counts (numerator, denominator) lie as far from those of so many months as the light asks."""
        ours, theirs = now[0] * (past[1] if self.by == "share" else months), past[0]
        theirs *= now[1] if self.by == "share" else 1
        if self.worse == "down":
            ours, theirs = theirs, ours
        points = self.by == "share" and (ours - theirs) * SCALE < self.points_e4 * now[1] * past[1]
        return ours > theirs and ours * 100 >= self.times_e2 * theirs and not points

    @model_validator(mode="after")
    def _both_sides(self) -> DriftLight:
        """An example lights it that would not with one case less, and another is that very one."""
        _check(self.least_before <= self.before, "more months are needed than are taken")
        _check(not self.peers or (self.peers >= FEWEST and self.by == "share"), f"peers: {FEWEST} at least, by share")
        milder = -1 if self.worse == "up" else 1
        told = {one.given[-1]: one.light for one in self.examples if one.given[-1]}
        edges = [one for one, light in told.items() if light == self.light and one]
        pairs = [(one[0] + milder, *one[1:]) for one in edges]
        _check(any(told.get(one, self.light) != self.light for one in pairs), "examples miss the edge of one case")
        return self


class EventLight(Base):
    """A light by a single event of some kinds (no weights named: of any weight), or by the findings of some rules.

    Events about one matter no more than ``joins`` months apart are one cause; 0: each is its own. ``share_from_e4``:
    only events that concern such a share of at least ``least`` light it. ``after_days``: only what has not ended so
    many days later, and from then on.
    """

    kind: Literal["event"]
    light: LitColour
    events: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    joins: int = Field(default=0, ge=0, le=12)
    share_from_e4: int = Field(default=0, ge=0, le=10_000)
    least: int = Field(default=0, ge=0)
    after_days: int = Field(default=0, ge=0, le=365)
    cite: str
    examples: tuple[EventExample, ...] = Field(min_length=2)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of events that light it: those of incidents and the rules."""
        return (*self.events, *self.rules)

    @model_validator(mode="after")
    def _names_something(self) -> EventLight:
        _check(bool(self.kinds), "no event and no rule lights it")
        if self.share_from_e4:
            edges = [one.share for one in self.examples if one.share and one.light == self.light]
            below = {one.share for one in self.examples if one.light == "none"}
            _check(any((part - 1, whole) in below for part, whole in edges), "examples miss the edge of one case")
        if self.after_days:
            ends = {one.days: one.light for one in self.examples if one.kind in self.kinds}
            sides = ends.get(self.after_days) == "none" and ends.get(self.after_days + 1) == self.light
            _check(sides, "examples miss the last day")
        return self

    def colours(self) -> set[str]:
        """Return its one colour."""
        return {self.light}

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), self.cite]


class WindowLight(Base):
    """A light by other lights: so many of a colour that came on within so many months. It counts none of its kind."""

    kind: Literal["window"]
    light: LitColour
    of: LitColour
    count: int = Field(ge=1)
    months: int = Field(ge=1, le=60)
    cite: str
    examples: tuple[WindowExample, ...] = Field(min_length=2)

    def colours(self) -> set[str]:
        """Return its one colour."""
        return {self.light}

    def cited(self) -> list[str]:
        """Return the names of all cites."""
        return [*super().cited(), self.cite]


Light = BandLight | StreakLight | DriftLight | EventLight | WindowLight
#: Lights that are judged against the target of their indicator.
Aimed = BandLight | StreakLight
_LIGHT: TypeAdapter[Light] = TypeAdapter(Annotated[Light, Field(discriminator="kind")])


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def load_lights(folder: Path) -> dict[str, Light]:
    """Return the lights of a rule book by id.

    Raises Problem ZS401 (unreadable), ZS403 (place and id differ), ZS404 (an action, an indicator or a rule that is not
    there), ZS620 (content wrong), ZS624 (light and indicator do not agree).
    """
    root, found = folder / "lights", {}
    known = load_actions(folder)
    for path in sorted(root.glob("*/**/*.yaml")):
        light = read_light(file_text(path), path.name)
        named_by_place(root, path, light.id)
        check_indicators(folder, path.name, [light.indicator] if isinstance(light, Judged) else [])
        check_rules(folder, path.name, light.rules if isinstance(light, EventLight) else ())
        if isinstance(light, BandLight | StreakLight):
            light = _aimed(folder, light, path.name)
        for name in (name for names in light.actions.values() for name in names):
            if known.named(name) is None:
                raise Problem("ZS404", file=path.name, reference=name)
        found[light.id] = light
    return found


def _aimed(folder: Path, light: BandLight | StreakLight, file: str) -> Light:
    """Return a light with the targets of its indicator. Raises Problem ZS624."""
    path = folder / "indicators" / f"{light.indicator}.yaml"
    one = _indicator(file_text(path), path.name)
    found = _targets(one)
    turned = {"lower": "up", "higher": "down"}.get(one.direction) != light.worse
    if light.targets or turned or not found or found[0].valid_from > light.valid_from or list(gaps(found)):
        raise Problem("ZS624", file=file, indicator=light.indicator)
    return light.model_copy(update={"targets": found})


def _targets(one: Indicator) -> tuple[Target, ...]:
    """Return the targets of an indicator for vendors, in 1/10000, oldest first."""
    scale = 100 if one.unit == "percent" else SCALE
    meant = [target for target in one.targets if target.value and target.concerns("vendor", None)]
    scaled = [(target, Fraction(target.value) * scale) for target in meant]
    return tuple(
        Target(value_e4=int(value), valid_from=target.valid_from, valid_to=target.valid_to)
        for target, value in sorted(scaled, key=lambda pair: pair[0].valid_from)
        if value.denominator == 1
    )


@lru_cache(maxsize=64)
def _indicator(text: str, name: str) -> Indicator:
    return validated(TypeAdapter(Indicator), text, name)


@lru_cache(maxsize=256)
def read_light(text: str, name: str) -> Light:
    """Return the light that a text holds. Raises Problem ZS401, ZS620."""
    return validated(_LIGHT, text, name)


def opening_survey(lights: Iterable[Light]) -> list[BandLight]:
    """Return the lights that register the rectification of satisfaction: one matter with the survey of the site."""
    bands = [one for one in lights if isinstance(one, BandLight)]
    return [one for one in bands if any("survey" in names for names in one.actions.values())]


def about_lights(lights: Iterable[Light]) -> list[Remark]:
    """Return what waits for a person: values of local making, or to be checked against the original."""
    return open_cites("light", ((one.id, one.cites) for one in lights))
