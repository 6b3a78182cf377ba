"""``django-admin make_key``: a key by which an institution's system asks the desk."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.desk.policies import PER_MINUTE
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.kernel.errors import Problem


class Command(BaseCommand):
    """Makes a key and prints its secret once."""

    help = "为机构发放接口密钥，密钥只显示一次。Make an interface key for an institution; it is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("institution", help="national code of the institution")
        parser.add_argument("name", help="what the key is for, such as the name of the system")
        parser.add_argument("--per-minute", type=int, default=PER_MINUTE)

    def handle(self, *_args: Any, **given: Any) -> None:
        """Make the key, or nothing."""
        body = Body.objects.filter(kind=BodyKind.INSTITUTION, institution_code=given["institution"]).first()
        if body is None:
            raise CommandError(str(Problem("ZS747", institution=given["institution"])))
        try:
            _, secret = make_key(Process("make_key"), body, given["name"], given["per_minute"])
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(secret)
