"""The dossier on paper: Typst, PDF/A-3b (ISO 19005-3), the evidence attached. The same document gives the same bytes.

Everything that is printed reaches the template as JSON and is set as text, never read as markup. Fonts are those inside
Typst, so that another machine gives the same bytes; a character that none of them has is printed as its code point.
"""

from __future__ import annotations

import functools
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.workspace.extras import need

from ..frame.safe import visible
from .dossier import evidence

PAPER = Path(__file__).parent / "paper"
STANDARD = "a-3b"
SOFT = "\u2009"  # a thin space; one of no width would hide in what a reader copies
LONG = 24  # characters of a word that is not broken


def pdf(document: dict[str, Any], content: dict[str, Any], figures: list[dict[str, Any]]) -> bytes:
    """content: of dossier.content; figures: [{"title", "sentence", "drawings": [svg], "pairs": [svg]}]."""
    need("pdf", "--format pdf")
    import typst

    return typst.compile(
        PAPER / "dossier.typ",
        root=PAPER,
        format="pdf",
        pdf_standards=[STANDARD],
        timestamp=int(datetime.fromisoformat(content["built"]).timestamp()),
        sys_inputs=_inputs(document, content, figures),
        **_fonts(),
    )


def _inputs(document: dict[str, Any], content: dict[str, Any], figures: list[dict[str, Any]]) -> dict[str, str]:
    content = _shown({**content, "figures": figures})
    content = printable(content, missing("".join(sorted(set(json.dumps(content, ensure_ascii=False))))))
    return {"content": json.dumps(content), "evidence": evidence(document).decode()}


def _shown(value: Any) -> Any:
    """JSON whose texts hold nothing that acts: no font has a control character, and Typst stops at one."""
    if isinstance(value, dict):
        return {k: _shown(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_shown(v) for v in value]
    return visible(value, lines=True) if isinstance(value, str) else value


@functools.cache
def _fonts() -> dict[str, Any]:
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    return {"font_paths": fonts, "ignore_system_fonts": True}


def printable(value: Any, absent: frozenset[str], whole: bool = False) -> Any:
    """JSON whose texts hold no character of `absent`, and whose long words may be broken.

    Drawings stay whole, and queries (whole), which are there to be copied.
    """
    if isinstance(value, dict):
        return {k: printable(v, absent, whole or k == "sql") for k, v in value.items()}
    if isinstance(value, list):
        return [printable(v, absent, whole) for v in value]
    if not isinstance(value, str):
        return value
    text = "".join(f"[U+{ord(c):04X}]" if c in absent else c for c in value)
    return text if whole or text.startswith("<svg") else re.sub(r"\S+", lambda word: _breakable(word[0]), text)


def _breakable(word: str) -> str:
    """A long word may be broken behind the parts of a name, and in parts that are long every eight characters."""
    if len(word) <= LONG:
        return word
    parts = [part for part in re.split(r"(?<=[_\-./,])", word) if part]
    return SOFT.join(part if len(part) <= LONG else SOFT.join(re.findall(".{1,8}", part)) for part in parts)


@functools.cache
def missing(characters: str) -> frozenset[str]:
    """Those of `characters` that no font has. Halves what fails until single characters are left."""
    found = "".join(c for c in characters if not (" " <= c <= "~") and c != "\n")
    if not found or _prints(found):
        return frozenset()
    if len(found) == 1:
        return frozenset(found)
    half = len(found) // 2
    return missing(found[:half]) | missing(found[half:])


def _prints(text: str) -> bool:
    """Can every character be set with the fonts of `style.typ`? PDF/A forbids a document that it cannot."""
    import typst

    source = '#import "style.typ": fonts\n#set text(font: fonts)\n#sys.inputs.text.clusters().join(" ")'
    try:
        typst.compile(
            source.encode(), root=PAPER, format="pdf", pdf_standards=[STANDARD], timestamp=0,
            sys_inputs={"text": text}, **_fonts(),
        )  # fmt: skip
    except typst.TypstError:
        return False
    return True
