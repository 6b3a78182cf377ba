"""What ``doctor`` looks at on a site that runs: backups, drill, sequencer, witnesses, clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

from zhunsheng.casework.backups.queries import last
from zhunsheng.cli import site
from zhunsheng.evidence import leaf, store
from zhunsheng.evidence.places import LogPlace
from zhunsheng.evidence.sequencer import only_one
from zhunsheng.kernel.checks import MISSING, POOR, WELL, Check
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import at, now, now_seconds

#: Days after which a backup, and a drill, are too old.
BACKUP_DAYS, DRILL_DAYS = 2, 92
#: Seconds by which two clocks may differ before it is told.
APART = 60
DAY = 86_400


def _backup() -> Check:
    if (home().root / "RESTORING").exists():
        return Check("备份", MISSING, "恢复没有做完", "再次执行 zhunsheng backup restore")
    return _aged("备份", last(home(), "backup"), BACKUP_DAYS, "zhunsheng backup make 文件夹")


def _drill() -> Check:
    told = last(home(), "drill")
    if told and not told["good"]:
        return Check("恢复演练", MISSING, f"{at(told['at']):%Y-%m-%d} 的演练有缺", "zhunsheng backup drill 文件夹")
    return _aged("恢复演练", told, DRILL_DAYS, "zhunsheng backup drill 文件夹")


def _aged(name: str, told: dict[str, Any] | None, days: int, mend: str) -> Check:
    if told is None:
        return Check(name, POOR, "从未做过", mend)
    age = (now_seconds() - told["at"]) // DAY
    return Check(name, POOR if age >= days else WELL, f"{age} 天前", mend if age >= days else "")


def _sequencer() -> Check:
    """Whoever can take the log's lock finds that nobody carries evidence into it."""
    place = LogPlace(home().log)
    if not place.database.exists():
        return Check("定序进程", WELL, "本站没有设存证日志")
    try:
        with only_one(place.database):
            return Check("定序进程", POOR, "没有运行，存证停在数据库里", "zhunsheng serve")
    except Problem:
        return Check("定序进程", WELL, "在运行")


def _witnesses() -> Check:
    site.open_site()
    from zhunsheng.casework.backups.examine import witnesses

    return witnesses(home())


def _clock() -> Check:
    """Compare the clock with the last evidence, and with the times that witnesses put on the last sealed head."""
    site.ready()
    from zhunsheng.casework.bodies import walls
    from zhunsheng.casework.outbox.queries import last_at

    with walls.within(walls.SITE):
        evidence = last_at()
    if evidence and evidence - now() > timedelta(seconds=APART):
        mend = "校正时钟；若存证时间有误，zhunsheng log clock --reason"
        return Check("时钟", MISSING, f"早于最近一条存证 {evidence - now()}，写入会被拒绝（ZS977）", mend)
    return _beside_witnesses(LogPlace(home().log))


def _beside_witnesses(place: LogPlace) -> Check:
    if not place.database.exists():
        return Check("时钟", WELL, "不早于最近一条存证")
    with closing(store.Log(place.database)) as log:
        head = log.latest(sealed=True)
        signed = list(place.policy().signed_by(place.policy().opened(head.data)[1]).values()) if head else []
        entry = next(log.entries(head.size - 1, head.size), None) if head and signed else None
    if entry is None:
        return Check("时钟", WELL, "不早于最近一条存证；没有见证方的时间可比")
    written, middle = leaf.open_entry(entry).leaf.time, sorted(signed)[len(signed) // 2]
    if written - middle > APART:
        return Check("时钟", MISSING, f"比见证方快 {written - middle} 秒", "校正时钟")
    if middle - now_seconds() > APART:
        return Check("时钟", MISSING, f"比见证方慢 {middle - now_seconds()} 秒以上", "校正时钟")
    return Check("时钟", WELL, "与最近一条存证和见证方一致")


LOOKS: tuple[Callable[[], Check], ...] = (_backup, _drill, _sequencer, _witnesses, _clock)
