"""Writers of what leaves the site: a mail address asked for, the webhook of a body, a delivery sent once more."""

from __future__ import annotations

import base64
import secrets

from zhunsheng.casework.accounts import vault
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.inbox import actions, sending, targets
from zhunsheng.casework.inbox.models import Delivery, Webhook
from zhunsheng.casework.inbox.states import DeliveryState
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


@deed
def ask_for_mail(user: User, address: str) -> None:
    """Take in an address and send it the code that confirms it. Raises Problem ZS954, also where it cannot be sent."""
    code = actions.ask_for_mail(user, address)
    if code:
        sending.send_code(user, address.strip(), code)


@deed
def name_webhook(user: User, address: str) -> str:
    """Name where the notices of the user's body go, in place of the one before; return the secret, shown once.

    Raises Problem ZS702, ZS956.
    """
    check_may(user, Verb.MANAGE_KEYS)
    targets.reached(targets.target_of(address))
    secret = secrets.token_bytes(32)
    Webhook.objects.filter(body=user.body, ended_at=None).update(ended_at=now())
    made = Webhook.objects.create(
        body=user.body, address=address, secret=vault.lock(secret), made_by=user, made_at=now()
    )
    append(user, "webhook.named", f"webhook:{made.pk}", {"host": targets.target_of(address).host})
    return f"whsec_{base64.b64encode(secret).decode('ascii')}"


@deed
def end_webhook(user: User) -> None:
    """End the webhook of the user's body; what waits for it is given up. Raises Problem ZS702."""
    check_may(user, Verb.MANAGE_KEYS)
    for one in Webhook.objects.filter(body=user.body, ended_at=None):
        one.ended_at = now()
        one.save(update_fields=["ended_at"])
        append(user, "webhook.ended", f"webhook:{one.pk}", {})


@deed
def send_again(user: User, pk: int) -> None:
    """Let the worker try again what was given up. Raises Problem ZS701, ZS702."""
    check_may(user, Verb.MANAGE_KEYS)
    given_up = Delivery.objects.filter(pk=pk, body=user.body_id, state=DeliveryState.DEAD)
    if not given_up.update(state=DeliveryState.WAITING, attempts=0, next_at=now(), settled_at=None):
        raise Problem("ZS701")
    append(user, "delivery.again", f"delivery:{pk}", {})
