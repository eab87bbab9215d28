"""The chain of checkpoints: each is an event, and none can be left out, in the workspace or in a bundle."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backend.audit import auditor
from backend.audit.auditor.signed import logged_check
from backend.audit.ledger import bundle as bundles
from backend.audit.ledger.canonical import canonical
from backend.audit.ledger.checkpoints import Signed
from backend.audit.ledger.keys import LedgerKey
from backend.audit.ledger.ledger import Leaf
from backend.audit.ledger.logged import KIND, Chained, Logged, Row
from backend.audit.ledger.notes import Checkpoint
from backend.control.record.readonly import look
from tests.fixtures import unpacked

SIZES = (3, 7, 9)


def signed(size: int, source: str | None = None) -> Signed:
    return Signed(source or f"{size:012d}.note", Checkpoint("log", size, bytes([size]) * 32), None)


def told(leaf: int, number: int, size: int, root: int | None = None, at: str = "t") -> Leaf:
    body = Logged(leaf, number, size, bytes([size if root is None else root]) * 32, at).body()
    return Leaf(leaf, "t", "server", KIND, None, None, None, "[]", canonical(body))


def found(events: list[Leaf], files: list[Signed], rows: list[Row]) -> list[str]:
    chain = Chained(files, rows)
    for event in events:
        chain.take(event, json.loads(event.body))
    findings = list(chain.findings())
    assert {finding.kind for finding in findings} <= {"checkpoint"}
    return [finding.line for finding in findings]


FILES = [signed(size) for size in SIZES]
ROWS = [Row(size, "t", signed(size)) for size in SIZES]
EVENTS = [told(3, 1, 3), told(8, 2, 7), told(10, 3, 9)]


def test_a_whole_chain_says_nothing():
    assert found(EVENTS, FILES, ROWS) == []
    assert found([], FILES, ROWS) == [], "of a version that logged none"
    assert found([], FILES, ROWS[:-1]) == [], "which wrote the file first"


def test_the_newest_may_be_signed_and_not_logged_yet():
    """As a process is that was killed in between; any other one must be logged."""
    assert found(EVENTS[:2], FILES, ROWS[:2]) == []
    assert "file of 7 leaves is not among those" in found([told(3, 1, 3)], FILES, ROWS[:1])[0]
    assert "the row of a checkpoint over 9 leaves is not one" in found(EVENTS[:2], FILES, ROWS)[0]


@pytest.mark.parametrize(
    ("events", "files", "rows", "line"),
    [
        (EVENTS, FILES[1:], ROWS, "the file of checkpoint 1 is missing"),
        (EVENTS, [], ROWS, "the file of checkpoint 1 to 3 is missing"),
        (EVENTS, FILES, [ROWS[1]], "the row of checkpoint 1, 3 is missing"),
        ([], FILES[1:], ROWS, "checkpoint file of 3 leaves is missing"),
        (EVENTS[1:], FILES, ROWS, "leaf 8: tells of checkpoint 2 where number 1 is expected"),
        ([EVENTS[0], EVENTS[2]], FILES, ROWS, "leaf 10: tells of checkpoint 3 where number 2 is expected"),
        ([EVENTS[0], told(8, 2, 3)], FILES, ROWS, "leaf 8: tells of a checkpoint over 3 leaves, which cannot be"),
        ([EVENTS[0], told(6, 2, 7)], FILES, ROWS, "leaf 6: tells of a checkpoint over 7 leaves, which cannot be"),
        ([told(3, 1, 3, root=4), *EVENTS[1:]], FILES, ROWS, "leaf 3: the file of checkpoint 1 bears another root"),
        ([told(3, 1, 3, at="u"), *EVENTS[1:]], FILES, ROWS, "the row of the checkpoint over 3 leaves says t, not u"),
        (EVENTS, FILES, [*ROWS, ROWS[0]], "holds the checkpoint over 3 leaves 2 times"),
        (EVENTS, FILES, [replace(ROWS[0], size=4), *ROWS[1:]], "the row of 4 leaves holds the checkpoint over 3"),
        (EVENTS, [signed(3, "000000000004.note"), *FILES[1:]], ROWS, "is one over 3 leaves: it was renamed"),
    ],
)
def test_what_is_lost_or_changed_is_named(events, files, rows, line):
    assert any(line in one for one in found(events, files, rows)), found(events, files, rows)


@pytest.mark.parametrize("body", ["{}", '{"number":"1"}', '{"at":"t","number":1,"root":"zz","size":3}'])
def test_an_event_of_another_shape_is_named(body):
    lines = found([replace(EVENTS[0], body=body)], [], [])
    assert "leaf 3: is no event of a checkpoint" in lines[0]


# In a bundle

ROOTS = {size: (f"checkpoints/{size}.note", "", {}, bytes([size]) * 32) for size in (3, 7, 9)}


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ([(3, 1, 3, 3), (8, 2, 7, 7)], None),
        ([], None),  # a version that logged none
        ([(3, 1, 3, 3)], "checkpoints/7.note is not one of the checkpoints that the events tell of"),
        ([(8, 1, 7, 7)], "checkpoints/3.note is not one"),
        ([(3, 1, 3, 3), (8, 3, 7, 7)], "leaf 8: tells of checkpoint 3 over 7 events where number 2 is expected"),
        ([(3, 2, 3, 3), (8, 3, 7, 7)], "leaf 3: tells of checkpoint 2"),
        ([(8, 1, 7, 7), (8, 2, 3, 3)], "leaf 8: tells of checkpoint 2 over 3"),
        ([(3, 1, 3, 3), (5, 2, 7, 7)], "leaf 5: tells of checkpoint 2 over 7"),
        ([(3, 1, 3, 3), (6, 2, 5, 5), (8, 3, 7, 7)], "leaf 6: checkpoint 2, over 5 events, is not in the bundle"),
        ([(3, 1, 3, 4), (8, 2, 7, 7)], "leaf 3: checkpoints/3.note is another one"),
    ],
)
def test_no_checkpoint_is_left_out(logged, words):
    told = [(leaf, number, size, (bytes([root]) * 32).hex()) for leaf, number, size, root in logged]
    if words is None:
        logged_check(told, ROOTS)
    else:
        with pytest.raises(auditor.Bad, match=words):
            logged_check(told, ROOTS)


def test_a_bundle_of_a_version_that_logged_no_checkpoint_passes(tmp_path):
    """The kept workspace's record, as that version exported it."""
    service = look(unpacked(tmp_path / "ws"))
    key = LedgerKey(tmp_path / "ws").read()
    signed, keys = service.trail.kept.read(key.name), [named for _, named in service.trail.signer.named()]
    bundles.write_bundle(tmp_path / "b.zip", service.store.snapshot().leaves, signed, key, keys)
    service.close()
    assert auditor.check(tmp_path / "b.zip")["checkpoints"] == len(signed) > 3
