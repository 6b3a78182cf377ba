"""The papers that cases bring along, orders, records and checks, as cells by national name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from zhunsheng.kernel.time import parse_date

#: Tells a day of the case as it stands in the files.
Day = Callable[[date], str]


def _order(one: Any, day: Day) -> dict[str, str]:
    days = "" if one.supply_days is None else str(one.supply_days)
    told = {"drord_begntime": day(one.start), "drord_endtime": day(one.stop) if one.stop else ""}
    return {"med_list_codg": one.item or "", "cnt": one.quantity or "", "medc_days": days, **told}


def _use(one: Any, day: Day) -> dict[str, str]:
    return {"med_list_codg": one.item, "exe_time": day(one.day), "exe_cnt": one.quantity}


def _nursing(one: Any, day: Day) -> dict[str, str]:
    return {"rec_time": day(one.day), "nurscare_lv": one.level or ""}


def _check(one: Any, day: Day) -> dict[str, str]:
    clock = f"{one.at[10:]}:00" if len(one.at) > 10 else ""
    return {"check_time": day(parse_date(one.at)) + clock, "check_way": "face", "check_rslt": one.result}


#: By part of a case: the kind of file, the name of the number that is written at the end, and the further cells.
PAPERS: dict[str, tuple[str, str, Callable[[Any, Day], dict[str, str]]]] = {
    "orders": ("drord", "drord_no", _order),
    "uses": ("exerecd", "exe_sn", _use),
    "nursing": ("nurscare", "nurscare_sn", _nursing),
    "checks": ("idchk", "check_sn", _check),
}
