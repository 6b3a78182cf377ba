"""The evidence log of a demo: three witnesses and signers beside it, all run by one person, which its pages say.

On a site the bodies make their keys on machines of their own, and the operator never holds them.
"""

from __future__ import annotations

import socket

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.seals.drafts import signer_name
from zhunsheng.evidence import note
from zhunsheng.evidence.places import LogPlace, WitnessPlace, make_log, make_witness
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import Home

ORIGIN = "log.qinghe.example/zhunsheng"
#: Two regulators and the supervised side must have seen a head before it counts as sealed.
QUORUM = "group regulators all insurance health\ngroup both all regulators hospital\nquorum both\n"
KINDS = {
    "insurance": BodyKind.INSURANCE_AUTHORITY,
    "health": BodyKind.HEALTH_AUTHORITY,
    "hospital": BodyKind.INSTITUTION,
}


def make_demo_log(site: Home) -> None:
    """Make log and witnesses where they are missing, and name the ports at which the witnesses will be asked."""
    found = {name: Body.objects.filter(kind=kind).order_by("pk").first() for name, kind in KINDS.items()}
    bodies = {name: body for name, body in found.items() if body is not None}
    if len(bodies) < len(KINDS):
        return
    log = LogPlace(site.log)
    if not log.database.exists():
        make_log(log.root, ORIGIN, "operator")
    vkey = note.load_skey(log.key).verifier.vkey
    lines, signers = [f"log {vkey}"], []
    for name, body in bodies.items():
        place = WitnessPlace(site.witnesses / name)
        if not place.root.exists():
            make_witness(place.root, f"{name}.qinghe.example/witness", signer_name(str(body.pk)), [vkey])
        address = f"http://127.0.0.1:{_port(place)}"
        lines.append(f"witness {name} {_vkey(place, 'witness.key')} {address}")
        signers.append(f"{_vkey(place, 'body.key')} {address} {place.root / 'token'}")
    write_whole(log.policy_file, ("\n".join(lines) + f"\n{QUORUM}").encode())
    write_whole(log.root / "signers", ("\n".join(signers) + "\n").encode())


def _vkey(place: WitnessPlace, file: str) -> str:
    return note.load_skey(place.root / file).verifier.vkey


def _port(place: WitnessPlace) -> int:
    """Return a port that is free now, and keep it for the witness that will listen there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    write_whole(place.root / "port", f"{port}\n".encode())
    return port
