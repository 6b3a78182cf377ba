"""Every worked example of every light, on both sides of each edge; and tables that cover their range, proved."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.bands import Span, Whole, band_of, holes
from zhunsheng.book.lights import BandLight, DriftLight, EventLight, StreakLight, WindowLight, load_lights, read_light
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.causes import Lit, by_event, windowed
from zhunsheng.lights.marks import marks
from zhunsheng.lights.reasons import reason
from zhunsheng.lights.values import Event, Value, knowable

BOOK = Path(__file__).parents[2] / "rulebook"
LIGHTS = load_lights(BOOK)
FIRST = date(2026, 1, 1)
CASES = [
    pytest.param(light, one, id=f"{light.id}-{n}") for light in LIGHTS.values() for n, one in enumerate(light.examples)
]


def of_values(light, example):
    counts = [(month_start(FIRST, n), given) for n, given in enumerate(example.given)]
    by_month = {month: Value(light.indicator, "V", month, *given) for month, given in counts if given}
    as_of = knowable(counts[-1][0])
    last = counts[-1][0]
    others = {last: [Value(light.indicator, f"P{n}", last, *given) for n, given in enumerate(example.peers)]}
    by_month = by_month or {month_start(FIRST, -1): Value(light.indicator, "V", FIRST, 0, 0)}
    told = marks(light, by_month, as_of, others=others)
    return told[-1].state


def of_event(light, example):
    ended = None if example.days is None else FIRST + timedelta(days=example.days)
    event = Event("E1", "V", example.kind, example.weight, FIRST, FIRST, "", ended, example.share)
    return light.light if by_event(light, [event]) else "none"


def of_window(light, example):
    lits = [
        Lit(f"c{n}", f"vendors/{n}", "V", colour, month, month, knowable(month), knowable(month), (month,), None)
        for n, (colour, text) in enumerate(example.given)
        for month in [date.fromisoformat(f"{text}-01")]
    ]
    return light.light if windowed(light, lits, LIGHTS.values()) else "none"


JUDGES = {
    BandLight: of_values,
    StreakLight: of_values,
    DriftLight: of_values,
    EventLight: of_event,
    WindowLight: of_window,
}


@pytest.mark.parametrize(("light", "example"), CASES)
def test_an_example_says_what_its_file_says(light, example):
    assert JUDGES[type(light)](light, example) == example.light


@st.composite
def tables(draw):
    """Bands over a range: whole ones, and ones with an edge moved."""
    edges = draw(st.lists(st.integers(0, 100), min_size=1, max_size=5, unique=True).map(sorted))
    highs = [*edges[1:], None]
    bands = [Span(low=low, high=high, cite="x") for low, high in zip(edges, highs, strict=True)]
    if len(bands) > 1 and draw(st.booleans()):
        n = draw(st.integers(0, len(bands) - 1))
        bands[n] = bands[n].model_copy(update={"low": bands[n].low + draw(st.sampled_from((-1, 1)))})
    return bands


@given(tables())
def test_the_lint_passes_a_table_exactly_when_every_value_has_one_band(bands):
    whole = Whole(least=0, most=100)
    counts = [sum(b.low <= v and (b.high is None or v < b.high) for b in bands) for v in range(101)]
    assert (not list(holes(bands, whole))) == (set(counts) == {1} and bands[-1].low <= 100 and bands[0].low == 0)


@given(st.sampled_from([light for light in LIGHTS.values() if isinstance(light, BandLight)]), st.data())
def test_every_value_has_one_band_and_a_worse_one_no_milder_light(light, data):
    bands = light.tables[-1].bands
    den = data.draw(st.integers(1, 10**6))
    most = den if light.whole.most else 3 * den
    low, high = sorted(data.draw(st.tuples(st.integers(0, most), st.integers(0, most))))
    found = [band_of(bands, num, den, 10_000) for num in (low, high)]
    for band, num in zip(found, (low, high), strict=True):
        assert band.low * den <= num * 10_000 and (band.high is None or num * 10_000 < band.high * den)
    order = bands.index(found[0]) <= bands.index(found[1])
    assert order


BROKEN = {
    "a hole": ("low: 1000, high: 2000", "low: 1100, high: 2000"),
    "an overlap": ("low: 0, high: 1000", "low: 0, high: 1100"),
    "an end without a band": ("low: 2000, sure_over", "low: 2000, high: 10000, sure_over"),
    "a direction turned": ("worse: up", "worse: down"),
    "an edge that no example notices": ("[[1999, 10000, 0]]", "[[1900, 10000, 0]]"),
    "a cite that is not there": ("cite: policy}\nrelease", "cite: nowhere}\nrelease"),
    "a colour without an action": ("  yellow: [suspend_part, rectification]\n", ""),
    "chance in what is no share": ("worse: up", "worse: up\nwhole: {least: 0, most: null}"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_light_is_refused_with_file_place_and_reason(what):
    text = (BOOK / "lights/vendors/late_reports.yaml").read_text("utf-8")
    old, new = BROKEN[what]
    if what == "a cite that is not there":
        old, new = "high: 2000, cite: policy", "high: 2000, cite: nowhere"
    assert text.count(old) >= 1
    with pytest.raises(Problem) as found:
        read_light(text.replace(old, new, 1), "late_reports.yaml")
    assert found.value.code == "ZS620" and found.value.values["file"] == "late_reports.yaml"


def test_a_reason_names_what_events_speak_of_by_its_word():
    light = LIGHTS["vendors/cold_chain_breach"]
    lit = Lit("c", light.id, "V", "yellow", FIRST, FIRST, FIRST, FIRST, (FIRST,), None, about="logistics")
    assert reason(light, lit, {"logistics": ("冷链物流", "cold chain")}) == (
        f"{light.zh}（冷链物流）：2026-01",
        f"{light.en} (cold chain): 2026-01",
    )
    assert reason(light, lit, {})[0] == f"{light.zh}（logistics）：2026-01"


def test_the_english_of_a_reason_has_english_marks():
    light = next(one for one in LIGHTS.values() if isinstance(one, WindowLight))
    later = month_start(FIRST, 3)
    lit = Lit("c", light.id, "V", "yellow", FIRST, later, FIRST, FIRST, (FIRST, later), None, grounds=("a", "b"))
    zh, en = reason(light, lit, {})
    assert "2026-01、2026-04" in zh and "2026-01, 2026-04" in en and en.isascii()
