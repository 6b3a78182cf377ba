"""Exact decimals as integers with a stated scale: a name ending in ``_e4`` holds value x 10^4."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from zhunsheng.kernel.errors import Problem

#: One line may carry at most 99,999.9999 units (see money.MAX_LINE_FEN).
MAX_LINE_QUANTITY_E4 = 999_999_999


def scaled(text: str, digits: int) -> int:
    """Read a decimal as an integer x 10^digits: ``scaled("1.5", 4)`` -> ``15000``.

    Raises Problem ZS104 when the text is no number or has more decimals than the scale keeps.
    """
    try:
        value = Decimal(text.strip()).scaleb(digits)
    except InvalidOperation as error:
        raise Problem("ZS104", value=text) from error
    if not value.is_finite() or value != value.to_integral_value():
        raise Problem("ZS104", value=text)
    return int(value)


def plain(value: int, digits: int) -> str:
    """Print a scaled integer without trailing zeros: ``plain(15000, 4)`` -> ``"1.5"``."""
    text = f"{Decimal(value).scaleb(-digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
