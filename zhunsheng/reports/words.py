"""How values of a life-cycle read in a Chinese document."""

from __future__ import annotations

from datetime import date

from zhunsheng.kernel.money import yuan

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLAIN = str.maketrans("零壹贰叁肆伍陆柒捌玖拾佰", "零一二三四五六七八九十百")
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def amount(fen: int) -> str:
    """Return an amount of fen in figures and in capital characters: ``1,000.50 元（大写：人民币壹仟元伍角整）``."""
    return f"{yuan(fen)}元（大写：{capital(fen)}）"


def capital(fen: int) -> str:
    """Return an amount in the capital characters of vouchers, for 0 <= fen < 10^18."""
    whole, rest = divmod(fen, 100)
    tenth, hundredth = divmod(rest, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if not rest:
        return f"人民币{text or '零元'}整"
    if tenth:
        text += f"{DIGITS[tenth]}角"
    elif whole:
        text += "零"
    return f"人民币{text}{DIGITS[hundredth] + '分' if hundredth else '整'}"


def _whole(number: int) -> str:
    groups = []
    while number:
        number, part = divmod(number, 10_000)
        groups.append(part)
    text, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        part = groups[place]
        if not part:
            gap = bool(text)
            continue
        text += ("零" if text and (gap or part < 1000) else "") + _group(part) + GROUPS[place]
        gap = False
    return text


def _group(part: int) -> str:
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = part // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return text


def numeral(text: str) -> str:
    """Return the number of an article in characters, for 1 to 999: ``38`` reads ``三十八``; anything else as it is."""
    if not text.isdecimal() or not 0 < int(text) < 1000:
        return text
    plain = _group(int(text)).translate(PLAIN)
    return plain.removeprefix("一") if plain.startswith("一十") else plain


def day(value: date | str) -> str:
    """Return a day as documents print it: ``2026年11月22日``."""
    one = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{one.year}年{one.month}月{one.day}日"


def span(days: int, kind: str) -> str:
    """Return the length of a clock: ``5个工作日``, ``15日``; the end of the year where it has no days."""
    if kind == "year_end":
        return "本自然年度"
    return f"{days}个工作日" if kind == "working" else f"{days}日"
