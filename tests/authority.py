"""A real timestamp authority (RFC 3161) on localhost, for tests: its own CA, DER over HTTP, signed tokens."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper


class Authority:
    """Serves while the `with` block lasts. `ca`: PEM of its root; `time`: of its clock; `seen`: queries."""

    def __init__(self) -> None:
        root_key, root = _certificate("Test CA", None)
        key, certificate = _certificate("Test TSA", (root_key, root))
        self.ca = root.public_bytes(Encoding.PEM)
        self.time: datetime | None = None
        self.status = 200
        self.refuses = False
        self.tamper = lambda answer: answer
        self.seen: list[bytes] = []
        self._key = keys.PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        self._certificate = asn1.Certificate.load(certificate.public_bytes(Encoding.DER))

    def answer(self, query: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq, both DER."""
        if self.refuses:
            info = tsp.PKIStatusInfo({"status": "rejection", "status_string": ["no more\x1b[2J today"]}).dump()
            return b"\x30" + bytes([len(info)]) + info  # a TimeStampResp without a token, section 2.4.2
        stamper = DummyTimeStamper(self._certificate, self._key, fixed_dt=self.time or datetime.now(UTC))
        return self.tamper(stamper.request_tsa_response(tsp.TimeStampReq.load(query)).dump())

    def __enter__(self) -> Authority:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.seen.append(query)
                assert self.headers["Content-Type"] == "application/timestamp-query"
                self.send_response(authority.status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(authority.answer(query))

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsr"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _certificate(
    name: str, issuer: tuple[rsa.RSAPrivateKey, x509.Certificate] | None
) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A root when `issuer` is None, else a certificate for time stamping alone (RFC 3161, section 2.3)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=3650)
    builder = x509.CertificateBuilder(
        issuer[1].subject if issuer else subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        start,
        start + timedelta(days=7300),
    ).add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    if issuer:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())
