"""zhunsheng import: files into the lake; rejected rows come back with a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhunsheng import sources
from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import importer, record_import, record_load
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import epoch_seconds, now


def import_files(
    paths: Annotated[list[Path], typer.Argument(help="文件或文件夹。Files or folders.")],
    source: Annotated[str, typer.Option(help="auto、settlement_list、synthea、fhir 或 vendor_service。")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不入库。Check only.")] = False,
    report: Annotated[Path | None, typer.Option(help="退回报告的文件夹，默认在站点目录。Folder for it.")] = None,
    login: Annotated[str | None, typer.Option("--as", help="以哪个账号的名义。In whose name: a login.")] = None,
    json: Json = False,
) -> None:
    """导入文件：合格的行入库，退回的行说明原因与改法。Import files; rejected rows are explained."""
    at = now()
    with show.problems(as_json=json), show.progress(quiet=json) as tell:
        actor = importer(login) if login else None
        result = sources.load(
            home(), paths, recorded_at=epoch_seconds(at), dry_run=dry_run, source=source, progress=tell
        )
        changed = any(file.state in ("loaded", "replaced") for file in result.files)
        if not dry_run:
            record_load()
        if actor and changed and not dry_run:
            record_import(actor, files_of(paths), result)
    folder = report or home().reports
    written = result.write(folder, f"import-{at:%Y%m%d-%H%M%S}") if _attention(result) else []
    data = {**result.as_dict(), "reports": [str(path) for path in written]}
    show.say(data, as_json=json, human=lambda: _told(result, [str(path) for path in written], dry_run=dry_run))
    if _attention(result):
        raise typer.Exit(show.ATTENTION)


def files_of(paths: list[Path]) -> list[Path]:
    """Return the files that a load of these paths has read, in its order."""
    return [file for file in sources.files(paths) if file.is_file()]


def _attention(result: sources.LoadReport) -> bool:
    return any(file.rows_rejected or file.problem for file in result.files)


def _told(result: sources.LoadReport, written: list[str], *, dry_run: bool) -> None:
    columns = ["文件", "种类", "编码", "状态", "读入", "入库", "退回"]
    rows = [
        [f.file, f.kind or "-", f.encoding or "-", f.state, f.rows_read, f.rows_loaded, f.rows_rejected]
        for f in result.files
    ]
    show.table("试运行，未入库" if dry_run else "导入", columns, rows)
    for file in result.files:
        if file.problem:
            show.out.print(f"{file.file}：{file.problem['message']} {file.problem['mend']}", highlight=False)
    if written:
        show.out.print(f"退回报告：{'，'.join(written)}", highlight=False)
    if result.snapshot:
        show.out.print(f"快照 {result.snapshot}", highlight=False)
