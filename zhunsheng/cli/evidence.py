"""zhunsheng log: the evidence log. Make it, look at it, check a proof, hash it all anew, replay it, bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import clock_accepted, reconciled
from zhunsheng.evidence import leaf, monitor, note, policy, receipt, rollback, store, verify
from zhunsheng.evidence.places import LogPlace, WitnessPlace, make_log, read, reopen
from zhunsheng.evidence.sequencer import only_one
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.time import at

app = typer.Typer(help="存证日志。The evidence log.", no_args_is_help=True)

Place = Annotated[Path, typer.Argument(help="日志文件夹。The log's folder.")]
Tiles = Annotated[Path, typer.Argument(help="存放 checkpoint 与 tile 的文件夹。The folder of checkpoint and tiles.")]
PolicyFile = Annotated[Path, typer.Option("--policy", help="策略文件：日志、见证方、法定数。The policy file.")]
BodiesFile = Annotated[Path | None, typer.Option("--bodies", help="各机构公钥，一行一个。The bodies' public keys.")]


@app.command("init")
def init(
    folder: Place,
    origin: Annotated[str, typer.Option("--origin", help="日志名称，如 log.example/county。The log's name.")],
    operator: Annotated[str, typer.Option("--operator", help="运营方名称。The operator as a body.")] = "operator",
    json: Json = False,
) -> None:
    """建立空的日志与密钥。Make an empty log with its keys."""
    with show.problems(as_json=json):
        place = make_log(folder, origin, operator)
        told = {"log": _vkey(place.key), "operator": _vkey(place.operator), "policy": str(place.policy_file)}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("show")
def show_log(folder: Place, json: Json = False) -> None:
    """日志现状：条数、最近的日志头、见证方。The log as it is: entries, last heads, witnesses."""
    with show.problems(as_json=json):
        log = store.Log(LogPlace(folder).database)
        latest, sealed = log.latest(), log.latest(sealed=True)
        told = {
            "origin": log.origin,
            "entries": log.size,
            "signed": latest.size if latest else 0,
            "sealed": sealed.size if sealed else 0,
            "cosigned_by": sealed.witnesses if sealed else 0,
            "witnesses": log.witness_sizes(),
            "dishonest_needed_for_two_histories": LogPlace(folder).policy().to_split(),
        }
        log.close()
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("receipt")
def write_receipt(
    folder: Place,
    source: Annotated[str, typer.Argument(help="记录编号，如 outbox:17。The row, as in outbox:17.")],
    out: Annotated[Path, typer.Option("--out", help="写入的文件夹。Where to write.")] = Path(),
    json: Json = False,
) -> None:
    """取一条记录的证明文件与原记录。Write the proof file of a row, and its record."""
    with show.problems(as_json=json):
        log = store.Log(LogPlace(folder).database)
        data, record = receipt.receipt(log, source)
        log.close()
        name = source.replace(":", "-")
        paths = {"proof": out / f"{name}.tlog-proof", "record": out / f"{name}.json"}
        write_whole(paths["proof"], data)
        write_whole(paths["record"], record)
    told = {what: str(path) for what, path in paths.items()}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("verify")
def verify_proof(
    proof: Annotated[Path, typer.Argument(help="证明文件 .tlog-proof。The proof file.")],
    record: Annotated[Path, typer.Argument(help="原记录。The record.")],
    policy_file: PolicyFile,
    bodies: BodiesFile = None,
    payload: Annotated[Path | None, typer.Option("--payload", help="原始内容。The payload.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="该内容的密钥(十六进制)。Its key, in hex.")] = None,
    json: Json = False,
) -> None:
    """离线核验一份证明：不用账号，不用网络。Check a proof offline."""
    with show.problems(as_json=json):
        keyed = (bytes.fromhex(read(key).decode().strip()), read(payload)) if key and payload else None
        keys = leaf.parse_bodies(read(bodies)) if bodies else None
        found = verify.check(read(proof), read(record), policy.parse(read(policy_file)), keys, keyed)
    told = {
        "accepted": True,
        "origin": found.proved.head.origin,
        "index": found.proved.index,
        "entries": found.proved.head.size,
        "witnesses": {name: at(seconds).isoformat() for name, seconds in found.proved.witnesses.items()},
        "body": found.leaf.body if found.leaf else None,
        "kind": found.leaf.kind if found.leaf else None,
        "body_signature_checked": bool(found.signed),
        "payload_checked": bool(found.digest),
    }
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("audit")
def audit(tiles: Tiles, policy_file: PolicyFile, json: Json = False) -> None:
    """从头重算全部条目、每个文件与日志头。Hash every entry and file anew and compare with the signed head."""
    with show.problems(as_json=json), show.progress(quiet=json) as tell:
        head = verify.audit(
            Folder(tiles), policy.parse(read(policy_file)), lambda done, all_: tell("check", done, all_)
        )
    told = {"accepted": True, "origin": head.origin, "entries": head.size, "root": head.root.hex()}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("monitor")
def replay(
    tiles: Tiles,
    policy_file: PolicyFile,
    bodies: Annotated[Path, typer.Option("--bodies", help="各机构公钥。The bodies' public keys.")],
    state: Annotated[Path, typer.Option("--state", help="记住查到哪里的文件。Where to keep how far it came.")],
    root: Annotated[list[str] | None, typer.Option("--root", help="无需授权的机构。Needs no grant.")] = None,
    cites: Annotated[list[str] | None, typer.Option("--cites", help="须注明规则库的事项。Must cite.")] = None,
    own: Annotated[
        Path | None, typer.Option("--signer", help="本机构的见证方文件夹，核对签过的条目。Own signer.")
    ] = None,
    json: Json = False,
) -> None:
    """复查新增条目：次序、签名、规则版本、授权。Replay new entries; exit 3 when something is wrong."""
    with show.problems(as_json=json):
        rules = monitor.Rules(leaf.parse_bodies(read(bodies)), root or (), cites or (), **_of_signer(own))
        known = monitor.load(state.read_text("utf-8")) if state.exists() else monitor.State()
        faults = monitor.replay(Folder(tiles), policy.parse(read(policy_file)), rules, known)
        write_whole(state, known.text.encode())
    told = {"entries": known.size, "kinds": known.kinds, "faults": [[f.index, f.name, f.detail] for f in faults]}
    show.say(told, as_json=json, human=lambda: show.lines(told))
    if faults:
        raise typer.Exit(show.ATTENTION)


def _of_signer(folder: Path | None) -> dict[str, Any]:
    """What a body's own signer signed, and in whose name."""
    if folder is None:
        return {}
    desk = WitnessPlace(folder).desk()
    return {"signed": desk.signed(), "own": desk.key.verifier.name}


@app.command("reconcile")
def reconcile(json: Json = False) -> None:
    """逐行对照数据库与日志。Compare each row of evidence with its leaf; exit 3 when something differs."""
    with show.problems(as_json=json):
        told = reconciled()
    human = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
    show.say(told, as_json=json, human=lambda: show.lines(human | told["wrong"] | dict(told["named"])))
    if told["wrong"]:
        raise typer.Exit(show.ATTENTION)


@app.command("clock")
def accept_clock(
    reason: Annotated[str, typer.Option("--reason", help="原因，写入存证。The reason; it is kept as evidence.")],
    json: Json = False,
) -> None:
    """时钟曾走快、现已校正：留证后继续写入。The clock ran ahead and is right again: go on, with evidence of it."""
    with show.problems(as_json=json):
        told = {"sequence": clock_accepted(reason)}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("recover")
def recover(
    folder: Place, mirror: Annotated[Path, typer.Argument(help="镜像文件夹。The mirror.")], json: Json = False
) -> None:
    """从镜像取回缺少的条目。Fetch the missing entries from a mirror."""
    with show.problems(as_json=json):
        place = LogPlace(folder)
        with only_one(place.database):
            log = store.Log(place.database)
            count = rollback.recover(log, note.load_skey(place.key).verifier, Folder(mirror))
            log.close()
    told = {"fetched": count}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("reopen")
def reopen_log(
    folder: Place,
    origin: Annotated[str, typer.Option("--origin", help="新的日志名称。The new name.")],
    reason: Annotated[str, typer.Option("--reason", help="原因，写入日志。The reason; it is logged.")],
    json: Json = False,
) -> None:
    """条目确已丢失时启用新的日志名称。Go on under a new name after entries were lost for good."""
    with show.problems(as_json=json):
        told = {"log": reopen(LogPlace(folder), origin, reason)}
    show.say(told, as_json=json, human=lambda: show.lines(told))


def _vkey(path: Path) -> str:
    return note.load_skey(path).verifier.vkey
