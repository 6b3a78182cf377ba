"""Writes national replies: the envelope, and findings as the violations and details of the interface."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhunsheng.kernel.money import yuan
from zhunsheng.sources.order_audit.request import Asked, mapping

#: Longest texts of the interface.
LONG = 500


@dataclass(frozen=True, slots=True)
class Told:
    """The answer to one order in plain form, with the order that it answers."""

    asked: Asked
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and its reply: the region that asks, a running number, when it came and when it is answered."""

    region: str
    number: int
    began: datetime
    ended: datetime

    def envelope(self, code: int, reason: str, output: dict[str, Any] | None) -> dict[str, Any]:
        """Return a reply: ``code`` 0 for taken, -1 for not taken, and then the reason."""
        region = self.region if len(self.region) == 6 and self.region.isdecimal() else "000000"
        return {
            "infcode": code,
            "inf_refmsgid": f"{region}{self.ended:%Y%m%d%H%M%S}{self.number % 10**10:010d}",
            "refmsg_time": _stamp(self.began),
            "respond_time": _stamp(self.ended),
            "enctype": "",
            "signtype": "",
            "err_msg": reason[:LONG],
            "output": output,
        }


def replied(told: list[Told], rules: frozenset[str], task: str, exchange: Exchange) -> dict[str, Any]:
    """Return the reply to 3101 or 3102.

    ``result`` holds what is a violation or suspected, in national fields, and lines that a vendor may not take.
    Beside it, in fields of our own: ``unknown`` (an input is missing; it is no violation and no pass), ``not_judged``
    (rules that came too late), ``book`` and ``history``.
    """
    output: dict[str, Any] = {"result": [], "unknown": [], "not_judged": []}
    for one in told:
        for finding in one.answer["findings"]:
            if not rules or {finding["rule"]["id"], finding["rule"]["code"]} & rules:
                kind = "unknown" if finding["verdict"] == "unknown" else "result"
                output[kind].append(_told(one.asked, finding, task))
        output["result"] += [_refused(one.asked, refusal, task) for refusal in one.answer["refused"]]
        output["not_judged"] += [
            {"rule_id": late["rule"], "rule_name": late["name"], "patn_id": one.asked.person}
            for late in one.answer["not_judged"]
        ]
    output["book"] = told[0].answer["book"]
    output["history"] = told[0].answer["history"]
    return exchange.envelope(0, "", output)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _yuan(fen: int) -> str:
    """Return an amount as the interface writes it: yuan with two decimals, no separators."""
    return yuan(fen).replace(",", "")


def _told(asked: Asked, finding: dict[str, Any], task: str) -> dict[str, Any]:
    said = mapping()["reply"]
    rule = finding["rule"]
    law = [f"{one['instrument']}第{one['article']}条" for one in rule["law"]]
    points = [one["point"]["citation"] for one in finding["reasons"] if one["point"]]
    return {
        "jr_id": finding["reminder"],
        "rule_id": rule["id"],
        "rule_name": rule["name"],
        "vola_cont": "；".join([one["text"] for one in finding["reasons"]] + [rule["advice"]])[:LONG],
        "patn_id": asked.person,
        "mdtrt_id": asked.encounter,
        "judge_result_detail_dtos": [
            _detail(asked, finding["reminder"], place, row) for place, row in enumerate(finding["rows"])
        ],
        "vola_amt": _yuan(finding["amount_fen"]),
        "vola_amt_stas": said["amount_reckoned"],
        "sev_deg": said["severity"].get(finding["verdict"], ""),
        "vola_evid": "；".join(dict.fromkeys([*law, *points]))[:LONG],
        "vola_bhvr_type": "",
        "task_id": task,
    }


def _refused(asked: Asked, refusal: dict[str, Any], task: str) -> dict[str, Any]:
    """Return a line that its vendor may not take, as one more violation without an amount."""
    said, row = mapping()["reply"], {"kind": "line", "id": refusal["line_id"], "role": "subject", "amount_fen": 0}
    return {
        "jr_id": refusal["reminder"],
        "rule_id": said["refusal"]["rule"],
        "rule_name": said["refusal"]["name"],
        "vola_cont": f"不得外送 {refusal['vendor_id']}：{refusal['text']}"[:LONG],
        "patn_id": asked.person,
        "mdtrt_id": asked.encounter,
        "judge_result_detail_dtos": [_detail(asked, refusal["reminder"], 0, row)],
        "vola_amt": _yuan(0),
        "vola_amt_stas": said["amount_reckoned"],
        "sev_deg": said["refusal"]["severity"],
        "vola_evid": refusal["citation"][:LONG],
        "vola_bhvr_type": "",
        "task_id": task,
    }


def _detail(asked: Asked, reminder: str, place: int, row: dict[str, Any]) -> dict[str, Any]:
    """A row of the order bears its own identifiers; one of the history ours; another institution's none."""
    encounter, line = asked.rows.get(row["id"], ("", row["id"] or ""))
    if row["kind"] == "encounter":
        encounter, line = row["id"] or "", ""
    return {
        "jrd_id": f"{reminder}-{place}",
        "patn_id": asked.person,
        "mdtrt_id": encounter,
        "rx_id": line,
        "vola_item_type": mapping()["reply"]["roles"][row["role"]],
        "vola_amt": _yuan(row["amount_fen"] or 0),
    }
