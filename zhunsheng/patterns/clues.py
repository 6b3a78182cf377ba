"""What stands out among peers: the one step of a population pattern that is statistics, not counting.

Both forms of a pattern feed it the same whole-numbered measures, so both get the same outliers. A subject is compared
with the others of its group (kind and level) in the same rule and period, itself left out:

- centre: the median of the others (their mean where most have none). Spread between them: 1.4826 x the median absolute
  deviation of the group, squared, less the median of what each figure scatters by itself.
- spread of the subject's own figure: ``share`` a part of money, bounded by 0 and 1, so by m(1 - m) / weight; ``rate``
  events per exposure, Poisson; ``growth`` a ratio of two sums, 1 / weight on the logarithm.
- one-sided p of what exceeds centre and both spreads: normal for share and growth; for rates the tail of the
  negative binomial that has that mean and variance (Poisson where peers do not differ), normal beyond 2,000 events.
  A share is besides taken as that many whole contacts of ``weight``, and the larger of normal and binomial tail counts:
  where the share of peers is small the normal one promises too much.
- a subject needs a weight of ``min_count``, a peer a quarter of it: small peers widen the spread, they do not vanish.
- false discoveries among all subjects of the rule in the period are held to ``fdr_permille`` by Benjamini-Hochberg.
- besides, the figure must reach ``min_percent`` of the centre: what is certain but small is no clue.

A share held against its own past (family ``past``) is tested by Fisher's exact test, one-sided, with least counts on
both sides, a least effect and the same control of false discoveries; here no peers are needed.

Intervals shown (95 %): Wilson for shares, Byar's for rates, normal on the logarithm for growth. Nothing here draws at
random; sums run in the order of sorted measures.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import Bindings, Hit
from zhunsheng.patterns.population import Load, Measure, Outlier, Population, subject_hits

Z95 = 1.959963984540054
#: A median absolute deviation as a standard deviation, where figures are normal.
MAD = 1.4826
#: Beyond so many events the tail is taken as normal.
MANY = 2_000


class Compared(NamedTuple):
    """A measure beside its peers: figures per unit x 10^6, ``rank`` 1 the highest of ``peers`` + 1."""

    measure: Measure
    value_e6: int
    low_e6: int
    high_e6: int
    centre_e6: int
    peers: int
    rank: int
    p: float


def decide(measures: Iterable[Measure], bindings: Bindings) -> list[Outlier]:
    """Return what stands out, and once per rule and subject, for its last period, what cannot be told."""
    family = bindings.pattern.family
    if family == "event":
        return []
    found = sorted(measures)
    if family == "past":
        return sorted(_risen(found, bindings))
    told, untold = compare(found, bindings), unknown(found, bindings)
    chosen: list[Outlier] = []
    batches: dict[tuple[str, str], list[Compared]] = defaultdict(list)
    for one in told:
        batches[one.measure.rule_id, one.measure.period].append(one)
    for batch in batches.values():
        chosen += _chosen(batch, bindings)
    return sorted([*chosen, *untold])


def judged(code: Population, load: Load, bindings: Bindings) -> list[Hit]:
    """Return the hits of a whole load by the Python form: the referee of the set form."""
    found = sorted(code.measures(load, bindings))
    outliers = decide(found, bindings)
    return [*subject_hits(outliers), *code.judge(load, bindings, found, outliers)]


def compare(measures: Iterable[Measure], bindings: Bindings) -> list[Compared]:
    """Return every measure that is large enough and has peers enough, beside them."""
    groups: dict[tuple[str, ...], list[Measure]] = defaultdict(list)
    for one in measures:
        row = row_of(one, bindings)
        if row is not None and not one.gap and one.peer_group and _lends(one, row):
            groups[one.rule_id, one.point_id, one.period, one.item_code, one.peer_group].append(one)
    found = []
    for group in groups.values():
        row = row_of(group[0], bindings)
        if len(group) > row.min_peers:
            found += [one for one in _grouped(group, bindings.pattern.family) if _enough(one.measure, row)]
    return found


def unknown(measures: Iterable[Measure], bindings: Bindings) -> list[Outlier]:
    """Return per rule and subject the last period that cannot be told: a gap, no group, or too few in it."""
    crowd: dict[tuple[str, ...], int] = defaultdict(int)
    kept = []
    for one in measures:
        row = row_of(one, bindings)
        if row is not None and _lends(one, row):
            kept += [(one, row)] if _enough(one, row) else []
            crowd[one.rule_id, one.point_id, one.period, one.item_code, one.peer_group] += not one.gap
    last: dict[tuple[str, str], Outlier] = {}
    for one, row in sorted(kept, key=lambda pair: pair[0].period):
        key = one.rule_id, one.point_id, one.period, one.item_code, one.peer_group
        reason = one.gap or ("peers_missing" if not one.peer_group else "")
        if not reason and crowd[key] <= row.min_peers:
            reason = "peers_few"
        if reason:
            actual = str(crowd[key] - 1) if reason == "peers_few" else ""
            last[one.rule_id, one.subject_id] = _outlier(one, "unknown", reason, str(row.min_peers), actual)
    return list(last.values())


def row_of(one: Measure, bindings: Bindings) -> Any:
    """Return the binding row by which a measure is judged: that of the first day of its month, or None."""
    day = parse_date(f"{one.period}-01")
    held = (r for r in bindings.rows if (r.rule_id, r.point_id) == (one.rule_id, one.point_id))
    return next((row for row in held if row.valid_from <= day < row.valid_to), None)


def value(one: Measure) -> float:
    """Return the figure of a measure."""
    return one.numerator / one.denominator if one.denominator else 0.0


def interval(one: Measure, family: str) -> tuple[float, float]:
    """Return the 95 % interval of a figure by itself, without its peers."""
    x = value(one)
    if family == "share":
        return wilson(x, one.weight)
    if family == "growth":
        reach = math.exp(Z95 / math.sqrt(one.weight)) if one.weight else math.inf
        return x / reach, x * reach
    low, high = byar(one.numerator)
    return low / one.denominator, high / one.denominator


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's interval of a share of n."""
    centre = (share + Z95 * Z95 / (2 * n)) / (1 + Z95 * Z95 / n)
    half = Z95 / (1 + Z95 * Z95 / n) * math.sqrt(share * (1 - share) / n + Z95 * Z95 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def byar(events: int) -> tuple[float, float]:
    """Return Byar's interval of a Poisson count."""
    low = events * (1 - 1 / (9 * events) - Z95 / (3 * math.sqrt(events))) ** 3 if events else 0.0
    above = events + 1
    return max(0.0, low), above * (1 - 1 / (9 * above) + Z95 / (3 * math.sqrt(above))) ** 3


def normal_tail(z: float) -> float:
    """Return the upper tail of the standard normal."""
    return math.erfc(z / math.sqrt(2)) / 2


def share_tail(one: Measure, centre: float) -> float:
    """Return the binomial chance that of ``weight`` contacts at least the share of a measure is met at ``centre``."""
    n = min(one.weight, MANY)
    least = one.numerator * n // one.denominator
    if least == 0 or centre >= 1:
        return 1.0
    if centre <= 0:
        return 0.0
    mass = (_binomial(k, n, centre) for k in range(least, n + 1))
    return min(1.0, math.fsum(mass))


def _binomial(k: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))


def count_tail(events: int, mean: float, extra: float) -> float:
    """Return the chance of at least ``events`` at a mean, ``extra`` variance beyond Poisson's."""
    if events == 0:
        return 1.0
    if events > MANY:
        return normal_tail((events - 0.5 - mean) / math.sqrt(mean + extra))
    r = mean * mean / extra if extra > 1e-9 * mean else math.inf
    below = math.fsum(math.exp(_log_mass(k, mean, r)) for k in range(events))
    return min(1.0, max(0.0, 1.0 - below))


def _log_mass(k: int, mean: float, r: float) -> float:
    if math.isinf(r):
        return k * math.log(mean) - mean - math.lgamma(k + 1)
    share = mean / (mean + r)
    return math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + k * math.log(share) + r * math.log1p(-share)


def false_discoveries(ps: list[float], limit: float) -> list[bool]:
    """Return which hypotheses Benjamini-Hochberg rejects at a rate of false discoveries."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    last = max((n for n, i in enumerate(order, 1) if ps[i] <= limit * n / len(ps)), default=0)
    chosen = set(order[:last])
    return [i in chosen for i in range(len(ps))]


def share_rise(now: Measure, past: Measure) -> float:
    """Return Fisher's one-sided p: the chance that so many of the counts of both fall into the month by themselves."""
    n, hits, all_ = now.denominator, now.numerator + past.numerator, now.denominator + past.denominator
    ways = _log_choose(all_, n)
    mass = (
        math.exp(_log_choose(hits, k) + _log_choose(all_ - hits, n - k) - ways)
        for k in range(max(now.numerator, n - (all_ - hits)), min(n, hits) + 1)
    )
    return min(1.0, math.fsum(mass))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _risen(measures: list[Measure], bindings: Bindings) -> list[Outlier]:
    """Return the months whose share rose above the subject's own past: of a rule and month all are tested together."""
    pairs: dict[tuple[str, ...], dict[str, Measure]] = defaultdict(dict)
    for one in measures:
        pairs[one.rule_id, one.period, one.point_id, one.subject_id, one.item_code][one.peer_group] = one
    batches: dict[tuple[str, ...], list[tuple[Measure, Measure, Any, float]]] = defaultdict(list)
    for (rule_id, period, *_), pair in pairs.items():
        now, past = pair["now"], pair["past"]
        row = row_of(now, bindings)
        if row is not None and min(now.denominator, past.denominator) >= row.min_count:
            batches[rule_id, period].append((now, past, row, share_rise(now, past)))
    chosen = []
    for batch in batches.values():
        limit = min(row.fdr_permille for _, _, row, _ in batch) / 1000
        rejected = false_discoveries([p for *_, p in batch], limit)
        for (now, past, row, _), out in zip(batch, rejected, strict=True):
            if out and now.numerator * past.denominator * 100 >= past.numerator * now.denominator * row.min_percent:
                chosen.append(_outlier(now, row.verdict, "rises", _share_text(past), _share_text(now)))
    return chosen


def _share_text(one: Measure) -> str:
    low, high = wilson(value(one), one.denominator)
    return f"{_e6(value(one))} {_e6(low)} {_e6(high)} {one.numerator} {one.denominator}"


def _enough(one: Measure, row: Any) -> bool:
    return bool(one.weight >= row.min_count)


def _lends(one: Measure, row: Any) -> bool:
    """Whether a figure is large enough to stand among the peers of another."""
    return bool(4 * one.weight >= row.min_count)


def _grouped(group: list[Measure], family: str) -> list[Compared]:
    values = sorted(value(one) for one in group)
    middle = _median(values)
    scale = sorted(math.log(x) for x in values if x > 0) if family == "growth" else values
    apart = MAD * _median(sorted(abs(x - _median(scale)) for x in scale)) if scale else 0.0
    # what lies between peers beyond what their own numbers would scatter
    own = _median(sorted(_variance(one, middle, family) for one in group))
    spread = math.sqrt(max(0.0, apart * apart - own))
    sums = sum(one.numerator for one in group), sum(one.denominator for one in group)
    return [_compared(one, values, spread, family, sums) for one in group]


def _variance(one: Measure, centre: float, family: str) -> float:
    """Return the variance of a figure by itself around a centre; of its logarithm for growth."""
    if family == "rate":
        return centre / one.denominator
    return centre * (1 - centre) / one.weight if family == "share" else 1 / one.weight


def _compared(one: Measure, values: list[float], spread: float, family: str, sums: tuple[int, int]) -> Compared:
    x = value(one)
    at = bisect_left(values, x)
    others = values[:at] + values[at + 1 :]
    centre = _median(others)
    if family != "growth" and centre <= 0:  # most peers have none: their mean, never nothing
        others_sum = max(1, sums[1] - one.denominator)
        centre = (
            (sums[0] - one.numerator) / others_sum
            if family == "share"
            else (sums[0] - one.numerator + 0.5) / others_sum
        )
    low, high = interval(one, family)
    figures = (_e6(x), _e6(low), _e6(high), _e6(centre))
    return Compared(one, *figures, len(others), 1 + sum(y > x for y in others), _tail(one, x, centre, spread, family))


def _tail(one: Measure, x: float, centre: float, spread: float, family: str) -> float:
    if family == "share":
        variance = _variance(one, centre, family) + spread * spread
        normal = normal_tail((x - centre) / math.sqrt(variance)) if variance > 0 else float(x <= centre)
        return max(normal, share_tail(one, centre))
    if family == "growth":
        if x <= 0 or centre <= 0:
            return 1.0
        return normal_tail((math.log(x) - math.log(centre)) / math.sqrt(1 / one.weight + spread * spread))
    mean = centre * one.denominator
    return count_tail(one.numerator, mean, (spread * one.denominator) ** 2)


def _median(ordered: list[float]) -> float:
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def _e6(x: float) -> int:
    return round(x * 1_000_000) if math.isfinite(x) else 0


def _chosen(batch: list[Compared], bindings: Bindings) -> list[Outlier]:
    rows = [row_of(one.measure, bindings) for one in batch]
    rejected = false_discoveries([one.p for one in batch], min(row.fdr_permille for row in rows) / 1000)
    return [
        _outlier(one.measure, row.verdict, "stands_out", _peers_text(one), _own_text(one))
        for one, row, out in zip(batch, rows, rejected, strict=True)
        if out and one.value_e6 * 100 >= one.centre_e6 * row.min_percent
    ]


def _own_text(one: Compared) -> str:
    return f"{one.value_e6} {one.low_e6} {one.high_e6} {one.measure.numerator} {one.measure.denominator}"


def _peers_text(one: Compared) -> str:
    return f"{one.centre_e6} {one.peers} {one.rank}"


def _outlier(one: Measure, verdict: str, reason: str, expected: str, actual: str) -> Outlier:
    named = (one.rule_id, one.point_id, one.subject_kind, one.subject_id, one.institution_id, one.period, one.item_code)
    return Outlier(*named, one.row_id, Verdict(verdict).value, reason, expected, actual)
