"""Every kind of damage is found, where it was done; an untouched ledger is clean."""

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.audit.ledger.ledger import Tree
from backend.audit.ledger.verify import KINDS, verify
from backend.control.record.store import Store

DIGEST = "ab" * 32
COLUMNS = ("time", "actor", "kind", "run", "key", "subjects", "body")


def fill(path, batches=4, each=5):
    """A ledger of `batches` transactions with `each` events of run r1, one of which speaks of a file."""
    store = Store(path)
    for batch in range(batches):

        def some(tx, batch=batch):
            for i in range(each):
                seq = batch * each + i
                subjects = [{"role": "maps", "sha256": DIGEST, "type": "json", "bytes": 2}] if seq == 3 else []
                tx.log("metrics", {"loss": seq / 7}, actor="worker", run="r1", seq=seq, key=str(seq), subjects=subjects)

        store.write(some)
    return store


def check(store, digest_of=lambda sha256, kind: sha256):
    roots, _, leaves = store.ledger()
    return verify(leaves, roots, digest_of)


def after(tmp_path, *statements):
    """The report on a ledger that somebody edited with SQL behind the store's back."""
    path = tmp_path / "t.duckdb"
    fill(path).close()
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    store = Store(path)
    report = check(store)
    store.close()
    return report, store.alarm


def test_an_untouched_ledger_is_clean(tmp_path):
    store = fill(tmp_path / "t.duckdb")
    report = check(store)
    assert report.ok
    assert (report.events, report.artefacts) == (20, 1)
    assert report.root == store._tree.root.hex()
    store.close()


@pytest.mark.parametrize(
    ("statements", "kind", "leaf"),
    [
        (["UPDATE ledger SET body = '{\"loss\":0}' WHERE leaf = 7"], "edited", 7),
        (["UPDATE ledger SET body = body || ' ' WHERE leaf = 7"], "edited", 7),
        (["UPDATE ledger SET hash = 'x'::BLOB WHERE leaf = 7"], "edited", 7),
        (["DELETE FROM ledger WHERE leaf = 7"], "missing leaf", 8),
        (["INSERT INTO ledger SELECT * FROM ledger WHERE leaf = 7"], "repeated leaf", 7),
        (["UPDATE ledger SET leaf = 15 - leaf WHERE leaf IN (7, 8)"], "reordered", 7),
        (["DELETE FROM ledger WHERE leaf >= 15"], "truncated", None),
        (["DELETE FROM roots WHERE size = 20"], "root", 15),
        (["UPDATE roots SET root = 'x'::BLOB WHERE size = 10"], "root", 5),
        (["UPDATE ledger SET body = 'oops' WHERE leaf = 7"], "edited", 7),
        (["UPDATE ledger SET seq = 99 WHERE leaf = 7"], "edited", 7),
    ],
)
def test_damage_is_named(tmp_path, statements, kind, leaf):
    report, _ = after(tmp_path, *statements)
    first = report.findings[0]
    assert (first.kind, first.leaf) == (kind, leaf)
    assert "\n" not in first.line
    assert (f"leaf {leaf}" if leaf is not None else "ledger") in first.line


def test_every_kind_of_finding_is_declared(tmp_path):
    report, _ = after(tmp_path, "UPDATE ledger SET body = 'oops', seq = 4 WHERE leaf = 7")
    assert {f.kind for f in report.findings} == {"edited", "unreadable", "gap"}
    assert {f.kind for f in report.findings} <= set(KINDS)


def test_a_body_changed_together_with_its_hash_breaks_the_next_root(tmp_path):
    store = fill(tmp_path / "t.duckdb")
    roots, _, leaves = store.ledger()
    edited = []
    for leaf, stored in leaves:
        if leaf.leaf == 7:
            leaf = type(leaf)(*(leaf.leaf, leaf.time, leaf.actor, leaf.kind, leaf.run, leaf.seq, leaf.key), "[]", "{}")
            stored = leaf.hash()
        edited.append((leaf, stored))
    report = verify(edited, roots, lambda sha256, kind: sha256)
    assert [f.kind for f in report.findings] == ["root"]
    assert "a leaf from 5 to 9" in report.findings[0].line
    store.close()


def test_a_shortened_ledger_raises_an_alarm_and_is_not_repaired(tmp_path):
    report, alarm = after(tmp_path, "DELETE FROM ledger WHERE leaf >= 15")
    assert "holds 15 leaves where its last root covers 20" in alarm
    assert "5 leaves are missing at the end" in report.findings[0].line


def test_an_event_never_logged_is_a_gap(tmp_path):
    store = Store(tmp_path / "t.duckdb")
    store.write(lambda tx: [tx.log("metrics", {}, actor="worker", run="r1", seq=seq) for seq in (0, 1, 3)])
    assert [(f.kind, f.leaf, f.run) for f in check(store).findings] == [("gap", 2, "r1")]
    store.close()


@pytest.mark.parametrize(("now", "kind"), [(None, "file missing"), ("cd" * 32, "file replaced")])
def test_files_are_hashed_again(tmp_path, now, kind):
    store = fill(tmp_path / "t.duckdb")
    findings = check(store, lambda sha256, _: now).findings
    assert [(f.kind, f.leaf, f.run) for f in findings] == [(kind, 3, "r1")]
    assert "maps" in findings[0].line
    store.close()


def test_progress_ends_at_its_total(tmp_path):
    store, seen = fill(tmp_path / "t.duckdb"), []
    roots, _, leaves = store.ledger()
    verify(leaves, roots, lambda sha256, kind: sha256, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (21, 21)
    store.close()


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    store = fill(tmp_path_factory.mktemp("clean") / "t.duckdb")
    roots, _, leaves = store.ledger()
    found = list(leaves)
    store.close()
    return roots, found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.integers(0, 19), st.sampled_from(COLUMNS), st.integers(0, 10**6), st.characters(exclude_categories=["Cs"]))
def test_any_edit_of_one_character_is_found(clean, at, column, place, new):
    roots, leaves = clean
    leaf, stored = leaves[at]
    old = getattr(leaf, column)
    i = place % len(old)
    edited = old[:i] + new + old[i + 1 :]
    values = {name: getattr(leaf, name) for name in type(leaf).__slots__} | {column: edited}
    changed = [*leaves[:at], (type(leaf)(**values), stored), *leaves[at + 1 :]]
    report = verify(changed, roots, lambda sha256, kind: sha256)
    assert report.ok == (edited == old)
    if not report.ok:
        assert report.findings[0].leaf == at


def test_the_stored_roots_are_those_of_the_leaves(clean):
    roots, leaves = clean
    tree, known = Tree(), {root.size: root.root for root in roots}
    for leaf, _ in leaves:
        tree.append(leaf.hash())
        assert known.get(tree.size, tree.root) == tree.root
    assert [root.size for root in roots] == [5, 10, 15, 20]
