"""Exact decimals as integers with a stated scale: a name ending in ``_e4`` holds value x 10^4."""

from __future__ import annotations

import re
from decimal import Decimal

from zhunsheng.kernel.errors import Problem

#: One line may carry at most 99,999.9999 units (see money.MAX_LINE_FEN).
MAX_LINE_QUANTITY_E4 = 999_999_999
_DECIMAL = re.compile(r"([+-]?)(?=\.?[0-9])([0-9]{0,18})(?:\.([0-9]{0,40}))?(?:[eE]([+-]?[0-9]{1,2}))?")
_INT64 = 2**63


def parse(text: str) -> tuple[int, int] | None:
    """Read a decimal as (coefficient, exponent) without rounding: ``"1.50"`` -> ``(150, -2)``; None for other text.

    ASCII digits only: separators, full-width digits, infinities and numbers beyond 18 whole digits are no numbers here.
    """
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, fraction, power = match.groups(default="")
    return int(f"{sign}{whole}{fraction}"), int(power or 0) - len(fraction)


def rescale(number: tuple[int, int], digits: int) -> int | None:
    """Return a parsed decimal x 10^digits; None when that is no integer of 64 bits."""
    coefficient, exponent = number
    power = exponent + digits
    value, rest = (coefficient * 10**power, 0) if power >= 0 else divmod(coefficient, 10**-power)
    return value if rest == 0 and -_INT64 <= value < _INT64 else None


def scaled(text: str, digits: int) -> int:
    """Read a decimal as an integer x 10^digits: ``scaled("1.5", 4)`` -> ``15000``.

    Raises Problem ZS104 when the text is no number or has more decimals than the scale keeps.
    """
    number = parse(text)
    value = None if number is None else rescale(number, digits)
    if value is None:
        raise Problem("ZS104", value=text)
    return value


def plain(value: int, digits: int) -> str:
    """Print a scaled integer without trailing zeros: ``plain(15000, 4)`` -> ``"1.5"``."""
    text = f"{Decimal(value).scaleb(-digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
