"""An identity provider of one's own (OpenID Connect): whoever comes is signed in at once, under a given address."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "workbench", "client secret"


class Provider:
    """`email`: who sits at the browser that comes next. `ended`: how often somebody was signed out here."""

    def __init__(self, email: str):
        self.email, self.ended = email, 0
        self.key = RSAKey.generate_key(2048, {"kid": "1", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.address = ""

    def metadata(self) -> dict:
        ends = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "jwks_uri": "/keys",
            "end_session_endpoint": "/end",
        }
        return {"issuer": self.address, **{name: self.address + path for name, path in ends.items()}}

    def code(self, asked: dict[str, str]) -> str:
        code = secrets.token_hex(8)
        self.codes[code] = {"email": self.email, "nonce": asked["nonce"]}
        return code

    def token(self, code: str) -> dict:
        now, known = int(time.time()), self.codes.pop(code)
        claims = {"iss": self.address, "aud": CLIENT, "sub": known["email"], "iat": now, "exp": now + 300}
        told = jwt.encode({"alg": "RS256", "kid": "1"}, {**claims, **known, "email_verified": True}, self.key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": told}

    def secrets_toml(self) -> str:
        """What Streamlit is told of it."""
        told = {
            "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
            "cookie_secret": secrets.token_hex(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{self.address}/.well-known/openid-configuration",
        }
        return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in told.items())


@contextmanager
def provider(email: str) -> Iterator[Provider]:
    """A provider on a free port."""
    here = Provider(email)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            if path == "/authorize":
                self.lead(f"{asked['redirect_uri']}?{urlencode({'code': here.code(asked), 'state': asked['state']})}")
            elif path == "/end":
                here.ended += 1
                self.lead(asked["post_logout_redirect_uri"])
            else:
                self.tell({"keys": [here.key.as_dict(private=False)]} if path == "/keys" else here.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.tell(here.token(parse_qs(body)["code"][0]))

        def lead(self, to: str) -> None:
            self.send_response(302)
            self.send_header("Location", to)
            self.end_headers()

        def tell(self, answer: dict) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *told: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.address = f"http://127.0.0.1:{served.server_port}"
    threading.Thread(target=served.serve_forever, daemon=True).start()
    try:
        yield here
    finally:
        served.shutdown()
        served.server_close()
