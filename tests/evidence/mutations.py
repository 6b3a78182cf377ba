"""Mutations of a proof file and its record, each of which changes what is proved: none may be accepted."""

from base64 import b64decode, b64encode


def mutated(draw, data, record):
    """Return (what was done, proof file, record) with one change drawn at random that must not go unseen."""
    while True:
        what = draw.choice(list(MUTATIONS))
        changed, other = MUTATIONS[what](draw, data, record)
        if (changed, other) != (data, record):
            return what, changed, other


def _lines(data):
    front, _, head = data.partition(b"\n\n")
    return front.split(b"\n"), head


def _join(lines, head):
    return b"\n".join(lines) + b"\n\n" + head


def _bit(draw, data):
    if not data:
        return b"\0"
    place = draw.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def record_bit(draw, data, record):
    return data, _bit(draw, record)


def record_length(draw, data, record):
    return data, draw.choice([record + b"\0", record[:-1], b"\0" + record, b""])


def index(draw, data, record):
    lines, head = _lines(data)
    number = int(lines[1].split()[1])
    lines[1] = b"index %d" % draw.choice([number + 1, number ^ 1, number + 8, draw.randrange(2**63), 0])
    return _join(lines, head), record


def hash_bit(draw, data, record):
    lines, head = _lines(data)
    place = draw.randrange(2, len(lines))
    lines[place] = b64encode(_bit(draw, b64decode(lines[place])))
    return _join(lines, head), record


def hash_order(draw, data, record):
    lines, head = _lines(data)
    rest = lines[2:]
    draw.shuffle(rest)
    return _join(lines[:2] + rest, head), record


def hash_count(draw, data, record):
    lines, head = _lines(data)
    place = draw.randrange(2, len(lines))
    changed = lines[:place] + draw.choice([[], [lines[place]] * 2]) + lines[place + 1 :]
    return _join(changed, head), record


def head_text(draw, data, record):
    """Change origin, size or root; the signatures stay as they are."""
    lines, head = _lines(data)
    text = head.split(b"\n")
    place = draw.randrange(3)
    text[place] = [text[0] + b"x", b"%d" % draw.choice([7, 9, 2**62, 0]), b64encode(_bit(draw, b64decode(text[2])))][
        place
    ]
    return _join(lines, b"\n".join(text)), record


def signature(draw, data, record):
    """Change one bit of a known key's signature: its key id is left alone."""
    lines, head = _lines(data)
    text = head.split(b"\n")
    place = draw.randrange(4, len(text) - 1)
    dash, name, tail = text[place].split(b" ")
    raw = b64decode(tail)
    text[place] = b" ".join([dash, name, b64encode(raw[:4] + _bit(draw, raw[4:]))])
    return _join(lines, b"\n".join(text)), record


def signers(draw, data, record):
    """Drop the log's line, or all but one witness."""
    lines, head = _lines(data)
    text = head.split(b"\n")
    kept = text[:4] + draw.choice([text[5:], [*text[4:6], b""], [text[4], b""], [b""]])
    return _join(lines, b"\n".join(kept)), record


def signature_swap(draw, data, record):
    """Give one key's signature under another key's name and id."""
    lines, head = _lines(data)
    text = head.split(b"\n")
    one, other = draw.sample(range(4, len(text) - 1), 2)
    dash, name, tail = text[one].split(b" ")
    raw = b64decode(tail)[:4] + b64decode(text[other].split(b" ")[2])[4:]
    text[one] = b" ".join([dash, name, b64encode(raw)])
    return _join(lines, b"\n".join(text)), record


MUTATIONS = {
    one.__name__: one
    for one in (
        record_bit,
        record_length,
        index,
        hash_bit,
        hash_order,
        hash_count,
        head_text,
        signature,
        signers,
        signature_swap,
    )
}
