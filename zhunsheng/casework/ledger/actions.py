"""The only writer of the ledger: it books what a step of a case means, in the transaction of that step.

The evidence is that of the step, which names its fields by digest; the entries follow from those fields and nothing
else, so that they need no evidence of their own.
"""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.cases import computing, library, money
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.ledger.models import CreditRecord, LedgerEntry, Standing
from zhunsheng.casework.outbox.actions import Actor


def book(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Add the entries that one event makes, and bring the standing of the case to where they lead."""
    move = next((one for one in case.life.moves if one.id == event.about), None)
    if event.kind != EventKind.MOVED or move is None or not move.books:
        return
    found = money.read(case.life, computing.done_of(case))
    if found is None:
        return
    known = LedgerEntry.objects.filter(case=case).count()
    made = [one for one in found.postings if one.sequence == event.sequence]
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            case=case, event=event, number=known + n, kind=one.kind, charge=one.charge, account=one.account,
            amount_fen=one.amount_fen, day=one.day, voucher=one.voucher, reverses=one.reverses,
            evidence=event.evidence,
        )
        for n, one in enumerate(made, start=1)
    )  # fmt: skip
    stand(case, found)
    if move.books == "decision":
        _credit(case, event)
    elif move.books == "adjustment":
        said = {name: event.fields[name] for name in ("recover_fen", "fine_fen") if name in event.fields}
        CreditRecord.objects.filter(case=case).update(**said)


def stand(case: Case, found: money.Book) -> None:
    """Write the copy for lists anew."""
    for account in found.recovery.accounts:
        Standing.objects.update_or_create(case=case, account=account.id, defaults=standing(found, account.id))


def standing(found: money.Book, account: str) -> dict[str, object]:
    """Return what stands open at an account, as the copy holds it."""
    dues = [[str(one.on), one.left_fen] for one in found.instalments() if one.account == account and one.left_fen]
    return {
        "owed_fen": found.owed(account),
        "paid_fen": found.paid(account),
        "next_on": date.fromisoformat(dues[0][0]) if dues else None,
        "dues": dues,
    }


def _credit(case: Case, event: CaseEvent) -> None:
    """A confirmed case stands in the institution's credit record for as long as the rule book says."""
    if not case.institution_id:
        return
    fields, months = event.fields, library.grades().credit.months
    year, month = divmod(event.day.year * 12 + event.day.month - 1 + months, 12)
    CreditRecord.objects.create(
        case=case,
        institution_id=case.institution_id,
        article=fields["article"],
        grade=fields["grade"],
        recover_fen=fields["recover_fen"],
        fine_fen=fields.get("fine_fen", 0),
        valid_from=event.day,
        valid_to=money.day_of(year, month + 1, event.day.day),
        event=event,
    )
