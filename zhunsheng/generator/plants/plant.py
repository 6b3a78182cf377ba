"""What is planted: a case on a person, its encounters and their lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from zhunsheng.generator.plants.cases import Case


@dataclass(eq=False, slots=True)
class PlantedLine:
    """One line of a case. None leaves class and share in scope to the catalogue; an empty text states none.

    ``practitioner`` is a position, NONE for none, or the number of a prescriber of the case.
    """

    item: int
    price_e6: int
    quantity_e4: int
    at: int
    department: int | str | None
    practitioner: int | str
    day_only: bool = False
    undoes: PlantedLine | None = None
    names_line: bool = True
    item_class: str | None = None
    in_scope: int | str | None = None
    row: str = ""


@dataclass(eq=False, slots=True)
class PlantedEncounter:
    """One encounter of a case; ``end`` None leaves it open, ``settled`` False leaves it without a settlement list.

    None leaves insurance and diagnoses to the person and the condition; an empty text states no insurance.
    ``procedures`` are codes with their days, the main one first. ``invoice`` is code and number, empty where the
    settlement states none; None leaves it, the total in fen and the first day of settlement to the encounter.
    """

    institution: int
    department: int | str | None
    practitioner: int
    visit_type: int
    setting: int
    condition: int
    begin: int
    end: int | None
    begin_day_only: bool = False
    end_day_only: bool = False
    settled: bool = True
    insurance: str | None = None
    diagnoses: tuple[str, ...] | None = None
    lines: list[PlantedLine] = field(default_factory=list)
    procedures: list[tuple[str, int | None]] = field(default_factory=list)
    invoice: tuple[str, str] | None = None
    total: int | None = None
    settled_from: int = 0
    settlement: int = 0
    row: str = ""

    @property
    def last(self) -> int:
        """The last moment of it and of its lines."""
        return max([line.at for line in self.lines] + [self.begin if self.end is None else self.end])


@dataclass(eq=False, slots=True)
class Plant:
    """A case with its person and its encounters, ``move`` days later than the days that it states.

    ``named`` finds its rows by their names in the case. ``papers`` are orders, records and checks: part,
    encounter, cells by national name.
    """

    case: Case
    person: int
    move: int
    encounters: list[PlantedEncounter] = field(default_factory=list)
    named: dict[str, PlantedLine | PlantedEncounter] = field(default_factory=dict)
    papers: list[tuple[str, PlantedEncounter | None, dict[str, str]]] = field(default_factory=list)
