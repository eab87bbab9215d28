"""What a tamperer has in hand, and the register of what they do with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from backend.audit.ledger.canonical import canonical
from backend.audit.ledger.keys import LedgerKey
from backend.audit.ledger.ledger import Leaf, Tree
from backend.audit.ledger.notes import Checkpoint, sign_note
from backend.workspace.layout import Workspace

LEAF = "leaf, time, actor, kind, run, seq, key, subjects, body"
MEANS = ("files", "database", "hashes", "key", "everything")


@dataclass(frozen=True)
class Mutation:
    """One kind of tampering. `means`: what it takes (MEANS); `found`: the kinds of finding that name it rightly;
    `reach`: where nothing in the workspace can show it, the reason."""

    name: str
    what: str
    means: str
    found: tuple[str, ...]
    do: Callable[[Hand], Any]
    reach: str = ""
    apart: bool = False  # the key and what it remembers lie in a folder that the tamperer does not have

    @property
    def module(self) -> str:
        """Of the table that lists it."""
        return f"{__package__}.apart" if self.apart else self.do.__module__


MUTATIONS: dict[str, Mutation] = {}


def mutation(
    what: str, *found: str, means: str = "database", reach: str = "", apart: bool = False, name: str = ""
) -> Callable:
    """Register the function below: `what` it does in a few words, the kinds of finding that name it."""
    assert means in MEANS
    assert bool(found) != bool(reach)

    def keep(do: Callable[[Hand], Any]) -> Callable[[Hand], Any]:
        own = name or do.__name__
        assert own not in MUTATIONS, own
        MUTATIONS[own] = Mutation(own, what, means, found, do, reach, apart)
        return do

    return keep


class Hand:
    """A tamperer at work on the workspace at `root`."""

    def __init__(self, root: Path, made: dict[str, Any]):
        self.root, self.made = root, made
        self.workspace = Workspace(root)
        self.key = LedgerKey(root)

    # The database

    @contextmanager
    def database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.workspace.database)) as connection:
            yield connection

    def sql(self, text: str, *values: Any) -> list[tuple]:
        with self.database() as connection:
            return connection.execute(text, list(values)).fetchall()

    # The ledger, with its hashes

    def leaves(self, where: str = "true") -> list[Leaf]:
        return [Leaf(*row) for row in self.sql(f"SELECT {LEAF} FROM ledger WHERE {where} ORDER BY leaf")]

    def last(self, kind: str) -> Leaf:
        """The newest leaf of a kind."""
        return self.leaves(f"kind = '{kind}'")[-1]

    def rewrite(self, leaves: list[Leaf], cut_roots: bool = True) -> None:
        """Put this history in the place of the old one, with every number, hash, root and frontier right.

        The moments at which roots were kept stay, as far as the history goes.
        """
        leaves = [replace(leaf, leaf=i) for i, leaf in enumerate(leaves)]
        tree, trees = Tree(), {}
        for leaf in leaves:
            tree.append(leaf.hash())
            trees[tree.size] = (tree.root, tree.packed())
        with self.database() as connection:
            roots = connection.execute("SELECT size, time FROM roots ORDER BY size").fetchall()
            connection.execute("DELETE FROM ledger")
            rows = [[*(getattr(leaf, c) for c in LEAF.split(", ")), leaf.hash()] for leaf in leaves]
            connection.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.execute("DELETE FROM roots")
            kept = [(size, time) for size, time in roots if size in trees]
            if not kept or kept[-1][0] != tree.size:
                kept.append((tree.size, leaves[-1].time))
            rows = [[size, *trees[size], time] for size, time in kept]
            connection.executemany("INSERT INTO roots VALUES (?, ?, ?, ?)", rows)

    def change(self, leaf: Leaf, **columns: Any) -> None:
        """One leaf changed, and the history from there made to fit."""
        self.rewrite([replace(one, **columns) if one.leaf == leaf.leaf else one for one in self.leaves()])

    def append(self, *told: dict[str, Any]) -> None:
        """Events put behind the last one, hashed and rooted as the server does it."""
        leaves = self.leaves()
        for one in told:
            body = canonical(one.pop("body", {}))
            given = {"run": None, "seq": None, "key": None, "subjects": "[]", "time": leaves[-1].time, **one}
            leaves.append(Leaf(leaf=len(leaves), body=body, **given))
        self.rewrite(leaves)

    def tree(self) -> Tree:
        """Over the leaves as they are now."""
        tree = Tree()
        for leaf in self.leaves():
            tree.append(leaf.hash())
        return tree

    def sign(self) -> None:
        """A checkpoint over the ledger as it is now, with the workspace's own key, as file and as row."""
        key, leaves = self.key.read(), self.leaves()
        tree = self.tree()
        note = sign_note(Checkpoint(key.name, tree.size, tree.root).text(), key)
        folder = self.notes()[0].parent if self.notes() else self.root / "checkpoints" / key.name.split("/")[-1]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{tree.size:012d}.note").write_text(str(note))
        self.sql("INSERT INTO checkpoints VALUES (?, ?, ?)", tree.size, leaves[-1].time, str(note))

    # Files

    def notes(self) -> list[Path]:
        return sorted((self.root / "checkpoints").glob("*/*.note"))

    def artefact(self, role: str) -> Path:
        """The file that an event names in this role."""
        for (text,) in self.sql("SELECT subjects FROM ledger ORDER BY leaf DESC"):
            for one in json.loads(text):
                if one["role"] == role:
                    return self.root / "artefacts" / one["sha256"][:2] / f"{one['sha256']}.{one['type']}"
        raise KeyError(role)

    def run_file(self, name: str) -> Path:
        return self.root / "runs" / self.made["run"] / name


def body_of(leaf: Leaf, **changed: Any) -> str:
    """The leaf's body with these fields."""
    return canonical({**json.loads(leaf.body), **changed})
