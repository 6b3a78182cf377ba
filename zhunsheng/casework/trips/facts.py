"""What the facts learn of trips: files in the shape of the source of vendors' services, read as any other file is.

A judged trip is one row of trips and one node on the way for each order that it carries, with the lowest and highest
temperature where its regime is the one that the indicator of the cold chain counts. Nodes that devices sent are rows as
they came. Times are printed to the second in Asia/Shanghai.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from zhunsheng.casework.devices import library
from zhunsheng.casework.trips.models import Trip, TripVersion
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.sources.mapping import normal

TRIPS = (
    "第三方服务机构代码", "运输单号", "收货机构编码", "服务类别", "贮运条件", "启运日期", "判定时间", "有超限",
    "有超标", "按时到达", "超限分钟", "首次超限时间", "已启动应急预案", "预案启动时间",
)  # fmt: skip
EVENTS = (
    "第三方服务机构代码", "节点记录号", "委托单号", "服务类别", "节点", "发生时间", "人员编码", "设备编号", "地点",
    "最低温度", "最高温度",
)  # fmt: skip
FLAGS = {True: "是", False: "否", None: ""}
#: The range that ``vendors/cold_chain_within`` counts; of other regimes no temperature is told there.
COUNTED = (2.0, 8.0)
#: Nodes of an exit, which people record and no device tells.
NOT_TOLD = frozenset(("data_handed_over", "data_destroyed", "数据移交", "数据销毁"))
Row = list[Any]


def trip_row(trip: Trip, version: TripVersion, plan_at: datetime | None = None) -> Row:
    """Return a judged trip as a row of TRIPS; ``plan_at``: when an emergency plan for temperature was first started.

    Of a trip without an excursion nothing is said of plans: none was asked for. Nor of one whose plan was not started
    here in time: readings may have come late, or nobody may have listened, and neither is the vendor's omission.
    """
    told = version.content
    out = told["excursion"] is True
    prompt = out and plan_at is not None and plan_at <= _first(told) + timedelta(minutes=library.first_step() or 0)
    minutes = told["exposure"]["out_minutes"] if told["exposure"]["known_minutes"] else None
    return [
        trip.vendor_id, trip.number, trip.institution_id, trip.service_kind, trip.regime,
        str(trip.starts_at.astimezone(SHANGHAI).date()), _printed(version.made_at), FLAGS[told["excursion"]],
        FLAGS[told["breach"]], FLAGS[told["on_time"]], "" if minutes is None else f"{minutes:.2f}",
        _printed(_first(told)) if out else "", FLAGS[True if prompt else None],
        _printed(plan_at) if prompt and plan_at else "",
    ]  # fmt: skip


def trip_nodes(trip: Trip, version: TripVersion) -> list[Row]:
    """Return a judged trip as nodes of the orders that it carries, rows of EVENTS; without one where it names none."""
    told = version.content["exposure"]
    limits = library.regime(trip.regime).on(trip.starts_at.astimezone(SHANGHAI).date())
    seen = (limits.low_c, limits.high_c) == COUNTED and not version.content["excused"]
    ends = [f"{told[name]:.4f}" if seen and told[name] is not None else "" for name in ("lowest", "highest")]
    at = _printed(trip.ended_at or trip.ends_at)
    return [
        [trip.vendor_id, f"trip-{trip.number}-{number}", order, trip.service_kind, "in_transit", at, "",
         trip.device.device_id, "", *ends]
        for number, order in enumerate(trip.orders or [""], 1)
    ]  # fmt: skip


def node_rows(vendor: str, service_kind: str, told: pa.Table) -> list[Row]:
    """Return nodes that a device of a vendor sent as rows of EVENTS; the import sends back steps that nobody knows."""
    return [
        [vendor, f"{one['device']}-{one['boot']}-{one['seq']}", one["subject"], service_kind, one["step"],
         _printed(one["at"]), one["who"], one["device"], one["place"], "", ""]
        for one in told.to_pylist()
        if normal(one["step"]) not in NOT_TOLD
    ]  # fmt: skip


def sheet(head: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return rows as the file that is read."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(head)
    out.writerows(rows)
    return ("\ufeff" + text.getvalue()).encode()


def names(data: bytes) -> set[tuple[str, str]]:
    """Return the rows of a sheet by their first two columns."""
    return {(row[0], row[1]) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))}


def _first(told: dict[str, Any]) -> datetime:
    """Return when the first excursion of a judgement began."""
    return datetime.fromtimestamp(min(one["since"] for one in told["excursions"]), SHANGHAI)


def _printed(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
