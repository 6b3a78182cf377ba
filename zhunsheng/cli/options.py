"""Options that several commands share, with one meaning each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象。Print one JSON object.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="以该日的规则与事实判定，默认今天。Judge as of this day."),
]


class EngineName(StrEnum):
    """What may judge a run."""

    DUCKDB = "duckdb"
    SPARK = "spark"


Engine = Annotated[EngineName, typer.Option("--engine", help="由哪个引擎判定，结果相同。Which engine judges.")]
Master = Annotated[
    str, typer.Option("--master", help="Spark 主节点：local[2]、spark://、yarn、k8s://。The Spark master.")
]
Remote = Annotated[
    str | None, typer.Option("--remote", help="Spark Connect 地址 sc://主机:端口。Address of Spark Connect.")
]
LakeAddress = Annotated[
    str | None,
    typer.Option("--lake", help="集群读取数据湖文件夹的地址，默认与本机相同。The lake as the cluster reads it."),
]
