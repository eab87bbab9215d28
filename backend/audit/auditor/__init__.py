"""The checker that goes with every bundle, as one file that needs Python and nothing else: `source()`.

Its parts stand here, one subject each, and use only the standard library and each other. `verify` is read last and is
what runs; in the file its docstring comes first, then all imports, then the parts in the order of `PARTS`, each below
those that it uses.
"""

import ast
from importlib import resources

from .check import check
from .faults import Bad, Usage
from .verify import utc

__all__ = ["PARTS", "Bad", "Usage", "check", "source", "utc"]

PARTS = ("faults", "curve", "tree", "notes", "members", "record", "signed", "proof", "check", "verify")


def source() -> str:
    """The text of verify.py."""
    imports, bodies, docstring = set(), [], ""
    for part in PARTS:
        text = (resources.files(__package__) / f"{part}.py").read_text("utf-8")
        docstring, found, body = _split(text)
        imports |= found
        bodies.append(body if part == PARTS[-1] else f"# ---- {docstring} ".ljust(120, "-") + f"\n\n\n{body}")
    first = f'#!/usr/bin/env python3\n"""{docstring}"""\n'
    return "\n\n".join([first + "\n" + "\n".join(sorted(imports, key=_order)) + "\n", *bodies])


def _split(text: str) -> tuple[str, set[str], str]:
    """(docstring, the imports of the standard library, all below the imports) of a part."""
    tree = ast.parse(text)
    above = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    kept = {ast.unparse(node) for node in above if not getattr(node, "level", 0)}
    end = max((node.end_lineno for node in above), default=tree.body[0].end_lineno)
    docstring = ast.get_docstring(tree, clean=False) or ""
    return docstring, kept, "".join(text.splitlines(keepends=True)[end:]).strip("\n") + "\n"


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line
