"""Signed notes, checkpoints, cosignatures and the key file."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.audit.ledger import keys
from backend.audit.ledger.keys import LedgerKey, rotation_note, successor
from backend.audit.ledger.notes import (
    COSIGNATURE,
    BadNote,
    Checkpoint,
    SigningKey,
    VerifierKey,
    cosigned_at,
    opened,
    parse_note,
    sign_note,
)
from backend.workspace.layout import BadInput

# The example key and note of the Go package that the format comes from (golang.org/x/mod/sumdb/note).
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
KEY = SigningKey.make("ssl-workbench/test")
CHECKPOINT = Checkpoint("ssl-workbench/test", 1234, bytes(range(32)))


def test_the_published_note_verifies():
    note = parse_note(GO_NOTE)
    assert opened(note, [VerifierKey.parse(GO_KEY)]) == [VerifierKey.parse(GO_KEY)]
    assert str(note) == GO_NOTE


def test_a_checkpoint_signed_and_read_back():
    note = parse_note(str(sign_note(CHECKPOINT.text(), KEY)))
    assert opened(note, [KEY.verifier])
    assert Checkpoint.parse(note.text) == CHECKPOINT


@given(st.integers(0, 10**6), st.integers(1, 127))
def test_no_changed_byte_is_accepted(place, flip):
    raw = bytearray(str(sign_note(CHECKPOINT.text(), KEY)).encode())
    raw[place % len(raw)] ^= flip
    with pytest.raises(BadNote):
        opened(parse_note(bytes(raw)), [KEY.verifier])


def test_a_cosignature_covers_its_time():
    witness = SigningKey.make("witness.example/w", COSIGNATURE)
    note = sign_note(CHECKPOINT.text(), KEY)
    signature = witness.cosign(note.text, 1_700_000_000)
    both = parse_note(str(note) + signature.line())
    assert {k.name for k in opened(both, [KEY.verifier, witness.verifier])} == {KEY.name, witness.name}
    assert cosigned_at(both.signatures[1]) == 1_700_000_000
    later = (1_700_000_001).to_bytes(8, "big") + signature.payload[8:]
    assert not witness.verifier.verifies(note.text, type(signature)(witness.name, signature.key_hash, later))


@pytest.mark.parametrize("key", [KEY, SigningKey.make("w", COSIGNATURE)])
def test_keys_survive_their_text(key):
    assert SigningKey.parse(key.secret_text()) == key
    assert VerifierKey.parse(str(key.verifier)) == key.verifier
    assert key.secret_text().split("+")[-1] not in repr(key)


@pytest.mark.parametrize(
    "text", ["", "a+b", "name+00000000+AAAA", GO_KEY.replace("c74f20a3", "c74f20a4"), GO_KEY.replace("Peter", "Pe ter")]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(BadNote, match="expected"):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "o\n1\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n01\n" + "A" * 43 + "=\n",
        "o\n1\nAAAA\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 43 + "=",
        "o\n1\n" + "A" * 42 + "B=\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def test_the_key_is_made_once_and_only_for_its_owner(tmp_path):
    place = LedgerKey(tmp_path, {})
    assert place.read() is None
    made = place.read_or_make()
    assert (place.read(), place.path.stat().st_mode & 0o777) == (made, 0o600)
    assert made.name.startswith(keys.PREFIX)
    place.path.chmod(0o640)
    with pytest.raises(BadInput, match="found mode 640"):
        place.read()


def test_the_key_may_come_from_elsewhere(tmp_path):
    assert LedgerKey(tmp_path, {keys.VARIABLE: KEY.secret_text()}).read_or_make() == KEY
    file = tmp_path / "k"
    file.write_text(KEY.secret_text())
    file.chmod(0o600)
    assert LedgerKey(tmp_path, {keys.FILE_VARIABLE: str(file)}).read_or_make() == KEY
    assert os.listdir(tmp_path) == ["k"]
    with pytest.raises(BadInput, match=r"WORKBENCH_LEDGER_KEY: signing key: expected"):
        LedgerKey(tmp_path, {keys.VARIABLE: "secret"}).read()
    with pytest.raises(BadInput, match="found one in the environment"):
        LedgerKey(tmp_path, {keys.VARIABLE: KEY.secret_text()}).prepare()


@pytest.mark.parametrize("logged", [True, False])
def test_an_exchange_that_was_cut_short_is_finished_or_dropped(tmp_path, logged):
    place = LedgerKey(tmp_path, {})
    old = place.read_or_make()
    new = place.prepare()
    place.settle(new.verifier if logged else old.verifier)
    assert place.read() == (new if logged else old)
    assert new.name == old.name
    assert os.listdir(tmp_path) == [keys.FILE]


def test_only_the_old_key_names_its_successor():
    new = SigningKey.make(KEY.name)
    assert successor(rotation_note(KEY, new.verifier), KEY.verifier) == new.verifier
    with pytest.raises(BadNote):
        successor(rotation_note(new, new.verifier), KEY.verifier)
    with pytest.raises(BadNote, match="expected a key of"):
        successor(rotation_note(KEY, SigningKey.make("other").verifier), KEY.verifier)
    with pytest.raises(BadNote, match="its title"):
        successor(str(sign_note(CHECKPOINT.text(), KEY)), KEY.verifier)
