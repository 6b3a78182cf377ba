"""What a reading of a device may hold (``rulebook/telemetry/channels.yaml``): unit, type, possible range."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.entry import Cite, Entry
from zhunsheng.book.reading import file_text, validated


class Channel(Entry):
    """One quantity: a number with its unit and the range that is physically possible, a flag, or a short text."""

    zh: str
    en: str
    type: Literal["number", "flag", "text"]
    unit: str = ""
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ranged(self) -> Channel:
        if self.type != "number":
            if self.unit or self.low is not None or self.high is not None:
                raise ValueError("only a number has a unit and a range")
        elif not self.unit or self.low is None or self.high is None or self.low >= self.high:
            raise ValueError("a number has a unit and a range from low to high")
        return self


class Keep(Entry):
    """For how many years, from the day of a reading, it is kept, and where that stands."""

    years: int = Field(ge=1, le=50)
    cite: Cite


class Channels(Entry):
    """All channels by name, and how long what they say is kept, by kind of message."""

    channels: dict[str, Channel] = Field(min_length=1)
    keep: dict[Literal["reading", "node"], Keep]

    @model_validator(mode="after")
    def _keeps_both(self) -> Channels:
        if len(self.keep) < 2:
            raise ValueError("keep says how long readings and node events are kept")
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all channels."""
        return frozenset(self.channels)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The possible range of each number, both ends held."""
        return {
            name: (one.low, one.high)
            for name, one in self.channels.items()
            if one.low is not None and one.high is not None
        }

    @cached_property
    def flags(self) -> frozenset[str]:
        """The names of what is only so or not so."""
        return frozenset(name for name, one in self.channels.items() if one.type == "flag")


def load_channels(folder: Path) -> Channels:
    """Return the channels of a rule book. Raises Problem ZS401 (unreadable), ZS884 (content wrong)."""
    path = folder / "telemetry" / "channels.yaml"
    return _channels(file_text(path), path.name)


@lru_cache(maxsize=16)
def _channels(text: str, name: str) -> Channels:
    return validated(TypeAdapter(Channels), text, name, "ZS884")
