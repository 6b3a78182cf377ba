"""What devices say and hear: topics, messages, acknowledgements. Every message is hostile until it is read here.

A topic is ``zs/v1/<org>/<device>/<kind>``. A payload is one JSON object or a list of 1 to 100 of them::

    {"device": "L-07", "boot": "a3", "seq": 12, "time": "2026-11-23T08:00:00+08:00", "values": {"temperature": 4.5}}

``time`` is RFC 3339 with an offset, or whole milliseconds since 1970. A reading is known by organisation, device, boot
and sequence: however often it comes, it is the same one. Sequences of a boot begin with 0 or 1 and leave none out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from zhunsheng.book.channels import Channels

ROOT = "zs/v1"
KINDS = ("reading", "node")
MOST_ITEMS = 100
MOST_BYTES = 65_536
#: A device whose clock runs further ahead than this says nothing certain of when it measured.
AHEAD = timedelta(minutes=5)
#: A clock that was never set says 1970; nothing that is sent this way was measured before this moment.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_SEQ = 2**62
NODE_FIELDS = ("subject", "step", "who", "place", "item")
_ITEM_KEYS = frozenset(("device", "boot", "seq", "time", "values"))
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.\-]{0,63}")
_TEXT_LONGEST = 128
_DIGEST = re.compile(r"[0-9a-f]{1,64}")
#: What stands between two entries of a list.
_BETWEEN = re.compile(r"[\s,]*")
_CODE = re.compile(r"ZS[0-9]{3}")

Value = float | bool | str


class Refused(Exception):
    """A message, or one reading of it, that is not taken: a stable code of the catalogue, and the particulars."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail[:200]
        super().__init__(f"{code} {self.detail}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading or node event. ``at`` is the device's own time in UTC; numbers are physical values, as floats."""

    org: str
    device: str
    kind: str
    boot: str
    seq: int
    at: datetime
    values: Mapping[str, Value]

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """What the reading is known by."""
        return self.org, self.device, self.boot, self.seq


@dataclass(frozen=True, slots=True)
class Bad:
    """One reading of a message that is not taken; boot and sequence where those could be read."""

    refused: Refused
    boot: str | None
    seq: int | None
    sample: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """What is stored of a boot: each sequence up to ``seq`` (-1: none), and spans (ends held) above the first hole.

    A sequence that went to the quarantine counts as stored: sending it again would change nothing.
    """

    boot: str
    seq: int
    above: tuple[tuple[int, int], ...] = ()

    def holds(self, seq: int) -> bool:
        """Whether a sequence is stored."""
        return seq <= self.seq or any(first <= seq <= last for first, last in self.above)


@dataclass(frozen=True, slots=True)
class Returned:
    """A message that could not be read at all: its digest and the code. It lies in the quarantine and is done with."""

    digest: str
    code: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it arrived, and when."""

    topic: str
    payload: bytes
    received: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message: readings stored, readings that were stored before, and what was not taken, why."""

    stored: int
    repeated: int
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of messages, in their order, once it is durable; what their senders hear, as topic and payload."""

    results: tuple[Result, ...]
    acks: tuple[tuple[str, bytes], ...]


#: Stores messages durably, whatever they hold: stored or in the quarantine when it returns. Raises for a broken store.
Take = Callable[[Sequence[Incoming]], Taken]


def topic(org: str, device: str, kind: str) -> str:
    """Return the topic of what a device sends, or of what it hears (``ack``)."""
    return f"{ROOT}/{org}/{device}/{kind}"


def address(name: str) -> tuple[str, str, str]:
    """Return organisation, device and kind of a topic. Raises Refused ZS877."""
    parts = name.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != ROOT or parts[4] not in KINDS:
        raise Refused("ZS877", _shown(name))
    if not (_NAME.fullmatch(parts[2]) and _NAME.fullmatch(parts[3])):
        raise Refused("ZS877", _shown(name))
    return parts[2], parts[3], parts[4]


def parse(name: str, payload: bytes, received: datetime, channels: Channels) -> list[Reading]:
    """Return the readings of a message, all of them sound.

    Raises Refused ZS877 (topic), ZS878 (unreadable, too large), ZS879 (value), ZS880 (time), ZS881 (another's device).
    """
    readings, bad = sift(name, payload, received, channels)
    if bad:
        raise bad[0].refused
    return readings


def sift(name: str, payload: bytes, received: datetime, channels: Channels) -> tuple[list[Reading], list[Bad]]:
    """Return the sound readings of a message and the others. Raises Refused where it cannot be read as a message."""
    org, device, kind = address(name)
    readings: list[Reading] = []
    bad: list[Bad] = []
    latest = received + AHEAD
    for item in items(payload):
        try:
            readings.append(_reading(org, device, kind, item, latest, channels))
        except Refused as refused:
            bad.append(_bad(refused, item))
    return readings, bad


def encode(readings: Iterable[Reading]) -> bytes:
    """Return readings of one device and kind as the payload of one message."""
    plain = [
        {"device": r.device, "boot": r.boot, "seq": r.seq, "time": r.at.isoformat(), "values": dict(r.values)}
        for r in readings
    ]
    return json.dumps(plain[0] if len(plain) == 1 else plain, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(payload: bytes) -> str:
    """Return the digest by which a message that could not be read is named."""
    return hashlib.sha256(payload).hexdigest()[:32]


def encode_ack(ack: Ack | Returned) -> bytes:
    """Return what a device hears of what it sent."""
    if isinstance(ack, Returned):
        plain: dict[str, Any] = {"returned": ack.digest, "code": ack.code}
    else:
        plain = {"boot": ack.boot, "seq": ack.seq} | ({"above": ack.above} if ack.above else {})
    return json.dumps(plain, separators=(",", ":")).encode()


def parse_ack(payload: bytes) -> Ack | Returned:
    """Return what an acknowledgement says. Raises Refused ZS878."""
    plain = _json(payload)
    match plain:
        case {"returned": str(digest), "code": str(code)} if _DIGEST.fullmatch(digest) and _CODE.fullmatch(code):
            return Returned(digest, code)
        case {"boot": str(boot), "seq": int(seq)} if is_name(boot) and type(seq) is int and -1 <= seq < MOST_SEQ:
            above = plain.get("above", [])
            if isinstance(above, list) and all(_is_span(span) for span in above):
                return Ack(boot, seq, tuple((span[0], span[1]) for span in above))
    raise Refused("ZS878", "no acknowledgement")


def _is_span(span: object) -> bool:
    if not isinstance(span, list) or len(span) != 2 or not all(type(end) is int for end in span):
        return False
    return bool(0 <= span[0] <= span[1] < MOST_SEQ)


def is_name(text: str) -> bool:
    """Whether a text can name an organisation, a device or a boot."""
    return _NAME.fullmatch(text) is not None


def items(payload: bytes) -> list[Any]:
    """Return what a payload holds, as plain data that nobody has looked at. Raises Refused ZS878."""
    if len(payload) > MOST_BYTES:
        raise Refused("ZS878", f"{len(payload)} > {MOST_BYTES} bytes")
    plain = _json(payload)
    found = plain if isinstance(plain, list) else [plain]
    if not 1 <= len(found) <= MOST_ITEMS:
        raise Refused("ZS878", f"{len(found)} readings, 1 to {MOST_ITEMS}")
    return found


def pieces(payload: bytes) -> list[tuple[Any, str]]:
    """Return what a payload holds, each as plain data and as the text that says it. Raises Refused ZS878."""
    found, text = items(payload), payload.decode("utf-8")
    if not text.lstrip().startswith("["):
        return [(found[0], text)]
    decoder, told, place = json.JSONDecoder(), [], text.index("[") + 1
    for one in found:
        place = _BETWEEN.match(text, place).end()  # type: ignore[union-attr]
        _, end = decoder.raw_decode(text, place)
        told.append((one, text[place:end]))
        place = end
    return told


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused("ZS878", f"{type(error).__name__}: {error}") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _reading(org: str, device: str, kind: str, item: Any, latest: datetime, channels: Channels) -> Reading:
    if not isinstance(item, dict) or item.keys() != _ITEM_KEYS:
        raise Refused("ZS878", f"keys are {', '.join(sorted(_ITEM_KEYS))}")
    boot, seq, values = _boot(item["boot"]), _seq(item["seq"]), item["values"]
    if item["device"] != device:
        raise Refused("ZS881", f"{_shown(item['device'])} ≠ {device}")
    if not isinstance(values, dict) or not values:
        raise Refused("ZS879", "values: {}")
    sound = _node(values) if kind == "node" else _measured(values, channels)
    return Reading(org, device, kind, boot, seq, _moment(item["time"], latest), sound)


def _boot(boot: Any) -> str:
    text = str(boot) if type(boot) is int and 0 <= boot < MOST_SEQ else boot
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise Refused("ZS879", f"boot: {_shown(boot)}")
    return text


def _seq(seq: Any) -> int:
    if type(seq) is not int or not 0 <= seq < MOST_SEQ:
        raise Refused("ZS879", f"seq: {_shown(seq)}")
    return seq


def _moment(time: Any, latest: datetime) -> datetime:
    try:
        if type(time) is int:
            at = datetime.fromtimestamp(time / 1000, UTC)
        elif isinstance(time, str) and len(time) <= 40:
            at = datetime.fromisoformat(time)
            if at.tzinfo is None:
                raise Refused("ZS880", f"{_shown(time)}: no offset")
            at = at.astimezone(UTC)
        else:
            raise Refused("ZS880", _shown(time))
    except (ValueError, OverflowError, OSError) as error:
        raise Refused("ZS880", _shown(time)) from error
    if not EARLIEST <= at <= latest:
        raise Refused("ZS880", f"{_shown(time)}: {EARLIEST:%Y-%m-%d} – {latest:%Y-%m-%dT%H:%M:%SZ}")
    return at


def _measured(values: dict[str, Any], channels: Channels) -> dict[str, Value]:
    ranges = channels.ranges
    sound: dict[str, Value] = {}
    for name, value in values.items():
        span = ranges.get(name)
        if span is not None:
            if type(value) not in (float, int) or not span[0] <= value <= span[1]:
                raise Refused("ZS879", f"{name}: {_shown(value)} ({span[0]:g} – {span[1]:g})")
            sound[name] = float(value)
        elif name in channels.flags:
            if type(value) is not bool:
                raise Refused("ZS879", f"{name}: {_shown(value)} (true, false)")
            sound[name] = value
        elif name in channels.names:
            sound[name] = _text(name, value)
        else:
            raise Refused("ZS879", f"{_shown(name)}: ?")
    return sound


def _node(values: dict[str, Any]) -> dict[str, Value]:
    wanted = set(NODE_FIELDS[:4])
    if not wanted <= values.keys() or not values.keys() <= set(NODE_FIELDS):
        raise Refused("ZS879", f"keys: {', '.join(NODE_FIELDS)}")
    return {name: _text(name, value) for name, value in values.items()}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _TEXT_LONGEST or not value.isprintable():
        raise Refused("ZS879", f"{name}: {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """Return a hostile value as a short printable text; a nested one could be deeper than Python prints."""
    return ascii(value)[:80] if isinstance(value, str | int | float | None) else type(value).__name__


def _bad(refused: Refused, item: Any) -> Bad:
    boot: str | None = None
    seq: int | None = None
    if isinstance(item, dict):
        try:
            boot, seq = _boot(item.get("boot")), _seq(item.get("seq"))
        except Refused:
            boot = None
    try:
        sample = json.dumps(item, separators=(",", ":"))[:1024].encode()
    except RecursionError:
        sample = b""
    return Bad(refused, boot, seq, sample)
