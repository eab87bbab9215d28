"""Timestamps of checkpoints by an authority of one's choice (RFC 3161): the checkpoint existed at that time.

What is stamped is the SHA-256 of the checkpoint file, the log's signature included. The whole answer (a DER
TimeStampResp) is kept as CHECKPOINT.tsr beside it, where `openssl ts -verify` reads it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...workspace.layout import BadInput
from .http_post import one_line, post

if TYPE_CHECKING:
    from cryptography import x509

MEDIA = "application/timestamp-query"
ANSWER = "application/timestamp-reply"


class NotStamped(Exception):
    """An answer that is no valid timestamp of this message by this authority: one line that says why."""


def authority_certificates(path: str | Path) -> list[x509.Certificate]:
    """The certificates of a PEM file, all of them trusted. Raises BadInput for a file that holds none."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: expected a PEM file of certificates, found: {error.strerror}") from None
    except ValueError as error:
        raise BadInput(f"{path}: expected PEM certificates, found: {error}") from None


def stamp(message: bytes, url: str, trusted: Iterable[x509.Certificate]) -> tuple[bytes, datetime]:
    """Have `message` stamped: (the answer in DER, the time in it, UTC).

    Raises Unreachable when nobody answers and NotStamped when the answer is refused or does not hold.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    query = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = post(url, query.as_bytes(), MEDIA)
    media = reply.media.partition(";")[0].strip().lower()
    if reply.status != 200 or media != ANSWER:
        raise NotStamped(
            f"{url}: expected 200 and {ANSWER}, found {reply.status} and {one_line(media, 60) or 'no type'}"
        )
    return reply.body, check(reply.body, message, trusted, query.nonce)


def check(answer: bytes, message: bytes, trusted: Iterable[x509.Certificate], nonce: int | None = None) -> datetime:
    """The time (UTC) that `answer` vouches for, once its chain, its purpose and its digest hold for `message`.

    The chain is judged at the time of the stamp, so a token outlives its certificate. Raises NotStamped.
    """
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    from rfc3161_client.tsp import PKIStatus

    try:
        response = decode_timestamp_response(answer)
        if response.status != PKIStatus.GRANTED:
            raise NotStamped(f"timestamp: expected granted, found {_refusal(response)}")
        verifier = VerifierBuilder(roots=list(trusted), nonce=nonce).build()
        verifier.verify_message(response, message)
        return response.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        raise NotStamped(
            f"timestamp: expected one of this checkpoint by the configured authority, found: {error}"
        ) from None


def _refusal(response: Any) -> str:
    from rfc3161_client.tsp import PKIStatus

    named = {status.value: status.name.lower() for status in PKIStatus}
    words = one_line(" ".join(response.status_string or []))
    return named.get(response.status, f"status {response.status}") + (f": {words}" if words else "")
