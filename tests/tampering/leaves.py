"""What is done to the leaves of the ledger, to their hashes and roots, and to what was signed of them."""

from __future__ import annotations

import shutil
from dataclasses import replace

from backend.audit.ledger.keys import new_key, rotation_note
from backend.audit.ledger.notes import SigningKey

from .hand import Hand, body_of, mutation
from .workspace import finished

METRICS = "kind = 'metrics' AND leaf = (SELECT max(leaf) FROM ledger WHERE kind = 'metrics')"


# With the database alone: columns change, hashes do not


@mutation("changes a number in a leaf's body", "edited")
def body_edited(hand: Hand) -> None:
    hand.sql(f"UPDATE ledger SET body = replace(body, '1', '2') WHERE {METRICS}")


@mutation("puts another actor on a leaf", "edited")
def actor_edited(hand: Hand) -> None:
    hand.sql("UPDATE ledger SET actor = 'rita' WHERE kind = 'run.submitted'")


@mutation("moves a leaf's time", "edited")
def time_edited(hand: Hand) -> None:
    hand.sql(f"UPDATE ledger SET time = replace(time, '2026', '2025') WHERE {METRICS}")


@mutation("changes a leaf's kind", "edited")
def kind_edited(hand: Hand) -> None:
    hand.sql("UPDATE ledger SET kind = 'run.finished' WHERE kind = 'run.failed'")


@mutation("gives a leaf to another run", "edited")
def run_edited(hand: Hand) -> None:
    hand.sql(f"UPDATE ledger SET run = 'failed' WHERE {METRICS}")


@mutation("changes a leaf's number in its run", "edited", "gap")
def seq_edited(hand: Hand) -> None:
    hand.sql(f"UPDATE ledger SET seq = seq + 1 WHERE {METRICS}")


@mutation("changes a leaf's key", "edited")
def key_edited(hand: Hand) -> None:
    hand.sql("UPDATE ledger SET key = 'run:failed' WHERE kind = 'review.decided'")


@mutation("lets a leaf name another file", "edited")
def subjects_edited(hand: Hand) -> None:
    hand.sql("UPDATE ledger SET subjects = replace(subjects, 'a', 'b') WHERE kind = 'report.built'")


@mutation("changes a stored hash", "edited")
def hash_edited(hand: Hand) -> None:
    hand.sql(f"UPDATE ledger SET hash = 'x'::BLOB WHERE {METRICS}")


@mutation("deletes a leaf in the middle", "missing leaf")
def leaf_deleted(hand: Hand) -> None:
    hand.sql(f"DELETE FROM ledger WHERE {METRICS}")


@mutation("deletes the last leaf", "truncated")
def last_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM ledger WHERE leaf = (SELECT max(leaf) FROM ledger)")


@mutation("repeats a leaf", "repeated leaf")
def leaf_repeated(hand: Hand) -> None:
    hand.sql(f"INSERT INTO ledger SELECT * FROM ledger WHERE {METRICS}")


@mutation("lets two leaves change places", "reordered")
def leaves_swapped(hand: Hand) -> None:
    at = hand.last("metrics").leaf
    hand.sql(
        "UPDATE ledger SET leaf = CASE leaf WHEN ? THEN ? ELSE ? END WHERE leaf IN (?, ?)", at, at - 1, at, at, at - 1
    )


@mutation("appends a leaf without a root", "root")
def leaf_without_root(hand: Hand) -> None:
    last = replace(hand.leaves()[-1], leaf=len(hand.leaves()), actor="rita", seq=None)
    values = [getattr(last, c) for c in ("leaf", "time", "actor", "kind", "run", "seq", "key", "subjects", "body")]
    hand.sql("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values, last.hash())


# With the code that makes hashes and roots: everything inside the database fits


@mutation("edits a leaf and puts all hashes and roots right", "forked", means="hashes")
def rewritten(hand: Hand) -> None:
    leaf = hand.last("metrics")
    hand.change(leaf, body=body_of(leaf, loss=0.001))


@mutation("the same, and deletes the rows of the checkpoints", "forked", means="hashes")
def rewritten_without_rows(hand: Hand) -> None:
    rewritten(hand)
    hand.sql("DELETE FROM checkpoints")


@mutation("the same, and deletes the checkpoint files", "forked", "checkpoint", means="hashes")
def rewritten_without_files(hand: Hand) -> None:
    rewritten(hand)
    shutil.rmtree(hand.root / "checkpoints")


@mutation("the same, and deletes both", "forked", "checkpoint", "rolled back", means="hashes")
def rewritten_without_checkpoints(hand: Hand) -> None:
    rewritten_without_rows(hand)
    shutil.rmtree(hand.root / "checkpoints")


@mutation(
    "the same, and takes what was logged of checkpoints out of the history",
    "rolled back",
    "forked",
    "checkpoint",
    means="hashes",
)
def rewritten_without_a_trace(hand: Hand) -> None:
    leaf = hand.last("metrics")
    kept = [one for one in hand.leaves() if not one.kind.startswith("checkpoint.")]
    hand.rewrite([replace(one, body=body_of(leaf, loss=0.001)) if one.leaf == leaf.leaf else one for one in kept])
    hand.sql("DELETE FROM checkpoints")
    shutil.rmtree(hand.root / "checkpoints")


@mutation("cuts off the end, with its roots, rows and files", "rolled back", "checkpoint", means="hashes")
def tail_cut(hand: Hand) -> None:
    size = len(hand.leaves()) - 12
    hand.rewrite(hand.leaves()[:size])
    hand.sql("DELETE FROM checkpoints WHERE size > ?", size)
    for path in hand.notes():
        if int(path.stem) > size:
            path.unlink()


@mutation("cuts off the end and fills it up to the same size", "forked", "rolled back", "checkpoint", means="hashes")
def tail_replaced(hand: Hand) -> None:
    size = len(hand.leaves())
    hand.rewrite(hand.leaves()[: size - 6])
    hand.append(
        *({"kind": "job.state", "actor": "supervisor", "run": "done", "body": {"state": "x"}} for _ in range(6))
    )
    hand.sql("DELETE FROM checkpoints WHERE size > ?", size - 6)


@mutation("takes out a decision and closes the gap", "forked", "rolled back", "checkpoint", means="hashes")
def decision_removed(hand: Hand) -> None:
    hand.rewrite([one for one in hand.leaves() if one.kind != "review.decided"])


@mutation("appends an event of an ended run's worker", "after the end", "unsigned", means="hashes")
def event_after_the_end(hand: Hand) -> None:
    seq = max(one.seq for one in hand.leaves("run = 'done' AND seq IS NOT NULL")) + 1
    hand.append({"kind": "metrics", "actor": "worker", "run": "done", "seq": seq, "body": {"loss": 0.0}})


@mutation("appends a change of role in the server's name", "unsigned", means="hashes")
def role_appended(hand: Hand) -> None:
    hand.append({"kind": "user.role", "actor": "ada", "body": {"name": "simon", "role": "reviewer", "admin": True}})


@mutation("appends a change of role in a worker's name", "authority", means="hashes")
def role_by_a_worker(hand: Hand) -> None:
    seq = max(one.seq for one in hand.leaves("run = 'done' AND seq IS NOT NULL")) + 1
    told = {"kind": "user.role", "body": {"name": "simon", "role": "reviewer", "admin": True}}
    hand.append({**told, "actor": "worker", "run": "done", "seq": seq})


@mutation("appends a decision with somebody's name and no signature", "unsigned", "review", means="hashes")
def decision_forged(hand: Hand) -> None:
    was = hand.last("review.decided")
    hand.append({"kind": was.kind, "actor": "rita", "key": "run:failed", "run": "failed", "body": {"statement": {}}})


@mutation("appends an end to a run that failed", "after the end", "unsigned", means="hashes")
def second_end(hand: Hand) -> None:
    hand.append({"kind": "job.state", "actor": "supervisor", "run": "failed", "body": {"state": "succeeded"}})


@mutation("sets the clock back for new events", "clock", means="hashes")
def clock_set_back(hand: Hand) -> None:
    hand.append({"kind": "selection", "actor": "simon", "run": "done", "time": "2026-01-01T00:00:00.000000Z"})


# What was kept of roots


@mutation("changes a root", "root")
def root_edited(hand: Hand) -> None:
    hand.sql("UPDATE roots SET root = 'x'::BLOB WHERE size = (SELECT min(size) FROM roots)")


@mutation("deletes the last root", "root")
def last_root_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM roots WHERE size = (SELECT max(size) FROM roots)")


@mutation("adds a root beyond the end", "truncated")
def root_beyond(hand: Hand) -> None:
    hand.sql("INSERT INTO roots SELECT size + 5, root, frontier, time FROM roots ORDER BY size DESC LIMIT 1")


@mutation("adds a second root of one size", "root")
def root_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO roots SELECT size, 'x'::BLOB, frontier, time FROM roots ORDER BY size LIMIT 1")


@mutation("changes the frontier from which the server goes on", "root")
def frontier_edited(hand: Hand) -> None:
    ((size, frontier),) = hand.sql("SELECT size, frontier FROM roots ORDER BY size DESC LIMIT 1")
    hand.sql("UPDATE roots SET frontier = ? WHERE size = ?", frontier[::-1], size)


@mutation("moves the time of a root", "root")
def root_time_edited(hand: Hand) -> None:
    hand.sql("UPDATE roots SET time = '2020-01-01T00:00:00.000000Z' WHERE size = (SELECT max(size) FROM roots)")


# Checkpoints: rows and files


@mutation("moves the time of a checkpoint's row", "checkpoint")
def checkpoint_time_edited(hand: Hand) -> None:
    hand.sql(
        "UPDATE checkpoints SET time = '2020-01-01T00:00:00.000000Z' WHERE size = (SELECT max(size) FROM checkpoints)"
    )


@mutation("changes the size of a checkpoint's row", "checkpoint")
def checkpoint_size_edited(hand: Hand) -> None:
    hand.sql("UPDATE checkpoints SET size = size + 1 WHERE size = (SELECT max(size) FROM checkpoints)")


@mutation("changes the note of a checkpoint's row", "checkpoint")
def checkpoint_note_edited(hand: Hand) -> None:
    hand.sql("UPDATE checkpoints SET note = replace(note, 'ssl-workbench', 'ssl-workbanch')")


@mutation("deletes a checkpoint's row", "checkpoint")
def checkpoint_row_deleted(hand: Hand) -> None:
    hand.sql("DELETE FROM checkpoints WHERE size = (SELECT min(size) FROM checkpoints)")


@mutation("repeats a checkpoint's row", "checkpoint")
def checkpoint_row_repeated(hand: Hand) -> None:
    hand.sql("INSERT INTO checkpoints SELECT * FROM checkpoints ORDER BY size LIMIT 1")


@mutation("deletes the newest checkpoint file", "checkpoint", means="files")
def newest_note_deleted(hand: Hand) -> None:
    hand.notes()[-1].unlink()


@mutation("deletes a checkpoint file in the middle", "checkpoint", means="files")
def middle_note_deleted(hand: Hand) -> None:
    hand.notes()[1].unlink()


@mutation("deletes all checkpoint files", "checkpoint", means="files")
def notes_deleted(hand: Hand) -> None:
    shutil.rmtree(hand.root / "checkpoints")


@mutation("edits a checkpoint file", "checkpoint", means="files")
def note_edited(hand: Hand) -> None:
    path = hand.notes()[1]
    path.write_text(path.read_text().replace(str(int(path.stem)), str(int(path.stem) + 1), 1))


@mutation("cuts a checkpoint file short", "checkpoint", means="files")
def note_cut(hand: Hand) -> None:
    hand.notes()[0].write_bytes(hand.notes()[0].read_bytes()[:30])


@mutation("gives a checkpoint file another size's name", "checkpoint", means="files")
def note_renamed(hand: Hand) -> None:
    hand.notes()[1].rename(hand.notes()[1].with_name("000000000003.note"))


@mutation("adds a checkpoint signed by a key of their own", "checkpoint", means="files")
def note_of_another_key(hand: Hand) -> None:
    from backend.audit.ledger.notes import Checkpoint, parse_note, sign_note

    newest = hand.notes()[-1]
    thief = SigningKey.make(hand.key.read().name)
    was = Checkpoint.parse(parse_note(newest.read_bytes()).text)
    note = sign_note(Checkpoint(was.origin, was.size - 1, was.root).text(), thief)
    newest.with_name(f"{was.size - 1:012d}.note").write_text(str(note))


@mutation("puts another key in the place of the workspace's", "key", "checkpoint", means="files")
def key_replaced(hand: Hand) -> None:
    hand.key.path.write_text(new_key().secret_text() + "\n")


@mutation("exchanges the key without the old one", "key", means="hashes")
def key_exchanged(hand: Hand) -> None:
    name = hand.key.read().name
    new, thief = SigningKey.make(name), SigningKey.make(name)
    body = {"key": str(new.verifier), "note": rotation_note(thief, new.verifier)}
    hand.append({"kind": "key.rotated", "actor": "ada", "body": body})


# With the key


@mutation("rewrites the history and signs it, leaving what was signed before", "forked", "checkpoint", means="key")
def signed_over(hand: Hand) -> None:
    rewritten(hand)
    hand.append({"kind": "selection", "actor": "simon", "run": "done"})
    hand.sign()


@mutation(
    "with the key and its folder, writes and signs everything anew",
    means="everything",
    reach="Whoever holds the key and every place where signed states are kept can make any history. "
    "A witness or a timestamp authority elsewhere finds it.",
)
def everything_anew(hand: Hand) -> None:
    """Another history under the same key, made by this very program."""
    secret = hand.key.path.read_bytes()
    shutil.rmtree(hand.root)
    hand.root.mkdir(mode=0o700)
    hand.key.path.write_bytes(secret)
    hand.key.path.chmod(0o600)
    finished(hand.root)
