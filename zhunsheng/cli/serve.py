"""zhunsheng serve: the site and its worker on one machine."""

from __future__ import annotations

from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.cli.site import ready


def serve(
    host: Annotated[str, typer.Option(help="监听地址。Address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口。Port.")] = 8000,
) -> None:
    """启动站点与后台作业。Serve the site, with a worker for imports and runs."""
    ready()
    from zhunsheng.config.serve import serve as serve_site

    with show.problems(as_json=False):
        serve_site(host, port)
