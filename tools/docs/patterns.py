"""The manual of patterns: the page that stands beside the code, its declaration, its SQL."""

from __future__ import annotations

from pathlib import Path

import zhunsheng.patterns
from tools.docs.markdown import table
from zhunsheng.patterns import PATTERNS, Pattern

FOLDER = Path(zhunsheng.patterns.__file__).parent
SOURCES = {"knowledge": "知识点 knowledge", "parameter": "参数 parameter", "either": "知识点，缺则参数 either"}


def pages() -> dict[str, str]:
    """Return the pages by name."""
    return {"README.md": _index()} | {f"{name}.md": _page(one) for name, one in PATTERNS.items()}


def _index() -> str:
    rows = [[f"[{p.name}]({p.name}.md)", p.template, p.zh, p.en, p.kind] for p in PATTERNS.values()]
    return (
        "# 范式 · Patterns\n\n"
        "范式是逻辑，写成两种形式：`.sql` 判断全体，`.py` 判断一人，两者结果须一致。规则只给出参数与知识点。\n\n"
        "A pattern is logic in two forms: `.sql` judges sets, `.py` judges one person, and both must agree. "
        "A rule only gives parameters and knowledge points.\n\n"
        + table(["范式 pattern", "模板 template", "中文", "English", "类型 kind"], rows)
    )


def _page(pattern: Pattern) -> str:
    parts = [
        f"# {pattern.zh} · {pattern.en}\n",
        f"`{pattern.name}` · {pattern.template} · {pattern.kind} · facts: {', '.join(pattern.facts)}\n",
        _manual(pattern.name),
        "## 绑定列 · Binding columns\n",
        _columns(pattern),
        "## 理由 · Reasons\n",
        table(["代码 code", "中文", "English"], [[f"`{k}`", zh, en] for k, (zh, en) in pattern.reasons.items()]),
        "## SQL\n",
        f"```sql\n{(FOLDER / f'{pattern.name}.sql').read_text('utf-8').strip()}\n```\n",
    ]
    return "\n".join(parts)


def _manual(name: str) -> str:
    """Return the hand-written page without its title, one level of headings lower than the title here."""
    path = FOLDER / f"{name}.md"
    text = path.read_text("utf-8") if path.exists() else ""
    return "\n".join(line for line in text.splitlines() if not line.startswith("# ")).strip() + "\n"


def _columns(pattern: Pattern) -> str:
    rows = [[f"`{c.name}`", c.kind, SOURCES[c.source], ", ".join(c.codes), c.meaning] for c in pattern.columns]
    return table(["列 column", "类型 type", "来自 from", "取值 codes", "含义 meaning"], rows)
