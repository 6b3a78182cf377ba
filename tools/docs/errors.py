"""One page per error code, and their index."""

from __future__ import annotations

from tools.docs.markdown import table
from zhunsheng.kernel.errors import ErrorKind, catalogue

RANGES = {
    "1": ("基础值", "values"),
    "2": ("数据行与文件", "rows and files"),
    "3": ("数据湖", "lake"),
    "4": ("规则库", "rule book"),
    "5": ("运行", "runs"),
    "6": ("命令行", "command line"),
    "7": ("网站", "site"),
    "8": ("存证日志", "evidence log"),
    "9": ("事项与期限", "cases and clocks"),
}


def pages() -> dict[str, str]:
    """Return the pages by name."""
    kinds = list(catalogue().values())
    return {"README.md": _index(kinds)} | {f"{kind.code}.md": _page(kind) for kind in kinds}


def _index(kinds: list[ErrorKind]) -> str:
    parts = [
        "# 错误代码 · Error codes\n",
        "代码一经使用不再改变，也不重复使用。花括号内是出错时填入的值。",
        "A code never changes and is never used again. Braces hold the values of the case at hand.\n",
    ]
    for digit, (zh, en) in RANGES.items():
        rows = [[f"[{k.code}]({k.code}.md)", k.zh, k.en] for k in kinds if k.code[2] == digit]
        if rows:
            parts += [f"## ZS{digit}xx {zh} · {en}\n", table(["代码 code", "说明", "meaning"], rows)]
    return "\n".join(parts)


def _page(kind: ErrorKind) -> str:
    zh, en = RANGES[kind.code[2]]
    rows = [
        ("发生了什么 · what happened", kind.zh, kind.en),
        ("保留了什么 · what was kept", kind.kept_zh, kind.kept_en),
        ("如何处理 · what to do", kind.mend_zh, kind.mend_en),
    ]
    return (
        f"# {kind.code}\n\n{zh} · {en}\n\n"
        + table(["", "中文", "English"], rows)
        + "\n[全部代码 · all codes](README.md)\n"
    )
