"""Where a webhook may lead, and the call itself. A site must not be talked into calling what stands behind its wall.

Only public addresses are called, over TLS; a name is resolved once, every address it gives is looked at, and the call
goes to the very address that was looked at, so that a name cannot change in between. Redirects are not followed. A
site may name hosts of its own network in ZHUNSHENG_WEBHOOK_HOSTS: those it calls as they are.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from zhunsheng.evidence.http import cut
from zhunsheng.kernel.errors import Problem

#: Seconds of a whole call, however slowly an answer comes.
SECONDS = 10
#: Addresses that carry another one inside them, by which a private address would look public.
TUNNELS = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart."""

    is_tls: bool
    host: str
    port: int
    path: str

    @property
    def named(self) -> bool:
        """Whether the site has named this host as one of its own network."""
        return self.host in settings.WEBHOOK_HOSTS


def target_of(address: str) -> Target:
    """Take an address apart. Raises Problem ZS956 for what a site does not call, whatever it resolves to."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise Problem("ZS956", address=address[:80]) from error
    odd = not parts.hostname or parts.username is not None or parts.fragment or not address.isascii()
    if odd or any(sign <= " " for sign in address) or len(address) > 300:
        raise Problem("ZS956", address=address[:80])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_tls = parts.scheme == "https"
    found = Target(is_tls, parts.hostname, port or (443 if is_tls else 80), path)
    if not is_tls and not (parts.scheme == "http" and found.named):
        raise Problem("ZS956", address=address[:80])
    return found


def reached(target: Target) -> str:
    """Return the numeric address that is to be called. Raises Problem ZS956 unless all that a name gives are public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Problem("ZS956", address=target.host[:80]) from error
    addresses = [str(one[4][0]) for one in found]
    if not addresses or (not target.named and not all(is_public(one) for one in addresses)):
        raise Problem("ZS956", address=target.host[:80])
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether a numeric address is one of the open network."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(str(address.ipv4_mapped))
        if any(address in one for one in TUNNELS):
            return False
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def call(address: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a body to an address and return the answer's status. Raises Problem ZS956, OSError, HTTPException."""
    target = target_of(address)
    connection = _Pinned(target, reached(target))
    try:
        connection.request("POST", target.path, body, {**headers, "Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.late.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the name that was asked for."""

    def __init__(self, target: Target, numeric: str) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.target, self.numeric = target, numeric
        self.late = threading.Timer(SECONDS, lambda: cut(self.sock))

    def connect(self) -> None:
        """Connect to the numeric address; TLS checks the name. An answer that comes drop by drop is cut off."""
        self.sock = socket.create_connection((self.numeric, self.target.port), timeout=SECONDS)
        if self.target.is_tls:
            context, host = ssl.create_default_context(), self.target.host
            self.sock = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.late.start()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()
