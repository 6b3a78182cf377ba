"""Examines a site as after a restore: opens everything, compares rows with leaves and the log with its witnesses.

Read-only but for the witnesses, who are asked with a head that was signed before.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from duckdb import Error as DuckError

from zhunsheng.casework.backups import keys
from zhunsheng.casework.backups.vault import Manifest, hashed
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases import files as case_files
from zhunsheng.casework.cases.queries import attachment_digests
from zhunsheng.casework.documents import files as document_files
from zhunsheng.casework.documents.queries import file_digests
from zhunsheng.casework.outbox.queries import refuses_changes
from zhunsheng.casework.readings import closed
from zhunsheng.casework.readings.queries import last_number
from zhunsheng.casework.seals.reconcile import Reconciled, reconcile
from zhunsheng.engines import duck
from zhunsheng.evidence import rollback, store
from zhunsheng.evidence.places import LogPlace
from zhunsheng.facts import lake
from zhunsheng.kernel.checks import MISSING, POOR, WELL, Check
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import Home
from zhunsheng.runs import store as run_store

_DIGEST = re.compile(r"[0-9a-f]{64}")
#: Folders whose files bear their digest as a name, their own or their folder's.
BY_DIGEST = ("attachments", "inbox", "documents")


def examine(site: Home, manifest: Manifest | None = None) -> list[Check]:
    """Return what was seen of each part of a site; ``manifest`` is that of the backup it was restored from."""
    looks: list[Callable[[], Check]] = [
        _database, _migrations, _guards, _walls, lambda: _rows(site), lambda: witnesses(site),
        lambda: _lake(site), lambda: _run(site), lambda: _attachments(site), _readings,
    ]  # fmt: skip
    if manifest is not None:
        looks.append(lambda: _keys(site, manifest))
    return [_safely(look) for look in looks]


def _safely(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Problem as problem:
        told = problem.as_dict()
        return Check(problem.code, MISSING, str(told["message"]), str(told["mend"]))
    except (DatabaseError, sqlite3.Error, OSError, DuckError) as error:
        return Check(type(error).__name__, MISSING, str(error)[:300])


def _database() -> Check:
    with connection.cursor() as cursor, walls.within(walls.SITE):
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA integrity_check")
            told = cursor.fetchone()[0]
            if told != "ok":
                return Check("数据库", MISSING, str(told)[:300], "换用另一份备份")
        cursor.execute("SELECT COUNT(*) FROM outbox_evidenceoutbox")
        rows = cursor.fetchone()[0]
    return Check("数据库", WELL, f"{connection.vendor}，存证 {rows:,} 行")


def pending() -> list[str]:
    """Return the migrations that this version would still run, as app.name."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{one.app_label}.{one.name}" for one, _backwards in plan]


def unknown() -> list[str]:
    """Return the migrations that the database has had and this version does not know."""
    loader = MigrationExecutor(connection).loader
    return sorted(f"{app}.{name}" for app, name in loader.applied_migrations if (app, name) not in loader.graph.nodes)


def _migrations() -> Check:
    if newer := unknown():
        return Check("数据库版本", MISSING, f"比程序新：{'、'.join(newer[:3])}", "换用新版程序")
    if waiting := pending():
        return Check("数据库版本", POOR, f"待升级 {len(waiting)} 步", "zhunsheng upgrade")
    return Check("数据库版本", WELL, "与程序一致")


def _guards() -> Check:
    with walls.within(walls.SITE):
        refused = refuses_changes()
    if refused:
        return Check("存证防改", WELL, "数据库拒绝改动存证")
    return Check("存证防改", MISSING, "数据库容许改动存证", "换用另一份备份")


def _walls() -> Check:
    held = walls.holds()
    if held is None:
        return Check("行级安全", WELL, "SQLite 没有行级安全，由程序限定范围")
    if held:
        return Check("行级安全", WELL, "数据库按范围限定每一行")
    return Check("行级安全", MISSING, "数据库不限定范围，或站点的角色可以绕过", "zhunsheng doctor")


def _rows(site: Home) -> Check:
    place = LogPlace(site.log)
    if not place.database.exists():
        return Check("行与条目", WELL, "本站没有设存证日志")
    with closing(sqlite3.connect(place.database)) as log:
        if log.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            return Check("行与条目", MISSING, "日志数据库损坏", "zhunsheng log recover")
    found = reconcile(place)
    return Check(
        "行与条目", WELL if found.sound else MISSING, in_words(found), "" if found.sound else "zhunsheng log reconcile"
    )


def in_words(found: Reconciled) -> str:
    """Return the counts of a comparison as one line."""
    wrong = "，".join(f"{name} {count:,}" for name, count in found.wrong.items()) or "无异常"
    return (
        f"行 {found.rows:,}，条目 {found.leaves:,}，相符 {found.equal:,}，等候 {found.waiting:,}，"
        f"恢复时已知缺失 {found.lost:,}；{wrong}"
    )


def witnesses(site: Home) -> Check:
    """Ask each witness how far it has seen this log; one that is ahead means that entries are missing here."""
    place = LogPlace(site.log)
    if not place.database.exists():
        return Check("见证方", WELL, "本站没有设存证日志")
    policy = place.policy()
    if not policy.witnesses:
        return Check("见证方", POOR, "策略未列见证方")
    with closing(store.Log(place.database)) as log, ThreadPoolExecutor(len(policy.witnesses)) as pool:
        head = log.latest()
        if head is None:
            return Check("见证方", POOR, "日志还没有签过日志头")
        told = list(_told(log.size, rollback.standings(policy, head.size, head.data, pool)))
    worst = next((state for state in (MISSING, POOR) if state in {state for state, _ in told}), WELL)
    mend = "zhunsheng log recover，或 zhunsheng log reopen --reason" if worst == MISSING else ""
    return Check("见证方", worst, "；".join(words for _, words in told), mend)


def _told(size: int, replies: list[rollback.asking.Reply]) -> Iterator[tuple[str, str]]:
    for one in replies:
        if one.seen is not None and one.seen > size:
            yield MISSING, f"{one.name} 已见 {one.seen:,} 条，本日志 {size:,} 条"
        elif one.detail.startswith("422"):
            yield MISSING, f"{one.name} 见过另一套账"
        elif one.seen is None and not one.lines:
            yield POOR, f"{one.name} 没有应答"
        else:
            yield WELL, f"{one.name} 一致"


def _lake(site: Home) -> Check:
    snapshot = lake.latest(site)
    if snapshot is None:
        return Check("数据湖", WELL, "还没有数据")
    rows = 0
    with duck.connect(":memory:") as con:
        for table in sorted(snapshot.tables):
            sql = lake.select(table, lake.files(site, snapshot, table))
            rows += con.execute(f"SELECT COUNT(*) FROM ({sql})").fetchall()[0][0]  # noqa: S608 - our own names
    promised = sum(count for batch in snapshot.batches.values() for count in batch.rows.values())
    if rows != promised:
        return Check("数据湖", MISSING, f"快照 {snapshot.id} 应有 {promised:,} 行，实有 {rows:,} 行", "换用另一份备份")
    return Check("数据湖", WELL, f"快照 {snapshot.id}，{len(snapshot.tables)} 张表，{rows:,} 行")


def _run(site: Home) -> Check:
    run_id = run_store.current_id(site)
    if run_id is None:
        return Check("判定", WELL, "还没有运行")
    with duck.connect(str(run_store.serving(site, run_id)), read_only=True) as con:
        findings = con.execute("SELECT COUNT(*) FROM finding").fetchall()[0][0]
    return Check("判定", WELL, f"{run_id}，疑点 {findings:,} 件")


def _attachments(site: Home) -> Check:
    """Compare files of cases and documents with the digests they bear, and look for each that the database names."""
    with walls.within(walls.SITE):
        named = [case_files.path_of(key) for key in attachment_digests()]
        named += [document_files.path_of(key) for key in file_digests()]
    absent = [path.name for path in named if not path.exists()]
    count, differing = 0, []
    for path in (path for name in BY_DIGEST for path in (site.root / name).rglob("*") if path.is_file()):
        expected = next((part for part in (path.name, path.parent.name) if _DIGEST.fullmatch(part)), None)
        count += expected is not None
        if expected is not None and hashed(path) != expected:
            differing.append(path.relative_to(site.root).as_posix())
    if absent or differing:
        return Check(
            "附件", MISSING, f"缺 {len(absent)} 个，不符 {len(differing)} 个：{'、'.join([*absent, *differing][:3])}"
        )
    return Check("附件", WELL, f"{count:,} 个文件与摘要相符")


def _readings() -> Check:
    """Compare the files of closed days with their digests, and open the file of readings."""
    with walls.within(walls.SITE):
        last = last_number()
        found = dict(closed.verify())
    wrong = [name for name, told in found.items() if told]
    if wrong:
        return Check("读数归档", MISSING, f"{len(wrong)} 个文件缺失或者不符：{'、'.join(wrong[:3])}", "换用另一份备份")
    return Check("读数归档", WELL, f"{len(found):,} 个文件与摘要相符，最近入库第 {last:,} 条")


def _keys(site: Home, manifest: Manifest) -> Check:
    """Compare the keys of the site with those that the backup was made beside."""
    expected, have = manifest.told["keys"], keys.prints(site.root)
    missing = sorted(name for name in expected if name not in have)
    other = sorted(name for name in expected if name in have and have[name] != expected[name])
    if not missing and not other:
        return Check("密钥", WELL, f"{len(expected)} 个，与备份时相同")
    told = [f"缺 {'、'.join(missing)}" if missing else "", f"不同 {'、'.join(other)}" if other else ""]
    return Check("密钥", MISSING, "；".join(filter(None, told)), "把另存的密钥放回原处，再启动")
