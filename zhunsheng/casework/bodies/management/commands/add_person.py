"""``django-admin add_person``: the first accounts of a site, and any later one."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.scope import REGIONAL
from zhunsheng.casework.outbox.actions import Process, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


class Command(BaseCommand):
    """Adds a person with body and duties and prints a first password."""

    help = "添加人员及其单位、职责，打印初始密码。Add a person with body and duties; print a first password."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("login")
        parser.add_argument("name")
        parser.add_argument("--body", required=True, help="name of the body; made when absent")
        parser.add_argument("--kind", choices=BodyKind.values, default=BodyKind.INSURANCE_AUTHORITY)
        parser.add_argument("--region", default="", help="GB/T 2260 code of the region that the body sees")
        parser.add_argument("--whole-site", action="store_true", help="the body sees every region of the site")
        parser.add_argument("--code", default="", help="institution code of an institution or a consortium's lead")
        parser.add_argument("--duty", nargs="+", choices=DutyName.values, required=True)
        parser.add_argument("--certificate", default="", help="number of the certificate that a duty needs")

    @deed
    def handle(self, *_args: Any, **given: Any) -> None:
        """Add the person, or nothing."""
        if User.objects.filter(login__iexact=given["login"]).exists():
            raise CommandError(f"登录名 {given['login']} 已有人使用。The login is taken.")
        actor, password = Process("add_person"), secrets.token_urlsafe(12)
        try:
            body = _body(actor, given)
            user = actions.create_user(actor, given["login"], given["name"], body, password, once=True)
            for duty in given["duty"]:
                actions.assign_duty(actor, user, duty, now().date(), certificate=given["certificate"])
        except Problem as problem:
            told = [
                f"{problem.as_dict(tongue)['message']} {problem.as_dict(tongue)['mend']}" for tongue in ("zh", "en")
            ]
            raise CommandError("\n".join(told)) from problem
        self.stdout.write(password)


def _body(actor: Process, given: dict[str, Any]) -> Body:
    """Find the body, or make it. Raises CommandError when it would not be the one that was described."""
    kind, name, code, region, whole = (given[key] for key in ("kind", "body", "code", "region", "whole_site"))
    if whole and region:
        raise CommandError("--region 与 --whole-site 只能给一个。Give either --region or --whole-site.")
    found = Body.objects.filter(kind=kind, name=name).first()
    if found:
        for option, wanted, known in (("--region", region, found.region), ("--code", code, found.institution_code)):
            if wanted and wanted != known:
                raise CommandError(f"单位 {name} 的 {option} 是“{known}”。The body has {option} '{known}'.")
        if whole and found.region:
            raise CommandError(f"单位 {name} 限于 {found.region}。The body is limited to {found.region}.")
        return found
    if kind in REGIONAL and not region and not whole:
        raise CommandError("请给出 --region；查看全部地区时给 --whole-site。Give --region, or --whole-site for all.")
    return actions.create_body(actor, kind, name, code=code, region=region)
