"""Published workbooks of knowledge points: layouts are data, imports are planned, exports give the same."""

from zhunsheng.book.workbooks.batches import Citation
from zhunsheng.book.workbooks.export import export_workbooks
from zhunsheng.book.workbooks.imports import Plan, import_workbooks, plan_import, write_plan

__all__ = ["Citation", "Plan", "export_workbooks", "import_workbooks", "plan_import", "write_plan"]
