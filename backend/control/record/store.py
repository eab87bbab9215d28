"""The one owner of WORKSPACE/workbench.duckdb: one writer thread, reads on cursors of their own.

A write is a function of a `Transaction`; it runs on the writer thread, and its rows, the ledger leaves it logged
and the tree's new root are committed together or not at all.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from ...audit.ledger.canonical import canonical
from ...audit.ledger.ledger import Leaf, Tree
from ...audit.ledger.payloads import Payload, committed
from ...workspace import plain
from ...workspace.events import now
from . import board, sealing
from .board import Board
from .reading import LEAF_COLUMNS, Reading, StoreDamaged, alarm, rows_of
from .schema import CONFIG, migrate

T = TypeVar("T")
Sealing = Callable[[Tree], bytes | None]
TYPES = {"leaf": "int64", "seq": "int64", "hash": "binary"}
FEW = 8  # leaves that are inserted one by one: a command that logs one thing need not import Arrow and pandas first
BATCH = {name: TYPES.get(name, "string") for name in (*LEAF_COLUMNS.split(", "), "hash")}


class Transaction:
    """What a write function works with. Lives for one transaction, on the writer thread.

    `board`: the runs and data sets as they are with what this transaction has logged.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, tree: Tree, board: Board, sealer: Sealing):
        self._connection = connection
        self.tree, self.board, self.sealer = tree, board, sealer
        self._leaves: list[tuple[Leaf, bytes]] = []
        self._payloads: list[tuple[int, Payload]] = []

    def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        self._connection.execute(sql, list(parameters))

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        return rows_of(self._connection.execute(sql, list(parameters)))

    def log(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        actor: str,
        run: str | None = None,
        time: str | None = None,
        seq: int | None = None,
        key: str | None = None,
        subjects: list[dict[str, Any]] = (),
        private: dict[str, Any] | Payload | None = None,
    ) -> int:
        """Append one event to the ledger; returns its leaf number.

        private: fields of the body that must stay erasable (backend/audit/ledger/payloads.py); the leaf commits to
        them. As a Payload where a signature had to cover the commitment before. Raises BadInput for what may not enter
        the record (backend/workspace/plain.py), before anything of it is kept.
        """
        for name, value in (("actor", actor), ("kind", kind), ("run", run), ("key", key)):
            if value is not None:
                plain.line(value, f"{name} of {ascii(kind)[1:-1][:40]}", plain.KEY, 0)
        payload = private if isinstance(private, Payload) or not private else Payload.of(private)
        body = committed(body, payload) if payload else body
        texts = canonical(list(subjects), f"{kind}: subjects") if subjects else "[]", canonical(body, f"{kind}: body")
        leaf = Leaf(self.tree.size, time or now(), actor, kind, run, seq, key, *texts)
        hashed = leaf.hash()
        self.tree.append(hashed)
        self._leaves.append((leaf, hashed))
        if payload:
            self._payloads.append((leaf.leaf, payload))
        self.board.take(leaf)
        return leaf.leaf

    def flush(self) -> None:
        """Write the logged leaves, their payloads and the new root; the caller commits."""
        if not self._leaves:
            return
        rows = [(*(getattr(leaf, name) for name in BATCH if name != "hash"), hashed) for leaf, hashed in self._leaves]
        if len(rows) <= FEW:
            self._connection.executemany(f"INSERT INTO ledger VALUES ({', '.join('?' * len(BATCH))})", rows)
        else:
            self._insert(rows)
        for leaf, payload in self._payloads:
            self._connection.execute("INSERT INTO payloads VALUES (?, ?, ?)", [leaf, payload.salt, payload.text])
        root = [self.tree.size, self.tree.root, self.tree.packed(), self._leaves[-1][0].time]
        self._connection.execute("INSERT INTO roots VALUES (?, ?, ?, ?)", root)
        if signature := self.sealer(self.tree):
            self._connection.execute("INSERT INTO seals VALUES (?, ?)", [self.tree.size, signature])

    def _insert(self, rows: list[tuple]) -> None:
        """In bulk: 5,000 leaves take as long as 200 one by one."""
        import pyarrow as pa

        schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in BATCH.items()])
        batch = pa.table(list(zip(*rows, strict=True)), schema=schema)
        self._connection.register("batch", batch)
        self._connection.execute("INSERT INTO ledger SELECT * FROM batch")
        self._connection.unregister("batch")


class Store(Reading):
    """Opens (or makes) the database at `path` and brings it to the newest migration."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self.alarm: str | None = None
        self.askers: dict[str, dict[str, str]] = {}  # interactive run -> key of an answer -> who asked (warm.py)
        self.after_commit: Callable[[list[Leaf]], None] = lambda leaves: None  # called on the writer thread
        self.sealer: Sealing = lambda tree: None  # the signature kept beside each root (signer.py); there too
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        connection = None
        try:
            self._connection = connection = duckdb.connect(str(self.path), config=CONFIG)
            self.form = migrate(connection, self._seal)
            self._tree = self._last_tree()
            self.board = board.read(lambda sql, values=(): rows_of(connection.execute(sql, list(values))))
        except (duckdb.Error, UnicodeDecodeError, ValueError) as error:
            if connection is not None:
                connection.close()
            raise error if isinstance(error, StoreDamaged) else StoreDamaged(alarm(self.path, error)) from None
        self._reader = (
            self._connection.cursor()
        )  # cursors come from here: the writer's connection is its thread's alone
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Run `change` in one transaction and return its result once it is durable; its exception rolls it back."""
        return self._done(change)

    def _done(self, change: Callable[[Transaction], T] | None) -> T:
        reply: Future = Future()
        with self._gate:
            if self._closed:
                raise RuntimeError("the store is closed")
            self._queue.put((change, reply))
        return reply.result()

    @property
    def size(self) -> int:
        """Leaves in the ledger, as last committed."""
        return self._tree.size

    def compact(self) -> None:
        """Move what was committed from the write-ahead log into the file, so that deleted rows leave the log."""
        self._done(None)

    def close(self) -> None:
        """Finish the queued writes and let go of the file."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._reader.close()
        self._connection.close()

    def _write_loop(self) -> None:
        while (item := self._queue.get()) is not None:
            change, reply = item
            try:
                reply.set_result(self._commit(change) if change else self._connection.execute("CHECKPOINT") and None)
            except BaseException as error:
                reply.set_exception(error)

    def _commit(self, change: Callable[[Transaction], T]) -> T:
        transaction = Transaction(self._connection, self._tree.copy(), self.board.over(), self.sealer)
        self._connection.execute("BEGIN TRANSACTION")
        try:
            result = change(transaction)
            transaction.flush()
            self._connection.execute("COMMIT")
        except BaseException:
            # A failed COMMIT has already ended the transaction; the first error is the one to tell.
            with contextlib.suppress(duckdb.Error):
                self._connection.execute("ROLLBACK")
            raise
        self._tree = transaction.tree
        self.board.settle(transaction.board)
        self.after_commit([leaf for leaf, _ in transaction._leaves])
        return result

    def _seal(self, migration: str) -> None:
        """What earlier versions kept without a word in the ledger gets its word, once (sealing.py)."""
        if migration == sealing.MIGRATION:
            transaction = Transaction(self._connection, self._last_tree(), Board(), self.sealer)
            sealing.seal(transaction)
            transaction.flush()

    def _last_tree(self) -> Tree:
        """The tree to append to. A ledger that does not fit its last root is reported, never repaired."""
        last = self._connection.execute("SELECT size, root, frontier FROM roots ORDER BY size DESC LIMIT 1").fetchone()
        (count,) = self._connection.execute("SELECT count(*) FROM ledger").fetchone()
        size, root, packed = last or (0, Tree().root, b"")
        tree = Tree.unpack(size, packed)
        if count != size or tree.root != root:
            self.alarm = f"ALARM {self.path}: the ledger holds {count} leaves where its last root covers {size}"
        return tree
