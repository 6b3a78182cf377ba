"""What a day begins with for accounts: who has to change the password soon is told."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.inbox.actions import News, tell
from zhunsheng.casework.inbox.states import NoticeKind
from zhunsheng.casework.outbox.actions import deed
from zhunsheng.kernel.time import SHANGHAI

#: Days before the change is asked for at a login.
AHEAD = 7


@deed
def each_day(day: date) -> None:
    """Tell whose password runs out within the week, once for each password."""
    if not settings.PASSWORD_DAYS:
        return
    before = datetime.combine(day + timedelta(days=AHEAD - settings.PASSWORD_DAYS + 1), time(), SHANGHAI)
    for user in User.objects.filter(is_active=True, password_set_at__lt=before):
        due = user.password_set_at.astimezone(SHANGHAI).date() + timedelta(days=settings.PASSWORD_DAYS)
        zh, en = "密码将到期，请更换", "Your password is to be changed"
        key = f"password:{user.pk}:{due}"
        tell([user], News(NoticeKind.PASSWORD_DUE, key, zh, en, address="/account/password", due_on=due))
