"""Tiles (C2SP tlog-tiles 0.1.0): the tree and its entries as plain files that any web server or disk can hand out.

A tile holds up to 256 hashes of one level; levels here are the format's: tile level L holds nodes of level 8 L.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

from zhunsheng.evidence.text import refuse
from zhunsheng.evidence.tree import HASH_SIZE, Node, cover, fold
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import sync, write_whole

WIDTH, HEIGHT = 256, 8
FULL = WIDTH * HASH_SIZE

#: Returns the hashes of a tile (level, number), of which at least the first ``width`` are there. A store of our own may
#: let the nodes inside a full tile follow, layer by layer, so that a proof out of it hashes nothing.
ReadTile = Callable[[int, int, int], bytes]


def path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile below the log's folder; the level ``entries`` names a bundle of entries."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}{f'.p/{width}' if width < WIDTH else ''}"


def widths(size: int) -> Iterator[tuple[int, int]]:
    """Yield (level, hashes in that level) for each level that a tree of a size has."""
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size >> HEIGHT


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as one bundle: each after its length in two bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """Read a bundle. Raises Problem ZS801 when it is cut off."""
    found, at, end = [], 0, len(data)
    while at < end:
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > end or stop > end:
            refuse("bundle", "cut off")
        found.append(data[at + 2 : stop])
        at = stop
    return found


def tile_layers(hashes: bytes) -> list[list[bytes]]:
    """Return the layers of the complete subtree over 2^n hashes, from these hashes up to the root."""
    layers = [[hashes[i : i + HASH_SIZE] for i in range(0, len(hashes), HASH_SIZE)]]
    while len(layers[-1]) > 1:
        pairs = zip(layers[-1][::2], layers[-1][1::2], strict=True)
        layers.append([sha256(b"\1" + left + right).digest() for left, right in pairs])
    return layers


def tile_root(hashes: bytes) -> bytes:
    """Return the root of the complete subtree over the hashes of a tile, or of a part of 2^n of them."""
    return tile_layers(hashes)[-1][0]


def node_reader(read: ReadTile, size: int) -> Callable[[Node], bytes]:
    """Return a function that gives any node of a tree of a size out of its tiles, each tile read once."""
    counts = dict(widths(size))

    @lru_cache(maxsize=64)
    def tile(level: int, number: int) -> bytes:
        width = min(WIDTH, counts[level] - number * WIDTH)
        data = read(level, number, width)
        if len(data) < width * HASH_SIZE:
            raise Problem("ZS810", path=path(level, number, width), detail="tile cut off")
        return data

    def node(at: Node) -> bytes:
        level, number = at
        step, inside = divmod(level, HEIGHT)
        first = number << inside
        data, place = tile(step, first // WIDTH), first % WIDTH
        if inside and len(data) > FULL:
            start = FULL + (WIDTH - (WIDTH >> (inside - 1)) + (place >> inside)) * HASH_SIZE
            return data[start : start + HASH_SIZE]
        return tile_root(data[place * HASH_SIZE : (place + (1 << inside)) * HASH_SIZE])

    return node


class Folder:
    """A log's folder of tiles: ``checkpoint``, ``tile/...``. Reads and writes; holds nothing in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, or None where none was published."""
        try:
            return (self.root / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def read(self, level: int | str, number: int, width: int) -> bytes:
        """Return a tile or bundle, the full one where the partial one is gone. Raises Problem ZS810 without either."""
        for wanted in (width, WIDTH):
            try:
                return (self.root / path(level, number, wanted)).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
        raise Problem("ZS810", path=path(level, number, width), detail="no such file")

    def hashes(self, level: int, number: int, width: int) -> bytes:
        """Return the hashes of a tile (a ReadTile)."""
        return self.read(level, number, width)[: width * HASH_SIZE]

    def entries(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the entries from start (held) to end (not held) of a log that has at least so many."""
        for number in range(start // WIDTH, -(-end // WIDTH)):
            width = min(WIDTH, end - number * WIDTH)
            found = unbundle(self.read("entries", number, width))
            if len(found) < width:
                raise Problem("ZS810", path=path("entries", number, width), detail="bundle cut off")
            yield from found[max(0, start - number * WIDTH) : width]

    def write(self, old: int, new: int, read: ReadTile, entries: Callable[[int, int], Iterable[bytes]]) -> None:
        """Write what a log of ``new`` entries adds to one of ``old``, and wait until the disk has it."""
        written = [self._put(level, *one, read) for level, one in _added(old, new)]
        for number, width in _spans(old, new):
            data = bundle(entries(number * WIDTH, number * WIDTH + width))
            written.append(self._file("entries", number, width, data))
        sync(written)
        sync({one.parent for one in written})
        for one in written:  # partial tiles have served once the full one is there; a seal of one entry wrote each
            if one.parent.suffix != ".p":
                rmtree(one.with_name(f"{one.name}.p"), ignore_errors=True)

    def publish(self, head: bytes) -> None:
        """Replace the published checkpoint: the tiles that it needs must have been written."""
        write_whole(self.root / "checkpoint", head)

    def _put(self, level: int, number: int, width: int, read: ReadTile) -> Path:
        return self._file(level, number, width, read(level, number, width)[: width * HASH_SIZE])

    def _file(self, level: int | str, number: int, width: int, data: bytes) -> Path:
        """Write one file under another name first, so that a reader never sees half of it."""
        target = self.root / path(level, number, width)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(data)
        return part.replace(target)


def _spans(old: int, new: int) -> list[tuple[int, int]]:
    """Return (number, width) of the tiles of one level that change when its hashes grow from old to new."""
    return [(n, min(WIDTH, new - n * WIDTH)) for n in range(old // WIDTH, -(-new // WIDTH)) if new > old]


def _added(old: int, new: int) -> Iterator[tuple[int, tuple[int, int]]]:
    for level, count in widths(new):
        for span in _spans(old >> (HEIGHT * level), count):
            yield level, span


def grow(old: int, leaves: list[bytes], read: ReadTile) -> dict[Node, bytes]:
    """Return the tiles (level, number) -> hashes that change when leaf hashes join a tree of ``old`` entries.

    ``read`` gives the tiles at the right edge as they were. Only full tiles are hashed into the level above, and theirs
    are followed by the nodes inside.
    """
    changed: dict[Node, bytes] = {}
    level, count, added = 0, old, leaves
    while added:
        first = count // WIDTH
        kept = read(level, first, count % WIDTH)[: (count % WIDTH) * HASH_SIZE] if count % WIDTH else b""
        data = kept + b"".join(added)
        added = []
        for i in range(0, len(data), FULL):
            piece = data[i : i + FULL]
            if len(piece) == FULL:
                layers = tile_layers(piece)
                added.append(layers[-1][0])
                piece += b"".join(node for layer in layers[1:-1] for node in layer)
            changed[level, first + i // FULL] = piece
        level, count = level + 1, count >> HEIGHT
    return changed


def root(size: int, read: ReadTile) -> bytes:
    """Return the root of a tree of a size out of its tiles."""
    node = node_reader(read, size)
    return fold([node(one) for one in cover(0, size)])
