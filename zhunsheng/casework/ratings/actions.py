"""Writers of ratings: a card is frozen once, a rating follows its case, and what a standing leads to opens with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.book.scorecards import Card
from zhunsheng.casework.alerts.actions import overseers
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import together
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.queries import standing
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.queries import asked_on, under_way
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.ratings import library, queries
from zhunsheng.casework.ratings.models import PeriodCard, Rating
from zhunsheng.casework.vendors.actions import record_rating
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now
from zhunsheng.scoring.score import Line, Scored, consequences, period_of

RUN = Process("run")
JOB = "ratings.close"
OBJECTIONS = {"object": "open", "uphold": "upheld", "change": "changed"}


@deed
def request_missing() -> Job | None:
    """Queue the close of the last period of each card that has none yet; what a worker makes good after each job."""
    file = lake.current_run()
    if file is None or under_way(JOB) or "indicator_count" not in file.tables:
        return None
    run, as_of = str(file.manifest["run_id"]), date.fromisoformat(file.manifest["as_of"])
    if asked_on(JOB, run):
        return None  # tried on this run: who has no card then had no value
    firsts = {card.id: period_of(card, as_of)[0] for card in library.cards().values()}
    for body in overseers():
        held = set(PeriodCard.objects.filter(body=body).values_list("card", "from_on"))
        if set(firsts.items()) - held:
            return enqueue(RUN, JOB, {"run": run})
    return None


@deed
def freeze(
    actor: Actor, body: Body, card: Card, vendor: str, period: tuple[date, date], scored: Scored, run: str, today: date
) -> PeriodCard:
    """Keep the card of a vendor and period as it was scored; the same period again gives the card that is there.

    Raises Problem ZS623 before the period is over.
    """
    if period[1] > today:
        raise Problem("ZS623", period=f"{period[0]} – {period[1]}")
    found = PeriodCard.objects.filter(body=body, institution_id=vendor, card=card.id, from_on=period[0]).first()
    if found:
        return found
    book = library.digest_of(card)
    said = {"score": plain(scored), "vendor": vendor, "body": body.pk, "card": card.id, "period": [*map(str, period)],
            "run": run, "book": book}  # fmt: skip
    name = digest(canonical(said))
    row = append(actor, "rating.card_frozen", f"vendor:{vendor}", {"card": name, "run": run, "book": book})
    return PeriodCard.objects.create(
        body=body, institution_id=vendor, card=card.id, from_on=period[0], until_on=period[1], low=scored.low,
        high=scored.high, standing=scored.standing, best=scored.best, lines=said["score"]["lines"], digest=name,
        run=run,
        book=book, made_at=now(), evidence=row.pk,
    )  # fmt: skip


def plain(scored: Scored) -> dict[str, Any]:
    """Return a score as plain data."""
    return {
        "low": scored.low, "high": scored.high, "standing": scored.standing, "best": scored.best,
        "lines": [_plain(one) for one in scored.lines],
    }  # fmt: skip


def _plain(line: Line) -> dict[str, Any]:
    value = line.measure
    return {
        "criterion": line.criterion, "weight": line.weight, "points": line.points,
        "value": [value.numerator, value.denominator, value.unknown] if value else None,
        "low": line.low, "high": line.high, "cite": line.cite,
    }  # fmt: skip


@deed
def draft(actor: Actor, card: PeriodCard) -> Case:
    """Open the rating of a period card; the same card again gives the case that is there."""
    vendor = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=card.institution_id).first()
    score = f"{card.low} 分" if card.low == card.high else f"{card.low}–{card.high} 分"
    given = {"card": card.digest, "from_on": str(card.from_on), "until_on": str(card.until_on),
             "standing": card.standing, "reason": score}  # fmt: skip
    return cases.open_case(
        actor, "vendor_rating", given, body=card.body, institution_id=card.institution_id, subject_body=vendor,
        key=f"rating-{card.pk}",
    )  # fmt: skip


def rating_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Bring the rating to where its case is, and open what a standing leads to once it enters into force."""
    if event.kind == "opened":
        card = PeriodCard.objects.filter(digest=event.fields["card"], body=case.body).first()
        if card:
            Rating.objects.create(
                case=case, body=case.body, institution_id=case.institution_id, subject_body=case.subject_body,
                card=card, standing=card.standing,
            )  # fmt: skip
        return
    rating = Rating.objects.filter(case=case).select_related("card").first()
    if rating is None or event.kind != "moved":
        return
    rating.party_sees = case.party_sees
    rating.objection = OBJECTIONS.get(event.about, rating.objection)
    if event.about == "change":
        rating.standing = event.fields["standing"]
    rating.outcome = case.state if case.closed_at else ""
    rating.in_force_on = event.day if case.state == "in_force" else None
    rating.save()
    if case.state == "in_force":
        _record_year(actor, case, rating)
        _follow(actor, case, rating, event)


def _record_year(actor: Actor, case: Case, rating: Rating) -> None:
    """Record the standing of a year on the vendor's file once all its periods are in force, the worst of them.

    An unrated period leaves the year unknown. Of several cards and bodies the worst counts too.
    """
    year = rating.card.from_on.year
    worst = queries.year_standing(rating.institution_id, rating.body, rating.card.card, year)
    if worst:
        record_rating(actor, rating.institution_id, year, worst, now().date(), f"{case.life.zh} {case.number}")


def _follow(actor: Actor, case: Case, rating: Rating, event: CaseEvent) -> None:
    """Open and move what the standing leads to; a step of two people is proposed to another."""
    card = library.cards().get(rating.card.card)
    if card is None:
        return
    due = consequences(card, rating.standing, rating.card.best)
    score = f"{rating.card.low}–{rating.card.high} 分"
    words = {"standing": rating.standing, "number": case.number}
    words["reason"] = f"{rating.card.from_on} 起的评价周期得 {score}"
    for one in (one for one in card.consequences if one.id in due):
        given = {name: text.format(**words) for name, text in one.fields.items()}
        if one.opens:
            cases.open_case(
                actor, one.opens, given, body=case.body, institution_id=case.institution_id,
                subject_body=case.subject_body, origin=case, key=f"{one.id}-of-{case.pk}",
            )  # fmt: skip
        cycle, _, name = one.moves.partition(".")
        for life in standing(case.body_id, cycle, case.institution_id, name) if name else ():
            together.take(event, life, name, given)
