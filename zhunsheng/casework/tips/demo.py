"""The demo's tip-offs: three that are told, each marked as demo words, walked through the same actions as on the pages.

Key file, passphrase and receipts lie in the site's secret folder, so that the pages can be tried; on a site the key
file lies with the handling body and a receipt with its reporter alone.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.readable import readable
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.tips import actions, sealing
from zhunsheng.casework.tips.models import TipOff
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import home

FIRST = "住院八天，同一天的护理费和床位费在清单上各出现两次，出院结算时没有更正（演示）。"
SECOND = "家人住院，清单上同一天的护理费和床位费各出现两次，窗口说系统如此（演示）。"
THIRD = "药店可用医保卡购买洗衣液，收银时记作药品（演示，电话记录）。"


def tell(institution_id: str) -> list[TipOff]:
    """Tell the tip-offs once; return them. Nothing where some are there already or an account is missing."""
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "bureau-head"))}
    if len(people) < 2 or not institution_id or TipOff.objects.exists():
        return []
    reviewer, head = people["reviewer"], people["bureau-head"]
    folder, passphrase = home().root / "secret", readable(4, 4)
    content, public = sealing.new_key_file(passphrase)
    write_whole(folder / "demo-tips-key.json", content)
    actions.register_key(Process("demo"), reviewer.body, public)
    identity = {"name": "演示举报人", "contact": "演示电话", "payment": "演示账户"}
    told = [
        _report(actions.PUBLIC, reviewer, institution_id, "charge", FIRST, identity, amount_fen="640.00"),
        _report(actions.PUBLIC, reviewer, institution_id, "charge", SECOND, {}),
        _report(reviewer, reviewer, "", "pharmacy", THIRD, {}, channel="hotline", about="城关镇某药店（演示）"),
    ]
    _prove(reviewer, head, told[0][0])
    actions.write(reviewer, told[2][0], "请问是哪一天、哪一位收银员？如有小票请补充照片（演示）。", "demo")
    known = {"passphrase": passphrase, "receipts": {tip.case.number: code for tip, code in told}}
    write_whole(folder / "demo-tips.json", json.dumps(known, ensure_ascii=False, indent=1).encode())
    for name in ("demo-tips-key.json", "demo-tips.json"):
        (folder / name).chmod(0o600)
    return [tip for tip, _code in told]


def _report(
    actor: Any, reviewer: User, place: str, act: str, content: str, identity: dict[str, str], **given: str
) -> tuple[TipOff, str]:
    fields = {"channel": "page", "act": act, "about": "", "content": content} | given
    return actions.receive(actor, actions.Report(fields, place, secrets.token_hex(32), identity), reviewer.body)


def _prove(reviewer: User, head: User, tip: TipOff) -> None:
    """Two officers verify the first one; its reward is left to be tried."""
    case = tip.case
    case.refresh_from_db()
    officers = [str(reviewer.pk), str(head.pk)]
    case = cases.move(reviewer, case, "assign", {"officers": officers}, version=case.version)
    given = {"value_fen": "12800.00", "result": "抽查清单，护理费、床位费重复收取属实（演示）。"}
    waiting = cases.propose(reviewer, case, "establish", given, version=case.version)
    case.refresh_from_db()
    cases.confirm(head, waiting, version=case.version)
