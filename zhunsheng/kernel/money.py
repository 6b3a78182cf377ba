"""Money is an integer number of fen; a float never holds an amount.

Ratios are compared by cross-multiplication and shared out so that the parts add up to the whole.
"""

from __future__ import annotations

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import parse, rescale

#: One line may carry at most 9,999,999.99 yuan, so that ``2 * amount * quantity`` fits 64 bits.
MAX_LINE_FEN = 999_999_999


def fen_from_yuan(text: str) -> int:
    """Read an amount printed in yuan, exact to the fen: ``"12.30"`` -> ``1230``.

    Raises Problem ZS101 when the text is no number that 64 bits hold, ZS102 when it has more than two decimals.
    """
    number = parse(text)
    if number is None:
        raise Problem("ZS101", value=text)
    fen = rescale(number, 2)
    if fen is None:
        raise Problem("ZS102" if number[1] < -2 else "ZS101", value=text)
    return fen


def yuan(fen: int) -> str:
    """Print fen as yuan with two decimals and thousands separators: ``1230`` -> ``"12.30"``."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def times(unit_price_e6: int, quantity_e4: int) -> int:
    """Return price x quantity in fen, half away from zero. Price in yuan x 10^6, quantity x 10^4.

    A refund is thereby the exact mirror of its charge.
    """
    product = unit_price_e6 * quantity_e4
    fen = (abs(product) + 50_000_000) // 100_000_000
    return fen if product >= 0 else -fen


def part(amount: int, numerator: int, denominator: int) -> int:
    """Return amount x numerator / denominator in fen, half up, for non-negative operands."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def share(total: int, weights: list[int]) -> list[int]:
    """Split total by weights so that the parts add up to total (largest remainder, ties by position)."""
    whole = sum(weights)
    if whole <= 0:
        raise Problem("ZS103", value=str(weights))
    parts = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
