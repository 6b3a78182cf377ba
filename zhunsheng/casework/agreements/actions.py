"""Writers of agreements and declarations, and what follows from the steps of their cases. Each leaves evidence."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.agreements import bands, facts, filing, forms, library, policies, queries
from zhunsheng.casework.agreements.bands import Judged
from zhunsheng.casework.agreements.facts import FiledPrice
from zhunsheng.casework.agreements.models import (
    Agreement,
    AnnexPrice,
    ClauseMark,
    ConflictCheck,
    Declaration,
    PriceFiling,
    PriceReview,
    SlaValue,
)
from zhunsheng.casework.agreements.states import AgreementState
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.casework.vendors import library as kinds
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

Given = dict[str, str]


def draft(actor: User, vendor: Vendor, given: dict[str, Any], *, key: str = "") -> Agreement:
    """Draft an agreement of the user's body with a vendor. Raises as ``open_case`` does, ZS651, ZS671 and ZS702."""
    if not policies.drafts(actor) or actor.body is None:
        raise Problem("ZS702")
    about = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=vendor.institution_id).first()
    case = cases.open_case(
        actor, "service_agreement", given, body=actor.body, institution_id=vendor.institution_id, subject_body=about,
        key=key,
    )  # fmt: skip
    return queries.of_case(case)


@deed
def mark(actor: User, agreement: Agreement, given: Given) -> ClauseMark:
    """Say where a clause stands in the text, or that it is missing. Raises Problem ZS671, ZS672, ZS702."""
    held = _locked(actor, agreement)
    made = ClauseMark.objects.create(agreement=held, **forms.clause(given, library.clauses()), **_by(actor))
    told = {"clause": made.clause, "present": made.present, "place": made.place, "note": made.note}
    append(actor, "agreement.clause_marked", f"agreement:{held.pk}", told)
    return made


@deed
def promise(actor: User, agreement: Agreement, given: Given) -> SlaValue:
    """Write a promised value from a day on. Raises Problem ZS671, ZS672, ZS673, ZS702."""
    held = _locked(actor, agreement)
    values = forms.promise(given, library.clauses(), held.kind)
    _once(SlaValue.objects.filter(agreement=held, indicator=values["indicator"]), values, "指标")
    made = SlaValue.objects.create(agreement=held, **values, **_by(actor))
    append(actor, "agreement.value_promised", f"agreement:{held.pk}", {**values, "valid_from": str(made.valid_from)})
    return made


@deed
def set_price(actor: User, agreement: Agreement, given: Given) -> AnnexPrice:
    """Write a price of the annex from a day on; a change names its reason.

    Raises Problem ZS671, ZS672, ZS673, ZS702, and ZS894 above the band of the vendor.
    """
    held = _locked(actor, agreement)
    values = forms.price(given)
    known = AnnexPrice.objects.filter(agreement=held, item_code=values["item_code"])
    _once(known, values, "项目")
    if known.exists() and not values["reason"]:
        raise forms.wrong("调整理由", "调整已有价格须写明理由")
    bands.check_agreed(held, values["item_code"], values["unit_price_e6"], now().date())
    made = AnnexPrice.objects.create(agreement=held, **values, **_by(actor))
    append(actor, "agreement.price_set", f"agreement:{held.pk}", {**values, "valid_from": str(made.valid_from)})
    return made


def _locked(actor: User, agreement: Agreement) -> Agreement:
    held = Agreement.objects.select_for_update().get(pk=agreement.pk)
    policies.check_writes(actor, held)
    return held


def _by(actor: User) -> dict[str, Any]:
    return {"told_by": actor, "told_at": now()}


def _once(known: Any, values: dict[str, Any], what: str) -> None:
    """An entry of the same day is not written over: what was agreed for a day stays readable."""
    if known.filter(valid_from=values["valid_from"]).exists():
        raise Problem("ZS673", from_on=values["valid_from"], what=what)


@deed
def file_price(actor: User, scope: Scope, given: forms.Given) -> PriceFiling:
    """File a price of the actor's own vendor from a day on. Nothing that was filed is written over.

    Raises Problem ZS702, ZS671 for a wrong field, ZS673 for a second price of one day, ZS863 for a day that has passed,
    ZS894 above the band of the vendor.
    """
    if not filing.files(actor) or actor.body is None:
        raise Problem("ZS702")
    values = forms.price(given)
    if len(values["reason"]) < 2:
        raise forms.wrong("调整理由", "须写明定价或者调整的理由")
    if values["unit_price_e6"] == 0:
        raise forms.wrong("单价", "须大于 0")
    if values["valid_from"] < now().date():
        raise Problem("ZS863", from_on=values["valid_from"])
    code = actor.body.institution_code
    known = {(one["item_code"], one["valid_from"]) for one in facts.filed_by(scope, code)}
    same = PriceFiling.objects.filter(institution_id=code, item_code=values["item_code"])
    if (values["item_code"], values["valid_from"]) in known or same.filter(valid_from=values["valid_from"]).exists():
        raise Problem("ZS673", from_on=values["valid_from"], what="项目")
    mean = bands.check_filed(code, values["item_code"], values["unit_price_e6"], now().date())
    made = PriceFiling.objects.create(
        institution_id=code, **values, **filing.compared(values, mean), filed_by=actor, filed_at=now()
    )
    made.delivery = filing.handed_in(actor, made)
    made.save(update_fields=["delivery"])
    told = {**values, "valid_from": str(made.valid_from), "ratio_bp": made.ratio_bp, "run": made.run}
    append(actor, "price.filed", f"vendor:{code}", {**told, "delivery": made.delivery_id})
    return made


@deed
def note_price(actor: Actor, price: FiledPrice, told: Judged, run: str, day: date) -> int:
    """Write what a run found of a price, or bring it up to date."""
    values = {
        "item_name": price.item_name or price.item_code, "unit_price_e6": price.price_e6,
        "mean_e6": told.mean.mean_e6 or 0, "ratio_bp": told.mean.ratio_bp(price.price_e6) or 0,
        "percent": told.percent, "run": run,
    }  # fmt: skip
    same = {"institution_id": price.vendor_id, "item_code": price.item_code, "settled_on": None}
    with walls.within(walls.SITE):
        held, fresh = PriceReview.objects.update_or_create(
            **same, defaults=values, create_defaults={**values, "found_on": day, "told_at": now()}
        )
    if fresh:
        said = {"item": price.item_code, "price": price.price_e6, "ratio_bp": held.ratio_bp, "percent": held.percent}
        append(actor, "price.to_refile", f"vendor:{price.vendor_id}", {**said, "run": run})
    return held.pk


@deed
def settle_prices(actor: Actor, found: set[int], run: str, day: date) -> int:
    """Settle the prices that a run no longer found; return how many."""
    with walls.within(walls.SITE):
        over = list(PriceReview.objects.filter(settled_on=None).exclude(pk__in=found))
        PriceReview.objects.filter(pk__in=[one.pk for one in over]).update(settled_on=day)
    for one in over:
        append(actor, "price.refiled", f"vendor:{one.institution_id}", {"item": one.item_code, "run": run})
    return len(over)


def agreement_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the agreement in step with its case."""
    if event.kind == EventKind.OPENED:
        _begin(case, event)
        return
    if event.kind != EventKind.MOVED:
        return
    one = queries.of_case(case)
    one.state = AgreementState(event.to_state)
    one.history = [*one.history, [str(event.day), event.to_state]]
    if event.about == "countersign":
        one.valid_from, one.valid_to = event.fields["from_on"], event.fields["until_on"]
    if event.about == "terminate":
        one.ended_on = event.fields["from_on"]
    with walls.within(walls.SITE):
        one.save(update_fields=["state", "history", "valid_from", "valid_to", "ended_on"])


def _begin(case: Case, event: CaseEvent) -> None:
    """Make the row of an agreement. Raises Problem ZS651, ZS671 for a vendor that takes no new work."""
    kind = kinds.kinds().kind(event.fields["kind"])
    if told := policies.why_not(case.institution_id, kind.id, case.body, event.day):
        raise Problem("ZS671", field="供应商", reason=f"不能订立新合同：{told[0]}")
    with walls.within(walls.SITE):
        Agreement.objects.create(
            case=case, vendor=vendors.registered(case.institution_id), body=case.body, kind=kind.id,
            institution_id=case.institution_id, title=event.fields["title"], drafted_on=event.day,
            history=[[str(event.day), AgreementState.DRAFT]],
        )  # fmt: skip


def declare(actor: User, vendor: str, given: dict[str, Any], *, key: str = "") -> Case:
    """Record what somebody of the user's body declared of a vendor. Raises as ``open_case`` does, and ZS702."""
    if actor.body is None:
        raise Problem("ZS702")
    return cases.open_case(actor, "interest_declaration", given, body=actor.body, institution_id=vendor, key=key)


def declaration_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the declaration in step with its case."""
    if event.kind == EventKind.OPENED:
        told = event.fields
        Declaration.objects.create(
            case=case, body=case.body, institution_id=case.institution_id, person_id=told["person"], name=told["name"],
            relation=told["relation"], declared_on=event.day,
        )  # fmt: skip
    elif event.kind == EventKind.MOVED and event.about == "recuse":
        Declaration.objects.filter(case=case).update(recused_on=event.fields["from_on"])
    elif event.kind == EventKind.MOVED and event.about == "end":
        Declaration.objects.filter(case=case).update(ended_on=event.day)


def open_check(actor: Actor, vendor: str, person: str, chain: str, *, body: Body | None = None, key: str = "") -> Case:
    """Open the check of a conflict, or give back the one that is open; a run names the body that handles it.

    Raises as ``open_case`` does, and ZS702.
    """
    own = actor.body if isinstance(actor, User) else body
    if own is None:
        raise Problem("ZS702")
    if found := in_check(own, vendor, person):
        return found
    given = {"person": person, "chain": chain}
    return cases.open_case(actor, "conflict_check", given, body=own, institution_id=vendor, key=key)


def in_check(body: Body, vendor: str, person: str) -> Case | None:
    """Return the open check of a body on a person and a vendor, or None."""
    known = ConflictCheck.objects.filter(body=body, institution_id=vendor, person_id=person, case__closed_at=None)
    found = known.select_related("case").first()
    return found.case if found else None


def check_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Remember whom a check is about."""
    if event.kind == EventKind.OPENED:
        ConflictCheck.objects.create(
            case=case, body=case.body, institution_id=case.institution_id, person_id=event.fields["person"]
        )
