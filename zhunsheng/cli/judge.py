"""zhunsheng run, explain, replay, answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng import runs
from zhunsheng.book import Book, kept
from zhunsheng.cli import show
from zhunsheng.cli.options import AsOf, Engine, EngineName, Json, LakeAddress, Master, Remote
from zhunsheng.cli.site import record_run
from zhunsheng.engines import duck, spark
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import epoch_seconds, now, parse_date
from zhunsheng.runs.answers import Score
from zhunsheng.runs.answers import answers as score
from zhunsheng.runs.explain import explain as explain_finding
from zhunsheng.runs.store import SERVING, current_id, folder


def run(
    as_of: AsOf = None,
    snapshot: Annotated[str | None, typer.Option(help="判定哪个快照，默认最新。Which snapshot.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="试算，不作为当前结果。Pages keep their run.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="全部重新判定。Judge everyone anew.")] = False,
    book: Annotated[Path | None, typer.Option("--rulebook", help="规则库文件夹。Folder of the rule book.")] = None,
    knowledge_as_of: Annotated[
        str | None, typer.Option(help="按哪一天已公布的规则与知识判定。Judge by what was published by this day.")
    ] = None,
    engine: Engine = EngineName.DUCKDB,
    master: Master = "local[2]",
    remote: Remote = None,
    lake: LakeAddress = None,
    listed: Annotated[bool, typer.Option("--list", help="列出已有的运行。List the runs.")] = False,
    json: Json = False,
) -> None:
    """用规则库判定快照，得出疑点。Judge a snapshot by the rule book."""
    if listed:
        found = runs.manifests(home())
        show.say({"runs": found}, as_json=json, human=lambda: _list(found))
        return
    with show.problems(as_json=json), show.progress(quiet=json) as tell:
        manifest = runs.execute(
            home(),
            book or rulebook(),
            as_of=day(as_of),
            finished_at=epoch_seconds(now()),
            snapshot=snapshot,
            draft=draft,
            knowledge_as_of=day(knowledge_as_of) if knowledge_as_of else None,
            whole=whole,
            progress=tell,
            where=spark.Where(master, remote, lake) if engine == EngineName.SPARK else None,
        )
        record_run(manifest)
    stats = rule_stats(manifest.run_id)
    show.say({**manifest.as_dict(), "per_rule": stats}, as_json=json, human=lambda: _summary(manifest, stats))


def explain(
    finding: Annotated[str, typer.Argument(help="疑点编号。Identity of the finding.")],
    language: Annotated[str, typer.Option(help="zh 或 en。")] = "zh",
    json: Json = False,
) -> None:
    """说明一条疑点：理由、明细出处、规则与法条。Explain a finding: reasons, rows with file and line, rule and law."""
    with show.problems(as_json=json), duck.connect(str(serving_file()), read_only=True) as con:
        told = explain_finding(con, book_of_run(), finding, language)
    show.say(told, as_json=json, human=lambda: _explained(told))


def replay(
    run_id: Annotated[str, typer.Argument(help="运行编号。Identity of the run.")],
    master: Master = "local[2]",
    remote: Remote = None,
    lake: LakeAddress = None,
    json: Json = False,
) -> None:
    """重放一次运行并核对结果摘要，由当时的引擎判定。Judge a run's input again by its engine and compare the digests."""
    with show.problems(as_json=json), show.progress(quiet=json) as tell:
        manifest = runs.replay(home(), run_id, progress=tell, where=spark.Where(master, remote, lake))
    told = {"run_id": run_id, "result_digest": manifest.result_digest, "equal": True}
    show.say(told, as_json=json, human=lambda: show.out.print(f"重放一致：{run_id} 结果摘要 {manifest.result_digest}"))


def answers(
    key: Annotated[Path, typer.Argument(help="generate 写出的 answer_key.csv。")],
    json: Json = False,
) -> None:
    """与生成县的答案核对：每条规则的查全与查准。Score the current run against an answer key."""
    with show.problems(as_json=json), duck.connect(str(serving_file()), read_only=True) as con:
        scores = score(con, key)
    show.say({"rules": [one.as_dict() for one in scores]}, as_json=json, human=lambda: _scores(scores))
    if any(one.missed or one.wrong or one.look_alikes_hit for one in scores):
        raise typer.Exit(show.ATTENTION)


def day(text: str | None) -> date:
    """Return the as-of day of an option: today when it is absent. Raises Problem ZS508 for a day to come."""
    today = now().date()
    asked = parse_date(text) if text else today
    if asked > today:
        raise Problem("ZS508", as_of=asked, today=today)
    return asked


def book_of_run() -> Book:
    """Return the rule book that the current run was judged by. Raises Problem ZS501, ZS502 or ZS505."""
    run_id = runs.current_id(home())
    if run_id is None:
        raise Problem("ZS502")
    return kept(home().books, runs.manifest(home(), run_id)["book_digest"])


def serving_file() -> Path:
    """Return the current serving file. Raises Problem ZS502 before the first run."""
    path = runs.current(home())
    if path is None:
        raise Problem("ZS502")
    return path


def rule_stats(run_id: str) -> list[dict[str, Any]]:
    """Return the counts per rule of a run whose serving file is kept."""
    with duck.connect(str(folder(home(), run_id) / SERVING), read_only=True) as con:
        result = con.execute(
            "SELECT s.*, r.name FROM rule_stat AS s INNER JOIN rule AS r USING (rule_id) ORDER BY rule_id"
        )
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _summary(manifest: runs.Manifest, stats: list[dict[str, Any]]) -> None:
    columns = ["规则", "判定行", "明确违规", "可疑", "不明", "涉及金额（元）"]
    rows = [
        [s["name"], s["candidates"], s["violation"], s["suspected"], s["unknown"], yuan(s["amount_fen"])] for s in stats
    ]
    show.table(f"运行 {manifest.run_id}（截至 {manifest.as_of}）", columns, rows)
    c = manifest.counts
    show.out.print(
        f"明细 {c['lines']:,} 行，疑点 {c['findings']:,} 件：新增 {c['new']:,}，延续 {c['same']:,}，消失 {c['gone']:,}"
    )
    if manifest.rejudged is not None:
        show.out.print(f"重新判定 {manifest.rejudged:,} 人，其余 {c['persons'] - manifest.rejudged:,} 人沿用上次")
    show.out.print(f"结果摘要 {manifest.result_digest}", highlight=False)
    if manifest.run_id != current_id(home()):
        show.out.print("页面仍显示当前运行。")


def _list(found: list[dict[str, Any]]) -> None:
    names = ("run_id", "as_of", "knowledge_as_of", "snapshot")
    rows = [[*(m.get(name) or "" for name in names), m["counts"]["findings"], m["result_digest"][:16]] for m in found]
    show.table("运行", ["编号", "截至", "知识截至", "快照", "疑点", "结果摘要"], rows)


def _explained(told: dict[str, Any]) -> None:
    rule = told["rule"]
    show.out.print(
        f"[bold]{rule['name']}[/bold]  {told['verdict_text']}  涉及金额 ¥{told['amount']}  {told['service_date']}"
    )
    for reason in told["reasons"]:
        show.out.print(f"  {reason['position']}. {reason['text']}", highlight=False)
        if reason["citation"]:
            show.out.print(f"     依据：{reason['citation']} {reason['note'] or ''}", highlight=False)
    rows = [
        [
            r["role"],
            r["row_id"],
            r.get("item_name") or r.get("visit_type"),
            r["at_stake"],
            f"{r['file_name']}:{r['source_row']}",
        ]
        for r in told["rows"]
    ]
    show.table("所涉行", ["角色", "标识", "项目", "涉及（元）", "出处（文件:行）"], rows)
    for law in rule["law"]:
        show.out.print(f"{law['instrument']}第{law['article']}条（{law['item']}）{law['item_text']}", highlight=False)
    show.out.print(f"建议：{rule['advice']}", highlight=False)


def _scores(scores: list[Score]) -> None:
    columns = ["规则", "植入", "查出", "查全", "盲测", "盲测查出", "应不明", "判不明", "已知误判", "判出"]
    columns += ["形似", "误报形似", "盲测形似", "误报", "疑点", "查准", "旁及", "另判不明"]
    rows: list[list[Any]] = [
        [
            s.rule_id,
            s.planted - s.blind_planted,
            s.found - s.blind_found,
            _share(s.recall_known),
            s.blind_planted,
            s.blind_found,
            s.unknown_planted,
            s.unknown_found,
            s.overturned_planted,
            s.overturned_found,
            s.look_alikes,
            s.look_alikes_hit,
            s.blind_look_alikes,
            s.blind_look_alikes_hit,
            s.findings,
            _share(s.precision),
            s.beside,
            s.unasked,
        ]
        for s in scores
    ]
    show.table("与答案核对", columns, rows)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
