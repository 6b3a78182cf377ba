"""What files about services of vendors need beyond one column to one column."""

from __future__ import annotations

from zhunsheng.facts.schema import SERVICES
from zhunsheng.sources.convert import Check, Derivation
from zhunsheng.sources.mapping import mapping

#: Characters of a unified social credit code in the order of their values, and the weights of its first 17 places
#: (GB 32100-2015). The last character makes the weighted sum a multiple of 31.
DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(3**place % 31 for place in range(17))


def _odd_code(name: str) -> str:
    """Return the condition under which a column holds no unified social credit code."""
    text = f"t_{name}"
    shape = f"regexp_full_match({text}, '[{DIGITS}]{{18}}')"
    values = " + ".join(f"(strpos('{DIGITS}', {text}[{n + 1}]) - 1) * {w}" for n, w in enumerate(WEIGHTS))
    last = f"(strpos('{DIGITS}', {text}[18]) - 1)"
    return f"e_{name} = 0 AND (NOT {shape} OR ({values} + {last}) % 31 <> 0)"


def _early(name: str, after: str) -> str:
    """Return the condition under which a moment lies before another; days alone are compared as days."""
    days = f"CAST(v_{name} AS DATE) < CAST(v_{after} AS DATE)"
    return f"e_{name} = 0 AND e_{after} = 0 AND ({days} OR (m_{name} AND m_{after} AND v_{name} < v_{after}))"


VENDOR = Check("vendor_id", "ZS640", _odd_code("vendor_id"), "t_vendor_id")
SCORES = tuple(
    Check(name, "ZS641", f"e_{name} = 0 AND v_{name} > 5", f"t_{name}")
    for name in ("attitude", "professional", "waiting", "cost")
)
#: A moment is stated of what the same row denies.
DENIED = tuple(
    Check(moment, "ZS899", f"e_{flag} = 0 AND e_{moment} = 0 AND v_{flag} = 'false' AND v_{moment} IS NOT NULL",
          f"t_{flag} || ' / ' || t_{moment}")
    for flag, moment in (("excursion", "excursion_at"), ("plan_started", "plan_at"))
)  # fmt: skip
CHECKS = {
    "trip": DENIED,
    "order": tuple(Check(name, "ZS223", _early(name, "ordered_at"), f"t_{name}") for name in ("due_at", "done_at")),
    "result": (
        Check("digest", "ZS642", "e_digest = 0 AND NOT regexp_full_match(t_digest, '[0-9a-fA-F]{64}')", "t_digest"),
        Check("low", "ZS643", "e_low = 0 AND e_high = 0 AND v_low > v_high", "t_low || ' / ' || t_high"),
    ),
    "survey": SCORES,
    "holding": (Check("share_ppm", "ZS644", "e_share_ppm = 0 AND v_share_ppm > 1000000", "t_share_ppm"),),
}
#: Tables of which each row names a vendor.
_VENDORS = {table.name for table in SERVICES if "vendor_id" in table.names}

DERIVATIONS = {
    name: Derivation({}, checks=(*((VENDOR,) if kind.key_table in _VENDORS else ()), *CHECKS.get(name, ())))
    for name, kind in mapping("vendor_service").kinds.items()
}
