"""Writes docs/tampering.md, the table of mutations: `python -m tests.tampering.page`."""

from __future__ import annotations

from pathlib import Path

from . import apart, catalogue, files, leaves, tables
from .hand import MUTATIONS, Mutation

PAGE = Path(__file__).parents[2] / "docs" / "tampering.md"
TITLES = {
    leaves: "Leaves, roots, checkpoints and keys",
    tables: "Tables beside the ledger",
    catalogue: "The database's catalogue",
    files: "Files",
    apart: "The same, with the key in another folder",
}
LEADS = {
    apart: "The key lies in a folder that the tamperer does not have (`WORKBENCH_LEDGER_KEY_FILE`); "
    "everything else is in their hands.\n\n",
}
MEANS = {
    "files": "the workspace's files",
    "database": "the database",
    "hashes": "the database, and this program's code to make every hash and root fit",
    "key": "all that, and the key that signs",
    "everything": "all that, and every place where signed states are kept",
}
HEAD = """# What tampering is found

Each line is one way to tamper with a finished workspace, and what `workbench audit verify` names it as. The tests do
each of them on a copy of a workspace (`tests/tampering/`). This page is made from them, and a test compares the two.
What the record proves, and against whom: [record.md](record.md).
"""


def page() -> str:
    parts = [HEAD]
    for module, title in TITLES.items():
        own = [m for m in MUTATIONS.values() if m.module == module.__name__ and m.found]
        head = f"## {title}\n\n{LEADS.get(module, '')}| what is done | what it takes | named as |\n|---|---|---|\n"
        parts.append(head + "".join(map(_row, own)))
    out = [m for m in MUTATIONS.values() if m.reach]
    parts.append("## Out of reach\n\n| what is done | what it takes | why |\n|---|---|---|\n" + "".join(map(_row, out)))
    return "\n".join(parts)


def _row(one: Mutation) -> str:
    return f"| {one.what} | {MEANS[one.means]} | {one.reach or ' or '.join(one.found)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
