"""The signer never signs what does not go on from what was signed, whoever takes what away; and no crash stops it."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from backend.audit.ledger.keys import FILE, FILE_VARIABLE, new_key
from backend.control.record.readonly import look
from backend.control.service import Service
from backend.workspace.layout import BadInput
from tests.fixtures import unpacked
from tests.signing import kinds, log, made, notes, opened, seals
from tests.tampering.hand import Hand


@pytest.fixture
def root(tmp_path) -> Path:
    return tmp_path / "ws"


def refuses(root: Path, words: str, capsys) -> None:
    """Opened with its key, more is logged: an alarm, no seal, no checkpoint, neither when asked for nor at the end."""
    before = notes(root)
    with opened(root) as service:
        held = seals(service)
        log(service)
        assert seals(service) == held
        with pytest.raises(BadInput, match=words):
            service.trail.checkpoint()
    assert notes(root) == before
    assert capsys.readouterr().err.startswith("ALARM ")
    assert kinds(root), "and it is found as well"


# What is not signed


def test_what_was_appended_without_the_key_is_never_signed(root, capsys):
    hand = made(root)
    hand.append({"kind": "user.role", "actor": "ada", "body": {"name": "simon", "role": "reviewer"}})
    assert "unsigned" in kinds(root)
    refuses(root, "bears no seal", capsys)


def test_a_rewritten_history_is_never_signed_though_every_checkpoint_was_deleted(root, capsys):
    hand = made(root)
    hand.change(hand.leaves()[1], body='{"n":7}')
    hand.sql("DELETE FROM checkpoints")
    shutil.rmtree(root / "checkpoints")
    refuses(root, "bears no seal", capsys)


def test_edited_bodies_under_a_root_that_was_signed_are_never_signed(root, capsys):
    """Nothing but the body of a leaf was changed: hashes, roots, seals are those of before."""
    made(root).sql("UPDATE ledger SET body = '{\"n\":7}' WHERE leaf = 1")
    with opened(root) as service:
        log(service)
        with pytest.raises(BadInput, match="expected the history that was signed over 4 leaves"):
            service.trail.checkpoint()
    assert "edited" in kinds(root)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """The key's folder, which whoever holds the workspace does not have."""
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "safe" / "ledger.key"))
    return tmp_path / "safe"


def tail_cut(root: Path) -> None:
    hand = Hand(root, {})
    hand.rewrite(hand.leaves()[:5])
    for table in ("checkpoints", "seals"):
        hand.sql(f"DELETE FROM {table} WHERE size > 5")
    for path in root.rglob("*.note"):
        if int(path.stem) > 5:
            path.unlink()


def put_back(root: Path) -> None:
    shutil.rmtree(root)
    shutil.copytree(root.with_name("old"), root)


def begun_anew(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file() and path.name != "token":
            path.unlink()
    Service.open(root, start_supervisor=False).close()


@pytest.mark.parametrize("change", [tail_cut, put_back, begun_anew])
def test_with_the_key_elsewhere_no_older_state_is_taken_for_the_newest(root, elsewhere, change, capsys):
    made(root, 1)
    shutil.copytree(root, root.with_name("old"))
    made(root, 1)
    assert kinds(root) == set()
    assert sorted(path.name for path in elsewhere.iterdir()) == [FILE, "ledger.key.sealed", "ledger.key.signed"]
    change(root)
    assert "rolled back" in kinds(root)
    refuses(root, "expected at least the", capsys)


def test_with_the_key_elsewhere_not_even_the_last_commit_can_be_taken_back(root, elsewhere):
    """What no checkpoint covers yet; the write-ahead log deleted, or what it held cut off."""
    with opened(root) as service:
        log(service)
        service.trail.checkpoint()
        shutil.copytree(root, root.with_name("old"))
        log(service, 1)
        shutil.copytree(root, root.with_name("crashed"))
        assert kinds(root.with_name("crashed")) == set()
        assert kinds(root.with_name("old")) == {"rolled back"}
        (root.with_name("crashed") / "workbench.duckdb.wal").unlink()
        assert kinds(root.with_name("crashed")) == {"rolled back"}


def test_what_was_signed_lies_in_the_databases_file(root):
    with opened(root) as service:
        log(service)
        size = service.trail.checkpoint()["size"]
        shutil.copytree(root, root.with_name("cut"))
    (root.with_name("cut") / "workbench.duckdb.wal").unlink(missing_ok=True)
    with closing(look(root.with_name("cut"))) as cut:
        assert cut.store.size > size
        assert cut.verify()["findings"] == []


def test_one_key_speaks_for_one_ledger(root, elsewhere, capsys):
    made(root)
    other = root.with_name("other")
    with opened(other) as service:
        log(service)
    assert "nothing is signed from here on" in capsys.readouterr().err
    assert "rolled back" in kinds(other)


@pytest.mark.parametrize("ending", [".signed", ".sealed"])
@pytest.mark.parametrize("payload", [b"", b"nothing", None])
def test_what_is_kept_beside_the_key_must_be_whole(root, ending, payload, capsys):
    made(root)
    path = root / f"ledger.key{ending}"
    if payload is None:
        key = new_key()
        path.write_text(path.read_text().replace(path.read_text().split("\n")[-2], f"— {key.name} AAAAAAAA"))
    else:
        path.write_bytes(payload)
    assert kinds(root) == {"checkpoint"}
    refuses(root, "expected", capsys)


def test_a_key_that_forgot_what_it_signed_is_found(root):
    made(root)
    (root / "ledger.key.signed").unlink()
    assert kinds(root) == {"checkpoint"}
    with opened(root) as service:
        log(service)
    assert kinds(root) == set(), "the next signature is remembered"


# What a crash leaves


@pytest.mark.parametrize("after", ["state", "file"])
def test_a_checkpoint_that_was_signed_and_not_logged_is_logged_next(root, after, monkeypatch):
    """Killed as soon as it was kept beside the key, or in its folder as well."""
    with opened(root) as service:
        log(service)
        signer, stopped = service.trail.signer, KeyboardInterrupt
        with monkeypatch.context() as patch:
            where = (signer._kept, "write") if after == "state" else (service.store, "write")
            service.trail.signer._speaking()  # what it writes itself comes before

            def stop(*_):
                raise stopped

            patch.setattr(signer, "_speaking", lambda: signer._own())
            patch.setattr(*where, stop)
            with pytest.raises(stopped):
                signer.checkpoint()
        shutil.copytree(root, root.with_name("crashed"))
    crashed = root.with_name("crashed")
    (crashed / "owner.json").write_text('{"pid": 1, "started": 0, "port": null}')
    assert notes(crashed) == ([] if after == "state" else ["000000000004.note"])
    assert kinds(crashed) == set()
    with opened(crashed) as service:
        log(service)
        service.trail.checkpoint()
        assert [row["size"] for row in service.store.rows("SELECT size FROM checkpoints ORDER BY size")] == [4, 8]
    assert notes(crashed) == ["000000000004.note", "000000000008.note"]
    assert kinds(crashed) == set()


def test_who_signs_nothing_new_adds_nothing(root):
    made(root)
    before = notes(root)
    with opened(root) as service:
        size = service.store.size
        for _ in range(3):
            service.trail.sign()
            service.trail.checkpoint()
        assert service.store.size == size
    assert notes(root) == before


def test_a_place_for_the_state_that_cannot_be_written(root, elsewhere, monkeypatch):
    """A key on a read-only mount: what was signed is kept in the workspace then."""
    made(root)
    for path in elsewhere.glob("*.s*"):
        path.unlink()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != elsewhere and access(path, mode))
    with opened(root) as service:
        log(service)
    assert sorted(path.name for path in root.glob("ledger.key*")) == ["ledger.key.sealed", "ledger.key.signed"]
    assert kinds(root) == set()


# A ledger of the version before


def test_a_ledger_of_the_version_before_logs_all_its_checkpoints_before_it_signs_another(tmp_path):
    root = unpacked(tmp_path / "ws")
    before = notes(root)
    with opened(root) as service:
        assert service.verify()["findings"] == []
        log(service)
        assert service.verify()["findings"] == []
        service.trail.checkpoint()
        told = (
            [event["body"] for event in service.events(None)]
            if False
            else service.store.rows("SELECT body FROM ledger WHERE kind = 'checkpoint.signed' ORDER BY leaf")
        )
        assert len(told) == len(before) + 1
        assert service.verify()["findings"] == []
    next((root / "checkpoints").glob("*/*.note")).unlink()
    assert kinds(root) == {"checkpoint"}


def test_what_was_appended_to_it_before_it_is_upgraded_is_said_to_be_unsigned(tmp_path):
    """Nothing tells it from what a crash of that version left; a process that ended properly leaves nothing."""
    root = unpacked(tmp_path / "ws")
    Hand(root, {}).append({"kind": "noted", "actor": "anna"})
    with closing(look(root)) as service:
        report = service.verify()
    assert [finding["kind"] for finding in report["findings"]] == ["unsigned"]
    assert report["events"] - report["signed"] == 1
    (root / "owner.json").write_text('{"pid": 1, "started": 0, "port": null}')
    assert kinds(root) == set()


def test_a_database_of_a_newer_version_is_refused(root):
    made(root)
    with duckdb.connect(str(root / "workbench.duckdb")) as connection:
        connection.execute("INSERT INTO migrations VALUES ('9999_future.sql')")
    with pytest.raises(BadInput, match="9999_future"), opened(root):
        pass
