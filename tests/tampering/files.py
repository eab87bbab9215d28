"""What is done to the files of a workspace: artefacts, logs, the database's own file, older copies."""

from __future__ import annotations

import shutil
from pathlib import Path

from backend.audit.ledger.keys import FILE

from . import leaves
from .hand import Hand, mutation


@mutation("edits a report", "file replaced", means="files")
def report_edited(hand: Hand) -> None:
    path = hand.artefact("report/md")
    path.write_bytes(path.read_bytes() + b"No gap was found.\n")


@mutation("deletes a data sheet", "file missing", means="files")
def sheet_deleted(hand: Hand) -> None:
    hand.artefact("sheet").unlink()


@mutation("puts one file in another's place", "file replaced", means="files")
def files_swapped(hand: Hand) -> None:
    shutil.copy(hand.artefact("report/md"), hand.artefact("sheet"))


@mutation("puts a link in a file's place", "file replaced", "file missing", means="files")
def file_linked(hand: Hand) -> None:
    path = hand.artefact("sheet")
    elsewhere = hand.root.parent / "elsewhere.json"
    elsewhere.write_text("{}")
    path.unlink()
    path.symlink_to(elsewhere)


@mutation("edits what the worker printed", "log", means="files")
def log_edited(hand: Hand) -> None:
    hand.run_file("log.txt").write_text("worker of done\nall went well\n")


@mutation("deletes what the worker printed", "log", means="files")
def log_deleted(hand: Hand) -> None:
    hand.run_file("log.txt").unlink()


@mutation("adds a line to what the worker printed", "log", means="files")
def log_appended(hand: Hand) -> None:
    with hand.run_file("log.txt").open("a") as file:
        file.write("accuracy 100 %\n")


@mutation("edits what a worker had said, after it was taken into the ledger", "log", "run", means="files")
def events_edited(hand: Hand) -> None:
    path = hand.run_file("events.jsonl")
    path.write_text(path.read_text().replace("1", "2", 1))


@mutation("adds an event to what a worker had said", "log", "run", "after the end", means="files")
def events_appended(hand: Hand) -> None:
    path = hand.run_file("events.jsonl")
    last = path.read_text().splitlines()[-1]
    path.write_text(path.read_text() + last + "\n")


@mutation("flips a byte in the middle of the database file", "database", means="files")
def byte_flipped(hand: Hand) -> None:
    path = hand.workspace.database
    raw = bytearray(path.read_bytes())
    for place in range(8192, len(raw), len(raw) // 40):
        raw[place] ^= 1
    path.write_bytes(raw)


@mutation("cuts the database file short", "database", means="files")
def database_cut(hand: Hand) -> None:
    path = hand.workspace.database
    path.write_bytes(path.read_bytes()[:200_000])


@mutation("puts an empty database in its place", "rolled back", "checkpoint", "database", means="files")
def database_emptied(hand: Hand) -> None:
    hand.workspace.database.unlink()


@mutation("puts an older database in its place", "rolled back", "checkpoint", means="files")
def database_restored(hand: Hand) -> None:
    shutil.copy(older(hand) / "workbench.duckdb", hand.workspace.database)


@mutation("puts an older database and its checkpoint files in their place", "rolled back", "checkpoint", means="files")
def database_and_notes_restored(hand: Hand) -> None:
    database_restored(hand)
    shutil.rmtree(hand.root / "checkpoints")
    shutil.copytree(older(hand) / "checkpoints", hand.root / "checkpoints")


@mutation("deletes what the key remembers, beside it", "checkpoint", means="files")
def memory_deleted(hand: Hand) -> None:
    for ending in ("signed", "sealed"):
        (hand.root / f"{FILE}.{ending}").unlink()


@mutation(
    "puts an older database and its checkpoints back, and deletes what the key remembers", "checkpoint", means="files"
)
def restored_without_memory(hand: Hand) -> None:
    database_and_notes_restored(hand)
    memory_deleted(hand)


@mutation(
    "edits a leaf, puts all hashes and roots right, deletes every checkpoint and what the key remembers",
    "unsigned",
    "checkpoint",
    means="hashes",
)
def rewritten_without_memory(hand: Hand) -> None:
    leaves.rewritten_without_checkpoints(hand)
    memory_deleted(hand)


@mutation(
    "puts an older copy of the whole workspace in its place, the key's folder among it",
    means="everything",
    reach="An older copy of everything is a true state that once was. "
    "A witness elsewhere knows the newer one; a key kept elsewhere remembers what it signed last.",
)
def workspace_restored(hand: Hand) -> None:
    shutil.rmtree(hand.root)
    shutil.copytree(older(hand), hand.root)


def older(hand: Hand) -> Path:
    """The workspace as it was some time before."""
    return hand.made["older"]
