"""RFC 3161 timestamps against an authority on localhost that speaks the real protocol."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from backend.audit.witness import timestamps
from backend.audit.witness.http_post import Unreachable
from backend.audit.witness.timestamps import NotStamped
from backend.workspace.layout import BadInput
from tests.authority import Authority

NOTE = "log.example\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— log.example c2ln\n".encode()


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with Authority() as running:
        yield running


@pytest.fixture
def trusted(authority: Authority, tmp_path) -> list[x509.Certificate]:
    (tmp_path / "ca.pem").write_bytes(authority.ca)
    return timestamps.authority_certificates(tmp_path / "ca.pem")


def test_a_stamp_says_when_and_checks_again_from_the_file(authority, trusted):
    answer, time = timestamps.stamp(NOTE, authority.url, trusted)
    assert abs(time - datetime.now(UTC)) < timedelta(seconds=60)
    assert timestamps.check(answer, NOTE, trusted) == time


def test_a_stamp_holds_for_its_bytes_alone(authority, trusted):
    answer, _ = timestamps.stamp(NOTE, authority.url, trusted)
    with pytest.raises(NotStamped, match="Mismatch"):
        timestamps.check(answer, NOTE.replace(b"\n3\n", b"\n4\n"), trusted)


def test_every_flipped_byte_of_what_is_signed_is_found(authority, trusted):
    answer, time = timestamps.stamp(NOTE, authority.url, trusted)
    start = answer.index(time.strftime("%Y%m%d%H%M%S").encode())
    for position in (*range(start, start + 14), len(answer) - 1, len(answer) - 200):
        broken = bytearray(answer)
        broken[position] ^= 1
        with pytest.raises(NotStamped):
            timestamps.check(bytes(broken), NOTE, trusted)


def test_the_stamp_of_another_authority_is_refused(authority, trusted):
    with Authority() as other, pytest.raises(NotStamped):
        timestamps.stamp(NOTE, other.url, trusted)


def test_an_answer_to_an_earlier_question_is_refused(authority, trusted, monkeypatch):
    earlier, _ = timestamps.stamp(NOTE, authority.url, trusted)
    monkeypatch.setattr(authority, "tamper", lambda answer: earlier)
    with pytest.raises(NotStamped, match="Nonce"):
        timestamps.stamp(NOTE, authority.url, trusted)


def test_a_refusal_is_one_line_with_its_reason(authority, trusted, monkeypatch):
    monkeypatch.setattr(authority, "refuses", True)
    with pytest.raises(NotStamped, match=r"found rejection: no more\?\[2J today$"):
        timestamps.stamp(NOTE, authority.url, trusted)


@pytest.mark.parametrize("body", [b"", b"\x30", b"not der at all", b"\x30\x80" * 500])
def test_what_is_no_answer_is_refused(authority, trusted, monkeypatch, body):
    monkeypatch.setattr(authority, "tamper", lambda answer: body)
    with pytest.raises(NotStamped):
        timestamps.stamp(NOTE, authority.url, trusted)


def test_an_error_and_too_long_an_answer(authority, trusted, monkeypatch):
    monkeypatch.setattr(authority, "tamper", lambda answer: bytes(70_000))
    with pytest.raises(Unreachable, match="at most"):
        timestamps.stamp(NOTE, authority.url, trusted)
    monkeypatch.setattr(authority, "status", 503)
    monkeypatch.setattr(authority, "tamper", lambda answer: b"")
    with pytest.raises(NotStamped, match="503"):
        timestamps.stamp(NOTE, authority.url, trusted)


def test_nobody_there_is_one_line(trusted):
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        timestamps.stamp(NOTE, "http://127.0.0.1:9/tsr", trusted)


def test_a_file_without_certificates_is_one_line(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "gone.pem"):
        with pytest.raises(BadInput, match=name):
            timestamps.authority_certificates(tmp_path / name)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_agrees(authority, trusted, tmp_path):
    (tmp_path / "note").write_bytes(NOTE)
    (tmp_path / "token").write_bytes(timestamps.stamp(NOTE, authority.url, trusted)[0])
    command = ["openssl", "ts", "-verify", "-in", "token", "-data", "note", "-CAfile", "ca.pem"]
    assert "Verification: OK" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
