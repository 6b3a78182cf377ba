"""Whether an account may go on as it is: locked, a password to change, a second factor to add."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password

from zhunsheng.casework.accounts.models import CodeDevice, Passkey, SignIn
from zhunsheng.casework.bodies import policies as limits
from zhunsheng.casework.bodies.models import DutyName, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS, DECIDERS
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import now

#: How long an address from which somebody logged in is known as that person's.
KNOWN_FOR = timedelta(days=90)


def holder(login: str, password: str) -> User | None:
    """Return the account of a login and its password, or None; a name that nobody has takes as long to refuse."""
    user = User.objects.filter(login__iexact=login).first()
    if user is None:
        make_password(password)
        return None
    return user if user.check_password(password) else None


def check_may_try(login: str, address: str) -> None:
    """Raise Problem ZS704 while a name or an address has failed too often; the holder's own addresses count apart."""
    since = now() - KNOWN_FOR
    seen = SignIn.objects.filter(user__login__iexact=login, started_at__gt=since, address_key=attempt_key(address))
    limits.check_may_try(login, address, known=seen.exists())


def check_unlocked(user: User) -> None:
    """Raise Problem ZS760 for a locked account."""
    if not user.is_active:
        raise Problem("ZS760")


def factors(user: User) -> list[str]:
    """Return the kinds of second factor that an account has: code, passkey."""
    found = ["code"] if CodeDevice.objects.filter(user=user).exists() else []
    return [*found, "passkey"] if Passkey.objects.filter(user=user).exists() else found


def factor_duties(said: str) -> frozenset[str]:
    """Return the duties for which a site demands a second factor, as its setting says.

    ``1``: the three administrators and those who decide; ``all``; or names with commas. Raises ValueError for a name
    that no duty has: a setting that is misspelt must not open a door.
    """
    if said in ("", "0"):
        return frozenset()
    if said == "1":
        return frozenset(ADMINISTRATORS | DECIDERS)
    if said == "all":
        return frozenset(DutyName.values)
    return frozenset(DutyName(name.strip()).value for name in said.split(","))


def demands_factor(user: User) -> bool:
    """Whether a duty that the user holds or is to hold demands a second factor at this site."""
    duties = factor_duties(settings.SECOND_FACTOR)
    return bool(duties) and user.duties.from_(now().date()).filter(name__in=duties).exists()


def password_is_due(user: User) -> bool:
    """Whether the password is to be changed before anything else: given for one use, or older than the site allows."""
    if not user.has_usable_password():
        return False
    if user.password_once:
        return settings.PASSWORD_FIRST_CHANGE
    if not settings.PASSWORD_DAYS:
        return False
    since = user.password_set_at
    return since is None or since + timedelta(days=settings.PASSWORD_DAYS) <= now()


def outstanding(user: User) -> str:
    """Return what an account must do before it may go on: password, factor, or nothing."""
    if password_is_due(user):
        return "password"
    return "factor" if demands_factor(user) and not factors(user) else ""


def passkey_name(text: str) -> str:
    """Return the name under which a passkey is kept. Raises Problem ZS719 for none or a long one."""
    name = kept(text)
    most = Passkey._meta.get_field("name").max_length
    if not 0 < len(name) <= most:
        raise Problem("ZS719", limit=most)
    return name


def check_may_remove(user: User, left: int) -> None:
    """Raise Problem ZS766 when a factor that is demanded would be the last to go."""
    if left == 0 and demands_factor(user):
        raise Problem("ZS766")


def is_powerful(user: User) -> bool:
    """Whether an account holds, or is to hold, any duty: then its password is not in one administrator's hands."""
    return user.duties.from_(now().date()).exists()
