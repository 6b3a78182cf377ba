"""Sources: one folder per outside format. The only place that knows a supplier's quirks."""

from zhunsheng.sources.loading import files, load, retell
from zhunsheng.sources.report import FileReport, LoadReport, Reject

__all__ = ["FileReport", "LoadReport", "Reject", "files", "load", "retell"]
