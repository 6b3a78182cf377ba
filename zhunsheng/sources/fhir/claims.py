"""Claims and explanations of benefit: one row for the settlement, one for each item that states an amount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from typing import cast

from zhunsheng.sources.fhir.index import Index, Seen, Unusable, code_of
from zhunsheng.sources.fhir.maker import Maker, Row
from zhunsheng.sources.fhir.reading import Fault
from zhunsheng.sources.fhir.shapes import Benefit, Billed, Claim, Concept, Encounter, Item, Money, Period
from zhunsheng.sources.mapping import mapping

_SHANGHAI = timezone(timedelta(hours=8))
_MICRO = Decimal("0.000001")
_ONE = Decimal(1)


def claim_rows(index: Index, key: str, one: Seen, counts: Counter[str]) -> Iterator[Row]:
    """Return the settlement and the lines of a claim, or of an explanation of benefit."""
    claimed = cast(Billed, one.model)
    common = _common(index, key, one, counts)
    header = _header(claimed, common)
    counts = Counter() if "claim_here" in header.values else counts  # the claim's own items are counted, once
    if isinstance(claimed, Benefit):
        _judged(claimed, header)
        counts["ZS280"] += len(claimed.added)
    else:
        header.put(total=_total(cast(Claim, claimed).total, header, "/total"))
    lines = [_line(index, one, item, place, common, counts) for place, item in enumerate(claimed.item)]
    amounts = [Decimal(line.values["amount"]) for line in lines if line and "amount" in line.values]
    monies = {line.values.get("currency") for line in lines if line}
    if (
        amounts
        and all(map(_exact, amounts))
        and monies == {header.values.get("currency") or next(iter(monies))}
        and None not in monies
    ):
        header.put(lines=sum(amounts))
    if "total" not in header.values and len(amounts) == len(claimed.item) and len(monies) == 1:
        header.put(total=header.values.get("lines"), currency=next(iter(monies)))
    yield header
    yield from (line for line in lines if line)


def _common(index: Index, key: str, one: Seen, counts: Counter[str]) -> Row:
    """Return what settlement and lines share: whose, where, at which encounter, under which number."""
    claimed, make = cast(Billed, one.model), Maker(index, one)
    row = Row("")
    row.put(number=claimed.id)
    make.person(row, claimed.patient, "/patient")
    encounter = None
    try:
        encounter = index.encounter_of(one)
        if encounter is None:
            row.lack("encounter", "/item/0/encounter")
    except Unusable as error:
        row.refuse("encounter", error.faults[0])
    row.put(encounter=encounter.id if encounter else None)
    _institution(index, make, row, claimed, encounter)
    if isinstance(claimed, Benefit):
        _claim(index, key, one, row, counts)
    return row


def _institution(index: Index, make: Maker, row: Row, claimed: Billed, encounter: Encounter | None) -> None:
    """Set the institution: the provider, or where the encounter was when the provider is a person or only a name."""
    kinds = ("Organization", "Practitioner", "PractitionerRole")
    provider = make.find(row, "institution", claimed.provider, "/provider", *kinds)
    if provider and provider.resource_type == "Organization":
        make.place(row, claimed.provider, "/provider")
    elif encounter and (provider or not claimed.provider.reference):
        there = index.seen[f"Encounter/{encounter.id}"]
        Maker(index, there).place(row, encounter.provider, "/provider")
    row.values.pop("department", None)


def _claim(index: Index, key: str, one: Seen, row: Row, counts: Counter[str]) -> None:
    """Put an explanation of benefit under the number of the claim it judges."""
    stated = cast(Benefit, one.model).claim
    text = (stated.reference if stated else None) or ""
    claim = index.claim_of(one)
    if claim is None:
        counts["ZS275"] += 1
        row.put(number=text.split("/_history/")[0].rsplit("/", 1)[-1].removeprefix("urn:uuid:") or one.model.id)
        return
    row.put(number=claim.split("/")[1], claim_here="1")
    if index.judged.get(claim) != key:
        row.refuse("claim_here", Fault("ZS269", index.judged.get(claim, ""), "/claim"))


def _header(claimed: Billed, common: Row) -> Row:
    kind = "benefit" if isinstance(claimed, Benefit) else "claim"
    row = Row(kind, "", dict(common.values), list(common.faults))
    row.put(created=claimed.created)
    return row


def _total(money: Money | None, row: Row, pointer: str) -> Decimal | None:
    """Return an amount and note its currency; one without a currency, or in another, is no amount of this row."""
    if money is None or money.value is None:
        return None
    if money.currency is None or row.values.setdefault("currency", money.currency) != money.currency:
        row.refuse("currency", Fault("ZS267", money.currency or "", pointer + "/currency"))
        return None
    return money.value


def _judged(claimed: Benefit, row: Row) -> None:
    """Set what the insurer decided: totals by category where stated, else the sum over the items."""
    totals: dict[str, Decimal | None] = {}
    for name in ("submitted", "person", "fund"):
        stated = [(n, one.amount) for n, one in enumerate(claimed.total) if _is(one.category, name)]
        found = [_total(amount, row, f"/total/{n}/amount") for n, amount in stated]
        totals[name] = _sum(found) if found else _adjudicated(claimed, row, name)
    payment = claimed.payment.amount if claimed.payment else None
    paid = _total(payment, row, "/payment/amount")
    row.put(total=totals["submitted"], paid=totals["fund"] if paid is None else paid, share=totals["person"])
    row.put(paid_on=claimed.payment.day if claimed.payment else None)


def _adjudicated(claimed: Benefit, row: Row, name: str) -> Decimal | None:
    return _sum([found for place, item in enumerate(claimed.item) for found in _decided(item, place, row, name)])


def _decided(item: Item, place: int, row: Row, name: str) -> list[Decimal | None]:
    pointer = f"/item/{place}/adjudication"
    return [
        _total(one.amount, row, f"{pointer}/{n}/amount")
        for n, one in enumerate(item.adjudication)
        if _is(one.category, name)
    ]


def _is(category: Concept, name: str) -> bool:
    return any(code.code in mapping("fhir").rest["adjudication"][name] for code in category.coding)


def _sum(amounts: list[Decimal | None]) -> Decimal | None:
    stated = [one for one in amounts if one is not None]
    return sum(stated, Decimal(0)) if stated else None


def _line(index: Index, one: Seen, item: Item, place: int, common: Row, counts: Counter[str]) -> Row | None:
    """Return the line of an item; None for one without an amount, which is counted."""
    claimed, at = cast(Billed, one.model), f"/item/{place}"
    counts["ZS280"] += len(item.detail)
    if (item.net is None or item.net.value is None) and (item.price is None or item.price.value is None):
        counts["ZS272"] += 1
        return None
    kind = "benefit_item" if isinstance(claimed, Benefit) else "claim_item"
    row = Row(kind, at, dict(common.values), [pair for pair in common.faults if pair[1].code != "ZS268"])
    settlement = row.values.pop("number")
    row.put(number=f"{settlement}-{item.sequence}", claim=settlement)
    _where(index, one, item, row, at)
    row.coded(item.product)
    row.put(category=code_of(item.category)[0], served=_served(item, claimed.billable))
    if "served" not in row.values:
        row.lack("served", at + "/servicedDate")
    _priced(item, row, at, counts)
    row.put(in_scope=_sum(_decided(item, place, row, "in_scope")))
    return row


def _where(index: Index, one: Seen, item: Item, row: Row, at: str) -> None:
    """Set encounter and clinician of an item where it names its own."""
    claimed, make = cast(Billed, one.model), Maker(index, one)
    if len(item.encounter) > 1:
        row.refuse("encounter", Fault("ZS268", "", at + "/encounter"))
    elif item.encounter:
        own = make.find(row, "encounter", item.encounter[0], at + "/encounter/0", "Encounter")
        row.put(encounter=own.id if own else None)
    elif "encounter" not in row.values and not row.faults:
        row.lack("encounter", at + "/encounter")
    team = [(place, member) for place, member in enumerate(claimed.team) if member.sequence in item.team]
    alone = list(enumerate(claimed.team)) if len(claimed.team) == 1 else []
    for place, member in (team or alone)[:1]:
        make.clinician(row, member.provider, f"/careTeam/{place}/provider")


def _priced(item: Item, row: Row, at: str, counts: Counter[str]) -> None:
    """Set quantity, price and amount: net = quantity x unitPrice x factor, either taken for 1 where not stated."""
    quantity = item.quantity.value if item.quantity else None
    counts["ZS281"] += quantity is None
    times, factor = _ONE if quantity is None else quantity, _ONE if item.factor is None else item.factor
    price, net = _total(item.price, row, at + "/unitPrice"), _total(item.net, row, at + "/net")
    if price is not None:
        price = price * factor
    if net is None and price is not None:
        net = _short(times * price)
    elif price is None and net is not None and times:
        price = (net / times).quantize(_MICRO, ROUND_HALF_EVEN)
    row.put(quantity=times, price=None if price is None else _short(price), amount=net)


def _exact(value: Decimal) -> bool:
    """Whether an amount is one to the fen; a line that is not is sent back by itself."""
    return value.adjusted() < 12 and value == value.quantize(Decimal("0.01"))


def _short(value: Decimal) -> Decimal:
    """Return a product without the zeros that multiplying adds at its end."""
    return value.normalize()


def _served(item: Item, billable: Period | None) -> str | None:
    """Return when an item was provided: as it says, else by the claim's period where that is one day."""
    own = item.day or (item.period.start if item.period else None)
    if own or billable is None or billable.start is None:
        return own
    return billable.start if billable.end and _day(billable.start) == _day(billable.end) else None


def _day(text: str) -> str:
    """Return the day of a moment in Asia/Shanghai."""
    if "T" not in text:
        return text
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(_SHANGHAI).date().isoformat()
