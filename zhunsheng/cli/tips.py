"""zhunsheng tips: the key to which the identities of reporters are sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import ready
from zhunsheng.kernel.files import write_whole

app = typer.Typer(help="举报投诉：密封身份的密钥。Tip-offs: the key of sealed identities.", no_args_is_help=True)


@app.callback()
def tips() -> None:
    """举报投诉：密封身份的密钥。Tip-offs: the key of sealed identities."""


@app.command("key")
def key(
    body: Annotated[str, typer.Option("--body", help="承办单位名称。Name of the handling body.")],
    out: Annotated[Path, typer.Option("--out", help="密钥文件，移到本站之外保管。The key file, to be kept elsewhere.")],
    passphrase: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="口令，至少 12 字。Passphrase.")
    ],
    json: Json = False,
) -> None:
    """生成密钥对：公钥登记到本站，私钥写入文件。Make a pair: public half to the site, private to the file."""
    with show.problems(as_json=json):
        ready()
        from zhunsheng.casework.outbox.actions import Process
        from zhunsheng.casework.tips.actions import register_key
        from zhunsheng.casework.tips.queries import body_named
        from zhunsheng.casework.tips.sealing import PASSPHRASE, new_key_file

        handling = body_named(body)
        if handling is None:
            raise typer.BadParameter("没有这一承办单位。No body of this name handles tip-offs.", param_hint="--body")
        if out.exists():
            raise typer.BadParameter("文件已存在。The file exists already.", param_hint="--out")
        if len(passphrase) < PASSPHRASE:
            told = f"至少 {PASSPHRASE} 字。At least {PASSPHRASE} characters."
            raise typer.BadParameter(told, param_hint="--passphrase")
        content, public = new_key_file(passphrase)
        write_whole(out, content)
        out.chmod(0o600)
        made = register_key(Process("cli"), handling, public)
    told = {"body": handling.name, "fingerprint": made.fingerprint, "file": str(out)}
    show.say(told, as_json=json, human=lambda: show.lines(told))
