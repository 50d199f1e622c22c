"""A sign-in provider on loopback that a test can make lie, fail, drip or flood. It keeps to the protocol otherwise."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

CLIENT, SECRET = "handoff-page", "a secret/with+signs"
RSA = RSAKey.generate_key(2048, parameters={"kid": "one"})
RSA_NEXT = RSAKey.generate_key(2048, parameters={"kid": "two"})
EC = ECKey.generate_key("P-256", parameters={"kid": "curve"})

Answer = tuple[int, bytes]


@dataclass
class Provider:
    """`answers`: path -> what is said there instead; `claims`: what differs in a token (None: left out)."""

    now: Callable[[], datetime]
    email: str = "priya.nair@example.com"
    keys: list[Key] = field(default_factory=lambda: [RSA])
    key: Key = field(default_factory=lambda: RSA)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    token: Callable[[dict[str, Any]], str] | None = None
    drip: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    issuer: str = ""

    def allow(self, address: str) -> dict[str, str]:
        """Somebody signs in at the address they were sent to: what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, body: bytes, headers: Any) -> Answer:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps(self._document()).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()
        if path == "/token":
            return self._exchange({name: values[0] for name, values in parse_qs(body.decode()).items()}, headers)
        return 404, b"{}"

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.document,
        }

    def _exchange(self, fields: dict[str, str], headers: Any) -> Answer:
        asked = self.codes.pop(fields["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).rstrip(b"=")
        if asked is None or asked["code_challenge"] != challenge.decode() or asked["code_challenge_method"] != "S256":
            return 400, b'{"error": "invalid_grant"}'
        basic = base64.b64encode(b"handoff-page:a+secret%2Fwith%2Bsigns").decode()
        if headers["authorization"] != f"Basic {basic}" or asked["redirect_uri"] != fields["redirect_uri"]:
            return 401, b'{"error": "invalid_client"}'
        at = int(self.now().timestamp())
        stated = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "exp": at + 300, "iat": at, "nonce": asked["nonce"]}
        claims = {**stated, "email": self.email, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        make = self.token or (lambda claims: jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]]))
        return 200, json.dumps({"access_token": "x", "token_type": "Bearer", "id_token": make(claims)}).encode()


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider on a port of its own, until the block ends."""

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = provider.answer(
                self.path, self.rfile.read(int(self.headers.get("content-length", 0))), self.headers
            )
            self.send_response(status)
            if status == 302:
                self.send_header("location", body.decode())
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                if provider.drip:
                    for n in range(len(body)):
                        self.wfile.write(body[n : n + 1])
                        self.wfile.flush()
                        time.sleep(0.05)
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the page has read enough

        do_POST = do_GET  # noqa: N815 - named by the server

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
