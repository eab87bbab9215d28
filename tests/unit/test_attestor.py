"""What is asked of others after a checkpoint, what is kept of their answers, and what verification makes of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.audit import auditor
from backend.audit.ledger.notes import Checkpoint, SigningKey, parse_note, sign_note
from backend.audit.witness.settings import RecordSettings
from backend.audit.witness.witness import Witness
from backend.control.record.attestor import Attestor
from backend.control.record.store import Store
from backend.control.record.trail import Trail
from backend.control.service import Service
from tests.authority import Authority
from tests.witnessing import Serving


class Bench:
    """A workspace's record with the witness `witness.example` beside it, served or not."""

    def __init__(self, workspace, folder: Path):
        self.workspace, self.folder = workspace, folder
        self.open()
        self.log(5)
        self.trail.checkpoint()
        self.key = SigningKey.parse((workspace.root / "ledger.key").read_text())
        self.witness = Witness(folder / "witness", [self.key.verifier], "witness.example")

    def open(self) -> None:
        self.store = Store(self.workspace.database)
        self.trail = Trail(self.store, self.workspace)

    def close(self) -> None:
        self.store.close()

    def log(self, count: int) -> None:
        self.store.write(lambda tx: [tx.log("noted", {"n": n}, actor="local") for n in range(count)] and None)

    def settings(self, url: str, **more) -> RecordSettings:
        witness = {"url": url, "key": str(self.witness.key.verifier)}
        return RecordSettings.model_validate({"witnesses": [witness], **more})

    def attestor(self, url: str, **more) -> Attestor:
        return Attestor(self.trail, self.settings(url, **more))

    def events(self, kind: str) -> list[dict]:
        return self.store.rows("SELECT leaf, body, actor FROM ledger WHERE kind = ? ORDER BY leaf", [kind])

    def kept(self, ending: str) -> list[Path]:
        return sorted(self.trail.kept.folder.glob(f"*/*{ending}"))

    def verify(self) -> list[tuple[str, str]]:
        return [(finding["kind"], finding["line"]) for finding in self.trail.verify()["findings"]]


@pytest.fixture
def bench(workspace, tmp_path, monkeypatch):
    monkeypatch.delenv("WORKBENCH_CHECKPOINTS", raising=False)
    made = Bench(workspace, tmp_path)
    yield made
    made.close()


NOBODY = "http://127.0.0.1:9"


def test_nothing_is_asked_of_anyone_unless_configured(bench):
    attestor = Attestor(bench.trail, RecordSettings())
    attestor.start()
    assert attestor.turn() == []
    assert (attestor.status(), bench.kept(".cosigned"), bench.verify()) == ([], [], [])
    attestor.close()


def test_a_checkpoint_is_cosigned_once_and_kept(bench):
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        for _ in range(3):
            (outcome,) = attestor.turn()
            assert (outcome.state, outcome.size) == ("vouched", 6)  # five and the key's own event
        (file,) = bench.kept(".cosigned")
        note = parse_note(file.read_bytes())
        assert note.signed_by(bench.key.verifier)
        assert note.signed_by(bench.witness.key.verifier)
        (event,) = bench.events("checkpoint.witnessed")
        assert '"witness":"witness.example"' in event["body"]
        bench.log(9)
        bench.trail.checkpoint()
        attestor.turn()
        assert [parse_note(f.read_bytes()).text.split("\n")[1] for f in bench.kept(".cosigned")] == ["6", "17"]
        assert bench.verify() == []
    (said,) = bench.trail.tree()["vouched"]
    assert said["line"].startswith("witness witness.example vouched for 17 leaves at 2")


def test_a_bundle_is_cosigned_up_to_its_end(bench):
    with Serving(bench.witness) as url:
        bench.attestor(url)
        bench.log(1)
        size = bench.trail.export(bench.folder / "bundle.zip")["size"]
    said = auditor.check(bench.folder / "bundle.zip", witness=str(bench.witness.key.verifier))
    assert (said["events"], said["cosigned"][0]) == (size, size)


def test_a_new_checkpoint_wakes_the_thread(bench):
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        attestor.start()
        bench.log(1)
        bench.trail.checkpoint()
        _until(lambda: bench.witness.latest(bench.key.name)[0] >= 7)
        attestor.close()


def test_an_idle_log_is_not_kept_awake_by_what_is_said_of_it(bench):
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        attestor.turn()
        size = bench.store.size
        bench.trail.sign()  # what the clock does every few minutes
        attestor.turn()
        assert bench.store.size == size


def test_who_cannot_be_reached_stops_nothing_and_is_asked_again(bench, capsys):
    attestor = bench.attestor(NOBODY)
    for _ in range(3):
        (outcome,) = attestor.turn()
        assert (outcome.state, bench.verify()) == ("waiting", [])
    said = capsys.readouterr().err
    assert said.count("\n") == 1, "once an outage"
    assert "127.0.0.1:9" in said
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        assert attestor.turn()[0].state == "vouched"


def test_a_refusal_is_one_alarm_and_one_event(bench, capsys):
    forged = sign_note(Checkpoint(bench.key.name, 6, bytes(32)).text(), bench.key)
    assert bench.witness.add_checkpoint(f"old 0\n\n{forged}".encode()).status == 200
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        for _ in range(3):
            assert attestor.turn()[0].state == "refused"
        (event,) = bench.events("checkpoint.refused")
        assert event["actor"] == "server"
        alarm = f"ALARM {bench.workspace.root}: witness.example has cosigned another root over the same 6 leaves"
        assert capsys.readouterr().err.startswith(alarm)
        assert bench.kept(".cosigned") == []
        assert [kind for kind, _ in bench.verify()] == ["forked"]
        assert len(bench.events("checkpoint.refused")) == 1


def test_a_log_that_the_witness_was_not_told_of(bench):
    stranger = Witness(bench.folder / "other", [SigningKey.make("other.example").verifier])
    bench.witness = stranger
    with Serving(stranger) as url:
        bench.attestor(url)
        ((kind, line),) = bench.verify()
    assert (kind, "does not know this log" in line) == ("key", True)


# Tampering, with everything that the workspace holds in the hands of the one who tampers


def rewrite(bench: Bench, keep: int | None = None) -> None:
    """Every leaf from 2 anew, hashes, roots, seals and checkpoints with it, signed and logged with the stolen key."""
    kept = "SELECT time, actor, kind, body FROM ledger WHERE kind NOT LIKE 'checkpoint.%' ORDER BY leaf"
    rows = [row for row in bench.store.rows(kept) if row["kind"] != "key.created"][:keep]
    bench.close()
    for file in (*bench.kept(".note"), *bench.kept(".tsr"), *bench.workspace.root.glob("ledger.key.*")):
        file.unlink()
    bench.workspace.database.unlink()
    aside = [file.rename(bench.folder / f"{file.name}.aside") for file in bench.kept(".cosigned")]  # the signer looks
    folder = bench.trail.kept.folder / bench.key.name.split("/")[-1]
    bench.open()
    told = [(row, {"n": 3} if '"n":2' in row["body"] else json.loads(row["body"])) for row in rows]
    for row, body in told:
        bench.store.write(lambda tx, r=row, b=body: tx.log(r["kind"], b, actor=r["actor"], time=r["time"]))
    if keep is None:
        bench.log(8)  # as many as there were with what was logged of checkpoints
    bench.trail.checkpoint()
    for file in aside:
        file.rename(folder / file.name.removesuffix(".aside"))


def test_without_a_witness_a_stolen_key_rewrites_everything_unseen(bench):
    """The limit that docs/record.md states: inside of one machine there is nobody left to disagree."""
    bench.log(10)
    bench.trail.checkpoint()
    rewrite(bench)
    assert bench.verify() == []


@pytest.mark.parametrize("keep", [None, 14, 8], ids=["whole", "grown since", "shorter"])
@pytest.mark.parametrize("deleted", [False, True], ids=["cosigned kept", "cosigned deleted"])
def test_with_a_witness_it_is_found(bench, keep, deleted):
    """By the cosigned checkpoint that is kept; and, where that is deleted, by asking the witness."""
    bench.log(4)
    bench.trail.checkpoint()
    with Serving(bench.witness) as url:
        bench.attestor(url).turn()
        bench.log(10)
        bench.trail.checkpoint()
        if keep is None:
            bench.attestor(url).turn()
        rewrite(bench, keep)
        if deleted:
            for file in bench.kept(".cosigned"):
                file.unlink()
        bench.attestor(url)
        expected = "rolled back" if keep == 8 and bench.witness.latest(bench.key.name)[0] > 8 else "forked"
        assert expected in {kind for kind, _ in bench.verify()}
    if not deleted:
        bench.attestor(NOBODY)  # the witness is gone, what it signed is not
        assert expected in {kind for kind, _ in bench.verify()}


def test_an_old_workspace_put_back_whole_is_found_by_the_witness(bench, tmp_path):
    with Serving(bench.witness) as url:
        bench.close()
        shutil.copytree(bench.workspace.root, tmp_path / "old")
        bench.open()
        bench.log(10)
        bench.trail.checkpoint()
        bench.attestor(url).turn()
        bench.close()
        shutil.rmtree(bench.workspace.root)
        shutil.copytree(tmp_path / "old", bench.workspace.root)
        bench.open()
        bench.attestor(url)
        ((kind, line),) = bench.verify()
    assert (kind, "has cosigned 17 leaves of this log, which now has 6" in line) == ("rolled back", True)


def test_a_cosigned_file_that_does_not_hold_is_found(bench):
    with Serving(bench.witness) as url:
        attestor = bench.attestor(url)
        attestor.turn()
        (file,) = bench.kept(".cosigned")
        whole = file.read_text()
        for broken in (whole[:-10], "", whole.replace("\n6\n", "\n7\n"), whole.replace(bench.key.name, "other")):
            file.write_text(broken)
            assert "checkpoint" in {kind for kind, _ in bench.verify()}, broken


# Timestamps


def test_a_checkpoint_is_stamped_once_and_the_token_is_verified(bench):
    with Authority() as authority:
        (bench.folder / "ca.pem").write_bytes(authority.ca)
        settings = {"witnesses": [], "timestamps": {"url": authority.url, "ca": str(bench.folder / "ca.pem")}}
        attestor = Attestor(bench.trail, RecordSettings.model_validate(settings))
        for _ in range(2):
            assert [outcome.state for outcome in attestor.turn()] == ["vouched"]
        (file,) = bench.kept(".tsr")
        assert len(authority.seen) == len(bench.events("checkpoint.timestamped")) == 1
        assert bench.verify() == []
        token = file.read_bytes()
        file.write_bytes(token[:-1] + bytes([token[-1] ^ 1]))
        assert [kind for kind, _ in bench.verify()] == ["checkpoint"]
        file.unlink()
        authority.time = datetime.now(UTC) - timedelta(hours=2)
        attestor.turn()
        ((kind, line),) = bench.verify()
        assert (kind, "the timestamp authority had seen it 7," in line) == ("clock", True)
        bench.kept(".tsr")[0].unlink()
        authority.time = datetime.now(UTC) + timedelta(
            hours=2
        )  # or, what is the same, the clock of this machine put back
        attestor.turn()
        ((kind, line),) = bench.verify()
        assert (kind, "the answer that it tells of was given 7," in line) == ("clock", True)
        bench.log(3)
        bench.trail.checkpoint()
        authority.refuses = True
        assert [outcome.state for outcome in attestor.turn()] == ["waiting"]


def _until(true, seconds: float = 10) -> None:
    import time

    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_service_asks_by_itself_and_once_more_when_it_closes(bench, workspace):
    bench.close()
    with Serving(bench.witness) as url:
        key = bench.witness.key.verifier
        (workspace.root / "settings.toml").write_text(f'[[record.witnesses]]\nurl = "{url}"\nkey = "{key}"\n')
        service = Service.open(workspace.root)
        try:
            _until(lambda: bench.witness.latest(bench.key.name)[0] == 6)
            service.store.write(lambda tx: tx.log("noted", {}, actor="local"))
        finally:
            service.close()
        assert bench.witness.latest(bench.key.name)[0] > 6
        assert parse_note(bench.kept(".cosigned")[-1].read_bytes()).signed_by(key)
    bench.open()
