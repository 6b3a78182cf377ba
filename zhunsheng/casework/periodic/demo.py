"""The demo's reports: a quarter that the consortium has submitted, and a white paper that its vendor has. For demos."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.demo import step
from zhunsheng.casework.periodic import actions, policies, tasks
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.kernel.time import now

OFFICE, HEAD, VENDOR = "vendor-office", "consortium", "vendor"
YEAR = (date(2025, 1, 1), date(2026, 1, 1))


def tell() -> list[PeriodReport]:
    """Open the reports that are due and submit them, once; nothing where an account is missing."""
    found = User.objects.filter(login__in=(OFFICE, HEAD, VENDOR)).select_related("body")
    people = {one.login: one for one in found}
    if len(people) < 3 or PeriodReport.objects.exists():
        return []
    tasks.each_day(now().date())
    vendor, head = people[VENDOR], people[HEAD]
    code = vendor.body.institution_code
    actions.open_report(cases.CLOCK, policies.WHITE_PAPER, vendor.body, head.body, YEAR, code)
    made = list(PeriodReport.objects.select_related("case", "body", "receiver"))
    for one in made:
        first, last = (people[OFFICE], head) if one.kind == policies.SUPERVISION else (vendor, vendor)
        case = actions.freeze(first, one, one.case.version)
        step(
            first, case, "write", summary="数据由运行固定，未达到目标与不明的指标逐项列出（演示）。",
            measures="对未达到目标的已下达整改（演示）。", plan="按检查日历继续抽查（演示）。",
        )  # fmt: skip
        step(last, case, "submit")
    return made
