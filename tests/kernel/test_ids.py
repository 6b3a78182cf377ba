"""Pseudonyms are stable and keyed; identities depend on every part and its place; the key is made once."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.kernel.ids import identity, pseudonym, site_key

KEY = bytes(range(32))
NUMBERS = st.text("0123456789ABCDEFX", min_size=1, max_size=18)


def test_a_pseudonym_never_changes():
    # HMAC-SHA256 under the key 00..1f, computed with openssl dgst -sha256 -mac HMAC over "psn_no", 0x1f, "51000001X"
    assert pseudonym(KEY, "psn_no", "51000001X") == "6e3634ec724d1ebc4668"
    assert pseudonym(KEY, "psn_no", " 51000001x ") == pseudonym(KEY, "psn_no", "51000001X")


@given(NUMBERS, NUMBERS)
def test_different_people_kinds_and_keys_get_different_pseudonyms(one, other):
    first = pseudonym(KEY, "psn_no", one)
    assert re.fullmatch("[0-9a-f]{20}", first)
    assert (pseudonym(KEY, "psn_no", other) == first) == (one == other)
    assert pseudonym(KEY, "card_no", one) != first
    assert pseudonym(b"another key", "psn_no", one) != first


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_an_identity_depends_on_parts_and_their_borders(parts):
    assert identity(*parts) == identity(*parts)
    assert identity(*parts, "") != identity(*parts)
    if parts != parts[::-1]:
        assert identity(*parts) != identity(*parts[::-1])


def test_an_identity_tells_where_a_part_ends():
    assert identity("ab", "c") != identity("a", "bc")


def test_the_site_key_is_made_once_even_by_many_at_a_time(tmp_path):
    path = tmp_path / "secret" / "pseudonym.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: site_key(path), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["pseudonym.key"]
