"""Structured logs: one JSON object per line, and never a fact value.

Own events name what happened by route, code, count and time. Messages of exceptions are left out, because a
message may quote a row: the log keeps the kind of exception and the places in the code.
"""

from __future__ import annotations

import logging
import logging.config
import traceback
from types import TracebackType
from typing import Any

import structlog

from zhunsheng.kernel.home import ROOT


def _safe_exception(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace an exception by its kind and the places it passed."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["at"] = _places(error.__traceback__)
    return event


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-8:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(path: str) -> str:
    """A file below its package folder: where the site is installed is nobody's business."""
    return path.rsplit("/site-packages/", 1)[-1].rsplit(f"{ROOT}/", 1)[-1]


class _Foreign(logging.Filter):
    """Keeps of a library's record its logger, level and place; its text may quote a request or a row."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, dict):
            record.msg, record.args = f"library message at {record.module}:{record.lineno}", ()
        return True


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _safe_exception,
]


def logging_config(level: str) -> dict[str, Any]:
    """Return the configuration of standard logging: everything as JSON on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
                "foreign_pre_chain": [*SHARED, structlog.stdlib.add_logger_name],
            }
        },
        "filters": {"foreign": {"()": _Foreign}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["foreign"]}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "zhunsheng": {"level": level},
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "CRITICAL"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Turn structured logging on for this process."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> Any:
    """Return the structured logger of a part of the product."""
    return structlog.stdlib.get_logger(f"zhunsheng.{name}")
