"""Options that several commands share, with one meaning each."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象。Print one JSON object.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="以该日的规则与事实判定，默认今天。Judge as of this day."),
]
