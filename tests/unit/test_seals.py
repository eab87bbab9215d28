"""Every commit bears the log's signature, and is not made without the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.audit.ledger.keys import FILE_VARIABLE
from backend.audit.ledger.seals import read_note
from backend.workspace.layout import BadInput
from tests.signing import kinds, log, made, opened, seals


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "ws"


def test_every_commit_is_sealed_until_a_checkpoint_covers_it(root):
    with opened(root) as service:
        log(service)
        log(service, 1)
        assert seals(service) == [3, 4]
        service.trail.checkpoint()
        assert seals(service) == [6], "the commit that tells of the checkpoint"
        log(service, 1)
        assert seals(service) == [6, 7]
        kept = read_note("x", (root / "ledger.key.sealed").read_bytes())
        assert kept.checkpoint.size == 7
        report = service.verify()
        assert (report["ok"], report["signed"], report["sealed"]) == (True, 5, 7)


def test_a_new_key_seals_from_the_commit_on_that_names_it(root):
    with opened(root) as service:
        log(service)
        service.trail.rotate_key()
        log(service)
        assert service.verify()["ok"]
    with opened(root) as service:
        log(service)
        assert service.verify()["ok"]
        service.trail.rotate_key()
    assert kinds(root) == set()


def test_a_commit_that_fails_leaves_no_seal_and_no_trace_beside_the_key(root):
    with opened(root) as service:
        log(service)

        def fails(tx):
            tx.log("noted", {}, actor="anna")
            tx.flush()
            raise KeyError

        with pytest.raises(KeyError):
            service.store.write(fails)
        service.store.write(lambda tx: None)
        assert read_note("x", (root / "ledger.key.sealed").read_bytes()).checkpoint.size == 3
        assert service.verify()["ok"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seals SET signature = 'x'::BLOB",
        "UPDATE seals SET size = size - 1",
        "INSERT INTO seals SELECT * FROM seals",
        "DELETE FROM seals",
    ],
)
def test_a_seal_that_was_touched_is_found(root, statement):
    made(root).sql(statement)
    assert kinds(root) == {"unsigned"}


def test_the_key_is_needed_for_every_commit(root, monkeypatch):
    """Without it a commit would look like one of somebody who has none."""
    made(root)
    monkeypatch.setenv(FILE_VARIABLE, str(root.parent / "elsewhere.key"))
    with opened(root) as service:
        with pytest.raises(BadInput, match=r"expected the key that the ledger names, .* found none"):
            log(service)
        with pytest.raises(BadInput, match="found none"):
            service.trail.checkpoint()
    assert not (root.parent / "elsewhere.key").exists(), "no other key is made in its place"
    monkeypatch.delenv(FILE_VARIABLE)
    with opened(root) as service:
        log(service)
    assert kinds(root) == set()
