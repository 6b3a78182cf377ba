"""Whether a step of an alert may be taken: what its light opens, and whether its release condition holds."""

from __future__ import annotations

from collections.abc import Callable

from zhunsheng.casework.alerts import library
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.cases.policies import Step


def _alert(step: Step) -> Alert | None:
    return Alert.objects.filter(case=step.case).first() if step.case else None


def _light_opens(step: Step) -> None:
    """A step that takes something away must be one that the light names for its colour.

    One raised by hand names no light, and who failed the three months has had them.
    """
    alert = _alert(step)
    if alert is None or not alert.light or step.case is None or step.case.state == "failed":
        return
    known = library.opened_by(alert.light, alert.colour)
    if not any(one.move == _move(step) for one in known):
        told = "、".join(one.zh for one in known), ", ".join(one.en for one in known)
        raise step.refuse(f"该预警可启动的处置：{told[0]}", f"this alert opens: {told[1]}")


def _move(step: Step) -> str:
    """Return the id of the move of a step, which a step knows by its name."""
    named = {one.zh: one.id for one in step.cycle.moves} | {one.en: one.id for one in step.cycle.moves}
    return named.get(step.name, "")


def _release_holds(step: Step) -> None:
    """The condition of the light holds as of the last run; where a person alone judges, the opinion is what counts."""
    alert = _alert(step)
    light = library.lights().get(alert.light) if alert else None
    if alert is None or light is None or alert.held_on or not (light.release.months or light.release.ended):
        return
    raise step.refuse(f"解除条件尚未满足：{light.release.zh}", f"its condition does not hold yet: {light.release.en}")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {"light_opens": _light_opens, "release_holds": _release_holds}
