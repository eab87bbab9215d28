"""A signature on a PDF (PAdES B-B, ETSI EN 319 142-1) with a certificate that the person gives (PKCS#12)."""

from __future__ import annotations

import io
from pathlib import Path

from backend.workspace.extras import need
from backend.workspace.layout import BadInput

CERTIFICATE_BYTES = 1 << 20


def sign(payload: bytes, certificate: Path, password: str) -> bytes:
    """The PDF with an invisible signature appended; what was there stays byte for byte. Raises BadInput."""
    need("pdf", "--sign")
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    signer = _signer(certificate, password)
    meta = signers.PdfSignatureMetadata(
        field_name="Signature", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
    )
    signed = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(payload)), meta, signer=signer)
    return signed.getvalue()


def _signer(certificate: Path, password: str):
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.sign.signers import SimpleSigner

    try:
        if certificate.stat().st_size > CERTIFICATE_BYTES:
            raise BadInput(f"--sign {certificate}: expected a PKCS#12 file of at most {CERTIFICATE_BYTES:,} bytes")
        content = certificate.read_bytes()
    except OSError as error:
        raise BadInput(f"--sign {certificate}: expected a file, found {error.strerror}") from None
    try:
        pkcs12.load_key_and_certificates(content, password.encode() or None)
    except ValueError:
        raise BadInput(f"--sign {certificate}: expected PKCS#12 and its password, found something else") from None
    found = SimpleSigner.load_pkcs12_data(content, (), password.encode() or None)
    if found is None:
        raise BadInput(f"--sign {certificate}: expected a key with its certificate, found none that can sign")
    return found
