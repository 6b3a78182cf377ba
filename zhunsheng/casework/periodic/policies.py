"""Guards of the life-cycles of periodic reports, and who receives whose report."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import held
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.periodic import figures, library, wording
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import parse_date

SUPERVISION, WHITE_PAPER = "supervision_report", "quality_paper"
CYCLES = (SUPERVISION, WHITE_PAPER)


def regulator_of(consortium: Body) -> Body | None:
    """Return the health authority that a consortium reports to: the first that has its lead in view."""
    for one in Body.objects.filter(kind=BodyKind.HEALTH_AUTHORITY).order_by("pk"):
        seen = held(one)
        if seen is None or consortium.institution_code in seen:
            return one
    return None


def asked_of(report: PeriodReport) -> figures.Asked:
    """Return whose figures of which period a report prints."""
    if report.kind == SUPERVISION:
        return figures.Asked(report.body, "", report.from_on, report.until_on)
    if report.receiver is None:
        raise Problem("ZS866")
    return figures.Asked(report.receiver, report.institution_id, report.from_on, report.until_on)


def expected(report: PeriodReport) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the fields with which the figures of a report are frozen on the current run, and their content.

    Raises Problem ZS707 before the first run, ZS865 where the run ends before the period does.
    """
    file = lake.current_run()
    if file is None:
        raise Problem("ZS707")
    as_of = parse_date(str(file.manifest["as_of"]))
    if as_of < report.until_on and (report.until_on - as_of).days > 1:
        raise Problem("ZS865", run=file.manifest["run_id"], as_of=as_of, until=report.until_on)
    content, digest = figures.frozen(asked_of(report), file)
    return {"run": content["run"], "digest": digest, **wording.told(content)}, content


def _period_over(step: Step) -> None:
    first, after = (parse_date(str(step.fields[name])) for name in ("from_on", "until_on"))
    if not first < after <= step.day:
        raise step.refuse("报告期尚未结束", "the period is not over")


def _report(step: Step) -> PeriodReport:
    with walls.within(walls.SITE):
        return PeriodReport.objects.select_related("body", "receiver").get(case=step.case)


def _figures_of_run(step: Step) -> None:
    wanted, _content = expected(_report(step))
    if any(step.fields.get(name) != text for name, text in wanted.items()):
        raise step.refuse(
            "数据须与当前运行一致，请从报告页面固定",
            "the figures are those of the current run: freeze them from the page",
        )


def _frozen(step: Step) -> None:
    if not _report(step).digest:
        raise step.refuse("尚未固定数据", "the figures are not frozen yet")


def _written(step: Step) -> None:
    if not any("summary" in fields for fields in step.before):
        raise step.refuse("尚未编写说明", "nothing was written yet")


def _published(step: Step) -> None:
    if not library.report(step.cycle.name).publishes:
        raise step.refuse("规则库规定这种报告不公布", "the rule book does not publish this report")


def _not_published(step: Step) -> None:
    if library.report(step.cycle.name).publishes:
        raise step.refuse("规则库规定这种报告须公布", "the rule book has this report published")


GUARDS = {
    "period_over": _period_over,
    "figures_of_run": _figures_of_run,
    "figures_frozen": _frozen,
    "words_written": _written,
    "publication_wanted": _published,
    "publication_not_wanted": _not_published,
}
