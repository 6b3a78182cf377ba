"""Excursions of many devices at once, in DuckDB: a month of all fridges, or new limits tried on the past."""

from __future__ import annotations

from functools import cache
from importlib import resources

import duckdb
import pyarrow as pa

from zhunsheng.book.telemetry import Limits, Setting


@cache
def _sql() -> str:
    return resources.files(__package__).joinpath("excursions.sql").read_text("utf-8")


def scan(connection: duckdb.DuckDBPyConnection, limits: Limits, setting: Setting) -> pa.Table:
    """Return the excursions of the view ``reading`` of a connection: devices of one regime, each identity once.

    Shape: org, device, since, last_out, cleared, extreme (°C), minutes, sure_minutes; in the order of the devices.
    """
    given = {
        "low": limits.low_c,
        "high": limits.high_c,
        "clear": limits.clear_c,
        "accuracy": limits.accuracy_c,
        "hold": limits.hold_seconds(setting),
    }
    return connection.execute(_sql(), given).to_arrow_table()
