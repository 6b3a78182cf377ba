"""A small county in FHIR R4: two people, a hospital, a visit each, and their bills in yuan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HYSTEROGRAPHY = "002101030300000"  # limited to women
BED, CHECK = "001109000010000", "001102000010000"
_CODES = "http://example.org/items"


def refer(kind: str, name: str) -> dict[str, str]:
    return {"reference": f"{kind}/{name}"}


def yuan(value: float, currency: str = "CNY") -> dict[str, Any]:
    return {"value": value, "currency": currency}


def coded(code: str, text: str = "", system: str = _CODES) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def resource(kind: str, name: str, /, **elements: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": name, **elements}


def _typed(kind: str, value: str) -> dict[str, Any]:
    return {"type": coded(kind, system="http://terminology.hl7.org/CodeSystem/v2-0203"), "value": value}


def item(sequence: int, code: str, net: float, **elements: Any) -> dict[str, Any]:
    own = {"quantity": {"value": 1}, "unitPrice": yuan(net), "net": yuan(net), "servicedDate": "2026-03-10"}
    own["category"] = coded("检查费")
    return {"sequence": sequence, "productOrService": coded(code, "项目 " + code), **own, **elements}


def claim(name: str, person: str, visit: str, items: list[dict[str, Any]], **elements: Any) -> dict[str, Any]:
    items[0].setdefault("encounter", [refer("Encounter", visit)])
    base = {
        "status": "active",
        "type": coded("institutional", system="http://terminology.hl7.org/CodeSystem/claim-type"),
        "use": "claim",
        "patient": refer("Patient", person),
        "created": "2026-03-10T17:00:00+08:00",
        "provider": refer("Organization", "H1"),
        "priority": coded("normal", system="http://terminology.hl7.org/CodeSystem/processpriority"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": refer("Coverage", "cover")}],
        "item": items,
        "total": yuan(round(sum(one["net"]["value"] for one in items), 2)),
    }
    return resource("Claim", name, **{**base, **elements})


def benefit(name: str, claimed: dict[str, Any], paid: float, share: float, **elements: Any) -> dict[str, Any]:
    kept = ("status", "type", "use", "patient", "created", "provider")
    items = [
        {
            "sequence": one["sequence"],
            "productOrService": one["productOrService"],
            "servicedDate": one["servicedDate"],
            "net": one["net"],
            "adjudication": [{"category": coded("eligible"), "amount": one["net"]}],
            **({"encounter": one["encounter"]} if "encounter" in one else {}),
        }
        for one in claimed["item"]
    ]
    base = {
        **{key: claimed[key] for key in kept},
        "insurer": refer("Organization", "H1"),
        "claim": refer("Claim", claimed["id"]),
        "outcome": "complete",
        "insurance": [{"focal": True, "coverage": refer("Coverage", "cover")}],
        "item": items,
        "total": [
            {"category": coded("submitted"), "amount": claimed["total"]},
            {"category": coded("copay"), "amount": yuan(share)},
        ],
        "payment": {"date": "2026-03-12", "amount": yuan(paid)},
    }
    return resource("ExplanationOfBenefit", name, **{**base, **elements})


def visit(name: str, person: str, start: str = "2026-03-10T09:00:00+08:00", **elements: Any) -> dict[str, Any]:
    base = {
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": refer("Patient", person),
        "participant": [{"individual": refer("PractitionerRole", "role")}],
        "period": {"start": start, "end": "2026-03-10T02:30:00Z"},
        "serviceProvider": refer("Organization", "D1"),
    }
    return resource("Encounter", name, **{**base, **elements})


def county() -> list[dict[str, Any]]:
    """Return the resources: the woman's bill is in order, the man is charged for a service limited to women."""
    hers = claim(
        "C1",
        "woman",
        "E1",
        [item(1, HYSTEROGRAPHY, 120.0), item(2, CHECK, 9.5, careTeamSequence=[1])],
        careTeam=[{"sequence": 1, "provider": refer("Practitioner", "doctor")}],
        diagnosis=[
            {"sequence": 2, "diagnosisReference": refer("Condition", "cough")},
            {
                "sequence": 1,
                "diagnosisCodeableConcept": coded("N97.900", "女性不孕症", "http://hl7.org/fhir/sid/icd-10"),
                "type": [coded("principal")],
                "onAdmission": coded("y"),
            },
        ],
    )
    his = claim("C2", "man", "E2", [item(1, HYSTEROGRAPHY, 120.0)])
    return [
        *_registered(),
        visit("E1", "woman"),
        visit("E2", "man"),
        *_care(),
        hers,
        benefit("B1", hers, 100.0, 29.5),
        his,
    ]


def _registered() -> list[dict[str, Any]]:
    return [
        resource("Organization", "H1", name="第一县人民医院", identifier=[_typed("FI", "H33010200001")]),
        resource("Organization", "D1", name="妇科", type=[coded("dept")], partOf=refer("Organization", "H1")),
        resource("Practitioner", "doctor", name=[{"family": "李", "given": ["四"]}], identifier=[_typed("PRN", "D33")]),
        resource(
            "PractitionerRole",
            "role",
            practitioner=refer("Practitioner", "doctor"),
            organization=refer("Organization", "D1"),
            period={"start": "2020-01-01"},
        ),
        resource(
            "Patient", "woman", gender="female", birthDate="1985-01-01", identifier=[_typed("MB", "330000000001")]
        ),
        resource("Patient", "man", gender="male", birthDate="1980-05-01"),
        resource(
            "Coverage",
            "cover",
            status="active",
            type=coded("310"),
            beneficiary=refer("Patient", "woman"),
            payor=[refer("Organization", "H1")],
        ),
        resource("Medication", "drug", code=coded("XJ01CAA040A001010101445", "阿莫西林胶囊")),
    ]


def _care() -> list[dict[str, Any]]:
    asked = {"subject": refer("Patient", "woman"), "encounter": refer("Encounter", "E1")}
    return [
        resource(
            "Condition", "cough", code=coded("R05.x00", "咳嗽", "http://hl7.org/fhir/sid/icd-10"),
            recordedDate="2026-03-10", **asked,
        ),
        resource(
            "Procedure", "later", status="completed", code=coded("68.2300", "操作乙"),
            performedDateTime="2026-03-10T02:00:00Z", **asked,
        ),
        resource(
            "Procedure", "first", status="completed", code=coded("87.8300", "操作甲"),
            performedPeriod={"start": "2026-03-10T09:30:00+08:00"}, **asked,
        ),
        resource(
            "MedicationRequest", "order", status="active", intent="order",
            medicationReference=refer("Medication", "drug"), authoredOn="2026-03-10T09:20:00+08:00",
            requester=refer("Practitioner", "doctor"),
            dispenseRequest={
                "quantity": {"value": 2},
                "expectedSupplyDuration": {"value": 7, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
            },
            **asked,
        ),
    ]  # fmt: skip


def bundle(resources: list[dict[str, Any]], kind: str = "collection") -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {"fullUrl": f"http://example.org/{one['resourceType']}/{one['id']}", "resource": one} for one in resources
        ],
    }


def lines(resources: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in resources)


def write(folder: Path, resources: list[dict[str, Any]], name: str = "county.json") -> Path:
    """Write resources as a bundle, or line by line when the name says so."""
    path = folder / name
    escaped = "\ud800" in repr(resources) or "\\ud800" in repr(resources)
    text = lines(resources) if name.endswith(".ndjson") else json.dumps(bundle(resources), ensure_ascii=escaped)
    path.write_text(text, "utf-8")
    return path


def without(resources: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [one for one in resources if one["id"] not in names]


def named(resources: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in resources if one["id"] == name)
