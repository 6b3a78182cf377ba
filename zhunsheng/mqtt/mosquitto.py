"""The configuration of Mosquitto for a site: certificates, who may say what, sessions that outlive a restart.

The name of a client's certificate is the branch that it may write: ``organisation/device`` for a device,
``organisation`` for a forwarder that carries all of its devices. It reads what its branch is told and nothing else.
The same name is the client's id, so that each client needs a certificate of its own.
"""

from __future__ import annotations

from pathlib import Path

from zhunsheng.mqtt.link import RECEIVE_MAXIMUM
from zhunsheng.telemetry import wire

ACL = """# {gateway}: the consumer of the site
user {gateway}
topic readwrite zs/v1/#
topic readwrite zs/status/#

# everybody else: their own branch
pattern write zs/v1/%u/reading
pattern write zs/v1/%u/node
pattern write zs/v1/%u/+/reading
pattern write zs/v1/%u/+/node
pattern read zs/v1/%u/ack
pattern read zs/v1/%u/+/ack
pattern write zs/status/%u
"""
CONF = """# {folder}: written by zhunsheng broker --mosquitto
per_listener_settings false
listener {port} {host}
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server.key
require_certificate true
use_identity_as_username true
# a session belongs to its certificate: nobody takes over that of another by its client id
use_username_as_clientid true
allow_anonymous false
acl_file {folder}/acl
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes false
persistent_client_expiration 7d
# Mosquitto drops what goes beyond these without a word; the senders keep it, so that it comes once more
max_queued_messages 0
max_queued_bytes 0
# as many as the site's consumer says that it takes before it acknowledges the first
max_inflight_messages {inflight}
# beyond 64 KB a message goes to the quarantine; beyond twice that it is none
message_size_limit {size}
"""
#: Where a list of certificates that hold no more lies in the folder, Mosquitto reads it as it starts.
REVOKED = """# certificates that were taken back; openssl ca -gencrl writes the list
crlfile {folder}/crl.pem
"""


def write(folder: Path, gateway: str, port: int = 8883, host: str = "0.0.0.0") -> Path:  # noqa: S104
    """Write configuration and access list into a folder that holds ca.pem, server.pem and server.key; return the first.

    ``gateway`` is the name in the certificate of the site's consumer. What a ``crl.pem`` there lists is refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "acl").write_text(ACL.format(gateway=gateway), "utf-8")
    conf = folder / "mosquitto.conf"
    text = CONF.format(folder=folder, port=port, host=host, inflight=RECEIVE_MAXIMUM, size=2 * wire.MOST_BYTES)
    if (folder / "crl.pem").exists():
        text = text.replace("require_certificate true\n", "require_certificate true\n" + REVOKED.format(folder=folder))
    conf.write_text(text, "utf-8")
    return conf
