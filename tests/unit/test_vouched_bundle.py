"""What witnesses and authorities said goes with a bundle; its verify.py holds a witness's word against the events."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from backend.audit import auditor
from backend.audit.ledger.notes import COSIGNATURE, Checkpoint, SigningKey, VerifierKey, parse_note, sign_note
from backend.control.service import Service

WITNESS = SigningKey.make("witness.example", COSIGNATURE)
TIME = 1_790_000_000


@pytest.fixture
def bundle(workspace, tmp_path):
    """A bundle whose first of two checkpoints is cosigned, and the note of that one."""
    service = Service.open(workspace.root, start_supervisor=False)
    service.store.write(lambda tx: tx.log("noted", {}, actor="local"))
    path = service.trail.checkpoint()["path"]
    note = parse_note(Path(path).read_bytes())
    cosign(path, note.text, note)
    service.store.write(lambda tx: tx.log("noted", {}, actor="local"))
    service.trail.export(tmp_path / "bundle.zip")
    yield service, path, note, tmp_path / "bundle.zip"
    service.close()


def cosign(path, text, note, key=WITNESS):
    Path(path).with_suffix(".cosigned").write_text(str(note) + key.cosign(text, TIME).line())


def test_the_witness_is_asked_for_and_found(bundle, tmp_path):
    *_, path = bundle
    said = auditor.check(path, witness=str(WITNESS.verifier))
    assert said["cosigned"] == (2, TIME)
    assert auditor.check(path)["cosigned"] is None
    with zipfile.ZipFile(path) as opened:
        opened.extractall(tmp_path / "away")
    words = [
        sys.executable,
        "-I",
        "-S",
        "verify.py",
        str(path),
        "--witness",
        str(WITNESS.verifier),
    ]  # no packages at all
    told = subprocess.run(words, cwd=tmp_path / "away", capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    assert "the witness cosigned the first 2 of 4 events at 2026-09-21T14:13:20Z" in told.stdout
    assert "the Ed25519 in this file" in told.stdout


def test_another_witness_did_not(bundle):
    *_, path = bundle
    with pytest.raises(auditor.Bad, match="no checkpoint is cosigned by the witness"):
        auditor.check(path, witness=str(SigningKey.make("witness.example", COSIGNATURE).verifier))
    for key in ("nothing", str(VerifierKey(WITNESS.name, WITNESS.verifier.public))):
        with pytest.raises(auditor.Usage, match="--witness: key"):
            auditor.check(path, witness=key)


def test_a_cosignature_over_another_history_or_a_wrong_one_is_damage(bundle, tmp_path):
    service, file, note, _ = bundle
    checkpoint = Checkpoint.parse(note.text)
    other = Checkpoint(checkpoint.origin, checkpoint.size, bytes(32)).text()
    for text, signed, what in ((other, other, "another history"), (note.text, other, "does not hold")):
        cosign(file, signed, sign_note(text))
        service.trail.export(tmp_path / "damaged.zip")
        with pytest.raises(auditor.Bad, match=what):
            auditor.check(tmp_path / "damaged.zip", witness=str(WITNESS.verifier))
