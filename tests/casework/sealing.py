"""A log with three witnesses on 127.0.0.1, who also sign for their bodies; all real."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

from tests.evidence.sites import serving
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.seals import actions
from zhunsheng.evidence import http, note
from zhunsheng.evidence.places import LogPlace, WitnessPlace, addresses, make_log, make_witness
from zhunsheng.kernel.home import home
from zhunsheng.kernel.ids import site_key

NAMES = ("insurance", "health", "hospital")
RULES = "group regulators all insurance health\ngroup both all regulators hospital\nquorum both\n"


@contextmanager
def witnessed(bodies: dict[str, Body]):
    """Make a site's log whose witnesses serve; ``bodies`` says for whom each of them signs."""
    place = LogPlace(home().log)
    if not place.database.exists():
        make_log(place.root, "log.example/site", "operator")
    vkey = note.load_skey(place.key).verifier.vkey
    with ExitStack() as stack:
        lines, signers = [f"log {vkey}"], []
        for name in NAMES:
            folder = place.root.parent / "witnesses" / name
            if not folder.exists():
                make_witness(folder, f"{name}.example/witness", f"body-{bodies[name].pk}", [vkey])
            posts, witness = addresses(WitnessPlace(folder))
            address = stack.enter_context(serving(http.server("127.0.0.1", 0, posts, witness.about)))
            lines.append(f"witness {name} {witness.key.verifier.vkey} {address}")
            key = note.load_skey(folder / "body.key").verifier.vkey
            signers.append(f"{key} {address} {folder / 'token'}")
        place.policy_file.write_text("\n".join(lines) + f"\n{RULES}", "utf-8")
        (place.root / "signers").write_text("\n".join(signers) + "\n", "utf-8")
        yield place


def carried(place: LogPlace) -> None:
    """Carry every row that waits into the log, and have the head sealed."""
    with place.sequencer() as sequencer:
        supply = actions.Supply(list(sequencer.signers), "operator", site_key(home().key))
        while rows := supply.pull(1000, frozenset()):
            actions.keep(sequencer.submit(rows))
        sequencer.seal()
