"""Prices to be filed anew: what a change of the public prices, or of the rating, has put above the band of its vendor.

Each run looks at all filed prices that hold; what it finds is asked of the vendor and of the consortia that it serves.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

from zhunsheng.casework.agreements import actions, bands, facts
from zhunsheng.casework.agreements.facts import FiledPrice
from zhunsheng.casework.agreements.models import PriceReview
from zhunsheng.casework.alerts.actions import RUN
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.queries import asked_on, under_way
from zhunsheng.casework.outbox.actions import deed

JOB = "prices.review"
#: What a run of this version holds.
NEEDED = frozenset({"price_filing", "charge_line", "measure"})


@deed
def request_missing() -> Job | None:
    """Queue the review of the current run unless it was asked for; what a worker makes good after each job."""
    file = lake.current_run()
    if file is None or under_way(JOB) or not file.tables >= NEEDED:
        return None
    run = str(file.manifest.get("run_id", ""))
    return None if asked_on(JOB, run) else enqueue(RUN, JOB, {"run": run})


def review(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Note each filed price that lies above its vendor's band now, and settle what no longer does; once for a run."""
    file = lake.current_run()
    if file is None or not file.tables >= NEEDED:
        return Outcome({"found": 0})
    run, day = str(file.manifest.get("run_id", "")), date.fromisoformat(file.manifest["as_of"])
    by_vendor: dict[str, dict[str, FiledPrice]] = defaultdict(dict)
    for one in facts.published_prices(file, day):
        by_vendor[one.vendor_id][one.item_code] = one
    found: set[int] = set()
    for at, (vendor, prices) in enumerate(sorted(by_vendor.items())):
        progress("prices", at, len(by_vendor))
        for told in bands.judged(vendor, "", None, prices, day):
            if told.refused(prices[told.item_code].price_e6):
                found.add(actions.note_price(RUN, prices[told.item_code], told, run, day))
    return Outcome({"found": len(found), "settled": actions.settle_prices(RUN, found, run, day)})


def to_refile(scope: Scope, vendor: str = "") -> QuerySet[PriceReview]:
    """Return the prices in view that are to be filed anew, of one vendor where one is named."""
    found = scope.rows(PriceReview.objects.filter(settled_on=None))
    return found.filter(institution_id=vendor) if vendor else found


def due(one: PriceReview) -> date:
    """Return until when a price is filed anew: the days of the rule book after the day of the run that found it."""
    return one.found_on + timedelta(days=bands.ratings.incentives().enforcement.refile_days)
