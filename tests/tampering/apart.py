"""What a tamperer does who has the whole workspace and not the folder in which the key lies."""

from __future__ import annotations

import contextlib
import os
import shutil
from unittest import mock

from backend.audit.ledger.keys import FILE, FILE_VARIABLE, new_key
from backend.audit.ledger.notes import Checkpoint, sign_note
from backend.control.service import Service
from backend.workspace.layout import BadInput

from . import files, leaves
from .hand import MUTATIONS, Hand, mutation
from .workspace import SECRET

LOST = ("rolled back", "checkpoint")
# What works on the workspace alone is done again: not one of them is found by what lies in the workspace only.
AGAIN = (
    leaves.rewritten,
    leaves.rewritten_without_rows,
    leaves.rewritten_without_files,
    leaves.rewritten_without_checkpoints,
    leaves.rewritten_without_a_trace,
    leaves.tail_cut,
    leaves.tail_replaced,
    leaves.decision_removed,
    leaves.event_after_the_end,
    leaves.role_appended,
    leaves.decision_forged,
    leaves.notes_deleted,
    leaves.note_of_another_key,
    leaves.key_exchanged,
    files.database_emptied,
    files.database_restored,
    files.database_and_notes_restored,
)
for do in AGAIN:
    was = MUTATIONS[do.__name__]
    mutation(was.what, *was.found, means=was.means, apart=True, name=f"{was.name}_apart")(do)


@mutation("puts an older copy of the whole workspace in its place", *LOST, means="files", apart=True)
def workspace_restored_apart(hand: Hand) -> None:
    files.workspace_restored(hand)


@mutation("empties the whole workspace, and lets the workbench begin a new one", *LOST, means="files", apart=True)
def workspace_emptied(hand: Hand) -> None:
    shutil.rmtree(hand.root)
    begun(hand)


@mutation(
    "puts a key of their own into the workspace, and signs a rewritten history with it",
    "forked",
    "checkpoint",
    means="hashes",
    apart=True,
)
def key_planted(hand: Hand) -> None:
    thief = new_key()
    (hand.root / FILE).write_text(thief.secret_text() + "\n")
    (hand.root / FILE).chmod(0o600)
    leaves.rewritten_without_checkpoints(hand)
    with mock.patch.dict(os.environ):
        os.environ.pop(FILE_VARIABLE)
        Hand(hand.root, hand.made).sign()


@mutation(
    "puts what a key remembers of another history into the workspace",
    "forked",
    "checkpoint",
    "key",
    means="hashes",
    apart=True,
)
def memory_planted(hand: Hand) -> None:
    leaves.rewritten_without_checkpoints(hand)
    tree = hand.tree()
    note = sign_note(Checkpoint(hand.key.read().name, tree.size, tree.root).text(), new_key())
    (hand.root / f"{FILE}.signed").write_text(str(note))


@mutation(
    "makes a workspace anew, under a key of their own", "key", "forked", "rolled back", means="hashes", apart=True
)
def workspace_made_anew(hand: Hand) -> None:
    shutil.rmtree(hand.root)
    with mock.patch.dict(os.environ):
        os.environ.pop(FILE_VARIABLE)
        begun(hand)


def begun(hand: Hand) -> None:
    """A new workspace with an account and a checkpoint, as far as its key lets itself be used."""
    with contextlib.suppress(BadInput):
        service = Service.open(hand.root, start_supervisor=False)
        try:
            service.people.add("ada", "reviewer", admin=True, password=SECRET)
            service.trail.checkpoint()
        finally:
            service.close()
