"""Registers the app: guards, effects, and what a day begins with."""

from __future__ import annotations

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Oversight of vendors."""

    name = "zhunsheng.casework.oversight"
    label = "oversight"

    def ready(self) -> None:
        """Name guards, effects and what a day begins with."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.jobs.handlers import each_day
        from zhunsheng.casework.oversight import actions, meetings, policies, tasks
        from zhunsheng.casework.oversight.states import MEETING

        GUARDS.update(policies.GUARDS | meetings.GUARDS)
        after(actions.check_moved, "vendor_check")
        after(actions.complaint_moved, "vendor_complaint")
        after(actions.incident_moved, "vendor_incident")
        after(actions.survey_moved, "vendor_survey")
        after(actions.sanction_moved, "vendor_sanction")
        after(actions.line_moved, "service_line")
        after(actions.exit_moved, "vendor_exit")
        after(meetings.moved, MEETING)
        each_day(tasks.each_day)
