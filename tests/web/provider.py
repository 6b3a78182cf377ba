"""A small OpenID provider on 127.0.0.1 for the tests: description, keys, tokens; it can be made to err in each way."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "zhunsheng", "hush"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """``who`` is logged in there; ``change`` edits the claims, ``faults`` names what goes wrong."""

    def __init__(self):
        self.who, self.change, self.faults, self.codes = {}, {}, set(), {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def authorise(self, query):
        """Do what the provider's own pages do: return the code for the one who is logged in there."""
        given = {name: values[0] for name, values in parse_qs(query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = given
        return code, given

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def description(self):
        return {
            "issuer": "https://elsewhere.example" if "issuer" in self.faults else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": "http://192.0.2.1/token" if "plain" in self.faults else f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self):
        told = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [{**told, "kid": "2" if "renamed" in self.faults else "1", "use": "sig", "alg": "RS256"}]}

    def token(self, form):
        asked = self.codes.pop(form["code"])
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        assert proof == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"], **self.who}
        if "max_age" in asked:  # OpenID Connect Core 1.0, section 2: then the time of the proof is told
            claims["auth_time"] = now - (86_400 if "silent" in self.faults else 0)
        claims = {name: value for name, value in {**claims, **self.change}.items() if value is not None}
        if "none" in self.faults:
            return {"id_token": jwt.encode(claims, "", algorithm="none")}
        if "shared" in self.faults:
            return {"id_token": jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "1"})}
        key = OTHER if "key" in self.faults else KEY
        return {"id_token": jwt.encode(claims, key, algorithm="RS256", headers={"kid": "1"})}

    def _handler(provider):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                known = {"/.well-known/openid-configuration": provider.description, "/keys": provider.keys}
                self.tell(known[self.path]())

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.tell(provider.token({name: values[0] for name, values in form.items()}))

            def tell(self, data):
                if "moved" in provider.faults and self.path == "/token":
                    self.send_response(302)
                    self.send_header("Location", f"{provider.issuer}/keys")
                    return self.end_headers()
                if "broken" in provider.faults:
                    return self.wfile.write(b"no HTTP at all\r\n\r\n")
                text = (
                    b"[" * 100_000
                    if "endless" in provider.faults
                    else b"not json"
                    if "garbled" in provider.faults
                    else json.dumps(data).encode()
                )
                self.send_response(500 if "down" in provider.faults else 200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                return self.wfile.write(text)

            def log_message(self, *_args):
                pass

        return Handler
