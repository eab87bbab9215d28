"""In which scripts texts are written. A script is not a language: Latin letters may be English, Turkish or Swahili.

Each letter (Unicode category L) belongs to the script that its Unicode name opens with, as `unicodedata` has it.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

SCRIPTS = (
    "Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Han", "Kana", "Hangul", "Thai", "other",
)  # fmt: skip
_FIRST = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana"} | {name.upper(): name for name in SCRIPTS[:-1]}
_NONE, _UNSEEN = len(SCRIPTS), 255
_table = np.full(0x110000, _UNSEEN, dtype=np.uint8)  # of a code point its script, filled as characters are met


def counts(texts: list[str]) -> np.ndarray:
    """int64 N x len(SCRIPTS): the letters of each script in each text. The texts hold no lone surrogates."""
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    kinds = _table[points]
    if (kinds == _UNSEEN).any():
        new = np.unique(points[kinds == _UNSEEN])
        _table[new] = [_script(chr(point)) for point in new.tolist()]
        kinds = _table[points]
    width = len(SCRIPTS) + 1
    text = np.repeat(np.arange(len(texts)) * width, [len(t) for t in texts])
    return np.bincount(text + kinds, minlength=len(texts) * width).reshape(-1, width)[:, :_NONE]


def _script(letter: str) -> int:
    if not unicodedata.category(letter).startswith("L"):
        return _NONE
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ")
    return SCRIPTS.index(_FIRST.get(re.split("[ -]", name)[0], "other"))
