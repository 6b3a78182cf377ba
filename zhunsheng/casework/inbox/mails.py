"""Mail as it leaves the site, and the code that confirms an address."""

from __future__ import annotations

import smtplib

from django.core.mail import EmailMessage

from zhunsheng.casework.bodies.models import User
from zhunsheng.kernel.errors import Problem


class Undelivered(Exception):
    """An attempt failed; the text says why, without anything of the content."""


def send(mail: EmailMessage) -> None:
    """Send a mail now. Raises Undelivered."""
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"mail: {type(error).__name__}") from error


def send_code(user: User, address: str, code: str) -> None:
    """Send the code that confirms an address, at once. Raises Problem ZS954 where the address takes no mail."""
    zh = not user.language.startswith("en")
    subject = "准绳：邮箱验证码" if zh else "Zhunsheng: code for your address"
    text = f"验证码：{code}\n请在“通知”页填写。" if zh else f"Code: {code}\nEnter it on the page of notices."
    try:
        send(EmailMessage(subject, text, None, [address]))
    except Undelivered as error:
        raise Problem("ZS954") from error
